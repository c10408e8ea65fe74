"""The workers and schedulers of an archive, as they say of themselves every few seconds; and what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from sqlalchemy import Connection, Engine, delete, select

from archive.database import writing
from archive.errors import ConfigError, LockedError
from archive.owners import is_dead
from archive.schema import WorkerRow

BEAT_S = 10.0  # s between two signs of life
SILENT = timedelta(seconds=60)  # without a sign for so long a worker counts as lost: five of them may be late
KEPT = timedelta(days=1)  # for so long one that left or was lost is still shown

Kind: TypeAlias = Literal["worker", "scheduler", "both"]
Wish: TypeAlias = Literal["pause", "drain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of them; ``state`` is working | paused | draining | left | lost."""

    name: str
    kind: str
    state: str
    jobs: int
    capacity: int
    software: str
    schema_version: str
    started_at: datetime
    seen_at: datetime
    wish: str | None = None

    @property
    def is_living(self) -> bool:
        return self.state not in ("left", "lost")


def enrol(
    engine: Engine,
    *,
    name: str,
    kind: Kind,
    owner: str,
    software: str,
    schema_version: str,
    capacity: int,
    now: datetime,
) -> None:
    """Enter the roster. Raises ``ConfigError`` when a living one has this name."""
    with writing(engine) as session:
        session.execute(delete(WorkerRow).where(WorkerRow.seen_at < now - KEPT))
        row = session.get(WorkerRow, name)
        if row is not None and row.owner != owner and member(row, now).is_living:
            raise ConfigError(
                f"a worker named {name!r} was seen at {row.seen_at:%H:%M:%S}; give this one another --name"
            )
        session.merge(
            WorkerRow(
                name=name, kind=kind, owner=owner, software=software, schema_version=schema_version, state="working",
                wish=None, jobs=0, capacity=capacity, started_at=now, seen_at=now,
            )
        )  # fmt: skip


def beat(engine: Engine, *, name: str, owner: str, state: str, jobs: int, now: datetime) -> str | None:
    """Say that it lives and what it does; what an operator wishes of it: pause, drain, or None.

    Raises ``LockedError`` when another process goes by its name by now, ``StoreError`` when nobody can be told.
    """
    with writing(engine) as session:
        row = session.get(WorkerRow, name)
        if row is None or row.owner != owner:
            raise LockedError(f"another process works as {name!r} since this one fell silent")
        row.state, row.jobs, row.seen_at = state, jobs, now
        return row.wish


def leave(engine: Engine, *, name: str, owner: str, now: datetime) -> None:
    """It ended in order."""
    with writing(engine) as session:
        row = session.get(WorkerRow, name)
        if row is not None and row.owner == owner:
            row.state, row.jobs, row.wish, row.seen_at = "left", 0, None, now


def ask(engine: Engine, name: str, wish: Wish | None, *, now: datetime) -> None:
    """Wish something of a living one; it hears with its next sign of life. Raises ``ConfigError``."""
    with writing(engine) as session:
        row = session.get(WorkerRow, name)
        if row is None or not member(row, now).is_living:
            raise ConfigError(f"no living worker {name!r}; `perilune workers list` shows them")
        row.wish = wish


def members(connection: Connection, *, now: datetime) -> list[Member]:
    """All of them by name, those that left or were lost within a day included."""
    rows = connection.execute(select(WorkerRow.__table__).order_by(WorkerRow.name)).mappings()
    return [member(WorkerRow(**row), now) for row in rows]


def living(connection: Connection, *, now: datetime) -> list[Member]:
    return [one for one in members(connection, now=now) if one.is_living]


def member(row: WorkerRow, now: datetime) -> Member:
    """The row as others see it: lost, when nothing was heard for long, or its process is seen to be gone."""
    is_lost = row.state != "left" and (row.seen_at <= now - SILENT or is_dead(row.owner))
    names = ("name", "kind", "jobs", "capacity", "software", "schema_version", "started_at", "seen_at", "wish")
    return Member(state="lost" if is_lost else row.state, **{name: getattr(row, name) for name in names})
