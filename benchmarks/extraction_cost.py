"""What does a page's extraction cost beside trafilatura's, and which step costs what?

    python -m benchmarks.extraction_cost --corpus DIR [--corpus DIR …] [--every N] [--rounds N] [--steps]

Every page goes through every extractor in turn, in one process, round after round, so that whatever else the machine
does falls on all of them; ours puts quicker names into trafilatura, the others run with its own. ``first`` is a page
of a site that was never seen, ``again`` the median of the later rounds, when what is remembered of a site's names is: a
crawl lies between. Quality: ``benchmarks.extraction``.
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

import trafilatura
from justext import core, utils
from trafilatura import external, main_extractor

from benchmarks.extraction import METHODS, NICENESS, versions
from benchmarks.scores import read_corpus
from pipelines import extract as extraction

WARM_UP = 5  # pages that are not counted: they compile patterns and load tables
Page = tuple[bytes, str]
Call = Callable[[bytes, str], object]
REPLACED: tuple[tuple[Any, str], ...] = (  # Any: modules whose names are not exported
    (main_extractor, "BODY_XPATH"),
    (main_extractor, "prune_unwanted_sections"),
    (external, "jt_stoplist_init"),
    (core, "Paragraph"),
    (core, "define_stoplist"),
    (utils, "MULTIPLE_WHITESPACE_PATTERN"),
)  # by pipelines.pruning and pipelines.rescue, once they are first asked
PUBLISHED = [getattr(module, name) for module, name in REPLACED]


def as_published(call: Call) -> Call:
    """The call with trafilatura as it is installed, whatever ours has put into it."""

    def run(body: bytes, url: str) -> object:
        ours = [getattr(module, name) for module, name in REPLACED]
        put(PUBLISHED)
        try:
            return call(body, url)
        finally:
            put(ours)

    return run


def put(values: Sequence[object]) -> None:
    for (module, name), value in zip(REPLACED, values, strict=True):
        setattr(module, name, value)


CALLS: dict[str, Call] = {
    "perilune": METHODS["perilune"][0],
    "trafilatura default": as_published(lambda body, url: trafilatura.bare_extraction(body, url=url)),
    "trafilatura, no comments": as_published(METHODS["trafilatura"][0]),
    "trafilatura+metadata": as_published(METHODS["trafilatura+metadata"][0]),
}
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


def costs(method: Call, pages: Sequence[Page]) -> list[float]:
    """CPU seconds of each page."""
    found = []
    for body, url in pages:
        started = time.process_time()
        method(body, url)
        found.append(time.process_time() - started)
    return found


def interleaved(pages: Sequence[Page], rounds: int) -> dict[str, list[list[float]]]:
    """Seconds of each page in each round, by extractor; they take turns page by page, each round in another order."""
    names = list(CALLS)
    taken: dict[str, list[list[float]]] = {name: [[] for _ in pages] for name in names}
    for number in range(rounds):
        turn = names[number % len(names) :] + names[: number % len(names)]
        for place, page in enumerate(pages):
            for name in turn:
                taken[name][place] += costs(CALLS[name], [page])
        gc.collect()
    return taken


def row(name: str, ours: list[list[float]], theirs: list[list[float]]) -> str:
    """One line of the table: mean and median milliseconds at first sight, mean again, and what ours is of each."""
    first, again = ([one[0] for one in theirs], [statistics.median(one[1:] or one) for one in theirs])
    our_first, our_again = sum(one[0] for one in ours), sum(statistics.median(one[1:] or one) for one in ours)
    times = f"{1000 * statistics.mean(first):6.1f} {1000 * statistics.median(first):6.1f} {our_first / sum(first):9.2f}"
    return f"{name:<25} {times} {1000 * statistics.mean(again):6.1f} {our_again / sum(again):9.2f}"


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
    costs(CALLS["perilune"], pages)
    return spent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="folder with truth.jsonl")
    parser.add_argument("--every", type=int, default=4, help="every so manyth page (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (3): the first, and the median of the later ones")
    parser.add_argument("--steps", action="store_true", help="also what each step of ours takes")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    os.nice(NICENESS)
    logging.disable(logging.CRITICAL)
    print(versions())
    for folder in options.corpus:
        pages = [(one.body, one.url) for one in read_corpus(folder)[:: options.every]]
        for call in CALLS.values():
            costs(call, pages[:WARM_UP])
        pages = pages[WARM_UP:]
        found = interleaved(pages, options.rounds)
        print(
            f"\n{folder.name}: {len(pages)} pages, {sum(len(body) for body, _ in pages) // len(pages):,} bytes a page"
        )
        print(f"{'extractor':<25} {'first':>6} {'median':>6} {'ours / it':>9} {'again':>6} {'ours / it':>9}")
        for name, seconds in found.items():
            print(row(name, found["perilune"], seconds), flush=True)
        if options.steps:
            for step, spent in by_step(pages).items():
                print(f"  {step:<20} {1000 * spent / len(pages):6.2f}")


if __name__ == "__main__":
    main()
