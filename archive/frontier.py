"""Every URL ever announced and what is to be done about it; and who may crawl which hosts now.

A URL is ``discovered``, then ``leased`` by one run, and ends as ``archived``, ``rejected``, ``gone``,
``blocked`` or ``failed``. Each change is one transaction: kill -9 leaves a lease, and the next run that
holds the host group's lock takes it over, since nobody else can be fetching there.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session

from archive.errors import LockedError
from archive.model import Discovered
from archive.sanitise import clean, clean_or_none
from archive.schema import AliasRow, FrontierRow, LockRow
from archive.urls import url_key

LOCK_TIME = timedelta(minutes=5)  # renewed while the run lives; a run that was killed frees its hosts after it
CHUNK = 400  # keys a look-up; SQLite takes 32,766 variables, PostgreSQL 65,535


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceResult:
    """``new`` URLs were never announced before; ``due`` are leased to this run, in the order announced."""

    new: int = 0
    known: int = 0
    due: list[Discovered] = field(default_factory=list)


class Frontier:
    """One run's view. ``owner`` reads ``host:pid:random``; ``is_forced`` fetches failed URLs before their time."""

    def __init__(self, engine: Engine, *, owner: str, now: Callable[[], datetime], is_forced: bool = False) -> None:
        self.engine = engine
        self.owner = owner
        self.now = now
        self.is_forced = is_forced

    def announce(self, found: list[Discovered]) -> AnnounceResult:
        """Write the URLs down, once each; lease those that may be fetched now."""
        by_key: dict[str, Discovered] = {}
        for one in found:
            by_key.setdefault(url_key(one.url), one)
        now, due, new = self.now(), [], 0
        with Session(self.engine) as session, session.begin():
            rows = known_rows(session, by_key)
            held = held_as_alias(session, by_key)
            for key, one in by_key.items():
                row = rows.get(key)
                if row is None and key in held:
                    continue
                if row is None:
                    session.add(leased(new_row(key, one), owner=self.owner, now=now))
                    new += 1
                elif not self.may_lease(row, now):
                    continue
                else:
                    leased(row, owner=self.owner, now=now)
                due.append(one)
        return AnnounceResult(new=new, known=len(by_key) - new, due=due)

    def lease_due(self, source_ids: list[str], limit: int) -> list[Discovered]:
        """Lease what earlier runs of these sources left: oldest announcement first, at most ``limit``.

        Call it only while the sources' host groups are locked: a lease of another run is then a dead run's.
        """
        now = self.now()
        waiting = or_(FrontierRow.due_at <= now, FrontierRow.state == "leased")
        if self.is_forced:
            waiting = or_(waiting, FrontierRow.due_at.is_not(None))
        query = (
            select(FrontierRow)
            .where(FrontierRow.source_id.in_(source_ids), waiting)
            .where(or_(FrontierRow.lease_owner.is_(None), FrontierRow.lease_owner != self.owner))
            .order_by(FrontierRow.id)
            .limit(limit)
        )
        with Session(self.engine) as session, session.begin():
            rows = session.scalars(query).all()
            return [discovered_of(leased(row, owner=self.owner, now=now)) for row in rows]

    def may_lease(self, row: FrontierRow, now: datetime) -> bool:
        """A settled URL is left alone; a failed one waits for its time, unless forced."""
        if row.lease_owner == self.owner:
            return False
        if row.state == "leased":
            return True
        return row.due_at is not None and (self.is_forced or row.due_at <= now)

    def release_leases(self) -> int:
        """Give back what this run leased and did not settle; it is due at once. How many there were."""
        now = self.now()
        change = (
            update(FrontierRow)
            .where(FrontierRow.lease_owner == self.owner)
            .values(state="discovered", due_at=now, lease_owner=None, lease_expires_at=None, updated_at=now)
        )
        with self.engine.begin() as connection:
            return connection.execute(change).rowcount

    def hold(self, names: Iterable[str]) -> set[str]:
        """Lock those of ``names`` that no living run holds; raises ``LockedError`` when none is free."""
        wanted, now = sorted(set(names)), self.now()
        with Session(self.engine) as session, session.begin():
            rows = {row.name: row for row in session.scalars(select(LockRow).where(LockRow.name.in_(wanted)))}
            free = [name for name in wanted if name not in rows or is_free(rows[name], now)]
            for name in free:
                if name in rows:
                    rows[name].owner, rows[name].epoch = self.owner, rows[name].epoch + 1
                    rows[name].expires_at = now + LOCK_TIME
                else:
                    session.add(LockRow(name=name, owner=self.owner, epoch=1, expires_at=now + LOCK_TIME))
        if wanted and not free:
            raise LockedError(f"another run holds {', '.join(wanted)}; nothing was done")
        return set(free)

    def renew_locks(self) -> None:
        """Hold on to this run's locks for another ``LOCK_TIME``."""
        change = update(LockRow).where(LockRow.owner == self.owner).values(expires_at=self.now() + LOCK_TIME)
        with self.engine.begin() as connection:
            connection.execute(change)

    def release_locks(self) -> None:
        """Give this run's locks back; the rows stay, so that epochs go on counting."""
        change = update(LockRow).where(LockRow.owner == self.owner).values(owner="", expires_at=self.now())
        with self.engine.begin() as connection:
            connection.execute(change)


