"""The query language, from a line of text to a tree of values. Pure: SQL comes in :mod:`archive.reading.matching`.

``mars "sample return" -crewed (lang:en OR lang:fr) author:"Jane Doe" after:2025-03 rov*``. Terms side by side must
all hold. docs/query.md is the reference; what is wrong is a ``QueryError`` that points at the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias, get_args

from archive.errors import QueryError
from archive.lexing import Lexer, Part, shown
from archive.model import ArticleState
from archive.stems import variants
from archive.tokens import IS_UNSPACED, tokens

MAX_CHARS = 2_000  # of a query; far more than anyone types, and little enough to answer
MAX_WORDS = 100  # after splitting, all terms together
MAX_DEPTH = 30  # of parentheses
NEAR_WORDS = 10  # between two terms at most, when NEAR names no number; FTS5's own
MAX_NEAR_WORDS = 30  # a sentence; PostgreSQL looks for every distance by itself
MAX_NUMBER = 2**31 - 1  # of words, the largest PostgreSQL keeps; of a story as far as anybody gets

Column: TypeAlias = Literal["title", "authors", "tags"]
MatchField: TypeAlias = Literal["source", "lang", "kind", "country", "state"]
Feature: TypeAlias = Literal["revision", "copy", "date", "image", "credit", "live_blog", "press_release"]

COLUMN_OF: dict[str, Column] = {"title": "title", "author": "authors", "tag": "tags"}
MATCH_FIELDS = get_args(MatchField)
DATE_FIELDS = ("after", "before", "on")
LENGTH_FIELDS = ("words>", "words<")
FIELDS = (*COLUMN_OF, *MATCH_FIELDS, *DATE_FIELDS, *LENGTH_FIELDS, "has", "story")

DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1000, 9998  # what both engines and Python can hold, with a year to spare


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words that stand side by side in one column of the index; any column when ``column`` is None."""

    words: tuple[str, ...]
    column: Column | None = None
    is_prefix: bool = False
    """The last word may go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Two texts of one column with at most ``within`` words between them, whichever comes first."""

    left: Text
    right: Text
    within: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A field with exactly this value; ``lang:en`` also means ``en-GB``. Values are lower-case."""

    field: MatchField
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Published in [since, until); None leaves that end open. An article without a date never is."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """More than ``above`` words, or fewer than ``below``; None leaves that end open."""

    above: int | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Has:
    """Changed since it was first seen, another copy in its story, a date of publication, a picture."""

    feature: Feature


@dataclass(frozen=True, slots=True, kw_only=True)
class InStory:
    """One of the copies of a story."""

    story_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBy:
    """First captured at this moment or before. Not in the language: ``as_of`` puts it into a query."""

    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSince:
    """Revised after this moment. Not in the language."""

    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """One of these articles. Not in the language."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    nodes: tuple[Node, ...]


Leaf: TypeAlias = Text | Match | Published | Length | Has | InStory | SeenBy | ChangedSince | OneOf
Node: TypeAlias = Leaf | Near | Not | And | Or


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query as written and as understood."""

    text: str
    root: Node


def parse_query(text: str) -> Query:
    """Understand a query. Raises ``QueryError`` with the place where it can't be."""
    if len(text) > MAX_CHARS:
        raise QueryError(f"the query is longer than {MAX_CHARS} characters", query=shown(text), position=MAX_CHARS)
    parser = Parser(text)
    root = parser.parse()
    if root is None:
        raise QueryError("nothing to search for", query=shown(text), position=0)
    if (count := sum(len(leaf.words) for leaf in leaves(root) if isinstance(leaf, Text))) > MAX_WORDS:
        raise QueryError(f"{count} words; at most {MAX_WORDS} can be searched at once", query=shown(text), position=0)
    return Query(text=text, root=root)


EVERYTHING = Query(text="", root=And(nodes=()))  # all articles, where a query is left out


def narrowed(query: Query, term: str) -> str:
    """The query with one more term that must hold."""
    if isinstance(query.root, Or):
        return f"({query.text}) {term}"
    return f"{query.text} {term}".strip()


def instant(text: str) -> datetime:
    """What ``as_of`` names: a moment in RFC 3339, or the last one of a year, month or day. Raises ``QueryError``."""
    if span := days(text.strip()):
        return span[1] - timedelta(microseconds=1)
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        reason = "as_of is no moment; write YYYY-MM-DD or 2025-03-12T08:30:00Z"
        raise QueryError(reason, query=shown(text[:100]), position=0) from exc


