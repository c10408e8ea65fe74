"""Politeness from one run to the next: robots.txt, waits that servers ask for, the delay between two requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.demo.server import Response
from tests.site.behaviour import html
from tests.site.endpoints import GoodFeed, GoodListing
from tests.site.faultsite import FaultSite
from tests.site.fixtures import served

DELAY_S = 3.0
LONG_DELAY_S = 6.0  # longer than a run takes to begin


class Host(FaultSite):
    """Two articles; it notes when each request came, and may ask for a wait."""

    def __init__(self) -> None:
        super().__init__(good=2)
        self.came: list[tuple[float, str]] = []
        self.wait_s: int | None = None

    def respond(self, request):  # type: ignore[no-untyped-def]  # as FaultSite's
        self.came.append((time.monotonic(), request.path))
        if self.wait_s is not None:
            busy = html("<h1>Later</h1>", status=429)
            return Response(status=429, headers=(*busy.headers, ("Retry-After", str(self.wait_s))), body=busy.body)
        return super().respond(request)

    def paths(self) -> list[str]:
        found = [path for _, path in self.came]
        self.came.clear()
        return found


@pytest.fixture
def host() -> Iterator[tuple[Host, str]]:
    site = Host()
    with served(site) as server:
        yield site, server.base_url


def command(home: Path, *words: str) -> list[str]:
    options = ["--home", str(home), "--sources", str(home / "sources"), "--allow-private", "--json"]
    return [sys.executable, "-m", "crawler", "crawl", *words, *options]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}


def crawl(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(home, *words), capture_output=True, text=True, env=environment(), timeout=120, check=False
    )


def test_robots_txt_is_not_asked_again_and_the_delay_holds_between_runs(host: tuple[Host, str], tmp_path: Path) -> None:
    site, base = host
    site.write_source(tmp_path / "sources", base, download_delay=DELAY_S)
    assert crawl(tmp_path, "--all", "--limit", "0").returncode == 0
    last = site.came[-1][0]
    assert sorted(site.paths()) == ["/feed.xml", "/robots.txt"]
    assert crawl(tmp_path, "--all", "--limit", "0").returncode == 0
    assert site.came[0][0] - last >= DELAY_S
    assert site.paths() == ["/feed.xml"]


def test_the_delay_holds_after_a_run_that_was_killed(host: tuple[Host, str], tmp_path: Path) -> None:
    """It began long ago, by the delay; its last request was sent just now, and no row says so."""
    site, base = host
    site.write_source(tmp_path / "sources", base, download_delay=LONG_DELAY_S)
    killed = subprocess.Popen(command(tmp_path, "--all"), env=environment(), stderr=subprocess.DEVNULL)
    give_up_at = time.monotonic() + 120
    while len(site.came) < 3 and time.monotonic() < give_up_at:  # robots.txt, the feed, an article
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    before = len(site.came)
    last = site.came[-1][0]

    assert crawl(tmp_path, "--all").returncode == 0
    assert before >= 3
    assert site.came[before][0] - last >= LONG_DELAY_S


def test_a_wait_that_a_server_asked_for_holds_for_the_next_run(host: tuple[Host, str], tmp_path: Path) -> None:
    site, base = host
    site.write_source(tmp_path / "sources", base)
    assert crawl(tmp_path, "--all").returncode == 0
    site.paths()
    site.wait_s = 7200
    assert crawl(tmp_path, "--all").returncode == 1
    assert site.paths() == ["/feed.xml"]

    done = crawl(tmp_path, "--all")
    assert (done.returncode, site.paths()) == (0, [])  # not due
    named = crawl(tmp_path, "range")
    assert (named.returncode, site.paths()) == (1, [])  # named, it says why
    lines = [json.loads(line) for line in named.stdout.splitlines()]
    assert next(line for line in lines if line.get("source") == "range")["reasons"] == {"retry_after": 1}


class Busy(Host):
    """Counts how many requests it answers at once."""

    def __init__(self) -> None:
        super().__init__()
        self.active = 0
        self.most_active = 0
        self.counting = threading.Lock()

    def respond(self, request):  # type: ignore[no-untyped-def]  # as FaultSite's
        with self.counting:
            self.active += 1
            self.most_active = max(self.most_active, self.active)
        try:
            time.sleep(0.1)  # an answer takes a while: a second request would meet it
            return super().respond(request)
        finally:
            with self.counting:
                self.active -= 1


def test_two_sources_and_two_processes_share_one_host_politely(tmp_path: Path) -> None:
    """Measured at the server: never two requests at once, never sooner than the delay."""
    site = Busy()
    with served(site) as server:
        for name, endpoint in (("first", GoodFeed()), ("second", GoodListing())):
            site.endpoints = (endpoint,)
            site.write_source(tmp_path / "sources", server.base_url, source_id=name, download_delay=0.5)
        site.endpoints = (GoodFeed(), GoodListing())
        with ThreadPoolExecutor(2) as pool:
            codes = sorted(done.returncode for done in pool.map(lambda _: crawl(tmp_path, "--all"), range(2)))
    times = [at for at, _ in site.came]
    assert codes in ([0, 0], [0, 4])  # 4: the other one held the host
    assert len(times) >= 4  # robots.txt, the feed, two articles
    assert site.most_active == 1
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.5
