"""Dates as feeds and sitemaps print them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

SPUTNIK = datetime(1957, 10, 4, tzinfo=UTC)  # no news of space before it: an older date is a broken clock's
W3C = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?)?)?", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A date and how much of it was printed."""

    at: datetime
    """Aware UTC. A day or less is its first midnight; a time without zone is taken as UTC."""
    precision: Literal["second", "minute", "day", "unknown"]
    """``unknown`` when only a year or a month was printed."""


def w3c_stamp(text: str) -> Stamp | None:
    """A W3C date (https://www.w3.org/TR/NOTE-datetime, RFC 3339); None for anything else or before Sputnik."""
    hit = W3C.fullmatch(text.strip()[:64])
    if not hit:
        return None
    year, month, day, hour, minute, second, zone = hit.groups()
    try:
        at = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),
            tzinfo=zone_of(zone),
        )
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    precision: Literal["second", "minute", "day", "unknown"] = (
        "second" if second else "minute" if hour else "day" if day else "unknown"
    )
    return Stamp(at=at, precision=precision) if at >= SPUTNIK else None


def zone_of(text: str | None) -> timezone:
    """``+02:00`` as a zone; UTC for ``Z`` and for nothing. Raises ``ValueError`` for an offset of a day or more."""
    if not text or text in "zZ":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
