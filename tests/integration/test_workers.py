"""Workers, scheduler and queue on a real PostgreSQL, with publishers on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from archive.database import open_engine, reading, writing
from archive.errors import ConfigError, LockedError, SchemaError
from archive.fleet import engine as job_engine
from archive.fleet import pauses, roster
from archive.fleet.judging import fleet_findings, summary
from archive.fleet.queue import Depth, GroupState, Queue
from archive.migrate import ensure_schema, head, upgrade
from archive.schema import WorkerRow
from archive.web.app import create_app
from benchmarks.town import Fleet, Town, faults_of, waited
from crawler.commands.fleet import known_name
from crawler.fleet.dispatch import few_of_each
from crawler.fleet.jobs import fate_of, order_of, pause_before
from tests.web import ask

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def perilune(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: word for name, word in os.environ.items() if not name.startswith("PERILUNE_")}
    return subprocess.run(
        [sys.executable, "-m", "crawler", *words], capture_output=True, text=True, env=kept | more, check=False
    )


# -- without a queue ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("worker",), ("scheduler",), ("jobs", "list"), ("jobs", "add", "verify")])
def test_on_sqlite_the_message_says_what_does_the_same(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = perilune(*words, "--home", str(tmp_path))
    assert done.returncode == 2
    assert f"perilune {words[0]} needs PostgreSQL" in done.stderr
    assert "perilune schedule run" in done.stderr


# -- the roster --------------------------------------------------------------------------------------------------------


def enrol(engine: Engine, name: str = "w1", *, owner: str = "a:1:x", now: datetime = NOW, schema: str = "0012") -> None:
    roster.enrol(
        engine, name=name, kind="worker", owner=owner, software="Perilune/0", schema_version=schema, capacity=4, now=now
    )


def states(engine: Engine, now: datetime) -> dict[str, str]:
    with engine.connect() as connection:
        return {one.name: one.state for one in roster.members(connection, now=now)}


def test_worker_that_falls_silent_is_lost_and_its_name_free(engine: Engine) -> None:
    enrol(engine)
    roster.beat(engine, name="w1", owner="a:1:x", state="working", jobs=2, now=NOW + timedelta(seconds=50))
    assert states(engine, NOW + timedelta(seconds=100)) == {"w1": "working"}
    with pytest.raises(ConfigError, match="give this one another --name"):
        enrol(engine, owner="b:1:y", now=NOW + timedelta(seconds=100))
    assert states(engine, NOW + timedelta(seconds=111)) == {"w1": "lost"}
    enrol(engine, owner="b:1:y", now=NOW + timedelta(seconds=111))
    with pytest.raises(LockedError, match="another process works as 'w1'"):
        roster.beat(engine, name="w1", owner="a:1:x", state="working", jobs=0, now=NOW + timedelta(seconds=112))


def test_a_wish_is_heard_with_the_next_beat(engine: Engine) -> None:
    enrol(engine)
    roster.ask(engine, "w1", "drain", now=NOW)
    assert roster.beat(engine, name="w1", owner="a:1:x", state="working", jobs=0, now=NOW) == "drain"
    roster.leave(engine, name="w1", owner="a:1:x", now=NOW)
    assert states(engine, NOW) == {"w1": "left"}
    with pytest.raises(ConfigError, match="no living worker 'w1'"):
        roster.ask(engine, "w1", "pause", now=NOW)


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "w" * 101, "<b>"])
def test_what_is_no_name_of_a_worker_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="--name: not a name"):
        known_name(name)
    assert known_name("rack-3.example:17") == "rack-3.example:17"


def test_paused_source_has_its_reason_until_resumed(engine: Engine) -> None:
    pauses.pause(engine, "esa", "they asked us to", now=NOW)
    pauses.pause(engine, "esa", "until Monday\x00", now=NOW)
    with reading(engine) as session:
        assert pauses.paused(session) == {"esa": "until Monday"}
    pauses.resume(engine, "esa")
    with pytest.raises(ConfigError, match="esa is not paused"):
        pauses.resume(engine, "esa")


# -- schemas and rolling upgrades --------------------------------------------------------------------------------------


def set_version(engine: Engine, version: str, least: str) -> None:
    with writing(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        session.execute(text("UPDATE schema_terms SET least_schema = :least"), {"least": least})


def test_program_goes_on_with_a_newer_schema_that_was_only_widened(engine: Engine) -> None:
    """An old worker, a new schema: a column more, which it does not know."""
    with writing(engine) as session:
        session.execute(text("ALTER TABLE worker ADD COLUMN colour VARCHAR"))
    set_version(engine, "9999", "0012")
    ensure_schema(engine)
    enrol(engine)
    assert states(engine, NOW) == {"w1": "working"}


def test_program_refuses_a_newer_schema_that_was_narrowed(engine: Engine) -> None:
    set_version(engine, "9999", "9999")
    with pytest.raises(SchemaError, match="has schema 9999"):
        ensure_schema(engine)


def test_narrowing_waits_for_old_workers(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    enrol(engine, "new", owner="a:1:x", now=datetime.now(UTC), schema=head())
    enrol(engine, "old", owner="a:2:x", now=datetime.now(UTC), schema="0001")
    set_version(engine, "0011", "0012")
    monkeypatch.setattr("archive.migrate.least_after", lambda before: head())
    with pytest.raises(SchemaError, match=r"^old would not understand .*: perilune workers drain old$"):
        upgrade(engine)


@pytest.mark.postgres
def test_engine_tables_stand_apart_and_are_made_once(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    with engine.connect() as connection:
        assert job_engine.pending_steps(connection) == []
        count = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'procrastinate%%' AND schemaname = %(schema)s"
        assert connection.exec_driver_sql(count, {"schema": "perilune_jobs"}).scalar() == 4
        assert connection.exec_driver_sql(count, {"schema": "public"}).scalar() == 0
    assert upgrade(engine) == (head(), head())
    engine.dispose()


@pytest.mark.postgres
def test_engine_steps_that_came_since_are_applied_in_order(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    known, sql_of = job_engine.step_names(), job_engine.sql_of
    newer = {"99.00.00_01_pre_first.sql": "CREATE TABLE first (n int)",
             "99.00.00_50_post_then.sql": "ALTER TABLE first ADD COLUMN share text DEFAULT '100%'"}  # fmt: skip
    monkeypatch.setattr(job_engine, "step_names", lambda: [*known, *newer])
    monkeypatch.setattr(job_engine, "sql_of", lambda name: newer.get(name) or sql_of(name))
    enrol(engine, now=datetime.now(UTC))
    with pytest.raises(SchemaError, match="drain w1 first"):
        upgrade(engine)
    with writing(engine) as session:
        session.delete(session.get(WorkerRow, "w1"))
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(share) FROM perilune_jobs.first").scalar() == 0
        assert job_engine.pending_steps(connection) == []
    engine.dispose()


# -- a fleet at work ---------------------------------------------------------------------------------------------------


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(tmp_path, hosts=3, articles=4, delay_s=0.3) as town:
        yield town


@pytest.fixture
def fleet(town: Town, postgres_url: str, tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(postgres_url, tmp_path, town.sources)
    assert fleet.perilune("db", "upgrade").returncode == 0
    yield fleet
    fleet.end_all()


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.xdist_group("fleet")
def test_two_workers_archive_everything_once_and_politely(town: Town, fleet: Fleet) -> None:
    paused = fleet.perilune("workers", "pause", "--source", "town003", "--reason", "they asked")
    assert (paused.returncode, paused.stdout) == (0, "paused: town003\n")
    fleet.worker("w1", "--schedule", "--every", "2s", "--concurrency", "1")
    fleet.worker("w2", "--concurrency", "1")
    waited("two hosts archived", 90, lambda: fleet.archived() == 8)
    assert town.log("town003") == []

    again = fleet.perilune("workers", "resume", "--source", "town003")
    assert again.returncode == 0
    waited("the third", 60, lambda: fleet.archived() == 12)

    told = [json.loads(line) for line in fleet.perilune("workers", "list", "--json").stdout.splitlines()]
    assert [(one["name"], one["kind"], one["state"]) for one in told[:-1]] == [
        ("w1", "both", "working"), ("w2", "worker", "working"),
    ]  # fmt: skip
    assert told[-1]["has_engine"] is True

    assert fleet.perilune("workers", "drain", "w2").returncode == 0
    assert fleet.processes["w2"].wait(30) == 0
    assert fleet.end("w1") == 0
    assert faults_of(town, fleet) == []
    assert {row[0] for row in fleet.query("SELECT state FROM worker")} == {"left"}
    assert fleet.query("SELECT count(*) FROM lock WHERE owner <> ''") == [(0,)]


@pytest.mark.postgres
def test_jobs_are_queued_once_listed_and_cancelled(fleet: Fleet) -> None:
    assert fleet.perilune("jobs", "add", "crawl", "TOWN001").stdout == "queued\n"
    assert fleet.perilune("jobs", "add", "crawl", "town001").stdout == "queued already\n"
    assert fleet.perilune("jobs", "add", "export", "all.jsonl", "rover").stdout == "queued\n"
    listed = [json.loads(line) for line in fleet.perilune("jobs", "list", "--json").stdout.splitlines()]
    assert [(one["kind"], one["status"], one["what"]) for one in listed] == [
        ("crawl", "todo", {"source": "town001"}),
        ("export", "todo", {"file": "all.jsonl", "query": "rover"}),
    ]
    number = str(listed[0]["id"])
    assert fleet.perilune("jobs", "cancel", number).stdout == f"cancelled: {number}\n"
    refused = fleet.perilune("jobs", "cancel", number)
    assert (refused.returncode, refused.stderr) == (
        2, f"perilune: no job {number} waits or runs; `perilune jobs list` shows them\n",
    )  # fmt: skip


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("crawl",), "jobs add crawl takes SOURCE"),
        (("crawl", "nobody"), "unknown source: nobody"),
        (("mine", "x"), "no such kind of job: 'mine'"),
        (("export", "../x"), "file: not a name: '../x'"),
        (("verify", "x"), "jobs add verify takes no words"),
        (("export",), "jobs add export takes FILE [QUERY]"),
        (("dedup", "all"), "not a range of articles (1-5000, or 5001- to the end): 'all'"),
        (("dedup", "1-5", "6-9"), "jobs add dedup takes [ARTICLES]"),
    ],
)
def test_what_is_no_job_is_refused_in_words(fleet: Fleet, words: tuple[str, ...], message: str) -> None:
    refused = fleet.perilune("jobs", "add", *words)
    assert refused.returncode == 2
    assert message in refused.stderr


CARRIES_OUT = """
import asyncio, json, sys
from crawler.fleet.process import Nursery

