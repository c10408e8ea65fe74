"""A publisher with every fault we know, between good articles: what is good is archived, the rest has its reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from archive.database import open_engine
from archive.schema import OutcomeRow
from tests.processes import MemoryWatch
from tests.site import bodies, network, pages
from tests.site.behaviour import Fault
from tests.site.faultsite import FaultSite
from tests.site.fixtures import served

GOOD = 12
BUDGET_S = 55  # s; two requests that never end cost their 3 s each, beside them nothing waits
MEMORY_BYTES = 600 << 20
TIMEOUT_S = 3.0

# fault → why its address is dropped; None: archived in the end
REASONS: dict[Fault, str | None] = {
    network.ServerErrorOnce(): None,
    network.TooManyRequestsOnce(): None,
    network.TooManyRequestsUntilDate(): None,
    network.ConnectionResetOnce(): None,
    network.Paused(limit_s=1.0): None,
    bodies.Chunked(): None,
    bodies.ChunkedGzip(): None,
    bodies.NestedElements(): None,
    network.AlwaysStatus(503): "http_5xx",
    network.RedirectLoop(): "redirect_limit",
    network.EndlessRedirect(): "redirect_limit",
    network.RedirectToLinkLocal(): "private_address",
    network.RedirectToDecimalLoopback(): "redirect_off_site",
    network.RedirectToFile(): "http_3xx",
    network.ConnectionReset(): "disconnect",
    network.ResetInBody(): "truncated",
    network.SlowDrip(): "timeout",
    network.SilentServer(): "timeout",
    network.LengthTooLong(): "truncated",
    network.HugeHeader(): "too_large",
    network.NotHttp(): "disconnect",
    bodies.TruncatedGzip(): "truncated",
    bodies.GzipBomb(): "too_large",
    bodies.EmptyBody(): "empty_body",
    bodies.Pdf(): "not_html",
    pages.NoindexNoarchive(): "noarchive",
    pages.NoarchiveHeader(): "noarchive",
    pages.TdmReserved(): "tdm_reserved",
    pages.SoftNotFound(): "soft_404",
    pages.BlockPage(): "block_page",
}


@dataclass(frozen=True)
class Crawled:
    run: subprocess.CompletedProcess[str]
    seconds: float
    peak_bytes: int
    archived: set[str]
    dropped: dict[str, str]
    """Path → reason."""
    shown: str
    """What ``runs 1`` prints."""


def perilune(*args: str) -> list[str]:
    return [sys.executable, "-m", "crawler", *args]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    home = tmp_path_factory.mktemp("faults")
    site = FaultSite(tuple(REASONS), good=GOOD)
    with served(site) as server:
        base = server.base_url
        limits = f"concurrency = 4\nrequest_timeout = {TIMEOUT_S}"
        site.write_source(home / "sources", base, more=limits)
        command = perilune("crawl", "--all", "--home", str(home), "--sources", str(home / "sources"), "--allow-private")
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        with MemoryWatch(process.pid) as watch:
            out, err = process.communicate(timeout=200)
        seconds = time.monotonic() - started
    export = output("export", "--format", "jsonl", "-", "--home", str(home))
    archived = {json.loads(line)["url"].removeprefix(base) for line in export.splitlines()}
    engine = open_engine(f"sqlite:///{home}/archive.db", read_only=True)
    with engine.connect() as connection:
        rows = connection.execute(select(OutcomeRow.url, OutcomeRow.reason).where(OutcomeRow.reason.is_not(None)))
        dropped = {url.removeprefix(base): reason for url, reason in rows}
    engine.dispose()
    run = subprocess.CompletedProcess(command, process.returncode, out, err)
    shown = output("runs", "1", "--home", str(home))
    yield Crawled(run, seconds, watch.peak_bytes, archived, dropped, shown)


def output(*args: str) -> str:
    done = subprocess.run(perilune(*args), capture_output=True, text=True, env=environment(), timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


pytestmark = pytest.mark.xdist_group("faults")


def test_the_run_ends_fine_and_in_time(crawled: Crawled) -> None:
    assert crawled.run.returncode == 0, crawled.run.stdout + crawled.run.stderr
    assert "Traceback" not in crawled.run.stderr
    assert crawled.seconds < BUDGET_S


def test_every_other_article_is_archived(crawled: Crawled) -> None:
    passing = {fault.path for fault, reason in REASONS.items() if reason is None}
    good = set(FaultSite(good=GOOD).pieces)
    assert crawled.archived == passing | good


def test_each_fault_has_its_reason(crawled: Crawled) -> None:
    expected = {fault.path: reason for fault, reason in REASONS.items() if reason is not None}
    assert crawled.dropped == expected
    assert {reason for reason in expected.values() if reason not in crawled.shown} == set()


def test_memory_of_all_processes_stays_within_bounds(crawled: Crawled) -> None:
    assert 0 < crawled.peak_bytes < MEMORY_BYTES
