"""``perilune schedule`` and what cron and containers see of ``crawl``: silence when all is well, words when not."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.database import open_engine
from archive.frontier import Frontier
from archive.migrate import upgrade
from archive.owners import owner_name
from crawler.demo.server import SiteServer
from tests.site.faultsite import FaultSite


class Place:
    """A home and a folder of source files for one site; what is asked for runs as a process of its own."""

    def __init__(self, directory: Path, base_url: str, *, download_delay: float = 0.0) -> None:
        self.home, self.sources = directory / "my home", directory / "sources"
        FaultSite().write_source(self.sources, base_url, download_delay=download_delay)
        self.options = ["--home", str(self.home), "--sources", str(self.sources), "--allow-private"]

    def started(self, *args: str, **more: str) -> subprocess.Popen[str]:
        kept = {name: word for name, word in os.environ.items() if not name.startswith("PERILUNE_")}
        return subprocess.Popen(
            [sys.executable, "-m", "crawler", *args, *self.options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=kept | more,
            start_new_session=True,
        )

    def perilune(self, *args: str, **more: str) -> tuple[int, str, str]:
        process = self.started(*args, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture
def news(tmp_path: Path) -> Iterator[Place]:
    """Five articles on loopback."""
    with SiteServer(FaultSite()) as server:
        yield Place(tmp_path, server.base_url)


@pytest.fixture
def nobody(tmp_path: Path) -> Place:
    """A source on the discard port, where nobody listens."""
    return Place(tmp_path, "http://127.0.0.1:9")


# -- crawl, as cron runs it --------------------------------------------------------------------------------------------


def test_quiet_says_nothing_when_nothing_is_wrong(news: Place) -> None:
    assert news.perilune("crawl", "--quiet") == (0, "", "")


def test_quiet_says_what_is_wrong(nobody: Place) -> None:
    code, out, _ = nobody.perilune("crawl", "--quiet")
    assert code == 1
    assert "! range: no endpoint could be read" in out


def test_quiet_json_is_printed_all_the_same(news: Place) -> None:
    code, out, err = news.perilune("crawl", "--quiet", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["exit_code"] == 0


def test_quiet_overlap_is_no_news(news: Place) -> None:
    news.home.mkdir()
    engine = open_engine(f"sqlite:///{news.home}/archive.db")
    upgrade(engine)
    other = Frontier(engine, owner=owner_name(), now=lambda: datetime.now(UTC))
    other.hold(["host_group:range"])
    assert news.perilune("crawl", "--quiet") == (4, "", "")
    assert "another run holds" in news.perilune("crawl")[2]
    other.release_locks()
    engine.dispose()


def test_crawl_leaves_figures_for_prometheus(news: Place, tmp_path: Path) -> None:
    target = tmp_path / "perilune.prom"
    assert news.perilune("crawl", "--quiet", "--metrics", str(target)) == (0, "", "")
    assert 'perilune_pages_total{source="range",outcome="new"} 5\n' in target.read_text()


def test_line_for_cron_crawls(news: Place, tmp_path: Path) -> None:
    code, out, err = news.perilune("schedule", "print", "--cron", "--every", "30m")
    assert (code, err) == (0, "")
    times, command = out.rstrip("\n").split(" env ")
    assert times == "*/30 * * * *"
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}  # what cron gives
    done = subprocess.run(["/bin/sh", "-c", f"env {command}"], capture_output=True, text=True, env=bare, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (news.home / "archive.db").is_file()


# -- schedule print ----------------------------------------------------------------------------------------------------


def test_units_are_written_where_asked(news: Place, tmp_path: Path) -> None:
    code, out, _ = news.perilune("schedule", "print", "--systemd", "--user", "--into", str(tmp_path / "units"))
    assert code == 0
    assert out.splitlines() == [str(tmp_path / "units" / name) for name in ("perilune.service", "perilune.timer")]
    service = (tmp_path / "units" / "perilune.service").read_text()
    assert f'Environment="PERILUNE_HOME={news.home}"\n' in service
    assert "crawl --quiet\n" in service


def test_rechecks_have_a_line_and_units_of_their_own(news: Place) -> None:
    code, out, _ = news.perilune("schedule", "print", "--cron", "--recheck", "--every", "1h")
    assert (code, out.startswith("7 * * * * env "), out.endswith(" recheck --quiet\n")) == (0, True, True)
    code, out, _ = news.perilune("schedule", "print", "--systemd", "--recheck", "--every", "1h", "--user")
    assert (code, "perilune-recheck.service" in out, "perilune-recheck.timer" in out) == (0, True, True)


def test_password_is_not_printed(news: Place) -> None:
    code, out, err = news.perilune(
        "schedule", "print", "--cron", PERILUNE_DATABASE_URL="postgresql://me:s3cret@db.example/space?sslmode=require"
    )
    assert code == 0
    assert "PERILUNE_DATABASE_URL=postgresql+psycopg://me@db.example/space?sslmode=require" in out
    assert "s3cret" not in out + err
    assert "~/.pgpass" in err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([], "say --cron or --systemd"),
        (["--cron", "--every", "7m"], "--every: cron knows parts of an hour"),
        (["--cron", "--every", "soon"], "--every: not a duration"),
        (["--cron", "--every", "10s"], "--every: a minute at least"),
        (["--cron", "--into", "."], "--into goes with --systemd"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_can_not_be_printed_ends_with_2(news: Place, args: list[str], told: str) -> None:
    code, out, err = news.perilune("schedule", "print", *args)
    assert (code, out) == (2, "")
    assert told in err


def test_nothing_is_printed_that_could_not_crawl(tmp_path: Path) -> None:
    code, out, err = Place(tmp_path, "https://news.example").perilune("schedule", "print", "--cron")
    assert (code, out) == (2, "")
    assert "PERILUNE_CONTACT is not set" in err


# -- schedule run ------------------------------------------------------------------------------------------------------


class Followed:
    """The log of a loop, an event at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: queue.Queue[str] = queue.Queue()
        self.seen: list[dict] = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        for line in self.process.stderr:
            self.lines.put(line)

    def until(self, event: str) -> dict:
        while True:
            self.seen.append(json.loads(self.lines.get(timeout=60)))
            if self.seen[-1]["event"] == event:
                return self.seen[-1]


