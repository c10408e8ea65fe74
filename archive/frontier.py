"""Every URL ever announced and what is to be done about it; and who may crawl which hosts now.

A URL is ``discovered``, then ``leased`` by one run, and ends as ``archived``, ``rejected``, ``gone``,
``blocked`` or ``failed`` (:mod:`archive.rows.settle` says which of them come back, and when). Each change is one
transaction. A lease holds while its owner lives: while that run renews its locks, and at least ``LOCK_TIME``.
A process of this machine that is gone is known at once; so after kill -9 the next run takes its leases over.

Whoever held a lock and lost it (frozen, cut off, asleep) can't write any more: :attr:`Frontier.engine` asks in each
writing transaction whether the lock still is this run's, by its epoch, which counts who had it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import cast

from sqlalchemy import ColumnElement, CursorResult, Engine, Update, func, select, update
from sqlalchemy.orm import Session

from archive.database import fenced, reading, writing
from archive.errors import LockedError
from archive.model import Discovered
from archive.owners import is_dead
from archive.rows import leases, rechecks
from archive.rows.forgotten import forgotten_among
from archive.rows.settle import is_worth_reviving
from archive.sanitise import MAX_TEXT, clean, clean_or_none
from archive.schema import AliasRow, FrontierRow, LockRow
from archive.urls import url_key

LOCK_TIME = timedelta(minutes=5)  # renewed while the run lives; one that was killed elsewhere frees its hosts after it
CHUNK = 400  # keys a look-up; SQLite takes 32,766 variables, PostgreSQL 65,535


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceResult:
    """``new`` URLs were never announced before; ``due`` are leased to this run, in the order announced."""

    new: int = 0
    known: int = 0
    due: list[Discovered] = field(default_factory=list)


class Frontier:
    """One run's view. ``owner`` reads ``host:pid:random``; ``is_forced`` fetches failed URLs before their time.

    ``engine`` is fenced: what is written through it is written while this run holds its locks, or not at all.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        owner: str,
        now: Callable[[], datetime],
        is_forced: bool = False,
        lock_time: timedelta = LOCK_TIME,
    ) -> None:
        self.engine = fenced(engine, self.refuse_when_lost)
        self.owner = owner
        self.now = now
        self.is_forced = is_forced
        self.lock_time = lock_time
        self.held: dict[str, int] = {}
        """Name → epoch of the locks taken."""
        self.expires_at: datetime | None = None
        """When they run out, as of the last renewal; None while none is held."""

    # URLs

    def announce(self, found: list[Discovered]) -> AnnounceResult:
        """Write the URLs down, once each; lease those that may be fetched now. What is no web address is left out.

        An address that leads to an article held already is known and not fetched. An archived, rejected or gone URL
        does not come back by being announced; one given up after failures does, once a week. One that was forgotten on
        demand is left out.
        """
        by_key: dict[str, Discovered] = {}
        for one in found:
            if (key := key_or_none(one.url)) is not None:
                by_key.setdefault(key, one)
        now, due, new = self.now(), [], 0
        with writing(self.engine) as session:
            for key in forgotten_among(session, by_key):
                del by_key[key]
            rows, held = known_rows(session, by_key), held_as_alias(session, by_key)
            living = living_owners(session, now)
            for key, one in by_key.items():
                row = rows.get(key)
                if row is None and key not in held:
                    session.add(self.leased(new_row(key, one), now))
                    new += 1
                elif row is not None and self.may_lease(row, now, living):
                    self.leased(row, now)
                else:
                    continue
                due.append(one)
        return AnnounceResult(new=new, known=len(by_key) - new, due=due)

    def left_over(self, source_ids: list[str], batch: int) -> Iterator[list[Discovered]]:
        """What :meth:`lease_due` leases, ``batch`` URLs a transaction until there are no more; each at most once, also
        when it fails and is due again meanwhile."""
        after = 0
        while leased := self.lease_after(after, source_ids, batch):
            after = leased[-1][0]
            yield [found for _, found in leased]

    def lease_due(self, source_ids: list[str], limit: int) -> list[Discovered]:
        """Lease what earlier runs of these sources left and what is due again: oldest announcement first, at most
        ``limit``; never what a living run has leased."""
        return [found for _, found in self.lease_after(0, source_ids, limit)]

    def lease_after(self, after: int, source_ids: list[str], limit: int) -> list[tuple[int, Discovered]]:
        """The same past a row's id; with the id of each."""
        now = self.now()
        with writing(self.engine) as session:
            rows = self.due_rows(session, now, source_ids, after=after, limit=limit)
            return [(row.id, discovered_of(self.leased(row, now))) for row in rows]

    def due_rows(
        self, session: Session, now: datetime, source_ids: list[str], *, after: int, limit: int
    ) -> list[FrontierRow]:
        """What :meth:`lease_after` may lease."""
        free = leases.is_free(session, owner=self.owner, now=now, living=living_owners(session, now))
        until = None if self.is_forced else now
        return leases.due_rows(session, source_ids, free=free, limit=limit, after=after, until=until)

    def lease_rechecks(self, source_ids: list[str], limit: int) -> list[tuple[Discovered, bool]]:
        """Lease at most ``limit`` archived articles of these sources to look at again, the most overdue first.

        With each comes whether the whole page is asked for. Their state stays: a run that dies changes nothing.
        """
        now, found = self.now(), []
        with writing(self.engine) as session:
            free = leases.is_free(session, owner=self.owner, now=now, living=living_owners(session, now))
            rows = leases.recheck_rows(session, source_ids, free=free, limit=limit, now=now, is_forced=self.is_forced)
            for row in rows:
                row.lease_owner, row.lease_expires_at = self.owner, now + self.lock_time
                found.append((discovered_of(row), rechecks.wants_whole(row)))
        return found

    def leased(self, row: FrontierRow, now: datetime) -> FrontierRow:
        """The row, leased to this run."""
        row.state, row.lease_owner, row.lease_expires_at = "leased", self.owner, now + self.lock_time
        row.due_at = row.updated_at = now
        return row

    def may_lease(self, row: FrontierRow, now: datetime, living: Collection[str] = ()) -> bool:
        """Not what is settled, nor what another run is fetching; a failed URL waits for its time, unless forced."""
        if row.lease_owner == self.owner:
            return False
        if row.lease_owner is not None:
            return row.state == "leased" and not is_leased(row, now, living)
        if row.due_at is None:
            return is_worth_reviving(row, now)
        return self.is_forced or row.due_at <= now

    def release_leases(self) -> int:
        """Give back what this run leased and did not settle; it is due at once. How many there were."""
        return self._unlease(FrontierRow.lease_owner == self.owner)

    def release(self, found: Iterable[Discovered]) -> int:
        """Give back these URLs, if this run has them leased; they are due at once. How many there were."""
        keys = {key for one in found if (key := key_or_none(one.url)) is not None}
        return sum(
            self._unlease(FrontierRow.lease_owner == self.owner, FrontierRow.url_key.in_(chunk))
            for chunk in chunks(keys)
        )

    def _unlease(self, *which: ColumnElement[bool]) -> int:
        """A URL is as it was before; an article that was to be looked at again keeps its state and its time."""
        now = self.now()
        free = {"lease_owner": None, "lease_expires_at": None}
        due = {**free, "state": "discovered", "due_at": now, "updated_at": now}
        with writing(self.engine) as session:
            looked_at = changed(session, update(FrontierRow).where(*which, rechecks.holds_article()).values(free))
            return looked_at + changed(session, update(FrontierRow).where(*which).values(due))

    def counts(self, source_ids: Iterable[str] | None = None) -> dict[str, int]:
        """State → how many URLs are in it; of these sources, or of all."""
        query = select(FrontierRow.state, func.count()).group_by(FrontierRow.state)
        if source_ids is not None:
            query = query.where(FrontierRow.source_id.in_(list(source_ids)))
        with reading(self.engine) as session:
            return {row[0]: row[1] for row in session.execute(query)}

    # Locks

    def hold(self, names: Iterable[str]) -> set[str]:
        """Lock those of ``names`` that no living run holds; raises ``LockedError`` when none is free."""
        wanted, now = sorted(set(names)), self.now()
        with writing(self.engine) as session:
            rows = {row.name: row for row in session.scalars(select(LockRow).where(LockRow.name.in_(wanted)))}
            free = [name for name in wanted if name not in rows or is_free(rows[name], now)]
            taken = {}
            for name in free:
                row = rows.get(name) or LockRow(name=name, epoch=0)
                row.owner, row.epoch, row.expires_at = self.owner, row.epoch + 1, now + self.lock_time
                taken[name] = row.epoch
                session.add(row)
        if wanted and not free:
            raise LockedError(f"another run holds {', '.join(wanted)}; nothing was done")
        self.held |= taken
        self.expires_at = now + self.lock_time if self.held else None
        return set(free)

    def renew_locks(self) -> None:
        """Hold on to this run's locks for another ``lock_time``.

        Raises ``LockedError`` when one ran out (the machine slept): to go on would be to crawl its hosts twice at once.
        """
        expires_at = self.now() + self.lock_time
        with writing(self.engine) as session:
            session.execute(update(LockRow).where(LockRow.owner == self.owner).values(expires_at=expires_at))
        self.expires_at = expires_at if self.held else None

    def refuse_when_lost(self, session: Session) -> None:
        """Raise ``LockedError`` unless every lock taken is this run's still, in the epoch it was taken in."""
        if not self.held:
            return
        mine = select(LockRow.name, LockRow.epoch).where(LockRow.owner == self.owner, LockRow.expires_at > self.now())
        kept = {row.name: row.epoch for row in session.execute(mine)}
        if lost := sorted(name for name, epoch in self.held.items() if kept.get(name) != epoch):
            raise LockedError(f"this run's lease of {', '.join(lost)} ran out; nothing more is fetched or written")

    def refuse_when_expired(self) -> None:
        """The same as far as it can be told without the database: before a request is sent, and a record written."""
        if self.expires_at is not None and self.expires_at <= self.now():
            raise LockedError(f"this run's lease of {', '.join(sorted(self.held))} ran out; nothing more is fetched")

    def release_locks(self) -> None:
        """Give this run's locks back; the rows stay, so that epochs go on counting."""
        self.held, self.expires_at = {}, None
        with writing(self.engine) as session:
            mine = update(LockRow).where(LockRow.owner == self.owner)
            session.execute(mine.values(owner="", expires_at=self.now()))


