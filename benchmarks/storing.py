"""What does it cost to store an article, by how many share a transaction?

    python -m benchmarks.storing [--database URL] [--articles 300] [--rounds 5]

Stores made-up articles that were extracted before, as a crawl does (its capture's row, decision, copies, template,
search index, frontier, ledger), into a fresh SQLite file or the empty PostgreSQL database given. CPU is this process's:
PostgreSQL's own is in the clock alone. Medians of the rounds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from archive.database import grouped, open_engine
from archive.digests import digest_of
from archive.frontier import Frontier
from archive.migrate import ensure_schema
from archive.model import Capture, Discovered, Fetched, Locator
from archive.store import SourceAtRest, Store
from benchmarks.measure import machine, median
from benchmarks.pages import html
from pipelines.page import Read
from pipelines.persist import unit_of_work
from pipelines.reading import read_page
from pipelines.workers import SourceGuide
from pipelines.writer import MOST

GROUPS = (1, 4, MOST)
SOURCES = 8


def reads(count: int, run: str, now: datetime) -> Iterator[Read]:
    """Made-up articles, extracted; their addresses are the run's own."""
    for number in range(count):
        found = Discovered(
            source_id=f"made-{number % SOURCES}", url=f"http://{run}.example/2020/story-{number}.html",
            discovered_via="feed", endpoint_url=f"http://{run}.example/feed.xml", discovered_at=now,
        )  # fmt: skip
        body = html(number)
        capture = Capture(
            source_id=found.source_id, run_id=1, target_uri=found.url, redirected_from=(), status=200,
            mime_type="text/html", charset="utf-8", etag=None, last_modified=None, captured_at=now,
            warc_record_id=f"<urn:uuid:{run}-{number}>", payload_digest=digest_of(body + run.encode()),
            locator=Locator(filename=f"{run}.warc.gz", offset=number, length=1), body=body,
        )  # fmt: skip
        yield read_page(SourceGuide().page(Fetched(discovered=found, capture=capture)))


def stored(url: str, found: Sequence[Read], *, group: int, now: datetime) -> tuple[float, float]:
    """(CPU, clock) in seconds to store all of them."""
    engine = open_engine(url)
    ensure_schema(engine)
    store = Store(engine)
    store.record_sources([source(number) for number in range(SOURCES)], now)
    run_id = store.start_run("crawl", software="benchmark", now=now)
    Frontier(engine, owner="localhost:0:benchmark", now=lambda: now).announce([one.fetched.discovered for one in found])
    clock, cpu = time.monotonic(), time.process_time()
    for start in range(0, len(found), group):
        with grouped(engine):
            for one in found[start : start + group]:
                store.record_capture(one.fetched.capture)
                write = unit_of_work(one, store=store, run_id=run_id, at=now)
                assert write is not None
                write()
    cost = time.process_time() - cpu, time.monotonic() - clock
    engine.dispose()
    return cost


def source(number: int) -> SourceAtRest:
    return SourceAtRest(
        id=f"made-{number}", name=f"Made {number}", publisher_kind="trade", homepage="http://made.example/",
        language="en", country=None, status="active", host_group=f"made-{number}",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", metavar="URL", help="PostgreSQL, empty; each round adds to it")
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    now = datetime.now(UTC)
    costs: dict[int, list[tuple[float, float]]] = {group: [] for group in GROUPS}
    for number in range(options.rounds):
        for group in GROUPS:
            found = list(reads(options.articles, f"round-{number}-{group}", now))
            with tempfile.TemporaryDirectory() as folder:
                url = options.database or f"sqlite:///{Path(folder)}/archive.db"
                costs[group].append(stored(url, found, group=group, now=now))
    print(f"{machine()}\n{options.articles} articles, median of {options.rounds} rounds\n")
    print(f"{'articles a transaction':<24} {'CPU ms/article':>15} {'wall ms/article':>16}")
    for group, found in costs.items():
        cpu, clock = median([one[0] for one in found]), median([one[1] for one in found])
        print(f"{group:<24} {1000 * cpu / options.articles:>15.2f} {1000 * clock / options.articles:>16.2f}")


if __name__ == "__main__":
    main()
