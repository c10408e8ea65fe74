"""Moments as people and programs read them: RFC 3339, in UTC or as printed; a day stays a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from archive.model import Precision

OFFSET_LIMIT = 24 * 60  # minutes; a larger one is no zone, and Python takes none


def rfc3339(moment: datetime) -> str:
    """``2025-03-12T08:30:00Z``, with a fraction of the second only where there is one."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def published(moment: datetime | None, precision: Precision | str, offset_minutes: int | None = None) -> str | None:
    """A publication date: ``2025-03-12`` when only the day is known; None for none; otherwise RFC 3339.

    With ``offset_minutes`` the instant reads as the page printed it (``2025-03-12T21:30:00+13:00``), so that its
    day is the publisher's day; an offset of 0 or None gives UTC with Z.
    """
    if moment is None:
        return None
    if precision == "day":
        return moment.astimezone(UTC).date().isoformat()
    if not offset_minutes or not -OFFSET_LIMIT < offset_minutes < OFFSET_LIMIT:
        return rfc3339(moment)
    return moment.astimezone(timezone(timedelta(minutes=offset_minutes))).isoformat()


def span(length: timedelta) -> str:
    """A length of time for people: its two largest parts."""
    minutes = max(0, round(length.total_seconds() / 60))
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    shown = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(shown[:2]) or "under a minute"
