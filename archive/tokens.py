"""Text as the tokens that are searched: one tokenisation for both engines, for queries and for highlights.

A token is a word, case and accents folded, at most ``MAX_TOKEN_CHARS`` long. Scripts that write no spaces
(Chinese, Japanese, Thai, Lao, Khmer, Burmese), and Korean with its particles, become overlapping pairs
of characters, the last character of a run standing alone: 月球車 → 月球 球車 車. So every character begins a
token, a word of two characters and more is a phrase of pairs, and a single character is a prefix.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

MAX_TOKEN_CHARS = 64  # characters; longer ones (base64, long addresses) are found by their beginning
LONG = 1_000  # characters; shorter texts are read again sooner than they are found in a cache
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3005-\u3007\u3040-\u312f\u3130-\u318f\u31a0-\u31bf\u31f0-\u31ff"  # jamo, kana, bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"  # Han, Hangul
)
SEGMENT = re.compile(f"[{UNSPACED}]+|[^{UNSPACED} ]+")
IS_UNSPACED = re.compile(f"[{UNSPACED}]")
ASCII_WORD = re.compile("[a-z0-9]+")
# Marks that only decorate a letter: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowel signs.
# Those of Indian and South-East Asian scripts are letters in their own right and stay.
ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff]"
)
LETTERS = {"й": "й", "Й": "й", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "æ": "ae", "œ": "oe", "ı": "i"}


class Token(NamedTuple):  # not a dataclass: thousands a page of hits, and a tuple is made in a third of the time
    """A token and the characters of the text it stands for: ``text[start:end]``."""

    word: str
    start: int
    end: int


def searchable(text: str) -> str:
    """The tokens of a text, in order, joined by single spaces; empty when there are none."""
    return " ".join(tokens(text))


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order. NULs, lone surrogates, punctuation and symbols separate and vanish."""
    return list(remembered(text)) if len(text) >= LONG else read(text)


@lru_cache(maxsize=4)  # an article's text is sketched, compared and indexed, one after the other
def remembered(text: str) -> tuple[str, ...]:
    """The tokens of a long text."""
    return tuple(read(text))


def read(text: str) -> list[str]:
    """See :func:`tokens`. Most texts have quotation marks and dashes beyond ASCII, and no letters: they go first."""
    if not text.isascii():
        text = separators().sub(" ", text)
    if text.isascii():
        return [word[:MAX_TOKEN_CHARS] for word in ASCII_WORD.findall(text.lower())]
    found: list[str] = []
    for run in runs().findall(text):  # one word with an accent does not make the others slow
        found += (run.lower()[:MAX_TOKEN_CHARS],) if run.isascii() else split(folded(run))
    return found


def spans(text: str) -> Iterator[Token]:
    """The tokens of a text with the places they come from, one after another; the same words as :func:`tokens`."""
    for run in runs().finditer(text):
        written, start = run.group(), run.start()
        if written.isascii():
            yield Token(written.lower()[:MAX_TOKEN_CHARS], start, min(run.end(), start + MAX_TOKEN_CHARS))
            continue
        plain = folded(written)
        is_aligned = len(plain) == len(written)
        place = 0
        for word in split(plain):
            place = plain.find(word, place)
            if is_aligned:
                yield Token(word, start + place, start + place + len(word))
            else:
                yield Token(word, start, run.end())
            place += 1 if IS_UNSPACED.match(word) else len(word)


def split(plain: str) -> Iterator[str]:
    """Tokens of folded text: words as they are, unspaced scripts as pairs."""
    if not IS_UNSPACED.search(plain):
        yield from (word[:MAX_TOKEN_CHARS] for word in runs().findall(plain))
        return
    for segment in SEGMENT.findall(plain):
        if IS_UNSPACED.match(segment):
            yield from (segment[place : place + 2] for place in range(len(segment)))
        else:
            yield from (word[:MAX_TOKEN_CHARS] for word in runs().findall(segment))


def folded(text: str) -> str:
    """Compatibility forms unified (NFKC), case and accents folded."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(FOLDING)


class Folding(dict[int, str]):
    """A table for ``str.translate`` that fills itself: character → its plain, lower-case form."""

    def __missing__(self, codepoint: int) -> str:
        char = chr(codepoint)
        self[codepoint] = LETTERS.get(char) or "".join(LETTERS.get(part, part) for part in bare(char.casefold()))
        return self[codepoint]


def bare(text: str) -> str:
    """The text without accents; characters that are whole without them are put together again."""
    return unicodedata.normalize("NFC", ACCENTS.sub("", unicodedata.normalize("NFD", text)))


FOLDING = Folding()


@lru_cache(maxsize=1)
def runs() -> re.Pattern[str]:
    r"""Runs of letters, digits and the marks on them. ``\w`` lacks the marks."""
    return re.compile(rf"(?:[^\W_]+|[{marks()}]+)+")


@lru_cache(maxsize=1)
def separators() -> re.Pattern[str]:
    """What :func:`runs` leaves out beyond ASCII."""
    return re.compile(rf"[^\w\x00-\x7f{marks()}]+")


@lru_cache(maxsize=1)
def marks() -> str:
    """Every mark below U+10000: they are listed on first use (10 ms)."""
    return "".join(chr(point) for point in range(0x300, 0x10000) if unicodedata.category(chr(point)).startswith("M"))
