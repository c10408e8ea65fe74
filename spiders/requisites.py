"""Requests for what a page needs to be seen as it was: pictures, styles, fonts. Evidence only, never articles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from scrapy import Request

from archive.evidence.requisites import requisites_of

if TYPE_CHECKING:
    from scrapy.http import Response

MAX_DEPTH = 2  # page → style → what that style names; styles that import styles are rare and end here
MAX_BYTES = 8 << 20  # of one picture, style or font; photographs of news sites have a tenth of that
MAX_PAGE_BYTES = 40 << 20  # received for all that one page needs; the median news page has 2 MB
MAX_PAGE_REQUESTS = 150  # redirects and retries included; news pages need 10 to 40
REMEMBERED = 100_000  # addresses a run does not ask for twice; about 15 MB


Call: TypeAlias = Callable[..., Any]  # Any: Scrapy's own


@dataclass(slots=True)
class Allowance:
    """What the requisites of one page may still bring; shared by their requests."""

    bytes_left: int = MAX_PAGE_BYTES
    requests_left: int = MAX_PAGE_REQUESTS

    @property
    def is_spent(self) -> bool:
        return self.bytes_left <= 0 or self.requests_left <= 0


class Requisites:
    """One run's: each address is asked for once."""

    def __init__(self, *, callback: Call, errback: Call, reader: Executor) -> None:
        """``reader``: the thread that markup is read in; a page made to hurt takes it half a second."""
        self.callback, self.errback, self.reader = callback, errback, reader
        self.asked: set[str] = set()

    async def of_page(self, response: Response, meta: dict[str, Any]) -> AsyncIterator[Request]:  # Any: Scrapy's own
        """Requests for what a page names; ``meta`` are those of its source."""
        async for request in self.requests(response, {**meta, "allowance": Allowance(), "depth_of_requisite": 1}):
            yield request

    async def of_style(self, response: Response) -> AsyncIterator[Request]:
        """Requests for what a stylesheet names; nothing for any other requisite, and beyond ``MAX_DEPTH``."""
        depth = int(response.meta["depth_of_requisite"]) + 1
        if depth > MAX_DEPTH or response.status != 200:
            return
        names = ("source_id", "download_slot", "download_timeout", "handle_httpstatus_all", "allowance")
        kept = {name: response.meta[name] for name in names}
        async for request in self.requests(response, {**kept, "depth_of_requisite": depth}):
            yield request

    async def requests(self, response: Response, meta: dict[str, Any]) -> AsyncIterator[Request]:  # Any: Scrapy's own
        """Before the next articles, so that a page and what it needs are captured close together."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
        named = partial(requisites_of, response.body, url=response.url, content_type=content_type)
        for url in await asyncio.get_running_loop().run_in_executor(self.reader, named):
            if meta["allowance"].is_spent:
                return
            if url in self.asked or len(self.asked) >= REMEMBERED:
                continue
            self.asked.add(url)
            yield Request(
                url,
                dont_filter=True,
                priority=response.request.priority + 1 if response.request else 0,
                meta={**meta, "kind": "requisite", "download_maxsize": MAX_BYTES},
                callback=self.callback,
                errback=self.errback,
            )
