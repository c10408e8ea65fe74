"""How alike two texts are: sketches to find candidates by, and the exact comparison that decides. Pure.

A text is the set of its shingles, runs of ``SHINGLE`` tokens (:mod:`archive.tokens`: words, and overlapping pairs of
characters where a script writes no spaces). Resemblance is the Jaccard coefficient of two sets, containment the share
of one that is in the other: A. Broder, "On the resemblance and containment of documents", 1997. A sketch is the
``SKETCH`` smallest hashes of the set (the bottom-k sketch of that paper). Of the longer text's sketch all that lies in
the shorter one lies in its sketch, too, so a text that is the share *s* of another is missed with probability
(1 - s)^SKETCH: 0.5 % at s = 0.3. No bands: they would find resemblance alone.

What the sketches bring is compared shingle by shingle. docs/dedup.md derives the numbers below and what they measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from archive.model import Likeness
from archive.tokens import runs, spans, tokens

SHINGLE = 4  # tokens; five characters of Chinese or Japanese
SKETCH = 15  # hashes a text; at 16 the index of PostgreSQL grows beyond 1.5 kB an article
MIN_TOKENS = 20  # below this two texts may say the same by chance ("Launch postponed.")
SHORT_TOKENS = 60  # below this a formula is a large share of the text
LIKE = 0.52  # share of the shorter text's shingles that a copy has: nearly every sixth word may be another
LIKE_SHORT = 0.75  # same, for a short text
PART = 0.15  # share of the longer text below which a part is not told from a quotation
FRAME = 10  # missing shingles in a row, at most, that are a place filled in differently; more is another passage
NUMBERS, NUMBER_SHARE = 3, 0.3  # numbers filled in differently, and their share of what is: another bulletin
NAMES, NAME_SHARE = 4, 0.5  # same, for numbers and names together
Hashes: TypeAlias = NDArray[np.uint64]
EMPTY: Hashes = np.zeros(0, dtype=np.uint64)
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
DIGIT = re.compile(r"\d")
SENTENCE_END = re.compile(r"[.!?:\n\"“”„«»(\[][\s\"“”„«»(\[]*$")


@dataclass(frozen=True, slots=True)
class Shingled:
    """A text's shingles in order, hashed to 64 bits, and each once, sorted; none for a text too short to compare."""

    hashes: Hashes
    distinct: Hashes
    tokens: int


class Similarity:
    """What the archive is handed to find and judge copies by; see :class:`archive.rows.kinship.Comparison`."""

    def sketch(self, text: str) -> tuple[int, ...]:
        """The smallest hashes of a text, as signed 64 bits; empty for a text too short."""
        return tuple(int(number) for number in shingled(text).distinct[:SKETCH].view(np.int64))

    def compare(self, text: str, other: str) -> Likeness | None:
        """How ``text`` relates to ``other``; None when they have too little in common, or are two bulletins."""
        return likeness(text, other)


def likeness(text: str, other: str) -> Likeness | None:
    """See :meth:`Similarity.compare`."""
    mine, theirs = shingled(text), shingled(other)
    common = len(np.intersect1d(mine.distinct, theirs.distinct, assume_unique=True))
    if not common:
        return None
    found = Likeness(
        contained=common / len(mine.distinct),
        containing=common / len(theirs.distinct),
        resemblance=common / (len(mine.distinct) + len(theirs.distinct) - common),
    )
    if found.resemblance == 1.0:
        return found
    is_mine_shorter = len(mine.distinct) <= len(theirs.distinct)
    if not is_enough(found, min(mine.tokens, theirs.tokens)):
        return None
    short, long = (text, other) if is_mine_shorter else (other, text)
    return None if is_another_bulletin(short, long) else found


def is_enough(found: Likeness, short_tokens: int) -> bool:
    """Enough of the shorter text is in the longer, and it is enough of the longer."""
    needed = LIKE_SHORT if short_tokens < SHORT_TOKENS else LIKE
    return max(found.contained, found.containing) >= needed and min(found.contained, found.containing) >= PART


def is_another_bulletin(text: str, other: str) -> bool:
    """One form filled in twice: what differs between equal words is numbers and names for the most part.

    Copies are edited everywhere alike; the launch bulletins of one agency differ in mission, date and orbit.
    """
    filled = substitutions(text, shingled(other).distinct)
    numbers = sum(bool(DIGIT.search(word)) for word in filled)
    names = sum(word[:1].isupper() for word in filled)
    return (numbers >= NUMBERS and numbers >= NUMBER_SHARE * len(filled)) or (
        numbers + names >= NAMES and numbers + names >= NAME_SHARE * len(filled)
    )


def substitutions(text: str, other: Hashes) -> list[str]:
    """Tokens of the text, as written, that stand between words of the other text and are not its own.

    A changed token makes ``SHINGLE`` shingles miss; a word that begins a sentence is given in lower case.
    """
    is_shared = np.isin(shingled(text).hashes, other).tolist()
    places = [place for start, end in gaps(is_shared) for place in range(start + SHINGLE - 1, end)]
    if not places:
        return []
    written = written_spans(text, len(is_shared) + SHINGLE - 1)
    return [as_written(text, *written[place]) for place in places]


def written_spans(text: str, count: int) -> list[tuple[int, int]]:
    """(start, end) of each of the text's ``count`` tokens."""
    words = [run.span() for run in runs().finditer(text)]
    return words if len(words) == count else [(token.start, token.end) for token in spans(text)]


def gaps(is_shared: list[bool]) -> list[tuple[int, int]]:
    """(start, end) of short runs of shingles that the other text lacks, with shared ones on both sides."""
    found, place = [], 0
    for shared, run in groupby(is_shared):
        length = sum(1 for _ in run)
        is_inside = place > 0 and place + length < len(is_shared)
        if not shared and is_inside and SHINGLE <= length <= FRAME:
            found.append((place, place + length))
        place += length
    return found


def as_written(text: str, start: int, end: int) -> str:
    """The word; without its capital where a sentence begins with it."""
    word = text[start:end]
    return word.lower() if start == 0 or SENTENCE_END.search(text, max(0, start - 8), start) else word


@lru_cache(maxsize=64)  # the article in hand is compared with each of its candidates, and is often one itself soon
def shingled(text: str) -> Shingled:
    """The shingles of a text; none for fewer than ``MIN_TOKENS`` tokens."""
    words = tokens(text)
    if len(words) < MIN_TOKENS:
        return Shingled(EMPTY, EMPTY, len(words))
    hashed = np.fromiter(map(hash_of, words), dtype=np.uint64, count=len(words))
    hashes = np.zeros(len(words) - SHINGLE + 1, dtype=np.uint64)
    for start in range(SHINGLE):  # a polynomial of the tokens' hashes modulo 2**64, mixed
        hashes = mixed(hashes * MULTIPLIER + hashed[start : start + len(hashes)])
    return Shingled(hashes, np.unique(hashes), len(words))


def mixed(hashes: Hashes) -> Hashes:
    """Every bit of the input moves about half of the output's: the finaliser of splitmix64 (Steele et al. 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


@lru_cache(maxsize=1 << 16)  # words; a language's common ones are most of any text
def hash_of(word: str) -> int:
    """64 bits of a token, the same on every machine and for ever: they are stored."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
