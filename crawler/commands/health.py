"""``perilune health`` and ``perilune metrics``: what is wrong, for people, for programs and for Prometheus."""

from __future__ import annotations

import sys

import click

from archive.config import Config
from archive.options import crawl_options
from archive.terminal import say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="JSON lines, a finding a line.")
@click.option("--quiet", "is_quiet", is_flag=True, help="Alarms alone; not a word when there are none.")
@crawl_options
def health(*, config: Config, as_json: bool, is_quiet: bool) -> int:
    """Say what is wrong with sources and runs: what fell silent, thinned out, broke or blocks us. Asks nobody.

    Each source is held against its own past and the [expect] of its file. Exit code 1 when there is an alarm.
    """
    from datetime import UTC, datetime

    from archive.opening import opened
    from archive.report import json_line
    from crawler import vitals
    from crawler.verdict import ALARM, FINE
    from spiders.registry import load_sources

    sources = load_sources(config.sources).values()
    with opened(config) as connection:
        found, fleet = vitals.examined(connection, sources, now=datetime.now(UTC)), vitals.fleet_line(connection)
    alarms = [finding for finding in found if finding.severity == "alarm"]
    shown = alarms if is_quiet else found
    for line in map(json_line, map(vitals.finding_json, shown)) if as_json else vitals.lines(shown):
        say(line)
    if not is_quiet:
        active = sum(source.status == "active" for source in sources)
        warnings = len(found) - len(alarms)
        click.echo(f"alarms: {len(alarms)}, warnings: {warnings}, active sources: {active}", err=True)
        if fleet is not None:
            click.echo(fleet, err=True)
    return ALARM if alarms else FINE


@click.command()
@click.argument("file", metavar="[FILE|-]", default="-")
@crawl_options
def metrics(*, config: Config, file: str) -> None:
    """Write figures for Prometheus: what is held, what runs did, when each source last brought something, health.

    FILE appears when it is whole, as node_exporter's textfile collector needs it; its name must end with .prom.
    """
    from archive.export import write_stream
    from crawler.vitals import figures, write_figures

    if file == "-":
        write_stream(sys.stdout.buffer, [figures(config).encode()])
    else:
        write_figures(config, file)
