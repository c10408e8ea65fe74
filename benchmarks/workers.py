"""Does a fleet of workers hold its bars?

    python -m benchmarks.workers pace     [--workers 4] [--hosts 40] [--articles 50] [--delay 1.5] [--namespaces]
    python -m benchmarks.workers alone    the same with one worker and, by default, 10 hosts
    python -m benchmarks.workers kills    [--hosts 12] [--articles 20] [--seed 1]
    python -m benchmarks.workers frozen   [--namespaces]
    python -m benchmarks.workers dispatch [--jobs 100000]

Publishers on loopback, each on an address of its own; workers are processes with homes of their own, on a PostgreSQL
of their own. Each prints one table and exits 1 when a bar is missed. Politeness is read from the publishers' logs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from benchmarks.namespaces import Network, enter
from benchmarks.town import Fleet, Town, ask_for_all, family, faults_of, fleet_on, table, waited
from tests.postgres import find_binaries, private_server, restarted

CONCURRENCY = "2"  # jobs of one worker that is killed now and then
LEASE_S = 10  # s, of the runs that are killed or frozen: five minutes would make this a long wait
FETCHED_MS = 100.0  # the bar: 95 of 100 jobs are handed out within so long


def pace(
    place: Path,
    *,
    workers: int,
    hosts: int,
    articles: int,
    delay_s: float,
    concurrency: int,
    network: Network | None = None,
) -> tuple[dict[str, object], list[str]]:
    """All hosts archived by so many workers: articles a second, and what was not as it must be."""
    with (
        Town(place, hosts=hosts, articles=articles, delay_s=delay_s, network=network) as town,
        fleet_on(town, place) as fleet,
    ):
        ask_for_all(town, fleet)
        for number in range(workers):
            fleet.worker(f"w{number}", "--concurrency", str(concurrency))
        waited("every article archived", 1_800, lambda: fleet.archived() == hosts * articles)
        cpu_s = sum(cpu_seconds(process.pid) for process in fleet.processes.values())
        times = [entry.started_s for name in town.names for entry in town.log(name)]
        seconds = max(times) - min(times)
        waited("every job ended", 120, lambda: fleet.query("SELECT count(*) FROM lock WHERE owner <> ''") == [(0,)])
        fleet.end_all()
        faults = faults_of(town, fleet)
        gaps = [town.shortest_gap_s(name) for name in town.names]
        clients = {client for name in town.names for client in town.clients(name)}
    facts = {
        "workers, jobs at once of each": f"{workers}, {concurrency}",
        "hosts, articles each, delay": f"{hosts}, {articles}, {delay_s:g} s",
        "addresses that asked": ", ".join(sorted(clients)),
        "articles a second": round(hosts * articles / seconds, 2),
        "seconds": round(seconds, 1),
        "shortest gap of any host": f"{min(gaps) * 1000:.2f} ms",
        "CPU of the workers": f"{cpu_s:.0f} s, {cpu_s / seconds / (os.cpu_count() or 1):.0%} of the machine",
    }
    return facts, faults


def cpu_seconds(pid: int) -> float:
    """Of a process, of those it started, and of theirs that are over."""
    ticks = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


# -- killed -----------------------------------------------------------------------------------------------------------


def kills(  # type: ignore[no-untyped-def]  # facts and faults
    place: Path, *, hosts: int, articles: int, delay_s: float, seed: int, workers: int = 4, most: int = 12
):
    """A worker killed every few seconds, the scheduler once, PostgreSQL restarted in the middle; then it is left alone.

    What its files are is seen in the store they share, once each home has shipped what it was left with.
    """
    dice = random.Random(seed)
    counts = {"workers killed": 0, "schedulers killed": 0, "restarts of PostgreSQL": 0, "ended by themselves": 0}
    everything = hosts * articles
    store = {"PERILUNE_LEASE_S": str(LEASE_S), "PERILUNE_WARC_STORE": f"file://{place}/store"}
    with (
        Town(place, hosts=hosts, articles=articles, delay_s=delay_s) as town,
        fleet_on(town, place, **store) as fleet,
    ):
        began = time.monotonic()
        fleet.scheduler("scheduler", "--every", "2s")
        for number in range(workers):
            fleet.worker(f"w{number}", "--concurrency", CONCURRENCY)
        while fleet_has_less(fleet, everything) and counts["workers killed"] < most:
            time.sleep(dice.uniform(2.0, 5.0))
            counts["ended by themselves"] += fleet.supervise()
            victim = f"w{dice.randrange(workers)}"
            fleet.kill(victim)
            counts["workers killed"] += 1
            fleet.worker(victim, "--concurrency", CONCURRENCY)
            if counts["workers killed"] == (most + 3) // 4:
                fleet.kill("scheduler")
                counts["schedulers killed"] += 1
                fleet.scheduler("scheduler", "--every", "2s")
            if counts["workers killed"] == (most + 1) // 2:
                restarted(fleet.server)
                counts["restarts of PostgreSQL"] += 1
        waited("every article archived", 600, lambda: (fleet.supervise(), not fleet_has_less(fleet, everything))[1])
        fleet.end_all()
        seconds = time.monotonic() - began
        faults = faults_of(town, fleet, most_asked=1 + counts["workers killed"])
        faults += list(broken_files(fleet, place / "store"))
        asked_again = sum(n - 1 for name in town.names for n in town.asked(name).values())
    facts = {**counts, "articles": everything, "seconds": round(seconds), "articles asked for again": asked_again}
    return facts, faults


def fleet_has_less(fleet: Fleet, everything: int) -> bool:
    """Also while the database can't be asked."""
    try:
        return fleet.archived() < everything
    except psycopg.OperationalError:
        return True


