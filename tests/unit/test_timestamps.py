"""How moments are written for people and programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from archive.timestamps import published, rfc3339

MOMENT = datetime(2025, 3, 12, 8, 30, tzinfo=UTC)


def test_rfc3339_is_utc_with_z() -> None:
    assert rfc3339(MOMENT) == "2025-03-12T08:30:00Z"
    assert rfc3339(MOMENT.replace(microsecond=250_000)) == "2025-03-12T08:30:00.250000Z"
    assert rfc3339(datetime(2025, 3, 12, 1, 0, tzinfo=timezone(timedelta(hours=3)))) == "2025-03-11T22:00:00Z"


def test_a_day_does_not_pretend_to_be_midnight() -> None:
    assert published(datetime(2025, 3, 12, tzinfo=UTC), "day") == "2025-03-12"
    assert published(MOMENT, "minute") == "2025-03-12T08:30:00Z"
    assert published(None, "unknown") is None


def test_a_publication_time_reads_in_the_zone_the_page_printed() -> None:
    assert published(datetime(2025, 9, 2, 20, 0, tzinfo=UTC), "minute", 12 * 60) == "2025-09-03T08:00:00+12:00"
    assert published(datetime(2025, 9, 2, 20, 0, tzinfo=UTC), "minute", 0) == "2025-09-02T20:00:00Z"
    assert published(datetime(2025, 9, 2, 0, 0, tzinfo=UTC), "day", 12 * 60) == "2025-09-02"
