"""Runs as values to show: what each did, a line a source, and why addresses were dropped. Read only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from sqlalchemy import Connection, func, select

from archive.schema import OutcomeRow, RunRow, RunSourceRow

BATCH = 500  # rows fetched at a time; a run may have a hundred thousand


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
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """Outcome → URLs; empty in lists of runs. Endpoints that answered are in the ledger alone."""
    stages: Mapping[str, float] = field(default_factory=dict)
    """``stage/…`` → CPU seconds, or how many, of a crawl (docs/performance.md); empty in lists of runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlOutcome:
    """What became of one URL in one run."""

    source_id: str
    url: str
    outcome: str
    reason: str | None
    """A word of docs/operate."""
    detail: str | None
    """What was seen: an exception's words, the phrase that gave a page away, where a redirect led."""
    status: int | None
    at: datetime


DROPPED = ("rejected", "failed", "deferred", "gone", "endpoint_failed")
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
    totals = run_totals(connection, [run_id])[run_id]
    return RunView(
        **row,
        totals=totals,
        sources=ledger(connection, run_id),
        outcomes=outcomes(connection, run_id),
        stages=stages(connection, run_id),
    )


def stages(connection: Connection, run_id: int) -> dict[str, float]:
    """The counters by stage that the run left; none for runs of other commands."""
    said = connection.execute(select(RunRow.stats).where(RunRow.id == run_id)).scalar() or {}
    return {
        name: float(value)
        for name, value in sorted(said.items())
        if name.startswith("stage/") and isinstance(value, int | float)
    }


def outcomes(connection: Connection, run_id: int) -> dict[str, int]:
    """Outcome → URLs of the run, most first."""
    query = select(OutcomeRow.outcome, func.count()).where(OutcomeRow.run_id == run_id).group_by(OutcomeRow.outcome)
    rows = connection.execute(query.order_by(func.count().desc(), OutcomeRow.outcome))
    return {row[0]: row[1] for row in rows}


def urls(
    connection: Connection,
    run_id: int,
    *,
    only: Sequence[str] = (),
    source_id: str | None = None,
    reason: str | None = None,
    limit: int | None = None,
) -> Iterator[UrlOutcome]:
    """The run's URLs in the order they were settled; those with an outcome of ``only``, of a source, of a reason."""
    names = tuple(name.name for name in fields(UrlOutcome))
    query = select(*(getattr(OutcomeRow, name) for name in names)).where(OutcomeRow.run_id == run_id)
    if only:
        query = query.where(OutcomeRow.outcome.in_(only))
    if source_id is not None:
        query = query.where(OutcomeRow.source_id == source_id)
    if reason is not None:
        query = query.where(OutcomeRow.reason == reason)
    rows = connection.execution_options(yield_per=BATCH).execute(query.order_by(OutcomeRow.id).limit(limit))
    return (UrlOutcome(**row) for row in rows.mappings())


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
