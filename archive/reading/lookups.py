"""Words of a query as a look-up in the text index, in the language of either engine. Everything is a bound parameter.

On PostgreSQL a phrase is looked for where its pairs of neighbours are, and there also in ``article_search.tokens``,
which only articles have that are too long for a tsvector (see :mod:`archive.textindex`); words of a title, an author or
a tag in ``heads``; and words that need nothing else are one tsquery, exclusions included, which the index answers
without a look at a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    String,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    or_,
    table,
)
from sqlalchemy import (
    Text as TextType,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR

from archive.query import (
    And,
    Near,
    Node,
    Not,
    Or,
    Text,
)
from archive.stems import Variant, pairs, variants
from archive.textindex import WEIGHTS, pair_of

FTS = table("article_fts", column("rowid", BigInteger()), column("article_fts", TextType()))
SEARCH = table(
    "article_search",
    column("article_id", BigInteger()),
    column("tsv", TSVECTOR()),
    column("tokens", TextType()),
    column("heads", TSVECTOR()),
    column("pairs", ARRAY(Integer)),
    column("source_id", String()),
    column("published_at", DateTime(timezone=True)),
)


def index_id(dialect: str) -> ColumnElement[int]:
    """The article's id in the index."""
    return FTS.c.rowid if dialect == "sqlite" else SEARCH.c.article_id


def index_match(node: Node, dialect: str) -> ColumnElement[bool]:
    """An indexed node as a condition on the index."""
    return fts_match(node) if dialect == "sqlite" else tsv_match(node)


def fts_match(node: Node) -> ColumnElement[bool]:
    return fts_matches(fts_expression(node))


def fts_matches(expression: str) -> ColumnElement[bool]:
    return FTS.c.article_fts.op("MATCH", is_comparison=True)(literal(expression))


def fts_expression(node: Node) -> str:
    """An indexed node in FTS5's language (sqlite.org/fts5.html §3). Words are letters and digits: quotes hold them."""
    if isinstance(node, Text):
        return only_in(node) + any_fts(fts_phrase(each) for each in variants_of(node))
    if isinstance(node, Near):
        pairs = ((fts_phrase(left), fts_phrase(right)) for left, right in pairs_of(node))
        return only_in(node.left) + any_fts(f"NEAR({left} {right}, {node.within})" for left, right in pairs)
    if isinstance(node, Or):
        return " OR ".join(f"({fts_expression(part)})" for part in node.nodes)
    assert isinstance(node, And)
    wanted = " AND ".join(f"({fts_expression(part)})" for part in node.nodes if not isinstance(part, Not))
    unwanted = " OR ".join(f"({fts_expression(part.node)})" for part in node.nodes if isinstance(part, Not))
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def only_in(text: Text) -> str:
    return f"{text.column} : " if text.column else ""


def any_fts(expressions: Iterable[str]) -> str:
    """One of several expressions, in parentheses where there are more than one."""
    found = list(expressions)
    return found[0] if len(found) == 1 else f"({' OR '.join(found)})"


def fts_phrase(text: Text) -> str:
    return f'"{" ".join(text.words)}"' + (" *" if text.is_prefix else "")


def variants_of(text: Text) -> list[Text]:
    """The text as written and as each language stems it; names are not stemmed."""
    if text.column == "authors":
        return [text]
    return [varied(text, each) for each in variants(text.words, is_prefix=text.is_prefix)]


def varied(text: Text, variant: Variant) -> Text:
    words, is_prefix = variant
    return replace(text, words=words, is_prefix=is_prefix)


def pairs_of(node: Near) -> list[tuple[Text, Text]]:
    """Left and right as written and as each language stems them."""
    left, right = node.left, node.right
    if left.column == "authors":
        return [(left, right)]
    found = pairs((left.words, left.is_prefix), (right.words, right.is_prefix))
    return [(varied(left, one), varied(right, other)) for one, other in found]


def tsv_match(node: Node) -> ColumnElement[bool]:
    """An indexed node as a condition on ``article_search``."""
    if (query := plain(node)) is not None:
        return matches(query)
    if isinstance(node, And):
        words = tuple(part for part in node.nodes if plain(part) is not None)
        is_together = len(words) > 1 and any(not isinstance(part, Not) for part in words)
        others = [part for part in node.nodes if not is_together or part not in words]
        return and_(*([tsv_match(And(nodes=words))] if is_together else []), *(tsv_match(part) for part in others))
    if isinstance(node, Or):
        return or_(*(tsv_match(part) for part in node.nodes))
    if isinstance(node, Not):
        return not_(tsv_match(node.node))
    if isinstance(node, Near):
        return near(node)
    assert isinstance(node, Text)
    if node.column:
        return matches(any_of([node]), SEARCH.c.heads)
    return or_(*(phrase(each) for each in variants_of(node)))


