"""A query's tree as SQL conditions on the article table, for either engine. Everything is a bound parameter.

What the index can answer in one go (words, with AND, OR and exclusions) is one look-up in it; the rest is put
together around it. On PostgreSQL a phrase is also looked for in ``article_search.tokens``, which only articles
have that are too long for a tsvector (see :mod:`archive.textindex`); words of a title, an author or a tag in ``heads``;
and words that need nothing else are one tsquery, exclusions included, which the index answers without a look at a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    cast,
    column,
    exists,
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

from archive.query import (
    And,
    ChangedSince,
    Has,
    InStory,
    Length,
    Match,
    Near,
    Node,
    Not,
    OneOf,
    Or,
    Published,
    SeenBy,
    Text,
    wanted_texts,
)
from archive.schema import ArticleRow, RevisionRow, SourceRow
from archive.stems import Variant, pairs, variants
from archive.textindex import WEIGHTS

FTS = table("article_fts", column("rowid", BigInteger()), column("article_fts", TextType()))
SEARCH = table(
    "article_search",
    column("article_id", BigInteger()),
    column("tsv", TSVECTOR()),
    column("tokens", TextType()),
    column("heads", TSVECTOR()),
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
    if isinstance(node, SeenBy):
        return ArticleRow.first_seen_at <= node.moment
    if isinstance(node, ChangedSince):
        later = select(RevisionRow.article_id).where(RevisionRow.seen_at > node.moment, RevisionRow.number > 1)
        return ArticleRow.id.in_(later)
    if isinstance(node, OneOf):
        return ArticleRow.id.in_(node.ids)
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
    return select(index_hits(index_match(node, dialect), dialect).c.id)


def index_hits(match: ColumnElement[bool], dialect: str) -> FromClause:
    """The index's rows that match, with their ``id`` alone.

    PostgreSQL takes a look at a tsvector for as cheap as one at a number, and would rather read every row than the
    index where a few hits are enough: what is materialised is planned by itself.
    """
    found = select(index_id(dialect).label("id")).where(match)
    return found.subquery() if dialect == "sqlite" else found.cte().prefix_with("MATERIALIZED")


def prefer_index(connection: Connection) -> None:
    """Same where nearly every row matches. Until the end of the transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")


def index_id(dialect: str) -> ColumnElement[int]:
    """The article's id in the index."""
    return FTS.c.rowid if dialect == "sqlite" else SEARCH.c.article_id


def index_match(node: Node, dialect: str) -> ColumnElement[bool]:
    """An indexed node as a condition on the index."""
    return fts_match(node) if dialect == "sqlite" else tsv_match(node)


def holds(node: Node, dialect: str) -> ColumnElement[bool]:
    """Whether an indexed node holds for the article of the row at hand: asked row by row, where few are looked at."""
    found = select(literal(1)).where(index_id(dialect) == ArticleRow.id, index_match(node, dialect))
    if dialect == "sqlite":
        return exists(found)
    return func.coalesce(found.limit(1).scalar_subquery(), 0) == 1  # an EXISTS would be joined for all rows at once


def whose_article(id_: ColumnElement[int], conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether the article of this id fulfils conditions, which are asked once, of all articles.

    ``+ 0`` keeps SQLite from looking up every such article in the index instead of reading the index once.
    """
    return (id_ + literal_column("0")).in_(select(ArticleRow.id).where(*conditions))


def hit_ids(root: Node, dialect: str) -> Select[int]:
    """Select the ids of the articles that answer a query, as ``id``; from the index where it has words."""
    text, others = parted(root)
    conditions = [condition(node, dialect) for node in others]
    if text is None:
        return select(ArticleRow.id.label("id")).where(*conditions)
    hit = index_hits(index_match(text, dialect), dialect)
    return select(hit.c.id).where(*([whose_article(hit.c.id, conditions)] if conditions else []))


def newest_ids(root: Node, dialect: str, *, limit: int) -> Select[int]:
    """Same, of those that were archived last."""
    return hit_ids(root, dialect).order_by(literal_column("id").desc()).limit(limit)


def hits_by_heads(hit: FromClause, node: Node, dialect: str) -> FromClause:
    """Those hits of an indexed node that have one of its texts in title, authors or tags."""
    texts = wanted_texts(node)
    if dialect == "postgresql":
        heads = index_hits(matches(any_of(texts), SEARCH.c.heads), dialect)
        return select(hit.c.id).where(hit.c.id.in_(select(heads.c.id))).subquery()
    found = [f"{{title authors tags}} : ({fts_expression(text)})" for text in texts if text.column is None]
    found += [fts_expression(text) for text in texts if text.column]
    return index_hits(fts_matches(f"({fts_expression(node)}) AND ({any_fts(found)})"), dialect)


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
    return or_(matches(any_of([node])), *(phrase_in_long_text(each) for each in variants_of(node)))


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