def is_free(row: LockRow, now: datetime) -> bool:
    """Given back, run out, or held by a process of this machine that is gone."""
    return not row.owner or row.expires_at <= now or is_dead(row.owner)


def living_owners(session: Session, now: datetime) -> set[str]:
    """Runs that hold a lock now."""
    owners = session.scalars(select(LockRow.owner).where(LockRow.owner != "", LockRow.expires_at > now).distinct())
    return {owner for owner in owners if not is_dead(owner)}


def is_leased(row: FrontierRow, now: datetime, living: Collection[str]) -> bool:
    """Somebody who may be alive has it."""
    if row.lease_owner is None or is_dead(row.lease_owner):
        return False
    is_running = row.lease_expires_at is not None and row.lease_expires_at > now
    return is_running or row.lease_owner in living


def changed(session: Session, statement: Update) -> int:
    """How many rows the statement changed."""
    return cast("CursorResult[tuple[()]]", session.execute(statement)).rowcount


def key_or_none(url: str) -> str | None:
    """None for what is no web address; discovery drops those and says so."""
    try:
        return url_key(url)
    except ValueError:
        return None


def known_rows(session: Session, keys: Iterable[str]) -> dict[str, FrontierRow]:
    """Frontier rows by key."""
    rows: dict[str, FrontierRow] = {}
    for chunk in chunks(keys):
        rows |= {row.url_key: row for row in session.scalars(select(FrontierRow).where(FrontierRow.url_key.in_(chunk)))}
    return rows


def held_as_alias(session: Session, by_key: Mapping[str, Discovered]) -> set[str]:
    """Keys under which an archived article was met. What a page only claims (canonical, variant) does not count:
    believed wrongly, it would keep an article out for ever; and a feed's guid is no address."""
    held: set[str] = set()
    for chunk in chunks(by_key):
        met = select(AliasRow.url_key).where(AliasRow.url_key.in_(chunk), AliasRow.kind.in_(("requested", "redirect")))
        held |= set(session.scalars(met))
    return held


def chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    """The keys, ``CHUNK`` at a time."""
    remaining = iter(keys)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def new_row(key: str, one: Discovered) -> FrontierRow:
    """The row of a URL never announced before."""
    return FrontierRow(
        url_key=key,
        url=clean(one.url),
        source_id=one.source_id,
        discovered_via=one.discovered_via,
        endpoint_url=clean(one.endpoint_url),
        discovered_at=one.discovered_at,
        guid=clean_or_none(one.guid),
        title=clean_or_none(one.title),
        published_at=one.published_at,
        content_html=clean_or_none(one.content_html, limit=MAX_TEXT),
        attempts=0,
    )


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
