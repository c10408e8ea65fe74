"""The storage boundary: what no database takes is taken out here, once.

NUL: PostgreSQL refuses it and SQLite's ``length()`` stops at it. Lone surrogates: neither stores them.
"""

from __future__ import annotations

import re
from typing import TypeVar

BAD = re.compile("[\x00\ud800-\udfff]")
MAX_TEXT = 5_000_000  # characters; the longest book is shorter, and no article is one
MAX_FIELD = 10_000  # characters of a title, a name, an address

T = TypeVar("T", str, None)


def clean(text: str, *, limit: int = MAX_FIELD) -> str:
    """The text without NUL and lone surrogates, cut to ``limit`` characters."""
    return BAD.sub("", text)[:limit]


def clean_or_none(text: str | None, *, limit: int = MAX_TEXT) -> str | None:
    """Same; None stays None."""
    return None if text is None else clean(text, limit=limit)


def clean_all(texts: tuple[str, ...] | list[str]) -> list[str]:
    """Same, for lists."""
    return [clean(text) for text in texts]
