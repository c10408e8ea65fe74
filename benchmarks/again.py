"""What do the runs after the first cost, and getting the archive out or back again?

    python -m benchmarks.again [--corpus DIR] [--pages 200] [--rounds 3]

Crawls pages from loopback into a fresh archive each round, then measures, all processes' CPU and the clock: a second
crawl in which nothing is new, a look at every article (all pages sent again, the same), ``export``, ``verify --full``,
and ``replay``, which makes the database anew from the WARC files alone. Medians of the rounds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.farm import Farm, running
from benchmarks.measure import Cost, machine, median, perilune

STEPS = {
    "first crawl": ("crawl", "--all", "--force", "--quiet"),
    "second crawl, nothing new": ("crawl", "--all", "--force", "--quiet"),
    "recheck, every page the same": ("recheck", "--all", "--force", "--quiet"),
    "export": ("export", "--format", "jsonl", "-"),
    "verify --full": ("verify", "--full"),
    "replay": ("replay",),
}
CRAWLS = ("crawl", "recheck")


def one_round(farm: Farm, home: Path) -> dict[str, Cost]:
    """Step → its cost. A replay gets a database of its own."""
    sources = home / "sources"
    farm.write_sources(sources)
    costs = {}
    for step, words in STEPS.items():
        print(f"\r{step:<40}", end="", file=sys.stderr)
        more: Sequence[str | Path] = ("--sources", sources, "--allow-private") if words[0] in CRAWLS else ()
        if words[0] == "replay":
            more = ("--sources", sources, "--database", f"sqlite:///{home}/rebuilt.db")
        costs[step] = perilune(*words, *more, home=home)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="folder with truth.jsonl; made-up pages without")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    costs: dict[str, list[Cost]] = defaultdict(list)
    with running(options.corpus, options.pages) as farm:
        pages = len(farm.urls)
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                for step, cost in one_round(farm, Path(folder)).items():
                    costs[step].append(cost)
    print(f"\r{machine()}\n{pages} pages, median of {options.rounds} rounds\n")
    print(f"{'':<30} {'CPU s':>7} {'ms/page':>8} {'wall s':>7} {'MB':>5}")
    for step, found in costs.items():
        cpu, clock = median([one.cpu_seconds for one in found]), median([one.seconds for one in found])
        peak = median([one.peak_bytes for one in found]) / 1e6
        print(f"{step:<30} {cpu:>7.1f} {1000 * cpu / pages:>8.1f} {clock:>7.1f} {peak:>5.0f}")


if __name__ == "__main__":
    main()
