"""The extraction pool's processes: how many there are, what they are handed pages by, and that they end."""

import asyncio
import fcntl
import multiprocessing
import os
import sys

import pytest

from archive.model import Fetched
from pipelines.page import Page
from pipelines.workers import ExtractionPool, SourceGuide
from tests.builders import PROSE, a_capture, a_discovered


def leave_open() -> None:
    pool = ExtractionPool(size=1, timeout_s=60, memory_bytes=2 << 30)
    worker = pool.pool.schedule(os.getpid).result()
    raise SystemExit(3 if worker != os.getpid() else 4)


def test_process_of_a_job_ends_though_its_pool_was_left_open() -> None:
    process = multiprocessing.get_context("forkserver").Process(target=leave_open)
    process.start()
    try:
        process.join(60)
        assert process.exitcode == 3
    finally:
        process.kill()


def a_page(number: int) -> Page:
    capture = a_capture(f"https://alpha.example/{number}", body=f"<p>{PROSE}</p>".encode())
    return SourceGuide().page(Fetched(discovered=a_discovered(), capture=capture))


@pytest.mark.parametrize(("pages", "workers"), [(1, 1), (12, 2)], ids=["few", "many"])
def test_a_second_worker_is_started_for_many_pages_only(pages: int, workers: int) -> None:
    async def read() -> int:
        pool = ExtractionPool(size=2, timeout_s=60, memory_bytes=2 << 30)
        try:
            found = await asyncio.gather(*(pool.read(a_page(number)) for number in range(pages)))
            assert len(found) == pages
            while len(pool.manager.workers) < workers:  # pebble looks every 100 ms; the test's time-out is the end
                await asyncio.sleep(0.02)
            return len(pool.manager.workers)
        finally:
            await asyncio.to_thread(pool.close)

    assert asyncio.run(read()) == workers


@pytest.mark.skipif(sys.platform != "linux", reason="pipes elsewhere are as wide as they are")
def test_the_pipe_to_the_workers_holds_several_pages() -> None:
    pool = ExtractionPool(size=1, timeout_s=60, memory_bytes=2 << 30)
    try:
        pool.start()
        assert pool.manager.pool_channel is not None
        assert fcntl.fcntl(pool.manager.pool_channel.writer.fileno(), fcntl.F_GETPIPE_SZ) == 1 << 20
    finally:
        pool.close()
