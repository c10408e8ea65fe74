"""An archive read again by a better extraction: shown first, kept when asked, nothing lost without a word.

The archive is made as one that an older extraction left: rows that say what it said, outcomes that it settled.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select, update

from archive.config import Config
from archive.database import open_engine
from archive.digests import text_digest
from archive.errors import ConfigError
from archive.evidence.notes import settlement_fields
from archive.evidence.warc import iter_records
from archive.model import Article, Discovered, Fetched, Rejected
from archive.query import parse_query
from archive.schema import ArticleRow, RevisionRow, RunRow
from archive.search import search
from archive.verify import verify
from crawler.cli import perilune
from crawler.forgetting import run_forget
from crawler.rebuild import run_replay
from crawler.reextract.run import run_reextract
from crawler.reextract.told import Asked
from pipelines.page import Read
from pipelines.persist import unit_of_work
from pipelines.reading import read_page
from pipelines.workers import SourceGuide
from tests.crawled import Crawl, config_of, exported, other_body, page

JUNK = "Share this story with your friends."
FINE_TEXT = other_body(1)


def settled_otherwise(crawl: Crawl, path: str, body: bytes, result: Article | Rejected) -> None:
    """A page of which an older extraction made something else."""
    capture = crawl.answer(path, body, is_settled=False)
    found = Discovered(
        source_id="alpha", url=capture.target_uri, discovered_via="feed", endpoint_url="https://alpha.example/feed",
        discovered_at=crawl.at,
    )  # fmt: skip
    if isinstance(result, Article):
        address = {"capture": replace(capture, body=b""), "canonical_url": capture.target_uri}
        result = replace(result, **address, url_key=f"example,alpha){path}", alias_urls=())
    read = Read(fetched=Fetched(discovered=found, capture=capture), result=result, seconds=0.0)
    settled = unit_of_work(read, store=crawl.store, run_id=crawl.run_id, at=crawl.at)()
    said = settlement_fields(settled, crawl.at)
    crawl.warc.write_settlement(capture.warc_record_id, capture.target_uri, said, settled_at=crawl.at)


def an_article(crawl: Crawl) -> Article:
    """Something to be archived in the place of a page that is none."""
    capture = crawl.answer("/elsewhere", page("Not kept", text=other_body(9)), is_settled=False)
    found = Discovered(
        source_id="alpha", url=capture.target_uri, discovered_via="feed", endpoint_url="https://alpha.example/feed",
        discovered_at=crawl.at,
    )  # fmt: skip
    read = read_page(SourceGuide().page(Fetched(discovered=found, capture=capture)))
    assert isinstance(read.result, Article)
    return read.result


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Config:
    return an_archive(tmp_path, database_url)


def an_archive(tmp_path: Path, database_url: str | None = None) -> Config:
    config = config_of(tmp_path / "home", database_url)
    crawl = Crawl(config)
    crawl.answer("/news/as-it-was", page("As it was", text=other_body(3)))
    crawl.answer("/news/junk", page("With junk", text=FINE_TEXT))
    dated = (
        '<meta property="article:published_time" content="2026-02-03T04:05:06Z"><meta name=description content="Two.">'
    )
    crawl.answer("/news/undated", page("Undated", text=other_body(2), head=dated))
    settled_otherwise(crawl, "/news/overlooked", page("Overlooked", text=other_body(4)), Rejected(reason="too_short"))
    settled_otherwise(crawl, "/news/section", page("Soon", text="Soon."), an_article(crawl))
    older(crawl.engine)
    crawl.close()
    crawl.store.finish_run(crawl.run_id, state="finished", exit_code=0, reason=None, stats={}, now=crawl.at)
    crawl.engine.dispose()
    return config


def older(engine: Engine) -> None:
    """What an older extraction read of two pages: a line of chrome at the end; no date, and another description."""
    text = f"{FINE_TEXT}\n\n{JUNK}"
    junk = {"text": text, "text_digest": text_digest(text)}
    undated = {"published_at": None, "extractor": "older 1"}
    with engine.begin() as connection:
        ids = dict(connection.execute(select(ArticleRow.title, ArticleRow.id)).all())
        for number, said, more in (
            (ids["With junk"], junk, {}),
            (ids["Undated"], undated, {"published_at_precision": "unknown", "description": "Something else."}),
        ):
            connection.execute(update(ArticleRow).where(ArticleRow.id == number).values(**said, **more))
            connection.execute(update(RevisionRow).where(RevisionRow.article_id == number).values(**said))


@pytest.fixture
def engine(config: Config):
    engine = open_engine(config.database_url)
    yield engine
    engine.dispose()


def test_report_says_what_would_be_lost_gained_and_changed_and_writes_nothing(config: Config, engine: Engine) -> None:
    before, files = exported(engine), sorted(config.warc_dir.iterdir())

    told = run_reextract(config, Asked())

    of = told.sources["alpha"]
    assert (of.articles, of.unchanged, of.changed, of.lost, of.gained) == (4, 1, 2, 1, 1)
    assert dict(of.fields) == {
        "text changed": 1,
        "published_at gained": 1,
        "published_at_precision changed": 1,
        "description changed": 1,
    }
    assert dict(of.reasons) == {"empty_shell": 1}
    assert (told.run_id, told.problems, told.exit_code) == (None, [], 0)
    assert exported(engine) == before
    assert sorted(config.warc_dir.iterdir()) == files
    with engine.connect() as connection:
        assert connection.execute(select(RunRow.command)).scalars().all() == ["crawl"]
    lost, gained, changed = (told.examples["alpha", kind] for kind in ("lost", "gained", "changed"))
    assert [(one.title, one.url) for one in lost] == [("Not kept", "https://alpha.example/news/section")]
    assert [one.title for one in gained] == ["Overlooked"]
    said = {one.title: {each.name: (each.before, each.after) for each in one.differences} for one in changed}
    assert said["With junk"]["text"] == (f"{FINE_TEXT}\n\n{JUNK}", FINE_TEXT)
    assert said["Undated"]["description"] == ("Something else.", "Two.")


def test_committed_what_was_read_before_stays_as_a_revision(config: Config, engine: Engine) -> None:
    told = run_reextract(config, Asked(is_committing=True))

    assert (told.total("changed"), told.total("lost"), told.total("gained")) == (2, 1, 1)
    titles = {one["title"]: one for one in exported(engine)}
    assert titles["With junk"]["text"] == FINE_TEXT
    assert titles["With junk"]["revision_count"] == 2
    assert titles["Undated"]["published_at"] == "2026-02-03T04:05:06Z"
    assert "Not kept" in titles  # the page that is no article any more stays what it was
    assert titles["Overlooked"]["id"] not in [one["id"] for name, one in titles.items() if name != "Overlooked"]
    with engine.connect() as connection:
        revisions = connection.execute(
            select(RevisionRow)
            .join(ArticleRow, ArticleRow.id == RevisionRow.article_id)
            .where(ArticleRow.title.in_(["With junk", "Undated"]), RevisionRow.number == 2)
            .order_by(RevisionRow.article_id)
        ).all()
        first = connection.execute(
            select(RevisionRow.text).where(RevisionRow.article_id == titles["With junk"]["id"], RevisionRow.number == 1)
        ).scalar_one()
        assert first.endswith(JUNK)
        assert [(one.kind, one.changed, one.replaced) for one in revisions] == [
            ("extraction", ["text"], None),
            (
                "extraction",
                ["published_at", "published_at_precision", "description"],
                {"published_at_precision": "unknown", "description": "Something else."},
            ),
        ]
        assert search(connection, parse_query('"share this story"')).total == 0
        assert list(verify(connection, config.warc_dir)) == []
    before = exported(engine)
    again = run_reextract(config, Asked(is_committing=True))
    assert (again.total("unchanged"), again.total("changed"), again.total("lost"), again.total("gained")) == (
        4,
        0,
        1,
        0,
    )
    assert exported(engine) == before


def test_ended_one_goes_on_where_it_was(tmp_path: Path) -> None:
    """As kill -9 leaves it: a run that never ended, and how far it came."""
    config = an_archive(tmp_path)
    first = run_reextract(config, Asked(is_committing=True))
    engine = open_engine(config.database_url)
    with engine.begin() as connection:
        stats = connection.execute(select(RunRow.stats).where(RunRow.id == first.run_id)).scalar_one()
        ids = connection.execute(select(ArticleRow.id).order_by(ArticleRow.id)).scalars().all()
        stats = {**stats, "through": ["alpha", ids[-2], 0]}
        connection.execute(update(RunRow).where(RunRow.id == first.run_id).values(stats=stats, state="running"))
    engine.dispose()

    gone_on = run_reextract(config, Asked(is_committing=True))

    assert gone_on.run_id == first.run_id
    assert gone_on.total("articles") == first.total("articles") + 1


def test_page_that_was_gained_keeps_its_number_in_a_rebuild(tmp_path: Path, empty_url: str) -> None:
    config = an_archive(tmp_path)
    run_reextract(config, Asked(is_committing=True))
    engine = open_engine(config.database_url)
    [number] = [one["id"] for one in exported(engine) if one["title"] == "Overlooked"]
    engine.dispose()
    run_forget(config, "https://alpha.example/news/as-it-was", reason="asked for")
    new = config_of(tmp_path / "new", empty_url)

    run_replay(new, files=sorted(config.warc_dir.iterdir()))

    rebuilt = open_engine(new.database_url)
    titles = {one["title"]: one["id"] for one in exported(rebuilt)}
    assert titles["Overlooked"] == number
    assert "As it was" not in titles
    rebuilt.dispose()


def revisions(url: str) -> list[tuple[object, ...]]:
    """What was read anew said before and says now."""
    names = (
        "article_id", "number", "kind", "changed", "title", "text", "text_digest", "authors", "published_at", "seen_at",
        "extractor", "replaced",
    )  # fmt: skip
    engine = open_engine(url)
    query = select(*(getattr(RevisionRow, name) for name in names)).join(
        ArticleRow, ArticleRow.id == RevisionRow.article_id
    )
    with engine.connect() as connection:
        found = connection.execute(
            query.where(ArticleRow.title.in_(["With junk", "Undated"])).order_by(
                RevisionRow.article_id, RevisionRow.number
            )
        ).all()
    engine.dispose()
    return [tuple(row) for row in found]


def test_what_was_read_before_is_in_a_rebuild(tmp_path: Path, database_url: str) -> None:
    config = an_archive(tmp_path)
    run_reextract(config, Asked(is_committing=True))
    new = config_of(tmp_path / "new", database_url)

    told = run_replay(new, files=sorted(config.warc_dir.iterdir()))
    again = run_replay(new)

    assert (told.problems, again.problems, again.pages) == ([], [], 0)
    kept = revisions(config.database_url)
    assert [(one[1], one[2], one[4]) for one in kept] == [
        (1, "first", "With junk"),
        (2, "extraction", "With junk"),
        (1, "first", "Undated"),
        (2, "extraction", "Undated"),
    ]
    assert kept[0][5] == f"{FINE_TEXT}\n\n{JUNK}"
    assert kept[2][10] == "older 1"
    assert kept[3][11]["description"] == "Something else."
    assert revisions(new.database_url) == kept
    before, after = open_engine(config.database_url), open_engine(new.database_url)
    made_up = {"https://alpha.example/news/section", "https://alpha.example/elsewhere"}  # by no extraction of ours
    one, other = ([one for one in exported(each) if one["url"] not in made_up] for each in (before, after))
    assert len(one) == 4
    assert other == one
    before.dispose()
    after.dispose()


def test_what_was_read_before_is_forgotten_with_the_article(tmp_path: Path) -> None:
    config = an_archive(tmp_path)
    run_reextract(config, Asked(is_committing=True))

    def is_kept() -> bool:
        return any(
            JUNK.encode() in record.block for path in config.warc_dir.glob("*.gz") for record in iter_records(path)
        )

    assert is_kept()
    run_forget(config, "https://alpha.example/news/junk", reason="asked for")
    assert not is_kept()


def test_evidence_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    config = an_archive(tmp_path)
    [file] = [path for path in config.warc_dir.iterdir() if "-meta" not in path.name]
    file.rename(file.with_name("elsewhere"))

    told = run_reextract(config, Asked())

    assert told.exit_code == 3
    assert len(told.problems) == 5
    assert told.total("articles") == 0


def test_command_reports(tmp_path: Path) -> None:
    command = ["reextract", "--home", str(an_archive(tmp_path).home)]

    def run(*options: str):
        return CliRunner().invoke(perilune, [*command, *options], standalone_mode=False)

    report, as_json = run("alpha", "--quiet"), run("--json", "--dry-run")

    assert "  published_at: gained 1\n" in report.stdout
    assert "  lost as empty_shell: 1\n" in report.stdout
    assert f"  -{JUNK}\n" in report.stdout
    assert report.stderr == "nothing was written: --commit keeps what differs\n"
    told = json.loads(as_json.stdout)
    assert told["total"]["gained"] == 1
    assert {one["kind"] for one in told["examples"]} == {"lost", "gained", "changed"}
    assert isinstance(run("--commit", "--dry-run").exception, ConfigError)
    assert isinstance(run("nobody").exception, ConfigError)
