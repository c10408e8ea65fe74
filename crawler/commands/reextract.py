"""``perilune reextract``: what a better extraction makes of what is archived, shown first and kept when asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from archive.config import Config
from archive.errors import ConfigError
from archive.options import crawl_options
from archive.terminal import bold, escaped, faint, one_line, plain, say
from crawler.commands.crawl import day

if TYPE_CHECKING:
    from archive.rows.reextraction import Difference
    from crawler.reextract.told import Example, OfSource, Reread

SHOWN_LINES = 40  # of one text's diff
SHOWN_VALUE = 200  # characters of any other field
COLUMNS = ("articles", "unchanged", "changed", "lost", "gained", "words_before", "words_after")


@click.command()
@click.argument("source_ids", metavar="[SOURCE]...", nargs=-1)
@click.option("--since", metavar="DATE", help="Only what was captured on or after DATE (YYYY-MM-DD).")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Report and write nothing: what it does anyway.")
@click.option("--commit", "is_committing", is_flag=True, help="Keep what differs, as revisions of kind extraction.")
@click.option("--from-start", "is_from_start", is_flag=True, help="With --commit: not where an ended one stopped.")
@click.option("--examples", metavar="N", type=click.IntRange(0, 1000), default=3, show_default=True,
              help="Pages shown of a source that are lost, gained, changed: those that differ most.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--quiet", "is_quiet", is_flag=True, help="No progress on stderr.")
@crawl_options
def reextract(
    *,
    config: Config,
    source_ids: tuple[str, ...],
    since: str | None,
    is_dry_run: bool,
    is_committing: bool,
    is_from_start: bool,
    examples: int,
    as_json: bool,
    is_quiet: bool,
) -> int:
    """Read the archived pages again with the extraction of today, and say what would differ.

    \b
    Nothing is written without --commit. With it, an article that reads otherwise gets a revision of
    kind "extraction", what it said before stays; a page that was rejected and is an article now is
    archived. A page that would be none any more is told of and stays. Nothing is fetched.
    """
    from crawler.reextract.run import run_reextract
    from crawler.reextract.told import Asked

    if is_dry_run and is_committing:
        raise ConfigError("--dry-run and --commit exclude each other")
    if is_from_start and not is_committing:
        raise ConfigError("--from-start is for --commit: a report always reads everything")
    told = run_reextract(
        config,
        Asked(
            source_ids=source_ids,
            since=day(since) if since else None,
            is_committing=is_committing,
            is_from_start=is_from_start,
            examples=examples,
        ),
        on_progress=lambda line: None if is_quiet else click.echo(line, err=True),
    )
    if as_json:
        say(escaped(json.dumps(as_object(told), ensure_ascii=False, default=str)))
    else:
        for line in lines(told):
            say(line)
        if not is_committing and told.total("changed") + told.total("gained"):
            click.echo("nothing was written: --commit keeps what differs", err=True)
    return told.exit_code


def lines(told: Reread) -> Iterator[str]:
    """The report for people."""
    yield f"{'source':<20} {'articles':>9} {'unchanged':>9} {'changed':>8} {'lost':>6} {'gained':>6}  words"
    for source_id, counts in sorted(told.sources.items()):
        yield row(source_id, *(getattr(counts, name) for name in COLUMNS))
        yield from (f"  {text}" for text in details(counts))
    if len(told.sources) > 1:
        yield row("all", *(told.total(name) for name in COLUMNS))
    for example in ordered_examples(told):
        yield ""
        yield from told_of(example)
    for problem in told.problems:
        yield f"! {plain(problem)}"


def row(name: str, *counts: int) -> str:
    articles, unchanged, changed, lost, gained, before, after = (f"{count:,}" for count in counts)
    return f"{name:<20} {articles:>9} {unchanged:>9} {changed:>8} {lost:>6} {gained:>6}  {before} → {after}"


def details(counts: OfSource) -> Iterator[str]:
    """Which fields differ in how many articles, and why pages would be lost."""
    for name in dict.fromkeys(key.partition(" ")[0] for key in sorted(counts.fields)):
        said = [f"{manner} {counts.fields[key]:,}" for manner in ("gained", "lost", "changed")
                if counts.fields[key := f"{name} {manner}"]]  # fmt: skip
        yield f"{name}: {', '.join(said)}"
    for reason, count in sorted(counts.reasons.items()):
        yield f"lost as {reason}: {count:,}"


def ordered_examples(told: Reread) -> Iterator[Example]:
    """By source; what was lost first."""
    order = {"lost": 0, "gained": 1, "changed": 2}
    for key in sorted(told.examples, key=lambda key: (key[0], order[key[1]])):
        yield from told.examples[key]


def told_of(example: Example) -> Iterator[str]:
    """One page that reads otherwise."""
    number = f"article {example.article_id}" if example.article_id else "page"
    yield f"{bold(example.kind)}  {example.source_id}, {number}: {one_line(example.title)}"
    yield faint(f"  {plain(example.url)}")
    if example.reason:
        yield f"  {one_line(example.reason)}"
    for difference in example.differences:
        yield from (f"  {line}" for line in of_field(difference))


def of_field(difference: Difference) -> Iterator[str]:
    """A text as a unified diff, a paragraph a line; any other field as it was and as it is."""
    from archive.diffs import unified

    if difference.name != "text":
        yield f"{difference.name}: {value(difference.before)} → {value(difference.after)}"
        return
    shown = list(unified(str(difference.before), str(difference.after), old_name="archived", new_name="now"))
    yield from (plain(line) for line in shown[:SHOWN_LINES])
    if len(shown) > SHOWN_LINES:
        yield faint(f"… {len(shown) - SHOWN_LINES} lines more")


def value(said: object) -> str:
    text = one_line("none" if said is None or said == "" else ", ".join(said) if isinstance(said, list) else str(said))
    return (text[:SHOWN_VALUE] + "…" if len(text) > SHOWN_VALUE else text) or "none"


def as_object(told: Reread) -> dict[str, object]:
    """The report for programs."""
    return {
        "run": told.run_id,
        "total": {name: told.total(name) for name in COLUMNS},
        "sources": {
            source_id: {
                **{name: getattr(counts, name) for name in COLUMNS},
                "fields": dict(sorted(counts.fields.items())),
                "reasons": dict(sorted(counts.reasons.items())),
            }
            for source_id, counts in sorted(told.sources.items())
        },
        "examples": [
            {
                "kind": example.kind,
                "source": example.source_id,
                "id": example.article_id,
                "url": example.url,
                "title": example.title,
                "reason": example.reason,
                "fields": {one.name: {"before": one.before, "after": one.after} for one in example.differences},
            }
            for example in ordered_examples(told)
        ],
        "problems": told.problems,
        "exit_code": told.exit_code,
    }
