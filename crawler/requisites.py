"""Page requisites asked for with measure: none that is held from lately, and no more of a page than its allowance.

A page names whatever hosts it likes. So what one of them asks of us (a wait, a Crawl-delay) is kept to it, and never
slows the source that showed the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.context import context_of
from crawler.guard import RefusedError
from spiders.discovery.scope import registrable_domain
from spiders.hostgroups import host_key

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

HELD_FOR = timedelta(
    days=30
)  # a style or picture captured since is not asked for again; sites change theirs less often


class RequisiteHeldError(RefusedError):
    """The archive captured it lately."""

    reason = "requisite_held"


class RequisiteBudgetError(RefusedError):
    """The page's requisites have taken as many requests, or brought as many bytes, as one page may."""

    reason = "requisite_budget"


class RequisiteMiddleware:
    """Downloader middleware, above robots.txt: what is not wanted asks nobody. Other requests pass untouched."""

    def __init__(
        self, *, groups: Mapping[str, Any], is_held: Callable[[str, datetime], bool], now: Callable[[], datetime]
    ) -> None:  # Any: Scrapy's settings
        """``groups``: the host group of each host (as ``host_key`` has it) that this run's sources are on."""
        self.groups = groups
        self.is_held = is_held
        self.now = now

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RequisiteMiddleware:
        run = context_of(crawler)
        groups = crawler.settings.getdict("PERILUNE_HOST_GROUPS")
        return cls(groups=groups, is_held=run.store.holds_capture, now=run.now)

    def process_request(self, request: Request) -> None:
        """Put a requisite, and each redirect of it, in the slot of the host that it asks, and count it.

        Raises ``RequisiteHeldError`` and ``RequisiteBudgetError``.
        """
        if request.meta.get("kind") != "requisite":
            return
        request.meta["download_slot"] = slot_of(request.url, self.groups)
        allowance = request.meta["allowance"]
        if allowance.is_spent:
            raise RequisiteBudgetError(f"{request.url}: the page's requisites are too many or too large together")
        if not request.meta.get("redirect_times") and self.is_held(request.url, self.now() - HELD_FOR):
            raise RequisiteHeldError(f"{request.url}: captured within {HELD_FOR.days} days")
        allowance.requests_left -= 1


def slot_of(url: str, groups: Mapping[str, str]) -> str:
    """The download slot of a requisite: the host group of the sources on its host, else one of its registered domain.

    By domain, because a page may make up as many names under one as it likes. The colon keeps such a slot apart from
    host groups, whose names have none.
    """
    host = host_key(url)
    return groups.get(host) or f"host:{registrable_domain(host) or host}"
