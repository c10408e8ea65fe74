"""``perilune schedule``: a line for cron, units for systemd, a loop for containers."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.config import Config
from archive.errors import ConfigError
from archive.options import crawl_options
from crawler.units import Job

if TYPE_CHECKING:
    from archive.store import Store

SHORTEST = timedelta(minutes=1)
ROLES = {
    "crawl": "poll what is due, fetch what is new, archive it",
    "worker": "take jobs of the queue",
    "scheduler": "queue what is due",
    "serve": "web pages and JSON interfaces",
}


@click.group()
def schedule() -> None:
    """Run crawls by themselves: cron, systemd, or a loop in the foreground."""


@schedule.command("print")
@click.option("--cron", "form", flag_value="cron", help="A line for crontab -e.")
@click.option("--systemd", "form", flag_value="systemd", help="A service and a timer.")
@click.option("--every", default="15m", show_default=True, metavar="TIME", help="How often to look: 5m, 2h, 1d.")
@click.option("--recheck", "is_recheck", is_flag=True, help="Of the recheck instead: once an hour is often enough.")
@click.option("--of", "role", type=click.Choice(list(ROLES)), default="crawl", show_default=True,
              help="What the unit runs; all but a crawl last until they are stopped.")  # fmt: skip
@click.option("--user", "is_user", is_flag=True, help="Units of your own, for systemctl --user.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the units there instead of printing them.",
)
@click.option("--metrics", type=click.Path(dir_okay=False), metavar="FILE", help="Passed to crawl.")
@crawl_options
def print_(
    *,
    config: Config,
    form: str | None,
    every: str,
    is_recheck: bool,
    role: str,
    is_user: bool,
    into: Path | None,
    metrics: str | None,
) -> None:
    """Print what makes this machine crawl by itself: with this program, this home and these settings.

    Each crawl polls only what is due, so look often; a recheck looks only at articles that are due for it. What is
    printed names the settings in force now.
    """
    from crawler.plan import refuse_without_contact
    from crawler.units import cron_line, systemd_units
    from spiders.registry import load_sources

    if form is None or (into and form == "cron"):
        raise ConfigError("schedule print: say --cron or --systemd" if form is None else "--into goes with --systemd")
    active = [source for source in load_sources(config.sources).values() if source.status == "active"]
    refuse_without_contact(active, config.contact)
    environment, is_cut = job_environment(config)
    user = None if is_user or form == "cron" else getpass.getuser()
    verb = "recheck" if is_recheck else "crawl"
    arguments = (verb, "--quiet", *(("--metrics", str(Path(metrics).absolute())) if metrics else ()))
    job = Job(command=(*program(), *arguments), environment=environment, every=pace(every), user=user)
    if role != "crawl":
        job = lasting(job, role, is_odd=form == "cron" or is_recheck or bool(metrics))
    if is_recheck:
        job = replace(job, name="perilune-recheck", does="look at archived articles again")
    if is_cut:
        click.echo("the database's password is left out: put it into ~/.pgpass of the user who crawls", err=True)
    if form == "cron":
        click.echo(cron_line(job))
        return
    place = Path("~/.config/systemd/user" if is_user else "/etc/systemd/system")
    for name, content in systemd_units(job).items():
        if into is None:
            click.echo(f"# {place / name}\n{content}")
        else:
            into.mkdir(parents=True, exist_ok=True)
            (into / name).write_text(content, encoding="utf-8")
            click.echo(str(into / name))


def lasting(job: Job, role: str, *, is_odd: bool) -> Job:
    """The unit of a service that lasts. Raises ``ConfigError`` where something was said that is a crawl's."""
    if is_odd:
        raise ConfigError(f"--of {role} is a service for --systemd; --cron, --recheck and --metrics are a crawl's")
    return replace(job, command=(*program(), role), name=f"perilune-{role}", does=ROLES[role], is_lasting=True)


