"""The extraction pool: pages are read in processes of their own, each page within a time limit.

A page that hangs or eats memory costs that page only: pebble ends the worker and starts another.
Processes, not threads: extraction holds the interpreter lock, and lxml once crashed under threads.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import resource_tracker, util
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessPool

from archive.model import Fetched, Rejected
from pipelines.page import Hints, Page, Read, Rules

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from scrapy.crawler import Crawler

    Count = Callable[[str, float], None]

log = logging.getLogger(__name__)

MOST_DETAIL = 200  # characters of an error's words
PAGES_PER_WORKER = 500  # pages; then a fresh process, so that what lxml leaks is given back
PIPE_BYTES = 1 << 20  # the most that Linux gives a user (/proc/sys/fs/pipe-max-size)
FEW_PAGES = 3  # at once; a second worker takes half a second of CPU and 100 MB, and cron mostly finds fewer new pages
MOST_WORKERS = 4  # one process fetches and stores for all of them, and is busy by then


class ExtractionPool:
    """``size`` warmed workers, 0 for :func:`usual_size`; a page has ``timeout_s`` seconds and ``memory_bytes`` of
    address space. The first is started with the first page, the others when more than ``FEW_PAGES`` wait."""

    def __init__(self, *, size: int, timeout_s: float, memory_bytes: int) -> None:
        self.size = size or usual_size()
        self.timeout_s = timeout_s
        self.starting: asyncio.Future[None] | None = None
        self.pool = ProcessPool(
            max_workers=self.size,
            max_tasks=PAGES_PER_WORKER,
            initializer=start_worker,
            initargs=(memory_bytes,),
            context=multiprocessing.get_context("spawn"),
        )
        self.manager = self.pool._pool_manager.worker_manager
        self.manager.workers_number = 1  # which it makes, and makes again
        self.inside = 0
        # A process waits for its children before it ends, for ever where a run died without closing the pool.
        util.Finalize(self, end_workers, args=(self.pool,), exitpriority=0)

    async def read(self, page: Page) -> Read:
        """The page as read; ``Rejected`` with ``extraction_timeout`` or ``extraction_crash`` when the worker died, and
        with ``extraction_defect`` where our own code failed on it: that costs this page, and the log has it all."""
        if self.starting is None:
            self.starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        self.inside += 1
        if self.inside > FEW_PAGES:
            self.manager.workers_number = self.size
        try:
            await asyncio.shield(self.starting)
            return await self.result_of(page)
        finally:
            self.inside -= 1

    async def result_of(self, page: Page) -> Read:
        """What the pool makes of the page, once there is one; see :meth:`read`."""
        future = self.pool.schedule(read_in_worker, args=(page,), timeout=self.timeout_s)
        try:
            return await asyncio.wrap_future(future)
        except (TimeoutError, FutureTimeoutError):
            rejected = Rejected(reason="extraction_timeout", detail=f"over {self.timeout_s} s")
        except (ProcessExpired, MemoryError) as exc:
            rejected = Rejected(reason="extraction_crash", detail=str(exc) or type(exc).__name__)
        except Exception as exc:
            log.exception("defect in extraction", extra={"url": page.fetched.capture.target_uri})
            rejected = Rejected(reason="extraction_defect", detail=f"{type(exc).__name__}: {exc}"[:MOST_DETAIL])
        lighter = replace(page.fetched, capture=replace(page.fetched.capture, body=b""))
        return Read(fetched=lighter, result=rejected, seconds=self.timeout_s)

    def start(self) -> None:
        """Start the first worker: 100 ms, so not on the event loop. Nothing does it but a first task."""
        with deaf_to_interrupts():
            self.pool.schedule(os.getpid)
        assert self.manager.pool_channel is not None  # made with the worker
        widen(self.manager.pool_channel.writer)

    def close(self) -> None:
        """End the workers; pages still waiting are dropped (their captures are kept)."""
        end_workers(self.pool)


def end_workers(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # pebble's own
    pool.join()


def widen(pipe: Connection) -> None:
    """Let the pipe to the workers hold some four pages, where the system has pipes that can (Linux).

    One holds 64 KiB as it is made, a third of a page: a worker then waits for its page while this process's threads
    take turns at the interpreter.
    """
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(PermissionError):  # this user's pipes hold too much together: as narrow as it was
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def usual_size() -> int:
    """One worker a core that this process may use, ``MOST_WORKERS`` at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """What is started inside never hears Ctrl-C, which a terminal sends to every process: the run ends its workers.

    A signal mask is inherited by threads and processes from whoever starts them. The resource tracker is started
    before, since starting it would lift the mask (CPython's ``multiprocessing/resource_tracker.py``).
    """
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_worker(memory_bytes: int) -> None:
    """Bound the worker's memory and read one page, so that the first real one costs no more than the second."""
    from pipelines.reading import warm_up  # here: workers alone load the extractors, which take 60 MB and a second

    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    warm_up()