environment, limit_s = json.loads(sys.argv[1]), float(sys.argv[2])
ended = asyncio.run(Nursery().carry_out(["dedup", "rebuild", "--quiet", "--json"], environment, limit_s=limit_s))
print(ended.exit_code)
"""


@pytest.mark.postgres
@pytest.mark.parametrize("limit_s", [pytest.param(0.0, id="before it begins"), pytest.param(5.0, id="under way")])
def test_a_job_that_is_told_to_end_is_given_back(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit_s: float
) -> None:
    """A rebuild has no handler of its own: ended by the signal itself it would have cost a try, and waited."""
    monkeypatch.setattr("archive.database.MOST_IDLE_S", 0)  # of this process, which holds the lock and thinks
    engine = open_engine(postgres_url)
    upgrade(engine)
    environment = json.dumps({"PERILUNE_DATABASE_URL": postgres_url, "PERILUNE_HOME": str(tmp_path)})
    with writing(engine):  # so that it waits for its turn
        program = [sys.executable, "-c", CARRIES_OUT, environment, str(limit_s)]
        exit_code = int(subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True).stdout)
    engine.dispose()
    assert (fate_of(exit_code), pause_before(7, exit_code)) == ("given back", timedelta())


def test_of_a_host_group_a_few_are_queued() -> None:
    """Two hundred sources on one host run one by one: others' jobs must not wait behind a scan of them."""
    crowd = [order_of("crawl", {"source": f"s{n}"}, host_group="big") for n in range(200)]
    others = [order_of("crawl", {"source": f"t{n}"}, host_group=f"g{n}") for n in range(3)]
    found = few_of_each([*crowd, *others], {"host_group:big": 2, "host_group:g1": 5})
    assert [order.queueing_lock for order in found] == ["crawl:s0", "crawl:s1", "crawl:s2", "crawl:t0", "crawl:t2"]


