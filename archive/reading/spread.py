"""A story as a value to show: its copies in the order in which they appeared, and how long after the first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, select

from archive.schema import ArticleRow, SourceRow

UNDATED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A member of a story."""

    id: int
    source_id: str
    source_name: str
    title: str
    url: str
    published_at: datetime | None
    published_at_precision: str
    first_seen_at: datetime
    duplicate_of: int | None
    """None for the original."""
    duplicate_reason: str | None
    relation: str | None
    """To the original: identical | light_edit | excerpt | contains | related."""
    similarity: float | None
    is_family: bool
    """A copy at another source of the original's publisher, or at its own: no syndication."""
    behind: timedelta | None
    """After the first that was published with an hour; None for it, and where only a day or nothing is known."""


def copies(connection: Connection, story_id: int) -> tuple[Copy, ...]:
    """The members of a story, first published first, the undated last; empty when there is no such story."""
    rows = connection.execute(copies_query(), {"story_id": story_id}).mappings().all()
    publishers = {row["publisher"] for row in rows if row["duplicate_of"] is None}
    found = [copy_of(row, publishers) for row in rows]
    exact = [copy.published_at for copy in found if is_exact(copy) and copy.published_at is not None]
    first = min(exact, default=None)
    placed = [with_delay(copy, first) for copy in found]
    return tuple(sorted(placed, key=lambda copy: (start(copy), copy.first_seen_at, copy.id)))


@lru_cache(maxsize=1)
def copies_query() -> Select[*tuple[Any, ...]]:  # Any: the columns of a copy
    """Made once: that takes longer than asking it."""
    return (
        select(
            ArticleRow.id,
            ArticleRow.source_id,
            func.coalesce(SourceRow.name, ArticleRow.source_id).label("source_name"),
            ArticleRow.title,
            ArticleRow.canonical_url.label("url"),
            ArticleRow.published_at,
            ArticleRow.published_at_precision,
            ArticleRow.first_seen_at,
            ArticleRow.duplicate_of,
            ArticleRow.duplicate_reason,
            ArticleRow.relation,
            func.coalesce(SourceRow.family, ArticleRow.source_id).label("publisher"),
            ArticleRow.similarity,
        )
        .outerjoin(SourceRow, SourceRow.id == ArticleRow.source_id)
        .where(ArticleRow.story_id == bindparam("story_id"))
        .order_by(ArticleRow.id)
    )


def copy_of(row: RowMapping, publishers: set[str]) -> Copy:
    """The member; ``publishers``: the original's."""
    is_family = row["duplicate_of"] is not None and row["publisher"] in publishers
    facts = {name: value for name, value in row.items() if name != "publisher"}
    return Copy(**facts, is_family=is_family, behind=None)


def is_exact(copy: Copy) -> bool:
    return copy.published_at is not None and copy.published_at_precision in ("second", "minute")


def with_delay(copy: Copy, first: datetime | None) -> Copy:
    if first is None or copy.published_at is None or not is_exact(copy) or copy.published_at == first:
        return copy
    return replace(copy, behind=copy.published_at - first)


def start(copy: Copy) -> datetime:
    """As the choice of the original counts it: a day at its end, none at the end of time."""
    if copy.published_at is None:
        return UNDATED
    return copy.published_at + timedelta(days=1 if copy.published_at_precision == "day" else 0)
