"""The commands that crawl: ``crawl``, ``recheck``, ``demo``. Heavy imports happen inside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from archive.config import Config
from archive.errors import ConfigError, LockedError
from archive.options import crawl_options, log_options

if TYPE_CHECKING:
    from crawler.plan import CrawlPlan

Command: TypeAlias = Callable[..., Any]  # Any: click's own


def run_options(command: Command) -> Command:
    """What every command that fetches has to say of its output and log."""
    options = (
        click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout instead of a table."),
        click.option("--quiet", "is_quiet", is_flag=True, help="No progress; not a word unless something is wrong."),
        click.option("--verbose", "is_verbose", is_flag=True, help="Every step in the log on stderr."),
        click.option(
            "--metrics", type=click.Path(dir_okay=False), metavar="FILE", help="Then write figures for Prometheus."
        ),
        click.option(
            "--log-level",
            type=click.Choice(["info", "warning", "error"]),
            help="What the log tells: every step, what to look at this week, losses.  [warning; error with --quiet]",
        ),
        log_options,
        crawl_options,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("sources_named", metavar="[SOURCE]...", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every active source, due or not.")
@click.option("--force", "is_forced", is_flag=True, help="Now, whatever the schedule and earlier failures say.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Fetch at most N articles.")
@click.option("--max-time", metavar="TIME", help="End the run after so long (10m, 2h); what is left stays due.")
@click.option("--since", metavar="DATE", help="Only articles announced as published on or after DATE.")
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Poll, and say what would be fetched; the archive stays as it is."
)
@click.option("--with-requisites", is_flag=True, help="Also capture the pictures, styles and fonts of each page.")
@run_options
def crawl(
    *,
    config: Config,
    sources_named: tuple[str, ...],
    is_all: bool,
    is_forced: bool,
    limit: int | None,
    max_time: str | None,
    since: str | None,
    is_dry_run: bool,
    with_requisites: bool,
    **output: Any,  # Any: what run_options add
) -> int:
    """Poll what is due (or the SOURCEs named), fetch what is new, archive it.

    A second run fetches only what is new. An interrupted run goes on where it was. SOURCEs with --since are filled up
    back to that day (YYYY-MM-DD): all pages of their listings, all their sitemaps, the newest articles first.
    """
    from crawler.plan import CrawlPlan

    plan = CrawlPlan(
        named=sources_named,
        is_all=is_all,
        is_forced=is_forced,
        limit=limit,
        max_time=duration("--max-time", max_time) if max_time else None,
        since=day(since) if since else None,
        is_dry_run=is_dry_run,
        with_requisites=with_requisites,
    )
    return carried_out(config, plan, **output)


@click.command()
@click.argument("sources_named", metavar="[SOURCE]...", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every active source; the same as naming none.")
@click.option("--force", "is_forced", is_flag=True, help="All their articles now, also those that are gone.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Look at N articles at most.")
@click.option("--max-time", metavar="TIME", help="End the run after so long (10m, 2h); what is left stays due.")
@run_options
def recheck(
    *,
    config: Config,
    sources_named: tuple[str, ...],
    is_all: bool,
    is_forced: bool,
    limit: int | None,
    max_time: str | None,
    **output: Any,  # Any: what run_options add
) -> int:
    """Look at archived articles again, for edits and removals, those that are due by schedule.

    An edit becomes a revision. An article that was taken down is kept and called gone: at once on 410, on 404 when a
    second look days later finds the same.
    """
    from crawler.plan import CrawlPlan

    plan = CrawlPlan(
        named=sources_named,
        is_all=is_all,
        is_forced=is_forced,
        limit=limit,
        max_time=duration("--max-time", max_time) if max_time else None,
        is_recheck=True,
    )
    return carried_out(config, plan, **output)


def carried_out(
    config: Config,
    plan: CrawlPlan,
    *,
    as_json: bool,
    is_quiet: bool,
    is_verbose: bool,
    log_level: str | None,
    metrics: str | None,
) -> int:
    """Run as planned and say what came of it; the exit code."""
    from crawler import logs
    from crawler.run import run_crawl

    plan = replace(
        plan,
        is_quiet=is_quiet or config.log_format == "json",
        log_level=(log_level or ("info" if is_verbose else "error" if is_quiet else "warning")).upper(),
    )
    refuse_no_directory(metrics)
    logs.configure(level=plan.log_level, log_format=config.log_format)
    try:
        outcome = run_crawl(config, plan)
    except LockedError as exc:
        if is_quiet:  # cron would send a mail for every run that takes longer than its interval
            return exc.exit_code
        raise
    if metrics is not None and not plan.is_dry_run:
        from crawler.vitals import write_figures  # here and below: what a quiet run has no use for is not loaded

        write_figures(config, metrics)
    if as_json or outcome.verdict.exit_code or not is_quiet:
        from crawler import report

    if as_json:
        report.print_outcome_json(outcome, stream=sys.stdout)
    elif outcome.verdict.exit_code or not is_quiet:
        report.print_outcome(outcome, stream=sys.stdout)
    return outcome.verdict.exit_code


def refuse_no_directory(file: str | None) -> None:
    """Before a crawl of an hour, not after it. Raises ``ConfigError``."""
    if file is not None and not Path(file).absolute().parent.is_dir():
        raise ConfigError(f"--metrics: no such directory: {Path(file).absolute().parent}")


def day(word: str) -> datetime:
    """Midnight UTC of ``YYYY-MM-DD``; raises ``ConfigError`` for anything else."""
    try:
        return datetime.strptime(word, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as exc:
        raise ConfigError(f"--since: not a day (YYYY-MM-DD): {word!r}") from exc


def duration(option: str, word: str, *, least: timedelta = timedelta(microseconds=1)) -> timedelta:
    """``10m`` as a time; raises ``ConfigError`` for what is none, or is shorter."""
    from spiders.sourcefile import a_duration

    try:
        time = a_duration(word)
    except ValueError as exc:
        raise ConfigError(f"{option}: {exc}") from exc
    if not isinstance(time, timedelta) or time < least:
        raise ConfigError(f"{option}: not a time (90s, 10m, 2h): {word!r}")
    return time


@click.command()
@click.option(
    "--home", metavar="DIR", default="perilune-demo", show_default=True, help="Where the demo keeps its archive."
)
@click.option(
    "--port", type=click.IntRange(1024, 65535), default=8611, show_default=True, help="Port of the sample sites."
)
@click.option("--fresh", is_flag=True, help="Forget what an earlier demo archived.")
def demo(home: str, port: int, fresh: bool) -> int:
    """Crawl a bundled sample of publishers on loopback and show what came of it.

    The first run fills a fresh archive; the next one shows an incremental run: only what is new.
    """
    from crawler.showcase import run_demo

    return run_demo(Path(home).absolute(), port=port, is_fresh=fresh, stream=sys.stdout)
