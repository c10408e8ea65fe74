"""Totals of the whole archive, as values to show. Read only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, cast, extract, func, select

from archive.schema import ArticleRow, CaptureRow, FrontierRow, RevisionRow, RunRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCount:
    """What the archive holds of one source."""

    source_id: str
    articles: int
    duplicates: int
    latest_published_at: datetime | None
    latest_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What the archive holds. Months are ``YYYY-MM`` (``undated`` for none), languages BCP 47 (``unknown``)."""

    articles: int
    duplicates: int
    stories: int
    revised_articles: int
    revisions: int
    captures: int
    captured_bytes: int
    """As stored in WARC: compressed."""
    words: int
    runs: int
    first_published_at: datetime | None
    last_published_at: datetime | None
    states: Mapping[str, int]
    languages: Mapping[str, int]
    months: Mapping[str, int]
    frontier: Mapping[str, int]
    sources: tuple[SourceCount, ...]


def stats(connection: Connection) -> Stats:
    """Totals of the whole archive; reads every article's row, not its text."""
    one = (
        connection.execute(
            select(
                func.count(ArticleRow.id).label("articles"),
                func.count(ArticleRow.duplicate_of).label("duplicates"),
                func.count(func.distinct(ArticleRow.story_id)).label("stories"),
                func.coalesce(func.sum(ArticleRow.word_count), 0).label("words"),
                func.min(ArticleRow.published_at).label("first_published_at"),
                func.max(ArticleRow.published_at).label("last_published_at"),
            )
        )
        .mappings()
        .one()
    )
    captures = connection.execute(
        select(func.count(CaptureRow.id), func.coalesce(func.sum(CaptureRow.length), 0))
    ).one()
    revised = select(func.count(ArticleRow.id)).where(ArticleRow.revision_count > 1)
    return Stats(
        **{**one, "words": int(one["words"])},
        revised_articles=connection.execute(revised).scalar_one(),
        revisions=connection.execute(select(func.count()).select_from(RevisionRow)).scalar_one(),
        captures=captures[0],
        captured_bytes=int(captures[1]),
        runs=connection.execute(select(func.count(RunRow.id))).scalar_one(),
        states=counted(connection, ArticleRow.state),
        languages=counted(connection, func.coalesce(ArticleRow.lang, "unknown")),
        months=months(connection),
        frontier=counted(connection, FrontierRow.state),
        sources=source_counts(connection),
    )


def counted(connection: Connection, value: Any) -> dict[str, int]:  # Any: a column or an expression of one
    """Value → rows that have it, most first."""
    rows = connection.execute(select(value, func.count()).group_by(value).order_by(func.count().desc(), value))
    return {str(row[0]): row[1] for row in rows}


def months(connection: Connection) -> dict[str, int]:
    """``YYYY-MM`` in UTC → articles, in order; ``undated`` last."""
    moment: Any = ArticleRow.published_at  # Any: becomes an expression
    if connection.dialect.name == "postgresql":
        moment = func.timezone("UTC", moment)
    year, month = cast(extract("year", moment), String), extract("month", moment)
    rows = connection.execute(select(year, month, func.count()).group_by(year, month).order_by(year, month))
    found = {(f"{row[0]}-{int(row[1]):02d}" if row[0] is not None else "undated"): row[2] for row in rows}
    undated = found.pop("undated", 0)
    return {**found, "undated": undated} if undated else found


def source_counts(connection: Connection) -> tuple[SourceCount, ...]:
    """What is held of each source, most articles first."""
    articles = func.count(ArticleRow.id)
    statement = select(
        ArticleRow.source_id,
        articles.label("articles"),
        func.count(ArticleRow.duplicate_of).label("duplicates"),
        func.max(ArticleRow.published_at).label("latest_published_at"),
        func.max(ArticleRow.last_seen_at).label("latest_seen_at"),
    )
    statement = statement.group_by(ArticleRow.source_id).order_by(articles.desc(), ArticleRow.source_id)
    return tuple(SourceCount(**row) for row in connection.execute(statement).mappings())