def phrase(text: Text) -> ColumnElement[bool]:
    """Side by side: of the articles that have its pairs of neighbours, those whose tsvector, or text, has it."""
    whole = text.words[:-1] if text.is_prefix else text.words
    pairs = sorted({pair_of(first, second) for first, second in pairwise(whole)})
    found = or_(matches(tsquery(text, " <-> ")), phrase_in_long_text(text))
    return and_(SEARCH.c.pairs.contains(cast(literal(pairs), ARRAY(Integer))), found) if pairs else found


def phrase_in_long_text(text: Text) -> ColumnElement[bool]:
    phrase = f"% {' '.join(text.words)}{'' if text.is_prefix else ' '}%"
    return and_(SEARCH.c.tokens.is_not(None), matches(tsquery(text, " & ")), SEARCH.c.tokens.like(phrase))


def plain(node: Node) -> str | None:
    """A tsquery for words anywhere and what joins them; None where there is more: a phrase, a column, a distance."""
    if isinstance(node, Text):
        return any_of([node]) if len(node.words) == 1 and not node.column else None
    if isinstance(node, Not):
        inner = plain(node.node)
        return None if inner is None else f"!({inner})"
    if isinstance(node, And | Or) and node.nodes:
        parts = [plain(part) for part in node.nodes]
        known = [f"({part})" for part in parts if part is not None]
        return (" & " if isinstance(node, And) else " | ").join(known) if len(known) == len(parts) else None
    return None


def near(node: Near) -> ColumnElement[bool]:
    return or_(*(pair_near(left, right, node.within) for left, right in pairs_of(node)))


def pair_near(left: Text, right: Text, within: int) -> ColumnElement[bool]:
    """Both texts by the index; then, article by article, every distance in every column (columns don't meet)."""
    where = SEARCH.c.heads if left.column else SEARCH.c.tsv
    both = matches(f"({tsquery(left, ' <-> ')}) & ({tsquery(right, ' <-> ')})", where)
    any_distance = cast(literal(distances(left, right, within)), TSQUERY)
    columns = [WEIGHTS[left.column]] if left.column else WEIGHTS.values()
    found = [
        func.ts_filter(where, literal_column(f"'{{{weight.lower()}}}'::\"char\"[]")).op("@@", is_comparison=True)(
            any_distance
        )
        for weight in columns
    ]
    if left.column:
        return and_(both, *found)
    words = matches(f"({tsquery(left, ' & ')}) & ({tsquery(right, ' & ')})")
    pattern = f"({beside(left, right, within)}|{beside(right, left, within)})"
    in_long_text = and_(SEARCH.c.tokens.is_not(None), words, SEARCH.c.tokens.regexp_match(pattern))
    return or_(and_(both, or_(*found)), in_long_text)


def distances(left: Text, right: Text, within: int) -> str:
    """A tsquery: the texts one behind the other, either first, from side by side to ``within`` words apart."""
    one, other = (f"({tsquery(replace(text, column=None), ' <-> ')})" for text in (left, right))
    return " | ".join(f"({a} <{step}> {b})" for a, b in ((one, other), (other, one)) for step in range(1, within + 2))


def beside(first: Text, second: Text, within: int) -> str:
    """A regular expression for the same, over tokens with a space around each. Tokens are letters and digits."""
    one, other = (" ".join(text.words) + ("[^ ]*" if text.is_prefix else "") for text in (first, second))
    return f" {one}( [^ ]+){{0,{within}}} {other} "


def matches(query: str, where: ColumnElement[Any] = SEARCH.c.tsv) -> ColumnElement[bool]:  # Any: a tsvector
    return where.op("@@", is_comparison=True)(cast(literal(query), TSQUERY))


def tsquery(node: Text, joined_by: str) -> str:
    """Words in PostgreSQL's language, e.g. ``'sample':A <-> 'retu':*A``."""
    weight = WEIGHTS[node.column] if node.column else ""
    last = len(node.words) - 1
    marks = ["*" if node.is_prefix and place == last else "" for place in range(last + 1)]
    words = zip(node.words, marks, strict=True)
    return joined_by.join(f"'{word}'" + (f":{mark}{weight}" if mark or weight else "") for word, mark in words)


def any_of(texts: Sequence[Text]) -> str:
    """A tsquery: one of the phrases, in one of its variants."""
    found = dict.fromkeys(tsquery(variant, " <-> ") for text in texts for variant in variants_of(text))
    return " | ".join(f"({each})" for each in found)
