"""Printing for people: archived text is a stranger's, and must neither steer a terminal nor break a line."""

from __future__ import annotations

import json
import re
import sys

import click

# C0 and C1 controls, DEL, direction overrides and marks, line separators, tag characters, lone surrogates.
# What they can do: https://www.unicode.org/reports/tr36/ and escape sequences hidden in text
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def plain(text: str) -> str:
    """The text without characters that steer a terminal; line ends and tabs stay."""
    return STEERING.sub("", text)


def one_line(text: str) -> str:
    """The text as one plain line, white space collapsed."""
    return " ".join(plain(text.replace("\n", " ").replace("\r", " ")).split())


def escaped(json_text: str) -> str:
    """JSON in which those characters are written ``\\uXXXX``: it means the same."""
    return STEERING.sub(lambda found: json.dumps(found.group())[1:-1], json_text)


def say(text: str = "") -> None:
    """A line of result on stdout. Colours go to a terminal alone; characters it can't show become ``?``."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    click.echo(text.encode(encoding, "replace").decode(encoding))


def bold(text: str) -> str:
    return click.style(plain(text), bold=True)


def faint(text: str) -> str:
    return click.style(plain(text), dim=True)


def highlighted(pieces: list[tuple[str, bool]]) -> str:
    """Pieces of text with the hits among them marked."""
    return "".join(
        click.style(plain(text), fg="yellow", bold=True) if is_hit else plain(text) for text, is_hit in pieces
    )
