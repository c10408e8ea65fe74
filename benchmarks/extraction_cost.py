"""What does a page's extraction cost beside trafilatura's, and which step costs what?

    python -m benchmarks.extraction_cost --corpus DIR [--corpus DIR …] [--every N] [--rounds N] [--steps]

Every page goes through every extractor in turn, in one process, round after round, so that whatever else the machine
does falls on all of them; a page's cost is its median over the rounds. Quality: ``benchmarks.extraction``.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.extraction import METHODS, NICENESS, Method, versions
from benchmarks.scores import read_corpus
from pipelines import extract as extraction

NAMES = ("perilune", "trafilatura", "trafilatura+metadata", "trafilatura fast")
STEPS = (
    "decoded",
    "tree_of",
    "structured_data",
    "metadata_of",
    "facts_of",
    "prune_chrome",
    "blocks_in",
    "paragraphs_of",
    "filled",
    "named_body",
    "cleaned",
    "standfirst",
    "located",
    "with_marks",
)  # of pipelines.extract, in their order
Page = tuple[bytes, str]


def costs(method: Method, pages: Sequence[Page]) -> list[float]:
    """CPU seconds of each page."""
    found = []
    for body, url in pages:
        started = time.process_time()
        method(body, url)
        found.append(time.process_time() - started)
    return found


def interleaved(pages: Sequence[Page], rounds: int) -> dict[str, list[float]]:
    """Median seconds of each page by extractor; the extractors take turns page by page, each round in another order."""
    taken: dict[str, list[list[float]]] = {name: [[] for _ in pages] for name in NAMES}
    for number in range(rounds):
        turn = NAMES[number % len(NAMES) :] + NAMES[: number % len(NAMES)]
        for place, page in enumerate(pages):
            for name in turn:
                taken[name][place] += costs(METHODS[name][0], [page])
        gc.collect()
    return {name: [statistics.median(one) for one in listed] for name, listed in taken.items()}


def by_step(pages: Sequence[Page]) -> dict[str, float]:
    """CPU seconds in each step over all pages; a step inside another counts in both."""
    spent: dict[str, float] = defaultdict(float)

    def timed(name: str, step: Callable[..., Any]) -> Callable[..., Any]:  # Any: whatever the step takes and gives
        @wraps(step)
        def run(*args: Any, **options: Any) -> Any:  # Any: as above
            started = time.process_time()
            try:
                return step(*args, **options)
            finally:
                spent[name] += time.process_time() - started

        return run

    for name in STEPS:
        setattr(extraction, name, timed(name, getattr(extraction, name)))
    costs(METHODS["perilune"][0], pages)
    return spent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="folder with truth.jsonl")
    parser.add_argument("--every", type=int, default=4, help="every so manyth page (4)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts (5)")
    parser.add_argument("--steps", action="store_true", help="also what each step of ours takes")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    os.nice(NICENESS)
    logging.disable(logging.CRITICAL)
    print(versions())
    for folder in options.corpus:
        pages = [(one.body, one.url) for one in read_corpus(folder)[:: options.every]]
        for name in NAMES:
            costs(METHODS[name][0], pages[:5])  # the first pages compile patterns and load tables
        found = interleaved(pages, options.rounds)
        print(
            f"\n{folder.name}: {len(pages)} pages, {sum(len(body) for body, _ in pages) // len(pages):,} bytes a page"
        )
        print(f"{'extractor':<22} {'ms':>6} {'median':>6} {'ours / it':>9}")
        for name, seconds in found.items():
            ratio = sum(found["perilune"]) / sum(seconds)
            row = f"{1000 * statistics.mean(seconds):6.1f} {1000 * statistics.median(seconds):6.1f} {ratio:9.2f}"
            print(f"{name:<22} {row}", flush=True)
        if options.steps:
            for step, spent in by_step(pages).items():
                print(f"  {step:<20} {1000 * spent / len(pages):6.2f}")


if __name__ == "__main__":
    main()