def read_in_worker(page: Page) -> Read:
    """:func:`pipelines.reading.read_page`; runs in a worker."""
    from pipelines.reading import read_page  # as above

    return read_page(page)


class ExtractPipeline:
    """Scrapy item pipeline: ``Fetched`` → ``Read``; everything else passes."""

    def __init__(self, pool: ExtractionPool, guide: Mapping[str, SourceGuide], count: Count) -> None:
        """``count`` adds to a counter of the run's statistics."""
        self.pool = pool
        self.guide = guide
        self.count = count

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ExtractPipeline:
        settings = crawler.settings
        pool = ExtractionPool(
            size=settings.getint("PERILUNE_EXTRACT_WORKERS"),
            timeout_s=settings.getfloat("PERILUNE_EXTRACT_TIMEOUT_S"),
            memory_bytes=settings.getint("PERILUNE_EXTRACT_MEMORY_BYTES"),
        )
        assert crawler.stats
        stats = crawler.stats

        def count(name: str, number: float) -> None:
            stats.set_value(name, stats.get_value(name, 0) + number)

        return cls(pool, settings["PERILUNE_GUIDE"] or {}, count)

    async def process_item(self, item: object) -> object:
        if not isinstance(item, Fetched):
            return item
        guide = self.guide.get(item.discovered.source_id, SourceGuide())
        read = await self.pool.read(guide.page(item))
        self.count("stage/extract/seconds", read.seconds)
        self.count("stage/extract/pages", 1)
        if isinstance(read.result, Rejected) and read.result.reason == "extraction_defect":
            self.count("stage/extract/defects", 1)
        return read

    async def close_spider(self) -> None:
        await asyncio.to_thread(self.pool.close)  # pebble looks every 100 ms whether its threads are over


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRule:
    """One ``[[extract]]`` of a source file: selectors for pages captured between two days, both included."""

    valid_from: date | None = None
    valid_until: date | None = None
    prune_css: tuple[str, ...] = ()
    body_css: str | None = None
    title_css: str | None = None
    author_css: str | None = None
    date_css: str | None = None

    def covers(self, day: date) -> bool:
        """None is open."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGuide:
    """What a source file tells extraction."""

    name: str | None = None
    language: str | None = None
    country: str | None = None
    rules: Sequence[SiteRule] = ()
    strip_params: Sequence[str] = ()
    obey: Sequence[str] = ()

    def page(self, fetched: Fetched) -> Page:
        """The fetched page with everything the feed and the source file know of it."""
        found = fetched.discovered
        hints = Hints(
            title=found.title,
            published_at=found.published_at,
            content_html=found.content_html,
            language=self.language,
            country=self.country,
            source_name=self.name,
            captured_at=fetched.capture.captured_at,
        )
        return Page(
            fetched=fetched,
            hints=hints,
            rules=self.rules_on(fetched.capture.captured_at.date()),
            strip_params=tuple(self.strip_params),
            obey=tuple(self.obey),
        )

    def rules_on(self, day: date) -> Rules:
        """The first rule that covers the day; no rule at all where none does."""
        rule = next((rule for rule in self.rules if rule.covers(day)), SiteRule())
        return Rules(prune_css=rule.prune_css)
