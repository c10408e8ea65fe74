"""The commands of those who cite and follow: ``cite``, ``snapshot``, ``watch``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.config import Config
from archive.errors import ConfigError
from archive.options import archive_options
from archive.terminal import one_line, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive.formats.citations import Checked
    from archive.reading.citable import Citable
    from archive.watches import Look

CHANGED = 1  # exit code: something that was cited reads otherwise now; docs/operate
FORMATS = ("bibtex", "ris", "csl")
json_option = click.option("--json", "as_json", is_flag=True, help="JSON lines, an object a line.")


@click.command()
@click.argument("names", metavar="[ID|URL]...", nargs=-1)
@click.option("--where", metavar="QUERY", help="Every article that answers a query, as in perilune search.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="bibtex", show_default=True)
@click.option("--verify", "file", type=click.Path(path_type=Path, dir_okay=False), help="Say what changed in FILE.")
@click.option("--json", "as_json", is_flag=True, help="With --verify: JSON lines, a citation a line.")
@archive_options
def cite(
    *, config: Config, names: tuple[str, ...], where: str | None, format_: str, file: Path | None, as_json: bool
) -> int:
    """Cite articles, with date, day of access and a seal that names the revision.

    --verify FILE reads the seals in a file of citations in any of the formats, and says which of the cited articles
    have changed since; exit code 1 when one has, or is missing.
    """
    from archive import export as exports
    from archive.formats.citations import stream
    from archive.opening import opened

    if file is None and not names and where is None:
        raise ConfigError("name an article by id or address, or give --where QUERY, or --verify FILE")
    if as_json and file is None:
        raise ConfigError("--json goes with --verify; --format csl writes citations as JSON")
    with opened(config) as connection:
        if file is not None:
            return verified(connection, file, as_json=as_json)
        exports.write_stream(sys.stdout.buffer, stream(named(connection, names, where), format_))
    return 0


def named(connection: Connection, names: tuple[str, ...], where: str | None) -> Iterator[Citable]:
    """The articles, those that are named first. Raises ``ConfigError`` for one that is not there."""
    from archive.query import parse_query
    from archive.reading.citable import citable, citables
    from archive.reading.views import article_id_of

    found = [article_id_of(connection, name) for name in names]
    if None in found:
        raise ConfigError(f"no article {names[found.index(None)]!r} in the archive. perilune search finds articles")
    first = dict.fromkeys(article_id for article_id in found if article_id is not None)
    for article_id in first:
        view = citable(connection, article_id)
        assert view is not None  # one state of the archive
        yield view
    if where is not None:
        yield from (view for view in citables(connection, parse_query(where)) if view.id not in first)


def verified(connection: Connection, file: Path, *, as_json: bool) -> int:
    """Print what became of each citation of a file; 1 when one is not the same."""
    from archive.formats.citations import checked, seals
    from archive.reading.citable import citable
    from archive.report import json_line

    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as exc:
        raise ConfigError(f"{file}: can't be read: {exc.strerror or exc}") from exc
    found = [checked(seal, citable(connection, seal.article_id)) for seal in seals(text)]
    for each in found:
        if as_json:
            say(json_line(checked_json(each)))
            continue
        now = f", now revision {each.now} ({each.state}) {each.url}" if each.now is not None else ""
        say(f"{each.verdict:<8} article {each.seal.article_id}, revision {each.seal.revision}{now}")
    if not found:
        raise ConfigError(f"{file}: no citation of this archive in it")
    return CHANGED if any(each.verdict != "same" for each in found) else 0


def checked_json(found: Checked) -> dict[str, object]:
    """One citation, flat: what was cited, and ``now``, ``url`` and ``state``, None when it is missing."""
    seal, verdict = asdict(found.seal), found.verdict
    return {"verdict": verdict, **seal, "now": found.now, "url": found.url, "state": found.state}


@click.group()
def snapshot() -> None:
    """Keep a state of the archive under a name, so that a paper can cite it."""


@snapshot.command()
@click.argument("name")
@click.option("--where", metavar="QUERY", help="Only articles that answer a query, as in perilune search.")
@archive_options
def create(*, config: Config, name: str, where: str | None) -> None:
    """Write down which articles there are, in which revision, with one digest of it all."""
    from archive import snapshots
    from archive.opening import opened
    from archive.query import parse_query

    query = parse_query(where) if where is not None else None
    with opened(config) as connection:
        found = snapshots.create(connection, config.home / "snapshots", name, query, now=datetime.now(UTC))
    say(f"{found.name}: {found.articles:,} articles, {found.digest}")


@snapshot.command("list")
@json_option
@archive_options
def list_snapshots(*, config: Config, as_json: bool) -> None:
    """Name the snapshots there are; exit code 3 when one was altered, which is said on stderr."""
    from archive import report, snapshots
    from archive.errors import StoreError

    folder, wrong = config.home / "snapshots", []
    for name in snapshots.names(folder):
        try:
            found = snapshots.read(folder, name)
        except StoreError as exc:  # the others are as good as ever
            wrong.append(str(exc))
            continue
        if as_json:
            say(report.json_line(asdict(found)))
            continue
        say(f"{found.name}  {found.created_at}  {found.articles:,} articles  {found.digest}  {found.query}")
    if wrong:
        raise StoreError("\n".join(wrong))


@snapshot.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: counts, and the ids that changed or miss.")
@archive_options
def compare(*, config: Config, name: str, as_json: bool) -> int:
    """Say what has changed since a snapshot; exit code 1 when something has."""
    from archive import report, snapshots
    from archive.opening import opened

    with opened(config) as connection:
        found = snapshots.compare(connection, config.home / "snapshots", name)
    changed = CHANGED if found.changed_count or found.missing_count else 0
    if as_json:
        say(report.json_line(asdict(found)))
        return changed
    for verdict, ids in (("changed", found.changed), ("missing", found.missing)):
        for article_id in ids:
            say(f"{verdict} article {article_id}")
    click.echo(f"same: {found.same:,}, changed: {found.changed_count:,}, missing: {found.missing_count:,}", err=True)
    return changed


@click.group()
def watch() -> None:
    """Save a search, and see what is new in it."""


@watch.command()
@click.argument("name")
@click.argument("query")
@click.option("--from-start", is_flag=True, help="The first look shows what is there already.")
@archive_options
def add(*, config: Config, name: str, query: str, from_start: bool) -> None:
    """Save a search under a name. What is there already counts as seen."""
    from archive import watches
    from archive.opening import opened

    with opened(config) as connection:
        watches.add(connection, config.home / "watches", name, query, from_start=from_start, now=datetime.now(UTC))


@watch.command("list")
@json_option
@archive_options
def list_watches(*, config: Config, as_json: bool) -> None:
    """Name the saved searches there are."""
    from archive import report, watches

    for found in watches.watches(config.home / "watches"):
        if as_json:
            say(report.json_line(asdict(found)))
            continue
        say(f"{found.name}  {found.query}  (looked at {found.looked_at or 'never'})")


@watch.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, a hit a line, with the name of its watch.")
@click.option("--feed", type=click.Path(path_type=Path, dir_okay=False), help="Write the new hits to FILE as Atom.")
@click.option("--webhook", type=click.Path(path_type=Path, dir_okay=False), help="Write the new hits to FILE as JSON.")
@click.option("--keep", is_flag=True, help="Look without remembering: the next look shows the same.")
@archive_options
def look(
    *, config: Config, names: tuple[str, ...], as_json: bool, feed: Path | None, webhook: Path | None, keep: bool
) -> None:
    """Show what was archived since the last look; every watch without a NAME. For cron: silent when nothing is new.

    --webhook FILE writes one JSON object to be posted; where nothing is new there is no FILE afterwards.
    """
    from archive import report, watches
    from archive.export import write_file
    from archive.formats.feeds import FeedHead, atom
    from archive.opening import opened

    folder = config.home / "watches"
    chosen = [watches.read(folder, name) for name in names] or watches.watches(folder)
    with opened(config) as connection:
        looks = [watches.look(connection, each, now=datetime.now(UTC)) for each in chosen]
    for found in looks:
        for hit in found.hits:
            if as_json:
                say(report.json_line({"watch": found.watch.name, **report.hit_json(hit)}))
            else:
                say(f"{found.watch.name}  {hit.id}  {report.shown_date(hit.published_at, hit.published_at_precision)}")
                say(f"    {one_line(hit.title)}")
                say(f"    {one_line(hit.url)}")
    if feed is not None:
        head = FeedHead(title="New in the archive", self_url=feed.resolve().as_uri(), page_url="urn:perilune:watch")
        write_file(feed, [atom(head, [hit for found in looks for hit in reversed(found.hits)])])
    if webhook is not None:
        write_webhook(webhook, looks)
    sys.stdout.flush()  # what can't be shown is not seen
    for found in () if keep else looks:
        watches.save(folder, found.watch)


def write_webhook(file: Path, looks: list[Look]) -> None:
    """One object: the watches that have new hits, with them. Without any, an earlier file goes."""
    from archive import report
    from archive.errors import StoreError
    from archive.export import write_file

    found = [
        {"watch": each.watch.name, "query": each.watch.query, "hits": [report.hit_json(hit) for hit in each.hits]}
        for each in looks
        if each.hits
    ]
    if found:
        write_file(file, [report.json_line({"watches": found}).encode() + b"\n"])
        return
    try:
        file.unlink(missing_ok=True)
    except OSError as exc:
        raise StoreError(f"{file}: can't be removed: {exc.strerror or exc}") from exc


@watch.command()
@click.argument("name")
@archive_options
def remove(*, config: Config, name: str) -> None:
    """Forget a saved search."""
    from archive import watches

    watches.remove(config.home / "watches", name)
