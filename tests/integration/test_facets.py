"""What a query's hits have in common, over both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from archive.query import parse_query
from archive.reading.facets import Facet, Period, Value, facets, timeline
from archive.search import search
from tests.archived import a_source, an_archived


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 23, 30, tzinfo=UTC)


@pytest.fixture
def archive(engine: Engine) -> Engine:
    """Five articles of three sources, one of them without a date."""
    with engine.begin() as connection:
        a_source(connection, "esa", name="European Space Agency", kind="agency", country="EU")
        a_source(connection, "daily", name="Daily Orbit", kind="trade", country="US")
        a_source(connection, "wire-2", kind="trade", country="US")
        rows = (
            ("esa", "en-GB", ["Jane Doe"], ["Moon"], at(2025, 1, 31)),
            ("esa", "en", ["Jane Doe", "Ann Lee"], ["Moon", "Solar system"], at(2025, 3, 1)),
            ("daily", "de", [], [], at(2025, 3, 2)),
            ("wire-2", None, ['Müller "M" O\'Neil'], ["Moon"], None),
            ("wire-2", "en", [], [], at(2024, 12, 31)),
        )
        for source, lang, authors, tags, published_at in rows:
            an_archived(
                connection,
                title="Comet",
                text="A comet.",
                source=source,
                lang=lang,
                authors=authors,
                tags=tags,
                published_at=published_at,
            )
    return engine


def value(value: str, count: int, term: str, label: str = "") -> Value:
    return Value(value=value, label=label or value, count=count, term=term)


def test_values_of_every_field_are_counted(archive: Engine) -> None:
    with archive.connect() as connection:
        found = facets(connection, parse_query("comet"))
    assert (found.counted, found.is_exact) == (5, True)
    assert found.fields == (
        Facet(
            field="source",
            values=(
                value("esa", 2, "source:esa", "European Space Agency"),
                value("wire-2", 2, 'source:"wire-2"', "WIRE-2"),
                value("daily", 1, "source:daily", "Daily Orbit"),
            ),
            others=0,
            without=0,
        ),
        Facet(
            field="kind",
            values=(value("trade", 3, "kind:trade"), value("agency", 2, "kind:agency")),
            others=0,
            without=0,
        ),
        Facet(
            field="country", values=(value("US", 3, "country:US"), value("EU", 2, "country:EU")), others=0, without=0
        ),
        Facet(field="language", values=(value("en", 3, "lang:en"), value("de", 1, "lang:de")), others=0, without=1),
        Facet(
            field="author",
            values=(
                value("Jane Doe", 2, 'author:"Jane Doe"'),
                value("Ann Lee", 1, 'author:"Ann Lee"'),
                value('Müller "M" O\'Neil', 1, 'author:"Müller  M  O\'Neil"'),
            ),
            others=0,
            without=2,
        ),
        Facet(
            field="tag",
            values=(value("Moon", 3, "tag:Moon"), value("Solar system", 1, 'tag:"Solar system"')),
            others=0,
            without=2,
        ),
        Facet(
            field="month",
            values=(
                value("2024-12", 1, "on:2024-12"),
                value("2025-01", 1, "on:2025-01"),
                value("2025-03", 2, "on:2025-03"),
            ),
            others=0,
            without=1,
        ),
    )


def test_a_values_term_finds_as_many_as_were_counted(archive: Engine) -> None:
    with archive.connect() as connection:
        for facet in facets(connection, None).fields:
            for each in facet.values:
                assert search(connection, each.term).total == each.count, each.term


def test_values_beyond_the_limit_are_counted_as_others(archive: Engine) -> None:
    with archive.connect() as connection:
        found = facets(connection, parse_query("source:esa OR source:daily"), fields=("language", "month"), limit=1)
    assert [facet.others for facet in found.fields] == [1, 1]
    assert [each.value for facet in found.fields for each in facet.values] == ["en", "2025-03"]


def test_an_archive_without_hits_has_no_values(archive: Engine) -> None:
    with archive.connect() as connection:
        found = facets(connection, parse_query("nothing"))
        times = timeline(connection, parse_query("nothing"))
    assert found.counted == 0
    assert [facet.values for facet in found.fields] == [()] * 7
    assert (times.periods, times.undated) == ((), 0)


@pytest.mark.parametrize(
    ("query", "unit", "expected_unit", "expected"),
    [
        ("comet", None, "month", [("2024-12", 1), ("2025-01", 1), ("2025-02", 0), ("2025-03", 2)]),
        ("comet", "year", "year", [("2024", 1), ("2025", 3)]),
        ("on:2025-03", None, "day", [("2025-03-01", 1), ("2025-03-02", 1)]),
        (
            "on:2025 OR on:2024",
            "month",
            "month",
            [("2024-12", 1), ("2025-01", 1), ("2025-02", 0), ("2025-03", 2)],
        ),
    ],
)
def test_hits_over_time(archive: Engine, query: str, unit, expected_unit: str, expected) -> None:
    with archive.connect() as connection:
        found = timeline(connection, parse_query(query), unit=unit)
    assert found.unit == expected_unit
    assert found.periods == tuple(Period(period=period, count=count) for period, count in expected)
    assert found.undated == (1 if query == "comet" else 0)
