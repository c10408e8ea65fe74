"""Which URLs a run may lease: those that are due and that nobody has who may be alive. What is read is what is leased.

Each source is asked for its first few ids, off an index that holds them in order, and the first of all are taken: a
list of sources in one query would be sorted whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from archive.owners import is_dead
from archive.rows import rechecks
from archive.schema import FrontierRow

CHUNK = 400  # ids a look-up; SQLite takes 32,766 variables, PostgreSQL 65,535


def due_rows(
    session: Session,
    source_ids: Iterable[str],
    *,
    free: ColumnElement[bool],
    limit: int,
    after: int = 0,
    until: datetime | None,
) -> list[FrontierRow]:
    """Of these sources at most ``limit`` URLs past the id ``after``, by id: announced first, first. ``until`` is when
    they have to be due; None for those that wait for their time, too."""
    row, found = FrontierRow, list[int]()
    for source_id in source_ids:
        query = select(row.id).where(row.source_id == source_id, row.due_at.is_not(None), row.id > after)
        query = query.where(or_(row.lease_owner.is_(None), row.state == "leased"), free)
        if until is not None:
            query = query.where(row.due_at <= until)
        found += session.scalars(query.order_by(row.id).limit(limit))
    return rows_of(session, sorted(found)[:limit])


def recheck_rows(
    session: Session,
    source_ids: Iterable[str],
    *,
    free: ColumnElement[bool],
    limit: int,
    now: datetime,
    is_forced: bool = False,
) -> list[FrontierRow]:
    """Of these sources at most ``limit`` archived articles to look at again, the most overdue first."""
    found: list[tuple[bool, datetime | None, int]] = []
    for source_id in source_ids:
        query = rechecks.rechecks_of([source_id], now=now, is_forced=is_forced).where(free).limit(limit)
        ids = query.with_only_columns(FrontierRow.recheck_at, FrontierRow.id)
        found += [(recheck_at is None, recheck_at, number) for recheck_at, number in session.execute(ids)]
    return rows_of(session, [number for _, _, number in sorted(found)[:limit]])


def is_free(session: Session, *, owner: str, now: datetime, living: Collection[str]) -> ColumnElement[bool]:
    """True of a row that nobody has leased, or whose run is gone: its process ended, or its time ran out and it holds
    no lock. Never of what ``owner`` itself has."""
    row = FrontierRow
    dead = [name for name in lease_owners(session) if is_dead(name)]
    ran_out = or_(row.lease_expires_at.is_(None), row.lease_expires_at <= now)
    is_gone = and_(row.lease_owner.not_in([owner, *living]), ran_out)
    return or_(row.lease_owner.is_(None), row.lease_owner.in_(dead), is_gone)


def lease_owners(session: Session) -> Iterator[str]:
    """Who has leases, by name; one look-up each, however many leases they have."""
    query = select(FrontierRow.lease_owner).order_by(FrontierRow.lease_owner).limit(1)
    name = session.scalar(query.where(FrontierRow.lease_owner.is_not(None)))
    while name is not None:
        yield name
        name = session.scalar(query.where(FrontierRow.lease_owner > name))


def rows_of(session: Session, ids: Sequence[int]) -> list[FrontierRow]:
    """The rows of these ids, in their order."""
    found: dict[int, FrontierRow] = {}
    for start in range(0, len(ids), CHUNK):
        query = select(FrontierRow).where(FrontierRow.id.in_(ids[start : start + CHUNK]))
        found |= {row.id: row for row in session.scalars(query)}
    return [found[number] for number in ids]
