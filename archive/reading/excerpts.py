"""The part of a text that answers a query, and where the words stand in it. Pure; the same for both engines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from archive.query import Column, Text
from archive.stems import Variant, primary, stemmed, variants
from archive.tokens import IS_UNSPACED, MAX_TOKEN_CHARS, folded, runs, spans

Range: TypeAlias = tuple[int, int]
EXCERPT_CHARS = 240  # two to three lines of a terminal
MAX_SCANNED_CHARS = 50_000  # of a text; 99 % of articles are shorter, and a page of hits must not cost seconds
FIRST_SCANNED_CHARS = 5_000  # enough where every word is met early, as in most hits
MAX_OCCURRENCES = 100  # considered as the beginning of an excerpt
MAX_WORD_CHARS = 30  # how far a cut looks for the edge of a word; longer ones, and Chinese, are cut where it falls
LAST_ALPHABET = "\u0900"  # Latin to Arabic lie before: their words end where a letter or digit does
LINE = re.compile(r"[^\n]+")
REST_OF_WORD = re.compile(rf"[^\W_]{{0,{MAX_TOKEN_CHARS}}}")
GAP_CHARS = 40  # between two words of a phrase, on average, where they are looked for
LEAD_CHARS = 60  # shown before the first hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Part of a text on one line, ``…`` where it was cut; ``highlights`` are ranges of ``text``, in order, apart."""

    text: str
    highlights: tuple[Range, ...] = ()

    def pieces(self) -> list[tuple[str, bool]]:
        """The text in order, each piece with whether it is a hit."""
        return pieces(self.text, self.highlights)


def excerpt(text: str, wanted: Sequence[Text], *, lang: str | None = None, max_chars: int = EXCERPT_CHARS) -> Excerpt:
    """The ``max_chars`` of a text that hold most of the wanted words; its beginning where it holds none."""
    sought = needles(wanted, None)
    found = occurrences(text[: word_end(text, FIRST_SCANNED_CHARS)], sought, lang)
    if len({number for number, _ in found}) < len(sought):
        found = occurrences(text[: word_end(text, MAX_SCANNED_CHARS)], sought, lang)
    start = best_start(found[:MAX_OCCURRENCES], max_chars)
    start, end = edges(text, start, max_chars)
    inside = [(max(a, start), min(b, end)) for _, (a, b) in found if a < end and b > start]
    return on_one_line(text, start, end, merged(inside))


def highlights(
    text: str, wanted: Sequence[Text], *, lang: str | None = None, column: Column | None = None
) -> tuple[Range, ...]:
    """Where wanted words stand in a whole text; ``column`` also takes those that are wanted there alone."""
    found = occurrences(text[: word_end(text, MAX_SCANNED_CHARS)], needles(wanted, column), lang)
    return merged([place for _, place in found])


def pieces(text: str, ranges: Sequence[Range]) -> list[tuple[str, bool]]:
    """A text in order, each piece with whether a range covers it. Ranges stand apart, in order."""
    parts, place = [], 0
    for start, end in ranges:
        parts += [(text[place:start], False), (text[start:end], True)]
        place = end
    return [(part, is_hit) for part, is_hit in (*parts, (text[place:], False)) if part]


def needles(wanted: Sequence[Text], column: Column | None) -> list[Text]:
    return [text for text in wanted if text.column is None or text.column == column]


def occurrences(text: str, wanted: Sequence[Text], lang: str | None) -> list[tuple[int, Range]]:
    """Each place where one of the wanted stands: which of them, and from where to where."""
    if not wanted:
        return []
    language = primary(lang)
    if all(is_plain(needle) for needle in wanted):
        return list(plain_occurrences(text, wanted, language))
    if all(is_plain(replace(needle, words=needle.words[:1])) for needle in wanted) and stays_in_place(text):
        return list(phrase_occurrences(text, wanted, language))
    return token_occurrences(text, wanted, language)


def is_plain(needle: Text) -> bool:
    """A word of an alphabet: it can be looked for in folded text, ten times as fast as token by token."""
    word = needle.words[0]
    return len(needle.words) == 1 and len(word) < MAX_TOKEN_CHARS and all(char < LAST_ALPHABET for char in word)


def plain_occurrences(text: str, wanted: Sequence[Text], language: str | None) -> Iterator[tuple[int, Range]]:
    """The same for plain words; a line whose characters don't stay in place when folded goes by tokens."""
    pattern = word_pattern(tuple(beginning(*each, language) for needle in wanted for each in variants_of(needle)))
    known: dict[str, list[int]] = {}  # word → which of the wanted it is: a query may have a hundred
    for line in LINE.finditer(text):
        start, plain = line.start(), folded(line.group())
        if not stays_in_place(line.group()):
            found_here = token_occurrences(line.group(), wanted, language)
            yield from ((number, (start + a, start + b)) for number, (a, b) in found_here)
            continue
        for found in pattern.finditer(plain):
            [word], place = stemmed([found.group()], language), (start + found.start(), start + found.end())
            if word not in known:
                known[word] = [number for number, needle in enumerate(wanted) if is_one_of(word, needle)]
            yield from ((number, place) for number in known[word])


