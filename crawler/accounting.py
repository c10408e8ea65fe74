"""The run's ledger (:mod:`crawler.ledger`) kept up to date: what goes into the pipelines, and what comes of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import DropItem

from archive.model import Missed, Polled, Settled
from crawler.context import context_of
from crawler.ledger import Ledger

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

log = logging.getLogger(__name__)


class LedgerPipeline:
    """First item pipeline: counts what goes in, and by signal what comes out at the end."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LedgerPipeline:
        pipeline = cls(context_of(crawler).ledger)
        crawler.signals.connect(pipeline.item_scraped, signal=signals.item_scraped)
        return pipeline

    def process_item(self, item: object) -> object:
        """Raises ``DropItem`` for what was let go because the run is being ended: it was never asked for."""
        if isinstance(item, Missed | Polled) and item.reason == "interrupted":
            raise DropItem("the run is being ended", log_level="DEBUG")
        self.ledger.took(item)
        return item

    def item_scraped(self, item: object) -> None:
        if isinstance(item, Settled):
            self.ledger.settle(item)
            found = {"source": item.source_id, "url": item.url, "outcome": item.outcome, "reason": item.reason}
            log.info("settled", extra={name: value for name, value in found.items() if value is not None})
