"""A query's tree as SQL conditions on the article table, for either engine. Everything is a bound parameter.

What the index can answer in one go (words, with AND, OR and exclusions) is one look-up in it; the rest is put
together around it. On PostgreSQL a phrase is also looked for in ``article_search.tokens``, which only articles
have that are too long for a tsvector (see :mod:`archive.textindex`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
)
from sqlalchemy import (
    Text as TextType,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from archive.query import And, Has, InStory, Length, Match, Near, Node, Not, Or, Published, Text
from archive.schema import ArticleRow, SourceRow
from archive.stems import Variant, pairs, variants
from archive.textindex import WEIGHTS

FTS = table("article_fts", column("rowid", BigInteger()), column("article_fts", TextType()))
SEARCH = table(
    "article_search", column("article_id", BigInteger()), column("tsv", TSVECTOR()), column("tokens", TextType())
)


def condition(node: Node, dialect: str) -> ColumnElement[bool]:
    """What an article row must fulfil; ``dialect`` is sqlite or postgresql."""
    if is_indexed(node):
        return ArticleRow.id.in_(indexed_ids(node, dialect))
    if isinstance(node, Not):
        return not_(condition(node.node, dialect))
    if isinstance(node, And):
        text, others = parted(node)
        return and_(true(), *(condition(part, dialect) for part in ([text] if text else []) + others))
    if isinstance(node, Or):
        return or_(*(condition(part, dialect) for part in node.nodes))
    if isinstance(node, Published):
        return published(node)
    return fact(node)


def fact(node: Node) -> ColumnElement[bool]:
    """A leaf that the article's own row answers."""
    if isinstance(node, Length):
        return above_and_below(node)
    if isinstance(node, Has):
        return has(node)
    if isinstance(node, InStory):
        return ArticleRow.story_id == node.story_id
    assert isinstance(node, Match)  # texts are indexed
    return match(node)


def parted(node: Node) -> tuple[Node | None, list[Node]]:
    """The part of a conjunction that one look-up in the index answers (None when there is none), and the rest."""
    if is_indexed(node):
        return node, []
    if not isinstance(node, And):
        return None, [node]
    wanted = [part for part in node.nodes if is_indexed(part)]
    if not wanted:
        return None, list(node.nodes)
    unwanted = [part for part in node.nodes if isinstance(part, Not) and is_indexed(part.node)]
    others = [part for part in node.nodes if part not in wanted and part not in unwanted]
    return And(nodes=(*wanted, *unwanted)), others


def is_indexed(node: Node) -> bool:
    """Whether one look-up in the index answers it: words, their AND and OR, and exclusions from something."""
    if isinstance(node, Text | Near):
        return True
    if isinstance(node, Or):
        return all(is_indexed(part) for part in node.nodes)
    if isinstance(node, And):
        wanted = [part for part in node.nodes if not isinstance(part, Not)]
        unwanted = [part.node for part in node.nodes if isinstance(part, Not)]
        return bool(wanted) and all(is_indexed(part) for part in (*wanted, *unwanted))
    return False


def indexed_ids(node: Node, dialect: str) -> Select[int]:
    """Select the ids of the articles for which an indexed node holds."""
    if dialect == "sqlite":
        return select(FTS.c.rowid).where(fts_match(node))
    return select(SEARCH.c.article_id).where(tsv_match(node))


def fts_match(node: Node) -> ColumnElement[bool]:
    return FTS.c.article_fts.op("MATCH", is_comparison=True)(literal(fts_expression(node)))


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
    if isinstance(node, And):
        return and_(*(tsv_match(part) for part in node.nodes))
    if isinstance(node, Or):
        return or_(*(tsv_match(part) for part in node.nodes))
    if isinstance(node, Not):
        return not_(tsv_match(node.node))
    if isinstance(node, Near):
        return near(node)
    assert isinstance(node, Text)
    found = matches(any_of([node]))
    if len(node.words) == 1 or node.column:
        return found
    return or_(found, *(phrase_in_long_text(each) for each in variants_of(node)))


def phrase_in_long_text(text: Text) -> ColumnElement[bool]:
    phrase = f"% {' '.join(text.words)}{'' if text.is_prefix else ' '}%"
    return and_(SEARCH.c.tokens.is_not(None), matches(tsquery(text, " & ")), SEARCH.c.tokens.like(phrase))


def near(node: Near) -> ColumnElement[bool]:
    return or_(*(pair_near(left, right, node.within) for left, right in pairs_of(node)))


def pair_near(left: Text, right: Text, within: int) -> ColumnElement[bool]:
    """Both texts by the index; then, article by article, every distance in every column (columns don't meet)."""
    both = matches(f"({tsquery(left, ' <-> ')}) & ({tsquery(right, ' <-> ')})")
    any_distance = cast(literal(distances(left, right, within)), TSQUERY)
    columns = [WEIGHTS[left.column]] if left.column else WEIGHTS.values()
    found = [
        func.ts_filter(SEARCH.c.tsv, literal_column(f"'{{{weight.lower()}}}'::\"char\"[]")).op(
            "@@", is_comparison=True
        )(any_distance)
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


def matches(query: str) -> ColumnElement[bool]:
    return SEARCH.c.tsv.op("@@", is_comparison=True)(cast(literal(query), TSQUERY))


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


def published(node: Published) -> ColumnElement[bool]:
    """An article without a date fulfils neither end, also under a minus."""
    ends: list[ColumnElement[bool]] = [ArticleRow.published_at.is_not(None)]
    if node.since:
        ends.append(ArticleRow.published_at >= node.since)
    if node.until:
        ends.append(ArticleRow.published_at < node.until)
    return and_(*ends)


def above_and_below(node: Length) -> ColumnElement[bool]:
    ends: list[ColumnElement[bool]] = []
    if node.above is not None:
        ends.append(ArticleRow.word_count > node.above)
    if node.below is not None:
        ends.append(ArticleRow.word_count < node.below)
    return and_(*ends)


def has(node: Has) -> ColumnElement[bool]:
    """Never NULL, so that a minus gives the others."""
    match node.feature:
        case "revision":
            return ArticleRow.revision_count > 1
        case "date":
            return ArticleRow.published_at.is_not(None)
        case "image":
            return func.coalesce(ArticleRow.lead_image_url, "") != ""
        case "credit":
            return ArticleRow.credit_line.is_not(None)
        case "live_blog":
            return ArticleRow.is_live_blog.is_(True)
        case "press_release":
            return ArticleRow.is_press_release.is_(True)
        case "copy":
            copied = select(ArticleRow.story_id).where(ArticleRow.duplicate_of.is_not(None)).correlate(None)
            return ArticleRow.story_id.in_(copied)


def match(node: Match) -> ColumnElement[bool]:
    if node.field == "source":
        return ArticleRow.source_id == node.value
    if node.field == "state":
        return ArticleRow.state == node.value
    if node.field == "lang":
        lang = func.lower(func.coalesce(ArticleRow.lang, ""))
        return or_(lang == node.value, lang.startswith(f"{node.value}-", autoescape=True))
    known = SourceRow.publisher_kind if node.field == "kind" else SourceRow.country
    sources = select(SourceRow.id).where(func.lower(func.coalesce(known, "")) == node.value)
    return ArticleRow.source_id.in_(sources)
