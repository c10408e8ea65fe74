"""A town of publishers on loopback, each on an address of its own, and a fleet that crawls it: what the others
measure with."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path

import psycopg

from archive.config import load_config
from benchmarks.namespaces import Network
from crawler.demo.server import LogEntry, SiteServer
from crawler.fleet.engine import asked, queue
from crawler.fleet.jobs import order_of
from tests.postgres import find_binaries, private_server
from tests.site.faultsite import FaultSite

ENDPOINTS = ("/feed.xml", "/robots.txt")
SETTLED = "archived"


class Town:
    """``hosts`` publishers with so many articles each, no two alike; entered, they are served and have source files."""

    def __init__(
        self, place: Path, *, hosts: int, articles: int, delay_s: float, network: Network | None = None
    ) -> None:
        """``network``: where to be, instead of loopback."""
        self.sources = place / "sources"
        self.delay_s = delay_s
        self.articles = articles
        self.names = [f"town{number:03d}" for number in range(1, hosts + 1)]
        self.servers: dict[str, SiteServer] = {}
        self.stack = ExitStack()
        self.network = network

    def __enter__(self) -> Town:
        for number, name in enumerate(self.names, start=1):
            site = FaultSite(good=self.articles, first_number=1 + number * 1_000)
            loopback = f"127.0.{1 + number // 250}.{1 + number % 250}"
            address = self.network.address(number) if self.network else loopback
            server = self.stack.enter_context(SiteServer(site, address=address))
            site.write_source(
                self.sources,
                server.base_url,
                source_id=name,
                download_delay=self.delay_s,
                more=f'host_group = "{name}"',
            )
            self.servers[name] = server
        return self

    def __exit__(self, *raised: object) -> None:
        self.stack.close()

    def log(self, name: str) -> list[LogEntry]:
        return list(self.servers[name].log)

    def shortest_gap_s(self, name: str) -> float:
        """Between two requests that this host got, the shortest; infinite for fewer than two."""
        times = sorted(entry.started_s for entry in self.log(name))
        return min((later - sooner for sooner, later in pairwise(times)), default=float("inf"))

    def clients(self, name: str) -> list[str]:
        """Addresses that asked this host, in order; one that comes back after another is there twice."""
        return [client for client, _ in groupby(entry.client for entry in self.log(name))]

    def asked(self, name: str) -> Counter[str]:
        """Articles of this host by how often they were asked for."""
        return Counter(entry.target for entry in self.log(name) if entry.target not in ENDPOINTS)


@dataclass
class Fleet:
    """Workers and a scheduler as processes with homes of their own, on one database."""

    database_url: str
    place: Path
    sources: Path
    more: dict[str, str] = field(default_factory=dict)
    """Environment of every process."""
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    server: str = ""
    """Directory of PostgreSQL's socket."""
    network: Network | None = None
    """In which each process has an address of its own."""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self, name: str) -> dict[str, str]:
        kept = {key: word for key, word in os.environ.items() if not key.startswith("PERILUNE_")}
        return {
            **kept,
            "PERILUNE_HOME": str(self.place / name),
            "PERILUNE_DATABASE_URL": self.database_url,
            "PERILUNE_SOURCES": str(self.sources),
            "PERILUNE_ALLOW_PRIVATE": "1",
            "PERILUNE_CONTACT": "https://crawler.example/",
            **self.more,
        }

    def perilune(self, *words: str, name: str = "operator") -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "crawler", *words],
            env=self.environment(name), capture_output=True, text=True, check=False,
        )  # fmt: skip

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """A worker or a scheduler; its log is ``<name>.log``."""
        self.words[name] = words
        inside = self.network.inside(name) if self.network else []
        with (self.place / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*inside, sys.executable, "-m", "crawler", *words, "--name", name],
                env=self.environment(name), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return self.processes[name]

    def worker(self, name: str, *more: str) -> subprocess.Popen[bytes]:
        return self.start(name, "worker", *more)

    def scheduler(self, name: str = "scheduler", *more: str) -> subprocess.Popen[bytes]:
        return self.start(name, "scheduler", *more)

    def supervise(self) -> int:
        """Start those again that ended by themselves, as systemd does (``Restart=on-failure``); how many there were."""
        ended = [name for name, process in self.processes.items() if process.poll() is not None]
        for name in ended:
            self.start(name, *self.words[name])
        return len(ended)

    def end(self, name: str, patience_s: float = 60.0) -> int:
        """In order; its exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(patience_s)

    def kill(self, name: str) -> None:
        """kill -9, with everything it started."""
        process = self.processes.pop(name)
        for pid in family(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def end_all(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for name, process in list(self.processes.items()):
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill(name)
        self.processes.clear()

    def query(self, statement: str) -> list[tuple]:  # type: ignore[type-arg]  # rows as they come
        with psycopg.connect(self.database_url.replace("+psycopg", ""), autocommit=True) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[call-overload]  # ours

    def archived(self) -> int:
        """Articles held."""
        return int(self.query("SELECT count(*) FROM article")[0][0])

    def log(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.place.glob("*.log")))


@contextmanager
def fleet_on(town: Town, place: Path, **more: str) -> Iterator[Fleet]:
    """A fleet without workers, on a PostgreSQL server of its own with an empty archive; all ended with the block."""
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL server programs here; `make postgres` installs them")
    with private_server(binaries) as socket:
        url = f"postgresql+psycopg://perilune@/perilune?host={socket}"
        with psycopg.connect(host=socket, user="perilune", dbname="postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE perilune")
        fleet = Fleet(url, place, town.sources, dict(more), server=socket, network=town.network)
        done = fleet.perilune("db", "upgrade")
        if done.returncode:
            raise SystemExit(f"db upgrade: {done.stderr}")
        try:
            yield fleet
        finally:
            fleet.end_all()


def ask_for_all(town: Town, fleet: Fleet) -> None:
    """A job a host, all queued before this returns."""
    orders = [order_of("crawl", {"source": name}, host_group=name) for name in town.names]
    config = load_config({}, home=str(fleet.place), database=fleet.database_url)
    asyncio.run(asked(config, lambda app: queue(app, orders)))


def family(pid: int) -> list[int]:
    """The process and its descendants that live now, also those whose parent between is a server of forks."""
    found = [pid]
    for one in found:
        for listed in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, listed.read_text().split())
    return found


def waited(what: str, patience_s: float, is_so) -> float:  # type: ignore[no-untyped-def]  # a question
    """Seconds until it is so. Raises ``TimeoutError``."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > patience_s:
            raise TimeoutError(f"{what}: not after {patience_s:.0f} s")
        time.sleep(0.2)
    return time.monotonic() - began


def faults_of(town: Town, fleet: Fleet, *, most_asked: int = 1, slack_s: float = 0.001) -> list[str]:
    """What is not as it must be: a line each. ``slack_s``: by which a gap may be shorter than the delay (a clock's
    tick)."""
    faults = []
    for name in town.names:
        if len(clients := town.clients(name)) > len(set(clients)):
            faults.append(f"{name}: two asked by turns: {' '.join(clients)}")
        gap = town.shortest_gap_s(name)
        if gap < town.delay_s - slack_s:
            faults.append(f"{name}: two requests {gap * 1000:.1f} ms apart, the delay is {town.delay_s * 1000:.0f} ms")
        faults += [f"{name}{path}: asked for {n} times" for path, n in town.asked(name).items() if n > most_asked]
    exported = fleet.perilune("export", "--format", "jsonl", "-")
    held = Counter(json.loads(line)["source"] for line in exported.stdout.splitlines())
    faults += [
        f"{name}: {held[name]} of {town.articles} articles" for name in town.names if held[name] != town.articles
    ]
    return faults


def table(rows: Sequence[tuple[str, object]]) -> None:
    """Two columns."""
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