def is_free(row: LockRow, now: datetime) -> bool:
    """Given back, run out, or held by a process of this machine that is gone."""
    return not row.owner or row.expires_at <= now or is_dead(row.owner)


def is_dead(owner: str) -> bool:
    """True for a process of this machine that no longer runs; False for one that does and for other machines'."""
    host, _, rest = owner.partition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(rest.split(":")[0]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def known_rows(session: Session, keys: Iterable[str]) -> dict[str, FrontierRow]:
    """Frontier rows by key."""
    rows: dict[str, FrontierRow] = {}
    for chunk in chunks(keys):
        rows |= {row.url_key: row for row in session.scalars(select(FrontierRow).where(FrontierRow.url_key.in_(chunk)))}
    return rows


def held_as_alias(session: Session, by_key: Mapping[str, Discovered]) -> set[str]:
    """Keys whose address leads to an article that is archived already. A feed's guid does not count here:
    feeds repeat them, and an article never fetched can't be compared."""
    held: set[str] = set()
    for chunk in chunks(by_key):
        held |= set(session.scalars(select(AliasRow.url_key).where(AliasRow.url_key.in_(chunk))))
    return held


def chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    """The keys, ``CHUNK`` at a time."""
    remaining = iter(keys)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def new_row(key: str, one: Discovered) -> FrontierRow:
    """The row of a URL never announced before."""
    return FrontierRow(
        url_key=clean(key),
        url=clean(one.url),
        source_id=one.source_id,
        discovered_via=one.discovered_via,
        endpoint_url=clean(one.endpoint_url),
        discovered_at=one.discovered_at,
        guid=clean_or_none(one.guid),
        title=clean_or_none(one.title),
        published_at=one.published_at,
        content_html=clean_or_none(one.content_html),
        attempts=0,
    )


def leased(row: FrontierRow, *, owner: str, now: datetime) -> FrontierRow:
    """The row, leased."""
    row.state, row.lease_owner, row.lease_expires_at, row.updated_at = "leased", owner, now + LOCK_TIME, now
    row.due_at = now
    return row


def discovered_of(row: FrontierRow) -> Discovered:
    """The URL as it was announced."""
    return Discovered(
        source_id=row.source_id,
        url=row.url,
        discovered_via=row.discovered_via,  # type: ignore[arg-type]  # written from a Discovered
        endpoint_url=row.endpoint_url,
        discovered_at=row.discovered_at,
        guid=row.guid,
        title=row.title,
        published_at=row.published_at,
        content_html=row.content_html,
    )
