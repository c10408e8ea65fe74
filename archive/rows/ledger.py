"""What became of each URL of a run, and a line of counts a source: written together, so that they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.model import Outcome, Settled
from archive.sanitise import clean, clean_or_none
from archive.schema import OutcomeRow, RunSourceRow

COUNTERS: Mapping[str, tuple[str, ...]] = {
    "new": ("fetched", "archived"),
    "revision": ("fetched", "revised"),
    "unchanged": ("fetched", "unchanged"),
    "duplicate": ("fetched", "archived", "duplicates"),
    "rejected": ("fetched", "rejected"),
    "failed": ("failed",),
    "deferred": (),
    "gone": (),
    "endpoint_ok": ("endpoints_polled",),
    "endpoint_failed": ("endpoints_polled", "endpoints_failed"),
}  # outcome → columns of run_source that it adds one to
MAX_DETAIL = 1_000  # characters of an exception's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What a run has stored. ``disagreements`` name counters that differ from the rows: must be empty."""

    outcomes: Mapping[str, int]
    """Outcome → items, ``endpoint_ok`` included."""
    disagreements: tuple[str, ...]


def note(
    session: Session,
    run_id: int,
    settled: Settled,
    *,
    at: datetime,
    detail: str | None = None,
    status: int | None = None,
    announced: int = 0,
    capture_id: int | None = None,
) -> Settled:
    """Write an outcome down and count it; returns it. An endpoint that answered is counted only."""
    if settled.outcome != "endpoint_ok":
        session.add(
            OutcomeRow(
                run_id=run_id,
                source_id=settled.source_id,
                url=clean(settled.url),
                outcome=settled.outcome,
                reason=clean_or_none(settled.reason),
                detail=clean_or_none(detail, limit=MAX_DETAIL),
                status=status,
                at=at,
                capture_id=capture_id,
            )
        )
    line = session.get(RunSourceRow, (run_id, settled.source_id)) or new_line(session, run_id, settled.source_id)
    for column in COUNTERS[settled.outcome]:
        setattr(line, column, getattr(line, column) + 1)
    line.announced += announced
    return settled


def noted(session: Session, run_id: int, capture_id: int, *, article_id: int | None) -> Settled | None:
    """What this run made of this capture before; None when it meets it for the first time."""
    query = select(OutcomeRow).where(OutcomeRow.capture_id == capture_id, OutcomeRow.run_id == run_id).limit(1)
    row = session.scalar(query)
    if row is None:
        return None
    outcome: Outcome = row.outcome  # type: ignore[assignment]  # written by `note`
    return Settled(source_id=row.source_id, url=row.url, outcome=outcome, reason=row.reason, article_id=article_id)


def new_line(session: Session, run_id: int, source_id: str) -> RunSourceRow:
    line = RunSourceRow(
        run_id=run_id, source_id=source_id, announced=0, fetched=0, archived=0, revised=0, unchanged=0,
        duplicates=0, rejected=0, failed=0, endpoints_polled=0, endpoints_failed=0,
    )  # fmt: skip
    session.add(line)
    return line


def reconcile(session: Session, run_id: int) -> Reconciled:
    """What is stored of a run, counted from its rows and held against its counters."""
    query = select(OutcomeRow.source_id, OutcomeRow.outcome, func.count()).where(OutcomeRow.run_id == run_id)
    outcomes: Counter[str] = Counter()
    expected: Counter[tuple[str, str]] = Counter()
    for source_id, outcome, count in session.execute(query.group_by(OutcomeRow.source_id, OutcomeRow.outcome)):
        outcomes[outcome] += count
        for column in COUNTERS[outcome]:
            expected[source_id, column] += count
    disagreements = []
    for line in session.scalars(select(RunSourceRow).where(RunSourceRow.run_id == run_id)):
        answered = line.endpoints_polled - line.endpoints_failed
        outcomes["endpoint_ok"] += answered
        expected[line.source_id, "endpoints_polled"] += answered
        for column in sorted({column for columns in COUNTERS.values() for column in columns}):
            rows, counted = expected[line.source_id, column], getattr(line, column)
            if rows != counted:
                disagreements.append(f"{line.source_id}: {column} is {counted}, its rows are {rows}")
    return Reconciled(outcomes=+outcomes, disagreements=tuple(disagreements))
