"""The ``perilune`` command: what each word means, and how an error becomes an exit code.

Commands load when they are called, so that ``perilune --help`` stays quick. stdout carries results,
stderr everything else. Exit codes are in docs/operate.md.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from archive.errors import PeriluneError

INTERRUPTED = 130  # the shell's convention for a process ended by SIGINT (128 + 2)

# name → (module, attribute, what `perilune --help` says of it); in the order a newcomer meets them
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("crawler.commands.crawl", "demo", "Crawl a bundled sample of sites on loopback and show what came of it."),
    "crawl": ("crawler.commands.crawl", "crawl", "Poll what is due, fetch what is new, archive it."),
    "recheck": ("crawler.commands.crawl", "recheck", "Look at archived articles again, for edits and removals."),
    "sources": ("crawler.commands.sources", "sources", "List, show, check and draft sources."),
    "schedule": (
        "crawler.commands.schedule",
        "schedule",
        "Crawl by itself: cron, systemd, or a loop in the foreground.",
    ),
    "worker": ("crawler.commands.fleet", "worker", "Take jobs of the archive's queue: one archive, many machines."),
    "scheduler": ("crawler.commands.fleet", "scheduler", "Queue what is due, for the workers."),
    "workers": ("crawler.commands.fleet", "workers", "Who works; pause, resume and drain."),
    "jobs": ("crawler.commands.jobs", "jobs", "The queue: list, add, cancel, retry."),
    "runs": ("archive.cli", "runs", "What each run did, and why URLs were dropped."),
    "health": ("crawler.commands.health", "health", "What fell silent, thinned out, broke or blocks us."),
    "metrics": ("crawler.commands.health", "metrics", "Figures for Prometheus."),
    "search": ("archive.cli", "search", "Search the archive."),
    "show": ("archive.cli", "show", "One article: text, copies, revisions, captures."),
    "stats": ("archive.cli", "stats", "What the archive holds."),
    "export": ("archive.export_cli", "export", "Articles as JSON lines, CSV or Parquet; evidence as WARC or WACZ."),
    "cite": ("archive.research_cli", "cite", "Cite articles; say which of those cited have changed."),
    "snapshot": ("archive.research_cli", "snapshot", "Keep a state of the archive under a name."),
    "watch": ("archive.research_cli", "watch", "Save a search, see what is new in it."),
    "serve": ("archive.cli", "serve", "Web pages and JSON interfaces, read only."),
    "verify": ("archive.cli", "verify", "Compare files, digests and rows."),
    "replay": ("crawler.commands.evidence", "replay", "Rebuild the database from the WARC files."),
    "reextract": ("crawler.commands.reextract", "reextract", "Read archived pages again with today's extraction."),
    "dedup": ("crawler.commands.dedup", "dedup", "Find copies anew in what is archived."),
    "ship": ("crawler.commands.evidence", "ship", "Move finished WARC files to the store."),
    "import": ("crawler.commands.evidence", "import_", "Take in foreign WARC and WACZ files."),
    "forget": ("crawler.commands.evidence", "forget", "Take an address out of the archive for good."),
    "config": ("crawler.commands.config", "config", "Each effective setting and the layer that set it."),
    "db": ("crawler.commands.db", "db", "Show or upgrade the database schema."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS:
            ctx.fail(f"no such command: {args[0]!r}. `perilune --help` lists them.")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="perilune", prog_name="perilune")
def perilune() -> None:
    """An archive of space news: crawled politely, kept as WARC, cleaned, deduplicated, searchable."""


def main(args: list[str] | None = None) -> None:
    """Run the command and leave with its exit code; never a traceback for an error of ours."""
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """The exit code of a command line (``sys.argv`` when None); messages go to stderr."""
    try:
        result: Any = perilune.main(args=args, prog_name="perilune", standalone_mode=False)  # Any: what commands return
    except click.exceptions.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.ClickException as exc:
        exc.show(sys.stderr)
        return exc.exit_code
    except PeriluneError as exc:
        click.echo(f"perilune: {exc}", err=True)
        return exc.exit_code
    except SystemExit:  # click's own end when the reader of --help has left; ours all return
        return 0
    return result if isinstance(result, int) else 0
