"""What waits, what runs, what failed; and how each host group stands. Reads the engine's tables; needs no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text

from archive.fleet.engine import SCHEMA, has_queue
from archive.owners import GROUP
from archive.schema import HostRow, LockRow

MOST = 500  # rows a table for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """One kind of job. ``waited_s``: how long the oldest that could be started waits; None when none does."""

    kind: str
    todo: int = 0
    later: int = 0
    """Waiting for their time: put off, or to be tried again."""
    doing: int = 0
    failed: int = 0
    waited_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job as it stands in the queue."""

    id: int
    kind: str
    status: str
    what: Mapping[str, Any]  # Any: JSON values
    attempts: int
    scheduled_at: datetime | None
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """A host group: who has it now, until when it asked to be left alone, and what waits for it."""

    name: str
    owner: str | None = None
    expires_at: datetime | None = None
    held_until: datetime | None = None
    reason: str | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The whole of it; empty where there is no engine."""

    has_engine: bool = False
    depths: tuple[Depth, ...] = ()
    groups: tuple[GroupState, ...] = field(default=())


def queue_at(connection: Connection, *, now: datetime) -> Queue:
    """The queue as it is at ``now``."""
    groups = tuple(group_states(connection, now=now))
    if not has_queue(connection):
        return Queue(groups=groups)
    return Queue(has_engine=True, depths=tuple(depths(connection)), groups=groups)


def depths(connection: Connection) -> list[Depth]:
    """A line a kind of job, by name; what succeeded is no longer in the queue."""
    counted = text(f"""
        SELECT j.task_name AS kind,
               count(*) FILTER (WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()) AS todo,
               count(*) FILTER (WHERE j.status = 'todo' AND j.scheduled_at > now()) AS later,
               count(*) FILTER (WHERE j.status = 'doing') AS doing,
               count(*) FILTER (WHERE j.status IN ('failed', 'aborted', 'cancelled')) AS failed
          FROM {SCHEMA}.procrastinate_jobs j GROUP BY j.task_name ORDER BY j.task_name
    """)  # noqa: S608  # a constant of ours
    oldest = text(f"""
        SELECT extract(epoch FROM now() - greatest(e.at, j.scheduled_at))
          FROM {SCHEMA}.procrastinate_jobs j JOIN {SCHEMA}.procrastinate_events e ON e.job_id = j.id
         WHERE j.id = (SELECT min(id) FROM {SCHEMA}.procrastinate_jobs WHERE status = 'todo' AND task_name = :kind
                          AND (scheduled_at IS NULL OR scheduled_at <= now()))
         ORDER BY e.at DESC LIMIT 1
    """)  # noqa: S608  # a constant of ours
    found = []
    for row in connection.execute(counted).mappings():
        waited = connection.execute(oldest, {"kind": row["kind"]}).scalar() if row["todo"] else None
        found.append(Depth(**row, waited_s=None if waited is None else max(0.0, float(waited))))
    return found


def jobs(connection: Connection, *, limit: int = MOST) -> list[Waiting]:
    """Running ones first, then what waits in the order it is taken, then what failed; at most ``limit``."""
    query = text(f"""
        SELECT id, task_name AS kind, status::text AS status, args AS what, attempts, scheduled_at, priority
          FROM {SCHEMA}.procrastinate_jobs
         ORDER BY CASE status WHEN 'doing' THEN 0 WHEN 'todo' THEN 1 ELSE 2 END, priority DESC, id LIMIT :limit
    """)  # noqa: S608  # a constant of ours
    if not has_queue(connection):
        return []
    return [Waiting(**row) for row in connection.execute(query, {"limit": limit}).mappings()]


def group_states(connection: Connection, *, now: datetime) -> list[GroupState]:
    """Host groups of which there is something to say, by name, at most ``MOST``: leased, waiting, or to be left
    alone."""
    leased = select(LockRow.name, LockRow.owner, LockRow.expires_at).where(
        LockRow.name.startswith(GROUP), LockRow.owner != "", LockRow.expires_at > now
    )
    silent = select(HostRow.name, HostRow.held_until, HostRow.reason).where(
        HostRow.name.startswith(GROUP), HostRow.held_until > now
    )
    states: dict[str, dict[str, Any]] = {}  # Any: the fields of a GroupState
    for lease in connection.execute(leased.limit(MOST)):
        states.setdefault(lease.name, {}).update(owner=lease.owner, expires_at=lease.expires_at)
    for host in connection.execute(silent.limit(MOST)):
        states.setdefault(host.name, {}).update(held_until=host.held_until, reason=host.reason)
    for name, count in waiting_by_group(connection).items():
        states.setdefault(name, {}).update(waiting=count)
    named = ((name.removeprefix(GROUP), facts) for name, facts in sorted(states.items())[:MOST])
    return [GroupState(name=name, **facts) for name, facts in named]


def waiting_by_group(connection: Connection) -> dict[str, int]:
    """Host groups with the most jobs waiting, and how many."""
    if not has_queue(connection):
        return {}
    query = text(f"""
        SELECT lock, count(*) AS waiting FROM {SCHEMA}.procrastinate_jobs
         WHERE status = 'todo' AND starts_with(lock, '{GROUP}') GROUP BY lock ORDER BY 2 DESC, 1 LIMIT {MOST}
    """)  # noqa: S608  # constants of ours
    return {row.lock: row.waiting for row in connection.execute(query)}
