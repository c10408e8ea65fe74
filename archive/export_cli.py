"""``perilune export``: articles as other programs read them, or their evidence, packed for replay."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.config import Config
from archive.errors import ConfigError
from archive.options import archive_options
from archive.policy import POLICIES, Handed, under

if TYPE_CHECKING:
    from archive.export import Exported
    from archive.query import Query

FAULTS_FOUND = 3  # exit code: evidence could not be read; docs/operate
SHOWN_FAULTS = 20  # captures that could not be read, by name; the rest is counted
EVIDENCE = ("warc", "wacz")
PROGRESS_S = 0.2  # between two counts on a terminal
PROGRESS_ARTICLES = 10_000  # between two lines in a pipe
FORMATS = ("jsonl", "csv", "parquet", "bibtex", "ris", "csl", "sqlite", *EVIDENCE)
ENDINGS = {
    ".csv": "csv", ".parquet": "parquet", ".bib": "bibtex", ".ris": "ris", ".csl.json": "csl", ".sqlite": "sqlite",
    ".db": "sqlite", ".warc.gz": "warc", ".wacz": "wacz",
}  # fmt: skip


@click.command()
@click.argument("file", metavar="[FILE|-]", default="-")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Default: by FILE's ending.")
@click.option("--where", metavar="QUERY", help="Only articles that answer a query, as in perilune search.")
@click.option("--since-id", type=click.IntRange(0, 2**62), default=0, metavar="N", help="Only ids above N.")
@click.option("--policy", type=click.Choice(POLICIES), default="full", show_default=True, help="How much of each.")
@archive_options
def export(*, config: Config, file: str, format_: str | None, where: str | None, since_id: int, policy: str) -> int:
    """Stream articles as JSON lines, CSV or Parquet, by id; or pack their evidence as WARC or WACZ.

    JSON lines unless FILE's ending says otherwise. docs/formats.md describes every field. Parquet needs pyarrow:
    pip install 'perilune[parquet]'. BibTeX, RIS and CSL-JSON hold citations; SQLite is a file of plain tables. WARC and
    WACZ hold the captures as they were made and what their replay needs; above 1.8 GB they come in numbered files.
    docs/replay.md shows how to look at them.

    FILE appears when it is whole; until then an earlier one stays.

    --policy excerpt hands on the beginning of each text, --policy metadata none of the publisher's words but the
    title; what was left out is said on stderr. WARC and WACZ hold whole pages, and refuse both.
    """
    from archive import export as exports
    from archive.formats import streams
    from archive.formats.sqlitecopy import write_sqlite
    from archive.opening import opened
    from archive.query import parse_query

    query = parse_query(where) if where is not None else None
    name = format_ or next((known for end, known in ENDINGS.items() if file.lower().endswith(end)), "jsonl")
    if name in EVIDENCE:
        return pack_evidence(config, file, name, query, since_id, policy)
    if name == "sqlite" and file == "-":
        raise ConfigError("--format sqlite: name a FILE to write to")
    streams.require(name)
    handed = Handed()

    def through(items: Iterator[Exported]) -> Iterator[Exported]:
        return counted(under(policy, items, handed))

    with opened(config) as connection:
        if name == "sqlite":
            write_sqlite(Path(file), through(exports.articles(connection, where=query, since_id=since_id)))
        else:
            chunks = streams.stream(connection, name, where=query, since_id=since_id, through=through)
            if file == "-":
                exports.write_stream(sys.stdout.buffer, chunks)
            else:
                exports.write_file(Path(file), chunks)
    if policy != "full":
        click.echo(f"{policy}: text left out of {handed.cut:,} of {handed.articles:,} articles", err=True)
    return 0


def counted(items: Iterator[Exported]) -> Iterator[Exported]:
    """The items; on the way stderr is told how many there were: a terminal five times a second, a pipe now and then."""
    is_terminal, shown_at, number = sys.stderr.isatty(), 0.0, 0
    for number, item in enumerate(items, 1):
        yield item
        if is_terminal and time.monotonic() - shown_at > PROGRESS_S:
            shown_at = time.monotonic()
            click.echo(f"\r{number:,} articles", nl=False, err=True)
        elif not is_terminal and number % PROGRESS_ARTICLES == 0:
            click.echo(f"{number:,} articles", err=True)
    if is_terminal:
        click.echo(f"\r{number:,} articles", err=True)


def pack_evidence(config: Config, file: str, name: str, query: Query | None, since_id: int, policy: str) -> int:
    """Write WARC or WACZ files and say what is in them. Exit code 3 when evidence could not be read."""
    from importlib.metadata import version

    from archive.formats.packing import left_out, pack
    from archive.opening import opened

    if file == "-":
        raise ConfigError(f"--format {name}: name a FILE to write to")
    if policy != "full":
        raise ConfigError(
            f"--policy {policy}: {name.upper()} files hold whole pages as their publishers sent them. "
            f"Export --format jsonl under this policy"
        )
    with opened(config) as connection:
        told = pack(
            connection,
            config.warc_dir,
            Path(file),
            format_=name,
            software=f"Perilune/{version('perilune')}",
            where=query,
            since_id=since_id,
            on_progress=lambda line: click.echo(line, err=True),
        )
    for reason in told.unreadable[:SHOWN_FAULTS]:
        click.echo(f"left out: {reason}", err=True)
    names = ", ".join(path.name for path in told.files)
    click.echo(
        f"articles: {told.articles:,}, captures: {told.captures:,}, records: {told.records:,}, "
        f"bytes of WARC: {told.bytes:,} in {names}",
        err=True,
    )
    if missing := left_out(told):
        click.echo(f"left out: {missing}", err=True)
    return FAULTS_FOUND if told.unreadable else 0
