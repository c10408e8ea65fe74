"""The best hits of a query, by what its words say: BM25 in SQLite, ``ts_rank`` in PostgreSQL, a title counting most.

Of a query with more hits than can be ranked in time a part is: the hits that were archived last, and those that have
its words in title, authors or tags. How many is the engine's: SQLite ranks a million hits a second, PostgreSQL must
fetch a tsvector for each (20 µs). Where words are joined by OR each alternative has its own share, so that a rarer word
is not crowded out by the newest hits of a common one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from math import ceil

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Row,
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
from sqlalchemy.orm import aliased

from archive.query import And, Node, Not, Or, wanted_texts
from archive.reading.lookups import SEARCH, any_of, index_id, index_match
from archive.reading.matching import asked_of_index, few_of, hits_by_heads, index_hits, whose_article
from archive.schema import ArticleRow

MAX_COUNTED = 10_000  # hits; counting a common word to the end costs as much as finding it
MAX_RANKED: Mapping[str, int] = {"sqlite": 10_000, "postgresql": 700}  # hits of which all are ranked
NEWEST: Mapping[str, int] = {"sqlite": 10_000, "postgresql": 500}  # that are ranked of more, by when they were archived
HEADS: Mapping[str, int] = {"sqlite": 2_500, "postgresql": 200}  # that are ranked of more, by title, authors and tags
WALK_US, INDEX_US = 13.0, 0.6  # to read an article's tsvector; to take a row that the index names (PostgreSQL, µs)
WALK_SLACK = 4  # times as many articles are looked at as hold the hits wanted, were those as dense as among the oldest
AGEING_DAYS = 182.5  # after which a hit counts half in the order ``recent``
MAX_ALTERNATIVES = 8  # that have a share of their own
TITLE, AUTHORS, TAGS, BODY = 10.0, 4.0, 4.0, 1.0  # weights: a title says what an article is about


KEPT = aliased(ArticleRow, name="kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One hit before its article is read. ``aged_at``: the second since 1970 that its age counts from, if it does."""

    id: int
    score: float | None = None
    published_at: datetime | None = None
    aged_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query with words, as an engine is asked it.

    ``beside`` are conditions on the index's own rows, ``others`` ask the article's row, of every article at once, and
    ``kept`` that of a hit, as ``KEPT``.
    """

    text: Node
    dialect: str
    beside: Sequence[ColumnElement[bool]]
    others: Sequence[ColumnElement[bool]]
    kept: Sequence[ColumnElement[bool]]

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    def match(self, text: Node | None = None) -> ColumnElement[bool]:
        """A condition on the index: the query's words, or these, and what its rows know beside them."""
        return and_(index_match(self.text if text is None else text, self.dialect), *self.beside)

    def hits(self, text: Node | None = None) -> FromClause:
        """The index's rows that match."""
        return index_hits(self.match(text), self.dialect)

    def ids(self, hit: FromClause) -> Select[int]:
        """Ids of hits in the index whose article's row fulfils the rest, kept or not."""
        return select(hit.c.id).where(*([whose_article(hit.c.id, self.others)] if self.others else []))


def asked(connection: Connection, text: Node, others: Sequence[Node], kept: Sequence[ColumnElement[bool]]) -> Asked:
    dialect = connection.dialect.name
    beside, rest = asked_of_index(others, dialect, few=few_of(connection, others))
    return Asked(text=text, dialect=dialect, beside=beside, others=rest, kept=kept)


def ranked(
    connection: Connection, query: Asked, *, limit: int, after: Place | None, aged_at: int | None = None
) -> tuple[list[Place], int]:
    """The best hits first, equal ones newest id first, with ``aged_at`` the younger of two alike; and how many there
    are, counted to one more than ``MAX_COUNTED``."""
    if is_dear(query) and (found := at_once(connection, query, aged_at)) is not None:
        rows, hits = found
        return best_of(rows, limit=limit, after=after, aged_at=aged_at), hits
    hits, reach = counted(connection, query)
    hit = scored(query, aged_at, chosen=chosen(connection, query, hits=hits, reach=reach)).subquery()
    best = select(hit.c.id, hit.c.score).order_by(hit.c.score.desc(), hit.c.id.desc())

    def page(limit: int, after: Place | None) -> list[Place]:
        statement = best.limit(limit)
        if after is not None:
            score = cast(literal(after.score), Double if query.is_sqlite or aged_at is not None else REAL)
            statement = statement.where(or_(hit.c.score < score, and_(hit.c.score == score, hit.c.id < after.id)))
        return [Place(id=row.id, score=row.score, aged_at=aged_at) for row in connection.execute(statement)]

    if not query.kept:
        return page(limit, after), hits
    return best_kept(connection, query, page, limit=limit, after=after), counted_kept(connection, query)


def best_kept(
    connection: Connection,
    query: Asked,
    page: Callable[[int, Place | None], list[Place]],
    *,
    limit: int,
    after: Place | None,
) -> list[Place]:
    """Of the ranked hits those that are kept: asked of the best, and of ever more until there are enough."""
    found: list[Place] = []
    size = 2 * limit
    while True:
        places = page(size, after)
        kept = select(KEPT.id).where(KEPT.id.in_([place.id for place in places]), *query.kept)
        good = set(connection.execute(kept).scalars())
        found += [place for place in places if place.id in good]
        if len(found) >= limit or len(places) < size:
            return found[:limit]
        after, size = places[-1], 8 * size


def is_dear(query: Asked) -> bool:
    """Whether finding the hits costs more than ranking some in vain: then both are done in one go, if there are few.

    A phrase is looked for place by place, and SQLite asks of each of a word's hits whether its article is wanted.
    """
    is_narrowed = query.is_sqlite and bool(query.others)
    return not query.kept and (is_narrowed or any(len(text.words) > 1 for text in wanted_texts(query.text)))