# -- what operators see ------------------------------------------------------------------------------------------------


def kinds(*members: roster.Member, depths: tuple[Depth, ...] = (), paused: dict[str, str] | None = None) -> list[str]:
    queue = Queue(has_engine=True, depths=depths)
    return [one.kind for one in fleet_findings(members, queue, paused or {}, now=NOW)]


def a_member(kind: str = "both", state: str = "working") -> roster.Member:
    return roster.Member(
        name="w1", kind=kind, state=state, jobs=0, capacity=4, software="Perilune/0", schema_version="0012",
        started_at=NOW, seen_at=NOW,
    )  # fmt: skip


def waiting(seconds: float, **more: int) -> tuple[Depth, ...]:
    return (Depth(kind="crawl", todo=1, waited_s=seconds, **more),)


@pytest.mark.parametrize(
    ("members", "depths", "expected"),
    [
        pytest.param((), waiting(9_000), [], id="nobody ever worked here"),
        pytest.param((a_member(),), waiting(600), [], id="all is well"),
        pytest.param((a_member("worker"),), (), ["no_scheduler"], id="no scheduler"),
        pytest.param((a_member("scheduler"),), waiting(901), ["no_worker"], id="no worker"),
        pytest.param((a_member(state="paused"),), waiting(901), ["no_worker"], id="all paused"),
        pytest.param((a_member(state="lost"),), waiting(901), ["worker_lost", "no_worker"], id="lost"),
        pytest.param((a_member(),), waiting(3_601), ["queue_behind"], id="not keeping up"),
        pytest.param((a_member(),), waiting(1, failed=2), ["jobs_failed"], id="given up"),
    ],
)
def test_health_says_what_is_wrong_with_the_workers(
    members: tuple[roster.Member, ...], depths: tuple[Depth, ...], expected: list[str]
) -> None:
    assert kinds(*members, depths=depths) == expected


