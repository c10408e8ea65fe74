"""The commands about evidence: ``replay``, ``import``, ``forget``, ``ship``. Heavy imports happen inside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.config import Config
from archive.errors import ConfigError
from archive.options import archive_options, crawl_options
from crawler.commands.crawl import day, duration


@click.command()
@click.argument("files", metavar="[WARC]...", nargs=-1, type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--source", "source_ids", metavar="SOURCE", multiple=True, help="Only this source; may be repeated.")
@click.option("--since", metavar="DATE", help="Only what was captured on or after DATE (YYYY-MM-DD).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--quiet", "is_quiet", is_flag=True, help="No progress on stderr.")
@crawl_options
def replay(
    *,
    config: Config,
    files: tuple[Path, ...],
    source_ids: tuple[str, ...],
    since: str | None,
    as_json: bool,
    is_quiet: bool,
) -> int:
    """Rebuild the database from WARC files: those named, or all of this archive's.

    Articles, aliases, revisions, stories, their numbers and dates come out as they were. Nothing is fetched. A replay
    that was ended goes on where it was; what is held already stays.
    """
    from crawler.rebuild import run_replay

    told = run_replay(
        config,
        files=files,
        source_ids=source_ids,
        since=day(since) if since else None,
        on_progress=lambda line: None if is_quiet else click.echo(line, err=True),
    )
    outcomes = dict(sorted(told.outcomes.items()))
    if as_json:
        facts = {"run": told.run_id, "captures": told.captures, "pages": told.pages, "outcomes": outcomes}
        click.echo(json.dumps({**facts, "problems": told.problems, "exit_code": told.exit_code}))
    else:
        click.echo(f"captures: {told.captures:,}, pages: {told.pages:,}")
        for outcome, count in outcomes.items():
            click.echo(f"  {outcome:<10} {count:,}")
        for problem in told.problems:
            click.echo(f"! {problem}")
    return told.exit_code


@click.command("import")
@click.argument(
    "files", metavar="FILE...", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True
)
@click.option("--any", "is_any", is_flag=True, help="Pages of any host, not only of the registry's sources.")
@click.option("--source", "source_ids", metavar="SOURCE", multiple=True, help="Only this source; may be repeated.")
@click.option("--since", metavar="DATE", help="Only what was captured on or after DATE (YYYY-MM-DD).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--quiet", "is_quiet", is_flag=True, help="No progress on stderr.")
@crawl_options
def import_(
    *,
    config: Config,
    files: tuple[Path, ...],
    is_any: bool,
    source_ids: tuple[str, ...],
    since: str | None,
    as_json: bool,
    is_quiet: bool,
) -> int:
    """Take in foreign WARC files (gzip, zstd, plain) and WACZ: Common Crawl, Browsertrix, wget, Heritrix.

    Pages keep the date of their capture. What is held already is passed over.
    """
    from crawler.importing import run_import

    told = run_import(
        config,
        files,
        is_any=is_any,
        source_ids=source_ids,
        since=day(since) if since else None,
        on_progress=lambda line: None if is_quiet else click.echo(line, err=True),
    )
    outcomes, passed = dict(sorted(told.outcomes.items())), dict(sorted(told.passed.items()))
    if as_json:
        facts = {"run": told.run_id, "pages": told.pages, "outcomes": outcomes, "passed": passed}
        click.echo(json.dumps({**facts, "exit_code": told.exit_code}))
    else:
        click.echo(f"pages: {told.pages:,}")
        for word, count in outcomes.items():
            click.echo(f"  {word:<10} {count:,}")
        for word, count in passed.items():
            click.echo(f"passed over: {word:<12} {count:,}")
    return told.exit_code


@click.command()
@click.argument("url", metavar="URL")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the manifest, the database and the WARC.")
@click.option("--with-pictures", is_flag=True, help="Also the pictures that its pages show, whoever shows them too.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would go; nothing does.")
@click.option("--yes", "is_sure", is_flag=True, help="Without asking.")
@archive_options
def forget(*, config: Config, url: str, reason: str, with_pictures: bool, is_dry_run: bool, is_sure: bool) -> int:
    """Take an address out of the archive for good: article, revisions, search, evidence.

    Tombstones stand in the WARC files where its records stood, and the manifest says so. It is never fetched,
    replayed or imported again. This can't be undone.
    """
    from crawler.forgetting import Forgot, forget_picture, run_forget, what_is_held

    try:
        held = what_is_held(config, url)
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc
    for address in held.urls:
        click.echo(address)
    click.echo(f"articles: {len(held.article_ids)}, captures: {len(held.captures)}", nl=False)
    click.echo(f", of feeds and listings that name it: {len(held.naming)}")
    tell_shown("Pictures that its pages show go too, on every page:" if with_pictures else
               "Pictures that its pages show stay, as other pages may show them (--with-pictures):",
               held.pictures)  # fmt: skip
    tell_shown("Styles and fonts that its pages need stay:", held.beside)
    if is_dry_run:
        return 0
    if not is_sure:
        click.confirm("Forget this for good?", abort=True, err=True)
    pictures = held.pictures if with_pictures else ()  # first: without the page nobody would know of them
    told = sum((forget_picture(config, one, reason=reason) for one in pictures), Forgot())
    told += run_forget(config, url, reason=reason)
    click.echo(f"forgotten: articles: {told.articles}, captures: {told.captures}, ", nl=False)
    click.echo(f"of feeds and listings: {told.naming}, files rewritten: {told.files}")
    return 0


def tell_shown(heading: str, addresses: Sequence[str]) -> None:
    """The addresses under a heading; nothing without any."""
    for line in (heading, *(f"  {address}" for address in addresses)) if addresses else ():
        click.echo(line)


@click.command()
@click.option("--unfinished", "is_listing", is_flag=True,
              help="Move nothing: list the copies that any home began and did not finish.")  # fmt: skip
@click.option("--drop", "drop_after", metavar="AGE", help="With --unfinished: give up those begun so long ago (2d).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; a line each with --unfinished.")
@click.option("--quiet", "is_quiet", is_flag=True, help="No progress on stderr.")
@archive_options
def ship(*, config: Config, is_listing: bool, drop_after: str | None, as_json: bool, is_quiet: bool) -> int:
    """Move finished WARC files from this home to the store that PERILUNE_WARC_STORE names.

    Every crawl does so when it ends; this is for what an absent store left behind, and for a home that had none before.
    A file goes when the store gives back the bytes that the manifest lists. Ended half-way, it goes on where it was: a
    large file with the parts that S3 has already. Parts of a home that never comes back are paid for until somebody
    drops them: --unfinished --drop 2d.
    """
    from archive.evidence.warcfile import repair_leftovers
    from archive.shipping import ship as shipped
    from crawler.run import closing_engine

    if config.warc_store is None:
        raise ConfigError("PERILUNE_WARC_STORE is not set: file:///folder or s3://bucket/folder")
    if drop_after is not None and not is_listing:
        raise ConfigError("--drop goes with --unfinished")
    if is_listing:
        return tell_unfinished(config, drop_after, as_json=as_json)
    repair_leftovers(config.warc_dir)
    with closing_engine(config) as engine:
        told = shipped(
            engine, config.warc_dir, on_progress=lambda line: None if is_quiet else click.echo(line, err=True)
        )
    if as_json:
        click.echo(json.dumps({"files": told.files, "bytes": told.bytes, "left": told.left}))
    else:
        click.echo(f"shipped: {told.files:,} files, {told.bytes:,} bytes; left here: {told.left:,}")
    return 1 if told.left else 0


def tell_unfinished(config: Config, drop_after: str | None, *, as_json: bool) -> int:
    """A line a copy that was begun and not finished; those older than ``drop_after`` are given up."""
    from archive.terminal import one_line
    from archive.warcstore import store_of

    age = None if drop_after is None else duration("--drop", drop_after)
    store = store_of(config.warc_dir)
    assert store is not None  # it is mounted where PERILUNE_WARC_STORE is set
    for draft in store.drafts():
        is_dropped = age is not None and datetime.now(UTC) - draft.begun_at > age
        if is_dropped:
            store.drop(draft)
        if as_json:
            facts = {"name": draft.name, "begun_at": draft.begun_at.isoformat(), "bytes": draft.bytes}
            click.echo(json.dumps({**facts, "is_dropped": is_dropped}))
        else:
            note = "  dropped" if is_dropped else ""
            click.echo(f"{draft.begun_at:%Y-%m-%d %H:%M}  {draft.bytes:>13,} bytes  {one_line(draft.name)}{note}")
    return 0
