"""The commands that read: ``search``, ``show``, ``stats``, ``verify``, ``runs``, ``serve``.

They open an archive and never make one. Heavy imports happen inside them. ``crawler.cli`` puts them beside the
other commands and turns errors into exit codes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.config import Config
from archive.errors import ConfigError
from archive.options import archive_options
from archive.terminal import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive.export import Exported
    from archive.reading.views import ArticleView, RevisionView

FAULTS_FOUND = 3  # exit code of verify; docs/operate


@contextmanager
def opened(config: Config) -> Iterator[Connection]:
    """The archive's database, for reading; see :func:`archive.opening.opened`."""
    from archive.opening import opened as reading

    with reading(config) as connection:
        yield connection


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("words", metavar="QUERY...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, metavar="N", help="Hits a page.")
@click.option("--after", metavar="PLACE", help="The page after this one; the answer names it.")
@click.option("--newest", "is_newest", is_flag=True, help="By date of publication instead of relevance.")
@click.option("--recent", "is_recent", is_flag=True, help="By relevance, and the younger of two alike first.")
@click.option("--as-of", metavar="DAY", help="The archive as it stood at the end of that day, or at a moment.")
@click.option("--by-story", is_flag=True, help="One hit a story: the original, or the first copy that answers.")
@click.option("--open", "number", type=click.IntRange(1, 1000), metavar="N", help="Open the N-th hit in a browser.")
@click.option("--urls", "is_urls", is_flag=True, help="Addresses alone, one a line.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, a hit a line.")
@archive_options
def search(
    *,
    config: Config,
    words: tuple[str, ...],
    limit: int,
    after: str | None,
    is_newest: bool,
    is_recent: bool,
    as_of: str | None,
    by_story: bool,
    number: int | None,
    is_urls: bool,
    as_json: bool,
) -> None:
    """Search the archive: words, "phrases", -not, OR, NEAR, (groups), begin*, and fields.

    Fields: source: lang: kind: country: author: title: tag: state: has: story: words>: and after: before: on: with
    YYYY, YYYY-MM or YYYY-MM-DD. docs/query.md is the reference.

    Example: perilune search '"sample return" (mars OR moon) -crewed after:2025 lang:en'
    """
    from archive import report
    from archive.query import instant, parse_query
    from archive.search import search as answer

    if words == ("-h",):  # elsewhere an option; here a word that is left out
        click.echo(click.get_current_context().get_help())
        return
    query = parse_query(" ".join(words))
    with opened(config) as connection:
        page = answer(
            connection,
            query,
            limit=limit,
            after=after,
            order="newest" if is_newest else "recent" if is_recent else "relevance",
            by_story=by_story,
            moment=None if as_of is None else instant(as_of),
        )
    if number is not None:
        open_hit([hit.url for hit in page.hits], number)
        return
    for hit in page.hits:
        if is_urls:
            say(hit.url)
        elif as_json:
            say(report.json_line(report.hit_json(hit)))
        else:
            for line in report.hit_lines(hit):
                say(line)
    total = f"{page.total:,}" if page.is_total_exact else f"more than {page.total:,}"
    more = f"; the next page: --after {page.after}" if page.after else ""
    click.echo(f"{total} {'article' if page.total == 1 else 'articles'}{more}", err=True)


def open_hit(urls: Sequence[str], number: int) -> None:
    """Show the original of hit ``number``, from 1, in the browser. Raises ``ConfigError``."""
    if number > len(urls):
        raise ConfigError(f"--open {number}: this page has {len(urls)} hits")
    url = urls[number - 1]
    if not url.startswith(("http://", "https://")):  # nothing else is ever archived; a browser opens more
        raise ConfigError(f"--open {number}: not an address of the Web: {url!r}")
    say(url)
    if click.launch(url):
        raise ConfigError("no browser could be started; the address is above")


@click.command()
@click.argument("name", metavar="ID|URL")
@click.option("--revisions", "is_revisions", is_flag=True, help="Its states, and what changed.")
@click.option(
    "--diff", metavar="A..B", help="What changed from revision A to B: words in a terminal, unified in a pipe."
)
@click.option("--explain", "is_explained", is_flag=True, help="Why its addresses are one article, and its evidence.")
@click.option("--as-of", metavar="DAY", help="As it read at the end of that day, or at a moment.")
@click.option("--rights", "is_rights", is_flag=True, help="What its publisher was seen to ask.")
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@archive_options
def show(
    *,
    config: Config,
    name: str,
    is_revisions: bool,
    diff: str | None,
    is_explained: bool,
    as_of: str | None,
    is_rights: bool,
    as_json: bool,
) -> None:
    """Show one article, named by its id or by any address it was met under."""
    from archive import export as exports
    from archive import report
    from archive.reading.rights import rights_of
    from archive.reading.views import article_id_of, article_view

    with opened(config) as connection:
        article_id = article_id_of(connection, name)
        rights = rights_of(connection, article_id, config.warc_dir) if is_rights and article_id is not None else None
        view = None if article_id is None else article_view(connection, article_id)
        exported = None if article_id is None else exports.article(connection, article_id)
    if view is None or exported is None:
        raise ConfigError(f"no article {name!r} in the archive. perilune search finds articles")
    if as_of is not None:
        view, exported = stood(view, exported, as_of)
    if rights is not None:
        lines = iter([report.json_line(asdict(rights))]) if as_json else report.rights_lines(rights)
    elif as_json:
        lines = iter([report.json_line(report.article_json(view, exported))])
    elif diff is not None:
        states = two_revisions(view, diff)
        lines = report.diff_lines(*states) if sys.stdout.isatty() else report.unified_lines(view.id, *states)
    elif is_revisions:
        lines = report.revision_lines(view)
    else:
        lines = report.explanation_lines(view) if is_explained else report.article_lines(view)
    for line in lines:
        say(line)


def stood(view: ArticleView, exported: Exported, as_of: str) -> tuple[ArticleView, Exported]:
    """The article as it stood. Raises ``ConfigError`` when it was not there yet."""
    from archive.export import as_it_stood
    from archive.query import instant
    from archive.reading.asof import view_as_of

    then = view_as_of(view, instant(as_of))
    if then is None:
        raise ConfigError(f"article {view.id} was first seen {view.first_seen_at:%Y-%m-%d %H:%M} UTC, after that")
    return then, as_it_stood(exported, then)


def two_revisions(view: ArticleView, span: str) -> tuple[RevisionView, RevisionView]:
    """The two states ``A..B`` names. Raises ``ConfigError`` when it names none."""
    by_number = {str(revision.number): revision for revision in view.revisions}
    old, _, new = span.partition("..")
    if old not in by_number or new not in by_number:
        raise ConfigError(f"--diff: write A..B with revisions from 1 to {view.revision_count}, not {span!r}")
    return by_number[old], by_number[new]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@archive_options
def stats(*, config: Config, as_json: bool) -> None:
    """Show what the archive holds: articles by source, month and language, copies, revisions, sizes."""
    from archive import report
    from archive.reading.stats import stats as totals

    with opened(config) as connection:
        found = totals(connection)
    for line in [report.json_line(asdict(found))] if as_json else report.stats_lines(found):
        say(line)


@click.command()
@click.option("--full", "is_full", is_flag=True, help="Read every record, also of files that the manifest vouches for.")
@click.option("--repair", "is_repairing", is_flag=True, help="First mend what can be mended without losing anything.")
@click.option(
    "--sign",
    "key_file",
    metavar="KEYFILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sign the manifest with an Ed25519 key (PEM); made where there is none.",
)
@click.option("--signer", metavar="KEY", help="The public key (hex) that must have signed the manifest.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, a finding a line.")
@archive_options
def verify(
    *, config: Config, is_full: bool, is_repairing: bool, key_file: Path | None, signer: str | None, as_json: bool
) -> int:
    """Compare manifest, files, digests, indexes and rows; say what does not agree.

    Exit code 3 when something is lost or altered.
    """
    from archive import report
    from archive.verify import verify as findings

    if is_repairing:
        mend(config)
    faults = notes = 0
    with opened(config) as connection:
        steps = findings(
            connection,
            config.warc_dir,
            is_full=is_full,
            signer=signer,
            on_progress=lambda step: click.echo(step, err=True),
        )
        for finding in steps:
            faults, notes = faults + finding.is_fault, notes + (not finding.is_fault)
            say(report.json_line(asdict(finding)) if as_json else report.finding_line(finding))
    click.echo(f"faults: {faults}, notes: {notes}", err=True)
    if key_file is not None and not faults:
        from archive.evidence.manifest import sign

        click.echo(f"signed by {sign(config.warc_dir, key_file, at=datetime.now(UTC))}", err=True)
    return FAULTS_FOUND if faults else 0


def mend(config: Config) -> None:
    """Do what ``verify --repair`` does, and say each thing that was done."""
    from importlib.metadata import version

    from archive.database import archive_exists, open_engine
    from archive.errors import StoreError
    from archive.migrate import ensure_schema
    from archive.repair import repair

    if not archive_exists(config.database_url):
        raise StoreError(f"no archive at {config.home}")
    engine = open_engine(config.database_url)
    try:
        ensure_schema(engine)
        for line in repair(engine, config.warc_dir, software=f"Perilune/{version('perilune')}"):
            click.echo(f"repaired: {line}", err=True)
    finally:
        engine.dispose()


@click.command()
@click.argument("run_id", metavar="[ID]", type=click.IntRange(1, 2**62), required=False)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    metavar="N",
    help="How many runs; of one run, how many dropped addresses.",
)
@click.option("--urls", "is_urls", is_flag=True, help="Every address of run ID and what became of it, one a line.")
@click.option("--source", "source_id", metavar="SOURCE", help="With --urls: of this source.")
@click.option("--reason", metavar="REASON", help="With --urls: dropped for this reason.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines: a run a line, or an address.")
@archive_options
def runs(
    *,
    config: Config,
    run_id: int | None,
    limit: int,
    is_urls: bool,
    source_id: str | None,
    reason: str | None,
    as_json: bool,
) -> None:
    """Show the latest runs, or one with a line a source and why each address was dropped.

    Example: perilune runs 12 --urls --reason listing
    """
    from archive import report
    from archive.reading.runs import DROPPED, run, urls
    from archive.reading.runs import runs as latest

    if (is_urls or source_id or reason) and run_id is None:
        raise ConfigError("--urls, --source and --reason ask about one run: perilune runs ID --urls")
    with opened(config) as connection:
        if run_id is None:
            found = latest(connection, limit=limit)
            lines = map(report.json_line, map(report.run_json, found)) if as_json else report.runs_lines(found)
        elif (one := run(connection, run_id)) is None:
            raise ConfigError(f"no run {run_id}. perilune runs lists them")
        elif is_urls or source_id or reason:
            each = urls(connection, run_id, source_id=source_id, reason=reason)
            lines = map(report.url_json_line, each) if as_json else map(report.url_line, each)
        elif as_json:
            lines = iter([report.json_line(report.run_json(one))])
        else:
            lines = report.run_lines(one, tuple(urls(connection, run_id, only=DROPPED, limit=limit)))
        for line in lines:
            say(line)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--token", metavar="TOKEN|@FILE", help="Answer only who knows it (bearer, or password in a browser).")