def test_loop_crawls_what_is_due_and_ends_in_order(news: Place) -> None:
    process = news.started("schedule", "run", "--every", "1h", "--json")
    log = Followed(process)
    ended = log.until("run ended")
    assert (ended["run"], ended["exit_code"], ended["level"]) == (1, 0, "info")
    process.send_signal(signal.SIGTERM)
    assert log.until("loop ended")["exit_code"] == 0
    assert process.wait(60) == 0
    assert [line["event"] for line in log.seen if line["logger"] == "crawler.loop"] == [
        "loop started",
        "run started",
        "run ended",
        "loop ended",
    ]


def test_loop_survives_a_failed_run(nobody: Place) -> None:
    process = nobody.started("schedule", "run", "--every", "1h", "--json")
    log = Followed(process)
    ended = log.until("run ended")
    assert (ended["exit_code"], ended["level"]) == (1, "warning")
    assert "range: no endpoint could be read" in ended["reasons"]
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130


def test_signal_goes_on_to_the_crawl_under_way(tmp_path: Path) -> None:
    asked = threading.Event()

    class Watched(FaultSite):
        def respond(self, request):
            if request.path in self.pieces:
                asked.set()
            return super().respond(request)

    with SiteServer(Watched(good=8)) as server:
        slow = Place(tmp_path, server.base_url, download_delay=2.0)
        process = slow.started("schedule", "run", "--every", "1h", "--json")
        log = Followed(process)
        assert asked.wait(60)
        process.send_signal(signal.SIGTERM)
        ended = log.until("run ended")
        assert (ended["exit_code"], ended["state"]) == (130, "interrupted")
        assert process.wait(60) == 0


def test_loop_refuses_at_its_start_what_it_could_never_do(nobody: Place) -> None:
    (nobody.sources / "bad.toml").write_text("name = 3\n")
    code, out, err = nobody.perilune("schedule", "run")
    assert (code, out) == (2, "")
    assert "bad.toml: name" in err


# -- logs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["option", "environment"])
def test_log_in_json_is_json_alone(news: Place, how: str) -> None:
    args, more = (["--log-format", "json"], {}) if how == "option" else ([], {"PERILUNE_LOG_FORMAT": "json"})
    code, _, err = news.perilune("crawl", "--quiet", "--verbose", *args, **more)
    assert code == 0
    lines = [json.loads(line) for line in err.splitlines()]
    assert lines[0]["event"] == "run started"
    assert lines[-1]["event"] == "run ended"
    settled = [line for line in lines if line["event"] == "settled" and line["outcome"] == "new"]
    assert len(settled) == 5
    assert {line["source"] for line in settled} == {"range"}


def test_log_in_json_has_no_progress_in_it(news: Place) -> None:
    code, out, err = news.perilune("crawl", "--log-format", "json")
    assert (code, err) == (0, "")
    assert "range" in out


def test_quiet_leaves_warnings_out_unless_asked_for(tmp_path: Path) -> None:
    place = Place(tmp_path, "http://127.0.0.1:9")
    assert place.perilune("crawl", "--all", "--quiet")[2] == ""
    asked = place.perilune("crawl", "--all", "--quiet", "--log-level", "warning", "--log-format", "json")[2]
    assert "endpoint failed" in {json.loads(line)["event"] for line in asked.splitlines()}


def test_log_in_text_is_a_line_an_event(news: Place) -> None:
    code, _, err = news.perilune("crawl", "--quiet", "--verbose")
    assert code == 0
    lines = err.splitlines()
    assert all(" INFO " in line and line[:2] == "20" for line in lines)
    assert " crawler.run run started run=1 sources=1" in lines[0]
    assert sum(" settled source=range url=" in line and "outcome=new" in line for line in lines) == 5


def test_unknown_log_format_ends_with_2(news: Place) -> None:
    code, _, err = news.perilune("crawl", PERILUNE_LOG_FORMAT="xml")
    assert code == 2
    assert "PERILUNE_LOG_FORMAT: neither text nor json: 'xml'" in err