def broken_files(fleet: Fleet, store: Path) -> Iterator[str]:
    """What is wrong with the evidence, once each home has finished and shipped what a kill left in it."""
    for home in sorted(fleet.place.glob("w*/")):
        shipped = fleet.perilune("ship", name=home.name)
        if shipped.returncode:
            yield f"{home.name}: ship ends with {shipped.returncode}: {shipped.stderr[-300:]}"
    verified = fleet.perilune("verify", "--full")
    if verified.returncode:
        yield f"verify ends with {verified.returncode}: {verified.stdout[-600:]}"
    for file in sorted(store.glob("*.warc.gz")):
        check = subprocess.run(
            [Path(sys.executable).with_name("warcio"), "check", file], capture_output=True, check=False
        )
        if check.returncode:
            yield f"{file.name}: {check.stdout.decode()[-200:]}"


# -- frozen -----------------------------------------------------------------------------------------------------------


def frozen(  # type: ignore[no-untyped-def]  # facts and faults
    place: Path, *, delay_s: float = 0.5, articles: int = 20, network: Network | None = None
):
    """One worker stopped by SIGSTOP beyond its lease while another takes over; then woken. Whose a request is shows
    only where each has an address."""
    with (
        Town(place, hosts=1, articles=articles, delay_s=delay_s, network=network) as town,
        fleet_on(town, place, PERILUNE_LEASE_S=str(LEASE_S)) as fleet,
    ):
        name = town.names[0]
        ask_for_all(town, fleet)
        fleet.worker("sleeper", "--concurrency", "1")
        waited("a few articles", 60, lambda: fleet.archived() >= 3)
        pids = family(fleet.processes["sleeper"].pid)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        waited("the sleeper to stand still", 10, lambda: all(stands_still(pid) for pid in pids))
        stopped_at = time.monotonic()
        files = sizes(place / "sleeper" / "warc")
        fleet.worker("other", "--concurrency", "1", "--schedule", "--every", "2s")
        waited("the other to take over", 240, lambda: len(owners(fleet)) > 0 and time.monotonic() - stopped_at >
        LEASE_S + 1 and fleet.archived() >= 5)  # fmt: skip
        rows = rows_of_first_run(fleet)
        woken_at = time.monotonic()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        waited("every article archived", 120, lambda: fleet.archived() == articles)
        waited("the sleeper's crawl to end", 60, lambda: "ran out" in (place / "sleeper.log").read_text())
        fleet.end_all()
        faults = faults_of(town, fleet, most_asked=2)
        grown = [name for name, size in sizes(place / "sleeper" / "warc").items() if size > files.get(name, 0)]
        faults += [f"{file}: grew after its writer was woken" for file in grown]
        faults += [f"{what}: {rows[what]}, then {n}" for what, n in rows_of_first_run(fleet).items() if n != rows[what]]
        own = town.log(name)[0].client if network else "nobody knows"
        sent = [entry for entry in town.log(name) if entry.started_s > woken_at]
        faults += [f"asked for {entry.target} after it was woken" for entry in sent if entry.client == own]
        runs = fleet.query("SELECT id, state FROM crawl_run ORDER BY id")
    facts = {
        "frozen for": f"{woken_at - stopped_at:.0f} s, lease {LEASE_S} s",
        "requests after it was woken, its own": f"{len(sent)}, {0 if network else 'not told apart'}",
        "rows of its run, before and after": ", ".join(f"{n} {what}" for what, n in rows.items()),
        "runs": runs,
    }
    return facts, faults


def rows_of_first_run(fleet: Fleet) -> dict[str, int]:
    """What the database holds of the run that is frozen."""
    tables = {"captures": "capture", "outcomes": "outcome", "lines of its ledger": "run_source"}
    query = "SELECT count(*) FROM {} WHERE run_id = (SELECT min(id) FROM crawl_run)"
    return {what: int(fleet.query(query.format(table))[0][0]) for what, table in tables.items()}


