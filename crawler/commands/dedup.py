"""``perilune dedup``: copies found anew, in an archive that is there already. Heavy imports happen inside."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from archive.config import Config
from archive.options import archive_options

TOLD_EVERY = 1_000  # articles


@click.group()
def dedup() -> None:
    """Copies and stories: docs/dedup.md. New articles are compared as they arrive."""


@dedup.command()
@click.option("--articles", metavar="FIRST-LAST", default="1-", show_default=True,
              help="Only those of these numbers; no LAST: to the end.")  # fmt: skip
@click.option("--from-start", "is_from_start", is_flag=True, help="Not where a rebuild that was ended stopped.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--quiet", "is_quiet", is_flag=True, help="No progress on stderr.")
@archive_options
def rebuild(*, config: Config, articles: str, is_from_start: bool, as_json: bool, is_quiet: bool) -> None:
    """Compare every article with all others anew, and say what changed.

    Wanted after an upgrade from a version before 0.2, or whenever the rules of docs/dedup.md change. Crawls may run
    beside it; ended, it goes on where it was. Ranges that don't overlap may be compared by several machines at once,
    and in any order: together they come to the same.
    """
    from archive.database import shared_clock
    from archive.idrange import id_range
    from archive.owners import owner_name
    from archive.rows.regrouping import regroup
    from crawler.context import software
    from crawler.run import closing_engine
    from pipelines.similarity import Similarity

    def tell(done: int, total: int) -> None:
        if not is_quiet and (done % TOLD_EVERY == 0 or done >= total):
            click.echo(f"article {done:,} of {total:,}", err=True)

    ids = id_range(articles)
    with closing_engine(config) as engine:
        told = regroup(
            engine,
            Similarity(),
            software=software(),
            owner=owner_name(),
            now=shared_clock(engine),
            ids=ids,
            is_from_start=is_from_start,
            on_progress=tell,
        )
    if as_json:
        click.echo(json.dumps(asdict(told)))
    else:
        click.echo(f"articles: {told.articles:,}, joined: {told.joined:,}, left: {told.left:,}, ", nl=False)
        click.echo(f"linked otherwise: {told.changed:,}")
