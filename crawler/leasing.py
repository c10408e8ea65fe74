"""Between discovery and download: announced URLs go to the frontier, and what it leases is requested.

A spider yields what it found; this spider middleware writes it down in one batch a page and turns the
URLs that are due into requests. A URL announced by a feed, a sitemap and a listing is one row, so it
is fetched once. URLs an earlier run left over come first: every crawl resumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from scrapy import signals

from archive.model import Discovered
from crawler.allowance import Allowance
from crawler.context import context_of
from crawler.ledger import Ledger
from pipelines.writer import Writer

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

RENEWALS = 5  # of a lock in its time, so that four may fail
MOST_RECHECKS = 100_000  # articles a run; what is left stays due
BATCH = 500  # URLs a transaction; a sitemap of 50,000 neither waits for its end nor holds the writer long


class Announced(Protocol):
    """What the frontier says of a batch."""

    @property
    def new(self) -> int: ...
    @property
    def known(self) -> int: ...
    @property
    def due(self) -> list[Discovered]: ...


class FrontierKeeper(Protocol):
    """What leasing needs of ``archive.frontier.Frontier``."""

    def announce(self, found: list[Discovered]) -> Announced: ...
    def left_over(self, source_ids: list[str], batch: int) -> Iterator[list[Discovered]]: ...
    def lease_rechecks(self, source_ids: list[str], limit: int) -> list[tuple[Discovered, bool]]: ...


class LeasingMiddleware:
    """Spider middleware; see the module. Everything but ``Discovered`` passes untouched."""

    def __init__(
        self,
        *,
        frontier: FrontierKeeper,
        writer: Writer,
        ledger: Ledger,
        allowance: Allowance,
        request_for: Callable[[Discovered], Request],
        source_ids: list[str],
        is_recheck: bool = False,
    ) -> None:
        self.frontier = frontier
        self.writer = writer
        self.ledger = ledger
        self.allowance = allowance
        self.request_for = request_for
        self.source_ids = source_ids
        self.is_recheck = is_recheck

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LeasingMiddleware:
        run = context_of(crawler)
        return cls(
            frontier=run.frontier,
            writer=run.writer,
            ledger=run.ledger,
            allowance=run.allowance,
            request_for=lambda found: crawler.spider.article_request(found),  # type: ignore[union-attr]  # set by now
            source_ids=run.source_ids,
            is_recheck=run.is_recheck,
        )

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:  # Any: Scrapy's own signature
        """What earlier runs left over, then the endpoints; in a recheck, articles that are due for a look."""
        if self.is_recheck:
            for request in await self.rechecks():
                yield request
            return
        batches = self.frontier.left_over(self.source_ids, BATCH)
        none: list[Discovered] = []
        while batch := await self.writer.call(next, batches, none):
            for found in self.allowance.take(batch):
                self.ledger.resumed(found.source_id)
                yield self.request_for(found)
        async for request in start:
            yield request

    async def rechecks(self) -> list[Request]:
        """Conditional requests for archived articles; some ask for the whole page."""
        limit = MOST_RECHECKS if self.allowance.limit is None else self.allowance.limit
        requests = []
        for found, is_whole in await self.writer.call(self.frontier.lease_rechecks, self.source_ids, limit):
            self.ledger.announced(found.source_id, found.url)
            request = self.request_for(found)
            request.meta.update(is_recheck=True, dont_revisit=is_whole)
            requests.append(request)
        return requests

    async def process_spider_output(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:  # Any: requests and items
        """Requests for what is due among the announced URLs, batch by batch; the rest as it came."""
        batch: list[Discovered] = []
        async for thing in result:
            if not isinstance(thing, Discovered):
                yield thing
                continue
            batch.append(thing)
            if len(batch) >= BATCH:
                for request in await self.leased(batch):
                    yield request
                batch = []
        for request in await self.leased(batch):
            yield request

    async def leased(self, batch: list[Discovered]) -> list[Request]:
        """The batch written down; requests for those of it that this run may fetch now."""
        wanted = [found for found in batch if self.allowance.wants(found)]
        if not wanted:
            return []
        announced = await self.writer.call(self.frontier.announce, wanted)
        for found in wanted:
            self.ledger.announced(found.source_id, found.url)
        return [self.request_for(found) for found in self.allowance.take(announced.due)]


class LockKeeper:
    """Scrapy extension: holds on to the run's locks while it lives."""

    def __init__(self, *, renew: Callable[[], object], every_s: float) -> None:
        self.renew = renew
        self.every_s = every_s
        self.beating: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LockKeeper:
        run = context_of(crawler)
        keeper = cls(
            renew=lambda: run.writer.submit(run.frontier.renew_locks),
            every_s=run.frontier.lock_time.total_seconds() / RENEWALS,
        )
        crawler.signals.connect(keeper.opened, signal=signals.spider_opened)
        crawler.signals.connect(keeper.closed, signal=signals.spider_closed)
        return keeper

    def opened(self) -> None:
        self.beating = asyncio.ensure_future(self.beat())

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(self.every_s)
            self.renew()

    def closed(self) -> None:
        if self.beating is not None:
            self.beating.cancel()
