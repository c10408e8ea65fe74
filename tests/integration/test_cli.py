"""The command line as an operator and cron meet it: exit codes, one clear message, stdout and stderr apart."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from archive.database import open_engine
from archive.frontier import Frontier
from archive.migrate import upgrade
from archive.owners import owner_name
from crawler.cli import COMMANDS, perilune, run
from crawler.demo.server import Raw, Request, Response, SiteServer
from tests.site.faultsite import FaultSite

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = 'name = "Elsewhere"\nhomepage = "https://news.example/"\n\n[[feeds]]\nurl = "https://news.example/feed"\n'
ADVICE_LINES = 3  # a message of ours is a line or two, a query with a caret under it three


class WatchedSite:
    """The test range, with an event that is set when its second article is asked for."""

    def __init__(self, site: FaultSite) -> None:
        self.site = site
        self.articles_asked: list[str] = []
        self.under_way = threading.Event()

    def respond(self, request: Request) -> Response | Raw:
        if request.path in self.site.pieces:
            self.articles_asked.append(request.path)
            if len(self.articles_asked) == 2:
                self.under_way.set()
        return self.site.respond(request)


class Range:
    """A site on loopback, its source file, and a home that nobody has used yet."""

    def __init__(self, directory: Path, server: SiteServer, watched: WatchedSite, *, download_delay: float) -> None:
        self.watched = watched
        self.home = directory / "home"
        self.sources = directory / "sources"
        watched.site.write_source(self.sources, server.base_url, download_delay=download_delay)
        self.options = ["--home", str(self.home), "--sources", str(self.sources), "--allow-private"]

    def perilune(self, command: str, *args: str) -> subprocess.CompletedProcess[str]:
        return finished(started(command, *args, *self.options))

    def exported(self) -> list[dict]:
        done = finished(started("export", "--format", "jsonl", "-", "--home", str(self.home)))
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def news(tmp_path: Path) -> Iterator[Range]:
    """Five articles, served as fast as they are asked for."""
    watched = WatchedSite(FaultSite())
    with SiteServer(watched) as server:
        yield Range(tmp_path, server, watched, download_delay=0.0)


def environment(**more: str) -> dict[str, str]:
    """This machine's, without its PERILUNE_*."""
    return {name: word for name, word in os.environ.items() if not name.startswith("PERILUNE_")} | more


def started(*args: str, **more: str) -> subprocess.Popen[str]:
    """The command in a process group of its own, so that a signal can reach it as Ctrl-C does."""
    return subprocess.Popen(
        [sys.executable, "-m", "crawler", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**more),
        start_new_session=True,
    )


