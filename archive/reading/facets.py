"""What a query's hits have in common: counts by source, kind, country, language, author, tag and month, and over time.

Read only. Facets look at the newest ``MAX_FACETED`` hits by id and say when there were more; the timeline counts all.
Each value comes with the term that narrows the query to it, so that a page or program need not know the language.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, get_args

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Row,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.postgresql import ARRAY

from archive.query import EVERYTHING, Query
from archive.reading.lookups import SEARCH
from archive.reading.matching import Moment, condition, index_alone, newest_ids, prefer_index
from archive.schema import ArticleRow, SourceRow

Field: TypeAlias = Literal["source", "kind", "country", "language", "author", "tag", "month"]
Unit: TypeAlias = Literal["day", "month", "year"]

FIELDS: tuple[Field, ...] = get_args(Field)
UNITS: tuple[Unit, ...] = get_args(Unit)
MAX_FACETED = 10_000  # hits looked at, as many as are counted; some 60 ms
VALUES = 10  # of a field; the rest are counted in ``others``
MAX_VALUES = 1_000
MANY_MONTHS = 1_200  # between the first article and the last, of which each is counted by itself
CLOSE = 3  # articles between the first and the last of those looked up, for each of them
S = TypeVar("S", str, str | None, str | int | None)
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


class Columns(NamedTuple):
    """What is counted of hits, a column at a time: rows of twenty thousand take five times as long to look at."""

    source_id: Sequence[str] = ()
    lang: Sequence[str | None] = ()
    month: Sequence[str | int | None] = ()
    authors: Sequence[str] = ()
    tags: Sequence[str] = ()


def facets(
    connection: Connection, query: Query | None, *, fields: Sequence[Field] = FIELDS, limit: int = VALUES
) -> Facets:
    """Counts of the values that the hits have (all articles when the query is None)."""
    prefer_index(connection)
    rows, is_exact = hits(connection, query)
    found = Columns._make(zip(*rows, strict=True)) if rows else Columns()
    sources = known_sources(connection)
    limit = max(1, min(limit, MAX_VALUES))
    return Facets(
        counted=len(found.source_id),
        is_exact=is_exact,
        fields=tuple(facet(field, counts(field, found, sources), sources, limit=limit) for field in fields),
    )


def timeline(connection: Connection, query: Query | None, *, unit: Unit | None = None) -> Timeline:
    """Hits a day, month or year; by default the unit that fits the time they span."""
    prefer_index(connection)
    months, undated = periods(connection, query, "month")
    unit = unit or fitting_unit(sorted(months))
    if unit == "day":
        found = periods(connection, query, unit)[0]
    else:
        found = summed(Counter(months), lambda month: month[: UNIT_CHARS[unit]])
    filled = tuple(Period(period=each, count=found.get(each, 0)) for each in between(unit, sorted(found)))
    return Timeline(unit=unit, periods=filled, undated=undated)


def hits(connection: Connection, query: Query | None) -> tuple[Sequence[Row[*tuple[Any, ...]]], bool]:  # Any: columns
    """What is counted of each of the newest hits, and whether these are all."""
    root, dialect = EVERYTHING.root if query is None else query.root, connection.dialect.name
    statement = select(
        ArticleRow.source_id,
        ArticleRow.lang,
        month(connection).label("month"),
        cast(ArticleRow.authors, TextType).label("authors"),
        cast(ArticleRow.tags, TextType).label("tags"),
    )
    newest = newest_ids(root, dialect, limit=MAX_FACETED + 1)
    if dialect == "sqlite":
        rows = connection.execute(statement.where(ArticleRow.id.in_(newest)).order_by(ArticleRow.id.desc())).all()
        return rows[:MAX_FACETED], len(rows) <= MAX_FACETED
    ids = connection.execute(newest).scalars().all()
    return connection.execute(statement.where(*among(ids[:MAX_FACETED]))).all(), len(ids) <= MAX_FACETED


def among(ids: Sequence[int]) -> list[ColumnElement[bool]]:
    """An article is one of these, which come highest first. Where they lie close PostgreSQL reads all between, which
    takes it less than to look up each."""
    wanted = func.any(cast(literal(ids), ARRAY(BigInteger)))
    if ids and ids[0] - ids[-1] < CLOSE * len(ids):
        return [ArticleRow.id.between(ids[-1], ids[0]), ArticleRow.id + literal_column("0") == wanted]
    return [ArticleRow.id == wanted]


def month(connection: Connection) -> ColumnElement[Any]:  # Any: ISO's beginning of a date, or how many since year 0
    """The month of publication in UTC; PostgreSQL writes a date down ten times as slowly as it counts."""
    if connection.dialect.name == "sqlite":
        return moment(connection, UNIT_CHARS["month"])
    at = func.timezone("UTC", ArticleRow.published_at)
    return cast(func.date_part("year", at) * 12 + func.date_part("month", at) - 1, Integer)


def written_month(found: str | int | None) -> str:
    """``2025-03``; empty where there is none."""
    return f"{found // 12:04d}-{found % 12 + 1:02d}" if isinstance(found, int) else found or ""


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


def counts(field: Field, hits: Columns, sources: Mapping[str, Known]) -> Counter[str]:
    """Value → hits that have it; the empty value is none."""
    if field in ("source", "kind", "country"):
        by_source = Counter(hits.source_id)
        return by_source if field == "source" else summed(by_source, lambda source: fact(field, sources.get(source)))
    if field == "language":
        return summed(Counter(hits.lang), lambda lang: (lang or "").partition("-")[0].lower())
    if field == "month":
        return summed(Counter(hits.month), written_month)
    written = Counter(hits.authors if field == "author" else hits.tags)
    found: Counter[str] = Counter()
    for values, count in zip(json.loads(f"[{','.join(written)}]"), written.values(), strict=True):
        for value in set(values) or {""}:
            found[value] += count
    return found


def fact(field: Field, known: Known | None) -> str:
    if known is None:
        return ""
    return known.kind if field == "kind" else known.country


def summed(found: Counter[S], name_of: Callable[[S], str]) -> Counter[str]:
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
    is_everything = query is None or query == EVERYTHING
    if is_everything and unit == "month" and connection.dialect.name == "sqlite" and (found := all_months(connection)):
        return found
    of_index = None if query is None else index_alone(query.root, connection.dialect.name)
    period = start_of(connection, unit, ArticleRow.published_at if of_index is None else SEARCH.c.published_at)
    statement = select(period.label("period"), func.count().label("hits")).group_by(period)
    if of_index is not None:
        statement = statement.where(of_index)
    elif query is not None:
        statement = statement.where(condition(query.root, connection.dialect.name))
    rows = connection.execute(statement).all()
    undated = sum(row.hits for row in rows if row.period is None)
    chars = UNIT_CHARS[unit]
    return {str(row.period)[:chars]: row.hits for row in rows if row.period is not None}, undated


def start_of(connection: Connection, unit: Unit, at: Moment) -> ColumnElement[Any]:  # Any: text, or PostgreSQL's time
    """The period a date of publication is in; PostgreSQL writes a time down ten times as slowly as it cuts it."""
    if connection.dialect.name == "sqlite":
        return moment(connection, UNIT_CHARS[unit])
    return func.date_trunc(unit, func.timezone("UTC", at))


def all_months(connection: Connection) -> tuple[dict[str, int], int] | None:
    """Same for all articles on SQLite: it counts stretches of an index ten times as fast as it groups its rows. None
    where there are none, or too many months between the first and the last."""
    within = select(func.count()).where(ArticleRow.published_at >= bindparam("since"))
    within = within.where(ArticleRow.published_at < bindparam("until"))
    ends = (func.min(ArticleRow.published_at), func.max(ArticleRow.published_at))
    first, last = (connection.execute(select(end)).scalar_one() for end in ends)  # together they read the whole index
    months = list(between("month", [at.date().isoformat()[:7] for at in (first, last) if at is not None]))
    if not months or len(months) > MANY_MONTHS:
        return None
    found = {}
    for month in months:
        since = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
        until = (since + timedelta(days=31)).replace(day=1)
        found[month] = connection.execute(within, {"since": since, "until": until}).scalar_one()
    undated = connection.execute(select(func.count()).where(ArticleRow.published_at.is_(None))).scalar_one()
    return {month: count for month, count in found.items() if count}, undated


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
