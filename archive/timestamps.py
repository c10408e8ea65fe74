"""Moments as people and programs read them: RFC 3339, UTC with Z; a day stays a day."""

from __future__ import annotations

from datetime import UTC, datetime

from archive.model import Precision


def rfc3339(moment: datetime) -> str:
    """``2025-03-12T08:30:00Z``, with a fraction of the second only where there is one."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def published(moment: datetime | None, precision: Precision | str) -> str | None:
    """A publication date: ``2025-03-12`` when only the day is known, otherwise as :func:`rfc3339`; None for none."""
    if moment is None:
        return None
    return moment.astimezone(UTC).date().isoformat() if precision == "day" else rfc3339(moment)
