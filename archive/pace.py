"""How often a source is asked: as often as it publishes, between the bounds of its file. Pure.

Asking twice per article that is to be expected finds half of them within a quarter of the pause and none is missed
while feeds list more than a handful; a source that publishes once a week is asked once a day at most. What a source
published is counted over the last four weeks, without what stood there when it was first asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

WINDOW = timedelta(days=28)  # of the past that is counted
SETTLED = timedelta(days=2)  # since the first article; before, the first guess of the source file stands
FIRST_LOOK = timedelta(hours=1)  # after the first article: what came by then had been there before
ASKED_AN_ARTICLE = 2  # polls


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a source published while it was watched."""

    articles: int
    during: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of a source file: the first guess, and how far the pace may go from it."""

    interval: timedelta
    shortest: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time between two polls, and why it is that."""

    interval: timedelta
    reason: str


def pace_of(bounds: Bounds, published: Published | None) -> Pace:
    """The pace of a source. A first guess outside the bounds widens them: somebody meant it."""
    shortest, longest = min(bounds.shortest, bounds.interval), max(bounds.longest, bounds.interval)
    if published is None or published.during < SETTLED:
        return Pace(interval=bounds.interval, reason="first guess")
    days = published.during / timedelta(days=1)
    said = f"{published.articles} articles in {days:.0f} days"
    if not published.articles:
        return Pace(interval=longest, reason=f"{said}: the longest interval")
    wanted = published.during / (published.articles * ASKED_AN_ARTICLE)
    interval = timedelta(minutes=round(min(max(wanted, shortest), longest) / timedelta(minutes=1)))
    limit = ": the shortest interval" if wanted < shortest else ": the longest interval" if wanted > longest else ""
    return Pace(interval=max(interval, shortest), reason=said + limit)
