"""``perilune sources``: what we crawl, and the way to add one."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.config import Config
from archive.options import crawl_options
from crawler.commands.template import template

if TYPE_CHECKING:
    from spiders.registry import Source


@click.group()
def sources() -> None:
    """List, show, check and draft sources."""


sources.add_command(template)


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a source.")
@click.option("--status", type=click.Choice(["active", "paused", "ended"]), help="Only these.")
@crawl_options
def list_(*, config: Config, as_json: bool, status: str | None) -> None:
    """Every source of the registry, a line each."""
    from spiders.registry import load_sources

    chosen = [source for source in load_sources(config.sources).values() if status in (None, source.status)]
    if as_json:
        for source in chosen:
            click.echo(json.dumps(source_json(source), ensure_ascii=False))
        return
    for source in chosen:
        seen = source.verified_on.isoformat() if source.verified_on else "unverified"
        kind, language = source.publisher_kind, source.language or "-"
        click.echo(f"{source.id:<22} {source.status:<7} {kind:<11} {language:<6} {seen:<11} {source.name}")
    click.echo(f"{len(chosen)} sources", err=True)


@sources.command()
@click.argument("source_id", metavar="SOURCE")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@crawl_options
def show(*, config: Config, source_id: str, as_json: bool) -> None:
    """One source: its endpoints, its pace, and when it is due next."""
    from crawler.plan import chosen_sources
    from spiders.registry import load_sources

    [source] = chosen_sources(load_sources(config.sources), [source_id])
    if as_json:
        click.echo(json.dumps(source_json(source), ensure_ascii=False))
        return
    click.echo(f"{source.name}  ({source.id}, {source.file})")
    facts = {
        "status": source.status,
        "verified": source.verified_on.isoformat()
        if source.verified_on
        else "never: no one has seen these endpoints work",
        "kind": source.publisher_kind,
        "homepage": source.homepage,
        "language": source.language or "-",
        "country": source.country or "-",
        "interval": f"{source.interval} at first, then between {source.min_interval} and {source.max_interval}",
        "delay": f"{source.download_delay:g} s, {source.concurrency} at a time, in host group {source.host_group}",
        "next due": next_due(config, source),
        "note": source.note or "-",
    }
    for name, value in facts.items():
        click.echo(f"  {name:<9} {value}")
    for endpoint in source.endpoints:
        click.echo(f"  {endpoint.kind:<9} {endpoint.url}  [confidence {endpoint.confidence}]")


def next_due(config: Config, source: Source) -> str:
    """When a crawl without arguments would poll it, and why; reads the archive, makes none."""
    from datetime import UTC, datetime

    from archive.database import archive_exists, open_engine
    from archive.store import Store
    from crawler.plan import CrawlPlan, verdicts

    polled, published, now = {}, {}, datetime.now(UTC)
    if archive_exists(config.database_url):
        store = Store(open_engine(config.database_url, read_only=True))
        polled, published = store.last_polled(), store.published([source.id], now)
    [verdict] = verdicts([source], CrawlPlan(), polled, published, now=now)
    when = verdict.due_at.strftime("%Y-%m-%d %H:%M UTC, ") if verdict.due_at else ""
    return f"{'now' if verdict.is_due else 'not yet'} ({when}{verdict.reason})"


def source_json(source: Source) -> dict[str, object]:
    """The source in the words of its file."""
    return {
        "id": source.id,
        "name": source.name,
        "publisher_kind": source.publisher_kind,
        "homepage": source.homepage,
        "language": source.language,
        "country": source.country,
        "family": source.family,
        "status": source.status,
        "interval": source.interval.total_seconds(),
        "download_delay": source.download_delay,
        "host_group": source.host_group,
        "verified_on": source.verified_on.isoformat() if source.verified_on else None,
        "endpoints": [asdict(endpoint) for endpoint in source.endpoints],
        "note": source.note,
    }


@sources.command()
@click.argument("source_ids", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object an endpoint.")
@crawl_options
def check(*, config: Config, source_ids: tuple[str, ...], as_json: bool) -> int:
    """Fetch the endpoints of SOURCEs now and say what they announce; the archive stays as it is."""
    from crawler.checkup import check_sources

    return check_sources(config, source_ids, as_json=as_json, stream=sys.stdout)


@sources.command()
@click.argument("url")
@click.option("--id", "source_id", metavar="ID", help="Name of the file; made from the host when not given.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the file goes; --sources, else the working directory.",
)
@crawl_options
def new(*, config: Config, url: str, source_id: str | None, into: Path | None) -> int:
    """Find the feeds and sitemaps of the site at URL and write a source file for it."""
    from crawler.checkup import draft_source_file

    return draft_source_file(
        config, url, source_id=source_id, into=into or config.sources or Path.cwd(), stream=sys.stdout
    )
