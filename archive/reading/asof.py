"""The archive as it stood at a moment: what it held then, and what articles said then. Read only.

Most articles never change, and the index answers for them. Those that were revised after the moment are read one by
one in the revision of that time, by :func:`holds`, which says of one text what the index says of all.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from archive.errors import QueryError
from archive.indexing import COLUMNS, Words, words_of
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
    Query,
    SeenBy,
    Text,
    leaves,
)
from archive.reading.lookups import pairs_of, variants_of
from archive.reading.matching import condition
from archive.reading.views import ArticleView
from archive.schema import ArticleRow, RevisionRow
from archive.words import word_count

MAX_CHANGED = 2_000  # articles read one by one, some 1 ms each
READ_S = 10  # s that reading them may take; long texts cost more
REVISED = ("revision", "date")  # what a revision may bring; ``has:`` of anything else stays
SAID = ("title", "text", "authors", "published_at", "modified_at", "text_digest", "extractor")  # by a revision

Facts = Mapping[Node, frozenset[int]]
"""Leaf → the changed articles for which it holds, of leaves that no revision touches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """An article as it stood."""

    id: int
    title: str
    text: str
    authors: tuple[str, ...]
    published_at: datetime | None
    revision: int
    words: Words


def as_of(connection: Connection, query: Query, moment: datetime) -> Query:
    """The query of the archive as it stood at a moment; searched like any other.

    Raises ``QueryError`` when more articles changed since than can be read one by one, or in ``READ_S``.
    """
    ids = changed_ids(connection, query, moment)
    facts = facts_of(connection, query.root, ids)
    give_up_at = time.monotonic() + READ_S
    found = []
    for then in states(connection, ids, moment):
        if time.monotonic() > give_up_at:
            raise too_many(query, f"what changed since then takes longer than {READ_S} s to read")
        if holds(query.root, then, facts):
            found.append(then.id)
    steady = And(nodes=(query.root, SeenBy(moment=moment), Not(node=ChangedSince(moment=moment))))
    return Query(text=query.text, root=Or(nodes=(steady, OneOf(ids=tuple(found)))))


def changed_ids(connection: Connection, query: Query, moment: datetime) -> list[int]:
    """Articles that were there and changed since, of the sources and stories the query is about."""
    parts = query.root.nodes if isinstance(query.root, And) else (query.root,)
    steady = [part for part in parts if isinstance(part, Match | InStory)]
    asked = And(nodes=(*steady, SeenBy(moment=moment), ChangedSince(moment=moment)))
    statement = select(ArticleRow.id).where(condition(asked, connection.dialect.name)).order_by(ArticleRow.id)
    found = list(connection.execute(statement.limit(MAX_CHANGED + 1)).scalars())
    if len(found) > MAX_CHANGED:
        raise too_many(query, f"more than {MAX_CHANGED:,} articles changed since then")
    return found


def too_many(query: Query, reason: str) -> QueryError:
    return QueryError(f"{reason}; ask about a source, a kind or a language", query=query.text, position=0)


def facts_of(connection: Connection, root: Node, ids: Sequence[int]) -> Facts:
    among = OneOf(ids=tuple(ids))
    found: dict[Node, frozenset[int]] = {}
    for leaf in set(leaves(root)):
        if isinstance(leaf, Match | InStory) or (isinstance(leaf, Has) and leaf.feature not in REVISED):
            asked = condition(And(nodes=(leaf, among)), connection.dialect.name)
            found[leaf] = frozenset(connection.execute(select(ArticleRow.id).where(asked)).scalars())
    return found


def states(connection: Connection, ids: Sequence[int], moment: datetime) -> Iterator[Then]:
    """What articles said at a moment, by id; those that were not there yet are left out."""
    latest: dict[int, Any] = {}  # Any: the columns below
    revision, article = RevisionRow, ArticleRow
    statement = (
        select(
            revision.article_id, revision.number, revision.title, revision.text, revision.authors,
            revision.published_at, article.description, article.tags, article.lang,
        )
        .join(article, article.id == revision.article_id)
        .where(revision.article_id.in_(ids), revision.seen_at <= moment)
        .order_by(revision.article_id, revision.number)
    )  # fmt: skip
    for row in connection.execute(statement):
        latest[row.article_id] = row
    return map(then_of, latest.values())


