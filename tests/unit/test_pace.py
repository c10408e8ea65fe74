"""How often a source is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive.pace import Bounds, Published, pace_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BOUNDS = Bounds(interval=3 * HOUR, shortest=15 * MINUTE, longest=DAY)


@pytest.mark.parametrize(
    ("published", "interval", "reason"),
    [
        (None, 3 * HOUR, "first guess"),
        (Published(articles=90, during=DAY), 3 * HOUR, "first guess"),
        (Published(articles=28, during=28 * DAY), 12 * HOUR, "28 articles in 28 days"),
        (Published(articles=84, during=7 * DAY), 1 * HOUR, "84 articles in 7 days"),
        (Published(articles=5000, during=28 * DAY), 15 * MINUTE, "5000 articles in 28 days: the shortest interval"),
        (Published(articles=2, during=28 * DAY), DAY, "2 articles in 28 days: the longest interval"),
        (Published(articles=0, during=28 * DAY), DAY, "0 articles in 28 days: the longest interval"),
    ],
)
def test_a_source_is_asked_twice_an_expected_article(
    published: Published | None, interval: timedelta, reason: str
) -> None:
    pace = pace_of(BOUNDS, published)
    assert (pace.interval, pace.reason) == (interval, reason)


def test_a_first_guess_outside_the_bounds_widens_them() -> None:
    rare = Bounds(interval=7 * DAY, shortest=15 * MINUTE, longest=DAY)
    assert pace_of(rare, Published(articles=1, during=28 * DAY)).interval == 7 * DAY
    often = Bounds(interval=5 * MINUTE, shortest=15 * MINUTE, longest=DAY)
    assert pace_of(often, Published(articles=9000, during=28 * DAY)).interval == 5 * MINUTE
