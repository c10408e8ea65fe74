"""kill -9 in the middle of crawls loses nothing. ``benchmarks.kill`` does it fifty times."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kill import measure


@pytest.mark.xdist_group("kill")
def test_crawls_that_are_killed_lose_nothing_and_fetch_nothing_twice(tmp_path: Path) -> None:
    kills, _, faults = measure(tmp_path, articles=20, count=4, seed=3, delay_s=0.2)
    assert faults == []
    assert 1 <= kills <= 4
