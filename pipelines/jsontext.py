"""JSON as pages have it: with comments, trailing commas, raw line ends, entities; bounded, never raising."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_TEXT = 8_000_000  # characters of one script
WRAPPING = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|/\*\s*\]\]>\s*\*/|//\s*\]\]>|\]\]>)\s*$"
)
STRING_OR_COMMENT = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|/\*.{0,2000}?\*/|(?<![:"])//[^\n]*', re.DOTALL)
STRING_OR_COMMA = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|,(?=\s*[}\]])', re.DOTALL)
ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')


def loads_leniently(text: str) -> Json:
    """The value, with faults mended that leave no doubt of what was meant; None when it can't be read."""
    if len(text) > MAX_TEXT:
        return None
    for attempt in (text, None):
        try:
            value: Json = json.loads(attempt if attempt is not None else mended(text), strict=False)
        except (ValueError, RecursionError):
            continue
        return value
    return None


def mended(text: str) -> str:
    """The text without wrapping comments, comments, trailing commas, stray semicolons and unknown escapes."""
    stripped = WRAPPING.sub("", WRAPPING.sub("", text)).strip().rstrip(";")
    if "&quot;" in stripped and '"' not in stripped:
        stripped = unescape(stripped)
    for fault in (STRING_OR_COMMENT, STRING_OR_COMMA):
        stripped = fault.sub(lambda hit: hit[1] or "", stripped)
    return ESCAPE.sub(lambda hit: hit[0] if hit[1] else r"\\", stripped)
