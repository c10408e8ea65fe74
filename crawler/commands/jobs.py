"""``perilune jobs``: the queue that workers take from. Heavy imports happen inside."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

import click

from archive.config import Config
from archive.errors import ConfigError
from archive.options import archive_options, crawl_options
from crawler.commands.fleet import iso, known_source, refuse_without_queue

if TYPE_CHECKING:
    from procrastinate import App

    from crawler.fleet.jobs import Kind

T = TypeVar("T")


@click.group()
def jobs() -> None:
    """The queue that workers take from: docs/workers.md."""


@jobs.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, metavar="N", help="At most N.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a job.")
@archive_options
def jobs_list(*, config: Config, limit: int, as_json: bool) -> None:
    """Jobs that run, that wait in the order they are taken, and that failed."""
    from archive.fleet.queue import jobs as found
    from archive.opening import opened
    from archive.terminal import one_line

    refuse_without_queue(config, "jobs")
    with opened(config) as connection:
        listed = found(connection, limit=limit)
        if not listed and not as_json:
            click.echo("no jobs: none runs, waits or failed")
        for job in listed:
            if as_json:
                click.echo(json.dumps(asdict(job), default=iso, ensure_ascii=False))
                continue
            what = " ".join(str(word) for word in job.what.values())
            tries = f"  tries: {job.attempts}" if job.attempts else ""
            is_later = job.status == "todo" and job.scheduled_at is not None
            later = f"  not before {job.scheduled_at:%Y-%m-%d %H:%M:%S}" if is_later else ""
            click.echo(f"{job.id:>8}  {job.status:<8} {job.kind:<9} {one_line(what)}{tries}{later}")


@jobs.command()
@click.argument("kind", metavar="KIND")
@click.argument("words", metavar="[WORD]...", nargs=-1)
@crawl_options
def add(*, config: Config, kind: str, words: tuple[str, ...]) -> int:
    """Queue a job: crawl SOURCE, recheck SOURCE, replay FILE, export FILE [QUERY], dedup [FIRST-LAST], verify.

    FILE is a name without a folder: of a WARC file of the archive, or of the export in exports/ of the worker that
    takes it. What is queued already is left as it is.
    """
    refuse_without_queue(config, "jobs")
    from crawler.fleet.engine import queue
    from crawler.fleet.jobs import KINDS, order_of
    from spiders.registry import load_sources

    names = KINDS[kind].words if kind in KINDS else ()
    if kind in KINDS and not KINDS[kind].needed <= len(words) <= len(names):
        raise ConfigError(f"jobs add {kind} takes {usage(KINDS[kind])}")
    said = dict(zip(names, words, strict=False))
    group = None
    if "source" in said:
        said["source"] = known_source(config, said["source"])
        group = load_sources(config.sources)[said["source"]].host_group
    order = order_of(kind, said, host_group=group)
    count = in_engine(config, lambda app: queue(app, [order]))
    click.echo("queued" if count else "queued already")
    return 0


def usage(kind: Kind) -> str:
    """``FILE [QUERY]``."""
    names = [name.upper() for name in kind.words]
    return " ".join([*names[: kind.needed], *(f"[{name}]" for name in names[kind.needed :])]) or "no words"


@jobs.command()
@click.argument("job_id", metavar="ID", type=click.IntRange(min=1))
@archive_options
def cancel(*, config: Config, job_id: int) -> int:
    """Take a waiting job out of the queue; end one that runs, in order."""
    refuse_without_queue(config, "jobs")
    if not in_engine(config, lambda app: app.job_manager.cancel_job_by_id_async(job_id, abort=True)):
        raise ConfigError(f"no job {job_id} waits or runs; `perilune jobs list` shows them")
    click.echo(f"cancelled: {job_id}")
    return 0


@jobs.command()
@click.argument("job_id", metavar="ID", type=click.IntRange(min=1))
@archive_options
def retry(*, config: Config, job_id: int) -> int:
    """Try a failed job again now, and one that waits for its next try."""
    refuse_without_queue(config, "jobs")
    from crawler.fleet.engine import retry_now

    in_engine(config, lambda app: retry_now(app, job_id))
    click.echo(f"queued: {job_id}")
    return 0


def in_engine(config: Config, ask: Callable[[App], Awaitable[T]]) -> T:
    """What the engine answers, on a connection of its own. Raises ``StoreError`` when it refuses or can't be reached,
    ``SchemaError``."""
    import asyncio

    from archive.fleet.engine import refuse_pending
    from crawler.fleet.engine import asked
    from crawler.run import closing_engine

    with closing_engine(config) as engine, engine.connect() as connection:
        refuse_pending(connection)
    return asyncio.run(asked(config, ask))
