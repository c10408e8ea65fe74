"""The best hits of a query, by what its words say: BM25 in SQLite, ``ts_rank`` in PostgreSQL, a title counting most.

Of a query with more hits than can be ranked in time a part is: the hits that were archived last, and those that have
its words in title, authors or tags. How many is the engine's: SQLite ranks a million hits a second, PostgreSQL must
fetch a tsvector for each (20 µs). Where words are joined by OR each alternative has its own share, so that a rarer word
is not crowded out by the newest hits of a common one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Select,
    String,
    and_,
    cast,
    extract,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, REAL, TSQUERY

from archive.query import And, Node, Not, Or, wanted_texts
from archive.reading.lookups import SEARCH, any_of, index_id, index_match
from archive.reading.matching import hits_by_heads, index_hits, whose_article
from archive.schema import ArticleRow

MAX_RANKED: Mapping[str, int] = {"sqlite": 10_000, "postgresql": 700}  # hits of which all are ranked
NEWEST: Mapping[str, int] = {"sqlite": 10_000, "postgresql": 500}  # that are ranked of more, by when they were archived
HEADS: Mapping[str, int] = {"sqlite": 2_500, "postgresql": 200}  # that are ranked of more, by title, authors and tags
AGEING_DAYS = 182.5  # after which a hit counts half in the order ``recent``
MAX_ALTERNATIVES = 8  # that have a share of their own
TITLE, AUTHORS, TAGS, BODY = 10.0, 4.0, 4.0, 1.0  # weights: a title says what an article is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One hit before its article is read. ``aged_at``: the second since 1970 that its age counts from, if it does."""

    id: int
    score: float | None = None
    published_at: datetime | None = None
    aged_at: int | None = None


def ranked(
    connection: Connection,
    text: Node,
    others: Sequence[ColumnElement[bool]],
    kept: Sequence[ColumnElement[bool]],
    *,
    hits: int,
    limit: int,
    after: Place | None,
    aged_at: int | None = None,
) -> list[Place]:
    """The best of so many hits first, equal ones newest id first; with ``aged_at`` the younger of two alike.

    ``others`` and ``kept`` ask the article's row: others of every article at once, kept of a hit.
    """
    dialect = connection.dialect.name
    is_sqlite = dialect == "sqlite"
    rank = bm25() if is_sqlite else ts_rank(text, SEARCH.c.tsv)
    if aged_at is not None:
        rank = rank / ageing(aged_at, is_sqlite=is_sqlite)
    found = select(index_id(dialect).label("id"), rank.label("score"))
    if aged_at is not None:
        found = found.join(ArticleRow, ArticleRow.id == index_id(dialect))
    if is_sqlite:  # it ranks what it looks up
        found = found.where(index_match(text, dialect))
    if hits > MAX_RANKED[dialect]:
        found = found.where(plain_id(dialect).in_(candidates(text, others, kept, dialect)))
    elif others or kept or not is_sqlite:
        found = found.where(plain_id(dialect).in_(ids(index_hits(index_match(text, dialect), dialect), others, kept)))
    hit = found.subquery()
    statement = select(hit.c.id, hit.c.score).order_by(hit.c.score.desc(), hit.c.id.desc()).limit(limit)
    if after is not None:
        score = cast(literal(after.score), Double if is_sqlite or aged_at is not None else REAL)
        statement = statement.where(or_(hit.c.score < score, and_(hit.c.score == score, hit.c.id < after.id)))
    return [Place(id=row.id, score=row.score, aged_at=aged_at) for row in connection.execute(statement)]


def ageing(aged_at: int, *, is_sqlite: bool) -> ColumnElement[float]:
    """What a hit's rank is divided by: 1 for a new one, 2 after ``AGEING_DAYS``, 3 after twice that."""
    published_at = func.coalesce(ArticleRow.published_at, ArticleRow.first_seen_at)
    if is_sqlite:
        days = aged_at / 86_400 + 2_440_587.5 - func.julianday(type_coerce(published_at, String))
        return cast(1 + func.max(days, 0.0) / AGEING_DAYS, Double)
    seconds = literal(float(aged_at), Double) - cast(extract("epoch", published_at), Double)
    return cast(1 + func.greatest(seconds, 0.0) / (AGEING_DAYS * 86_400), Double)


def plain_id(dialect: str) -> ColumnElement[int]:
    """The id of a row that is read anyway: SQLite would look up each of the wanted ones in the index."""
    return index_id(dialect) + literal_column("0") if dialect == "sqlite" else index_id(dialect)


def ids(hit: FromClause, others: Sequence[ColumnElement[bool]], kept: Sequence[ColumnElement[bool]]) -> Select[int]:
    """Ids of hits in the index whose article's row fulfils the rest."""
    found = select(hit.c.id)
    if others:
        found = found.where(whose_article(hit.c.id, others))
    if kept:
        found = found.join(ArticleRow, ArticleRow.id == hit.c.id).where(*kept)
    return found


def candidates(
    text: Node, others: Sequence[ColumnElement[bool]], kept: Sequence[ColumnElement[bool]], dialect: str
) -> Select[int]:
    """Ids of the hits that are ranked when there are too many."""
    each = alternatives(text)
    hit = index_hits(index_match(text, dialect), dialect)
    best = hits_by_heads(hit, text, dialect)
    parts = [ids(best, others, kept).order_by(best.c.id.desc()).limit(HEADS[dialect])]
    for one in each:
        newest = hit if one is text else index_hits(index_match(one, dialect), dialect)
        share = NEWEST[dialect] // len(each)
        parts.append(ids(newest, others, kept).order_by(newest.c.id.desc()).limit(share))
    subqueries = [part.subquery() for part in parts]
    return select(union(*(select(part.c.id) for part in subqueries)).subquery().c.id)


def alternatives(node: Node) -> list[Node]:
    """Queries that together give what the query gives, one for each side of its first OR; itself where it has none."""
    found = split(node)
    return found if len(found) <= MAX_ALTERNATIVES else [node]


def split(node: Node) -> list[Node]:
    if isinstance(node, Or):
        return [part for child in node.nodes for part in split(child)]
    if isinstance(node, And):
        for place, child in enumerate(node.nodes):
            if not isinstance(child, Not) and len(parts := split(child)) > 1:
                return [And(nodes=(*node.nodes[:place], part, *node.nodes[place + 1 :])) for part in parts]
    return [node]


def bm25() -> ColumnElement[float]:
    """FTS5's rank turned round: it gives the best the lowest."""
    return -func.bm25(literal_column("article_fts"), TITLE, AUTHORS, TAGS, BODY)


def ts_rank(text: Node, where: ColumnElement[object]) -> ColumnElement[float]:
    """Weights are those of D, C, B, A; 1 divides by 1 + the logarithm of the length."""
    weights = [weight / TITLE for weight in (BODY, TAGS, AUTHORS, TITLE)]
    wanted = cast(literal(any_of(wanted_texts(text))), TSQUERY)
    return func.ts_rank(cast(literal(weights, ARRAY(REAL)), ARRAY(REAL)), where, wanted, 1)
