"""A query cut into its parts: parentheses, operators, terms with their field. Pure; :mod:`archive.query` reads them.

By hand: fields and quotes nest too little for a grammar. What can't be cut is a ``QueryError`` at its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from archive.errors import QueryError

Kind: TypeAlias = Literal["(", ")", "AND", "OR", "NOT", "NEAR", "term"]

SHOWN_CHARS = 2_001  # of a query in a message
QUOTES = str.maketrans("“”„＂（）：　", '""""(): ')  # as word processors and East Asian keyboards write them
FIELD = re.compile(r"([A-Za-z]+):(?!//)")
COMPARED = re.compile(r"([A-Za-z]+[<>])(?::|(?=\d))")  # words>:500, words>500
INCLUSIVE = re.compile(r"([A-Za-z]+[<>]):?=")
CHUNK = re.compile(r"[^\s()\"]+")
NEAR = re.compile(r"NEAR(?:/(\d{1,4}))?", re.ASCII)
OPERATORS: dict[str, Kind] = {"AND": "AND", "OR": "OR", "NOT": "NOT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of the query: ``(``, ``)``, ``AND``, ``OR``, ``NOT``, ``NEAR`` or a term."""

    kind: Kind
    position: int
    value: str = ""
    """Of a term; of NEAR the number written after it, empty when there is none."""
    field: str | None = None
    is_prefix: bool = False


def shown(text: str) -> str:
    """The query as one printable line of the same length, for the message and its pointer."""
    return "".join(char if char.isprintable() else " " for char in text[:SHOWN_CHARS])


class Lexer:
    """Cuts one query into its parts, in order."""

    def __init__(self, text: str, *, fields: Sequence[str]) -> None:
        self.query = text
        self.text = text.translate(QUOTES)
        self.fields = fields

    def fail(self, reason: str, position: int) -> QueryError:
        return QueryError(reason, query=shown(self.query), position=position)

    def parts(self) -> Iterator[Part]:
        place = 0
        while place < len(self.text):
            char = self.text[place]
            if char.isspace():
                place += 1
            elif char in "()":
                yield Part(kind="(" if char == "(" else ")", position=place)
                place += 1
            elif char == "-" and re.match(r"[^\s)]", self.text[place + 1 : place + 2]):
                yield Part(kind="NOT", position=place)
                place += 1
            else:
                part, place = self.term(place)
                yield part

    def term(self, place: int) -> tuple[Part, int]:
        """The term that starts here, and where it ends."""
        start = place
        name, place = self.field(place)
        if self.text[place : place + 1] == '"':
            return self.quoted(start, place, name)
        chunk = CHUNK.match(self.text, place)
        value = chunk.group() if chunk else ""
        end = place + len(value)
        if name is None and value in OPERATORS:
            return Part(kind=OPERATORS[value], position=start), end
        if name is None and (near := NEAR.fullmatch(value)):
            return Part(kind="NEAR", position=start, value=near[1] or ""), end
        bare = value.rstrip("*")
        return Part(kind="term", position=start, value=bare, field=name, is_prefix=bare != value), end

    def quoted(self, start: int, place: int, name: str | None) -> tuple[Part, int]:
        """The phrase whose quotation mark stands at ``place``, and where it ends."""
        end = self.text.find('"', place + 1)
        if end < 0:
            raise self.fail("this quotation mark is never closed", place)
        value, place = self.text[place + 1 : end], end + 1
        is_prefix = self.text[place : place + 1] == "*"
        return Part(kind="term", position=start, value=value, field=name, is_prefix=is_prefix), place + is_prefix

    def field(self, place: int) -> tuple[str | None, int]:
        """The field that is named here and where its value starts; None and ``place`` when none is."""
        inclusive = INCLUSIVE.match(self.text, place)
        if inclusive and inclusive[1].lower() in self.fields:
            raise self.fail(f"{inclusive.group()} is not known; {inclusive[1]}:N leaves N itself out", place)
        compared = COMPARED.match(self.text, place)
        if compared and compared[1].lower() in self.fields:
            self.require_value(compared[1], place, compared.end())
            return compared[1].lower(), compared.end()
        found = FIELD.match(self.text, place)
        if found and self.is_field(found):
            return found[1].lower(), found.end()
        return None, place

    def is_field(self, found: re.Match[str]) -> bool:
        """Whether a word before a colon is a field. Raises for one that looks like a field and is none of ours."""
        name = found[1]
        if name.lower() in self.fields:
            self.require_value(name, found.start(), found.end())
            return True
        if self.is_alone(found.end()):
            return False
        reason = f"unknown field {name!r}; known are {', '.join(sorted(self.fields))}. Put text with a colon in quotes"
        raise self.fail(reason, found.start())

    def require_value(self, name: str, start: int, end: int) -> None:
        if self.is_alone(end):
            raise self.fail(f"{name}: needs a value right after the colon", start)

    def is_alone(self, end: int) -> bool:
        """Whether nothing follows that could be a value."""
        following = self.text[end : end + 1]
        return not following or following.isspace() or following in "()"
