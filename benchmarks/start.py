"""What does it cost to start, and to find that nothing is due? Cron asks every few minutes, on small machines.

    python -m benchmarks.start [--rounds 7]

Prints CPU seconds: of ``perilune --help``, of a crawl in which nothing is due, of one whose feed and sitemap have not
changed, and, to hold them against, of Python importing Scrapy. Medians of the rounds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.farm import running
from benchmarks.measure import Cost, cost_of, machine, median, perilune

HELP_BAR_S, IDLE_BAR_S = 0.3, 1.5


def rounds_of(count: int) -> dict[str, list[Cost]]:
    """What was started → its costs."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    with running(None, 8) as farm, tempfile.TemporaryDirectory() as folder:
        home, sources = Path(folder) / "home", Path(folder) / "sources"
        farm.write_sources(sources)
        crawl = ("crawl", "--quiet", "--sources", sources, "--allow-private")
        perilune(*crawl, "--all", home=home)
        for _ in range(count):
            costs["python -c 'import scrapy'"].append(cost_of([sys.executable, "-c", "import scrapy"]))
            costs["perilune --help"].append(cost_of([sys.executable, "-m", "crawler", "--help"]))
            costs["perilune crawl, nothing due"].append(perilune(*crawl, home=home))
            costs["perilune crawl, one source, nothing new"].append(perilune(*crawl, "farm-0", home=home))
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    costs = rounds_of(parser.parse_args().rounds)
    print(f"{machine()}\n\n{'':<42} {'CPU s':>6} {'wall s':>7} {'MB':>5}")
    for name, found in costs.items():
        cpu, clock = median([one.cpu_seconds for one in found]), median([one.seconds for one in found])
        print(f"{name:<42} {cpu:>6.2f} {clock:>7.2f} {median([one.peak_bytes for one in found]) / 1e6:>5.0f}")
    print(f"\nbars: --help {HELP_BAR_S} s, nothing due {IDLE_BAR_S} s of CPU")


if __name__ == "__main__":
    main()
