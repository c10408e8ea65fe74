"""A worker or scheduler from start to end: on the roster, taking jobs, paused and drained when asked, ended in order.

The engine runs beside our own heartbeat. When the database is away the engine stops, and is started again when it is
back; nobody has to do anything.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import procrastinate
import psycopg
import psycopg_pool
from procrastinate.exceptions import ProcrastinateException
from sqlalchemy import Engine

from archive.config import Config
from archive.database import reading, shared_clock
from archive.errors import ConfigError, LockedError, PeriluneError, StoreError
from archive.fleet import roster
from archive.fleet.pauses import paused
from archive.migrate import head
from archive.owners import owner_name
from crawler.context import software
from crawler.fleet.dispatch import due_orders
from crawler.fleet.engine import SCHEDULE, WORK, app_of, stalled_after
from crawler.fleet.jobs import KINDS, USAGE, Means, Order, fate_of
from crawler.fleet.process import KILL_AFTER_S, Ended, Nursery
from spiders.registry import load_sources

log = logging.getLogger(__name__)
POLL_S = 5.0  # s; the engine hears of new jobs at once; this is for those whose time has come
BEATS = 6  # of the engine in the time after which a job's worker is taken for lost
AWAY_S = (1.0, 30.0)  # s before the first and before a later attempt to reach a database that is away
GRACE = timedelta(minutes=5)  # beyond its budget a job is told to end; others have no budget
UNBOUNDED = timedelta(hours=12)  # for a job that knows no budget: a replay of a full file takes minutes
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What this process is to do."""

    name: str
    works: bool
    schedules: bool
    concurrency: int = 1
    budget: timedelta = timedelta(minutes=10)
    """Of one crawl; the rest is queued again behind the others."""
    every: timedelta = timedelta(minutes=1)
    """Between two looks at what is due."""
    is_burst: bool = False
    """End when nothing is left to do."""

    @property
    def queues(self) -> list[str]:
        return [*([WORK] if self.works else []), *([SCHEDULE] if self.schedules else [])]


