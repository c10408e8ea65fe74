"""Archived articles looked at again: edits are revisions, removals are kept as gone, and slips change nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from archive.database import open_engine, writing
from archive.schema import ArticleRow, FrontierRow
from tests.site import changes
from tests.site.behaviour import Fault
from tests.site.faultsite import FaultSite
from tests.site.fixtures import served

pytestmark = pytest.mark.xdist_group("recheck")
CHANGES: tuple[Fault, ...] = (
    changes.Edited(),
    changes.Gone(),
    changes.Missing(),
    changes.SoftGone(),
    changes.Blocked(),
    changes.StableEtag(),
    changes.LyingEtag(),
    changes.IgnoresConditions(),
)


@dataclass
class Watched:
    """An archive of a site that changes."""

    home: Path
    site: FaultSite
    base: str
    requests: list[tuple[str, bool]] = field(default_factory=list)
    """(path, was it conditional) since last asked."""

    def run(self, *words: str) -> dict:
        options = ["--home", str(self.home), "--sources", str(self.home / "sources"), "--allow-private", "--json"]
        command = [sys.executable, "-m", "crawler", *words, *options]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return next((line for line in lines if line.get("source") == "range"), {})

    def article(self, path: str) -> ArticleRow:
        engine = open_engine(f"sqlite:///{self.home}/archive.db", read_only=True)
        with writing(engine) as session:
            query = select(ArticleRow).where(ArticleRow.canonical_url == self.base + path)
            row = session.scalars(query).one()
            session.expunge_all()
        engine.dispose()
        return row

    def pass_days(self, days: int) -> None:
        """As if so many days had gone by since the last look."""
        engine = open_engine(f"sqlite:///{self.home}/archive.db")
        with writing(engine) as session:
            for name in ("missing_since", "recheck_at"):
                column = getattr(FrontierRow, name)
                for row_id, at in session.execute(select(FrontierRow.id, column).where(column.is_not(None))).all():
                    values = {name: at - timedelta(days=days)}
                    session.execute(update(FrontierRow).where(FrontierRow.id == row_id).values(values))
        engine.dispose()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Crawled once; then the site changes, and two looks are taken, four days apart."""
    home = tmp_path_factory.mktemp("recheck")
    site = FaultSite(CHANGES, good=3)
    original = site.respond
    with served(site) as server:
        archive = Watched(home, site, server.base_url)

        def respond(request):  # type: ignore[no-untyped-def]  # as FaultSite's
            is_conditional = "if-none-match" in request.headers or "if-modified-since" in request.headers
            archive.requests.append((request.path, is_conditional))
            return original(request)

        site.respond = respond  # type: ignore[method-assign]
        site.write_source(home / "sources", server.base_url, more="concurrency = 4")
        archive.run("crawl", "--all")
        yield archive


@pytest.fixture(scope="module")
def first_look(watched: Watched) -> dict:
    watched.site.edition = 2
    watched.requests.clear()
    nothing = watched.run("recheck")
    assert (nothing, watched.requests) == ({}, [])  # a minute after the crawl no look is due
    watched.pass_days(1)
    return watched.run("recheck")


@pytest.fixture(scope="module")
def second_look(watched: Watched, first_look: dict) -> dict:
    watched.requests.clear()
    watched.pass_days(4)
    return watched.run("recheck")


def path(kind: type[Fault]) -> str:
    return kind().path


def test_each_article_is_asked_for_once_and_no_endpoint(watched: Watched, first_look: dict) -> None:
    asked = [where for where, _ in watched.requests if where != "/robots.txt"]
    assert sorted(asked) == sorted([*watched.site.pieces, *(fault.path for fault in CHANGES)])
    assert dict(watched.requests)[path(changes.StableEtag)] is True


def test_an_edit_is_a_revision(watched: Watched, first_look: dict) -> None:
    assert first_look["outcomes"]["revision"] == 2
    for kind in (changes.Edited, changes.LyingEtag):
        assert watched.article(path(kind)).revision_count == 2
    assert watched.article(path(changes.IgnoresConditions)).revision_count == 1


def test_410_is_gone_at_once_and_the_text_stays(watched: Watched, first_look: dict) -> None:
    gone = watched.article(path(changes.Gone))
    assert (gone.state, gone.word_count > 50, first_look["outcomes"]["gone"]) == ("gone", True, 1)


def test_404_is_gone_when_seen_again_days_later(watched: Watched, first_look: dict, second_look: dict) -> None:
    assert first_look["reasons"]["http_404"] == 1
    assert watched.article(path(changes.Missing)).state == "gone"
    assert second_look["outcomes"]["gone"] == 1


@pytest.mark.parametrize("kind", [changes.SoftGone, changes.Blocked])
def test_a_page_that_is_no_article_overwrites_none(watched: Watched, second_look: dict, kind: type[Fault]) -> None:
    row = watched.article(path(kind))
    assert (row.state, row.revision_count, row.word_count > 50) == ("live", 1, True)


def test_what_is_gone_is_asked_for_no_more_and_comes_back_when_forced(watched: Watched, second_look: dict) -> None:
    assert path(changes.Gone) not in dict(watched.requests)
    watched.site.edition = 1
    watched.run("recheck", "--force")
    assert watched.article(path(changes.Gone)).state == "live"
    assert watched.article(path(changes.Missing)).state == "live"


def test_a_crawl_after_it_fetches_no_article(watched: Watched, second_look: dict) -> None:
    watched.requests.clear()
    watched.run("crawl", "--all")
    assert watched.requests == [("/feed.xml", True)]


def test_the_run_names_what_is_gone(watched: Watched, first_look: dict) -> None:
    command = [sys.executable, "-m", "crawler", "runs", "2", "--home", str(watched.home)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    line = next(line for line in shown.splitlines() if path(changes.Gone) in line)
    assert line.split()[:4] == ["range", "gone", "http_410", "410"]
