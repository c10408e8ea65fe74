"""What hosts asked of us, from one run to the next: waits, the time of the last request, robots.txt.

Politeness that ends with a process is none: a ``Retry-After`` of two hours holds for the next run too, and two runs
right after one another must not come faster than the delay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.owners import GROUP
from archive.sanitise import MAX_TEXT, clean
from archive.schema import HostRow, RobotsRow


@dataclass(frozen=True, slots=True, kw_only=True)
class HostGroup:
    """What a host group was last asked, and asked of us."""

    name: str
    asked_at: datetime | None = None
    """When the last request was sent; of a run at work, or killed, a moment to come, which is a whole delay to wait."""
    delay_s: float = 0.0
    """Seconds between two requests then."""
    held_until: datetime | None = None
    """Nothing is sent before."""

    def wait_s(self, now: datetime) -> float:
        """Seconds until it may be asked again; 0 when it may be asked now."""
        since = (now - self.asked_at).total_seconds() if self.asked_at else self.delay_s
        held = (self.held_until - now).total_seconds() if self.held_until else 0.0
        return max(0.0, min(self.delay_s, self.delay_s - since), held)


def host_groups(session: Session, names: Iterable[str]) -> dict[str, HostGroup]:
    """Those of the groups that were ever asked, by name."""
    rows = session.scalars(select(HostRow).where(HostRow.name.in_([GROUP + name for name in names])))
    return {
        (name := row.name.removeprefix(GROUP)): HostGroup(
            name=name, asked_at=row.asked_at, delay_s=row.delay_s, held_until=row.held_until
        )
        for row in rows
    }


def remember(session: Session, groups: Iterable[HostGroup], *, now: datetime) -> None:
    """Write down what is known of the groups now."""
    for group in groups:
        row = session.get(HostRow, GROUP + group.name) or HostRow(name=GROUP + group.name)
        row.asked_at, row.delay_s, row.held_until = group.asked_at, group.delay_s, group.held_until
        row.updated_at = now
        session.add(row)


def robots_answer(session: Session, origin: str, *, now: datetime) -> tuple[int, str] | None:
    """(status, text) of the origin's robots.txt as it was last answered; None when that is too long ago, or never."""
    row = session.get(RobotsRow, clean(origin))
    return (row.status, row.text) if row is not None and row.expires_at > now else None


def note_robots(session: Session, origin: str, *, status: int, text: str, expires_at: datetime, now: datetime) -> None:
    """Keep an answer until it expires."""
    session.merge(
        RobotsRow(
            origin=clean(origin), status=status, text=clean(text, limit=MAX_TEXT), fetched_at=now, expires_at=expires_at
        )
    )
