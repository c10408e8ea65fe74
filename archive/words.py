"""How much a text says: its words as its language writes them, its length in Latin characters."""

from __future__ import annotations

import re
from functools import lru_cache

UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
DENSE = re.compile("[\u2e80-\U0010ffff]")  # Chinese, Japanese, Korean
WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")


@lru_cache(maxsize=4)  # an article's text is judged, kept and indexed, one after the other
def word_count(text: str) -> int:
    """Words; a character is one where writing has no spaces (Chinese, Japanese, Thai)."""
    rest, unspaced = (text, 0) if text.isascii() else UNSPACED.subn(" ", text)
    return unspaced + len(WORD.findall(rest))


def weight_of(text: str) -> int:
    """Length in Latin characters: a Chinese, Japanese or Korean one says as much as two."""
    return len(text) if text.isascii() else len(text) + len(DENSE.findall(text))
