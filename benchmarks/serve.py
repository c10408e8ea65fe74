"""How long do readers wait?

    python -m benchmarks.serve [--articles 100000] [--database URL] [--seconds 60] [--rate 200]

Asks the web application of an archive made by ``benchmarks.load`` (in a temporary place; or in the database given,
which is filled where it is empty) and prints one table: the 50th and 95th percentile of each kind of question beside
the bar it is held to, which above 100,000 articles is four times as high; and the mean and the 95th percentile of CPU
time (of this process, and of PostgreSQL's for this database where it runs on this machine), which a busy machine
changes least. Then the server itself, a
process of its own on loopback, is asked for article pages at a fixed rate, whatever it answers: a page's time
counts from the moment it was due. Words are made up by Zipf's law, so the commonest stand in every article, which is
harder than any language: four articles of ten is what ``common`` takes.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, func, select
from starlette.types import ASGIApp

from archive.database import open_engine
from archive.migrate import current
from archive.schema import ArticleRow
from archive.web.app import create_app
from archive.web.serve import spare_from_collection
from benchmarks.load import load
from benchmarks.synthetic import WORDS
from tests.web import asked

ROUNDS = 40  # questions of a kind; each is another one
CONNECTIONS = 64  # that the load is spread over at most
BAR_ARTICLES, LARGER = 100_000, 4.0  # up to so many articles the bars hold, beyond they are so many times as high

EVERYWHERE = WORDS[:40]  # in every article, as "the" is
COMMON = WORDS[100:140]  # in four of ten
MIDDLING = WORDS[1_000:1_040]  # in one of eighteen
RARE = WORDS[20_000:20_040]  # in one of 350

Question = tuple[str, Callable[[int], str], float]

# What is asked, the address of the n-th question, the bar in ms at the 95th percentile
QUESTIONS: Sequence[Question] = (
    ("search: word everywhere", lambda n: f"/api/articles?q={EVERYWHERE[n]}", 80),
    ("search: common word", lambda n: f"/api/articles?q={COMMON[n]}", 80),
    ("search: middling word", lambda n: f"/api/articles?q={MIDDLING[n]}", 40),
    ("search: rare word", lambda n: f"/api/articles?q={RARE[n]}", 40),
    ("search: two common words", lambda n: f"/api/articles?q={COMMON[n]}+{COMMON[n - 1]}", 80),
    ("search: common, middling", lambda n: f"/api/articles?q={COMMON[n]}+{MIDDLING[n]}", 40),
    ("search: common OR middling", lambda n: f"/api/articles?q={COMMON[n]}+OR+{MIDDLING[n]}", 80),
    ("search: common without", lambda n: f"/api/articles?q={COMMON[n]}+-{MIDDLING[n]}", 80),
    ("search: phrase, middling", lambda n: f"/api/articles?q=%22{MIDDLING[n]}+{MIDDLING[n - 1]}%22", 40),
    ("search: phrase, common", lambda n: f"/api/articles?q=%22{COMMON[n]}+{COMMON[n - 1]}%22", 40),
    ("search: word of a title", lambda n: f"/api/articles?q=title:{COMMON[n]}", 40),
    ("search: author", lambda n: "/api/articles?q=" + quote(f'author:"Author {n}"'), 40),
    ("search: prefix", lambda n: f"/api/articles?q={MIDDLING[n][:5]}*", 80),
    ("search: common, source", lambda n: f"/api/articles?q={COMMON[n]}+source:source{n}", 40),
    ("search: middling, source", lambda n: f"/api/articles?q={MIDDLING[n]}+source:source{n}", 40),
    ("search: common, month", lambda n: f"/api/articles?q={COMMON[n]}+on:20{15 + n % 11}-03", 40),
    ("search: common by date", lambda n: f"/api/articles?q={COMMON[n]}&order=newest", 40),
    ("search: rare by date", lambda n: f"/api/articles?q={RARE[n]}&order=newest", 40),
    ("search: common by story", lambda n: f"/api/articles?q={COMMON[n]}&by_story=1", 80),
    ("search: fields alone", lambda n: f"/api/articles?q={quote(f'kind:agency on:20{15 + n % 11}-03')}", 40),
    ("search: copies", lambda n: f"/api/articles?q={quote(f'has:copy source:source{n}')}", 40),
    ("newest twenty", lambda _: "/api/articles?limit=20", 40),
    ("facets: everything", lambda _: "/api/facets", 150),
    ("facets: common word", lambda n: f"/api/facets?q={COMMON[n]}", 150),
    ("facets: middling word", lambda n: f"/api/facets?q={MIDDLING[n]}", 150),
    ("facets: source", lambda n: f"/api/facets?q=source:source{n}", 150),
    ("timeline: everything", lambda _: "/api/timeline", 150),
    ("timeline: common word", lambda n: f"/api/timeline?q={COMMON[n]}", 150),
    ("timeline: middling word", lambda n: f"/api/timeline?q={MIDDLING[n]}", 150),
    ("page: start", lambda n: f"/?x={n}", 0),
    ("page: search, common", lambda n: f"/?q={COMMON[n]}", 0),
    ("page: search, middling", lambda n: f"/?q={MIDDLING[n]}", 0),
    ("page: article", lambda n: f"/articles/{n * 997 + 1}", 30),
    ("page: sources", lambda n: f"/sources?x={n}", 0),
    ("page: source", lambda n: f"/sources/source{n}", 0),
    ("/v4/articles/", lambda n: f"/v4/articles/?offset={n * 10}", 0),
    ("/v4/articles/ of a site", lambda n: f"/v4/articles/?news_site=Source%20{n}", 0),
    ("feed", lambda n: f"/feed?q={MIDDLING[n]}", 0),
)


def main() -> None:
    options = parsed()
    with archive(options.database, options.articles) as url:
        engine = open_engine(url, read_only=True)
        with engine.connect() as connection:
            count = connection.execute(select(func.max(ArticleRow.id))).scalar_one()
        print(f"{engine.dialect.name}, {count:,} articles")
        print(f"{'':<28}{'CPU ms':>9}{'CPU p95':>9}{'p50 ms':>9}{'p95 ms':>9}{'bar':>7}")
        app = create_app(engine, warc_dir=Path("warc"), answer_s=60)
        spare_from_collection()  # as the server does
        factor = 1.0 if count <= BAR_ARTICLES else LARGER
        for name, address, bar in QUESTIONS:
            if options.only in name:
                times, spent = asyncio.run(timed(app, engine, address, options.rounds))
                print(line(name, times, spent, bar * factor), flush=True)
        engine.dispose()
        if options.seconds:
            print(held(url, count, seconds=options.seconds, rate=options.rate))


def line(name: str, times: Sequence[float], spent: Sequence[float], bar: float) -> str:
    (p50, p95), cpu = percentiles(times), sum(spent) / len(spent)
    verdict = "" if not bar else "  kept" if p95 <= bar else "  missed"
    spent_p95 = percentiles(spent)[1]
    return f"{name:<28}{cpu:>9.1f}{spent_p95:>9.1f}{p50:>9.1f}{p95:>9.1f}{f'{bar:.0f}' if bar else '':>7}{verdict}"


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 95th."""
    values = sorted(values)
    return values[len(values) // 2], values[int(len(values) * 0.95)]


async def timed(
    app: ASGIApp, engine: Engine, address: Callable[[int], str], rounds: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of each question by the clock and of CPU, after one that warms up."""
    times, spent = [], []
    await asked(app, address(rounds - 1), "GET", {"host": "bench"})
    servers = server_pids(engine)
    for number in range(rounds - 1):
        start, began = time.perf_counter(), cpu_s(servers)
        answer = await asked(app, address(number), "GET", {"host": "bench"})
        spent.append((cpu_s(servers) - began) * 1000)
        times.append((time.perf_counter() - start) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{address(number)}: {answer.status} {answer.text[:200]}")
    return times, spent


def server_pids(engine: Engine) -> list[int]:
    """PostgreSQL's processes for this database, where they are on this machine."""
    if engine.dialect.name == "sqlite":
        return []
    with engine.connect() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        return [pid for pid in connection.exec_driver_sql(query).scalars() if Path(f"/proc/{pid}/schedstat").exists()]


def cpu_s(servers: Sequence[int]) -> float:
    """Seconds of CPU that this process and these have used (proc(5): schedstat counts nanoseconds)."""
    stats = [stat for pid in servers if (stat := Path(f"/proc/{pid}/schedstat")).exists()]
    theirs = [int(stat.read_text().split()[0]) for stat in stats]
    return time.process_time() + sum(theirs) / 1e9


# The server under load


def held(url: str, articles: int, *, seconds: float, rate: float) -> str:
    """What came of ``rate`` requests a second for article pages, for so many ``seconds``."""
    command = [sys.executable, "-m", "crawler", "serve", "--port", "0", "--database", url]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            found = re.search(r"http://([\d.]+):(\d+)/", server.stderr.readline())
            if not found:
                raise SystemExit("the server did not say where it answers")
            load = Load(found[1], int(found[2]), articles)
            asyncio.run(load.run(seconds=5, rate=rate / 4))  # warms up
            load.times, load.answers = [], Counter()
            asyncio.run(load.run(seconds=seconds, rate=rate))
        finally:
            server.terminate()
    times = sorted(load.times)
    errors = sum(count for answer, count in load.answers.items() if answer != "200")
    p50, p95, worst = times[len(times) // 2], times[int(len(times) * 0.95)], times[-1]
    wrong = f" {dict(load.answers)}" if errors else ""
    return (
        f"article pages over HTTP: {rate:g} a second for {seconds:g} s, {len(times):,} answers in {load.took_s:.1f} s, "
        f"{errors} errors{wrong}; p50 {p50:.1f} ms, p95 {p95:.1f} ms, worst {worst:.0f} ms "
        "(bar: 200 a second, no errors)"
    )


class Load:
    """Asks for article pages at moments fixed beforehand, over connections that stay open."""

    def __init__(self, host: str, port: int, articles: int) -> None:
        self.host, self.port, self.articles = host, port, articles
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.open = asyncio.Semaphore(CONNECTIONS)
        self.times: list[float] = []
        self.answers: Counter[str] = Counter()
        self.took_s = 0.0

    async def run(self, *, seconds: float, rate: float) -> None:
        self.open, self.idle = asyncio.Semaphore(CONNECTIONS), []
        loop = asyncio.get_running_loop()
        start, asked_for = loop.time(), []
        for number in range(int(seconds * rate)):
            due = start + number / rate
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            asked_for.append(asyncio.create_task(self.ask(number, due)))
        await asyncio.gather(*asked_for)
        self.took_s = loop.time() - start
        for _, writer in self.idle:
            writer.close()

    async def ask(self, number: int, due: float) -> None:
        async with self.open:
            try:
                answer = await asyncio.wait_for(self.page(number * 7_919 % self.articles + 1), timeout=30)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as exc:
                answer = type(exc).__name__
        self.answers[answer] += 1
        self.times.append((asyncio.get_running_loop().time() - due) * 1000)

    async def connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One that is open still: like every client of HTTP we leave those the server has closed after 15 idle s."""
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port)

    async def page(self, article_id: int) -> str:
        """The status of the answer, which is read to its end."""
        reader, writer = await self.connection()
        writer.write(f"GET /articles/{article_id} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1])) if length else b""
        if not body.endswith(b"</html>\n") and not body.endswith(b"</html>"):
            return "cut"
        self.idle.append((reader, writer))
        return head.split(" ", 2)[1]


@contextmanager
def archive(database: str | None, articles: int) -> Iterator[str]:
    """The address of a filled archive: the one given, filled where it is empty, or one that goes away afterwards."""
    if database is not None:
        engine = open_engine(database)
        if current(engine) is None:
            load(engine, articles)
        engine.dispose()
        yield database
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/archive.db"
        engine = open_engine(url)
        load(engine, articles)
        engine.dispose()
        yield url


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--database", help="Instead of a temporary SQLite file; filled when it is empty.")
    parser.add_argument("--seconds", type=float, default=60, help="Of load on the server; 0 leaves it out.")
    parser.add_argument("--rate", type=float, default=200, help="Article pages a second.")
    parser.add_argument("--only", default="", help="Questions whose name holds this.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="Questions of a kind, 40 at most.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
