"""A worker's life on a real queue, with jobs that last as long as the test wants."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from archive.config import Config, load_config
from archive.database import open_engine, writing
from archive.errors import ConfigError
from archive.migrate import upgrade
from crawler.fleet.engine import asked, queue, retry_now
from crawler.fleet.jobs import Order, order_of
from crawler.fleet.process import Ended
from crawler.fleet.worker import Duty, FleetWorker

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("fleet")]


class HeldJobs:
    """In the place of the processes: a job lasts until it is let go, and is ended by nobody."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.let_go = asyncio.Event()

    async def carry_out(self, arguments: Sequence[str], environment: Mapping[str, str], *, limit_s: float) -> Ended:
        self.begun.append(arguments[-1])
        await self.let_go.wait()
        return Ended(exit_code=0)

    def end_all(self) -> None:
        pass

    kill_all = end_all


class Looking(FleetWorker):
    """Counts how often it looked at what is due."""

    looks = 0

    async def due_orders(self) -> list[Order]:
        self.looks += 1
        return []


@pytest.fixture
def config(postgres_url: str, tmp_path: Path) -> Config:
    return load_config({"PERILUNE_LEASE_S": "30"}, home=tmp_path, database=postgres_url)


@pytest.fixture
def engine(config: Config) -> Iterator[Engine]:
    engine = open_engine(config.database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def lived(
    config: Config, engine: Engine, test: Callable[[Looking, HeldJobs], Awaitable[None]], **duty: object
) -> dict[str, int]:
    """Run a worker while ``test`` does something with it, and until it ends. What is left in the queue, by status."""

    async def life() -> None:
        await queue_crawls(config, "a", "b")
        said = {"name": "w", "works": True, "schedules": False, "concurrency": 1, **duty}
        worker, jobs = Looking(config, Duty(**said), engine, {}), HeldJobs()
        worker.nursery = jobs
        living = asyncio.ensure_future(worker.run())
        try:
            await so(lambda: jobs.begun)
            await test(worker, jobs)
        finally:
            jobs.let_go.set()
            worker.end()
            assert await living == 0

    asyncio.run(life())
    statuses = "SELECT status::text FROM perilune_jobs.procrastinate_jobs WHERE queue_name = 'work'"
    with engine.connect() as connection:
        return Counter(connection.execute(text(statuses)).scalars())


async def queue_crawls(config: Config, *names: str) -> None:
    orders = [order_of("crawl", {"source": name}, host_group=name) for name in names]
    await asked(config, lambda app: queue(app, orders))


async def so(is_so: Callable[[], object]) -> None:
    """Wait until it is."""
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.05)


def test_paused_and_resumed_it_finishes_what_it_had_and_takes_the_next(config: Config, engine: Engine) -> None:
    """The second wish cut the engine off from jobs under way: done, they were given to others a minute later."""

    async def test(worker: Looking, jobs: HeldJobs) -> None:
        worker.hear("pause")
        assert not worker.takes("work")
        worker.hear(None)
        jobs.let_go.set()
        await so(lambda: len(jobs.begun) == 2 and not worker.running)

    assert lived(config, engine, test) == {}


def test_drained_and_then_ended_it_says_what_became_of_its_job(
    config: Config, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Cancelled a second time the engine would give up waiting for the job."""
    caplog.set_level("INFO", logger="procrastinate")

    async def test(worker: Looking, jobs: HeldJobs) -> None:
        taking = worker.taking
        assert taking is not None
        worker.hear("drain")
        await so(lambda: "Waiting for job to finish" in caplog.text)
        worker.end()
        assert (taking.done(), taking.cancelling()) == (False, 1)

    assert lived(config, engine, test) == {"todo": 1}


def test_what_is_due_is_looked_at_however_long_its_jobs_are(config: Config, engine: Engine) -> None:
    """And while it is paused: it may be the only one that looks."""

    async def test(worker: Looking, jobs: HeldJobs) -> None:
        await so(lambda: worker.looks)
        worker.hear("pause")
        seen = worker.looks
        await so(lambda: worker.looks > seen + 1)
        assert jobs.begun == ["a"]

    assert lived(config, engine, test, schedules=True, every=timedelta(seconds=1)) == {"todo": 1}


def test_an_export_finds_its_folder_made(config: Config, engine: Engine) -> None:
    async def test() -> Ended:
        worker = FleetWorker(config, Duty(name="w", works=True, schedules=False), engine, {})
        jobs = HeldJobs()
        jobs.let_go.set()
        worker.nursery = jobs
        return await worker.carry_out("export", {"file": "all.jsonl"})

    assert asyncio.run(test()).exit_code == 0
    assert (config.home / "exports").is_dir()


def test_what_failed_and_what_waits_for_its_time_is_tried_at_once(config: Config, engine: Engine) -> None:
    asyncio.run(queue_crawls(config, "a", "b", "c"))
    with writing(engine) as session:
        session.execute(text("SET LOCAL search_path = perilune_jobs"))  # for the engine's triggers
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' WHERE id = 1"))
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = 2"))

    for number in (1, 2):
        asyncio.run(asked(config, lambda app, number=number: retry_now(app, number)))

    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT status::text, coalesce(scheduled_at, now()) <= now() FROM perilune_jobs.procrastinate_jobs")
        ).all()
    assert [tuple(row) for row in rows] == [("todo", True)] * 3
    for number in (3, 999):
        with pytest.raises(ConfigError, match=f"no job {number} failed or waits for its time"):
            asyncio.run(asked(config, lambda app, number=number: retry_now(app, number)))
