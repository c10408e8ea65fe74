"""One thread that writes, in the order it was asked to; the reactor never waits for a disk.

Every row of a crawl goes through one such thread: SQLite takes one writer, and a capture's row must stand before the
article that cites it. What is asked for within a moment shares a transaction (a commit costs as much as a small
article); nothing counts as written before that is committed. Evidence has a thread of its own.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

from archive.errors import StoreError

MOST = 16  # writes a transaction: some 0.2 s, for which other runs, and readers of PostgreSQL's locks, wait
PATIENCE_S = 0.05  # s that a write waits at most for others to share its transaction with

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """A write that was asked for."""

    write: Callable[[], Any]  # Any: whatever the asker gets in the future
    is_urgent: bool
    future: Future[Any] = field(default_factory=Future)  # Any: as above


class Writer:
    """See the module. After the first failure nothing more is written: going on could leave an article without its
    capture; what was not written stays due.
    """

    def __init__(
        self,
        on_failure: Callable[[BaseException], None] | None = None,
        *,
        name: str = "writer",
        group: Callable[[], AbstractContextManager[None]] = nullcontext,
        permit: Callable[[], None] = lambda: None,
    ) -> None:
        """``group`` makes one transaction of the writes inside (``archive.database.grouped``); by default each is its
        own. ``permit`` is asked right before each write, and raises where this process may not write any more."""
        self.failure: BaseException | None = None
        self.on_failure = on_failure
        self.cpu_seconds = 0.0
        self.writes = self.groups = 0
        self.slowest_seconds = 0.0
        """Of one group, by the clock: waiting for other processes' writes included."""
        self._group = group
        self._permit = permit
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=f"perilune-{name}", daemon=True)
        self._thread.start()

    def submit(self, write: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a write; its result or error is in the future once it is committed."""
        return self._queue(Job(lambda: write(*args, **kwargs), is_urgent=False))

    async def call(self, write: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Queue a write that is not to wait for others, and await it without blocking the reactor."""
        return await asyncio.wrap_future(self._queue(Job(lambda: write(*args, **kwargs), is_urgent=True)))

    def close(self) -> None:
        """Write what is queued, then end the thread. Calling it again is harmless."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _queue(self, job: Job) -> Future[Any]:  # Any: as in Job
        if self._closed:
            raise RuntimeError("the writer is closed")
        self._jobs.put(job)
        return job.future

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch = self._gathered(job)
            started, used = time.monotonic(), time.thread_time()
            self._write(batch)
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
            self.cpu_seconds += time.thread_time() - used
            self.writes, self.groups = self.writes + len(batch), self.groups + 1

    def _gathered(self, first: Job) -> list[Job]:
        """The first and what follows it within a moment, up to one that is urgent."""
        batch, until = [first], time.monotonic() + PATIENCE_S
        while len(batch) < MOST and not batch[-1].is_urgent:
            try:
                job = self._jobs.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                break
            if job is None:
                self._jobs.put(None)  # the end, for the loop to see
                break
            batch.append(job)
        return batch

    def _write(self, batch: Sequence[Job]) -> None:
        """Write the batch, commit, and only then tell anybody."""
        if self.failure is not None:
            for job in batch:
                self._telling(job, error=self._refusal())()
            return
        try:
            with self._group():
                tell = [self._ran(job) for job in batch]
        except BaseException as exc:  # not even begun, or not committed: none of it is written
            self._failed(exc)
            tell = [self._telling(job, error=exc) for job in batch]
        for told in tell:
            told()

    def _ran(self, job: Job) -> Callable[[], None]:
        """Run one write; how its asker is told of it, once the group is committed."""
        if self.failure is not None:
            return self._telling(job, error=self._refusal())
        try:
            self._permit()
            result = job.write()
        except BaseException as exc:
            self._failed(exc)
            return self._telling(job, error=exc)
        return lambda: job.future.set_result(result)

    def _refusal(self) -> StoreError:
        error = StoreError(f"nothing is written after a failure: {self.failure}")
        error.__cause__ = self.failure
        return error

    def _telling(self, job: Job, *, error: BaseException) -> Callable[[], None]:
        return lambda: job.future.set_exception(error)

    def _failed(self, error: BaseException) -> None:
        if self.failure is not None:
            return
        self.failure = error
        log.error("store failed", extra={"reason": str(error)})
        if self.on_failure is not None:
            self.on_failure(error)
