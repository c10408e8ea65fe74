"""``perilune health`` and ``perilune metrics`` as cron and Prometheus meet them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from archive.database import open_engine
from archive.migrate import upgrade
from archive.model import Polled
from archive.schema import ArticleRow
from archive.store import Store
from crawler.cli import run
from tests.archived import an_archived
from tests.builders import a_source as source_at_rest

DAY = timedelta(days=1)
FEED = "https://alpha.example/feed"
NOW = datetime.now(UTC).replace(microsecond=0)


class Home:
    """An archive with one source, polled a minute ago in a run that ended well."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.sources = directory / "sources"
        self.sources.mkdir()
        self.write_source()
        self.engine = open_engine(f"sqlite:///{directory}/archive.db")
        upgrade(self.engine)
        self.store = Store(self.engine)
        self.store.record_sources([source_at_rest()], NOW)
        self.poll()

    def write_source(self, more: str = "") -> None:
        text = f'name = "Alpha"\nhomepage = "https://alpha.example/"\n[[feeds]]\nurl = "{FEED}"\n{more}'
        (self.sources / "alpha.toml").write_text(text)

    def poll(self, reason: str | None = None, *, at: datetime = NOW) -> None:
        run_id = self.store.start_run("crawl", software="test", now=at)
        poll = {"source_id": "alpha", "endpoint_url": FEED, "kind": "feed", "status": 200, "announced": 9}
        self.store.record_poll(run_id, Polled(**poll, polled_at=at, reason=reason))
        self.store.finish_run(run_id, state="finished", exit_code=0, reason=None, stats={}, now=at)

    def fill(self, *, newest_days_ago: float, count: int = 30) -> None:
        """An article a day."""
        with self.engine.begin() as connection:
            for number in range(count):
                an_archived(connection, published_at=NOW - (newest_days_ago + number) * DAY)
            connection.execute(update(ArticleRow).values(first_seen_at=NOW))

    def options(self) -> list[str]:
        return ["--home", str(self.directory), "--sources", str(self.sources)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("PERILUNE_")]:
        monkeypatch.delenv(name)
    home = Home(tmp_path)
    yield home
    home.engine.dispose()


@pytest.fixture
def perilune(home: Home, capfd: pytest.CaptureFixture[str]):
    """Run a command on the archive: (exit code, stdout, stderr)."""

    def command(*args: str) -> tuple[int, str, str]:
        code = run([args[0], *home.options(), *args[1:]])
        return (code, *capfd.readouterr())

    return command


def test_healthy_archive_is_fine(home: Home, perilune) -> None:
    home.fill(newest_days_ago=0.5)
    assert perilune("health") == (0, "", "alarms: 0, warnings: 0, active sources: 1\n")


def test_alarm_ends_with_1_and_says_what_to_do(home: Home, perilune) -> None:
    home.fill(newest_days_ago=9)
    code, out, err = perilune("health")
    assert (code, err) == (1, "alarms: 1, warnings: 0, active sources: 1\n")
    assert out.splitlines() == [
        f"alarm    silent  alpha, since {NOW - 9 * DAY:%Y-%m-%d %H:%M} UTC",
        "         expected  an article within 2 days; its longest usual pause is 24 h",
        "         observed  none for 9 days",
        "         do        look at https://alpha.example/: if there is news, perilune sources check alpha",
    ]


def test_finding_as_json(home: Home, perilune) -> None:
    home.fill(newest_days_ago=9)
    code, out, _ = perilune("health", "--json")
    assert code == 1
    assert json.loads(out) == {
        "source": "alpha",
        "kind": "silent",
        "severity": "alarm",
        "expected": "an article within 2 days; its longest usual pause is 24 h",
        "observed": "none for 9 days",
        "since": f"{NOW - 9 * DAY:%Y-%m-%dT%H:%M:%SZ}",
        "advice": "look at https://alpha.example/: if there is news, perilune sources check alpha",
    }


def test_warning_is_no_alarm_and_quiet_leaves_it_out(home: Home, perilune) -> None:
    home.fill(newest_days_ago=3)
    code, out, _ = perilune("health")
    assert (code, out.split()[:3]) == (0, ["warning", "silent", "alpha,"])
    assert perilune("health", "--quiet") == (0, "", "")


def test_quiet_alarm_is_told(home: Home, perilune) -> None:
    home.fill(newest_days_ago=9)
    code, out, err = perilune("health", "--quiet")
    assert (code, err) == (1, "")
    assert out.startswith("alarm    silent  alpha")


