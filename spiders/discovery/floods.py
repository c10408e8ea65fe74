"""Tags with more attributes than any page has, taken out before a parser whose time grows with their square."""

from __future__ import annotations

import re
from typing import AnyStr

MAX_ATTRIBUTES = 200  # of a tag; libxml2's HTML parser took seven minutes over 300,000, feedparser two over 100,000
FLOODED_TAG = (
    r"(<[A-Za-z][^\s/>]*+)"
    r"(?:[\s/]*+[^\s/>=][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+)"
    f"{{{MAX_ATTRIBUTES + 1},}}+"
)
"""A tag's name and its attributes as HTML reads them (https://html.spec.whatwg.org/#attribute-name-state)."""

IN_TEXT = re.compile(FLOODED_TAG)
IN_BYTES = re.compile(FLOODED_TAG.encode())


def without_floods(page: AnyStr) -> AnyStr:
    """The page with such tags left bare: ``<a b1 b2 …>`` is ``<a>``."""
    if isinstance(page, str):
        return IN_TEXT.sub(r"\1", page)
    return IN_BYTES.sub(rb"\1", page)
