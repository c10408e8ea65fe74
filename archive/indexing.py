"""What is indexed of an article: the tokens of :mod:`archive.tokens`, stemmed by :mod:`archive.stems`.

Pure, and without a database, so that workers can make it ready; :mod:`archive.textindex` writes it.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive.stems import stemmed
from archive.tokens import tokens

COLUMNS = ("title", "authors", "tags", "body")
BREAK = "\ue000"  # private use: never a token of a text or a query
MAX_COLUMN_TOKENS = 1_000  # of title, authors and tags each; what is longer is not one
MAX_INDEX_BYTES = 900_000  # of PostgreSQL's 1,048,575 a tsvector, leaving room for alignment
MAX_POSITIONS = 255  # positions of one word; PostgreSQL's MAXNUMPOS - 1
LEXEME_BYTES = 8  # of one word beside its letters: entry, count, alignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is indexed of an article: tokens and breaks, a tuple a column."""

    title: tuple[str, ...]
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    body: tuple[str, ...]

    @classmethod
    def of(cls, joined: Sequence[str]) -> Words:
        """The same from :meth:`joined`."""
        title, authors, tags, body = (tuple(column.split()) for column in joined)
        return cls(title=title, authors=authors, tags=tags, body=body)

    def column(self, name: str) -> tuple[str, ...]:
        return {"title": self.title, "authors": self.authors, "tags": self.tags, "body": self.body}[name]

    def joined(self) -> tuple[str, str, str, str]:
        """The columns as text, tokens separated by spaces, in the order of ``COLUMNS``."""
        return (" ".join(self.title), " ".join(self.authors), " ".join(self.tags), " ".join(self.body))


def words_of(
    *,
    title: str,
    text: str,
    authors: Sequence[str] = (),
    description: str | None = None,
    tags: Sequence[str] = (),
    lang: str | None = None,
) -> Words:
    """What is indexed of an article, stemmed but for its authors, cut to what both engines can hold."""
    heads = [bounded_parts((title,), lang), bounded_parts(authors, None), bounded_parts(tags, lang)]
    about = [*stemmed(tokens(description), lang), BREAK] if description else []
    body = [*about, *stemmed(tokens(text), lang)]
    if sum(map(most_bytes, (*heads, body))) > MAX_INDEX_BYTES:
        room = Room()
        for head in heads:
            room.taken(head)
        body = room.taken(body)
    return Words(title=heads[0], authors=heads[1], tags=heads[2], body=tuple(body))


def most_bytes(words: Sequence[str]) -> int:
    """What a tsvector of the words takes at most, were each another one: nearly all texts are far from the bound."""
    return 4 * sum(map(len, words)) + (2 + LEXEME_BYTES) * len(words)


def bounded_parts(parts: Sequence[str], lang: str | None) -> tuple[str, ...]:
    """Stems of several short texts with breaks between them."""
    joined: list[str] = []
    for part in parts:
        if len(joined) >= MAX_COLUMN_TOKENS:
            break
        joined += [BREAK] * bool(joined) + stemmed(tokens(part), lang)
    return tuple(joined[:MAX_COLUMN_TOKENS])


class Room:
    """Counts what a tsvector of the words would take, and says where it is full."""

    def __init__(self) -> None:
        self.positions: defaultdict[str, int] = defaultdict(int)
        self.bytes = 0

    def taken(self, words: Iterable[str]) -> list[str]:
        """The words that fit."""
        kept = []
        for word in words:
            seen = self.positions[word]
            self.positions[word] = seen + 1
            self.bytes += 2 if seen < MAX_POSITIONS else 0
            self.bytes += 0 if seen else LEXEME_BYTES + len(word.encode())
            if self.bytes > MAX_INDEX_BYTES:
                break
            kept.append(word)
        return kept


def packed_words(
    *, title: str, text: str, authors: Sequence[str], description: str | None, tags: Sequence[str], lang: str | None
) -> bytes:
    """:func:`words_of`, as SQLite keeps them and workers hand them over."""
    words = words_of(title=title, text=text, authors=authors, description=description, tags=tags, lang=lang)
    return packed(words.joined())


def packed(columns: Sequence[str]) -> bytes:
    return zlib.compress("\n".join(columns).encode(), level=1)  # level 6 takes three times as long for 10 % less


def unpacked(stored: bytes) -> list[str]:
    return zlib.decompress(stored).decode().split("\n")