def test_health_sums_the_fleet_up_in_a_line() -> None:
    depths = (Depth(kind="crawl", todo=3, later=1, doing=2), Depth(kind="verify", failed=1))
    groups = (GroupState(name="esa", owner="a:1:x"), GroupState(name="nasa", held_until=NOW), GroupState(name="jaxa"))
    told = summary([a_member(), a_member("scheduler"), a_member(state="lost")], Queue(depths=depths, groups=groups))
    assert told == (
        "workers: 2 with 4 places, jobs: 2 under way, 3 waiting, 1 for later, 1 failed, "
        "host groups: 1 crawled, 1 left alone"
    )
    assert summary([], Queue()) is None


def test_stopped_source_is_said_with_and_without_workers() -> None:
    assert kinds(paused={"esa": "they asked"}) == ["source_paused"]


@pytest.mark.postgres
def test_metrics_and_the_page_show_workers_queue_and_groups(fleet: Fleet) -> None:
    assert fleet.perilune("jobs", "add", "crawl", "town001").returncode == 0
    fleet.perilune("workers", "pause", "--source", "town002", "--reason", "<b>they</b> asked")
    engine = open_engine(fleet.database_url)
    enrol(engine, "w<1>", now=datetime.now(UTC))

    figures = fleet.perilune("metrics").stdout
    answer = ask(create_app(engine, warc_dir=Path("warc")), "/workers")
    engine.dispose()

    assert 'perilune_workers{kind="worker",state="working"} 1\n' in figures
    assert 'perilune_jobs{kind="crawl",state="todo"} 1\n' in figures
    assert 'perilune_host_groups{state="waiting"} 1\n' in figures
    assert "perilune_sources_paused 1\n" in figures
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert "w&lt;1&gt;" in answer.text
    assert "&lt;b&gt;they&lt;/b&gt; asked" in answer.text
    assert "<td>town001</td>" in answer.text


def test_the_page_of_an_archive_without_workers_says_so(engine: Engine) -> None:
    answer = ask(create_app(engine, warc_dir=Path("warc")), "/workers")
    assert answer.status == 200
    assert "Nobody works on this archive by a queue" in answer.text
