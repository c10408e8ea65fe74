"""How many machines do so many sources need, and what is full first?

    python -m benchmarks.scale measure              what a job, a page, a write and a dispatch cost here
    python -m benchmarks.scale [--sources 1000 10000 100000] [--seed 1]

A day of a fleet, simulated: every source is polled when it is due, a poll is a job, a job waits for a free place and
holds it for its requests' delays, and its pages cost CPU, the database's one write lock, and room. What each costs is
measured (``measure``, docs/scale.md has the figures); what publishers do is drawn: few publish much, most little.
Prints a column a number of sources, and which of the things that more workers don't widen is fullest.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

DAY_S = 86_400.0


@dataclass(frozen=True)
class Costs:
    """Measured on two cores of this machine by ``measure`` and the benchmarks that the comments name."""

    job_cpu_s: float = 0.4  # of a crawl that finds nothing new: fork, Scrapy's start, two polls, its end
    page_cpu_s: float = 0.084  # docs/extraction.md: fetch, extraction, signature, WARC
    job_writes: int = 14  # transactions of a crawl that finds nothing
    recheck_cpu_s: float = 0.012  # of one that is answered 304
    page_writes: int = 2  # transactions that change a row or two: announcement, lease, or what a 304 came to
    write_s: float = 0.0008  # that such a one holds the write lock
    article_write_s: float = 0.023  # that a page answered in full does, capture and article: 43 a second of one writer
    dispatch_s: float = 0.028  # benchmarks.workers dispatch: the median of the slowest shape of 100,000 jobs
    article_bytes: int = 22_000  # rows, indexes, search, of one article in PostgreSQL
    warc_bytes: int = 25_000  # of one page, gzipped


@dataclass(frozen=True)
class World:
    """What publishers do and what we ask of them."""

    polls_a_day: float = 8.0  # every three hours; a quiet source's pace falls to one
    polls_a_day_quiet: float = 1.0
    articles_a_day: float = 4.0  # on average; lognormal, so one source in a hundred has some sixty
    spread: float = 1.4  # sigma of it
    rechecks_an_article: float = 4.0  # within its first month
    answered_in_full: float = 0.2  # of the rechecks; the others are 304
    delay_s: float = 5.0
    endpoints: int = 2


@dataclass(frozen=True)
class Fleet:
    cores: int
    places: int
    """Jobs at once, over all workers."""


@dataclass
class Day:
    """What a simulated day came to."""

    jobs: int = 0
    pages: int = 0
    """Asked for: new ones, and those looked at again."""
    full: int = 0
    """Of them answered with a page."""
    busy_cpu_s: float = 0.0
    busy_writes_s: float = 0.0
    busy_places_s: float = 0.0
    waits_s: list[float] | None = None


def sources_of(count: int, world: World, dice: random.Random) -> list[tuple[float, float]]:
    """(polls a day, articles a day) of each source."""
    mu = math.log(world.articles_a_day) - world.spread**2 / 2
    drawn = [dice.lognormvariate(mu, world.spread) for _ in range(count)]
    return [(max(world.polls_a_day_quiet, min(world.polls_a_day, 2 * rate)), rate) for rate in drawn]


def simulate(count: int, world: World, costs: Costs, fleet: Fleet, seed: int) -> Day:
    """A day, event by event: a job is due, waits for a place, and holds it for its requests' delays or its CPU."""
    dice = random.Random(seed)
    due = [
        (dice.uniform(0, DAY_S / polls) + number * DAY_S / polls, rate / polls)
        for polls, rate in sources_of(count, world, dice)
        for number in range(int(polls))
    ]
    due.sort()
    day = Day(waits_s=[])
    ends: list[float] = []
    waiting: deque[tuple[float, float]] = deque()
    for at, articles in due:
        while ends and ends[0] <= at:
            begin_waiting(heapq.heappop(ends), waiting, ends, day, world, costs, dice)
        waiting.append((at, articles))
        if len(ends) < fleet.places:
            begin_waiting(at, waiting, ends, day, world, costs, dice)
    while ends:
        begin_waiting(heapq.heappop(ends), waiting, ends, day, world, costs, dice)
    return day