def finished(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path):
    """Run a command here, with no PERILUNE_* and an empty working directory: (exit code, stdout, stderr)."""
    for name in [name for name in os.environ if name.startswith("PERILUNE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")

    def command(*args: str) -> tuple[int, str, str]:
        code = run(list(args))
        return (code, *capfd.readouterr())

    return command


def one_clear_message(err: str) -> str:
    """The message, after making sure that it is one: ours, short, and no traceback."""
    assert err.startswith("perilune: "), err
    assert "Traceback" not in err
    assert err.count("perilune: ") == 1
    assert len(err.splitlines()) <= ADVICE_LINES, err
    return err


# -- usage and configuration: 2 ----------------------------------------------------------------------------------------


def test_every_problem_of_every_source_file_is_told(answer, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "bad.toml").write_text('name = 3\ncolour = "red"\n[[feeds]]\nurl = "htps://x.example/"\n')
    (sources / "worse.toml").write_text("name = [")
    code, out, err = answer("crawl", "--sources", str(sources))
    assert (code, out) == (2, "")
    for told in ("bad.toml: name: ", "bad.toml: homepage: ", "bad.toml: colour: ", "feeds[0].url: ", "worse.toml: "):
        assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param(["crawl", "nosuch", "esa"], "unknown source: nosuch", id="unknown source"),
        pytest.param(["sources", "show", "nosuch"], "unknown source: nosuch", id="unknown source shown"),
        pytest.param(["crawl", "esa"], "PERILUNE_CONTACT is not set", id="no contact"),
        pytest.param(["crawl", "esa", "--dry-run"], "PERILUNE_CONTACT is not set", id="no contact for a dry run"),
        pytest.param(["sources", "check", "esa"], "PERILUNE_CONTACT is not set", id="no contact for a check"),
        pytest.param(["sources", "new", "https://news.example/"], "PERILUNE_CONTACT is not set", id="no contact, new"),
        pytest.param(["sources", "new", "news.example"], "not a web address", id="no address"),
        pytest.param(["crawl", "--since", "yesterday"], "--since: not a day", id="no day"),
        pytest.param(["crawl", "--sources", "nowhere"], "no such directory", id="no directory of sources"),
        pytest.param(["stats"], "no archive in ", id="no archive to read"),
        pytest.param(["db", "upgrade", "--database", "mysql://x/y"], "database: ", id="another database"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_message(answer, args: list[str], told: str) -> None:
    code, out, err = answer(*args)
    assert (code, out) == (2, "")
    assert told in one_clear_message(err)
    assert list(Path.cwd().iterdir()) == []


def test_what_click_refuses_ends_with_2(answer) -> None:
    for args in (["nosuch"], ["crawl", "--nosuch"], ["crawl", "--limit", "x"], ["search"], ["config", "--json", "x"]):
        code, out, err = answer(*args)
        assert (code, out) == (2, ""), args
        assert "Error: " in err


def test_a_query_that_cannot_be_read_is_pointed_at(answer, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    assert answer("db", "upgrade", "--home", home)[0] == 0
    for args in (["search", '"unbalanced AND ('], ["export", "--where", '"unbalanced AND (', "-"]):
        code, out, err = answer(*args, "--home", home)
        assert (code, out) == (2, "")
        assert one_clear_message(err).endswith('\n  "unbalanced AND (\n  ^\n')


@pytest.mark.parametrize(
    "args",
    [["crawl", "--all"], ["crawl", "--all", "--dry-run"], ["stats"], ["search", "moon"], ["db", "upgrade"], ["verify"]],
    ids=" ".join,
)
def test_a_database_of_a_newer_schema_is_left_alone(answer, tmp_path: Path, args: list[str]) -> None:
    home = tmp_path / "home"
    assert answer("db", "upgrade", "--home", str(home))[0] == 0
    with sqlite3.connect(home / "archive.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.execute("UPDATE schema_terms SET least_schema = '9999'")  # not merely widened
    sources = tmp_path / "sources"
    FaultSite().write_source(sources, "http://127.0.0.1:9")
    more = ["--sources", str(sources)] if args[0] == "crawl" else []
    code, out, err = answer(*args, *more, "--home", str(home))
    assert (code, out) == (2, "")
    assert "schema 9999" in one_clear_message(err)


# -- storage: 3 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [["crawl", "--all"], ["db", "upgrade"]], ids=" ".join)
def test_a_home_that_cannot_be_written_ends_with_3(answer, tmp_path: Path, args: list[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    sources = tmp_path / "sources"
    FaultSite().write_source(sources, "http://127.0.0.1:9")
    more = ["--sources", str(sources)] if args[0] == "crawl" else []
    code, out, err = answer(*args, *more, "--home", str(blocked / "home"))
    assert (code, out) == (3, "")
    assert str(blocked) in one_clear_message(err)


def test_a_warc_directory_that_cannot_be_made_ends_with_3(answer, tmp_path: Path) -> None:
    home, sources = tmp_path / "home", tmp_path / "sources"
    home.mkdir()
    (home / "warc").write_text("not a directory")
    FaultSite().write_source(sources, "http://127.0.0.1:9")
    code, out, err = answer("crawl", "--all", "--home", str(home), "--sources", str(sources))
    assert (code, out) == (3, "")
    assert "warc" in one_clear_message(err)


# -- crawls ------------------------------------------------------------------------------------------------------------


def test_a_held_lock_ends_with_4(news: Range) -> None:
    news.home.mkdir()
    engine = open_engine(f"sqlite:///{news.home}/archive.db")
    upgrade(engine)
    other = Frontier(engine, owner=owner_name(), now=lambda: datetime.now(UTC))
    other.hold(["host_group:range"])
    for args in ([], ["--dry-run"]):
        done = news.perilune("crawl", "--all", *args)
        assert (done.returncode, done.stdout) == (4, "")
        assert "another run holds host_group:range" in one_clear_message(done.stderr)
    other.release_locks()
    engine.dispose()
    assert news.perilune("crawl", "--all").returncode == 0


def test_a_source_that_cannot_be_read_ends_with_1(tmp_path: Path) -> None:
    sources, home = tmp_path / "sources", tmp_path / "home"
    FaultSite().write_source(sources, "http://127.0.0.1:9")  # the discard port: nobody listens
    options = ["--home", str(home), "--sources", str(sources), "--allow-private"]
    done = finished(started("crawl", "--all", *options))
    assert done.returncode == 1, done.stderr
    assert "! range: no endpoint could be read" in done.stdout


def test_a_crawl_in_a_pipe_prints_plain_text_and_json_that_parses(news: Range) -> None:
    done = news.perilune("crawl", "--all", "--json")
    assert done.returncode == 0, done.stderr
    source, summary = [json.loads(line) for line in done.stdout.splitlines()]
    assert (source["source"], source["announced"], source["archived"]) == ("range", 5, 5)
    assert summary == {"run": 1, "state": "finished", "is_cut_short": False, "exit_code": 0, "reasons": []}
    again = news.perilune("crawl", "--all")
    assert again.returncode == 0
    assert "range" in again.stdout
    assert "5 announced" not in again.stdout  # progress is not a result
    for stream in (done.stdout, done.stderr, again.stdout, again.stderr):
        assert not set(stream) & {"\x1b", "\r", "\x07"}
    assert len(news.watched.articles_asked) == 5


@pytest.mark.parametrize("command", ["crawl", "recheck"])
def test_a_run_with_nothing_to_do_says_so(news: Range, command: str) -> None:
    assert news.perilune("crawl", "--all", "--quiet").returncode == 0
    done = news.perilune(command)
    said = "nothing is due: perilune sources show SOURCE says when; --force does not wait\n"
    assert (done.returncode, done.stdout) == (0, said)


def test_quiet_says_nothing_on_stderr(news: Range) -> None:
    done = news.perilune("crawl", "--all", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_dry_run_says_what_it_would_fetch_and_leaves_the_archive_as_it_is(news: Range) -> None:
    before = news.perilune("crawl", "--all", "--dry-run", "--limit", "3")
    assert before.returncode == 0, before.stderr
    assert "would fetch: 3" in before.stdout
    assert not news.home.exists()
    assert news.watched.articles_asked == []

    assert news.perilune("crawl", "--all", "--limit", "2").returncode == 0
    kept = fingerprint(news.home)
    after = news.perilune("crawl", "--all", "--dry-run", "--json")
    assert after.returncode == 0, after.stderr
    lines = [json.loads(line) for line in after.stdout.splitlines()]
    would_fetch = {line["would_fetch"].partition("/news/")[2] for line in lines if "would_fetch" in line}
    asked = {path.partition("/news/")[2] for path in news.watched.articles_asked}
    assert len(would_fetch) == 3
    assert would_fetch | asked == {path.partition("/news/")[2] for path in news.watched.site.pieces}
    assert fingerprint(news.home) == kept
    assert len(news.watched.articles_asked) == 2


def fingerprint(home: Path) -> tuple[object, ...]:
    """Everything in the archive: rows as SQL, and the size of each WARC file."""
    with sqlite3.connect(home / "archive.db") as database:
        rows = [line for line in database.iterdump() if "_fts" not in line]
    return rows, sorted((path.name, path.stat().st_size) for path in (home / "warc").iterdir())


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_crawl_ends_with_130_and_the_next_one_finishes_it(
    tmp_path: Path, signum: signal.Signals
) -> None:
    watched = WatchedSite(FaultSite(good=8))
    with SiteServer(watched) as server:
        news = Range(tmp_path, server, watched, download_delay=0.4)
        crawl = started("crawl", "--all", *news.options)
        assert watched.under_way.wait(60)
        os.killpg(crawl.pid, signum) if signum is signal.SIGINT else crawl.send_signal(signum)
        done = finished(crawl)
        assert done.returncode == 130, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "interrupted" in done.stdout
        assert len(watched.articles_asked) < 8
        again = news.perilune("crawl", "--all")
        assert again.returncode == 0, again.stdout + again.stderr
        assert len(news.exported()) == 8
        assert sorted(watched.articles_asked) == sorted(watched.site.pieces)  # each asked for once


# -- Scrapy's own commands ---------------------------------------------------------------------------------------------


def test_scrapy_lists_and_crawls_sources(news: Range) -> None:
    variables = {
        "PERILUNE_HOME": str(news.home),
        "PERILUNE_SOURCES": str(news.sources),
        "PERILUNE_ALLOW_PRIVATE": "1",
    }
    listed = scrapy("list", **variables)
    assert (listed.returncode, listed.stdout) == (0, "range\n")
    crawled = scrapy("crawl", "range", **variables)
    assert crawled.returncode == 0, crawled.stderr
    assert len(news.exported()) == 5
    runs = finished(started("runs", "1", "--json", "--home", str(news.home)))
    assert json.loads(runs.stdout)["state"] == "finished"


def scrapy(*args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Scrapy's command, in the project."""
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *args],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# -- help, speed, pipes ------------------------------------------------------------------------------------------------


def command_paths() -> list[tuple[str, ...]]:
    """Every command and subcommand, the program itself first."""
    context = click.Context(perilune)
    paths: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        command = perilune.get_command(context, name)
        paths.append((name,))
        paths += [(name, sub) for sub in command.commands] if isinstance(command, click.Group) else []
    return paths


@pytest.mark.parametrize("path", command_paths(), ids=lambda path: " ".join(path) or "perilune")
def test_every_command_explains_itself(answer, path: tuple[str, ...]) -> None:
    code, out, err = answer(*path, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(" ".join(["Usage: perilune", *path]))
    assert max(len(line) for line in out.splitlines()) <= 120


def test_help_is_quick_because_it_loads_nothing_heavy() -> None:
    loaded = "import sys; from crawler.cli import run; run(['--help']); print('loaded', *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, env=environment())
    assert not {"scrapy", "twisted", "sqlalchemy", "trafilatura", "lxml", "rich", "pydantic"} & set(done.stderr.split())
    assert min(cpu_seconds("--help") for _ in range(3)) < 0.3


def cpu_seconds(*args: str) -> float:
    """What the command costs; its CPU time, since the machine may be busy with something else."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    finished(started(*args))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    "command", ["--help", "crawl --help", "sources list", "sources list --json", "config", "export - --home HOME"]
)
def test_a_reader_that_leaves_ends_a_command_quietly(answer, tmp_path: Path, command: str) -> None:
    home = str(tmp_path / "home")
    assert answer("db", "upgrade", "--home", home)[0] == 0
    process = started(*command.replace("HOME", home).split())
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert (process.wait(60), process.stderr.read()) == (0, "")
    process.stderr.close()


@pytest.mark.parametrize(
    "args", [["config", "--json"], ["sources", "list", "--json"], ["sources", "show", "esa", "--json"]]
)
def test_json_output_is_json_lines_alone(answer, args: list[str]) -> None:
    code, out, _ = answer(*args)
    assert code == 0
    assert all(isinstance(json.loads(line), dict) for line in out.splitlines())


def test_secrets_are_never_shown(answer) -> None:
    url = "postgresql+psycopg://reader:h%2Fnter2@127.0.0.1:9/news?password=s3same"
    code, out, _ = answer("config", "--database", url)
    assert code == 0
    assert "hunter2" not in out
    assert "nter2" not in out
    assert "s3same" not in out
    code, _, err = answer("stats", "--database", url)
    assert code == 3
    assert "nter2" not in one_clear_message(err)
    assert "s3same" not in err


def test_db_current_makes_nothing(answer, tmp_path: Path) -> None:
    home = tmp_path / "home"
    code, out, _ = answer("db", "current", "--home", str(home))
    assert code == 0
    assert out.startswith("database: none\n")
    assert not home.exists()
