"""A job that dies without closing the extraction pool ends all the same, though a process waits for its children."""

import multiprocessing
import os

from pipelines.workers import ExtractionPool


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
