"""``perilune worker``, ``scheduler`` and ``workers``: one archive, many machines. Heavy imports happen inside."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import click

from archive.config import Config
from archive.errors import ConfigError
from archive.options import archive_options, crawl_options, log_options
from crawler.commands.crawl import duration

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from archive.fleet.queue import Queue
    from archive.fleet.roster import Member
    from crawler.fleet.worker import Duty

MOST_AT_ONCE = 64  # jobs of one worker; each is a process, and another that reads pages
NAME = re.compile(r"[\w.:@-]{1,100}")  # of a worker
SHORTEST = timedelta(seconds=1)


@click.command()
@click.option("--concurrency", type=click.IntRange(1, MOST_AT_ONCE), default=4, show_default=True, metavar="N",
              help="Jobs at once: host groups, which mostly wait out their delays.")  # fmt: skip
@click.option("--budget", default="10m", show_default=True, metavar="TIME",
              help="Of one crawl; the rest is queued again behind the others.")  # fmt: skip
@click.option(
    "--schedule", "is_scheduling", is_flag=True, help="Queue what is due as well, as perilune scheduler does."
)
@click.option("--every", default="1m", show_default=True, metavar="TIME", help="With --schedule: between two looks.")
@click.option("--name", metavar="NAME", help="On the roster.  [host:pid]")
@click.option("--burst", "is_burst", is_flag=True, help="End when nothing is left to do.")
@log_options
@crawl_options
def worker(
    *, config: Config, concurrency: int, budget: str, is_scheduling: bool, every: str, name: str | None, is_burst: bool
) -> int:
    """Take jobs of this archive's queue and carry them out, until told to end. Needs PostgreSQL.

    Each job is one of the other commands, in a process of its own. SIGTERM ends the crawls under way in order and gives
    the rest back; a second one kills them, which loses nothing either. docs/workers.md.
    """
    refuse_without_queue(config, "worker")
    from crawler.fleet.worker import Duty

    return served(
        config,
        Duty(
            name=known_name(name),
            works=True,
            schedules=is_scheduling,
            concurrency=concurrency,
            budget=duration("--budget", budget, least=SHORTEST),
            every=duration("--every", every, least=SHORTEST),
            is_burst=is_burst,
        ),
    )


@click.command()
@click.option("--every", default="1m", show_default=True, metavar="TIME", help="Between two looks at what is due.")
@click.option("--name", metavar="NAME", help="On the roster.  [host:pid]")
@log_options
@crawl_options
def scheduler(*, config: Config, every: str, name: str | None) -> int:
    """Queue what is due, and give the jobs of lost workers to others, until told to end. Needs PostgreSQL.

    Run two on different machines: each look is done by one of them.
    """
    refuse_without_queue(config, "scheduler")
    from crawler.fleet.worker import Duty

    return served(
        config,
        Duty(name=known_name(name), works=False, schedules=True, every=duration("--every", every, least=SHORTEST)),
    )


def served(config: Config, duty: Duty) -> int:
    """Work as told until the end; the exit code."""
    import asyncio

    from archive.fleet.engine import refuse_pending
    from crawler import logs
    from crawler.commands.schedule import config_environment
    from crawler.fleet.engine import Expected
    from crawler.fleet.worker import FleetWorker
    from crawler.plan import refuse_without_contact
    from crawler.run import closing_engine
    from spiders.registry import load_sources

    active = [source for source in load_sources(config.sources).values() if source.status == "active"]
    refuse_without_contact(active, config.contact)
    logs.configure(level="INFO", log_format=config.log_format)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # every step of every job, many lines a second
    logging.getLogger("procrastinate.worker").addFilter(Expected())
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # every attempt to reach a database that is away
    environment = {"PERILUNE_EXTRACT_WORKERS": "1", **config_environment(config)}
    if config.extract_workers is not None:
        environment["PERILUNE_EXTRACT_WORKERS"] = str(config.extract_workers)

    async def live(engine: Engine) -> int:
        return await FleetWorker(config, duty, engine, environment).run()

    with closing_engine(config) as engine:
        with engine.connect() as connection:
            refuse_pending(connection)
        return asyncio.run(live(engine))


def refuse_without_queue(config: Config, command: str) -> None:
    """Raises ``ConfigError`` on SQLite, and where the engine is not installed."""
    from archive.database import known_url
    from archive.fleet.engine import is_engine_here

    if known_url(config.database_url).get_backend_name() == "sqlite":
        raise ConfigError(
            f"perilune {command} needs PostgreSQL: a SQLite archive belongs to one machine, and there "
            "`perilune schedule run` does the same. --database postgresql://… for many (docs/workers.md)"
        )
    if not is_engine_here():
        raise ConfigError(f"perilune {command} needs the job engine: pip install 'perilune[workers]'")


def known_name(name: str | None) -> str:
    """What it is called on the roster; by default after its machine and process. Raises ``ConfigError`` for what is
    no name: operators type it, and logs have it in a line."""
    if name is None:
        return f"{socket.gethostname()}:{os.getpid()}"
    if not NAME.fullmatch(name):
        raise ConfigError(f"--name: not a name (letters, digits and ._:@-, at most 100): {name!r}")
    return name


@click.group()
def workers() -> None:
    """Who works on this archive, and what is asked of them: docs/workers.md."""


@workers.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a worker, then one for the queue.")
@archive_options
def list_(*, config: Config, as_json: bool) -> None:
    """Workers and schedulers, the queue, and the host groups of which there is something to say."""
    from archive.database import shared_clock
    from archive.fleet.pauses import paused
    from archive.fleet.queue import queue_at
    from archive.fleet.roster import members
    from archive.opening import one_state, reading_engine

    engine = reading_engine(config)
    try:
        now = shared_clock(engine)()
        with one_state(engine) as connection:
            found, queue, stopped = members(connection, now=now), queue_at(connection, now=now), paused(connection)
    finally:
        engine.dispose()
    if as_json:
        for one in found:
            click.echo(json.dumps(asdict(one), default=iso, ensure_ascii=False))
        click.echo(json.dumps({**asdict(queue), "paused_sources": stopped}, default=iso, ensure_ascii=False))
        return
    for line in (*member_lines(found, now), *queue_lines(queue, stopped, now)):
        click.echo(line)


def member_lines(found: list[Member], now: datetime) -> Iterator[str]:
    from archive.terminal import one_line

    if not found:
        yield "no workers: perilune worker starts one, on PostgreSQL"
        return
    width = max(len(one.name) for one in found)
    yield f"{'worker':<{width}}  {'kind':<9}  {'state':<8}  jobs   seen    version"
    for one in found:
        seen = f"{(now - one.seen_at).total_seconds():.0f} s"
        jobs = f"{one.jobs}/{one.capacity}"
        wish = f"  (asked to {one.wish})" if one.wish and one.is_living else ""
        name = f"{one_line(one.name):<{width}}"
        yield f"{name}  {one.kind:<9}  {one.state:<8}  {jobs:<5}  {seen:<6}  {one.software}{wish}"


def queue_lines(queue: Queue, stopped: dict[str, str], now: datetime) -> Iterator[str]:
    from archive.terminal import one_line

    if queue.depths:
        yield ""
        yield "jobs          todo   later   doing  failed  oldest waits"
        for one in queue.depths:
            waited = "-" if one.waited_s is None else f"{one.waited_s:.0f} s"
            yield f"{one.kind:<10} {one.todo:>7,} {one.later:>7,} {one.doing:>7,} {one.failed:>7,}  {waited}"
    if queue.groups:
        yield ""
        for group in queue.groups:
            leased = f"crawled by {one_line(group.owner)}" if group.owner else ""
            held = f"left alone until {group.held_until:%H:%M:%S} ({group.reason})" if group.held_until else ""
            waits = f"{group.waiting} waiting" if group.waiting else ""
            yield f"{group.name}: {', '.join(filter(None, (leased, held, waits)))}"
    for source_id, reason in stopped.items():
        yield f"paused: {source_id}: {one_line(reason)}"


@workers.command()
@click.argument("name", metavar="[WORKER]", required=False)
@click.option("--source", "source_id", metavar="SOURCE", help="Instead of a worker: no machine crawls this source.")
@click.option("--reason", metavar="TEXT", default="", help="Of a source: for the others.")
@crawl_options
def pause(*, config: Config, name: str | None, source_id: str | None, reason: str) -> None:
    """Let a WORKER take no more jobs, or nobody a source, until resumed. What is under way is finished."""
    one_of(name, source_id)
    with changed(config) as (engine, now):
        if source_id is not None:
            from archive.fleet.pauses import pause as pause_source

            pause_source(engine, known_source(config, source_id), reason or "no reason given", now=now)
        else:
            wish(engine, str(name), "pause", now)
    click.echo(f"paused: {source_id or name}")


@workers.command()
@click.argument("name", metavar="[WORKER]", required=False)
@click.option("--source", "source_id", metavar="SOURCE", help="Instead of a worker.")
@crawl_options
def resume(*, config: Config, name: str | None, source_id: str | None) -> None:
    """Let a paused WORKER, or a source, go on."""
    one_of(name, source_id)
    with changed(config) as (engine, now):
        if source_id is not None:
            from archive.fleet.pauses import resume as resume_source

            resume_source(engine, source_id)
        else:
            wish(engine, str(name), None, now)
    click.echo(f"resumed: {source_id or name}")


@workers.command()
@click.argument("name", metavar="WORKER")
@archive_options
def drain(*, config: Config, name: str) -> None:
    """Let a WORKER finish what it does, and end."""
    with changed(config) as (engine, now):
        wish(engine, name, "drain", now)
    click.echo(f"draining: {name}")


def one_of(name: str | None, source_id: str | None) -> None:
    if (name is None) == (source_id is None):
        raise ConfigError("say a worker's name, or --source SOURCE")


def known_source(config: Config, source_id: str) -> str:
    from crawler.plan import chosen_sources
    from spiders.registry import load_sources

    return chosen_sources(load_sources(config.sources), [source_id])[0].id


def wish(engine: Engine, name: str, what: Literal["pause", "drain"] | None, now: datetime) -> None:
    from archive.fleet.roster import ask

    ask(engine, name, what, now=now)


@contextmanager
def changed(config: Config) -> Iterator[tuple[Engine, datetime]]:
    """The archive to write to, and its time."""
    from archive.database import shared_clock
    from crawler.run import closing_engine

    with closing_engine(config) as engine:
        yield engine, shared_clock(engine)()


def iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
