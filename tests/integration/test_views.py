"""What is read of an article, of runs and of the whole archive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert

from archive.reading.runs import run, runs
from archive.reading.stats import stats
from archive.reading.views import article_id_of, article_view
from archive.schema import FrontierRow, OutcomeRow, RunSourceRow
from tests.archived import SEEN, a_capture, a_revision, a_run, a_source, an_archived


@pytest.fixture
def connection(engine: Engine):
    with engine.connect() as connection:
        yield connection


def test_an_article_with_its_history(connection: Connection) -> None:
    first = an_archived(
        connection,
        source="esa",
        title="Launch",
        text="On Monday.",
        url="https://esa.example/launch",
        aliases=[("redirect", "http://esa.example/l")],
    )
    copy = an_archived(connection, source="daily", title="Launch", text="On Monday.", duplicate_of=first)
    a_revision(connection, first, text="On Tuesday.", seen_at=SEEN + timedelta(days=1))
    a_capture(
        connection,
        source_id="esa",
        url="https://esa.example/launch",
        record_id="<urn:uuid:again>",
        article_id=first,
        captured_at=SEEN + timedelta(days=1),
    )
    view = article_view(connection, first)
    assert (view.title, view.text, view.source_name, view.revision_count) == ("Launch", "On Tuesday.", "ESA", 2)
    assert [(alias.kind, alias.url) for alias in view.aliases] == [
        ("requested", "https://esa.example/launch"),
        ("redirect", "http://esa.example/l"),
    ]
    assert [capture.warc_record_id for capture in view.captures] == ["<urn:uuid:0>", "<urn:uuid:again>"]
    assert [(state.number, state.kind, state.changed, state.text) for state in view.revisions] == [
        (1, "first", (), "On Monday."),
        (2, "edit", ("text",), "On Tuesday."),
    ]
    assert [(other.id, other.duplicate_of, other.duplicate_reason) for other in view.copies] == [
        (copy, first, "same_text")
    ]
    assert article_view(connection, copy).copies[0].id == first


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1", 1),
        ("https://esa.example/launch", 1),
        ("http://www.esa.example/launch/?utm_source=x#top", 1),
        ("https://esa.example/old", 1),
        ("2", None),
        ("9" * 30, None),
        ("https://esa.example/other", None),
        ("not an address", None),
        ("", None),
        ("٣", None),
    ],
)
def test_an_article_is_named_by_id_or_any_address(connection: Connection, name: str, expected: int | None) -> None:
    an_archived(
        connection, source="esa", url="https://esa.example/launch", aliases=[("redirect", "https://esa.example/old")]
    )
    assert article_id_of(connection, name) == expected


def test_an_unknown_article_is_none(connection: Connection) -> None:
    assert article_view(connection, 1) is None


def test_a_run_with_its_ledger(connection: Connection) -> None:
    for source in ("esa", "daily"):
        a_source(connection, source)
    run_id = a_run(connection)
    zero = dict.fromkeys(column.name for column in RunSourceRow.__table__.columns if not column.primary_key)
    for source, announced in (("esa", 5), ("daily", 2)):
        connection.execute(
            insert(RunSourceRow).values(
                {**dict.fromkeys(zero, 0), "run_id": run_id, "source_id": source, "announced": announced}
            )
        )
    for reason in ("too_short", "too_short", "robots", None):
        connection.execute(
            insert(OutcomeRow).values(
                run_id=run_id, source_id="esa", url="https://x.example/", outcome="rejected", reason=reason, at=SEEN
            )
        )
    found = run(connection, run_id)
    assert [(line.source_id, line.announced, dict(line.drops)) for line in found.sources] == [
        ("daily", 2, {}),
        ("esa", 5, {"too_short": 2, "robots": 1}),
    ]
    assert found.totals["announced"] == 7
    assert [(each.id, each.totals["announced"], each.sources) for each in runs(connection)] == [(run_id, 7, ())]
    assert run(connection, run_id + 1) is None


def test_no_runs(connection: Connection) -> None:
    assert runs(connection) == ()


def test_totals(connection: Connection) -> None:
    first = an_archived(connection, text="one two", published_at=datetime(2024, 12, 31, 23, tzinfo=UTC))
    an_archived(
        connection, source="beta", duplicate_of=first, text="one two", published_at=datetime(2025, 3, 1, tzinfo=UTC)
    )
    an_archived(connection, text="three", lang=None)
    a_revision(connection, first, text="one three", seen_at=SEEN)
    connection.execute(
        insert(FrontierRow).values(
            url_key="k",
            url="https://x.example/",
            source_id="alpha",
            state="discovered",
            attempts=0,
            discovered_via="feed",
            endpoint_url="https://x.example/feed",
            discovered_at=SEEN,
            updated_at=SEEN,
        )
    )
    found = stats(connection)
    assert (found.articles, found.duplicates, found.stories, found.words) == (3, 1, 2, 5)
    assert (found.revised_articles, found.revisions, found.captures, found.captured_bytes, found.runs) == (
        1,
        4,
        3,
        3,
        1,
    )
    assert list(found.months.items()) == [("2024-12", 1), ("2025-03", 1), ("undated", 1)]
    assert found.languages == {"en": 2, "unknown": 1}
    assert found.frontier == {"discovered": 1}
    assert [(source.source_id, source.articles, source.duplicates) for source in found.sources] == [
        ("alpha", 2, 0),
        ("beta", 1, 1),
    ]
    assert found.first_published_at == datetime(2024, 12, 31, 23, tzinfo=UTC)


def test_totals_of_nothing(connection: Connection) -> None:
    found = stats(connection)
    assert (found.articles, found.words, found.first_published_at, found.months, found.sources) == (0, 0, None, {}, ())
