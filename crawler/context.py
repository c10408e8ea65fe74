"""What the parts of one run share: handed to Scrapy's components on the crawler object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from archive.config import Config
from archive.model import Capture, Settled

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from archive.evidence.warc import WarcWriter
    from archive.frontier import Frontier
    from archive.store import Store
    from crawler.allowance import Allowance
    from crawler.ledger import Ledger
    from pipelines.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run's own things. ``crawler.run`` makes it; components take what they need in ``from_crawler``."""

    run_id: int
    config: Config
    warc: WarcWriter
    on_capture: Callable[[Capture], None]
    """Queue the capture's row; returns at once."""
    original_of: Callable[[str, str], tuple[str, str, datetime] | None]
    """(payload digest, target URI) → (record id, target URI, date) of the first response that had it."""
    validators: Callable[[str], tuple[str | None, str | None] | None]
    """URL → (ETag, Last-Modified) of its last answer; None when it was never answered."""
    now: Callable[[], datetime]
    store: Store
    frontier: Frontier
    writer: Writer
    """Writes rows."""
    evidence: Writer
    """Writes WARC records."""
    ledger: Ledger
    allowance: Allowance
    note: Callable[[Capture, Settled, datetime], None]
    """Keep what became of a capture beside the evidence."""
    is_forgotten: Callable[[str], bool]
    """The address was forgotten on demand: it is not asked for."""
    source_ids: list[str]
    is_quiet: bool = False
    is_recheck: bool = False


def context_of(crawler: Crawler) -> RunContext:
    """The run this crawler belongs to.

    ``perilune crawl`` gives its crawlers one. Under ``scrapy crawl esa`` nobody did, so the first component
    that asks has one opened by ``PERILUNE_RUN_FACTORY`` (a setting, so that this module need not know it).
    """
    context = getattr(crawler, "perilune", None)
    if context is None:
        from scrapy.utils.misc import load_object  # here: a run that finds nothing due never loads Scrapy

        context = load_object(crawler.settings["PERILUNE_RUN_FACTORY"])(crawler)
        crawler.perilune = context  # type: ignore[attr-defined]  # ours, on Scrapy's object
    if not isinstance(context, RunContext):
        raise TypeError(f"not a run: {context!r}")
    return context


def software() -> str:
    """This program and its version, as in the user agent and in ``warcinfo``."""
    return f"Perilune/{version('perilune')}"


def user_agent(contact: str | None) -> str:
    """Who asks, and where to complain."""
    return f"{software()} (+{contact})" if contact else software()
