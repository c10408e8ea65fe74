"""Is anything lost when a crawl is killed at any moment?

    python -m benchmarks.kill [--rounds 50] [--articles 200] [--seed 1]

A publisher on loopback is crawled twice: once undisturbed, and once with ``kill -9`` at random moments, so many rounds,
then to the end. Prints what differs and exits 1 when anything does: the exports, object by object, apart from numbers
and moments; an article that was asked for more than once and once a kill; a WARC file that ``warcio check`` refuses; a
finding of ``perilune verify --full`` that is a fault.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.site.faultsite import FaultSite
from tests.site.fixtures import served

OWN = ("id", "story_id", "duplicate_of", "captures", "first_seen_at", "last_seen_at")  # of a run, not of an article
EARLIEST_S, LATEST_S = 0.3, 6.0  # after its start, that a crawl is killed
PATIENCE_S = 600.0  # for a run that nobody kills


@dataclass(frozen=True)
class Place:
    """An archive and what fills it."""

    home: Path
    sources: Path

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "crawler", *words, "--home", str(self.home)]

    def crawl(self) -> list[str]:
        return self.command("crawl", "--all", "--quiet", "--sources", str(self.sources), "--allow-private")

    def exported(self) -> dict[str, dict[str, object]]:
        """Address → what the archive says of the article."""
        told = subprocess.run(self.command("export", "--format", "jsonl", "-"), check=True, capture_output=True)
        articles = [json.loads(line) for line in told.stdout.splitlines()]
        return {one["url"]: {name: one[name] for name in one if name not in OWN} for one in articles}


class Counting(FaultSite):
    """Counts how often each address was asked for."""

    def __init__(self, articles: int) -> None:
        super().__init__(good=articles)
        self.asked: Counter[str] = Counter()

    def respond(self, request):  # type: ignore[no-untyped-def]  # as FaultSite's
        self.asked[request.path] += 1
        return super().respond(request)


def killed(command: Sequence[str], after_s: float) -> bool:
    """Start the command and kill it, its children too, after so long; False when it was done before."""
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def differences(whole: Place, torn: Place, asked: Counter[str], kills: int) -> Iterator[str]:
    """A line a fault."""
    expected, got = whole.exported(), torn.exported()
    for url in sorted({*expected, *got}):
        if expected.get(url) != got.get(url):
            yield f"{url}: {'missing' if url not in got else 'differs'}"
    for path, count in asked.items():
        if path not in ("/robots.txt", "/feed.xml") and count > 1 + kills:
            yield f"{path}: asked for {count} times"
    for file in sorted(torn.home.glob("warc/**/*.warc.gz")):
        done = subprocess.run(
            [Path(sys.executable).with_name("warcio"), "check", file], capture_output=True, check=False
        )
        if done.returncode:
            yield f"{file.name}: {done.stdout.decode()[-200:]}"
    done = subprocess.run(torn.command("verify", "--full"), capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"verify ends with {done.returncode}: {done.stdout[-400:]}"


def rounds(place: Place, count: int, dice: random.Random) -> int:
    """Kill so many crawls, then let one end; how many were killed before they were done."""
    kills = 0
    for number in range(count):
        kills += killed(place.crawl(), dice.uniform(EARLIEST_S, LATEST_S))
        print(f"\r{number + 1} of {count} rounds, {kills} kills", end="", file=sys.stderr)
    print(file=sys.stderr)
    subprocess.run(place.crawl(), check=True, timeout=PATIENCE_S)
    return kills


def measure(place: Path, *, articles: int, count: int, seed: int, delay_s: float) -> tuple[int, int, list[str]]:
    """(kills, requests for articles beyond one each, faults)."""
    site = Counting(articles)
    with served(site) as server:
        site.write_source(place / "sources", server.base_url, download_delay=delay_s)
        whole, torn = Place(place / "whole", place / "sources"), Place(place / "torn", place / "sources")
        site.asked.clear()
        kills = rounds(torn, count, random.Random(seed))
        asked = site.asked.copy()
        subprocess.run(whole.crawl(), check=True, timeout=PATIENCE_S)
        faults = list(differences(whole, torn, asked, kills))
    extra = sum(asked[path] - 1 for path in site.pieces)
    return kills, extra, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--delay", type=float, default=0.2, help="seconds between two requests, so that kills meet work"
    )
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        kills, extra, faults = measure(
            Path(place), articles=options.articles, count=options.rounds, seed=options.seed, delay_s=options.delay
        )
    print(
        f"{options.articles} articles, {kills} kills in {options.rounds} rounds, {time.monotonic() - began:.0f} s: "
        f"{extra} articles asked for again, {len(faults)} faults"
    )
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
