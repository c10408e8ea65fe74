"""Sources as values to show: what is held of each, how often it publishes, how its endpoints answer. Read only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, select

from archive.schema import ArticleRow, EndpointRow, SourceRow, TemplateBlockRow

WEEKS = 52  # of the cadence chart: a year


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A source and what is held of it."""

    id: str
    name: str
    publisher_kind: str
    homepage: str
    language: str | None
    country: str | None
    status: str
    articles: int
    first_published_at: datetime | None
    latest_published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """A feed, sitemap or listing as it was last asked. ``last_reason`` says why that failed."""

    url: str
    kind: str
    last_status: int | None
    last_reason: str | None
    last_polled_at: datetime | None
    last_changed_at: datetime | None
    next_due_at: datetime | None
    announced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateLine:
    """A line that a source's pages repeat. ``state``: learned | pinned | released."""

    text: str
    tag: str
    article_count: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """When a source publishes. Days and hours are UTC; articles of which only the day is known have no hour."""

    weeks: tuple[tuple[date, int], ...]
    """Monday → articles of that week, the last ``WEEKS`` to the source's latest article."""
    weekdays: tuple[int, ...]
    """Articles of those weeks on Mondays to Sundays."""
    hours: tuple[int, ...]
    """Articles of those weeks in each hour from 0 to 23."""


def holdings(connection: Connection) -> tuple[Holding, ...]:
    """Every source by name, also those of which nothing is held."""
    held = (
        select(
            ArticleRow.source_id,
            func.count().label("articles"),
            func.min(ArticleRow.published_at).label("first"),
            func.max(ArticleRow.published_at).label("latest"),
        )
        .group_by(ArticleRow.source_id)
        .subquery()
    )
    names = ("id", "name", "publisher_kind", "homepage", "language", "country", "status")
    statement = select(
        *(getattr(SourceRow, name) for name in names),
        func.coalesce(held.c.articles, 0).label("articles"),
        held.c.first.label("first_published_at"),
        held.c.latest.label("latest_published_at"),
    ).outerjoin(held, held.c.source_id == SourceRow.id)
    rows = connection.execute(statement.order_by(func.lower(SourceRow.name), SourceRow.id)).mappings()
    return tuple(Holding(**row) for row in rows)


def holding(connection: Connection, source_id: str) -> Holding | None:
    """One source; None when there is none of this id."""
    return next((each for each in holdings(connection) if each.id == source_id), None)


def endpoints(connection: Connection, source_id: str) -> tuple[EndpointView, ...]:
    """A source's endpoints in the order they were met."""
    columns = [getattr(EndpointRow, name) for name in EndpointView.__dataclass_fields__]
    rows = connection.execute(select(*columns).where(EndpointRow.source_id == source_id).order_by(EndpointRow.id))
    return tuple(EndpointView(**row) for row in rows.mappings())


def template_blocks(connection: Connection, source_id: str, *, limit: int) -> tuple[int, tuple[TemplateLine, ...]]:
    """From how many articles a source's template was learned, and the lines it repeats most."""
    learned = connection.execute(select(SourceRow.learned_articles).where(SourceRow.id == source_id)).scalar() or 0
    row = TemplateBlockRow
    statement = (
        select(row.text, row.tag, row.article_count, row.state)
        .where(row.source_id == source_id, (row.article_count > 1) | (row.state != "learned"))
        .order_by(row.article_count.desc(), row.text_digest)
        .limit(limit)
    )
    return learned, tuple(TemplateLine(**found) for found in connection.execute(statement).mappings())


def cadence(connection: Connection, source_id: str, *, until: datetime | None) -> Cadence:
    """When a source published in the ``WEEKS`` before ``until``, its latest article; nothing when that is None."""
    if until is None:
        return Cadence(weeks=(), weekdays=(0,) * 7, hours=(0,) * 24)
    last = monday(until)
    first = last - timedelta(weeks=WEEKS - 1)
    statement = select(ArticleRow.published_at, ArticleRow.published_at_precision).where(
        ArticleRow.source_id == source_id,
        ArticleRow.published_at >= datetime(first.year, first.month, first.day, tzinfo=UTC),
        ArticleRow.published_at <= until,
    )
    weeks: Counter[date] = Counter()
    weekdays: Counter[int] = Counter()
    hours: Counter[int] = Counter()
    for moment, precision in connection.execute(statement):
        assert moment is not None
        weeks[monday(moment)] += 1
        weekdays[moment.weekday()] += 1
        if precision != "day":
            hours[moment.hour] += 1
    every = [first + timedelta(weeks=number) for number in range(WEEKS)]
    return Cadence(
        weeks=tuple((week, weeks[week]) for week in every),
        weekdays=tuple(weekdays[day] for day in range(7)),
        hours=tuple(hours[hour] for hour in range(24)),
    )


def monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())
