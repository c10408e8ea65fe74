"""What hosts asked of us outlives the run: the next one waits as long as this one would have.

At the start each host group is noted as asked until tomorrow: a run that is killed can't say when it sent its last
request, so the next one waits a whole delay. At the end with the time of its last request, its delay, and the wait that
a server asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scrapy import signals

from archive.rows.hosts import HostGroup
from crawler.context import RunContext, context_of
from crawler.politeness import Politeness, politeness_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


AT_WORK = timedelta(days=1)  # no run lasts longer; of one that was killed this long ago the last request is past


class HostMemory:
    """Scrapy extension."""

    def __init__(self, run: RunContext, politeness: Politeness, groups: Iterable[str]) -> None:
        self.run = run
        self.politeness = politeness
        self.groups = sorted(groups)
        self.known: dict[str, HostGroup] = {}
        self.asked_at: dict[str, datetime] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HostMemory:
        memory = cls(context_of(crawler), politeness_of(crawler), crawler.settings.getdict("DOWNLOAD_SLOTS"))
        crawler.signals.connect(memory.opened, signal=signals.spider_opened)
        crawler.signals.connect(memory.asked, signal=signals.request_reached_downloader)
        crawler.signals.connect(memory.asked, signal=signals.response_downloaded)
        crawler.signals.connect(memory.closed, signal=signals.spider_closed)
        return memory

    async def opened(self) -> None:
        """Wait where earlier runs would have; say that we are here."""
        now = self.run.now()
        self.known = await self.run.writer.call(self.run.store.host_groups, self.groups)
        for name, group in self.known.items():
            if (wait_s := group.wait_s(now)) > 0:
                self.politeness.hold(name, wait_s)
        held = {name: group.held_until for name, group in self.known.items()}
        self.note([self.remembered(name, now + AT_WORK, held.get(name)) for name in self.groups], now)

    def asked(self, request: Request) -> None:
        """A request goes out some time between these two signals; the later one is on the safe side."""
        self.asked_at[str(request.meta.get("download_slot"))] = self.run.now()

    def closed(self) -> None:
        """Called before the writer closes; what it is given then is still written."""
        now = self.run.now()
        groups = []
        for name in self.groups:
            left_s = self.politeness.held_until.get(name, 0.0) - time.monotonic()
            held_until = now + timedelta(seconds=left_s) if left_s > 0 else None
            before = self.known[name].asked_at if name in self.known else None
            groups.append(self.remembered(name, self.asked_at.get(name, before), held_until))
        self.note(groups, now)

    def remembered(self, name: str, asked_at: datetime | None, held_until: datetime | None) -> HostGroup:
        return HostGroup(name=name, asked_at=asked_at, delay_s=self.politeness.floor_s(name), held_until=held_until)

    def note(self, groups: list[HostGroup], now: datetime) -> None:
        self.run.writer.submit(self.run.store.remember_hosts, groups, now)
