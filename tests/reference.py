"""The command line as a page: what ``--help`` says of every command. ``make docs`` writes it to docs/commands.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from crawler.cli import perilune

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
COLUMNS = 110  # characters; what a page shows without scrolling sideways
HEAD = """# Commands

What `--help` says of every command. Made by `make docs`; a test compares it with the code. Results go to stdout,
progress and messages to stderr. Exit codes are in the [runbook](operate.md#exit-codes).
"""


def commands(command: click.Command = perilune, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command with its name as typed after ``perilune`` (empty for the program itself), parents first."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None, name
            yield from commands(child, (*path, name))


def help_of(name: str, command: click.Command) -> str:
    names = {"help_option_names": ["-h", "--help"], **command.context_settings}  # a child inherits them from perilune
    context = click.Context(
        command,
        info_name=f"perilune {name}".strip(),
        **names | {"terminal_width": COLUMNS, "max_content_width": COLUMNS},
    )
    return command.get_help(context).strip()


def page() -> str:
    """The whole page, as docs/commands.md should be."""
    parts = [HEAD]
    for name, command in commands():
        parts.append(f"## perilune {name}".rstrip() + f"\n\n```\n{help_of(name, command)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE.name} is written\n")