@click.option(
    "--replay-port", type=click.IntRange(0, 65535), metavar="PORT", help="For archived pages. Default: the next one."
)
@click.option("--replay-url", metavar="URL", help="That port's address as readers reach it, e.g. through a proxy.")
@click.option(
    "--replay-assets",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of ReplayWeb.page's ui.js and sw.js. Default: where make replay-assets puts them.",
)
@archive_options
def serve(
    *,
    config: Config,
    host: str,
    port: int,
    token: str | None,
    replay_port: int | None,
    replay_url: str | None,
    replay_assets: Path | None,
) -> None:
    """Serve the archive to browsers and programs, read only: pages at /, /api/, and /v4/ for news apps.

    docs/web.md shows the pages, docs/api.md the interfaces. Archived pages are replayed on a port of their own, so that
    what they do reaches nothing here: docs/replay.md.
    """
    from archive.web.serve import ReplayPlace, read_token
    from archive.web.serve import serve as answer

    if replay_url is not None and not replay_url.startswith(("http://", "https://")):
        raise ConfigError(f"--replay-url: not an address of the Web: {replay_url!r}")
    answer(
        config,
        host=host,
        port=port,
        token=read_token(token),
        say=lambda line: click.echo(line, err=True),
        replay=ReplayPlace(assets=replay_assets, port=replay_port, url=replay_url),
    )
