"""What became of each URL of a run, and a line of counts a source: written together, so that they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Update, bindparam, func, insert, select, update
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
LINE = RunSourceRow.metadata.tables[RunSourceRow.__tablename__]
OUTCOME = OutcomeRow.metadata.tables[OutcomeRow.__tablename__]
IS_LINE = (LINE.c.run_id == bindparam("of_run")) & (LINE.c.source_id == bindparam("of_source"))
FIND_LINE = select(LINE.c.run_id).where(IS_LINE)
ADD_OUTCOME = insert(OUTCOME)
NOTED = (
    select(OUTCOME.c.source_id, OUTCOME.c.url, OUTCOME.c.outcome, OUTCOME.c.reason)
    .where(OUTCOME.c.capture_id == bindparam("capture"), OUTCOME.c.run_id == bindparam("run"))
    .limit(1)
)
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
        values = {
            "run_id": run_id,
            "source_id": settled.source_id,
            "url": clean(settled.url),
            "outcome": settled.outcome,
            "reason": clean_or_none(settled.reason),
            "detail": clean_or_none(detail, limit=MAX_DETAIL),
            "status": status,
            "at": at,
            "capture_id": capture_id,
        }
        session.connection().execute(ADD_OUTCOME, values)
    counts = dict.fromkeys(COUNTERS[settled.outcome], 1)
    count(session, run_id, settled.source_id, {**counts, "announced": announced} if announced else counts)
    return settled


def count(session: Session, run_id: int, source_id: str, counts: Mapping[str, int]) -> None:
    """Add to the source's line, which is made when it is not there yet."""
    connection, line = session.connection(), {"of_run": run_id, "of_source": source_id}
    if counts:
        more = {f"more_{name}": number for name, number in counts.items()}
        is_there = connection.execute(adding(tuple(counts)), {**line, **more}).rowcount > 0
    else:
        is_there = connection.execute(FIND_LINE, line).first() is not None
    if not is_there:
        zeros = {column.name: 0 for column in LINE.c if not column.primary_key}
        connection.execute(insert(LINE), {"run_id": run_id, "source_id": source_id, **zeros, **counts})


@lru_cache(maxsize=64)
def adding(columns: tuple[str, ...]) -> Update:
    """The statement that adds ``more_<column>`` to these columns of a line; making it costs more than running it."""
    return update(LINE).where(IS_LINE).values({name: LINE.c[name] + bindparam(f"more_{name}") for name in columns})


def noted(session: Session, run_id: int, capture_id: int, *, article_id: int | None) -> Settled | None:
    """What this run made of this capture before; None when it meets it for the first time."""
    row = session.connection().execute(NOTED, {"capture": capture_id, "run": run_id}).first()
    if row is None:
        return None
    outcome: Outcome = row.outcome
    return Settled(source_id=row.source_id, url=row.url, outcome=outcome, reason=row.reason, article_id=article_id)


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
