"""Which sources are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.schedule import Due, Timing, due

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_source(source_id: str = "esa", *, status: str = "active", interval: timedelta = 3 * HOUR) -> Timing:
    return Timing(source_id=source_id, status=status, interval=interval)


def test_a_source_never_polled_is_due() -> None:
    assert due([a_source()], {}, now=NOW) == [Due(source_id="esa", is_due=True, reason="never polled")]


@pytest.mark.parametrize(
    ("polled_at", "expected"),
    [
        pytest.param(NOW - 3 * HOUR, True, id="exactly an interval ago"),
        pytest.param(NOW - 2 * HOUR, False, id="less than an interval ago"),
    ],
)
def test_a_source_is_due_when_its_interval_has_passed(polled_at: datetime, expected: bool) -> None:
    [verdict] = due([a_source()], {"esa": polled_at}, now=NOW)
    assert verdict.is_due is expected
    assert verdict.due_at == polled_at + 3 * HOUR


def test_all_makes_active_sources_due_and_leaves_paused_ones() -> None:
    sources = [a_source("esa"), a_source("mir", status="ended")]
    verdicts = due(sources, {"esa": NOW, "mir": NOW}, now=NOW, is_all=True)
    assert [(verdict.source_id, verdict.is_due, verdict.reason) for verdict in verdicts] == [
        ("esa", True, "all"),
        ("mir", False, "ended"),
    ]


def test_a_named_source_is_due_whatever_its_status_and_others_are_not() -> None:
    sources = [a_source("esa"), a_source("mir", status="paused")]
    verdicts = due(sources, {}, now=NOW, named=frozenset({"mir"}))
    assert [(verdict.source_id, verdict.is_due) for verdict in verdicts] == [("esa", False), ("mir", True)]
