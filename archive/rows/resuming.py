"""Long runs that go on where one like them was ended: how far they came is in their row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from archive.database import writing
from archive.schema import RunRow


def resume_run(
    engine: Engine,
    command: str,
    scope: Mapping[str, object],
    *,
    software: str,
    now: datetime,
    is_from_start: bool = False,
) -> tuple[int, Mapping[str, Any]]:  # Any: JSON values
    """(id, stats) of the latest run of this command when it was never finished, by this version of the program and over
    the same ``scope`` (in its stats); else of a new one."""
    with writing(engine) as session:
        latest = session.scalar(select(RunRow).where(RunRow.command == command).order_by(RunRow.id.desc()).limit(1))
        if (
            latest is not None
            and latest.state != "finished"
            and not is_from_start
            and latest.software == software
            and latest.stats.get("scope") == scope
        ):
            latest.state, latest.ended_at, latest.exit_code, latest.reason = "running", None, None, None
            return latest.id, dict(latest.stats)
        run = RunRow(command=command, state="running", started_at=now, software=software, stats={"scope": dict(scope)})
        session.add(run)
        session.flush()
        return run.id, {}


def note_stats(engine: Engine, run_id: int, stats: Mapping[str, object]) -> None:
    """Write down how far the run came."""
    with writing(engine) as session:
        session.get_one(RunRow, run_id).stats = dict(stats)
