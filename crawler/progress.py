"""How a run shows itself while it goes: a live line on a terminal, plain lines in a pipe, on stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

from scrapy import signals

from crawler.context import context_of
from crawler.ledger import Ledger

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table
    from scrapy.crawler import Crawler

PLAIN_EVERY_S = 10.0  # s between lines in a pipe: a cron mail of a run of an hour stays readable
LIVE_EVERY_S = 0.25  # s between redraws on a terminal


class Progress:
    """Scrapy extension. ``stream`` is stderr; nothing is written when ``is_quiet``."""

    def __init__(self, ledger: Ledger, *, stream: TextIO, is_quiet: bool) -> None:
        self.ledger = ledger
        self.stream = stream
        self.is_quiet = is_quiet
        self.started = time.monotonic()
        self.shown = self.started
        self.live: Live | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        run = context_of(crawler)
        progress = cls(run.ledger, stream=sys.stderr, is_quiet=run.is_quiet)
        crawler.signals.connect(progress.opened, signal=signals.spider_opened)
        crawler.signals.connect(progress.moved, signal=signals.item_scraped)
        crawler.signals.connect(progress.moved, signal=signals.response_received)
        crawler.signals.connect(progress.closed, signal=signals.spider_closed)
        return progress

    def opened(self) -> None:
        if self.is_quiet or not self.stream.isatty():
            return
        from rich.console import Console
        from rich.live import Live

        self.live = Live(console=Console(file=self.stream), refresh_per_second=4, transient=True)
        self.live.start()

    def moved(self) -> None:
        """Something happened: show it if it is time."""
        now = time.monotonic()
        if self.is_quiet or now - self.shown < (LIVE_EVERY_S if self.live else PLAIN_EVERY_S):
            return
        self.shown = now
        if self.live is not None:
            self.live.update(live_table(self.ledger))
        else:
            print(self.line(), file=self.stream, flush=True)

    def closed(self) -> None:
        if self.live is not None:
            self.live.stop()
        elif not self.is_quiet:
            print(self.line(), file=self.stream, flush=True)

    def line(self) -> str:
        """Totals of all sources in one line."""
        counts = self.ledger.sources.values()
        return (
            f"{time.monotonic() - self.started:.0f} s: {sum(count.announced for count in counts)} announced, "
            f"{sum(count.fetched for count in counts)} fetched, {sum(count.archived for count in counts)} archived, "
            f"{sum(count.outcomes['rejected'] for count in counts)} rejected, "
            f"{sum(count.outcomes['failed'] for count in counts)} failed"
        )


def live_table(ledger: Ledger) -> Table:
    """The busiest sources, as many as a small terminal holds."""
    from rich.table import Table

    table = Table("source", "announced", "fetched", "archived", "rejected", "failed")
    busiest = sorted(ledger.sources.items(), key=lambda pair: (-pair[1].fetched, pair[0]))[:15]
    for source_id, count in busiest:
        cells = (
            count.announced,
            count.fetched,
            count.archived,
            count.outcomes["rejected"],
            count.outcomes["failed"],
        )
        table.add_row(source_id, *map(str, cells))
    return table
