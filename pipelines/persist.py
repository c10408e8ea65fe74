"""One unit of work an item: the only place of the pipelines that writes, by way of :mod:`pipelines.writer`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol

from archive.model import (
    Article,
    Candidate,
    Capture,
    Decision,
    Discovered,
    Groundwork,
    Missed,
    Polled,
    Rejected,
    Settled,
)
from pipelines.dedup import Similar, decide
from pipelines.page import Read
from pipelines.template import Template
from pipelines.writer import Writer

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from pipelines.similarity import Similarity

CLEANER = Template()
Decide = Callable[[Article, list[Candidate], Sequence[Similar]], Decision]
Note = Callable[[Capture, Settled, datetime], None]


class Keeper(Protocol):
    """What the pipelines need of ``archive.store.Store``."""

    def save(
        self,
        run_id: int,
        discovered: Discovered,
        article: Article,
        decide: Decide,
        now: datetime,
        *,
        cleaner: Template,
        comparison: Similarity,
        groundwork: Groundwork | None,
    ) -> Settled: ...
    def record_rejected(
        self, run_id: int, discovered: Discovered, rejected: Rejected, now: datetime, *, capture: Capture | None
    ) -> Settled: ...
    def record_missed(self, run_id: int, missed: Missed) -> Settled: ...
    def record_poll(self, run_id: int, polled: Polled) -> Settled: ...


class PersistPipeline:
    """Scrapy item pipeline: ``Read``, ``Missed`` and ``Polled`` → rows; returns what became of the item."""

    def __init__(
        self,
        *,
        run_id: int,
        store: Keeper,
        writer: Writer,
        now: Callable[[], datetime],
        note: Note = lambda capture, settled, at: None,
    ) -> None:
        """``note`` keeps beside the evidence what became of a capture, once that is stored."""
        self.run_id = run_id
        self.store = store
        self.writer = writer
        self.now = now
        self.note = note

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PersistPipeline:
        run = crawler.perilune  # type: ignore[attr-defined]  # set by crawler.run on every crawler it makes
        return cls(run_id=run.run_id, store=run.store, writer=run.writer, now=run.now, note=run.note)

    async def process_item(self, item: object) -> object:
        at = item.missed_at if isinstance(item, Missed) else self.now()
        write = unit_of_work(item, store=self.store, run_id=self.run_id, at=at)
        if write is None:
            return item
        settled = await asyncio.wrap_future(self.writer.submit(write))
        if (capture := capture_of(item)) is not None:
            self.note(capture, settled, at)
        return settled


def unit_of_work(item: object, *, store: Keeper, run_id: int, at: datetime) -> Callable[[], Settled] | None:
    """The one transaction this item asks for; None for an item that is not ours."""
    if isinstance(item, Read) and isinstance(item.result, Rejected):
        rejected, fetched = item.result, item.fetched
        return lambda: store.record_rejected(run_id, fetched.discovered, rejected, at, capture=fetched.capture)
    if isinstance(item, Read) and isinstance(item.result, Article):
        article, found = item.result, item.fetched.discovered
        save = partial(store.save, cleaner=CLEANER, comparison=comparison(), groundwork=item.groundwork)
        return lambda: save(run_id, found, article, decide, at)
    if isinstance(item, Missed):
        return lambda: store.record_missed(run_id, item)
    if isinstance(item, Polled):
        return lambda: store.record_poll(run_id, item)
    return None


@cache
def comparison() -> Similarity:
    """By which copies are known; loaded with the first article, as NumPy takes a tenth of a second."""
    from pipelines.similarity import Similarity

    return Similarity()


def capture_of(item: object) -> Capture | None:
    """The evidence of an article's item; None for any other, and where no answer came."""
    if isinstance(item, Read):
        return item.fetched.capture
    return item.capture if isinstance(item, Missed) else None
