"""The schedule of looks at archived articles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.rows.rechecks import next_look, wants_whole
from archive.schema import FrontierRow

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("looks", "pause"),
    [
        (0, timedelta(hours=6)),
        (1, timedelta(days=1)),
        (2, timedelta(days=3)),
        (3, timedelta(days=7)),
        (4, timedelta(days=28)),
        (5, timedelta(days=91)),
        (6, timedelta(days=364)),
    ],
)
def test_looks_come_early_and_then_seldom(looks: int, pause: timedelta) -> None:
    at = next_look(looks, now=NOW)
    assert at is not None
    assert NOW + pause <= at <= NOW + pause * 1.1


def test_after_the_last_look_there_is_none() -> None:
    assert next_look(7, now=NOW) is None


def test_articles_of_one_minute_come_back_in_different_ones() -> None:
    assert len({next_look(0, now=NOW, key=f"https://moon.example/{number}") for number in range(20)}) > 10


def test_every_fourth_look_asks_for_the_whole_page() -> None:
    assert [wants_whole(FrontierRow(rechecks=looks)) for looks in range(8)] == [
        False, False, False, True, False, False, False, True,
    ]  # fmt: skip
