"""Page requisites asked for with measure: none that is held from lately, and no more of a page than its allowance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crawler.context import context_of
from crawler.guard import RefusedError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

HELD_FOR = timedelta(
    days=30
)  # a style or picture captured since is not asked for again; sites change theirs less often


class RequisiteHeldError(RefusedError):
    """The archive captured it lately."""

    reason = "requisite_held"


class RequisiteBudgetError(RefusedError):
    """The page's requisites have brought as many bytes as one page may."""

    reason = "requisite_budget"


class RequisiteMiddleware:
    """Downloader middleware, above robots.txt: what is not wanted asks nobody. Other requests pass untouched."""

    def __init__(self, *, is_held: Callable[[str, datetime], bool], now: Callable[[], datetime]) -> None:
        self.is_held = is_held
        self.now = now

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RequisiteMiddleware:
        run = context_of(crawler)
        return cls(is_held=run.store.holds_capture, now=run.now)

    def process_request(self, request: Request) -> None:
        """Raises ``RequisiteHeldError`` and ``RequisiteBudgetError`` for requisites."""
        if request.meta.get("kind") != "requisite":
            return
        if request.meta["allowance"].bytes_left <= 0:
            raise RequisiteBudgetError(f"{request.url}: the page's requisites are too large together")
        if not request.meta.get("redirect_times") and self.is_held(request.url, self.now() - HELD_FOR):
            raise RequisiteHeldError(f"{request.url}: captured within {HELD_FOR.days} days")

    def process_response(self, request: Request, response: Response) -> Response:
        if request.meta.get("kind") == "requisite":
            request.meta["allowance"].bytes_left -= len(response.body)
        return response
