"""``perilune demo``: the whole way once, on sample publishers that run on this machine."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import click

from archive.config import Config, load_config
from archive.errors import ConfigError
from crawler import logs, report
from crawler.plan import CrawlPlan
from crawler.run import run_crawl

EDITION_FILE = "edition"
CORRECTED = "perigee"  # the sample's publisher that corrects an article in its second edition
SHOWN = 'title:"68th Session of COPUOS"'
QUERY = 'telescope OR "space tug"'
NEXT = (
    "search '\"lunar orbit\" after:2026-01'",
    "search 小惑星",
    "runs 1",
    "stats",
    "verify",
    "export --format jsonl -",
)


def run_demo(home: Path, *, port: int, is_fresh: bool, stream: TextIO) -> int:
    """Serve the sample, crawl it, show what came; the crawl's exit code.

    Raises ``ConfigError`` when ``home`` holds something that is no demo, or the port is taken.
    """
    from crawler.demo.sample import FIRST_EDITION, serve_publishers, write_sources

    edition = next_edition(home, is_fresh=is_fresh)
    sources = home / "sources"
    write_sources(sources, port=port)
    config = load_config({}, home=str(home), sources=str(sources), allow_private=True)
    console = report.console_for(stream)
    console.print(f"Crawling the sample publishers (edition {edition}) into {home}")
    logs.configure(level="WARNING", log_format=config.log_format)
    with serve_publishers(port=port, edition=edition):
        outcome = run_crawl(config, CrawlPlan(is_all=True, is_quiet=not stream.isatty()))
        if edition > FIRST_EDITION and outcome.verdict.exit_code < 2:
            look_again(config)
    report.print_outcome(outcome, stream=stream)
    if outcome.verdict.exit_code < 2:
        (home / EDITION_FILE).write_text(f"{edition}\n", encoding="utf-8")
        show_archive(config, stream)
    return outcome.verdict.exit_code


def look_again(config: Config) -> None:
    """Recheck the publisher that corrects itself, as cron would days later; in a process of its own, since Scrapy runs
    once in one. Raises ``ConfigError`` when that fails: its own words are on stderr then."""
    command = [sys.executable, "-m", "crawler", "recheck", CORRECTED, "--force", "--quiet"]
    places = ["--home", str(config.home), "--sources", str(config.sources)]
    environment = {**os.environ, "PERILUNE_ALLOW_PRIVATE": "true"}
    if subprocess.run([*command, *places], env=environment, check=False).returncode:  # noqa: S603  # all ours
        raise ConfigError(f"the recheck of {CORRECTED} did not end well")


def next_edition(home: Path, *, is_fresh: bool) -> int:
    """1 for a fresh demo, then one more each time, up to the last there is.

    Raises ``ConfigError`` when ``home`` holds something else: a demo must not mix with a real archive.
    """
    from crawler.demo.sample import FIRST_EDITION, LAST_EDITION

    is_demo = (home / "sources").is_dir()
    if home.exists() and not is_demo and any(home.iterdir()):
        raise ConfigError(f"{home} holds something that is no demo; choose another --home")
    if is_fresh and is_demo:
        shutil.rmtree(home)
    try:
        seen = int((home / EDITION_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return FIRST_EDITION
    return min(seen + 1, LAST_EDITION)


def show_archive(config: Config, stream: TextIO) -> None:
    """The text of one article, a search with its hits marked, and what to try next."""
    from archive.database import open_engine
    from archive.reading.views import article_view
    from archive.report import article_lines, hit_lines
    from archive.search import search

    engine = open_engine(config.database_url, read_only=True)
    with engine.connect() as connection:
        hits = search(connection, SHOWN).hits
        shown = next(hit.id for hit in hits if hit.duplicate_of is None)
        view = article_view(connection, shown)
        page = search(connection, QUERY, limit=3)
    program, home = typed_program(), f"--home {typed_path(config.home)}"
    say(stream, heading(f"{program} show {shown} {home}"))
    for line in article_lines(view) if view else ():
        say(stream, line)
    say(stream, heading(f"{program} search '{QUERY}' {home}"))
    for hit in page.hits:
        for line in hit_lines(hit):
            say(stream, line)
    say(stream, f"{page.total} hits" + heading("Try next"))
    for command in NEXT:
        say(stream, f"  {program} {command} {home}")


def heading(text: str) -> str:
    """An empty line, then the text in bold."""
    return "\n" + click.style(text, bold=True)


def say(stream: TextIO, line: str) -> None:
    """A line of result; without colours where the stream is no terminal."""
    click.echo(line, file=stream)


def typed_program() -> str:
    """What to type for this program here: its name where the shell finds it, else the path it was started by."""
    return "perilune" if shutil.which("perilune") else typed_path(Path(sys.argv[0]).absolute())


def typed_path(path: Path) -> str:
    """The path as short as it may be typed from the working directory, quoted where the shell needs it."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here)) if path.is_relative_to(here) else str(path))
