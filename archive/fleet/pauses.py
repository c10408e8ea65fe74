"""Sources that an operator stopped for the time being, for every machine at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from archive.database import writing
from archive.errors import ConfigError
from archive.sanitise import clean
from archive.schema import PauseRow

MOST_WORDS = 500  # characters of a reason


def pause(engine: Engine, source_id: str, reason: str, *, now: datetime) -> None:
    """Stop it; stopping it again replaces the reason."""
    with writing(engine) as session:
        session.merge(PauseRow(source_id=source_id, reason=clean(reason)[:MOST_WORDS], paused_at=now))


def resume(engine: Engine, source_id: str) -> None:
    """Let it be crawled again. Raises ``ConfigError`` when it was not stopped."""
    with writing(engine) as session:
        row = session.get(PauseRow, source_id)
        if row is None:
            raise ConfigError(f"{source_id} is not paused")
        session.delete(row)


def paused(database: Connection | Session) -> dict[str, str]:
    """Source id → why it is stopped."""
    rows = database.execute(select(PauseRow.source_id, PauseRow.reason).order_by(PauseRow.source_id))
    return {row.source_id: row.reason for row in rows}
