"""When an archived article is looked at again, and what a look that found no page says of it.

Corrections come early, so looks come early and then seldom: six hours after the article was archived, then a day,
three days, a week, four weeks, a quarter and a year after the look before; an edit begins them anew. What a server
says once may be a slip: an article is ``gone`` at once only on 410 (RFC 9110 §15.5.11 means it to last), on 404 when a
second look days later finds the same; refusals (401, 403, 451) make it ``blocked`` in the same way. Its text stays.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from archive.model import Outcome
from archive.schema import ArticleRow, FrontierRow

PAUSES = (
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(weeks=1),
    timedelta(weeks=4),
    timedelta(weeks=13),
    timedelta(weeks=52),
)
AFTER_EDIT = 1  # place in PAUSES: what was edited once is edited again within a day or days
JITTER = 0.1  # share of the pause added at most: articles of one morning don't all come back in one minute
APART = timedelta(days=2)  # between two looks that found no page, at least, before the article counts as gone
LOOK_AGAIN = timedelta(days=3)  # after the first of them
AFTER_FAILURE = timedelta(days=1)  # at least, after a look that a fault of the way ended
WHOLE_EVERY = 4  # each such look asks for the whole page, so that a server whose ETag never changes is found out
AT_ONCE = "http_410"
MISSING: Mapping[str, str] = {
    "http_404": "gone",
    AT_ONCE: "gone",
    "http_401": "blocked",
    "http_403": "blocked",
    "http_451": "blocked",
}  # reason of a look → state of the article when it is confirmed
LOOKED_AT = ("archived", "blocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Articles of a source that may be looked at again now."""

    source_id: str
    articles: int


def next_look(looks: int, *, now: datetime, key: str = "") -> datetime | None:
    """When an article is looked at again that was looked at so many times; None after the last."""
    if looks >= len(PAUSES):
        return None
    pause = PAUSES[looks]
    return now + pause * (1 + JITTER * (zlib.crc32(key.encode()) % 1000) / 1000)


def is_held(row: FrontierRow) -> bool:
    """The URL leads to an archived article, and is looked at again rather than fetched for the first time."""
    return row.article_id is not None and row.state in (*LOOKED_AT, "gone")


def holds_article() -> ColumnElement[bool]:
    """The same, asked of the database."""
    return and_(FrontierRow.article_id.is_not(None), FrontierRow.state.in_((*LOOKED_AT, "gone")))


def first_look(row: FrontierRow, outcome: Outcome, *, now: datetime) -> None:
    """After the first fetch. A further address of an article is not looked at: its own is."""
    row.rechecks, row.missing_since = 0, None
    row.recheck_at = next_look(0, now=now, key=row.url_key) if outcome in ("new", "duplicate") else None


def looked(row: FrontierRow, outcome: Outcome, *, now: datetime) -> None:
    """After a look that found the page."""
    row.rechecks = AFTER_EDIT if outcome == "revision" else row.rechecks + 1
    row.missing_since = None
    row.recheck_at = next_look(row.rechecks, now=now, key=row.url_key)


def looked_in_vain(session: Session, row: FrontierRow, *, reason: str, now: datetime) -> Outcome:
    """After a look that found no page of ours: ``gone`` when that settles it, else ``deferred``; the article stays."""
    state = MISSING.get(reason)
    if state is None:
        pause = next_look(row.rechecks, now=now) or now
        row.recheck_at = max(pause, now + AFTER_FAILURE)
        return "deferred"
    row.missing_since = row.missing_since or now
    if reason != AT_ONCE and now - row.missing_since < APART:
        row.recheck_at = now + LOOK_AGAIN
        return "deferred"
    row.state, row.reason = state, reason
    row.recheck_at = now + PAUSES[-1] if state == "blocked" else None
    settle_article(session, row, state, now=now)
    return "gone" if state == "gone" else "deferred"


def settle_article(session: Session, row: FrontierRow, state: str, *, now: datetime) -> None:
    """The article is ``state``, unless it stands at another address too: then that one is looked at in its place."""
    others = session.scalars(
        select(FrontierRow).where(
            FrontierRow.article_id == row.article_id, FrontierRow.id != row.id, FrontierRow.state == "archived"
        )
    ).all()
    for other in others:
        other.recheck_at = other.recheck_at or now
    if not others:
        session.get_one(ArticleRow, row.article_id).state = state


def rechecks_of(source_ids: Iterable[str], *, now: datetime, is_forced: bool = False) -> Select[FrontierRow]:
    """Frontier rows to look at again, the most overdue first; forced: all that lead to an article, also gone ones."""
    states = (*LOOKED_AT, "gone") if is_forced else LOOKED_AT
    query = select(FrontierRow).where(
        FrontierRow.source_id.in_(list(source_ids)), FrontierRow.article_id.is_not(None), FrontierRow.state.in_(states)
    )
    if is_forced:
        return query.order_by(FrontierRow.recheck_at.nulls_last(), FrontierRow.id)
    return query.where(FrontierRow.recheck_at <= now).order_by(FrontierRow.recheck_at, FrontierRow.id)


def due_counts(session: Session, source_ids: Iterable[str], *, now: datetime, is_forced: bool = False) -> list[Due]:
    """How many articles of each source may be looked at again now; sources without any are left out."""
    rows = rechecks_of(source_ids, now=now, is_forced=is_forced).order_by(None).subquery()
    counted = select(rows.c.source_id, func.count()).group_by(rows.c.source_id).order_by(rows.c.source_id)
    return [Due(source_id=source_id, articles=articles) for source_id, articles in session.execute(counted)]


def wants_whole(row: FrontierRow) -> bool:
    """Whether this look asks for the page even if the server says that it did not change."""
    return row.rechecks % WHOLE_EVERY == WHOLE_EVERY - 1
