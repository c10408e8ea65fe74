"""How clean is our text, beside plain trafilatura and other extractors, and what does it cost?

    python benchmarks/extraction.py --corpus DIR [--corpus DIR …] [--sample N] [--worst N] [--only NAME …]

Prints one table a corpus; docs/extraction.md holds the latest. ``--worst N`` lists the pages on which we
lose most, with what is missing and what leaked.
"""

from __future__ import annotations

import argparse
import difflib
import logging
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from archive.model import DateCandidate
from benchmarks.scores import BAD, Found, Score, Truth, mean, read_corpus, score, share

Method = Callable[[bytes, str], Found]
COLUMNS = (
    f"{'extractor':<24} {'F1':>6} {'prec':>6} {'rec':>6} {'<0.8':>5} {'empty':>5} {'with':>6} {'leak':>6} "
    f"{'title':>6} {'author':>6} {'day':>6} {'day+':>6} {'inv.au':>6} {'inv.da':>6} {'ms':>6} {'median':>6} {'max':>7}"
)
NICENESS = 10  # a benchmark gives way to people's work


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One page through one extractor."""

    found: Found
    score: Score
    seconds: float
    """CPU time of the process."""


def perilune(body: bytes, url: str) -> Found:
    """Our own extraction, up to the article as it would be archived."""
    from archive.errors import ExtractionError
    from pipelines.dates import TRUST
    from pipelines.extract import extract
    from pipelines.normalise import chosen_date
    from pipelines.page import Hints, Rules

    try:
        page = extract(body, url=url, charset=None, hints=Hints(), rules=Rules())
    except ExtractionError as exc:
        return Found(note=str(exc))
    chosen = chosen_date(page.dates, now=datetime.now(UTC))
    changed = max(
        (one for one in page.dates if one.role == "modified"), key=lambda one: TRUST[one.origin], default=None
    )
    return Found(
        text=page.text,
        title=page.title,
        authors=page.authors,
        date=local_date(chosen),
        changed=local_date(changed),
        note=page.extractor,
    )


def local_date(found: DateCandidate | None) -> datetime | date | None:
    """A day, or the instant in the page's zone."""
    if found is None or found.precision == "day":
        return found and found.value.date()
    return found.value.astimezone(timezone(timedelta(minutes=found.offset_minutes or 0)))


def trafilatura_text(body: bytes, url: str, **options: bool) -> Found:
    import trafilatura

    page = trafilatura.bare_extraction(body, url=url, include_comments=False, with_metadata=False, **options)
    return Found(text=str(page.text or "")) if page is not None else Found()


def trafilatura_all(body: bytes, url: str) -> Found:
    import trafilatura

    page = trafilatura.bare_extraction(body, url=url, include_comments=False, with_metadata=True)
    if page is None:
        return Found()
    authors = tuple(name.strip() for name in (page.author or "").split(";") if name.strip())
    day = date.fromisoformat(page.date) if page.date else None
    return Found(text=str(page.text or ""), title=page.title, authors=authors, date=day)


def readability(body: bytes, url: str) -> Found:
    from lxml.html import fromstring
    from readability import Document

    page = Document(body, url=url)
    return Found(text=fromstring(page.summary()).text_content(), title=page.short_title())


def newspaper(body: bytes, url: str) -> Found:
    from newspaper import Article

    page = Article(url)
    page.download(input_html=body.decode("utf-8", "replace"))
    page.parse()
    return Found(text=page.text, title=page.title, authors=tuple(page.authors), date=page.publish_date)


METHODS: dict[str, tuple[Method, str]] = {
    "perilune": (perilune, "pipelines"),
    "trafilatura": (trafilatura_text, "trafilatura"),
    "trafilatura+metadata": (trafilatura_all, "trafilatura"),
    "trafilatura precision": (partial(trafilatura_text, favor_precision=True), "trafilatura"),
    "trafilatura recall": (partial(trafilatura_text, favor_recall=True), "trafilatura"),
    "trafilatura fast": (partial(trafilatura_text, fast=True), "trafilatura"),
    "readability-lxml": (readability, "readability"),
    "newspaper4k": (newspaper, "newspaper"),
}


def run_page(name: str, truth: Truth) -> Outcome:
    """One page through one extractor. An extractor that fails on a page found nothing there."""
    body = truth.body
    started = time.process_time()
    try:
        found = METHODS[name][0](body, truth.url)
    except Exception as exc:  # whatever somebody else's extractor raises is its result for the page
        found = Found(note=f"{type(exc).__name__}: {exc}"[:200])
    seconds = time.process_time() - started
    return Outcome(found=found, score=score(found, truth), seconds=seconds)


def start_worker() -> None:
    os.nice(NICENESS)
    logging.disable(logging.CRITICAL)


