"""What a query's hits have in common: counts by source, kind, country, language, author, tag and month, and over time.

Read only. Facets look at the newest ``MAX_FACETED`` hits by id and say when there were more; the timeline counts all.
Each value comes with the term that narrows the query to it, so that a page or program need not know the language.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, get_args

from sqlalchemy import ColumnElement, Connection, Row, Select, cast, func, select, type_coerce
from sqlalchemy import Text as TextType

from archive.query import Query
from archive.reading.matching import condition
from archive.schema import ArticleRow, SourceRow

Field: TypeAlias = Literal["source", "kind", "country", "language", "author", "tag", "month"]
Unit: TypeAlias = Literal["day", "month", "year"]

FIELDS: tuple[Field, ...] = get_args(Field)
UNITS: tuple[Unit, ...] = get_args(Unit)
MAX_FACETED = 20_000  # hits looked at; some 100 ms
VALUES = 10  # of a field; the rest are counted in ``others``
MAX_VALUES = 1_000
HitRow: TypeAlias = Row[*tuple[Any, ...]]  # Any: the columns of hits()
UNIT_CHARS: Mapping[Unit, int] = {"day": 10, "month": 7, "year": 4}  # of an ISO date
DAYS_SHOWN, MONTHS_SHOWN = 3, 180  # months: up to 3 in days, up to 15 years in months, more in years


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of a field among the hits. ``term`` is what narrows the query to it."""

    value: str
    label: str
    count: int
    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The commonest values of a field, most hits first; a month in order of time."""

    field: Field
    values: tuple[Value, ...]
    others: int
    """Further values."""
    without: int
    """Hits that have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    counted: int
    is_exact: bool
    """False when there were more hits than were counted."""
    fields: tuple[Facet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A day, month or year in UTC: ``2025-03-12``, ``2025-03``, ``2025``."""

    period: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Hits over time, from the first period that has one to the last, those between with none included."""

    unit: Unit
    periods: tuple[Period, ...]
    undated: int


def facets(
    connection: Connection, query: Query | None, *, fields: Sequence[Field] = FIELDS, limit: int = VALUES
) -> Facets:
    """Counts of the values that the hits have (all articles when the query is None)."""
    rows = connection.execute(hits(connection, query)).all()
    is_exact = len(rows) <= MAX_FACETED
    rows = rows[:MAX_FACETED]
    sources = known_sources(connection)
    limit = max(1, min(limit, MAX_VALUES))
    return Facets(
        counted=len(rows),
        is_exact=is_exact,
        fields=tuple(facet(field, counts(field, rows, sources), sources, limit=limit) for field in fields),
    )


def timeline(connection: Connection, query: Query | None, *, unit: Unit | None = None) -> Timeline:
    """Hits a day, month or year; by default the unit that fits the time they span."""
    months, undated = periods(connection, query, "month")
    unit = unit or fitting_unit(sorted(months))
    found = months if unit == "month" else periods(connection, query, unit)[0]
    filled = tuple(Period(period=each, count=found.get(each, 0)) for each in between(unit, sorted(found)))
    return Timeline(unit=unit, periods=filled, undated=undated)


def hits(connection: Connection, query: Query | None) -> Select[*tuple[Any, ...]]:  # Any: the columns below
    """What is counted of each hit, newest id first, one more than is looked at."""
    statement = select(
        ArticleRow.source_id,
        ArticleRow.lang,
        moment(connection, 7).label("month"),
        cast(ArticleRow.authors, TextType).label("authors"),
        cast(ArticleRow.tags, TextType).label("tags"),
    )
    if query is not None:
        statement = statement.where(condition(query.root, connection.dialect.name))
    return statement.order_by(ArticleRow.id.desc()).limit(MAX_FACETED + 1)


def moment(connection: Connection, chars: int) -> ColumnElement[str]:
    """The beginning of the date of publication in UTC, as ISO writes it; NULL without one."""
    if connection.dialect.name == "sqlite":  # kept as text, in UTC
        return func.substr(type_coerce(ArticleRow.published_at, TextType), 1, chars)
    return func.substr(func.to_char(func.timezone("UTC", ArticleRow.published_at), "YYYY-MM-DD"), 1, chars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a source."""

    name: str
    kind: str
    country: str


def known_sources(connection: Connection) -> dict[str, Known]:
    columns = (SourceRow.id, SourceRow.name, SourceRow.publisher_kind, SourceRow.country)
    return {
        row.id: Known(name=row.name, kind=row.publisher_kind, country=row.country or "")
        for row in connection.execute(select(*columns))
    }


def counts(field: Field, rows: Sequence[HitRow], sources: Mapping[str, Known]) -> Counter[str]:
    """Value → hits that have it; the empty value is none."""
    if field in ("source", "kind", "country"):
        by_source = Counter(row.source_id for row in rows)
        return by_source if field == "source" else summed(by_source, lambda source: fact(field, sources.get(source)))
    if field == "language":
        return summed(Counter(row.lang for row in rows), lambda lang: (lang or "").partition("-")[0].lower())
    if field == "month":
        return Counter(row.month or "" for row in rows)
    found: Counter[str] = Counter()
    for written, count in Counter(row.authors if field == "author" else row.tags for row in rows).items():
        for value in set(json.loads(written)) or {""}:
            found[value] += count
    return found


def fact(field: Field, known: Known | None) -> str:
    if known is None:
        return ""
    return known.kind if field == "kind" else known.country


def summed(found: Counter[str], name_of: Callable[[str], str]) -> Counter[str]:
    """Counts under other names, those that meet added up."""
    renamed: Counter[str] = Counter()
    for value, count in found.items():
        renamed[name_of(value)] += count
    return renamed


def facet(field: Field, found: Counter[str], sources: Mapping[str, Known], *, limit: int) -> Facet:
    without = found.pop("", 0)
    order = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit]
    if field == "month":
        order = sorted(found.items())[-limit:]
    values = tuple(
        Value(value=value, label=label(field, value, sources), count=count, term=term(field, value))
        for value, count in order
    )
    return Facet(field=field, values=values, others=len(found) - len(values), without=without)


def label(field: Field, value: str, sources: Mapping[str, Known]) -> str:
    return sources[value].name if field == "source" and value in sources else value


TERMS: Mapping[Field, str] = {
    "source": "source", "kind": "kind", "country": "country", "language": "lang", "author": "author", "tag": "tag",
    "month": "on",
}  # fmt: skip


def term(field: Field, value: str) -> str:
    """The query's term for a value; quoted where it is more than a word."""
    plain = value.replace('"', " ").strip()
    return f"{TERMS[field]}:{plain}" if plain.isalnum() or field == "month" else f'{TERMS[field]}:"{plain}"'


def periods(connection: Connection, query: Query | None, unit: Unit) -> tuple[dict[str, int], int]:
    """Period → hits, and how many have no date."""
    period = moment(connection, UNIT_CHARS[unit])
    statement = select(period.label("period"), func.count().label("hits")).group_by(period)
    if query is not None:
        statement = statement.where(condition(query.root, connection.dialect.name))
    rows = connection.execute(statement).all()
    undated = sum(row.hits for row in rows if row.period is None)
    return {row.period: row.hits for row in rows if row.period is not None}, undated


def fitting_unit(months: Sequence[str]) -> Unit:
    if not months:
        return "month"
    span = len(list(between("month", months)))
    return "day" if span <= DAYS_SHOWN else "month" if span <= MONTHS_SHOWN else "year"


def between(unit: Unit, found: Sequence[str]) -> Iterable[str]:
    """Every period from the first to the last of those found, which are in order."""
    if not found:
        return
    first, last = found[0], found[-1]
    if unit == "day":
        start, end = (datetime.fromisoformat(day).replace(tzinfo=UTC).toordinal() for day in (first, last))
        yield from (datetime.fromordinal(day).date().isoformat() for day in range(start, end + 1))
    elif unit == "month":
        start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
        yield from (f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(start, end + 1))
    else:
        yield from (f"{year:04d}" for year in range(int(first), int(last) + 1))
