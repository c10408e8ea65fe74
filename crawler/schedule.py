"""Which sources are due. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What the schedule needs to know of a source."""

    source_id: str
    status: str
    """active | paused | ended, as in the source file."""
    interval: timedelta
    why: str = "first guess"
    """What the interval comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A source to poll now, or why not; ``due_at`` is None for one that was never polled."""

    source_id: str
    is_due: bool
    reason: str
    due_at: datetime | None = None


def due(
    sources: Iterable[Timing],
    last_polled: Mapping[str, datetime],
    *,
    now: datetime,
    named: frozenset[str] = frozenset(),
    is_all: bool = False,
) -> list[Due]:
    """A verdict a source, in the order given.

    A source named on the command line is due whatever its status; ``is_all`` makes every active one due;
    otherwise an active source is due when its interval has passed since it was last polled.
    """
    return [
        verdict(source, last_polled.get(source.source_id), now=now, named=named, is_all=is_all) for source in sources
    ]


def verdict(source: Timing, polled_at: datetime | None, *, now: datetime, named: frozenset[str], is_all: bool) -> Due:
    """The verdict on one source; see :func:`due`."""
    due_at = polled_at + source.interval if polled_at else None
    if source.source_id in named:
        return Due(source_id=source.source_id, is_due=True, reason="named", due_at=due_at)
    if named:
        return Due(source_id=source.source_id, is_due=False, reason="not named", due_at=due_at)
    if source.status != "active":
        return Due(source_id=source.source_id, is_due=False, reason=source.status)
    if is_all:
        return Due(source_id=source.source_id, is_due=True, reason="all", due_at=due_at)
    if due_at is None:
        return Due(source_id=source.source_id, is_due=True, reason="never polled")
    if due_at <= now:
        return Due(source_id=source.source_id, is_due=True, reason=f"every {span(source)}", due_at=due_at)
    return Due(source_id=source.source_id, is_due=False, reason=f"every {span(source)}", due_at=due_at)


def span(source: Timing) -> str:
    """``3 h: 28 articles in 7 days``."""
    minutes = round(source.interval / timedelta(minutes=1))
    time = (
        f"{minutes} min"
        if minutes < 120
        else f"{minutes / 60:.3g} h"
        if minutes < 2880
        else f"{minutes / 1440:.3g} days"
    )
    return f"{time}: {source.why}"
