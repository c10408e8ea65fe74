"""What a run and a source may take: what does not fit stays due, is said, and comes with the next run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.site.faultsite import FaultSite
from tests.site.fixtures import served

pytestmark = pytest.mark.xdist_group("budgets")
ARTICLES = 40


def crawl(home: Path, *words: str) -> tuple[int, dict[str, dict], dict]:
    """(exit code, what is said of each source, of the run)."""
    options = ["--home", str(home), "--sources", str(home / "sources"), "--allow-private", "--json"]
    command = [sys.executable, "-m", "crawler", "crawl", *words, *options]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {line["source"]: line for line in lines if "source" in line}, lines[-1]


def test_a_source_asks_for_so_many_articles_a_run(tmp_path: Path) -> None:
    site = FaultSite(good=12)
    with served(site) as server:
        site.write_source(tmp_path / "sources", server.base_url, more="max_articles = 5")
        fetched = []
        for _ in range(3):
            code, said, _ = crawl(tmp_path, "--all")
            fetched.append((code, said["range"]["fetched"], said["range"]["reasons"]))
    assert fetched == [(0, 5, {"over_budget": 7}), (0, 5, {"over_budget": 2}), (0, 2, {})]


def test_a_source_whose_time_is_over_leaves_the_others_theirs(tmp_path: Path) -> None:
    slow, quick = FaultSite(good=ARTICLES), FaultSite(good=6, first_number=100)
    with served(slow, address="127.0.0.2") as one, served(quick, address="127.0.0.3") as other:
        sources = tmp_path / "sources"
        slow.write_source(sources, one.base_url, source_id="slow", download_delay=1.0, more='max_time = "4s"')
        quick.write_source(sources, other.base_url, source_id="quick")
        began = time.monotonic()
        code, said, _ = crawl(tmp_path, "--all")
        took_s = time.monotonic() - began
    assert (code, said["quick"]["fetched"]) == (0, 6)
    assert 1 <= said["slow"]["fetched"] < 10
    assert said["slow"]["reasons"] == {"over_budget": ARTICLES - said["slow"]["fetched"]}
    assert took_s < ARTICLES


def test_a_run_whose_time_is_over_says_so_and_the_next_one_goes_on(tmp_path: Path) -> None:
    site = FaultSite(good=ARTICLES)
    with served(site) as server:
        site.write_source(tmp_path / "sources", server.base_url, download_delay=1.0)
        code, said, run = crawl(tmp_path, "--all", "--max-time", "4s")
        assert (code, run["reasons"]) == (1, ["the run's time ran out; what is left stays due"])
        first = said["range"]["fetched"]
        assert 1 <= first < 10
        site.write_source(tmp_path / "sources", server.base_url, download_delay=0.0)
        code, said, _ = crawl(tmp_path, "--all")
    assert (code, said["range"]["fetched"]) == (0, ARTICLES - first)


@pytest.mark.parametrize("word", ["soon", "0s", "-5m"])
def test_a_time_that_is_none_ends_with_2(tmp_path: Path, word: str) -> None:
    command = [sys.executable, "-m", "crawler", "crawl", "--all", "--max-time", word, "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--max-time" in done.stderr
