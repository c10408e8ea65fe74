"""The first signal ends a run in seconds: requests in flight finish, those that only wait for their turn do not start.

Scrapy would send whatever stands in its slots' queues first: with a delay of five seconds and sixty URLs that is five
minutes. What is let go here was never asked for, so nothing is written down of it: it stays due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from scrapy import signals

from crawler.guard import RefusedError
from crawler.politeness import Politeness, politeness_of

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler

LOOK_EVERY_S = 0.2  # s between looks at whether the run is being ended


class HaltedError(RefusedError):
    """The run is being ended, and the request had not been sent."""

    reason = "interrupted"


class Halt:
    """Scrapy extension."""

    def __init__(self, crawler: Crawler, politeness: Politeness) -> None:
        self.crawler = crawler
        self.politeness = politeness
        self.looking: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Halt:
        halt = cls(crawler, politeness_of(crawler))
        crawler.signals.connect(halt.opened, signal=signals.spider_opened)
        crawler.signals.connect(halt.closed, signal=signals.spider_closed)
        return halt

    def opened(self) -> None:
        self.looking = asyncio.ensure_future(self.look())

    def closed(self) -> None:
        if self.looking is not None:
            self.looking.cancel()

    async def look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self.politeness.is_stopping and self.crawler.engine is not None:
                let_go(self.crawler.engine.downloader.slots.values(), HaltedError("the run is being ended"))


def let_go(slots: Iterable[Slot], error: RefusedError, *, only: Collection[str] | None = None) -> None:
    """End what waits in the slots' queues, of these sources alone where ``only`` names some.

    robots.txt is asked for all the same, since others wait for it.
    """
    for slot in slots:
        for entry in list(slot.queue):
            meta = entry[0].meta
            if meta.get("kind") != "robots" and (only is None or meta.get("source_id") in only):
                slot.queue.remove(entry)
                entry[1].errback(error)
