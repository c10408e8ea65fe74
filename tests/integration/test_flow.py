"""A crawl keeps flowing: nothing holds up the event loop, a slow store holds up the fetching, known pages are not read
again, and what went through each stage is told."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.pages import html
from crawler.demo.server import Request, Response, SiteServer
from tests.site.fixtures import served

ROOT = Path(__file__).parents[2]
STALL_S = 0.1
WATCHED = """
import sys
if __name__ == "__main__":  # workers are spawned, and load this again
    from crawler import settings
    settings.EXTENSIONS["tests.loopwatch.LoopWatch"] = 0
    from crawler.cli import run
    sys.exit(run(sys.argv[1:]))
"""


@dataclass
class Presses:
    """A site of made-up pages of some 80 kB, announced by one sitemap; sends no validators."""

    pages: int
    ballast: int = 0
    """Bytes of each page that say nothing."""
    base: str = ""
    asked: list[float] = field(default_factory=list)
    """When each page was asked for, by the monotonic clock."""
    linger_s: float = 0.0
    """How long each page takes."""
    inside: int = 0
    most_at_once: int = 0
    """Pages that were on their way at one moment."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Response:
        if request.path == "/sitemap.xml":
            urls = "".join(
                f"<url><loc>{self.base}/2020/story-{number}.html</loc></url>" for number in range(self.pages)
            )
            text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
            return Response(headers=(("Content-Type", "application/xml"),), body=text.encode())
        if not request.path.startswith("/2020/story-"):
            return Response(status=404)
        self.asked.append(time.monotonic())
        with self.lock:
            self.inside += 1
            self.most_at_once = max(self.most_at_once, self.inside)
        time.sleep(self.linger_s)
        with self.lock:
            self.inside -= 1
        number = int(request.path.removeprefix("/2020/story-").removesuffix(".html"))
        body = html(number) + b"<!--" + b"-" * self.ballast + b">"
        return Response(headers=(("Content-Type", "text/html"),), body=body)


@dataclass(frozen=True)
class Archive:
    """One archive, its source and its crawls."""

    home: Path

    def command(self, *words: str, script: Sequence[str] = ("-m", "crawler")) -> list[str]:
        return [sys.executable, *script, *words, "--home", str(self.home)]

    def crawling(self, word: str = "crawl", **how: object) -> list[str]:
        options = ("--all", "--force", "--quiet", "--sources", str(self.home / "sources"), "--allow-private")
        return self.command(word, *options, **how)  # type: ignore[arg-type]

    def write_source(self, server: SiteServer, site: Presses) -> None:
        site.base = server.base_url
        (self.home / "sources").mkdir(parents=True)
        (self.home / "sources" / "presses.toml").write_text(
            f'name = "Presses"\nhomepage = "{site.base}/"\ndownload_delay = 0.0\nconcurrency = 16\n'
            f'sitemaps = [{{ url = "{site.base}/sitemap.xml" }}]\n'
        )

    def run_json(self, run_id: int) -> dict:
        told = subprocess.run(self.command("runs", str(run_id), "--json"), check=True, capture_output=True)
        return json.loads(told.stdout)


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, dict]:
    """Crawled, its loop watched; then every page looked at again. What blocks does so each time, the machine's noise
    does not: a crawl that was held up is done once more, at most twice."""
    for _ in range(3):
        archive, seen = watched_crawl(tmp_path_factory.mktemp("flow"))
        if max(seen["stalls"]) <= STALL_S:
            break
    return archive, seen


def watched_crawl(home: Path) -> tuple[Archive, dict]:
    """An archive crawled and rechecked, and what the watch saw at the crawl."""
    archive = Archive(home)
    script = archive.home / "watched.py"
    script.write_text(WATCHED)
    with served(site := Presses(40)) as server:
        archive.write_source(server, site)
        watched = archive.crawling(script=(str(script),))
        done = subprocess.run(
            watched, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        assert done.returncode == 0, done.stderr
        subprocess.run(archive.crawling("recheck"), check=True)
    return archive, json.loads(done.stderr.splitlines()[-1])


def test_nothing_holds_up_the_event_loop(flow: tuple[Archive, dict]) -> None:
    _, seen = flow
    assert seen["ticks"] > 50
    assert [stall for stall in seen["stalls"] if stall > STALL_S] == []


def test_a_run_tells_what_went_through_each_stage(flow: tuple[Archive, dict]) -> None:
    stages = flow[0].run_json(1)["stages"]
    assert stages["stage/extract/pages"] == 40
    assert stages["stage/fetch/responses"] == 42  # robots.txt and the sitemap, too
    assert stages["stage/capture/records"] == 82  # and what became of each page
    assert stages["stage/store/transactions"] < stages["stage/store/writes"]
    for stage in ("fetch", "capture", "extract", "store"):
        assert stages[f"stage/{stage}/seconds"] > 0


def test_a_payload_that_is_known_is_settled_without_being_read(flow: tuple[Archive, dict]) -> None:
    run = flow[0].run_json(2)
    assert run["totals"]["unchanged"] == 40
    assert "stage/extract/pages" not in run["stages"]


def test_a_store_that_stands_still_holds_up_the_fetching(tmp_path: Path) -> None:
    archive, site = Archive(tmp_path), Presses(100, ballast=500_000, linger_s=0.2)
    with served(site) as server:
        archive.write_source(server, site)
        crawl = subprocess.Popen(archive.crawling())
        try:
            before, asked = asked_while_held(site, crawl, tmp_path / "archive.db")
            assert crawl.wait(200) == 0
        finally:
            crawl.kill()
    assert asked - before < 40, before  # Scrapy lets 5 MB of pages wait, which are nine of these, and what is under way
    assert 1 < site.most_at_once <= 16  # as the source file says
    assert archive.run_json(1)["totals"]["archived"] == 100


def asked_while_held(site: Presses, crawl: subprocess.Popen[bytes], database: Path) -> tuple[int, int]:
    """Pages asked for, once the crawl is on its way, until another writer has the database; and while it holds it for
    as long as it takes, together with those."""
    while len(site.asked) < 10:
        assert crawl.poll() is None
        time.sleep(0.02)
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")  # as another run would that writes for long
        before = len(site.asked)
        asked = quiet_after(site)
        holder.execute("ROLLBACK")
    return before, asked


def quiet_after(site: Presses) -> int:
    """Pages asked for until none was for three seconds; fails after 25, when the run would give up waiting."""
    give_up_at = time.monotonic() + 25
    while time.monotonic() < site.asked[-1] + 3:
        assert time.monotonic() < give_up_at
        time.sleep(0.1)
    return len(site.asked)
