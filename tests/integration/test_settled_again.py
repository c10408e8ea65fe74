"""A rebuild from WARC: whatever a crawl can settle, settled again; interrupted, filtered, damaged, from elsewhere."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from archive.config import Config
from archive.database import open_engine
from archive.errors import ConfigError, LockedError
from archive.evidence.account import announced, announcement
from archive.frontier import Frontier
from archive.model import Discovered
from archive.schema import AliasRow, FrontierRow, OutcomeRow, RevisionRow
from crawler.rebuild import run_replay
from tests.crawled import DAY, Crawl, config_of, everything, exported, other_body, page


def rows(engine: Engine, row: type, *columns: str) -> list[tuple]:
    with engine.connect() as connection:
        found = connection.execute(select(*(getattr(row, name) for name in columns)))
        return sorted(map(tuple, found), key=repr)


@pytest.fixture
def original(tmp_path: Path):
    crawl = Crawl(config_of(tmp_path / "original"))
    everything(crawl)
    crawl.close()
    return crawl


def moved(original: Crawl, home: Path, url: str) -> Config:
    """The configuration of an empty archive with nothing but the original's WARC files."""
    config = config_of(home, url)
    shutil.copytree(original.config.warc_dir, config.warc_dir)
    return config


def test_everything_a_crawl_settled_is_settled_again(original: Crawl, tmp_path: Path, empty_url: str) -> None:
    config = moved(original, tmp_path / "new", empty_url)

    told = run_replay(config)

    rebuilt, first = open_engine(config.database_url), open_engine(original.config.database_url)
    assert exported(rebuilt) == exported(first)
    assert dict(told.outcomes) == {"new": 3, "revision": 1, "unchanged": 2, "failed": 1, "rejected": 1, "duplicate": 1}
    assert (told.captures, told.pages, told.exit_code) == (10, 9, 0)
    for row, columns in (
        (RevisionRow, ("article_id", "number", "kind", "title", "text_digest", "seen_at", "extractor")),
        (AliasRow, ("url_key", "url", "kind", "article_id", "first_seen_at")),
        (FrontierRow, ("url", "state", "reason", "last_status", "article_id", "guid", "title", "published_at")),
        (OutcomeRow, ("url", "outcome", "reason", "status", "at")),
    ):
        assert rows(rebuilt, row, *columns) == rows(first, row, *columns), row
    rebuilt.dispose()
    first.dispose()


def test_numbers_go_on_after_the_highest_ever_given(original: Crawl, tmp_path: Path, empty_url: str) -> None:
    config = moved(original, tmp_path / "new", empty_url)
    run_replay(config)

    crawl = Crawl(config)
    crawl.answer("/news/five", page("Five moons", text=other_body(5)))
    crawl.close()

    engine = open_engine(config.database_url)
    assert [one["id"] for one in exported(engine)] == [1, 2, 3, 4, 5]
    engine.dispose()


def test_replay_goes_on_where_it_was_ended(original: Crawl, tmp_path: Path) -> None:
    config = moved(original, tmp_path / "new", None)

    def stop(line: str) -> None:
        if line.startswith("file 2"):
            raise KeyboardInterrupt

    ended = run_replay(config, on_progress=stop)
    resumed = run_replay(config)

    assert (ended.exit_code, ended.pages) == (130, 0)
    assert (resumed.exit_code, resumed.pages) == (0, 9)
    engine = open_engine(config.database_url)
    assert exported(engine) == exported(original.engine)
    assert run_replay(config).pages == 0
    engine.dispose()


def test_page_that_was_never_settled_is_read(original: Crawl, tmp_path: Path) -> None:
    """The crawl was killed between the evidence and the article."""
    crawl = Crawl(original.config)
    crawl.at += timedelta(days=1)
    crawl.answer("/news/killed", page("Killed between", text=other_body(6)), is_settled=False)
    crawl.answer("/news/busy", b"later", status=503, is_settled=False)
    crawl.close()
    config = moved(original, tmp_path / "new", None)

    told = run_replay(config)

    engine = open_engine(config.database_url)
    assert [one["title"] for one in exported(engine)][-1] == "Killed between"
    assert told.pages == 10
    assert ("https://alpha.example/news/busy", "discovered") in rows(engine, FrontierRow, "url", "state")
    engine.dispose()


def test_only_what_is_asked_for_is_replayed(original: Crawl, tmp_path: Path) -> None:
    config = moved(original, tmp_path / "new", None)

    with pytest.raises(ConfigError, match="no source 'beta'"):
        run_replay(config, source_ids=["beta"])
    assert run_replay(config, since=DAY + timedelta(minutes=10)).pages == 1


def test_files_from_elsewhere_are_taken_in(original: Crawl, tmp_path: Path) -> None:
    config = config_of(tmp_path / "new")

    told = run_replay(config, files=sorted(original.config.warc_dir.iterdir()))

    assert told.pages == 9
    assert {path.name for path in config.warc_dir.iterdir()} == {
        path.name for path in original.config.warc_dir.iterdir()
    }


def test_foreign_file_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.warc.gz"
    foreign.write_bytes(gzip.compress(b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 2\r\n\r\nhi\r\n\r\n"))

    with pytest.raises(ConfigError, match="perilune import"):
        run_replay(config_of(tmp_path / "new"), files=[foreign])


def test_damaged_file_is_named_and_the_others_are_replayed(original: Crawl, tmp_path: Path) -> None:
    config = moved(original, tmp_path / "new", None)
    [path] = [one for one in config.warc_dir.iterdir() if "-meta" not in one.name]
    path.write_bytes(path.read_bytes()[:-400])

    told = run_replay(config)

    assert told.exit_code == 3
    assert [problem.partition("@")[0] for problem in told.problems] == [path.name]
    assert told.pages == 8


def test_two_replays_at_once_are_one_too_many(original: Crawl, tmp_path: Path) -> None:
    config = moved(original, tmp_path / "new", None)
    run_replay(config)
    engine = open_engine(config.database_url)
    other = Frontier(engine, owner="other", now=lambda: datetime.now(UTC))
    other.hold(["replay"])

    with pytest.raises(LockedError):
        run_replay(config)
    engine.dispose()


def test_announcement_survives_whatever_a_feed_says() -> None:
    found = Discovered(
        source_id="alpha", url="https://alpha.example/ä", discovered_via="feed", endpoint_url="https://alpha.example/f",
        discovered_at=DAY, guid="a\x00b\x7f\ud800", title="Line\r\nbreak\u2028 ", content_html="<p>\t",
    )  # fmt: skip

    line = announcement(found)

    assert announced(line) == found
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["title"] == "Line\r\nbreak\u2028 "
