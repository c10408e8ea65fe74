"""How long do readers wait?

    python -m benchmarks.serve [--articles 100000] [--database URL] [--seconds 60]

Asks the web application of a made-up archive (``benchmarks.synthetic``; made in a temporary place, or in the empty
database given, or found there) and prints one table: the 50th and 95th percentile of each kind of question beside
the bar it is held to. Then the server itself, as its own process on loopback, is asked for article pages by four
connections for ``--seconds``. Words are made up by Zipf's law, so the commonest stand in every article, which is
harder than any language: half of the articles is what ``common`` takes.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import func, select

from archive.database import open_engine
from archive.migrate import current
from archive.schema import ArticleRow
from archive.web.app import create_app
from benchmarks.synthetic import WORDS, build
from tests.web import asked

ROUNDS = 40  # questions of a kind; each is another one
CONNECTIONS = 4  # that ask the server at once

COMMON = WORDS[100:140]  # stand in half of the articles
MIDDLING = WORDS[1_000:1_040]  # in one of fifteen
RARE = WORDS[20_000:20_040]

# What is asked, the address of the n-th question, the bar in ms at the 95th percentile (issue 7)
QUESTIONS: Sequence[tuple[str, Callable[[int], str], float]] = (
    ("search: common word", lambda n: f"/api/articles?q={COMMON[n]}", 80),
    ("search: middling word", lambda n: f"/api/articles?q={MIDDLING[n]}", 40),
    ("search: rare word", lambda n: f"/api/articles?q={RARE[n]}", 40),
    ("search: two words", lambda n: f"/api/articles?q={COMMON[n]}+{MIDDLING[n]}", 40),
    ("search: phrase", lambda n: f"/api/articles?q=%22{MIDDLING[n]}+{MIDDLING[n - 1]}%22", 40),
    ("search: word and field", lambda n: f"/api/articles?q={MIDDLING[n]}+source:source{n}", 40),
    ("search: fields alone", lambda n: f"/api/articles?q={quote(f'kind:agency on:20{15 + n % 11}-03')}", 40),
    ("newest twenty", lambda n: f"/api/articles?limit=20&x={n}", 40),
    ("facets: common word", lambda n: f"/api/facets?q={COMMON[n]}", 150),
    ("facets: middling word", lambda n: f"/api/facets?q={MIDDLING[n]}", 150),
    ("timeline: common word", lambda n: f"/api/timeline?q={COMMON[n]}", 150),
    ("page: search", lambda n: f"/?q={MIDDLING[n]}", 0),
    ("page: article", lambda n: f"/articles/{n * 100 + 1}", 30),
    ("/v4/articles/", lambda n: f"/v4/articles/?offset={n * 10}", 0),
    ("feed", lambda n: f"/feed?q={MIDDLING[n]}", 0),
)


def main() -> None:
    options = parsed()
    with archive(options.database, options.articles) as url:
        engine = open_engine(url, read_only=True)
        with engine.connect() as connection:
            count = connection.execute(select(func.count(ArticleRow.id))).scalar_one()
        print(f"{engine.dialect.name}, {count:,} articles")
        print(f"{'':<26}{'p50 ms':>9}{'p95 ms':>9}{'bar':>7}")
        app = create_app(engine, warc_dir=Path("warc"), answer_s=60)
        for name, address, bar in QUESTIONS:
            times = sorted(asyncio.run(timed(app, address)))
            p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
            verdict = "" if not bar else "  kept" if p95 <= bar else "  missed"
            print(f"{name:<26}{p50:>9.1f}{p95:>9.1f}{bar or '':>7}{verdict}")
        engine.dispose()
        if options.seconds:
            load(url, count, options.seconds)


async def timed(app: object, address: Callable[[int], str]) -> list[float]:
    """Milliseconds of each question, after one that warms up."""
    times = []
    await asked(app, address(ROUNDS - 1), "GET", {"host": "bench"})
    for number in range(ROUNDS - 1):
        start = time.perf_counter()
        answer = await asked(app, address(number), "GET", {"host": "bench"})
        times.append((time.perf_counter() - start) * 1000)
        assert answer.status == 200, answer.text
    return times


def load(url: str, articles: int, seconds: float) -> None:
    """Article pages from the server as it runs, by several connections at once."""
    command = [sys.executable, "-m", "crawler", "serve", "--port", "0", "--database", url]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            found = re.search(r"http://([\d.]+):(\d+)/", server.stderr.readline())
            assert found
            end = time.monotonic() + seconds
            answered: list[int] = []
            readers = [
                threading.Thread(target=read, args=(found[1], int(found[2]), articles, number, end, answered))
                for number in range(CONNECTIONS)
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        finally:
            server.terminate()
    errors = sum(status != 200 for status in answered)
    rate = len(answered) / seconds
    print(
        f"article page over HTTP: {rate:.0f} requests/s for {seconds:g} s, {errors} errors (bar: 200/s without errors)"
    )


def read(host: str, port: int, articles: int, number: int, end: float, answered: list[int]) -> None:
    connection = http.client.HTTPConnection(host, port, timeout=30)
    article_id = number
    while time.monotonic() < end:
        article_id = (article_id * 31 + 7) % articles + 1
        connection.request("GET", f"/articles/{article_id}")
        answer = connection.getresponse()
        answer.read()
        answered.append(answer.status)
    connection.close()


@contextmanager
def archive(database: str | None, articles: int) -> Iterator[str]:
    """The address of a filled archive: the one given, filled where it is empty, or one that goes away afterwards."""
    if database is None:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/archive.db"
            build(url, articles)
            yield url
        return
    engine = open_engine(database)
    is_empty = current(engine) is None
    engine.dispose()
    if is_empty:
        build(database, articles)
    yield database


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--database", help="Instead of a temporary SQLite file; filled when it is empty.")
    parser.add_argument("--seconds", type=float, default=60, help="Of load on the server; 0 leaves it out.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
