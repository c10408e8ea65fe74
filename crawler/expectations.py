"""What a source file expects, held against what came: a breach is an alarm, not a log line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from spiders.registry import Expectations

WEEK = timedelta(days=7)
MIN_ARTICLES_FOR_RATE = 10  # articles; below this one page without a date already moves a rate by a tenth


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the archive holds of a source for the seven days before ``now``."""

    first_seen_at: datetime | None
    """When the source's first article came; None when it has none."""
    articles_in_week: int
    filled: Mapping[str, int] = field(default_factory=dict)
    """Field name → how many of ``articles_in_week`` carry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """An expectation that does not hold."""

    source_id: str
    expectation: str
    expected: str
    observed: str

    def __str__(self) -> str:
        return f"{self.source_id}: {self.expectation}: expected {self.expected}, observed {self.observed}"


def breaches(source_id: str, expected: Expectations, observed: Observed, *, now: datetime) -> list[Breach]:
    """Every expectation of the source that does not hold; empty when all do.

    The weekly count is judged once the archive knows the source for a week, a fill rate from
    ``MIN_ARTICLES_FOR_RATE`` articles on: before that a breach would only say that the archive is young.
    """
    return cadence_breaches(source_id, expected, observed, now=now) + rate_breaches(source_id, expected, observed)


def cadence_breaches(source_id: str, expected: Expectations, observed: Observed, *, now: datetime) -> list[Breach]:
    """Too few or too many articles in a week."""
    if observed.first_seen_at is None or now - observed.first_seen_at < WEEK:
        return []
    count, found = observed.articles_in_week, []
    if expected.articles_per_week_min is not None and count < expected.articles_per_week_min:
        found.append(f"at least {expected.articles_per_week_min:g}")
    if expected.articles_per_week_max is not None and count > expected.articles_per_week_max:
        found.append(f"at most {expected.articles_per_week_max:g}")
    return [
        Breach(source_id=source_id, expectation="articles_per_week", expected=bound, observed=str(count))
        for bound in found
    ]


def rate_breaches(source_id: str, expected: Expectations, observed: Observed) -> list[Breach]:
    """Fields that too few articles carry."""
    if observed.articles_in_week < MIN_ARTICLES_FOR_RATE:
        return []
    rates = {name: observed.filled.get(name, 0) / observed.articles_in_week for name in expected.fill_rate}
    return [
        Breach(
            source_id=source_id,
            expectation=f"fill_rate.{name}",
            expected=f"at least {expected.fill_rate[name]:.0%}",
            observed=f"{rate:.0%} of {observed.articles_in_week}",
        )
        for name, rate in rates.items()
        if rate < expected.fill_rate[name]
    ]
