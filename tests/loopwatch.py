"""A Scrapy extension that sees when the event loop was held up; see ``tests/integration/test_flow.py``."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from pathlib import Path

from scrapy import signals
from scrapy.crawler import Crawler

TICK_S = 0.01


class LoopWatch:
    """Prints the longest hold-ups on stderr at the end, as JSON: seconds by the clock, less those in which the machine
    had no core for the thread."""

    def __init__(self) -> None:
        self.stalls: list[float] = []
        self.ticking: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LoopWatch:
        watch = cls()
        crawler.signals.connect(watch.answered, signal=signals.response_downloaded)
        crawler.signals.connect(watch.closed, signal=signals.spider_closed)
        return watch

    def answered(self) -> None:
        """From the first answer on: what a run loads at its start holds up nothing that flows."""
        self.ticking = self.ticking or asyncio.ensure_future(self.tick())

    async def tick(self) -> None:
        while True:
            clock, before = time.monotonic(), seconds_without_core()
            await asyncio.sleep(TICK_S)
            took, after = time.monotonic() - clock, seconds_without_core()
            self.stalls.append(took - TICK_S - sum(after[one] - before[one] for one in after.keys() & before.keys()))

    def closed(self) -> None:
        assert self.ticking
        self.ticking.cancel()
        longest = sorted(self.stalls, reverse=True)[:5]
        print(json.dumps({"ticks": len(self.stalls), "stalls": longest}), file=sys.stderr, flush=True)


def seconds_without_core() -> dict[int | None, float]:
    """Thread → how long it waited for a core so far: one that holds the interpreter's lock holds up all."""
    waits = {}
    for thread in threading.enumerate():
        stat = Path(f"/proc/{os.getpid()}/task/{thread.native_id}/schedstat")
        try:
            waits[thread.native_id] = int(stat.read_text().split()[1]) / 1e9
        except (OSError, IndexError):  # the thread ended, or the kernel does not tell
            continue
    return waits
