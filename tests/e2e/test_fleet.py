"""The fleet's bars in small: killed, frozen, and a long queue. ``benchmarks.workers`` has them whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.workers import dispatch, frozen, kills

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.xdist_group("fleet")]


def test_killed_workers_scheduler_and_database_lose_nothing(tmp_path: Path) -> None:
    facts, faults = kills(tmp_path, hosts=3, articles=6, delay_s=0.4, seed=2, workers=2, most=3)
    assert faults == []
    assert facts["workers killed"] >= 1


def test_workers_at_addresses_of_their_own_keep_each_hosts_delay() -> None:
    """As on machines of their own. It starts itself anew in a namespace from which nothing leads out."""
    words = ["--workers", "2", "--hosts", "6", "--articles", "3", "--delay", "0.4", "--concurrency", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.workers", "pace", "--namespaces", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "no network namespaces here" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert (done.returncode, "!" in done.stdout) == (0, False), done.stdout + done.stderr
    assert "10.203.255.1" in done.stdout


def test_worker_frozen_beyond_its_lease_writes_nothing_when_it_wakes(tmp_path: Path) -> None:
    _, faults = frozen(tmp_path, delay_s=0.6, articles=12)
    assert faults == []


def test_a_long_queue_is_handed_out_without_reading_it_all() -> None:
    """A plan that does costs seconds; the bar of 100 ms at 100,000 jobs is the benchmark's, on a quiet machine."""
    _, faults = dispatch(5_000, within_ms=1_000.0)
    assert faults == []
