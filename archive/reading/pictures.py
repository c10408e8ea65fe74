"""What a query's hits look like as pictures: attention over time by source, and the hours of the week. Read only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Integer, cast, extract, func, select, type_coerce
from sqlalchemy import Text as TextType

from archive.query import EVERYTHING, Query
from archive.reading.facets import UNIT_CHARS, Unit, between, fitting_unit, known_sources, moment
from archive.reading.matching import newest_ids, prefer_index
from archive.schema import ArticleRow

SERIES = 8  # sources told apart; more colours are not
WEEKS = 26  # of a sparkline: half a year
MAX_DRAWN = 200_000  # hits that are counted by source, the latest by id: under half a second
MAX_TIMED = 20_000  # hits whose hour is looked at; it stands in no index


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One source's hits, a count a period. ``source_id`` is empty for all the others together."""

    source_id: str
    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Hits over time by source, most hits first, the others together at the end. Hits without a date are left out."""

    unit: Unit
    periods: tuple[str, ...]
    series: tuple[Series, ...]
    is_exact: bool
    """False when there were more hits than are counted: it is drawn from the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Hits by the hour of the week they were published in, UTC."""

    hours: tuple[tuple[int, ...], ...]
    """Monday to Sunday, each from 0 to 23."""
    without_hour: int
    """Hits of which no hour is known."""
    is_exact: bool
    """False when there were more hits than are looked at."""


def attention(
    connection: Connection, query: Query | None, *, unit: Unit | None = None, sources: int = SERIES
) -> Attention:
    """Hits a period by source; by default in the unit that fits. Empty where no hit has a date."""
    prefer_index(connection)
    counted, drawn = counts_by_source(connection, query, "month")
    unit = unit or fitting_unit(sorted({period for period, _ in counted}))
    if unit != "month":
        counted, _ = counts_by_source(connection, query, unit)
    periods = tuple(between(unit, sorted({period for period, _ in counted})))
    totals: Counter[str] = Counter()
    for (_, source_id), count in counted.items():
        totals[source_id] += count
    order = sorted(totals, key=lambda source_id: (-totals[source_id], source_id))
    known = known_sources(connection)
    found = [
        Series(
            source_id=source_id,
            name=known[source_id].name if source_id in known else source_id,
            counts=summed(counted, periods, [source_id]),
        )
        for source_id in order[:sources]
    ]
    if others := order[sources:]:
        found.append(Series(source_id="", name=f"{len(others)} others", counts=summed(counted, periods, others)))
    return Attention(unit=unit, periods=periods, series=tuple(found), is_exact=drawn < MAX_DRAWN)


def counts_by_source(connection: Connection, query: Query | None, unit: Unit) -> tuple[dict[tuple[str, str], int], int]:
    """(period, source) → hits; and how many were counted, those without a date among them."""
    period = moment(connection, UNIT_CHARS[unit]).label("period")
    statement = select(period, ArticleRow.source_id, func.count()).group_by(period, ArticleRow.source_id)
    rows = connection.execute(statement.where(latest(connection, query, MAX_DRAWN))).all()
    counted = {(period, source_id): count for period, source_id, count in rows if period is not None}
    return counted, sum(count for _, _, count in rows)


def latest(connection: Connection, query: Query | None, limit: int) -> ColumnElement[bool]:
    """One of a query's latest hits by id."""
    root = EVERYTHING.root if query is None else query.root
    return ArticleRow.id.in_(newest_ids(root, connection.dialect.name, limit=limit))


def summed(counted: Mapping[tuple[str, str], int], periods: Sequence[str], sources: Sequence[str]) -> tuple[int, ...]:
    return tuple(sum(counted.get((period, source), 0) for source in sources) for period in periods)


def rhythm(connection: Connection, query: Query | None) -> Rhythm:
    """When in the week the hits were published."""
    prefer_index(connection)
    day, hour = day_and_hour(connection)
    has_hour = ArticleRow.published_at.is_not(None) & ArticleRow.published_at_precision.in_(("second", "minute"))
    statement = select(has_hour, day, hour, func.count()).group_by(has_hour, day, hour)
    rows = connection.execute(statement.where(latest(connection, query, MAX_TIMED))).all()
    counted = {(int(day), int(hour)): count for is_known, day, hour, count in rows if is_known}
    return Rhythm(
        hours=tuple(tuple(counted.get((day, hour), 0) for hour in range(24)) for day in range(7)),
        without_hour=sum(count for is_known, _, _, count in rows if not is_known),
        is_exact=sum(count for *_, count in rows) < MAX_TIMED,
    )


def day_and_hour(connection: Connection) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Day of the week, 0 for Monday, and hour of publication, UTC."""
    if connection.dialect.name == "sqlite":  # kept as text, in UTC; %w has Sunday as 0
        written = type_coerce(ArticleRow.published_at, TextType)
        sunday_first = cast(func.strftime("%w", written), Integer)
        return (sunday_first + 6) % 7, cast(func.substr(written, 12, 2), Integer)
    in_utc = func.timezone("UTC", ArticleRow.published_at)
    return extract("isodow", in_utc) - 1, extract("hour", in_utc)


def weekly(connection: Connection, *, until: datetime) -> dict[str, tuple[int, ...]]:
    """Source → articles a week in the ``WEEKS`` weeks that end with the one of ``until``."""
    first = monday(until.astimezone(UTC).date()) - timedelta(weeks=WEEKS - 1)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    day = moment(connection, UNIT_CHARS["day"]).label("day")
    statement = (
        select(day, ArticleRow.source_id, func.count())
        .where(ArticleRow.published_at >= start, ArticleRow.published_at <= until)
        .group_by(day, ArticleRow.source_id)
    )
    found: dict[str, list[int]] = {}
    for written, source_id, count in connection.execute(statement):
        week = (monday(date.fromisoformat(written)) - first).days // 7
        found.setdefault(source_id, [0] * WEEKS)[week] += count
    return {source_id: tuple(counts) for source_id, counts in found.items()}


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
