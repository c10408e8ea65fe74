"""A query's tree as SQL conditions on the article table, for either engine. Everything is a bound parameter.

What the index can answer in one go (words, with AND, OR and exclusions) is one look-up in it; the rest is put
together around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    and_,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

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
from archive.reading.lookups import SEARCH, any_fts, any_of, fts_expression, fts_matches, index_id, index_match, matches
from archive.schema import ArticleRow, RevisionRow, SourceRow

FEW_OF_A_TIME, FEW_OF_A_SOURCE = 0.02, 0.05  # of all articles; to look at one takes 11 µs, and a source's lie together
Moment: TypeAlias = InstrumentedAttribute[datetime | None] | ColumnElement[datetime]


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
    if text is None:
        return select(ArticleRow.id.label("id")).where(*(condition(node, dialect) for node in others))
    beside, rest = asked_of_index(others, dialect)
    hit = index_hits(and_(index_match(text, dialect), *beside), dialect)
    return select(hit.c.id).where(*([whose_article(hit.c.id, rest)] if rest else []))


def asked_of_index(
    others: Sequence[Node], dialect: str, *, few: Sequence[Node] = ()
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """What stands beside the words, as conditions: on the index's own rows, and on articles.

    PostgreSQL's rows know their article's source and date; those that are ``few`` (:func:`few_of`) it may go by, and
    read the tsvector of each.
    """
    own, rest = [], []
    for node in others:
        beside = beside_words(node, few) if dialect == "postgresql" else None
        own += [] if beside is None else [beside]
        rest += [condition(node, dialect)] if beside is None else []
    return own, rest


def few_of(connection: Connection, others: Sequence[Node]) -> list[Node]:
    """Those sources and times that so few articles have that PostgreSQL may look at each: for its planner a tsvector
    is as cheap as a number, however many there are."""
    if connection.dialect.name == "sqlite":
        return []
    last = connection.execute(select(func.max(ArticleRow.id))).scalar() or 0
    found: list[Node] = []
    for node in others:
        if isinstance(node, Published) or (isinstance(node, Match) and node.field == "source"):
            most = int(last * (FEW_OF_A_TIME if isinstance(node, Published) else FEW_OF_A_SOURCE))
            column = SEARCH.c.published_at if isinstance(node, Published) else SEARCH.c.source_id
            held = beside_words(node, [node])
            assert held is not None
            rows = select(column).where(held).limit(most + 1).subquery()
            found += [node] if connection.execute(select(func.count()).select_from(rows)).scalar_one() <= most else []
    return found


def beside_words(node: Node, few: Sequence[Node]) -> ColumnElement[bool] | None:
    """A condition on ``article_search``, which only those that are few may be looked up by; None where its rows can't
    tell."""
    if isinstance(node, Published):
        at: ColumnElement[datetime] = SEARCH.c.published_at
        return published(node, at if node in few else at.op("+", return_type=at.type)(literal_column("interval '0'")))
    if isinstance(node, Match) and node.field in ("source", "kind", "country"):
        source_id = SEARCH.c.source_id if node in few else SEARCH.c.source_id + literal_column("''", String)
        if node.field == "source":
            return source_id == node.value
        return source_id == func.any(func.array(sources_of(node).scalar_subquery()))
    if isinstance(node, Not):
        inner = beside_words(node.node, few)
        return None if inner is None else not_(inner)
    if isinstance(node, And | Or) and node.nodes:
        parts = [beside_words(part, few) for part in node.nodes]
        known = [part for part in parts if part is not None]
        joined = and_ if isinstance(node, And) else or_
        return joined(*known) if len(known) == len(parts) else None
    return None


def index_alone(root: Node, dialect: str) -> ColumnElement[bool] | None:
    """A query as a condition on the index's rows, where they know all it asks and the date; None otherwise."""
    text, others = parted(root)
    beside, rest = asked_of_index(others, dialect)
    if text is None or rest or dialect == "sqlite":
        return None
    return and_(index_match(text, dialect), *beside)


def newest_ids(root: Node, dialect: str, *, limit: int) -> Select[int]:
    """Same, of those that were archived last."""
    return hit_ids(root, dialect).order_by(literal_column("id").desc()).limit(limit)


def hits_by_heads(hit: FromClause, node: Node, dialect: str, beside: Sequence[ColumnElement[bool]] = ()) -> FromClause:
    """Those hits of an indexed node that have one of its texts in title, authors or tags; ``beside`` is what
    the index's rows must fulfil, which hits do."""
    texts = wanted_texts(node)
    if dialect == "postgresql":
        heads = index_hits(and_(matches(any_of(texts), SEARCH.c.heads), *beside), dialect)
        if is_any_word(node):  # then all of them are hits
            return heads
        return select(hit.c.id).where(hit.c.id.in_(select(heads.c.id))).subquery()
    found = [f"{{title authors tags}} : ({fts_expression(text)})" for text in texts if text.column is None]
    found += [fts_expression(text) for text in texts if text.column]
    return index_hits(fts_matches(f"({fts_expression(node)}) AND ({any_fts(found)})"), dialect)


def is_any_word(node: Node) -> bool:
    """Whether an article that has one of its texts anywhere is a hit."""
    if isinstance(node, Or):
        return all(is_any_word(part) for part in node.nodes)
    if isinstance(node, And):
        return len(node.nodes) == 1 and is_any_word(node.nodes[0])
    return isinstance(node, Text) and node.column is None


def published(node: Published, at: Moment = ArticleRow.published_at) -> ColumnElement[bool]:
    """An article without a date fulfils neither end, also under a minus."""
    ends: list[ColumnElement[bool]] = [at.is_not(None)]
    if node.since:
        ends.append(at >= node.since)
    if node.until:
        ends.append(at < node.until)
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
            return (ArticleRow.story_id + literal_column("0")).in_(copied)  # SQLite would look up each such story


def match(node: Match) -> ColumnElement[bool]:
    if node.field == "source":
        return ArticleRow.source_id == node.value
    if node.field == "state":
        return ArticleRow.state == node.value
    if node.field == "lang":
        lang = func.lower(func.coalesce(ArticleRow.lang, ""))
        return or_(lang == node.value, lang.startswith(f"{node.value}-", autoescape=True))
    return ArticleRow.source_id.in_(sources_of(node))


def sources_of(node: Match) -> Select[str]:
    """Select the ids of the sources of a kind, or country."""
    known = SourceRow.publisher_kind if node.field == "kind" else SourceRow.country
    return select(SourceRow.id).where(func.lower(func.coalesce(known, "")) == node.value)
