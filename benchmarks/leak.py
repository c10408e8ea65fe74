"""Does a crawl hold more memory after many pages than after a few?

    python -m benchmarks.leak [--few 1000] [--many 10000]

Crawls that many made-up pages, once each, into fresh archives, and prints the most memory that all processes of each
crawl held together (what they share counts once a process) and what they held when the last page was stored.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.farm import running
from benchmarks.measure import machine, perilune

BAR_MB = 500


def peak_mb(pages: int) -> tuple[float, float]:
    """(most memory held by all processes together in MB, pages a second) of a crawl of so many pages."""
    with running(None, pages) as farm, tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources"
        farm.write_sources(sources)
        words = ("crawl", "--all", "--quiet", "--sources", sources, "--allow-private")
        cost = perilune(*words, home=Path(folder) / "home")
    return cost.peak_bytes / 1e6, pages / cost.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=1000)
    parser.add_argument("--many", type=int, default=10_000)
    options = parser.parse_args()
    print(f"{machine()}\n\n{'pages':>8} {'most MB':>8} {'pages/s':>8}")
    found = []
    for pages in (options.few, options.many):
        memory, rate = peak_mb(pages)
        found.append(memory)
        print(f"{pages:>8} {memory:>8.0f} {rate:>8.1f}", flush=True)
    print(f"\n{found[1] / found[0]:.2f} times as much; bar: {BAR_MB} MB")


if __name__ == "__main__":
    main()
