"""Runs as values to show: what each did, a line a source, and why addresses were dropped. Read only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from archive.schema import OutcomeRow, RunRow, RunSourceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One source in one run: what was announced and what became of it."""

    source_id: str
    announced: int
    fetched: int
    archived: int
    revised: int
    unchanged: int
    duplicates: int
    rejected: int
    failed: int
    endpoints_polled: int
    endpoints_failed: int
    drops: Mapping[str, int]
    """Reason → how many addresses it kept out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run; ``sources`` is empty in lists of runs."""

    id: int
    command: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    exit_code: int | None
    reason: str | None
    software: str
    totals: Mapping[str, int]
    """Sums of the ledger's columns."""
    sources: tuple[LedgerLine, ...] = ()


LEDGER_COUNTS = tuple(column.name for column in RunSourceRow.__table__.columns if not column.primary_key)


RUN_COLUMNS = (
    RunRow.id,
    RunRow.command,
    RunRow.state,
    RunRow.started_at,
    RunRow.ended_at,
    RunRow.exit_code,
    RunRow.reason,
    RunRow.software,
)


def runs(connection: Connection, *, limit: int = 20) -> tuple[RunView, ...]:
    """The latest runs, latest first."""
    statement = select(*RUN_COLUMNS).order_by(RunRow.id.desc()).limit(limit)
    rows = connection.execute(statement).mappings().all()
    totals = run_totals(connection, [row["id"] for row in rows])
    return tuple(RunView(**row, totals=totals[row["id"]]) for row in rows)


def run(connection: Connection, run_id: int) -> RunView | None:
    """A run with its ledger, a line a source; None when there is none."""
    row = connection.execute(select(*RUN_COLUMNS).where(RunRow.id == run_id)).mappings().one_or_none()
    if row is None:
        return None
    return RunView(**row, totals=run_totals(connection, [run_id])[run_id], sources=ledger(connection, run_id))


def run_totals(connection: Connection, run_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Run → sums of its ledger; zeros for a run without lines."""
    sums = [func.coalesce(func.sum(getattr(RunSourceRow, name)), 0).label(name) for name in LEDGER_COUNTS]
    statement = select(RunSourceRow.run_id, *sums).where(RunSourceRow.run_id.in_(run_ids))
    rows = connection.execute(statement.group_by(RunSourceRow.run_id)).mappings()
    found = {row["run_id"]: {name: int(row[name]) for name in LEDGER_COUNTS} for row in rows}
    return {run_id: found.get(run_id, dict.fromkeys(LEDGER_COUNTS, 0)) for run_id in run_ids}


def ledger(connection: Connection, run_id: int) -> tuple[LedgerLine, ...]:
    """A run's lines by source id."""
    drops: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons = select(OutcomeRow.source_id, OutcomeRow.reason, func.count()).where(
        OutcomeRow.run_id == run_id, OutcomeRow.reason.is_not(None)
    )
    for source_id, reason, count in connection.execute(reasons.group_by(OutcomeRow.source_id, OutcomeRow.reason)):
        drops[source_id][str(reason)] += count
    statement = select(RunSourceRow.source_id, *(getattr(RunSourceRow, name) for name in LEDGER_COUNTS))
    rows = connection.execute(statement.where(RunSourceRow.run_id == run_id).order_by(RunSourceRow.source_id))
    return tuple(LedgerLine(**row, drops=dict(drops[row["source_id"]].most_common())) for row in rows.mappings())
