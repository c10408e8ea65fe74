"""What a source file expects, held against what came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crawler.expectations import Observed, breaches
from spiders.registry import Expectations

NOW = datetime(2026, 3, 15, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)


def test_silence_of_a_source_known_for_weeks_is_a_breach() -> None:
    found = breaches(
        "esa", Expectations(articles_per_week_min=5), Observed(first_seen_at=LONG_AGO, articles_in_week=0), now=NOW
    )
    assert [str(breach) for breach in found] == ["esa: articles_per_week: expected at least 5, observed 0"]


def test_a_source_known_for_days_is_not_yet_judged_by_the_week() -> None:
    young = Observed(first_seen_at=NOW - timedelta(days=3), articles_in_week=1)
    assert breaches("esa", Expectations(articles_per_week_min=5), young, now=NOW) == []


def test_a_flood_is_a_breach() -> None:
    found = breaches(
        "esa", Expectations(articles_per_week_max=80), Observed(first_seen_at=LONG_AGO, articles_in_week=81), now=NOW
    )
    assert [(breach.expected, breach.observed) for breach in found] == [("at most 80", "81")]


def test_missing_dates_break_the_fill_rate() -> None:
    seen = Observed(first_seen_at=LONG_AGO, articles_in_week=20, filled={"published_at": 18})
    found = breaches("esa", Expectations(fill_rate={"published_at": 0.95}), seen, now=NOW)
    assert [str(breach) for breach in found] == [
        "esa: fill_rate.published_at: expected at least 95%, observed 90% of 20"
    ]


def test_a_rate_of_nine_articles_is_not_judged() -> None:
    seen = Observed(first_seen_at=LONG_AGO, articles_in_week=9, filled={})
    assert breaches("esa", Expectations(fill_rate={"authors": 0.3}), seen, now=NOW) == []
