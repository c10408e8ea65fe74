"""Does a step cost at a large archive what it costs at a small one?

    python -m benchmarks.flat --large DATABASE_URL [--small DATABASE_URL] [--rounds 300]

Both archives are made by ``benchmarks.load`` (small: a thousand articles in a temporary place of the same engine,
unless one is given). Every step that a crawl takes is timed on both, by turns, so that a busy machine slows both alike:
look-up of an address and of copies, storing an article (decision, revision, search index, sketch, frontier, outcome:
one transaction), announcing, leasing and settling URLs. One table: the median of each, its ratio beside the bar, and
the slowest step, where SQLite's checkpoints and merges show. Medians are of CPU time on SQLite, which a busy machine
leaves alone, and of the wall clock on PostgreSQL, whose work is another process's. The large archive keeps what is
written: a few hundred articles.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from sqlalchemy import Engine, func, make_url, select, text

from archive.database import open_engine, reading
from archive.digests import digest_of, text_digest
from archive.frontier import Frontier
from archive.model import Article, Capture, Discovered, Locator
from archive.rows.kinship import kin_of
from archive.schema import ArticleRow
from archive.store import Store
from archive.urls import url_key
from benchmarks.load import load
from benchmarks.synthetic import SOURCES, WORDS, picked, prose
from pipelines.dedup import decide
from pipelines.similarity import Similarity

BAR = 1.2
SMALL = 1_000  # articles
WORDS_A_TEXT = 715  # as in benchmarks.synthetic
AT_ONCE, LEASED = 50, 10  # URLs of a feed; URLs that are leased
Time = tuple[float, float]  # ms of the wall clock, of CPU
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def main() -> None:
    options = parsed()
    with small_archive(options) as small_url:
        archives = {"small": Archive(small_url, "small"), "large": Archive(options.large, "large")}
        counts = " and ".join(f"{archive.count:,}" for archive in archives.values())
        print(f"{archives['large'].engine.dialect.name}: {counts} articles")
        print(f"{'':<34}{'small ms':>10}{'large ms':>10}{'ratio':>8}{'p95':>8}{'worst':>9}")
        for archive in archives.values():
            archive.warm_up()
        for name in STEPS:
            is_sqlite = archives["large"].engine.dialect.name == "sqlite"
            print(row(name, times_of(name, archives, options.rounds), is_sqlite=is_sqlite), flush=True)


def times_of(name: str, archives: Mapping[str, Archive], rounds: int) -> dict[str, list[Time]]:
    """What a step took on each archive, by turns."""
    found: dict[str, list[Time]] = {size: [] for size in archives}
    for number in range(rounds):
        for size in sorted(archives, reverse=bool(number % 2)):
            step = STEPS[name](archives[size])
            start, cpu = time.perf_counter(), time.process_time()
            step()
            found[size].append(((time.perf_counter() - start) * 1000, (time.process_time() - cpu) * 1000))
    return found


def row(name: str, times: Mapping[str, list[Time]], *, is_sqlite: bool) -> str:
    small, large = (statistics.median(time[is_sqlite] for time in times[size]) for size in ("small", "large"))
    walls = sorted(wall for wall, _ in times["large"])
    p95, worst, ratio = walls[int(len(walls) * 0.95)], walls[-1], large / small
    verdict = "kept" if ratio <= BAR else "missed"
    return f"{name:<34}{small:>10.2f}{large:>10.2f}{ratio:>8.2f}{p95:>8.2f}{worst:>9.1f}  {verdict}"


class Archive:
    """One archive, and articles to come."""

    def __init__(self, url: str, name: str) -> None:
        self.engine: Engine = open_engine(url)
        self.store = Store(self.engine)
        self.rng, self.dice = np.random.default_rng(7), random.Random(7)
        self.comparison = Similarity()
        with reading(self.engine) as session:
            self.count = session.scalar(select(func.max(ArticleRow.id))) or 0
        self.run_id = self.store.start_run("crawl", software="Perilune/benchmark", now=NOW)
        self.owner = f"benchmark:{name}:{time.time_ns()}"
        self.frontier = Frontier(self.engine, owner=self.owner, now=lambda: NOW)
        self.number = time.time_ns() // 1000

    def warm_up(self) -> None:
        """What a run does in its first seconds: statements are made, pages of the indexes read."""
        for _ in range(20):
            for make in STEPS.values():
                make(self)()

    def held(self) -> tuple[int, str, str]:
        """(id, address, text) of an article that is held."""
        with reading(self.engine) as session:
            found = session.execute(
                select(ArticleRow.id, ArticleRow.canonical_url, ArticleRow.text).where(
                    ArticleRow.id == self.dice.randrange(1, min(self.count, 1_000_000))
                )
            ).one()
        return found.id, found.canonical_url, found.text

    def article(self, *, url: str | None = None, body: str | None = None) -> tuple[Discovered, Article]:
        """A new article; with an address, or a text, of one that is held."""
        self.number += 1
        source = f"source{self.dice.randrange(SOURCES)}" if url is None else urlsplit(url).netloc.partition(".")[0]
        url = url or f"https://{source}.example/new/{self.number}"
        body = body or prose([WORDS[rank] for rank in picked(self.rng, (1, WORDS_A_TEXT))[0].tolist()])
        capture = self.capture(source, url)
        found = Discovered(
            source_id=source,
            url=url,
            discovered_via="feed",
            endpoint_url=f"https://{source}.example/feed",
            discovered_at=NOW,
        )
        article = Article(
            source_id=source,
            canonical_url=url,
            url_key=url_key(url),
            title=" ".join(WORDS[rank] for rank in picked(self.rng, (1, 8))[0].tolist()).capitalize(),
            text=body,
            authors=("Author 1",),
            published_at=NOW,
            published_at_precision="second",
            lang="eo",
            word_count=len(body.split()),
            text_digest=text_digest(body),
            extractor="synthetic",
            capture=capture,
        )
        return found, article

    def capture(self, source: str, url: str) -> Capture:
        self.number += 1
        return Capture(
            source_id=source,
            run_id=self.run_id,
            target_uri=url,
            status=200,
            mime_type="text/html",
            charset="utf-8",
            captured_at=NOW,
            warc_record_id=f"<urn:uuid:{self.number:032x}>",
            payload_digest=digest_of(str(self.number).encode()),
            locator=Locator(filename="flat.warc.gz", offset=self.number, length=1000),
            body=b"",
        )

    def announced(self, *, new: int, old: int) -> list[Discovered]:
        """What a feed holds: URLs never met, and those of articles that are held."""
        source = f"source{self.dice.randrange(SOURCES)}"
        self.number += new
        fresh = [f"https://{source}.example/announced/{self.number - place}" for place in range(new)]
        known = [f"https://{source}.example/news/{self.dice.randrange(1, self.count)}" for _ in range(old)]
        feed = {"discovered_via": "feed", "endpoint_url": f"https://{source}.example/feed", "discovered_at": NOW}
        return [Discovered(source_id=source, url=url, **feed) for url in (*fresh, *known)]


# Steps: each makes what it needs, and gives what is timed


def known_address(archive: Archive) -> Callable[[], object]:
    _, url, body = archive.held()
    _, article = archive.article(url=url, body=body)
    return lambda: archive.store.candidates(article)


def new_address(archive: Archive) -> Callable[[], object]:
    _, article = archive.article()
    return lambda: archive.store.candidates(article)


def copies(archive: Archive) -> Callable[[], object]:
    _, article = archive.article()

    def look_up() -> object:
        with reading(archive.engine) as session:
            return kin_of(
                session, article.text, article.text_digest, word_count=article.word_count, comparison=archive.comparison
            )

    return look_up


def new_article(archive: Archive) -> Callable[[], object]:
    found, article = archive.article()
    return lambda: archive.store.save(archive.run_id, found, article, decide, NOW, comparison=archive.comparison)


def copied_article(archive: Archive) -> Callable[[], object]:
    _, _, body = archive.held()
    found, article = archive.article(body=body)
    return lambda: archive.store.save(archive.run_id, found, article, decide, NOW, comparison=archive.comparison)


def edited_article(archive: Archive) -> Callable[[], object]:
    _, url, body = archive.held()
    found, article = archive.article(url=url, body=body + f"\n\nCorrection {archive.number}.")
    return lambda: archive.store.save(archive.run_id, found, article, decide, NOW, comparison=archive.comparison)


def same_article(archive: Archive) -> Callable[[], object]:
    _, url, body = archive.held()
    found, article = archive.article(url=url, body=body)
    return lambda: archive.store.save(archive.run_id, found, article, decide, NOW, comparison=archive.comparison)


def announce(archive: Archive) -> Callable[[], object]:
    found = archive.announced(new=AT_ONCE // 5, old=AT_ONCE - AT_ONCE // 5)
    return lambda: archive.frontier.announce(found)


def lease(archive: Archive) -> Callable[[], object]:
    source = with_due(archive)
    return lambda: archive.frontier.lease_due([source], LEASED)


def with_due(archive: Archive) -> str:
    """A source of which as many URLs are due as are leased, and none is leased."""
    found = archive.announced(new=LEASED, old=0)
    archive.frontier.announce(found)
    archive.frontier.release_leases()
    return found[0].source_id


def rechecks(archive: Archive) -> Callable[[], object]:
    archive.frontier.release_leases()
    source = f"source{archive.dice.randrange(SOURCES // 3)}"  # those that have most
    return lambda: archive.frontier.lease_rechecks([source], LEASED)


def release(archive: Archive) -> Callable[[], object]:
    archive.frontier.lease_due([with_due(archive)], LEASED)
    return archive.frontier.release_leases


STEPS: Mapping[str, Callable[[Archive], Callable[[], object]]] = {
    "look-up: address and text, known": known_address,
    "look-up: address and text, new": new_address,
    "look-up: copies": copies,
    "store: new article": new_article,
    "store: copy of a text": copied_article,
    "store: edited article": edited_article,
    "store: seen again": same_article,
    f"frontier: announce {AT_ONCE} URLs": announce,
    f"frontier: lease {LEASED} that are due": lease,
    f"frontier: lease {LEASED} rechecks": rechecks,
    f"frontier: give back {LEASED}": release,
}


@contextmanager
def small_archive(options: argparse.Namespace) -> Iterator[str]:
    """The address of an archive of a thousand articles, on the large one's engine; gone afterwards, unless given."""
    if options.small:
        yield options.small
        return
    url = make_url(options.large)
    if url.get_backend_name() == "sqlite":
        with tempfile.TemporaryDirectory(dir=Path(url.database or ".").parent) as folder:
            made = f"sqlite:///{folder}/archive.db"
            fill(made)
            yield made
        return
    admin = open_engine(options.large).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS perilune_flat"))
        connection.execute(text("CREATE DATABASE perilune_flat"))
    made = url.set(database="perilune_flat").render_as_string(hide_password=False)
    fill(made)
    yield made


def fill(url: str) -> None:
    engine = open_engine(url)
    load(engine, SMALL)
    engine.dispose()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--large", required=True, help="An archive that benchmarks.load made, a million articles say.")
    parser.add_argument("--small", help="Instead of one of a thousand articles that is made here.")
    parser.add_argument("--rounds", type=int, default=300, help="Of each step.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
