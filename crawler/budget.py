"""A source's time in a run: when it is spent, what still waits for its turn is put off, and the other sources go on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from scrapy import signals

from crawler.guard import RefusedError
from crawler.halting import LOOK_EVERY_S, let_go

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

log = logging.getLogger(__name__)


class BudgetSpentError(RefusedError):
    """The source's time in this run is over, and the request had not been sent; it stays due."""

    reason = "over_budget"


class Budget:
    """Scrapy extension. A source's time begins with its first request."""

    def __init__(self, crawler: Crawler, seconds: Mapping[str, float]) -> None:
        self.crawler = crawler
        self.seconds = seconds
        self.began: dict[str, float] = {}
        self.looking: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Budget:
        budget = cls(crawler, crawler.settings.getdict("PERILUNE_BUDGETS"))
        if budget.seconds:
            crawler.signals.connect(budget.asked, signal=signals.request_reached_downloader)
            crawler.signals.connect(budget.opened, signal=signals.spider_opened)
            crawler.signals.connect(budget.closed, signal=signals.spider_closed)
        return budget

    def asked(self, request: Request) -> None:
        self.began.setdefault(str(request.meta.get("source_id")), time.monotonic())

    def spent(self, now_s: float) -> set[str]:
        """Sources whose time is over; ``now_s`` is monotonic."""
        return {
            source_id
            for source_id, began_s in self.began.items()
            if source_id in self.seconds and now_s - began_s > self.seconds[source_id]
        }

    def opened(self) -> None:
        self.looking = asyncio.ensure_future(self.look())

    def closed(self) -> None:
        if self.looking is not None:
            self.looking.cancel()

    async def look(self) -> None:
        told: set[str] = set()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            spent = self.spent(time.monotonic())
            if spent and self.crawler.engine is not None:
                let_go(
                    self.crawler.engine.downloader.slots.values(),
                    BudgetSpentError("the source's time in this run is over"),
                    only=spent,
                )
            for source_id in sorted(spent - told):
                log.warning("budget spent", extra={"source": source_id, "seconds": self.seconds[source_id]})
            told |= spent