@schedule.command()
@click.option("--every", default="5m", show_default=True, metavar="TIME", help="Pause between two looks.")
@click.option("--json", "as_json", is_flag=True, help="The log as JSON lines, of the crawls too.")
@click.option("--metrics", type=click.Path(dir_okay=False), metavar="FILE", help="Passed to crawl.")
@crawl_options
def run(*, config: Config, every: str, as_json: bool, metrics: str | None) -> int:
    """Crawl and recheck what is due, again and again, in the foreground: for containers.

    A line a run on stderr. A failed run ends nothing. SIGTERM ends the crawl under way in order, then the loop, with 0.
    """
    import asyncio

    from crawler import logs
    from crawler.loop import Loop, Work
    from crawler.plan import refuse_without_contact
    from spiders.registry import load_sources

    log_format = "json" if as_json else config.log_format
    active = [source for source in load_sources(config.sources).values() if source.status == "active"]
    refuse_without_contact(active, config.contact)
    logs.configure(level="INFO", log_format=log_format)
    arguments = [
        "--quiet",
        "--json",
        "--log-format",
        log_format,
        "--log-level",
        "warning",
        *(("--metrics", metrics) if metrics else ()),
    ]
    environment = {**os.environ, **config_environment(config)}
    works = (
        Work(command=[sys.executable, "-m", "crawler", "crawl", *arguments], due=lambda: due_now(config)),
        Work(command=[sys.executable, "-m", "crawler", "recheck", *arguments], due=lambda: rechecks_now(config)),
    )
    return asyncio.run(Loop(every=pace(every), works=works, environment=environment).run())


def due_now(config: Config) -> list[str]:
    """Sources that a crawl would poll now. Makes no archive. Raises ``PeriluneError`` when that can't be told."""
    from datetime import UTC, datetime

    from crawler.plan import CrawlPlan, due_sources
    from spiders.registry import load_sources

    sources, now = list(load_sources(config.sources).values()), datetime.now(UTC)
    with store_at_hand(config) as store:
        polled = store.last_polled() if store else {}
        published = store.published([source.id for source in sources], now) if store else {}
        stopped = store.paused_sources() if store else {}
    return [
        source.id
        for source in due_sources(sources, CrawlPlan(), polled, published, now=now)
        if source.id not in stopped
    ]


def rechecks_now(config: Config) -> list[str]:
    """Sources with articles that a recheck would look at now; as :func:`due_now`."""
    from datetime import UTC, datetime

    from spiders.registry import load_sources

    active = [source.id for source in load_sources(config.sources).values() if source.status == "active"]
    with store_at_hand(config) as store:
        return (
            sorted(store.due_rechecks(active, now=datetime.now(UTC)) - store.paused_sources().keys()) if store else []
        )


@contextmanager
def store_at_hand(config: Config) -> Iterator[Store | None]:
    """The archive's store, for reading; None where there is no archive, or an empty database."""
    from archive.database import archive_exists, open_engine
    from archive.migrate import current
    from archive.store import Store

    if not archive_exists(config.database_url):
        yield None
        return
    engine = open_engine(config.database_url, read_only=True)
    try:
        yield Store(engine) if current(engine) else None
    finally:
        engine.dispose()


def pace(word: str) -> timedelta:
    """``15m`` as a time of a minute or more. Raises ``ConfigError``."""
    from spiders.sourcefile import a_duration

    try:
        every = a_duration(word)
    except ValueError as exc:
        raise ConfigError(f"--every: {exc}") from exc
    if not isinstance(every, timedelta) or every < SHORTEST:
        raise ConfigError("--every: a minute at least: 1m")
    return every


def program() -> tuple[str, ...]:
    """This program as cron can start it: ``perilune`` beside this Python, else Python with the package."""
    beside = Path(sys.executable).with_name("perilune")
    return (str(beside),) if os.access(beside, os.X_OK) else (sys.executable, "-m", "crawler")


def config_environment(config: Config) -> dict[str, str]:
    """The configuration as a child reads it; a default is left to the child, the home is always named."""
    words = {
        "PERILUNE_HOME": ("home", str(config.home)),
        "PERILUNE_DATABASE_URL": ("database_url", config.database_url),
        "PERILUNE_SOURCES": ("sources", str(config.sources)),
        "PERILUNE_CONTACT": ("contact", str(config.contact)),
        "PERILUNE_ALLOW_PRIVATE": ("allow_private", str(config.allow_private).lower()),
        "PERILUNE_LOG_FORMAT": ("log_format", config.log_format),
    }
    return {
        variable: value
        for variable, (name, value) in words.items()
        if name == "home" or config.layers[name] != "default"
    }


def job_environment(config: Config) -> tuple[dict[str, str], bool]:
    """The same for a crontab or a unit, which others may read: without a password, and whether there was one."""
    from sqlalchemy import URL

    from archive.database import known_url

    words = config_environment(config)
    if "PERILUNE_DATABASE_URL" not in words:
        return words, False
    url = known_url(config.database_url)
    query = {name: value for name, value in url.query.items() if name not in ("password", "sslpassword")}
    bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, query)
    words["PERILUNE_DATABASE_URL"] = bare.render_as_string(hide_password=False)
    return words, bare != url
