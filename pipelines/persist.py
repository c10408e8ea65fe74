"""One unit of work an item: the only place of the pipelines that writes.

Every write of a crawl goes through one thread, in the order it was asked for: SQLite takes one
writer, and a capture's row must stand before the article that cites it. The reactor never waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from archive.errors import StoreError
from archive.model import Article, Candidate, Capture, Decision, Discovered, Missed, Polled, Rejected, Settled
from pipelines.dedup import Similar, decide
from pipelines.similarity import Similarity
from pipelines.template import Template
from pipelines.workers import Read

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

CLEANER = Template()
COMPARISON = Similarity()
log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
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
    ) -> Settled: ...
    def record_rejected(
        self, run_id: int, discovered: Discovered, rejected: Rejected, now: datetime, *, capture: Capture | None
    ) -> Settled: ...
    def record_missed(self, run_id: int, missed: Missed) -> Settled: ...
    def record_poll(self, run_id: int, polled: Polled) -> Settled: ...


class Writer:
    """One thread that writes in order. After the first failure nothing more is written: going on
    could leave an article without its capture; what was not written stays due."""

    def __init__(self, on_failure: Callable[[BaseException], None] | None = None) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="perilune-writer")
        self.failure: BaseException | None = None
        self.on_failure = on_failure

    def submit(self, write: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a write; its result or error is in the future."""
        return self.thread.submit(lambda: self._run(lambda: write(*args, **kwargs)))

    async def call(self, write: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Queue a write and wait for it without blocking the reactor."""
        return await asyncio.wrap_future(self.submit(write, *args, **kwargs))

    def _run(self, write: Callable[[], T]) -> T:
        if self.failure is not None:
            raise StoreError(f"nothing is written after a failure: {self.failure}") from self.failure
        try:
            return write()
        except BaseException as exc:
            self.failure = exc
            log.error("store failed", extra={"reason": str(exc)})
            if self.on_failure is not None:
                self.on_failure(exc)
            raise

    def close(self) -> None:
        """Wait for what is queued, then end the thread."""
        self.thread.shutdown(wait=True)


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
        settled = await self.writer.call(write)
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
        return lambda: store.save(run_id, found, article, decide, at, cleaner=CLEANER, comparison=COMPARISON)
    if isinstance(item, Missed):
        return lambda: store.record_missed(run_id, item)
    if isinstance(item, Polled):
        return lambda: store.record_poll(run_id, item)
    return None


def capture_of(item: object) -> Capture | None:
    """The evidence of an article's item; None for any other, and where no answer came."""
    if isinstance(item, Read):
        return item.fetched.capture
    return item.capture if isinstance(item, Missed) else None