def begin_waiting(now, waiting, ends, day, world, costs, dice) -> None:  # type: ignore[no-untyped-def]  # one event of simulate
    """The job that waits longest takes the place that is free."""
    if not waiting:
        return
    at, articles = waiting.popleft()
    again = poisson(articles * world.rechecks_an_article, dice)
    full = poisson(articles, dice) + round(again * world.answered_in_full)
    pages = full + again - round(again * world.answered_in_full)
    cpu_s = costs.job_cpu_s + full * costs.page_cpu_s + (pages - full) * costs.recheck_cpu_s
    writes_s = (costs.job_writes + pages * costs.page_writes) * costs.write_s + full * costs.article_write_s
    seconds = max((pages + world.endpoints) * world.delay_s, cpu_s)
    heapq.heappush(ends, now + seconds)
    day.jobs += 1
    day.pages += pages
    day.full += full
    day.busy_cpu_s += cpu_s
    day.busy_writes_s += writes_s
    day.busy_places_s += seconds
    day.waits_s.append(now - at)


def poisson(mean: float, dice: random.Random) -> int:
    """Knuth's; the means here are small."""
    if mean > 50:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count, product = count + 1, product * dice.random()
    return count


def enough_for(count: int, world: World, costs: Costs, seed: int) -> Fleet:
    """The smallest fleet whose cores and places are used to seven tenths on average."""
    day = simulate(count, world, costs, Fleet(cores=10**6, places=10**6), seed)
    return Fleet(
        cores=max(1, math.ceil(day.busy_cpu_s / DAY_S / 0.7)), places=max(4, math.ceil(day.busy_places_s / DAY_S / 0.7))
    )


def line(count: int, world: World, costs: Costs, seed: int) -> dict[str, str]:
    """What so many sources need, and what is fullest."""
    fleet = enough_for(count, world, costs, seed)
    day = simulate(count, world, costs, fleet, seed)
    waits = sorted(day.waits_s or [0.0])
    used = {
        "CPU": day.busy_cpu_s / DAY_S / fleet.cores,
        "places": day.busy_places_s / DAY_S / fleet.places,
        "write lock": day.busy_writes_s / DAY_S,
        "dispatch": day.jobs * costs.dispatch_s / DAY_S,
    }
    fixed = {name: used[name] for name in ("write lock", "dispatch")}  # that more machines don't widen
    first = max(fixed, key=lambda name: fixed[name])
    articles = day.full / (1 + world.rechecks_an_article * world.answered_in_full)
    return {
        "sources": f"{count:,}",
        "jobs a second": f"{day.jobs / DAY_S:.2f}",
        "pages a second": f"{day.pages / DAY_S:.1f}",
        "cores": f"{fleet.cores}",
        "crawls at once": f"{fleet.places}",
        "waits, p95": f"{waits[int(len(waits) * 0.95)]:.0f} s",
        "write lock": f"{used['write lock']:.0%}",
        "dispatch": f"{used['dispatch']:.1%}",
        "database, a year": f"{articles * 365 * costs.article_bytes / 1e9:,.0f} GB",
        "store, a year": f"{day.full * 365 * costs.warc_bytes / 1e12:,.1f} TB",
        "full first": f"{first}, {fixed[first]:.0%}",
    }


def printed(rows: Sequence[dict[str, str]]) -> None:
    """A column a number of sources."""
    width = max(len(name) for name in rows[0])
    for name in rows[0]:
        print(f"{name:<{width}}  " + "  ".join(f"{row[name]:>18}" for row in rows))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["measure", "simulate"], default="simulate")
    parser.add_argument("--sources", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    if said.what == "measure":
        from benchmarks.scale_costs import measured

        for name, value in measured().items():
            print(f"{name:<44}  {value}")
        return 0
    for name, world in (("as a mixed registry publishes", World()), ("five times as busy", World(articles_a_day=20.0))):
        print(f"\n{name}: {world.articles_a_day:g} articles a source and day")
        printed([line(count, world, Costs(), said.seed) for count in said.sources])
    return 0


if __name__ == "__main__":
    sys.exit(main())
