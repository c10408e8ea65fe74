"""Questions to the archive: a query in, a page of hits out. Read only.

``relevance`` is BM25 in SQLite and ``ts_rank`` in PostgreSQL, a hit in the title counting most: the same hits,
in an order that may differ between the engines. ``recent`` is relevance that counts half after half a year and a third
after a year. A query that ranks nothing (fields alone, or words of which each alternative has other fields) comes
newest first. Ties are broken by id, so an order is always the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Literal, TypeAlias, get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from archive.errors import QueryError
from archive.query import Node, Query, Text, parse_query, wanted_texts
from archive.reading.asof import Then, as_of, states
from archive.reading.excerpts import Excerpt, Range, excerpt, highlights
from archive.reading.matching import condition, hit_ids, holds, parted, prefer_index
from archive.reading.ranking import KEPT, MAX_COUNTED, Place, asked, ranked
from archive.schema import ArticleRow, SourceRow
from archive.words import word_count

MAX_LIMIT = 1_000  # hits a page
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Order: TypeAlias = Literal["relevance", "recent", "newest"]
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article that answers a query."""

    id: int
    source_id: str
    source_name: str
    url: str
    title: str
    title_highlights: tuple[Range, ...]
    authors: tuple[str, ...]
    published_at: datetime | None
    published_at_precision: str
    first_seen_at: datetime
    lang: str | None
    state: str
    word_count: int
    revision_count: int
    story_id: int
    duplicate_of: int | None
    copies: int
    """Other articles of the same story."""
    excerpt: Excerpt
    score: float | None
    """Higher is better, comparable within one answer alone; None in the order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A page of hits. ``after`` asks for the next one; None on the last."""

    hits: tuple[Hit, ...]
    total: int
    is_total_exact: bool
    """False when there are more than ``total`` (10,000) hits."""
    order: Order
    """The order that was possible: relevance may have become newest."""
    after: str | None


def search(
    connection: Connection,
    query: str | Query,
    *,
    limit: int = 20,
    after: str | None = None,
    order: Order = "relevance",
    by_story: bool = False,
    moment: datetime | None = None,
) -> SearchPage:
    """A page of at most ``limit`` hits; with ``by_story`` one a story, the original where it is a hit itself.

    With ``moment`` the archive is asked as it stood then, and comes newest first. Raises ``QueryError`` for a query or
    an ``after`` that can't be read.
    """
    query = parse_query(query) if isinstance(query, str) else query
    limit = max(1, min(limit, MAX_LIMIT))
    wanted = wanted_texts(query.root)
    if moment is not None:
        query = as_of(connection, query, moment)
    text, others = parted(query.root)
    kept = [one_a_story(query.root, connection.dialect.name)] if by_story else []
    prefer_index(connection)
    if order != "newest" and text is not None:
        last = read_rank(query, after, is_aged=order == "recent")
        aged_at = None if order != "recent" else last.aged_at if last else int(datetime.now(UTC).timestamp())
        words = asked(connection, text, others, kept)
        places, total = ranked(connection, words, limit=limit + 1, after=last, aged_at=aged_at)
    else:
        order, total = "newest", count(connection, query.root, kept)
        found = answering(query.root, connection.dialect.name, is_many=total > MAX_COUNTED)
        places = newest(connection, found, kept, limit=limit + 1, after=read_place(query, after))
    following = written_place(places[limit - 1]) if len(places) > limit else None
    return SearchPage(
        hits=hits(connection, places[:limit], wanted, moment=moment),
        total=min(total, MAX_COUNTED),
        is_total_exact=total <= MAX_COUNTED,
        order=order,
        after=following,
    )


def archived_since(connection: Connection, query: Query, *, after_id: int, limit: int) -> tuple[Hit, ...]:
    """Hits with an id above ``after_id``, in the order they were archived."""
    found = select(ArticleRow.id).where(ArticleRow.id > after_id, condition(query.root, connection.dialect.name))
    places = [Place(id=row.id) for row in connection.execute(found.order_by(ArticleRow.id).limit(limit))]
    return hits(connection, places, wanted_texts(query.root))


