"""How long a host group is left alone after an earlier run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.rows.hosts import HostGroup
from crawler.robots import lifetime_s

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked_s_ago", "delay_s", "held_s", "wait_s"),
    [
        (None, 0.0, None, 0.0),
        (None, 5.0, None, 0.0),
        (2, 5.0, None, 3.0),
        (9, 5.0, None, 0.0),
        (-60, 5.0, None, 5.0),  # of a run at work, or killed; a clock that was turned back
        (1, 5.0, 7200, 7200.0),
        (1, 5.0, -10, 4.0),
    ],
)
def test_a_group_is_asked_after_its_delay_and_its_wait(
    asked_s_ago: float | None, delay_s: float, held_s: float | None, wait_s: float
) -> None:
    group = HostGroup(
        name="moon",
        asked_at=None if asked_s_ago is None else NOW - timedelta(seconds=asked_s_ago),
        delay_s=delay_s,
        held_until=None if held_s is None else NOW + timedelta(seconds=held_s),
    )
    assert group.wait_s(NOW) == wait_s


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        (None, 86_400.0),
        (b"no-cache", 86_400.0),
        (b"max-age=60", 3_600.0),
        (b"public, max-age=7200", 7_200.0),
        (b"max-age=99999999999999999999", 86_400.0),
        (b"s-maxage=7200", 86_400.0),
    ],
)
def test_robots_txt_holds_an_hour_at_least_and_a_day_at_most(cache_control: bytes | None, seconds: float) -> None:
    assert lifetime_s(cache_control) == seconds
