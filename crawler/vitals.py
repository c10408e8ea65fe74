"""The archive's health, with what the source files expect: findings, lines to print, figures for Prometheus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from archive.config import Config
from archive.export import write_file
from archive.fleet.judging import fleet_findings, summary
from archive.fleet.pauses import paused
from archive.fleet.queue import queue_at
from archive.fleet.roster import members
from archive.health import Finding, findings, ordered
from archive.observed import Archive, Watched
from archive.opening import opened
from archive.reading.metrics import metrics_text
from archive.reading.observations import observe
from archive.store import Store
from archive.terminal import one_line
from archive.timestamps import rfc3339
from crawler.expectations import WEEK, Observed, breaches
from spiders.registry import Source, load_sources

NAMED_AT_MOST = 3  # sources that were never crawled and get lines of their own; more share one


def examined(connection: Connection, sources: Iterable[Source], *, now: datetime) -> list[Finding]:
    """Everything wrong with the active ones of ``sources`` and with the runs, alarms first."""
    active = [source for source in sources if source.status == "active"]
    watched = [watched_of(source) for source in active]
    archive = observe(connection, watched, now=now)
    store = Store(connection.engine)
    found = findings(archive, watched, now=now)
    found += fleet_findings(members(connection, now=now), queue_at(connection, now=now), paused(connection), now=now)
    return ordered(found + [one for source in active for one in broken_expectations(store, source, archive, now=now)])


def fleet_line(connection: Connection) -> str | None:
    """How the workers and their queue stand; None where there are none."""
    now = datetime.now(UTC)
    return summary(members(connection, now=now), queue_at(connection, now=now))


def watched_of(source: Source) -> Watched:
    """What health must know of a source file."""
    return Watched(
        source_id=source.id,
        homepage=source.homepage,
        interval=source.interval,
        per_week_min=source.expect.articles_per_week_min,
        unsure=frozenset(endpoint.url for endpoint in source.endpoints if endpoint.confidence == "low"),
        endpoints=frozenset(endpoint.url for endpoint in source.endpoints),
    )


def broken_expectations(store: Store, source: Source, archive: Archive, *, now: datetime) -> Iterator[Finding]:
    """``[expect]`` of the source file, as a crawl judges it; only where a crawl looked within the week."""
    polled_at = archive.sources[source.id].polled_at
    if polled_at is None or now - polled_at > WEEK:
        return
    first, count, filled = store.observed(source.id, fields=tuple(source.expect.fill_rate), since=now - WEEK)
    observed = Observed(first_seen_at=first, articles_in_week=count, filled=filled)
    for breach in breaches(source.id, source.expect, observed, now=now):
        yield Finding(
            source_id=source.id,
            kind="expectation",
            severity="alarm",
            expected=f"{breach.expectation}: {breach.expected}",
            observed=f"{breach.observed} in seven days",
            since=None,
            advice=f"perilune search source:{source.id} --newest; if the source itself changed, change [expect]",
        )


# Printed


def finding_json(finding: Finding) -> dict[str, Any]:  # Any: JSON
    return {
        "source": finding.source_id,
        "kind": finding.kind,
        "severity": finding.severity,
        "expected": finding.expected,
        "observed": finding.observed,
        "since": rfc3339(finding.since) if finding.since else None,
        "advice": finding.advice,
    }


def lines(found: Sequence[Finding]) -> Iterator[str]:
    """Four lines a finding; sources that nobody ever crawled share one when they are many."""
    by_kind: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        by_kind[finding.kind].append(finding)
    never = by_kind["never_crawled"]
    is_many = len(never) > NAMED_AT_MOST
    for finding in found:
        if not (is_many and finding.kind == "never_crawled"):
            yield from finding_lines(finding)
    if is_many:
        names = ", ".join(finding.source_id or "" for finding in never)
        yield f"{severity('warning')}  never_crawled  {len(never)} sources"
        yield f"         {names}"
        yield '         do        perilune crawl; or set status = "paused" in their files'


def finding_lines(finding: Finding) -> Iterator[str]:
    since = f", since {finding.since:%Y-%m-%d %H:%M} UTC" if finding.since else ""
    yield f"{severity(finding.severity)}  {finding.kind}  {finding.source_id or 'the archive'}{since}"
    yield f"         expected  {one_line(finding.expected)}"
    yield f"         observed  {one_line(finding.observed)}"
    yield f"         do        {one_line(finding.advice)}"


def severity(word: str) -> str:
    return click.style(f"{word:<7}", fg="red" if word == "alarm" else "yellow")


# For Prometheus


def figures(config: Config) -> str:
    """The metrics page of this archive, health included. Raises what opening it raises, and ``SourceError``."""
    sources = load_sources(config.sources).values()
    now = datetime.now(UTC)
    with opened(config) as connection:
        found = examined(connection, sources, now=now)
        return metrics_text(connection, now=now, version=version("perilune"), findings=found)


def write_figures(config: Config, file: str) -> None:
    """Into a file that is whole at every moment. Raises ``StoreError`` when it can't be written."""
    write_file(Path(file), [figures(config).encode()])
