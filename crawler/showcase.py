"""``perilune demo``: the whole way once, on sample publishers that run on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from archive.config import Config, load_config
from archive.errors import ConfigError
from crawler import report
from crawler.run import CrawlPlan, Outcome, run_crawl

EDITION_FILE = "edition"
QUERY = 'launch OR "space station"'


def run_demo(home: Path, *, port: int, is_fresh: bool, stream: TextIO) -> int:
    """Serve the sample, crawl it, show what came; the crawl's exit code.

    Raises ``ConfigError`` when ``home`` holds something that is no demo, or the port is taken.
    """
    from crawler.demo.server import serve_publishers, write_sources

    edition = next_edition(home, is_fresh=is_fresh)
    sources = home / "sources"
    write_sources(sources, port=port)
    config = load_config({}, home=str(home), sources=str(sources), allow_private=True)
    console = report.console_for(stream)
    console.print(f"Crawling the sample publishers (edition {edition}) into {home}")
    with serve_publishers(port=port, edition=edition):
        outcome = run_crawl(config, CrawlPlan(is_all=True, is_quiet=not stream.isatty()))
    report.print_outcome(outcome, stream=stream)
    if outcome.verdict.exit_code < 2:
        (home / EDITION_FILE).write_text(f"{edition}\n", encoding="utf-8")
        show_archive(config, outcome, console)
    return outcome.verdict.exit_code
