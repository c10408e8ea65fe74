"""When two headlines are the same: compared without case, marks, width and white space."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"\w+")


def folded(text: str) -> str:
    """The words of a text in one form: NFKC, lower case, single spaces, no punctuation."""
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", text[:1000]).casefold()))


def agree(one: str, other: str) -> bool:
    """True when one headline is the other, or is contained in it as a run of words that is most of a headline.

    A ``<title>`` often holds the headline and the site's name; a page often repeats a headline cut short.
    Eight characters is the shortest headline that counts inside another (four where writing has no spaces).
    """
    a, b = sorted((folded(one), folded(other)), key=len)
    if not a:
        return False
    if a == b:
        return True
    least = 8 if a.isascii() else 4
    return len(a) >= least and (f" {a} " in f" {b} " or (not a.isascii() and a.replace(" ", "") in b.replace(" ", "")))
