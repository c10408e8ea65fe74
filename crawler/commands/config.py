"""``perilune config``: what is set, and by which layer."""

from __future__ import annotations

import json

import click

from archive.config import Config
from archive.options import crawl_options


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@crawl_options
def config(*, config: Config, as_json: bool) -> None:
    """Print each effective value and the layer that set it; secrets are redacted."""
    from crawler.effective import effective_settings

    rows = effective_settings(config)
    if as_json:
        click.echo(json.dumps({row.name: {"value": row.value, "layer": row.layer} for row in rows}, ensure_ascii=False))
        return
    width = max(len(row.name) for row in rows)
    for row in rows:
        click.echo(f"{row.name:<{width}}  {row.value}  [{row.layer}]")