def wanted_texts(node: Node) -> tuple[Text, ...]:
    """The words that make an article a hit (none under a minus), in order: what is highlighted and ranked."""
    if isinstance(node, Text):
        return (node,)
    if isinstance(node, Near):
        return (node.left, node.right)
    if isinstance(node, And | Or):
        return tuple(text for child in node.nodes for text in wanted_texts(child))
    return ()


def leaves(node: Node) -> Iterator[Leaf]:
    """Every leaf of the tree, in order."""
    if isinstance(node, And | Or):
        for child in node.nodes:
            yield from leaves(child)
    elif isinstance(node, Near):
        yield from (node.left, node.right)
    elif isinstance(node, Not):
        yield from leaves(node.node)
    else:
        yield node


class Parser:
    """Recursive descent over the parts of one query; a term without a letter or digit counts as not written."""

    def __init__(self, text: str) -> None:
        lexer = Lexer(text, fields=FIELDS)
        self.fail = lexer.fail
        self.parts = list(lexer.parts())
        self.next = 0

    def parse(self) -> Node | None:
        root = self.alternatives(0)
        if self.next < len(self.parts):
            raise self.fail("this parenthesis was never opened", self.parts[self.next].position)
        return root

    def peek(self) -> str:
        """Kind of the next part; empty at the end."""
        return self.parts[self.next].kind if self.next < len(self.parts) else ""

    def take(self) -> Part:
        self.next += 1
        return self.parts[self.next - 1]

    def alternatives(self, depth: int) -> Node | None:
        nodes = [self.conjunction(depth)]
        while self.peek() == "OR":
            operator = self.take()
            self.expect_term_after(operator)
            nodes.append(self.conjunction(depth))
        return combined(Or, nodes)

    def conjunction(self, depth: int) -> Node | None:
        nodes: list[Node | None] = []
        while (kind := self.peek()) not in ("", ")", "OR"):
            if kind == "AND":
                operator = self.take()
                if not nodes:
                    raise self.fail("AND needs a term on both sides", operator.position)
                self.expect_term_after(operator)
                continue
            nodes.append(self.neighbours(depth))
        if not nodes and self.peek() == "OR":
            raise self.fail("OR needs a term on both sides", self.parts[self.next].position)
        return combined(And, nodes)

    def expect_term_after(self, operator: Part) -> None:
        if self.peek() in ("", ")", "AND", "OR", "NEAR"):
            raise self.fail(f"{operator.kind} needs a term on both sides", operator.position)

    def neighbours(self, depth: int) -> Node | None:
        """A term; or several with NEAR between them, where each pair must be near."""
        if self.peek() == "NEAR":
            raise self.fail("NEAR needs a term on both sides", self.take().position)
        node = self.term(depth)
        pairs: list[Node | None] = []
        while self.peek() == "NEAR":
            operator = self.take()
            self.expect_term_after(operator)
            following = self.term(depth)
            pairs.append(self.pair(node, following, operator))
            node = following
        return combined(And, pairs) if pairs else node

    def pair(self, left: Node | None, right: Node | None, operator: Part) -> Near:
        within = int(operator.value) if operator.value else NEAR_WORDS
        if within > MAX_NEAR_WORDS:
            raise self.fail(f"NEAR looks at most {MAX_NEAR_WORDS} words far", operator.position)
        if not isinstance(left, Text) or not isinstance(right, Text) or left.column != right.column:
            raise self.fail("NEAR stands between two words or phrases of one field", operator.position)
        if may_meet(left, right):
            raise self.fail("NEAR needs different words on its two sides", operator.position)
        return Near(left=left, right=right, within=within)

    def term(self, depth: int) -> Node | None:
        part = self.take()
        is_negated = False
        while part.kind == "NOT":
            is_negated = not is_negated
            if self.peek() not in ("(", "term", "NOT"):
                raise self.fail("nothing follows that could be left out", part.position)
            part = self.take()
        node = self.group(part, depth + 1) if part.kind == "(" else self.leaf(part)
        return Not(node=node) if is_negated and node else node

    def group(self, opening: Part, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            raise self.fail(f"parentheses nested more than {MAX_DEPTH} deep", opening.position)
        if self.peek() == ")":
            raise self.fail("nothing stands between these parentheses", opening.position)
        node = self.alternatives(depth)
        if self.peek() != ")":
            raise self.fail("this parenthesis is never closed", opening.position)
        self.take()
        return node

    def leaf(self, part: Part) -> Node | None:
        if part.field in DATE_FIELDS:
            return self.published(part)
        if part.field in MATCH_FIELDS:
            return self.match(part)
        if part.field in LENGTH_FIELDS:
            count = self.number(part)
            return Length(above=count) if part.field == "words>" else Length(below=count)
        if part.field == "has":
            return self.has(part)
        if part.field == "story":
            return InStory(story_id=self.number(part))
        node = self.words(part)
        if node is None and part.field:
            raise self.fail(f"{part.field}: {part.value!r} has no letter or digit to search for", part.position)
        return node

    def words(self, part: Part) -> Text | None:
        """The term's words; None when it has none. The lone last character of a run of pairs is not asked for."""
        words, is_prefix = tokens(part.value), part.is_prefix
        if not words:
            return None
        if IS_UNSPACED.match(words[-1]) and len(words[-1]) == 1:
            if len(words) > 1 and len(words[-2]) == 2 and IS_UNSPACED.match(words[-2]):
                words.pop()
            else:
                is_prefix = True
        elif is_prefix and len(words[-1]) < 2:
            raise self.fail("a beginning needs at least two letters", part.position)
        return Text(words=tuple(words), column=COLUMN_OF.get(part.field or ""), is_prefix=is_prefix)

    def match(self, part: Part) -> Match:
        name, value = part.field, part.value.strip().lower()
        assert name is not None
        if name == "state" and value not in get_args(ArticleState):
            raise self.fail(f"state is one of {', '.join(get_args(ArticleState))}; not {part.value!r}", part.position)
        if not value or part.is_prefix or not value.isprintable():
            raise self.fail(f"{name}: needs a whole value, not {part.value!r}", part.position)
        return Match(field=next(known for known in MATCH_FIELDS if known == name), value=value)

    def has(self, part: Part) -> Has:
        known = get_args(Feature)
        for feature in known:
            if part.value.strip().lower() == feature and not part.is_prefix:
                return Has(feature=feature)
        raise self.fail(f"has: is one of {', '.join(known)}; not {part.value!r}", part.position)

    def number(self, part: Part) -> int:
        value = part.value.strip()
        if not re.fullmatch(r"\d{1,10}", value, re.ASCII) or int(value) > MAX_NUMBER or part.is_prefix:
            raise self.fail(f"{part.field}: needs a whole number, not {part.value!r}", part.position)
        return int(value)

    def published(self, part: Part) -> Published:
        span = None if part.is_prefix else days(part.value.strip())
        if span is None:
            reason = f"not a date: {part.value!r}; write YYYY, YYYY-MM or YYYY-MM-DD"
            raise self.fail(reason, part.position)
        if part.field == "on":
            return Published(since=span[0], until=span[1])
        return Published(since=span[0]) if part.field == "after" else Published(until=span[0])


def may_meet(left: Text, right: Text) -> bool:
    """Whether one word of a text could be a word of both: the engines would count it differently."""
    return any(
        one == other or (goes_on and other.startswith(one)) or (other_goes_on and one.startswith(other))
        for one, goes_on in with_ends(left)
        for other, other_goes_on in with_ends(right)
    )


def with_ends(text: Text) -> set[tuple[str, bool]]:
    """The words as written and as stemmed, each with whether it may go on."""
    found = variants(text.words, is_prefix=text.is_prefix)
    return {(word, goes_on and place == len(words) - 1) for words, goes_on in found for place, word in enumerate(words)}


def combined(kind: type[And | Or], nodes: list[Node | None]) -> Node | None:
    """The nodes as one; None when nothing is left of them."""
    left = tuple(node for node in nodes if node is not None)
    if len(left) < 2:
        return left[0] if left else None
    return kind(nodes=left)


def days(text: str) -> tuple[datetime, datetime] | None:
    """First instant of a year, month or day in UTC, and of the next; None when it is no date."""
    found = DATE.fullmatch(text)
    if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        last = date.fromordinal(first.toordinal() + 1)
    elif month:
        last = date(year + month // 12, month % 12 + 1, 1)
    else:
        last = date(year + 1, 1, 1)
    return midnight(first), midnight(last)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