def then_of(row: Any) -> Then:  # Any: the columns of states()
    words = words_of(
        title=row.title,
        text=row.text,
        authors=row.authors,
        description=row.description,
        tags=row.tags,
        lang=row.lang,
    )
    return Then(
        id=row.article_id,
        title=row.title,
        text=row.text,
        authors=tuple(row.authors),
        published_at=row.published_at,
        revision=row.number,
        words=words,
    )


def holds(node: Node, then: Then, facts: Facts) -> bool:
    """Whether a query holds for one article as it stood; what :mod:`archive.reading.matching` asks of the index."""
    if node in facts:
        return then.id in facts[node]
    match node:
        case And():
            return all(holds(part, then, facts) for part in node.nodes)
        case Or():
            return any(holds(part, then, facts) for part in node.nodes)
        case Not():
            return not holds(node.node, then, facts)
        case Text():
            return any(places(then, variant) for variant in variants_of(node))
        case Near():
            return any(are_near(then, left, right, node.within) for left, right in pairs_of(node))
        case Published():
            return is_within(then.published_at, node)
        case Length():
            words = word_count(then.text)
            return (node.above is None or words > node.above) and (node.below is None or words < node.below)
        case Has():
            return then.revision > 1 if node.feature == "revision" else then.published_at is not None
    raise AssertionError(f"not asked of one article: {node}")


def is_within(moment: datetime | None, node: Published) -> bool:
    if moment is None:
        return False
    return (node.since is None or moment >= node.since) and (node.until is None or moment < node.until)


def places(then: Then, text: Text) -> list[tuple[str, int]]:
    """(column, place) of each place where the words stand side by side."""
    found = []
    for column in (text.column,) if text.column else COLUMNS:
        words = then.words.column(column)
        for place in range(len(words) - len(text.words) + 1):
            here = words[place : place + len(text.words)]
            if here[:-1] == text.words[:-1] and is_last(here[-1], text):
                found.append((column, place))
    return found


def is_last(word: str, text: Text) -> bool:
    return word.startswith(text.words[-1]) if text.is_prefix else word == text.words[-1]


def are_near(then: Then, left: Text, right: Text, within: int) -> bool:
    """At most ``within`` words between them, in one column, whichever comes first."""
    others = defaultdict[str, list[int]](list)
    for column, place in places(then, right):
        others[column].append(place)
    after, before = len(left.words), len(right.words)
    return any(
        is_any_from(others[column], place + after, place + after + within)
        or is_any_from(others[column], place - before - within, place - before)
        for column, place in places(then, left)
    )


def is_any_from(places: Sequence[int], first: int, last: int) -> bool:
    """Whether one of the places, which are sorted, lies from ``first`` to ``last``."""
    at = bisect_left(places, first)
    return at < len(places) and places[at] <= last


def view_as_of(view: ArticleView, moment: datetime) -> ArticleView | None:
    """An article as it stood: its revision, captures and addresses of then; None when it was not there yet.

    What is kept of the latest state alone (description, tags, picture, state, copies) is today's.
    """
    revisions = tuple(each for each in view.revisions if each.seen_at <= moment)
    if view.first_seen_at > moment or not revisions:
        return None
    said = {name: getattr(revisions[-1], name) for name in SAID}
    captures = tuple(each for each in view.captures if each.captured_at <= moment)
    return replace(
        view,
        **said,
        word_count=word_count(revisions[-1].text) if len(revisions) < len(view.revisions) else view.word_count,
        revision_count=revisions[-1].number,
        revisions=revisions,
        captures=captures,
        aliases=tuple(each for each in view.aliases if each.first_seen_at <= moment),
        announcements=tuple(each for each in view.announcements if each.discovered_at <= moment),
        last_seen_at=max((each.captured_at for each in captures), default=view.first_seen_at),
    )