def measured(name: str, pages: Sequence[Truth], processes: int) -> list[Outcome]:
    """Every page through one extractor, in the corpus's order."""
    with ProcessPoolExecutor(processes, initializer=start_worker) as pool:
        return list(pool.map(partial(run_page, name), pages, chunksize=8))


def row(name: str, outcomes: Sequence[Outcome]) -> str:
    """One line of the table."""
    scores = [one.score for one in outcomes]
    costs = sorted(1000 * one.seconds for one in outcomes)
    marks = [
        mean([one.f1 for one in scores]),
        mean([one.precision for one in scores]),
        mean([one.recall for one in scores]),
    ]
    bad = sum(one.f1 is not None and one.f1 < BAD for one in scores)
    rest = [
        share([one.kept for one in scores]),
        share([one.leaked for one in scores]),
        mean([one.title for one in scores]),
        mean([one.author for one in scores]),
        mean([one.day for one in scores]),
        mean([one.day_or_change for one in scores]),
        mean([one.invented_author for one in scores]),
        mean([one.invented_date for one in scores]),
    ]
    empty = sum(one.is_empty for one in scores)
    return (
        f"{name:<24} "
        + " ".join(f"{mark:6.4f}" for mark in marks)
        + f" {bad:5d} {empty:5d} "
        + " ".join(f"{mark:6.3f}" for mark in rest)
        + f" {statistics.mean(costs):6.1f} {statistics.median(costs):6.1f} {costs[-1]:7.0f}"
    )


def worst(outcomes: Sequence[Outcome], pages: Sequence[Truth], count: int) -> None:
    """Print the pages with the lowest F1: what is missing (-) and what leaked (+), by block."""
    judged = [pair for pair in zip(outcomes, pages, strict=True) if pair[0].score.f1 is not None]
    for outcome, truth in sorted(judged, key=lambda pair: pair[0].score.f1 or 0.0)[:count]:
        marks = outcome.score
        print(f"\n=== {truth.id} F1 {marks.f1:.3f} prec {marks.precision:.3f} rec {marks.recall:.3f} {truth.url}")
        print(f"    {outcome.found.note}")
        ours, theirs = blocks(outcome.found.text), blocks(truth.text or "")
        for line in difflib.unified_diff(theirs, ours, lineterm="", n=0):
            if line[:1] in "+-" and line[:3] not in ("+++", "---"):
                print("    " + (line if len(line) <= 160 else line[:120] + f" … ({len(line)})"))


def metadata_misses(outcomes: Sequence[Outcome], pages: Sequence[Truth], count: int) -> None:
    """Print what was found and what is true, for pages whose title, author or day is wrong; and what was found where
    truth names none.
    """
    for field in ("title", "author", "day"):
        wrong = [pair for pair in zip(outcomes, pages, strict=True) if getattr(pair[0].score, field) is False]
        for outcome, truth in wrong[:count]:
            found = {"title": outcome.found.title, "author": outcome.found.authors, "day": outcome.found.date}[field]
            right = {"title": truth.title, "author": truth.author, "day": truth.date}[field]
            print(f"{field:<7}{truth.id:<26} found {found!s}\n{'':<33} truth {right}")
    for field in ("invented_author", "invented_date"):
        invented = [pair for pair in zip(outcomes, pages, strict=True) if getattr(pair[0].score, field)]
        for outcome, truth in invented[:count]:
            print(f"{field:<16}{truth.id:<26} {outcome.found.authors if 'author' in field else outcome.found.date}")


def blocks(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def versions() -> str:
    named = ("trafilatura", "lxml", "selectolax", "readability-lxml", "newspaper4k")
    found = []
    for name in named:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="folder with truth.jsonl")
    parser.add_argument("--only", nargs="*", choices=sorted(METHODS), help="run these extractors alone")
    parser.add_argument("--limit", type=int, help="the first N pages")
    parser.add_argument("--sample", type=int, help="N pages, evenly over the corpus")
    parser.add_argument(
        "--worst", type=int, default=0, help="list our N worst pages, and N misses of each metadata field"
    )
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    names = options.only or [name for name, (_, package) in METHODS.items() if find_spec(package)]
    print(versions())
    for folder in options.corpus:
        pages = read_corpus(folder)[: options.limit]
        if options.sample and options.sample < len(pages):
            pages = [pages[place * len(pages) // options.sample] for place in range(options.sample)]
        print(f"\n{folder.name}: {len(pages)} pages\n{COLUMNS}")
        for name in names:
            outcomes = measured(name, pages, options.processes)
            print(row(name, outcomes), flush=True)
            if name == "perilune" and options.worst:
                worst(outcomes, pages, options.worst)
                metadata_misses(outcomes, pages, options.worst)


if __name__ == "__main__":
    main()