def ids(connection: Connection, query: Query) -> list[int]:
    """Ids of every article that answers, in order."""
    found = select(ArticleRow.id).where(condition(query.root, connection.dialect.name)).order_by(ArticleRow.id)
    return list(connection.execute(found).scalars())


def one_a_story(root: Node, dialect: str) -> ColumnElement[bool]:
    """Of the hit ``KEPT``: an original, or of a story whose original is no hit the copy that is and was archived first.
    Asked hit by hit: most are originals."""
    goes_before = or_(ArticleRow.duplicate_of.is_(None), ArticleRow.id < KEPT.id)
    other = select(literal(1)).select_from(ArticleRow).where(ArticleRow.story_id == KEPT.story_id, goes_before)
    other = other.where(ArticleRow.id != KEPT.id, *answering(root, dialect, is_many=True)).correlate(KEPT)
    return or_(KEPT.duplicate_of.is_(None), not_(exists(other)))


def count(connection: Connection, root: Node, kept: Sequence[ColumnElement[bool]] = ()) -> int:
    """How many articles answer, counted to one more than ``MAX_COUNTED``."""
    dialect = connection.dialect.name
    found = hit_ids(root, dialect)
    if kept:
        found = select(KEPT.id).where(KEPT.id.in_(found), *kept)
    return connection.execute(select(func.count()).select_from(found.limit(MAX_COUNTED + 1).subquery())).scalar_one()


def answering(root: Node, dialect: str, *, is_many: bool) -> list[ColumnElement[bool]]:
    """A query as conditions. Of many hits the latest are soon met: then each article is looked up in the index by
    itself; of few all are looked up at once."""
    text, others = parted(root)
    if text is None or not is_many:
        return [condition(root, dialect)]
    return [holds(text, dialect), *(condition(node, dialect) for node in others)]


def newest(
    connection: Connection,
    found: Sequence[ColumnElement[bool]],
    kept: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    after: Place | None,
) -> list[Place]:
    """By date of publication, latest first; then those without a date, by id."""
    dated, undated = ArticleRow.published_at.is_not(None), ArticleRow.published_at.is_(None)
    columns = select(ArticleRow.id, ArticleRow.published_at).where(*found).limit(limit)
    if kept:
        columns = columns.join(KEPT, KEPT.id == ArticleRow.id).where(*kept)
    places: list[Place] = []
    if after is None or after.published_at is not None:
        statement = columns.where(dated, *([earlier(after)] if after else []))
        statement = statement.order_by(ArticleRow.published_at.desc(), ArticleRow.id.desc())
        places = [Place(id=row.id, published_at=row.published_at) for row in connection.execute(statement)]
        after = None
    if len(places) < limit:
        statement = columns.where(undated, *([ArticleRow.id < after.id] if after else []))
        statement = statement.order_by(ArticleRow.id.desc()).limit(limit - len(places))
        places += [Place(id=row.id) for row in connection.execute(statement)]
    return places


def earlier(place: Place) -> ColumnElement[bool]:
    """Stands behind a dated hit in the order of time."""
    is_same_moment = ArticleRow.published_at == place.published_at
    return or_(ArticleRow.published_at < place.published_at, and_(is_same_moment, ArticleRow.id < place.id))


def misplaced(query: Query, after: str) -> QueryError:
    return QueryError(f"not a place in this answer: {after[:40]!r}", query=query.text, position=0, parameter="after")


def read_rank(query: Query, after: str | None, *, is_aged: bool) -> Place | None:
    """The place of a hit in the order of relevance, as :func:`written_place` writes it."""
    if after is None:
        return None
    found = re.fullmatch(r"r(\d{1,12}(?:\.\d{1,40})?(?:e-\d{1,3})?)_(\d{1,18})(?:_(\d{1,11}))?", after, re.ASCII)
    if not found or is_aged != (found[3] is not None):
        raise misplaced(query, after)
    return Place(id=int(found[2]), score=float(found[1]), aged_at=int(found[3]) if is_aged else None)