def phrase_occurrences(text: str, wanted: Sequence[Text], language: str | None) -> Iterator[tuple[int, Range]]:
    """The same for phrases that begin with a plain word: tokens are made only where one may begin, and nowhere twice.
    Of a phrase of n words ``reach`` characters are looked at: one with wider gaps may not be marked."""
    firsts = [
        (words[:1], is_prefix and len(words) == 1) for needle in wanted for words, is_prefix in variants_of(needle)
    ]
    pattern = word_pattern(tuple(beginning(*each, language) for each in firsts))
    reach = max(len(needle.words) for needle in wanted) * (MAX_TOKEN_CHARS + GAP_CHARS)
    starts = [found.start() for found in pattern.finditer(folded(text))]
    for begin, end in merged([(start, word_end(text, start + reach)) for start in starts]):
        for number, (a, b) in token_occurrences(text[begin:end], wanted, language):
            yield number, (begin + a, begin + b)


def word_end(text: str, place: int) -> int:
    """The place, or where the word's end that it would cut, as far as words tell one another apart."""
    found = REST_OF_WORD.match(text, place)
    return found.end() if found else place


def stays_in_place(text: str) -> bool:
    """Whether each character is one when folded, so that places in the folded text are the text's own."""
    return text.isascii() or all(keeps_its_place(char) for char in set(text) if not char.isascii())


def beginning(words: tuple[str, ...], is_prefix: bool, language: str | None) -> tuple[str, bool]:
    """How a word begins that has this stem, and whether it may go on: a stem's last letter may be another's."""
    [word] = words
    if language is None or is_prefix:
        return word, is_prefix
    return word[: max(2, len(word) - 1)], True


def is_one_of(word: str, needle: Text) -> bool:
    """Whether an indexed word is a needle of one word."""
    return any(
        word == words[0] or (is_prefix and word.startswith(words[0])) for words, is_prefix in variants_of(needle)
    )


def variants_of(needle: Text) -> tuple[Variant, ...]:
    return variants(needle.words, is_prefix=needle.is_prefix)


@lru_cache(maxsize=4096)
def keeps_its_place(char: str) -> bool:
    """Whether a character is one when folded, and neither a mark nor of a script that writes no spaces."""
    is_mark = not char.isalnum() and runs().match(char) is not None
    return len(folded(char)) == 1 and not is_mark and not IS_UNSPACED.match(char)


@lru_cache(maxsize=256)
def word_pattern(words: tuple[tuple[str, bool], ...]) -> re.Pattern[str]:
    """Whole words of folded text; letters and digits alone are in them."""
    each = "|".join(word + (r"[^\W_]*" if is_prefix else "") for word, is_prefix in words)
    return re.compile(rf"(?<![^\W_])(?:{each})(?![^\W_])")


def token_occurrences(text: str, wanted: Sequence[Text], language: str | None) -> list[tuple[int, Range]]:
    """The same for phrases and any script."""
    found = []
    places = list(spans(text))
    words = stemmed([token.word for token in places], language)
    sought = [(number, *variant) for number, needle in enumerate(wanted) for variant in variants_of(needle)]
    firsts = {needle[0] for _, needle, _ in sought}
    beginnings = tuple(needle[0] for _, needle, is_prefix in sought if is_prefix)
    begun: dict[str, list[tuple[int, tuple[str, ...], bool]]] = {}  # word → those of the sought that it may begin
    for place, word in enumerate(words):
        if word in firsts or (beginnings and word.startswith(beginnings)):
            if word not in begun:
                begun[word] = [each for each in sought if word.startswith(each[1][0])]
            for number, needle, is_prefix in begun[word]:
                if stands_at(words, place, needle, is_prefix=is_prefix):
                    found.append((number, (places[place].start, places[place + len(needle) - 1].end)))
    return found


def stands_at(words: Sequence[str], place: int, needle: tuple[str, ...], *, is_prefix: bool) -> bool:
    here = words[place : place + len(needle)]
    if len(here) < len(needle) or tuple(here[:-1]) != needle[:-1]:
        return False
    return here[-1].startswith(needle[-1]) if is_prefix else here[-1] == needle[-1]


def best_start(found: Sequence[tuple[int, Range]], max_chars: int) -> int:
    """Where the excerpt begins: before the first hit of the stretch with most different words, then most hits."""
    best, start = (0, 0), 0
    for place, (_, (first, _)) in enumerate(found):
        inside = [number for number, (_, end) in found[place : place + 20] if end - first <= max_chars - LEAD_CHARS]
        score = (len(set(inside)), len(inside))
        if score > best:
            best, start = score, max(0, first - LEAD_CHARS)
    return start


def edges(text: str, start: int, max_chars: int) -> Range:
    """The stretch moved to the edges of words."""
    if start:
        gap = re.search(r"\s", text[start : start + MAX_WORD_CHARS])
        start += gap.end() if gap else 0
    end = min(len(text), start + max_chars)
    if end < len(text):
        gap = re.search(r"\s(?=\S*$)", text[max(start, end - MAX_WORD_CHARS) : end])
        end = max(start, end - MAX_WORD_CHARS) + gap.start() if gap else end
    return start, end


def merged(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """The ranges in order, those that meet made one."""
    result: list[Range] = []
    for start, end in sorted(ranges):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def on_one_line(text: str, start: int, end: int, ranges: Sequence[Range]) -> Excerpt:
    """The stretch with white space collapsed, its ranges moved along."""
    shifted = [(a - start, b - start) for a, b in ranges]
    line, places = "… " if start else "", []
    for piece, is_hit in pieces(text[start:end], shifted):
        piece = re.sub(r"\s+", " ", piece)
        if is_hit:
            places.append((len(line), len(line) + len(piece)))
        line += piece
    return Excerpt(text=line.rstrip() + (" …" if end < len(text) else ""), highlights=tuple(places))
