"""What a run says when it is over: a table a source for people, JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table

from archive.model import Discovered
from archive.terminal import escaped, one_line
from crawler.ledger import Ledger, SourceCount
from crawler.run import Outcome

PLAIN_WIDTH = 160  # columns in a pipe: wide enough that no reason is cut


def console_for(stream: TextIO) -> Console:
    """Colours and the real width on a terminal; plain text of a fixed width elsewhere."""
    return Console(file=stream, highlight=False, width=None if stream.isatty() else PLAIN_WIDTH)


def print_outcome(outcome: Outcome, *, stream: TextIO) -> None:
    """The ledger as a table, then every alarm in a line of its own; a run that had nothing to do says so."""
    console = console_for(stream)
    if not outcome.ledger.sources:
        console.print("nothing is due: perilune sources show SOURCE says when; --force does not wait")
        return
    console.print(ledger_table(outcome.ledger))
    for line in would_fetch_lines(outcome):
        console.print(line, markup=False, soft_wrap=True)
    for reason in outcome.verdict.reasons:
        console.print(f"! {reason}", markup=False, soft_wrap=True)


def would_fetch_lines(outcome: Outcome) -> Iterator[str]:
    """After a dry run: a line for each article it would fetch, then how many; nothing after any other run."""
    if outcome.would_fetch is None:
        return
    for found in outcome.would_fetch:
        published = found.published_at.date().isoformat() if found.published_at else "undated   "
        yield f"{found.source_id}  {published}  {one_line(found.url)}"
    yield f"would fetch: {len(outcome.would_fetch)}"


def ledger_table(ledger: Ledger) -> Table:
    """Announced, fetched, archived, and why not, a line a source."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in (
        "source",
        "announced",
        "fetched",
        "new",
        "revised",
        "duplicates",
        "unchanged",
        "rejected",
        "failed",
    ):
        table.add_column(heading, justify="left" if heading == "source" else "right", no_wrap=True)
    table.add_column("why not", overflow="fold")
    for source_id, count in sorted(ledger.sources.items()):
        table.add_row(source_id, *(str(number) for number in numbers(count)), why_not(count))
    if len(ledger.sources) > 1:
        totals = [sum(column) for column in zip(*(numbers(count) for count in ledger.sources.values()), strict=True)]
        table.add_section()
        table.add_row("all", *map(str, totals), "")
    return table


def numbers(count: SourceCount) -> tuple[int, ...]:
    """The cells between the source's name and the reasons."""
    outcomes = ("new", "revision", "duplicate", "unchanged", "rejected", "failed")
    return (count.announced, count.fetched, *(count.outcomes[outcome] for outcome in outcomes))


def why_not(count: SourceCount) -> str:
    """``soft_404 2, timeout 1``; empty when nothing was dropped."""
    return ", ".join(f"{reason} {number}" for reason, number in sorted(count.reasons.items()))


def print_outcome_json(outcome: Outcome, *, stream: TextIO) -> None:
    """One JSON object a source, after a dry run one an article it would fetch, then one for the run."""
    for source_id, counts in outcome.ledger.as_json().items():
        print(json.dumps({"source": source_id, **dict(counts)}, ensure_ascii=False), file=stream)  # type: ignore[call-overload]  # a mapping
    for found in outcome.would_fetch or ():
        print(escaped(json.dumps(would_fetch_json(found), ensure_ascii=False)), file=stream)
    summary = {
        "run": outcome.run_id,
        "state": outcome.verdict.state,
        "is_cut_short": outcome.verdict.is_cut_short,
        "exit_code": outcome.verdict.exit_code,
        "reasons": list(outcome.verdict.reasons),
    }
    print(json.dumps(summary, ensure_ascii=False), file=stream)


def would_fetch_json(found: Discovered) -> dict[str, str | None]:
    """An article that a dry run would fetch, as it was announced."""
    return {
        "would_fetch": found.url,
        "source": found.source_id,
        "discovered_via": found.discovered_via,
        "endpoint": found.endpoint_url,
        "title": found.title,
        "published_at": found.published_at.isoformat() if found.published_at else None,
    }
