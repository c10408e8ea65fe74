"""What readers ask is answered by indexes on either engine: no large table is read from end to end.

PostgreSQL reads a small table whole whatever indexes it has, so it is told not to: a plan that still does has no index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from archive.database import open_engine
from archive.frontier import Frontier
from archive.query import parse_query
from archive.reading.matching import few_of, parted
from archive.web.app import create_app
from benchmarks.flat import NOW, Archive
from benchmarks.load import load
from benchmarks.synthetic import WORDS
from pipelines.dedup import decide
from tests.builders import a_discovered
from tests.web import ask

LARGE = "article|article_search|article_fts|capture|revision|alias|frontier|sketch|likeness|outcome"
WORD, OTHER = WORDS[100], WORDS[300]


QUESTIONS = (
    f"/api/articles?q={WORD}",
    f"/api/articles?q={WORD}+{OTHER}",
    f"/api/articles?q={WORD}&order=newest",
    f"/api/articles?q={WORD}&by_story=1",
    f"/api/articles?q=%22{WORD}+{OTHER}%22",
    f"/api/articles?q=title:{WORD}",
    "/api/articles?q=author:author",
    f"/api/articles?q={WORD}+source:source1",
    "/api/articles?q=source:source1+on:2020-03",
    "/api/articles?q=kind:agency",
    "/api/articles?q=has:copy+source:source1",
    "/api/articles",
    "/api/articles/17",
    "/api/stories/9",
    "/api/facets",
    f"/api/facets?q={WORD}",
    f"/api/timeline?q={WORD}",
    "/articles/17",
    "/articles/20/diff",
    "/sources/source1",
    "/v4/articles/?limit=5",
    "/v4/articles/17/",
    f"/feed?q={WORD}",
)


@pytest.fixture
def filled(engine: Engine, database_url: str) -> Iterator[Engine]:
    load(engine, 300)
    reader = open_engine(database_url, read_only=True)
    yield reader
    reader.dispose()


def whole_tables(engine: Engine, statement: str, parameters: object) -> list[str]:
    """Large tables that the plan of a statement reads from end to end, past every index."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            return [line for line in plan if re.fullmatch(rf"SCAN ({LARGE})(_\d+)?", line)]
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
        return [line for line in plan if re.search(rf"Seq Scan on ({LARGE})\b", line)]


def asked_by(engine: Engine, ask_it: object) -> list[tuple[str, object]]:
    """The statements that a question becomes."""
    found: list[tuple[str, object]] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE")) and not executemany:
            found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask_it()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return found


def test_readers_questions_are_answered_by_indexes(filled: Engine) -> None:
    app = create_app(filled, warc_dir=Path("warc"))
    whole: dict[str, list[str]] = {}
    for address in QUESTIONS:
        statements = asked_by(filled, lambda address=address: ask(app, address))
        assert statements, address
        if found := [line for statement in statements for line in whole_tables(filled, *statement)]:
            whole[address] = found
    assert whole == {}


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_words_are_looked_up_by_few_dates_and_beside_many(filled: Engine) -> None:
    """PostgreSQL takes a tsvector for as cheap as a number: by an index of dates it would read one for each article.
    SQLite's index of words has no dates."""
    with filled.connect() as connection:
        for query, few in ((f"{WORD} after:2015", 0), (f"{WORD} on:2015-03-01", 1), (f"{WORD} source:source1", 1)):
            _, others = parted(parse_query(query).root)
            assert len(few_of(connection, others)) == few, query


def test_storing_an_article_reads_no_table_whole(engine: Engine, database_url: str) -> None:
    load(engine, 300)
    archive = Archive(database_url, "plans")
    frontier = Frontier(archive.engine, owner="plans:1:a", now=lambda: NOW)

    def a_crawls_steps() -> None:
        found, article = archive.article()
        frontier.announce([found])
        archive.store.save(archive.run_id, found, article, decide, NOW, comparison=archive.comparison)
        frontier.lease_due(["source1"], 5)
        frontier.lease_rechecks(["source1"], 5)
        frontier.release_leases()

    statements = asked_by(archive.engine, a_crawls_steps)
    assert len(statements) > 10
    assert [found for statement in statements for found in whole_tables(engine, *statement)] == []


def sorted_whole(engine: Engine, statement: str, parameters: object) -> list[str]:
    """Where the plan of a statement sorts all it found, of which a few are wanted; PostgreSQL is told to avoid it."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            return [line for line in plan if "TEMP B-TREE" in line]
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
        return [line for line in plan if re.match(r"\s*(->\s*)?Sort +\(", line)]


@pytest.mark.parametrize("is_forced", [False, True])
def test_leasing_a_few_urls_sorts_none_of_the_others(engine: Engine, *, is_forced: bool) -> None:
    load(engine, 300)
    earlier = Frontier(engine, owner="earlier:1:a", now=lambda: NOW)
    earlier.announce([a_discovered(f"https://source1.example/{number}", source_id="source1") for number in range(5)])
    earlier.release_leases()
    frontier = Frontier(engine, owner="plans:1:a", now=lambda: NOW + timedelta(days=3650), is_forced=is_forced)

    def lease() -> None:
        assert len(frontier.lease_due(["source1", "source2"], 3)) == 3
        assert len(frontier.lease_rechecks(["source1", "source2"], 3)) == 3

    ordered = [asked for asked in asked_by(frontier.engine, lease) if "ORDER BY" in asked[0]]
    assert len(ordered) >= 6  # leases' owners twice, and each question of each source
    assert all("LIMIT" in statement for statement, _ in ordered)
    assert [found for statement in ordered for found in sorted_whole(engine, *statement)] == []