def at_once(
    connection: Connection, query: Asked, aged_at: int | None
) -> tuple[Collection[Row[int, float]], int] | None:
    """What is ranked of the hits, and how many there are; None where they are too many for that."""
    most = MAX_RANKED[query.dialect]
    if not query.is_sqlite:
        rows = connection.execute(scored(query, aged_at).limit(most + 1)).all()
        return (rows, len(rows)) if len(rows) <= most else None
    share = NEWEST[query.dialect]
    latest = scored(query, aged_at).order_by(index_id(query.dialect).desc())
    rows = connection.execute(latest.limit(max(most, share, MAX_COUNTED) + 1)).all()
    if len(rows) <= most:
        return rows, len(rows)
    if len(alternatives(query.text)) > 1:
        return None
    heads = connection.execute(scored(query, aged_at, chosen=by_heads(query))).all()
    return {row.id: row for row in (*rows[:share], *heads)}.values(), len(rows)


def best_of(rows: Collection[Row[int, float]], *, limit: int, after: Place | None, aged_at: int | None) -> list[Place]:
    """The first of the hits behind ``after``."""
    left = [(row.score, row.id) for row in rows]
    if after is not None:
        left = [each for each in left if each < (after.score, after.id)]
    return [Place(id=id_, score=score, aged_at=aged_at) for score, id_ in nlargest(limit, left)]


def counted(connection: Connection, query: Asked) -> tuple[int, int]:
    """How many hits, to one more than ``MAX_COUNTED``; and the highest id of those, which were met first."""
    found = query.ids(query.hits()).limit(MAX_COUNTED + 1).subquery()
    hits, reach = connection.execute(select(func.count(), func.max(found.c.id)).select_from(found)).one()
    return hits, reach or 0


def counted_kept(connection: Connection, query: Asked) -> int:
    hit = query.ids(query.hits()).subquery()
    found = select(KEPT.id).join(hit, hit.c.id == KEPT.id).where(*query.kept).limit(MAX_COUNTED + 1).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one()


def scored(
    query: Asked, aged_at: int | None, *, chosen: Select[int] | Sequence[int] | None = None
) -> Select[int, float]:
    """Hits with their rank: all, or those ``chosen``."""
    rank = bm25() if query.is_sqlite else ts_rank(query.text, SEARCH.c.tsv)
    id_ = index_id(query.dialect)
    if aged_at is not None:
        rank = rank / ageing(aged_at, is_sqlite=query.is_sqlite)
    found = select(id_.label("id"), rank.label("score"))
    if aged_at is not None:
        found = found.join(ArticleRow, ArticleRow.id == id_)
    if chosen is None or query.is_sqlite:  # which ranks what it looks up
        found = found.where(query.match())
    if chosen is None:
        return found.where(whose_article(id_, query.others)) if query.others else found
    if isinstance(chosen, Select):
        return found.where(plain_id(query.dialect).in_(chosen))
    return found.where(id_ == func.any(cast(literal(chosen), ARRAY(BigInteger))))


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


def chosen(connection: Connection, query: Asked, *, hits: int, reach: int) -> Select[int] | Sequence[int]:
    """Ids of the hits that are ranked, of so many up to the id ``reach``."""
    if hits <= MAX_RANKED[query.dialect]:
        return query.ids(query.hits())
    heads = by_heads(query)
    each = alternatives(query.text)
    share = NEWEST[query.dialect] // len(each)
    if query.is_sqlite:
        parts = [heads, *(newest(query, text, share) for text in each)]
        subqueries = [part.subquery() for part in parts]
        return select(union(*(select(part.c.id) for part in subqueries)).subquery().c.id)
    found = set(connection.execute(heads).scalars())
    if hits > MAX_COUNTED and len(each) == 1:
        last = connection.execute(select(func.max(ArticleRow.id))).scalar_one()
        after = walk_end(share, hits=hits, reach=reach, last=last)
        latest = [] if after is None else walked(connection, query, share, after=after)
        if len(latest) == share:
            return sorted(found.union(latest))
    for text in each:
        found.update(connection.execute(newest(query, text, share)).scalars())
    return sorted(found)


def by_heads(query: Asked) -> Select[int]:
    """The latest of the hits that have a word of the query in title, authors or tags."""
    hit = hits_by_heads(query.hits(), query.text, query.dialect, query.beside)
    return query.ids(hit).order_by(hit.c.id.desc()).limit(HEADS[query.dialect])


def newest(query: Asked, text: Node, share: int) -> Select[int]:
    """So many of the hits that were archived last."""
    hit = query.hits(text)
    return query.ids(hit).order_by(hit.c.id.desc()).limit(share)


def walk_end(share: int, *, hits: int, reach: int, last: int) -> int | None:
    """Down to which id one looks at article after article, the last first, to meet so many hits; None where the index
    of words names all of them sooner. PostgreSQL can't tell: for it a tsvector is as cheap as a number.

    How many articles lie between two hits is known of the oldest only, those up to ``reach``.
    """
    density = min(1.0, hits / max(reach, 1))
    if share / density * WALK_US >= density * last * INDEX_US:
        return None
    return last - ceil(WALK_SLACK * share / density)


def walked(connection: Connection, query: Asked, share: int, *, after: int) -> Sequence[int]:
    """The same as :func:`newest` of PostgreSQL, article by article; fewer where they lie further back."""
    search = select(SEARCH.c.article_id.label("id")).where(query.match(), SEARCH.c.article_id > after).subquery()
    statement = query.ids(search).order_by(search.c.id.desc()).limit(share)
    connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
    found = connection.execute(statement).scalars().all()
    connection.exec_driver_sql("SET LOCAL enable_bitmapscan = on")
    return found


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
