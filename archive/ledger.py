"""Runs at rest: the run's row, a ledger line a source, and what became of each URL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from archive.model import Settled
from archive.sanitise import clean, clean_or_none
from archive.schema import OutcomeRow, RunSourceRow

COUNTERS = {
    "new": ("fetched", "archived"),
    "revision": ("fetched", "revised"),
    "unchanged": ("fetched", "unchanged"),
    "duplicate": ("fetched", "archived", "duplicates"),
    "rejected": ("fetched", "rejected"),
    "failed": ("failed",),
    "endpoint_ok": ("endpoints_polled",),
    "endpoint_failed": ("endpoints_polled", "endpoints_failed"),
}  # outcome → columns of run_source that it adds one to


def note(
    session: Session,
    run_id: int,
    settled: Settled,
    *,
    at: datetime,
    detail: str | None = None,
    status: int | None = None,
    announced: int = 0,
) -> Settled:
    """Write an outcome down and count it; returns it."""
    if settled.outcome != "endpoint_ok":
        session.add(
            OutcomeRow(
                run_id=run_id,
                source_id=settled.source_id,
                url=clean(settled.url),
                outcome=settled.outcome,
                reason=settled.reason,
                detail=clean_or_none(detail, limit=1000),
                status=status,
                at=at,
            )
        )
    line = session.get(RunSourceRow, (run_id, settled.source_id)) or new_line(session, run_id, settled.source_id)
    for column in COUNTERS[settled.outcome]:
        setattr(line, column, getattr(line, column) + 1)
    line.announced += announced
    return settled


def new_line(session: Session, run_id: int, source_id: str) -> RunSourceRow:
    line = RunSourceRow(
        run_id=run_id, source_id=source_id, announced=0, fetched=0, archived=0, revised=0, unchanged=0,
        duplicates=0, rejected=0, failed=0, endpoints_polled=0, endpoints_failed=0,
    )  # fmt: skip
    session.add(line)
    return line
