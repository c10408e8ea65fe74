"""Figures for Prometheus, in its text format: for node_exporter's textfile collector and for ``serve``.

Names follow https://prometheus.io/docs/practices/naming/: base units, ``_total`` on counters alone. No label is without
bound: sources are those that were ever polled (imports may bring any host: they are ``other``), reasons are the words
of docs/operate.md. The database is asked each time, so that figures outlive the process that made them.
Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, version 0.0.4).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection, func, select

from archive.fleet.pauses import paused
from archive.fleet.queue import queue_at
from archive.fleet.roster import members
from archive.health import Finding
from archive.reading.runs import stages
from archive.schema import ArticleRow, EndpointRow, FrontierRow, OutcomeRow, RunRow, RunSourceRow

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"  # sources that were never polled, reasons that are no word
WORD = re.compile(r"[a-z][a-z0-9_]{0,40}")

Labels: TypeAlias = Mapping[str, str]
Sample: TypeAlias = tuple[Labels, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A metric with its samples; one without samples is left out."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    samples: Sequence[Sample]


def metrics_text(
    connection: Connection, *, now: datetime, version: str, findings: Sequence[Finding] | None = None
) -> str:
    """The whole page. ``findings`` are those of :mod:`archive.health`; None where nobody looked."""
    families = [*totals(connection, now=now), *runs(connection), *sources(connection), *fleet(connection, now=now)]
    families.append(
        Family(name="perilune_build_info", kind="gauge", help="Version.", samples=[({"version": version}, 1)])
    )
    if findings is not None:
        families += health(findings)
    return "".join(line for family in sorted(families, key=lambda one: one.name) for line in rendered(family))


def rendered(family: Family) -> Iterator[str]:
    """The lines of a metric."""
    if not family.samples:
        return
    yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
    for labels, value in family.samples:
        pairs = ",".join(f'{name}="{escaped(word)}"' for name, word in labels.items())
        yield f"{family.name}{{{pairs}}} {number(value)}\n" if pairs else f"{family.name} {number(value)}\n"


def escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


# The archive


def totals(connection: Connection, *, now: datetime) -> Iterator[Family]:
    """What is held, and what is to be done."""
    known = polled_sources(connection)
    held = select(ArticleRow.source_id, func.count()).group_by(ArticleRow.source_id)
    due = select(FrontierRow.source_id, func.count()).where(FrontierRow.due_at <= now).group_by(FrontierRow.source_id)
    yield by_source("perilune_articles", "Articles held.", known, connection.execute(held))
    yield by_source("perilune_urls_due", "URLs to be fetched now.", known, connection.execute(due))


def polled_sources(connection: Connection) -> frozenset[str]:
    """Sources that were ever polled: those of source files."""
    return frozenset(connection.execute(select(EndpointRow.source_id).distinct()).scalars())


def by_source(
    name: str,
    words: str,
    known: frozenset[str],
    rows: Iterable[tuple[str, int | None]],
    kind: Literal["gauge", "counter"] = "gauge",
) -> Family:
    """A sample a source, by id, zeros included; sources not known are one."""
    sums: Counter[str] = Counter(dict.fromkeys(known, 0))
    for source_id, value in rows:
        sums[source_id if source_id in known else OTHER] += int(value or 0)  # PostgreSQL sums to Decimal
    return Family(name=name, kind=kind, help=words, samples=[({"source": one}, sums[one]) for one in sorted(sums)])


# Runs


def runs(connection: Connection) -> Iterator[Family]:
    """How many there were, and how the last of each command ended."""
    ended = (
        select(RunRow.command, RunRow.state, func.count())
        .where(RunRow.ended_at.is_not(None))
        .group_by(RunRow.command, RunRow.state)
        .order_by(RunRow.command, RunRow.state)
    )
    counts = [({"command": command, "state": state}, count) for command, state, count in connection.execute(ended)]
    yield Family(name="perilune_runs_total", kind="counter", help="Runs that ended.", samples=counts)
    latest = select(func.max(RunRow.id)).where(RunRow.ended_at.is_not(None)).group_by(RunRow.command)
    columns = (RunRow.id, RunRow.command, RunRow.started_at, RunRow.ended_at, RunRow.exit_code)
    last = connection.execute(select(*columns).where(RunRow.id.in_(latest)).order_by(RunRow.command)).all()
    for name, words, samples in (
        ("start_timestamp_seconds", "Start of the last run", [(row.command, stamp(row.started_at)) for row in last]),
        ("end_timestamp_seconds", "End of the last run", [(row.command, stamp(row.ended_at)) for row in last]),
        ("exit_code", "Exit code of the last run", [(row.command, row.exit_code or 0) for row in last]),
    ):
        yield Family(
            name=f"perilune_last_run_{name}",
            kind="gauge",
            help=f"{words} that ended.",
            samples=[({"command": command}, value) for command, value in samples],
        )
    yield from dropped(connection, {row.id: row.command for row in last})
    samples = [
        ({"command": row.command, "stage": name.split("/")[1]}, seconds)
        for row in last
        for name, seconds in stages(connection, row.id).items()
        if name.endswith("/seconds")
    ]
    words = "CPU seconds of the last run, by stage."
    yield Family(name="perilune_last_run_stage_cpu_seconds", kind="gauge", help=words, samples=samples)


def dropped(connection: Connection, commands: Mapping[int, str]) -> Iterator[Family]:
    """Why the last run of each command dropped URLs."""
    query = (
        select(OutcomeRow.run_id, OutcomeRow.reason, func.count())
        .where(OutcomeRow.run_id.in_(commands), OutcomeRow.reason.is_not(None))
        .group_by(OutcomeRow.run_id, OutcomeRow.reason)
    )
    sums: Counter[tuple[str, str]] = Counter()
    for run_id, reason, count in connection.execute(query):
        sums[commands[run_id], reason if reason and WORD.fullmatch(reason) else OTHER] += count
    yield Family(
        name="perilune_last_run_dropped_urls",
        kind="gauge",
        help="URLs the last run dropped.",
        samples=[({"command": command, "reason": reason}, sums[command, reason]) for command, reason in sorted(sums)],
    )


# Sources


LEDGER = (
    ("urls_announced", "URLs announced.", RunSourceRow.announced),
    ("endpoint_polls", "Feeds, sitemaps and listings asked.", RunSourceRow.endpoints_polled),
    ("endpoint_poll_failures", "Those that could not be read.", RunSourceRow.endpoints_failed),
)
OUTCOMES = (
    ("new", RunSourceRow.archived - RunSourceRow.duplicates),
    ("duplicate", RunSourceRow.duplicates),
    ("revision", RunSourceRow.revised),
    ("unchanged", RunSourceRow.unchanged),
    ("rejected", RunSourceRow.rejected),
    ("failed", RunSourceRow.failed),
)  # disjoint: an archived page is new or a duplicate


def sources(connection: Connection) -> Iterator[Family]:
    """Sums of the ledgers of all runs, and when each source was last asked and last brought something."""
    known = polled_sources(connection)
    columns = [func.sum(column) for _, _, column in LEDGER] + [func.sum(column) for _, column in OUTCOMES]
    lines = connection.execute(select(RunSourceRow.source_id, *columns).group_by(RunSourceRow.source_id)).all()
    for place, (name, words, _) in enumerate(LEDGER, start=1):
        rows = [(line[0], line[place]) for line in lines]
        yield by_source(f"perilune_{name}_total", words, known, rows, kind="counter")
    settled: list[Sample] = []
    for place, (outcome, _) in enumerate(OUTCOMES, start=1 + len(LEDGER)):
        family = by_source("", "", known, [(line[0], line[place]) for line in lines])
        settled += [({**labels, "outcome": outcome}, value) for labels, value in family.samples]
    yield Family(name="perilune_pages_total", kind="counter", help="What became of pages.", samples=settled)
    yield from moments(connection, known)


def moments(connection: Connection, known: frozenset[str]) -> Iterator[Family]:
    """Last poll and last article of each source, and how many of its endpoints fail."""
    row = EndpointRow
    query = select(row.source_id, func.max(row.last_polled_at), func.count(row.failing_since)).group_by(row.source_id)
    polls = connection.execute(query.order_by(row.source_id)).all()
    polled = [({"source": source_id}, stamp(at)) for source_id, at, _ in polls if at is not None]
    seen = []
    for source_id in sorted(known):  # one step into the index each; grouping would read every article
        newest = select(func.max(ArticleRow.first_seen_at)).where(ArticleRow.source_id == source_id)
        if (at := connection.execute(newest).scalar()) is not None:
            seen.append(({"source": source_id}, stamp(at)))
    failing = [({"source": source_id}, count) for source_id, _, count in polls]
    for name, words, samples in (
        ("source_last_poll_timestamp_seconds", "When an endpoint of the source was last asked.", polled),
        ("source_last_article_timestamp_seconds", "When its latest article was first seen.", seen),
        ("endpoints_failing", "Its endpoints that can't be read.", failing),
    ):
        yield Family(name=f"perilune_{name}", kind="gauge", help=words, samples=samples)


def stamp(moment: datetime) -> float:
    """Seconds since 1970."""
    return round(moment.timestamp(), 3)


# Workers


def fleet(connection: Connection, *, now: datetime) -> Iterator[Family]:
    """Who works, what waits, and how host groups stand; nothing of workers where there never were any."""
    states = Counter((one.kind, one.state) for one in members(connection, now=now))
    queue, stopped = queue_at(connection, now=now), len(paused(connection))
    if not (states or queue.depths or queue.groups or stopped):
        return
    words = {"todo": "could start", "later": "put off", "doing": "running", "failed": "given up"}
    groups = {
        "crawled": sum(one.owner is not None for one in queue.groups),
        "left_alone": sum(one.held_until is not None for one in queue.groups),
        "waiting": sum(one.waiting > 0 for one in queue.groups),
    }
    for name, help_, samples in (
        ("workers", "Workers and schedulers of the last day.",
         [({"kind": kind, "state": state}, count) for (kind, state), count in sorted(states.items())]),
        ("jobs", f"Jobs in the queue: {', '.join(f'{name} {said}' for name, said in words.items())}.",
         [({"kind": one.kind, "state": name}, getattr(one, name)) for one in queue.depths for name in words]),
        ("job_oldest_wait_seconds", "How long the oldest job that could start waits.",
         [({"kind": one.kind}, one.waited_s or 0) for one in queue.depths]),
        ("host_groups", "Host groups leased to a run, asking to be left alone, or with jobs waiting; at most 500.",
         [({"state": state}, count) for state, count in groups.items()]),
        ("sources_paused", "Sources stopped by hand.", [({}, stopped)]),
    ):  # fmt: skip
        yield Family(name=f"perilune_{name}", kind="gauge", help=help_, samples=samples)


# Health


def health(findings: Sequence[Finding]) -> Iterator[Family]:
    """How many findings there are, zeros included, and which."""
    counts = Counter(finding.severity for finding in findings)
    yield Family(
        name="perilune_health_findings",
        kind="gauge",
        help="What perilune health finds wrong.",
        samples=[({"severity": severity}, counts[severity]) for severity in ("alarm", "warning")],
    )
    each = Counter((finding.source_id or "", finding.kind, finding.severity) for finding in findings)
    yield Family(
        name="perilune_health_finding",
        kind="gauge",
        help="One of them, by source (empty for the archive as a whole).",
        samples=[
            ({"source": source, "kind": kind, "severity": severity}, count)
            for (source, kind, severity), count in sorted(each.items())
        ],
    )
