"""What the parts of a fleet cost on this machine: the figures that ``benchmarks.scale`` reckons with."""

from __future__ import annotations

import logging
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from archive.database import open_engine, writing
from archive.digests import digest_of
from archive.model import Capture, Discovered, Fetched, Locator
from archive.store import Store
from archive.warcstore import WarcStore
from benchmarks.town import Fleet, Town, ask_for_all, fleet_on, waited
from benchmarks.workers import cpu_seconds
from pipelines.persist import unit_of_work
from pipelines.reading import read_page
from pipelines.workers import SourceGuide
from tests.crawled import Crawl, config_of, other_body, page
from tests.postgres import find_binaries, private_server
from tests.s3 import s3_server

ARTICLES = 100  # saved by each of the writers
WRITERS = 4
FILE_BYTES = 128 << 20
AT = datetime(2026, 3, 1, tzinfo=UTC)


def measured() -> dict[str, str]:
    """What each costs, in words."""
    with tempfile.TemporaryDirectory(prefix="perilune-scale-") as directory:
        place = Path(directory)
        return {**job_costs(place / "jobs"), **write_costs(place / "writes"), **store_costs(place / "store")}


def job_costs(place: Path) -> dict[str, str]:
    """CPU of a crawl that finds nothing new, in a worker that is warm."""
    place.mkdir()
    with Town(place, hosts=4, articles=1, delay_s=0.05) as town, fleet_on(town, place) as fleet:
        fleet.worker("w0", "--concurrency", "1")
        process = fleet.processes["w0"]
        for _ in range(2):  # the first finds the article
            before = cpu_seconds(process.pid)
            crawl_all(fleet, town)
        idle = (cpu_seconds(process.pid) - before) / len(town.names)
    return {"a crawl that finds nothing new": f"{idle:.2f} s of CPU"}


def crawl_all(fleet: Fleet, town: Town) -> None:
    """A crawl of each, and wait for the last."""
    ask_for_all(town, fleet)
    left = "SELECT count(*) FROM perilune_jobs.procrastinate_jobs WHERE status IN ('todo', 'doing')"
    waited("the queue to be empty", 300, lambda: fleet.query(left) == [(0,)])


def write_costs(place: Path) -> dict[str, str]:
    """Articles a second that one database takes, of one writer and of several; a bare transaction; bytes of each.

    CPU is what both sides spend, one after the other: a machine at rest takes no longer, a busy one does.
    """
    with postgres() as (url, server):
        Crawl(config_of(place, url)).close()  # the schema, a source, a run
        bare, bare_cpu = bare_writes(url, server)
        before = database_bytes(url)
        alone, alone_cpu = saved_by(url, server, writers=1)
        size = (database_bytes(url) - before) / ARTICLES
        together, together_cpu = saved_by(url, server, writers=WRITERS)
    return {
        "a writing transaction, alone": f"{bare * 1000:.2f} ms, {bare_cpu * 1000:.2f} of CPU",
        "articles a second, 1 writer": f"{alone:.0f}; {alone_cpu * 1000:.1f} ms of CPU each",
        f"articles a second, {WRITERS} writers": f"{together:.0f}; {together_cpu * 1000:.1f} ms of CPU each",
        "an article in the database": f"{size / 1000:.0f} kB",
    }


def bare_writes(url: str, server: int, count: int = 500) -> tuple[float, float]:
    """Seconds, and CPU of both sides, of a transaction that takes the write lock and changes one row."""
    engine = open_engine(url)
    began, cpu = time.perf_counter(), time.process_time() + cpu_seconds(server)
    for _ in range(count):
        with writing(engine) as session:
            session.connection().exec_driver_sql("UPDATE source SET learned_articles = learned_articles")
    spent = time.process_time() + cpu_seconds(server) - cpu
    engine.dispose()
    return (time.perf_counter() - began) / count, spent / count


def saved_by(url: str, server: int, *, writers: int) -> tuple[float, float]:
    """Articles a second of so many processes at once, and CPU seconds of both sides for each."""
    context = multiprocessing.get_context("spawn")
    ready, go, spent = context.Semaphore(0), context.Event(), context.Queue()
    first = 1 if writers == 1 else 1 + ARTICLES
    processes = [
        context.Process(target=save, args=(url, first + number * ARTICLES, ready, go, spent))
        for number in range(writers)
    ]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    began, before = time.perf_counter(), cpu_seconds(server)
    go.set()
    theirs = sum(spent.get() for _ in processes)
    seconds, ours = time.perf_counter() - began, cpu_seconds(server) - before
    for process in processes:
        process.join()
    assert all(process.exitcode == 0 for process in processes)
    count = writers * ARTICLES
    return count / seconds, (theirs + ours) / count


def save(url: str, first: int, ready, go, spent) -> None:  # type: ignore[no-untyped-def]  # multiprocessing's
    """One writer: extraction is done before, so that only writing is timed."""
    engine = open_engine(url)
    store = Store(engine)
    run_id = store.start_run("crawl", software="benchmark", now=AT)
    items = [made(number, run_id) for number in range(first, first + ARTICLES)]
    ready.release()
    go.wait()
    before = time.process_time()
    for item in items:
        store.record_capture(item.fetched.capture)
        unit_of_work(item, store=store, run_id=run_id, at=AT)()
    spent.put(time.process_time() - before)
    engine.dispose()


def made(number: int, run_id: int):  # type: ignore[no-untyped-def]  # a Read
    """A page of some 400 words as the extraction read it."""
    url = f"https://alpha.example/news/{number}"
    body = page(f"Article {number}", text=other_body(number % 100_000))
    found = Discovered(source_id="alpha", url=url, discovered_via="feed", endpoint_url="https://alpha.example/feed",
                       discovered_at=AT)  # fmt: skip
    capture = Capture(
        source_id="alpha", run_id=run_id, target_uri=url, redirected_from=(), status=200, mime_type="text/html",
        charset="utf-8", captured_at=AT, warc_record_id=f"<urn:uuid:{number}>", payload_digest=digest_of(body),
        locator=Locator(filename="none.warc.gz", offset=number, length=1), body=body,
    )  # fmt: skip
    return read_page(SourceGuide(name="Alpha", language="en").page(Fetched(discovered=found, capture=capture)))


def store_costs(place: Path) -> dict[str, str]:
    """Megabytes a second into a store and back: copied, read back, compared."""
    place.mkdir()
    file = place / "large.warc.gz"
    file.write_bytes(os.urandom(FILE_BYTES))
    found = {"a folder, there and back": shipped_mb_s(WarcStore(f"file://{place}/folder"), file)}
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    with s3_server("scale") as environment:
        os.environ.update(environment)
        found["S3 as moto serves it, there and back"] = shipped_mb_s(WarcStore("s3://scale/warc"), file)
    return found


def shipped_mb_s(store: WarcStore, file: Path) -> str:
    began = time.perf_counter()
    store.put(file)
    store.sha256_of(file.name)
    return f"{FILE_BYTES / 1e6 / (time.perf_counter() - began):.0f} MB a second"


@contextmanager
def postgres() -> Iterator[tuple[str, int]]:
    """Its address, and the server's process."""
    binaries = find_binaries()
    assert binaries is not None
    with private_server(binaries) as socket:
        server = int((Path(socket) / "data" / "postmaster.pid").read_text().splitlines()[0])
        yield f"postgresql+psycopg://perilune@/postgres?host={socket}", server


def database_bytes(url: str) -> int:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])
