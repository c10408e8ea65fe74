"""How many words a text has, as its language writes them."""

from __future__ import annotations

import re

UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")


def word_count(text: str) -> int:
    """Words; a character is one where writing has no spaces (Chinese, Japanese, Thai)."""
    rest, unspaced = UNSPACED.subn(" ", text)
    return unspaced + len(WORD.findall(rest))
