"""jusText as trafilatura asks it, without the work that nobody reads; the same paragraphs.

jusText (3.0.2) spells out the place of every paragraph, collapses its white space with a call for each space, and does
so again for each question; trafilatura reads the stop words of a hundred languages for each process, and hashes them
for each page. It is asked on one page in fifty and was a twentieth of all extraction.
tests/unit/test_rescue.py holds the paragraphs against its own.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from justext import core, paragraph, utils
from trafilatura import external

NEEDLESS = re.compile(r"[^\S \n]|\s{2,}")  # white space that is not one space or one line's end already


class Paragraph(paragraph.Paragraph):  # type: ignore[misc]  # untyped
    """A paragraph whose text is put together once, when all of it is there."""

    def __init__(self, path: core.PathInfo) -> None:
        self.dom_path = path.dom
        self.text_nodes: list[str] = []
        self.chars_count_in_links = self.tags_count = 0
        self.class_type = ""

    @cached_property
    def text(self) -> str:
        return str(utils.normalize_whitespace("".join(self.text_nodes).strip()))

    def stopwords_density(self, stopwords: frozenset[str]) -> float:
        words = self.text.lower().split()
        return sum(word in stopwords for word in words) / len(words) if words else 0


@cache
def stop_words() -> frozenset[str]:
    """Those of all languages that jusText knows, in lower case."""
    lists = (one for one in (files("justext") / "stoplists").iterdir() if one.name.endswith(".txt"))
    return frozenset().union(*(one.read_text(encoding="utf-8").lower().split("\n") for one in lists)) - {""}


def remember_rescues() -> None:
    """From now on jusText works so for trafilatura. Once a process; more changes nothing."""
    makers: Any = core  # Any: modules whose names are not exported
    makers.Paragraph = Paragraph
    makers.define_stoplist = frozenset
    asking: Any = external
    asking.jt_stoplist_init = stop_words
    words: Any = utils
    words.MULTIPLE_WHITESPACE_PATTERN = NEEDLESS