def written_place(place: Place) -> str:
    """Where a page ended: ``r<score>_<id>``, and ``_<seconds since 1970>`` where age counts; in the order of time
    ``n<microseconds since 1970>.<id>``, without the number for an article without a date."""
    if place.score is not None:
        return f"r{place.score!r}_{place.id}" + (f"_{place.aged_at}" if place.aged_at is not None else "")
    if place.published_at is None:
        return f"n.{place.id}"
    return f"n{(place.published_at - EPOCH) // timedelta(microseconds=1)}.{place.id}"


def read_place(query: Query, after: str | None) -> Place | None:
    if after is None:
        return None
    found = re.fullmatch(r"n(-?\d{1,18})?\.(\d{1,18})", after, re.ASCII)
    try:
        if not found:
            raise ValueError(after)
        moment = None if found[1] is None else EPOCH + timedelta(microseconds=int(found[1]))
    except (ValueError, OverflowError) as exc:
        raise misplaced(query, after) from exc
    return Place(id=int(found[2]), published_at=moment)


def hits(
    connection: Connection, places: Sequence[Place], wanted: Sequence[Text], *, moment: datetime | None = None
) -> tuple[Hit, ...]:
    """The articles at these places, in their order; as they stood at ``moment`` where it is given."""
    rows = connection.execute(articles_query(), {"ids": [place.id for place in places]})
    by_id = {row.id: row for row in rows}
    if moment is not None:
        by_id |= {then.id: stood(by_id[then.id], then) for then in states(connection, list(by_id), moment)}
    return tuple(hit(by_id[place.id], place, wanted) for place in places if place.id in by_id)


@lru_cache(maxsize=1)
def articles_query() -> Select[*tuple[Any, ...]]:  # Any: the columns of a hit
    """Made once: that takes longer than asking it."""
    other = aliased(ArticleRow)
    copies = select(func.count()).where(other.story_id == ArticleRow.story_id, other.id != ArticleRow.id)
    statement = select(
        ArticleRow.id,
        ArticleRow.source_id,
        func.coalesce(SourceRow.name, ArticleRow.source_id).label("source_name"),
        ArticleRow.canonical_url,
        ArticleRow.title,
        ArticleRow.text,
        ArticleRow.authors,
        ArticleRow.published_at,
        ArticleRow.published_at_precision,
        ArticleRow.first_seen_at,
        ArticleRow.lang,
        ArticleRow.state,
        ArticleRow.word_count,
        ArticleRow.revision_count,
        ArticleRow.story_id,
        ArticleRow.duplicate_of,
        copies.scalar_subquery().label("copies"),
    ).outerjoin(SourceRow, SourceRow.id == ArticleRow.source_id)
    return statement.where(ArticleRow.id.in_(bindparam("ids", expanding=True)))


def stood(row: Row[*tuple[Any, ...]], then: Then) -> Any:  # Any: the columns of hits()
    """The row with what the article said then."""
    said = {name: getattr(then, name) for name in ("title", "text", "authors", "published_at")}
    words = row.word_count if then.revision == row.revision_count else word_count(then.text)
    return SimpleNamespace(**{**row._asdict(), **said, "revision_count": then.revision, "word_count": words})


def hit(row: Row[*tuple[Any, ...]], place: Place, wanted: Sequence[Text]) -> Hit:  # Any: the columns of hits()
    return Hit(
        id=row.id,
        source_id=row.source_id,
        source_name=row.source_name,
        url=row.canonical_url,
        title=row.title,
        title_highlights=highlights(row.title, wanted, lang=row.lang, column="title"),
        authors=tuple(row.authors),
        published_at=row.published_at,
        published_at_precision=row.published_at_precision,
        first_seen_at=row.first_seen_at,
        lang=row.lang,
        state=row.state,
        word_count=row.word_count,
        revision_count=row.revision_count,
        story_id=row.story_id,
        duplicate_of=row.duplicate_of,
        copies=row.copies,
        excerpt=excerpt(row.text, wanted, lang=row.lang),
        score=None if place.score is None else round(place.score, 6),
    )