class FleetWorker:
    """One process of the fleet."""

    def __init__(self, config: Config, duty: Duty, engine: Engine, environment: Mapping[str, str]) -> None:
        """``environment``: the configuration, as a job's process reads it."""
        self.config = config
        self.duty = duty
        self.engine = engine
        self.environment = environment
        self.owner = owner_name()
        self.now: Callable[[], datetime] = shared_clock(engine)
        self.nursery = Nursery()
        self.app = app_of(config, every=duty.every if duty.schedules else None, takes=self.takes)
        self.running = 0
        self.wish: str | None = None
        self.is_ending = False
        self.changed = asyncio.Event()
        self.taking: asyncio.Task[None] | None = None

    # The life of it

    async def run(self) -> int:
        """Until it is told to end: 0. Raises ``ConfigError`` when its name is taken."""
        for signum in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(signum, self.end)
        await self.enrolled()
        log.info("worker started", extra={"worker": self.duty.name, "queues": self.duty.queues, "pid": os.getpid()})
        beating = asyncio.ensure_future(self.beat())
        try:
            await self.work()
        finally:
            beating.cancel()
            with suppress(PeriluneError):  # the database is away: it will be seen as lost
                await asyncio.to_thread(
                    roster.leave, self.engine, name=self.duty.name, owner=self.owner, now=self.now()
                )
        log.info("worker ended", extra={"worker": self.duty.name})
        return 0

    async def enrolled(self) -> None:
        """On the roster, as soon as the database can be reached."""
        pause_s, longest_s = AWAY_S
        while not self.is_ending:
            try:
                await asyncio.to_thread(self.enrol)
            except StoreError as exc:
                pause_s = await self.out_of_reach(exc, pause_s, longest_s)
            else:
                return

    async def out_of_reach(self, error: Exception, pause_s: float, longest_s: float) -> float:
        """Say so, and wait; the next pause."""
        log.warning("the queue can't be reached", extra={"error": str(error) or type(error).__name__})
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), pause_s)
        return min(pause_s * 2, longest_s)

    def enrol(self) -> None:
        roster.enrol(
            self.engine,
            name=self.duty.name,
            kind="scheduler" if not self.duty.works else "both" if self.duty.schedules else "worker",
            owner=self.owner,
            software=software(),
            schema_version=head(),
            capacity=self.duty.concurrency,
            now=self.now(),
        )

    def end(self) -> None:
        """The first signal: jobs are told to end in order and given back. The second: they are killed."""
        if self.is_ending:
            self.nursery.kill_all()
            return
        self.is_ending = True
        self.nursery.end_all()
        asyncio.get_running_loop().call_later(KILL_AFTER_S, self.nursery.kill_all)
        self.stop_taking()

    def stop_taking(self) -> None:
        """Take no more jobs; those that run go on."""
        self.changed.set()
        if self.taking is not None and not self.taking.cancelling():  # a second time it would not wait
            self.taking.cancel()  # the engine then waits for the jobs that run

    @property
    def state(self) -> str:
        if self.is_ending or self.wish == "drain":
            return "draining"
        return "paused" if self.wish == "pause" else "working"

    async def work(self) -> None:
        """Take jobs until told to end; start again when the database was away."""
        pause_s, longest_s = AWAY_S
        while self.state != "draining":
            self.changed.clear()
            self.taking = asyncio.ensure_future(self.take_jobs())
            try:
                await self.taking
                pause_s = AWAY_S[0]
                if self.duty.is_burst:
                    return
            except asyncio.CancelledError:
                if not self.changed.is_set():  # not ours: the whole process is being ended
                    raise
            except (ProcrastinateException, psycopg.Error, psycopg_pool.PoolTimeout, OSError) as exc:
                pause_s = await self.out_of_reach(exc, pause_s, longest_s)
            finally:
                self.taking = None

    def takes(self, queue: str) -> bool:
        """Whether it takes jobs of this queue now: one that is paused still queues what is due, if that is its too."""
        return self.state == "working" or (queue == SCHEDULE and self.duty.works)

    async def take_jobs(self) -> None:
        """The engine, until it is stopped or fails: once a queue, so that what a scheduler does waits for no crawl."""
        every = self.duty.every if self.duty.schedules else None
        self.app = app_of(self.config, every=every, takes=self.takes)
        async with self.app.open_async():
            lanes = [asyncio.ensure_future(self.lane(queue)) for queue in self.duty.queues]
            try:
                await asyncio.gather(*lanes)
            finally:
                for lane in lanes:
                    if not lane.cancelling():
                        lane.cancel()
                await asyncio.wait(lanes)

    async def lane(self, queue: str) -> None:
        """The engine for one queue."""
        silent_s = stalled_after(self.config).total_seconds()
        await self.app.run_worker_async(
            queues=[queue],
            name=self.duty.name,
            concurrency=self.duty.concurrency if queue == WORK else 1,
            wait=not self.duty.is_burst,
            fetch_job_polling_interval=POLL_S,
            update_heartbeat_interval=silent_s / BEATS,
            stalled_worker_timeout=silent_s,
            delete_jobs=procrastinate.jobs.DeleteJobCondition.SUCCESSFUL,
            additional_context={"carrier": self},
            install_signal_handlers=False,
        )

    async def beat(self) -> None:
        """Say that we live; hear what is wished. A database that is away is said once a beat, and waited for."""
        while True:
            try:
                wish = await asyncio.to_thread(
                    roster.beat, self.engine, name=self.duty.name, owner=self.owner, state=self.state,
                    jobs=self.running, now=self.now(),
                )  # fmt: skip
                self.hear(wish)
            except LockedError as exc:
                log.error("worker replaced", extra={"error": str(exc)})
                self.end()
                return
            except PeriluneError as exc:
                log.warning("no sign of life could be given", extra={"error": str(exc)})
            await asyncio.sleep(roster.BEAT_S)

    def hear(self, wish: str | None) -> None:
        """Follow a wish that changed."""
        if wish != self.wish:
            log.info("wish heard", extra={"worker": self.duty.name, "wish": wish or "work"})
            self.wish = wish
            if self.state == "draining":
                self.stop_taking()

    # What the engine asks of it

    async def carry_out(self, kind: str, words: dict[str, object]) -> Ended:
        """One job, in a process of its own. A paused source's is done with: it is due again when it is resumed."""
        known = KINDS[kind]
        limit = self.duty.budget + GRACE if known.is_bounded else UNBOUNDED
        try:
            command = known.command_line(words, Means(budget=self.duty.budget, home=self.config.home))
        except ConfigError as exc:
            log.error("job refused", extra={"kind": kind, "error": str(exc)})
            return Ended(exit_code=USAGE)
        if known.is_bounded and str(words["source"]) in await asyncio.to_thread(self.paused_sources):
            return Ended(exit_code=0)
        self.running += 1
        try:
            if known.folder:
                (self.config.home / known.folder).mkdir(parents=True, exist_ok=True)
            ended = await self.nursery.carry_out(command, self.environment, limit_s=limit.total_seconds())
        finally:
            self.running -= 1
        level = logging.INFO if fate_of(ended.exit_code) in ("done", "given back") else logging.WARNING
        facts = {"kind": kind, "words": words, "exit_code": ended.exit_code, **short(ended.said)}
        log.log(level, "job ended", extra=facts)
        return ended

    def paused_sources(self) -> dict[str, str]:
        with reading(self.engine) as session:
            return paused(session)

    async def due_orders(self) -> list[Order]:
        """What is due now, by the source files of this machine."""
        return await asyncio.to_thread(
            lambda: due_orders(self.engine, load_sources(self.config.sources), now=self.now())
        )


def short(said: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON values
    """What the log says of a job's run."""
    return {name: said[name] for name in ("run", "state", "reasons") if said.get(name)}
