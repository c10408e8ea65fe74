"""Which ranges of articles one process has to itself for a while, so that no two work on the same ones.

A claim is a lease, as a crawl's on its hosts is: a row of ``lock``, named after the range, which runs out unless it is
renewed; whoever lost it (frozen, cut off) is told so in its next transaction, before it writes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.errors import LockedError
from archive.idrange import IdRange, id_range
from archive.owners import is_dead
from archive.schema import LockRow

PREFIX = "articles:"
CLAIM_TIME = timedelta(minutes=5)  # renewed with each batch, which takes a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A range as it was claimed; ``epoch`` counts who had it."""

    ids: IdRange
    owner: str
    epoch: int


def claim(session: Session, ids: IdRange, *, owner: str, now: datetime) -> Claim:
    """Have the range alone. Raises ``LockedError`` while somebody who lives has one that overlaps it."""
    taken = select(LockRow).where(LockRow.name.startswith(PREFIX), LockRow.owner != "", LockRow.expires_at > now)
    for row in session.scalars(taken.order_by(LockRow.name)):
        other = id_range(row.name.removeprefix(PREFIX))
        if ids.overlaps(other) and not is_dead(row.owner):
            raise LockedError(f"articles {other} are being worked on by {row.owner}; nothing was done")
    row = session.get(LockRow, f"{PREFIX}{ids}") or LockRow(name=f"{PREFIX}{ids}", epoch=0)
    row.owner, row.epoch, row.expires_at = owner, row.epoch + 1, now + CLAIM_TIME
    session.add(row)
    return Claim(ids=ids, owner=owner, epoch=row.epoch)


def renew(session: Session, held: Claim, *, now: datetime) -> None:
    """Keep it for another ``CLAIM_TIME``. Raises ``LockedError`` when it ran out: it may be another's now."""
    row = session.get_one(LockRow, f"{PREFIX}{held.ids}")
    if not is_kept(row, held) or row.expires_at <= now:
        raise LockedError(f"the lease of articles {held.ids} ran out; nothing more is written")
    row.expires_at = now + CLAIM_TIME


def give_back(session: Session, held: Claim, *, now: datetime) -> None:
    """Let others have it; nothing when they have it already. The row stays, so that epochs go on counting."""
    row = session.get_one(LockRow, f"{PREFIX}{held.ids}")
    if is_kept(row, held):
        row.owner, row.expires_at = "", now


def is_kept(row: LockRow, held: Claim) -> bool:
    return (row.owner, row.epoch) == (held.owner, held.epoch)
