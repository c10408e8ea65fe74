"""How a run ended, for cron and for the person who reads its mail. Pure.

Scrapy's own exit code says little: it is 0 when a site is down, and also when a crawl dies at its
start. So a run is judged here, from what was counted, stored and lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.expectations import Breach

FINE, ALARM, USAGE, STORAGE, LOCKED, INTERRUPTED = 0, 1, 2, 3, 4, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """How the Scrapy side of a run ended."""

    close_reason: str
    """Scrapy's: finished | shutdown | closespider_timeout | capture_failed | store_failed …"""
    has_started: bool
    errors: int = 0
    """Callbacks or pipelines that raised: defects of ours, each in the log with its traceback."""
    counters: Mapping[str, float] = field(default_factory=dict)
    """``stage/…`` of fetching and extracting; see :mod:`crawler.stages`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a run when it ends."""

    fetch: Fetch
    failure: BaseException | None = None
    """The first error of the store or the WARC writer."""
    lost: int = 0
    """Items sent to the store that never came to an end."""
    failed_sources: tuple[str, ...] = ()
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a run ended, for cron and for the person who reads its mail."""

    exit_code: int
    state: str
    """finished | interrupted | failed, as in ``crawl_run.state``."""
    reasons: tuple[str, ...] = ()
    is_cut_short: bool = False
    """Its time ran out; what is left stays due."""


def judged(facts: Facts) -> Verdict:
    """The verdict on a run; the gravest finding decides. Pure. Exit codes are those of docs/operate.md."""
    if facts.failure is not None:
        return Verdict(exit_code=STORAGE, state="failed", reasons=(str(facts.failure),))
    if not facts.fetch.has_started:
        return Verdict(exit_code=STORAGE, state="failed", reasons=("the crawl died at its start; the log says why",))
    if facts.fetch.close_reason == "shutdown":
        return Verdict(exit_code=INTERRUPTED, state="interrupted", reasons=("interrupted; what is left stays due",))
    if facts.lost:
        return Verdict(exit_code=STORAGE, state="failed", reasons=(f"{facts.lost} items were never stored",))
    alarms = tuple(f"{source_id}: no endpoint could be read" for source_id in facts.failed_sources)
    alarms += tuple(str(breach) for breach in facts.breaches)
    if facts.fetch.errors:
        alarms += (f"{facts.fetch.errors} defects of this program; the log has the tracebacks",)
    if is_cut_short := facts.fetch.close_reason == "closespider_timeout":
        alarms += ("the run's time ran out; what is left stays due",)
    elif facts.fetch.close_reason != "finished":
        alarms += (f"ended early: {facts.fetch.close_reason}; what is left stays due",)
    return Verdict(exit_code=ALARM if alarms else FINE, state="finished", reasons=alarms, is_cut_short=is_cut_short)
