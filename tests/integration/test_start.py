"""Starting costs little: cron asks every few minutes, on small machines. ``benchmarks.start`` has the figures."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = """
name = "Quiet"
homepage = "http://127.0.0.1:9/"
feeds = [{ url = "http://127.0.0.1:9/feed.xml" }]
"""
LOADED = """
import json, sys
from crawler.cli import run
code = run(sys.argv[1:])
print(json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""
HEAVY = {"scrapy", "twisted", "trafilatura", "lxml", "numpy", "feedparser", "pebble"}


def loaded_by(*words: str | Path) -> dict[str, object]:
    """What the command ended with and the packages it loaded."""
    done = subprocess.run([sys.executable, "-c", LOADED, *map(str, words)], capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def cpu_of(*command: str) -> float:
    """CPU seconds of a command; the least of three."""
    return min(one_run(command) for _ in range(3))


def one_run(command: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_costs_less_than_loading_scrapy() -> None:
    assert cpu_of("-m", "crawler", "--help") < 0.7 * cpu_of("-c", "import scrapy")


@pytest.fixture
def quiet(tmp_path: Path) -> tuple[str | Path, ...]:
    """The words of a crawl of one source that nobody answers for, asked just now."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "quiet.toml").write_text(SOURCE)
    crawl = ("crawl", "--sources", sources, "--allow-private", "--home", tmp_path / "home")
    assert loaded_by(*crawl, "--quiet")["code"] == 1  # its feed can't be read
    return crawl


def test_a_crawl_that_finds_nothing_due_loads_neither_scrapy_nor_extraction(quiet: tuple[str | Path, ...]) -> None:
    found = loaded_by(*quiet)
    assert found["code"] == 0
    assert HEAVY.intersection(found["modules"]) == set()  # type: ignore[arg-type]  # a list of names


def test_a_crawl_loads_nothing_that_it_has_no_use_for(quiet: tuple[str | Path, ...]) -> None:
    """Extractors are the workers', Alembic is for making a schema, aiohttp for Scrapy's remote control."""
    found = loaded_by(*quiet, "--force", "--quiet")
    assert found["code"] == 1  # its feed can't be read
    assert {"scrapy", "trafilatura", "alembic", "aiohttp"}.intersection(found["modules"]) == {"scrapy"}  # type: ignore[arg-type]
