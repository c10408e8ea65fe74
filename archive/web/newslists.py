"""Articles in the form of the Spaceflight News API: its filters as SQL, its objects from rows.

Substrings are compared as the engine folds case: all letters on PostgreSQL, A to Z on SQLite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, false, func, or_, select

from archive.schema import ArticleRow, RevisionRow, SourceRow
from archive.timestamps import rfc3339

# List → kinds of publisher in it. No publisher's whole output is reports so far; a source of this kind would be.
LISTS: Mapping[str, tuple[str, ...]] = {
    "articles": ("agency", "trade", "science", "astronomy", "defence", "company"),
    "blogs": ("enthusiast",),
    "reports": ("report",),
}
SUMMARY_CHARS = 300  # of the text, where the page had no description

NewsItem = dict[str, Any]  # Any: JSON
S = TypeVar("S", bound=Select[*tuple[Any, ...]])  # Any: whatever is selected


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsQuery:
    """What is asked of a list; all of it must hold."""

    search: tuple[str, ...] = ()
    phrases: Mapping[str, str]
    listed: Mapping[str, tuple[str, ...]]
    sites: Mapping[str, tuple[str, ...]]
    moments: Mapping[str, datetime]
    ordering: tuple[str, ...] = ()
    is_empty: bool = False
    """It asks for what this archive never has."""


# Without a date of publication, when it was first seen: apps expect a moment.
PUBLISHED: ColumnElement[datetime] = func.coalesce(ArticleRow.published_at, ArticleRow.first_seen_at)
UPDATED: ColumnElement[datetime] = (
    select(func.max(RevisionRow.seen_at))
    .where(RevisionRow.article_id == ArticleRow.id)
    .correlate(ArticleRow)
    .scalar_subquery()
)
SUMMARY: ColumnElement[str] = func.coalesce(
    func.nullif(ArticleRow.description, ""), func.substr(ArticleRow.text, 1, SUMMARY_CHARS)
)
SEARCHED: tuple[ColumnElement[str], ...] = (ArticleRow.title.expression, SUMMARY, SourceRow.name.expression)
COLUMNS = (
    ArticleRow.id,
    ArticleRow.title,
    ArticleRow.authors,
    ArticleRow.canonical_url,
    ArticleRow.lead_image_url,
    SourceRow.name.label("news_site"),
    SUMMARY.label("summary"),
    PUBLISHED.label("published"),
    UPDATED.label("updated"),
)


def news_page(
    connection: Connection, name: str, query: NewsQuery, *, limit: int, offset: int
) -> tuple[int, list[NewsItem]]:
    """How many there are in all, and those from ``offset`` on."""
    found = conditions(connection, name, query)
    count = connection.execute(joined(select(func.count(ArticleRow.id))).where(*found)).scalar_one()
    if offset >= count:
        return count, []
    ids = connection.execute(
        joined(select(ArticleRow.id)).where(*found).order_by(*order(query)).limit(limit).offset(offset)
    ).scalars()
    wanted = list(ids)
    rows = {row.id: row for row in connection.execute(joined(select(*COLUMNS)).where(ArticleRow.id.in_(wanted)))}
    return count, [item(name, rows[article_id]) for article_id in wanted]


def news_item(connection: Connection, name: str, query: NewsQuery, article_id: int) -> NewsItem | None:
    """One of a list; None when it is not in it, or not what is asked for."""
    statement = joined(select(*COLUMNS)).where(ArticleRow.id == article_id, *conditions(connection, name, query))
    row = connection.execute(statement).one_or_none()
    return None if row is None else item(name, row)


def news_sites(connection: Connection) -> list[str]:
    """Names of all sources, in order."""
    return sorted(set(connection.execute(select(SourceRow.name)).scalars()))


def joined(statement: S) -> S:
    return statement.join(SourceRow, SourceRow.id == ArticleRow.source_id)


def in_list(name: str) -> ColumnElement[bool]:
    return SourceRow.publisher_kind.in_(LISTS[name])


def conditions(connection: Connection, name: str, query: NewsQuery) -> list[ColumnElement[bool]]:
    if query.is_empty:
        return [false()]
    found = [in_list(name)]
    for term in query.search:
        found.append(or_(*(contains(column, term) for column in SEARCHED)))
    for key, phrase in query.phrases.items():
        found.append(contains(column_of(key), phrase))
    for key, parts in query.listed.items():
        matches = [contains(column_of(key), part) for part in parts]
        found.append(or_(*matches) if key.endswith("_one") else and_(*matches))
    for key, names in query.sites.items():
        ids = source_ids(connection, names)
        column = ArticleRow.source_id
        found.append(column.in_(ids) if key == "news_site" else column.not_in(ids))
    found += [compared(key, moment) for key, moment in query.moments.items()]
    return found


def contains(column: ColumnElement[str], part: str) -> ColumnElement[bool]:
    return column.icontains(part, autoescape=True)


def column_of(key: str) -> ColumnElement[str]:
    return SUMMARY if key.startswith("summary") else ArticleRow.title.expression


def compared(key: str, moment: datetime) -> ColumnElement[bool]:
    """``published_at_gte`` and its kin."""
    name, _, end = key.rpartition("_")
    column = PUBLISHED if name == "published_at" else UPDATED
    if end == "gte":
        return column >= moment
    if end == "lte":
        return column <= moment
    return column > moment if end == "gt" else column < moment


def source_ids(connection: Connection, names: Sequence[str]) -> list[str]:
    """Sources of these names, whatever their case."""
    wanted = {name.casefold() for name in names}
    rows = connection.execute(select(SourceRow.id, SourceRow.name))
    return [row.id for row in rows if row.name.casefold() in wanted]


def order(query: NewsQuery) -> list[ColumnElement[Any]]:  # Any: columns of different types
    """By publication, latest first, unless asked otherwise; equal ones by id."""
    columns: list[ColumnElement[Any]] = []
    for key in query.ordering or ("-published_at",):
        column = PUBLISHED if key.endswith("published_at") else UPDATED
        columns.append(column.desc() if key.startswith("-") else column.asc())
    return [*columns, ArticleRow.id.desc()]


def item(name: str, row: Row[*tuple[Any, ...]]) -> NewsItem:  # Any: COLUMNS
    """An object in that service's order of keys."""
    found: NewsItem = {
        "id": row.id,
        "title": row.title,
        "authors": [{"name": author, "socials": None} for author in row.authors],
        "url": row.canonical_url,
        "image_url": row.lead_image_url or "",
        "news_site": row.news_site,
        "summary": " ".join(row.summary.split()),
        "published_at": rfc3339(row.published),
        "updated_at": rfc3339(row.updated),
    }
    if name != "reports":
        found |= {"featured": False, "launches": [], "events": []}
    return found