def owners(fleet: Fleet) -> list[tuple]:  # type: ignore[type-arg]  # rows as they come
    return fleet.query("SELECT owner FROM lock WHERE owner <> '' AND epoch > 1")


def sizes(warc_dir: Path) -> dict[str, int]:
    """Final name → bytes of each WARC file, finished or in writing."""
    return {path.name.removesuffix(".open"): path.stat().st_size for path in warc_dir.glob("*.warc.gz*")}


def stands_still(pid: int) -> bool:
    """SIGSTOP has reached it, or it is gone: proc(5), the state after the name in brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "TtZ"
    except OSError:
        return True


# -- a long queue -----------------------------------------------------------------------------------------------------

SHAPES = {
    "a lock each": "'host_group:g' || n",
    "five of each lock, 100 locks taken": "'host_group:g' || (n / 5)",
    "half of one lock": "CASE WHEN n % 2 = 0 THEN 'host_group:big' ELSE 'host_group:g' || n END",
}
TAKEN = 100  # host groups that are being crawled meanwhile, in the second shape the first in the queue


def dispatch(jobs: int, *, within_ms: float = FETCHED_MS) -> tuple[dict[str, object], list[str]]:
    """How long the engine takes to hand out a job of a long queue, by how the jobs share locks."""
    binaries = find_binaries()
    assert binaries is not None
    facts: dict[str, object] = {"jobs": jobs}
    faults = []
    with private_server(binaries) as socket:
        url = f"postgresql+psycopg://perilune@/postgres?host={socket}"
        fleet = Fleet(url, Path(), Path())
        if (done := fleet.perilune("db", "upgrade")).returncode:
            raise SystemExit(done.stderr)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("SET search_path = perilune_jobs")
            for shape, lock in SHAPES.items():
                times = sorted(hand_out(connection, jobs, lock))
                p95 = times[int(len(times) * 0.95)] * 1000
                facts[f"{shape}: median, p95 of {len(times)}"] = f"{statistics.median(times) * 1000:.1f}, {p95:.1f} ms"
                if p95 > within_ms:
                    faults.append(f"{shape}: p95 {p95:.0f} ms, the bar is {within_ms:.0f}")
    return facts, faults


def hand_out(connection: psycopg.Connection, jobs: int, lock: str) -> Iterator[float]:  # type: ignore[type-arg]  # rows
    """Seconds of each of two hundred look-ups, the first hundred jobs running already."""
    connection.execute("TRUNCATE procrastinate_jobs CASCADE")
    connection.execute(
        f"INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)"
        f" SELECT 'work', 'crawl', {lock}, 'crawl:s' || n, '{{}}' FROM generate_series(1, {jobs}) n"  # type: ignore[arg-type]  # ours
    )
    connection.execute("ANALYZE procrastinate_jobs")  # as crawler.fleet.engine.queue does
    worker = connection.execute("SELECT procrastinate_register_worker_v1()").fetchone()
    fetch = "SELECT id FROM procrastinate_fetch_job_v2(%s, %s)"
    for number in range(TAKEN + 200):
        began = time.perf_counter()
        connection.execute(fetch, (["work"], worker[0])).fetchone()
        if number >= TAKEN:
            yield time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["pace", "alone", "kills", "frozen", "dispatch"])
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--hosts", type=int)
    parser.add_argument("--articles", type=int)
    parser.add_argument("--delay", type=float)
    parser.add_argument("--concurrency", type=int, default=5, help="jobs of each worker at once")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--namespaces", action="store_true", help="each worker at an address of its own: pace, alone, frozen"
    )
    said = parser.parse_args()
    if said.namespaces:
        enter("benchmarks.workers", sys.argv[1:])
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="perilune-workers-") as directory:
        place = Path(directory)
        network = stack.enter_context(Network()) if said.namespaces else None
        doing: dict[str, Callable[[], tuple[dict[str, object], list[str]]]] = {
            "pace": lambda: pace(place, workers=said.workers, hosts=said.hosts or 40, articles=said.articles or 50,
                                 delay_s=said.delay or 1.5, concurrency=said.concurrency,
                                 network=network),
            "alone": lambda: pace(place, workers=1, hosts=said.hosts or 10, articles=said.articles or 50,
                                  delay_s=said.delay or 1.5, concurrency=said.concurrency,
                                 network=network),
            "kills": lambda: kills(place, hosts=said.hosts or 12, articles=said.articles or 20,
                                   delay_s=said.delay or 0.5,
                                   seed=said.seed),
            "frozen": lambda: frozen(place, network=network),
            "dispatch": lambda: dispatch(said.jobs),
        }  # fmt: skip
        facts, faults = doing[said.what]()
    table(list(facts.items()))
    for fault in faults:
        print(f"! {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