def test_expectation_of_the_source_file_is_an_alarm(home: Home, perilune) -> None:
    home.write_source("[expect]\narticles_per_week = { max = 3 }\nfill_rate = { authors = 0.5 }\n")
    home.fill(newest_days_ago=0.5)
    with home.engine.begin() as connection:
        connection.execute(update(ArticleRow).where(ArticleRow.id > 12).values(first_seen_at=NOW - 8 * DAY))
    code, out, _ = perilune("health", "--json")
    assert code == 1
    assert [(line["kind"], line["expected"], line["observed"]) for line in map(json.loads, out.splitlines())] == [
        ("expectation", "articles_per_week: at most 3", "12 in seven days"),
        ("expectation", "fill_rate.authors: at least 50%", "0% of 12 in seven days"),
    ]


def test_paused_source_is_left_in_peace(home: Home, perilune) -> None:
    home.fill(newest_days_ago=9)
    home.write_source("[expect]\narticles_per_week = { min = 3 }\n")
    text = (home.sources / "alpha.toml").read_text()
    (home.sources / "alpha.toml").write_text(f'status = "paused"\n{text}')
    assert perilune("health") == (0, "", "alarms: 0, warnings: 0, active sources: 0\n")


def test_feed_that_stopped_parsing_is_named(home: Home, perilune) -> None:
    home.poll("not_a_feed", at=NOW - 3 * DAY)
    home.poll("not_a_feed", at=NOW)
    code, out, _ = perilune("health", "--json")
    found = json.loads(out)
    assert code == 1
    assert (found["kind"], found["observed"]) == ("endpoint_unparsed", "not_a_feed")
    assert found["since"] == f"{NOW - 3 * DAY:%Y-%m-%dT%H:%M:%SZ}"


def test_many_sources_never_crawled_share_a_line(home: Home, perilune) -> None:
    for name in ("b", "c", "d", "e"):
        text = (
            f'name = "{name}"\nhomepage = "https://{name}.example/"\n[[feeds]]\nurl = "https://{name}.example/feed"\n'
        )
        (home.sources / f"{name}.toml").write_text(text)
    code, out, _ = perilune("health")
    assert code == 0
    assert out.splitlines() == [
        "warning  never_crawled  4 sources",
        "         b, c, d, e",
        '         do        perilune crawl; or set status = "paused" in their files',
    ]


def test_hostile_words_of_a_site_steer_no_terminal(home: Home, perilune) -> None:
    home.poll("evil\x1b[31m\nreason", at=NOW - 3 * DAY)
    home.poll("evil\x1b[31m\nreason", at=NOW)
    code, out, _ = perilune("health")
    assert code == 1
    assert "\x1b" not in out
    assert len(out.splitlines()) == 4


def test_health_without_an_archive_ends_with_2(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    code = run(["health", "--home", str(home.directory / "none"), "--sources", str(home.sources)])
    out, err = capfd.readouterr()
    assert (code, out) == (2, "")
    assert "no archive in" in err


# -- metrics -----------------------------------------------------------------------------------------------------------


def test_metrics_go_to_stdout_with_health_in_them(home: Home, perilune) -> None:
    home.fill(newest_days_ago=9)
    code, out, err = perilune("metrics")
    assert (code, err) == (0, "")
    assert 'perilune_articles{source="alpha"} 30\n' in out
    assert 'perilune_health_finding{source="alpha",kind="silent",severity="alarm"} 1\n' in out


def test_metrics_file_is_replaced_whole_and_readable_by_others(home: Home, perilune, tmp_path: Path) -> None:
    target = tmp_path / "perilune.prom"
    target.write_text("old")
    before = target.stat().st_ino
    os.umask(0o022)
    assert perilune("metrics", str(target)) == (0, "", "")
    assert target.read_text().startswith("# HELP perilune_")
    assert target.stat().st_ino != before
    assert target.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir() if "prom" in path.name] == ["perilune.prom"]


def test_metrics_that_can_not_be_written_end_with_3(home: Home, perilune, tmp_path: Path) -> None:
    code, out, err = perilune("metrics", str(tmp_path / "none" / "x.prom"))
    assert (code, out) == (3, "")
    assert "can't be written" in err


def test_crawl_refuses_a_metrics_file_without_a_directory_before_it_begins(home: Home, perilune) -> None:
    code, out, err = perilune("crawl", "--metrics", "/nowhere/x.prom")
    assert (code, out) == (2, "")
    assert "--metrics: no such directory: /nowhere" in err


def test_neither_loads_scrapy(home: Home) -> None:
    program = (
        "import sys; from crawler.cli import run; code = run(sys.argv[1:]); "
        "print('scrapy' in sys.modules, 'trafilatura' in sys.modules, code, file=sys.stderr)"
    )
    for command in (["health", "--quiet"], ["metrics", os.devnull]):
        done = subprocess.run(
            [sys.executable, "-c", program, *command, *home.options()], capture_output=True, text=True, check=True
        )
        assert done.stderr == "False False 0\n"
