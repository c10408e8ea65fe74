"""Stories: articles whose texts are copies of one another. One member represents the story; the others are duplicates.

A story is a connected component of the links that join (:mod:`archive.rows.kinship`): an article joins when its text is
like that of a member, two stories become one when an article is like members of both, and an edit that makes a text
its own again takes it out, with whoever hung on it alone. Links are made of pairs of texts, so the order in which
articles came does not matter, and a story that nothing links to what changed is never looked at.

The representative is decided from the members alone. Who was published after another is out; of those that are left
(a day without an hour is the whole day) it is whom another member names as the origin, by ``rel=canonical``, by the
address or the words of its credit ("Source: ESA press release"); then the earliest published, the longest, the
earliest seen, the first by address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import Insert, delete, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from archive.rows.aliases import key_or_none
from archive.rows.kinship import relation_of
from archive.schema import AliasRow, ArticleRow, LikenessRow, SourceRow, StoryRow

MIN_NAME = 3  # characters; a shorter name may be any word
UNDATED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What decides on a story's representative, and how the member is linked now."""

    id: int
    source_id: str
    url_key: str
    canonical_link: str | None
    credit_line: str | None
    credit_url: str | None
    word_count: int
    published_at: datetime | None
    published_at_precision: str
    first_seen_at: datetime
    text_digest: str
    duplicate_of: int | None
    duplicate_reason: str | None
    relation: str | None
    similarity: float | None


Link: TypeAlias = tuple[int | None, str | None, str | None, float | None]


def new_story(session: Session, *, number: int, now: datetime) -> int:
    """The story of that number, made when it is not there. A story has the number of its member held longest, so that
    a rebuild gives it the same whatever joined, parted or was forgotten on the way."""
    connection = session.connection()
    connection.execute(made(connection.dialect.name), {"id": number, "created_at": now})
    return number


@lru_cache(maxsize=2)
def made(dialect: str) -> Insert:
    """The statement of :func:`new_story` for an engine."""
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(StoryRow).on_conflict_do_nothing()


def story_of(session: Session, article_id: int) -> int:
    return session.execute(select(ArticleRow.story_id).where(ArticleRow.id == article_id)).scalar_one()


def settle(session: Session, ids: Collection[int], *, now: datetime) -> None:
    """Put the articles, and whoever was or now is in a story with one of them, into the stories their links make."""
    before = stories_of(session, ids)
    if len(before) < 2 and all(number == story_id for number, story_id in before.items()):
        return
    stories = stories_of(session, connected(session, before))
    left, claimed = set(stories.values()), set[int]()
    for members in components(session, stories):
        story_id = new_story(session, number=min(members), now=now)
        claimed.add(story_id)
        strangers = [number for number in members if stories[number] != story_id]
        if strangers:
            session.execute(update(ArticleRow).where(ArticleRow.id.in_(strangers)).values(story_id=story_id))
    session.execute(delete(StoryRow).where(StoryRow.id.in_(left - claimed)))
    for story_id in sorted(claimed):
        refresh_story(session, story_id)


def stories_of(session: Session, ids: Collection[int]) -> dict[int, int]:
    """Article → story, of these articles and of the others in their stories."""
    own = select(ArticleRow.story_id).where(ArticleRow.id.in_(ids))
    query = select(ArticleRow.id, ArticleRow.story_id).where(ArticleRow.story_id.in_(own))
    return {number: story_id for number, story_id in session.execute(query)}  # noqa: C416  # rows are no pairs to mypy


def components(session: Session, ids: Iterable[int]) -> list[set[int]]:
    """The articles by what joins them, the longest held first."""
    found, placed = [], set[int]()
    for number in sorted(ids):
        if number not in placed:
            members = connected(session, [number])
            placed |= members
            found.append(members)
    return found


def connected(session: Session, ids: Iterable[int]) -> set[int]:
    """These articles and all that links join to them, however far."""
    found, edge = set(ids), set(ids)
    while edge:
        forth = select(LikenessRow.other_id).where(LikenessRow.article_id.in_(edge), LikenessRow.is_joining)
        back = select(LikenessRow.article_id).where(LikenessRow.other_id.in_(edge), LikenessRow.is_joining)
        edge = set(session.scalars(union_all(forth, back))) - found
        found |= edge
    return found


def refresh_story(session: Session, story_id: int) -> None:
    """Point every member at the representative. Writes only what changes."""
    session.flush()
    members = members_of(session, story_id)
    if not members:
        return
    first = representative(members, named_members(session, members))
    links = links_to(session, first.id) if len(members) > 1 else {}
    for member in members:
        link = link_to(first, member, links.get(member.id))
        if link != (member.duplicate_of, member.duplicate_reason, member.relation, member.similarity):
            names = ("duplicate_of", "duplicate_reason", "relation", "similarity")
            values = dict(zip(names, link, strict=True))
            session.execute(update(ArticleRow).where(ArticleRow.id == member.id).values(values))


def links_to(session: Session, article_id: int) -> dict[int, LikenessRow]:
    """The article's links, by the other's id."""
    mine = (LikenessRow.article_id == article_id) | (LikenessRow.other_id == article_id)
    links = session.scalars(select(LikenessRow).where(mine))
    return {link.article_id + link.other_id - article_id: link for link in links}


def members_of(session: Session, story_id: int) -> list[Member]:
    """The members by id; never their texts."""
    columns = [getattr(ArticleRow, name) for name in Member.__dataclass_fields__]
    rows = session.execute(select(*columns).where(ArticleRow.story_id == story_id).order_by(ArticleRow.id))
    return [Member(**row) for row in rows.mappings()]


def named_members(session: Session, members: Sequence[Member]) -> set[int]:
    """Members that another one names as the origin of its text."""
    if len(members) < 2:
        return set()
    return named_by_address(session, members) | named_by_words(session, members)


def named_by_address(session: Session, members: Sequence[Member]) -> set[int]:
    """Members whose address, any of their addresses, another one gives as the canonical one or in its credit."""
    namers: dict[str, set[int]] = {}
    for member in members:
        for link in (member.canonical_link, member.credit_url):
            if link and (key := key_or_none(link)):
                namers.setdefault(key, set()).add(member.id)
    if not namers:
        return set()
    ids = {member.id for member in members}
    rows = session.execute(select(AliasRow.url_key, AliasRow.article_id).where(AliasRow.url_key.in_(namers)))
    return {article_id for key, article_id in rows if article_id in ids and namers[key] - {article_id}}


def named_by_words(session: Session, members: Sequence[Member]) -> set[int]:
    """Members whose publisher the credit of a member of another publisher names."""
    credits = [member for member in members if member.credit_line]
    if not credits:
        return set()
    ids = {member.source_id for member in members}
    sources = {row.id: row for row in session.scalars(select(SourceRow).where(SourceRow.id.in_(ids)))}
    named = set()
    for member in members:
        own = sources.get(member.source_id)
        others = [one.credit_line or "" for one in credits if not is_family(own, sources.get(one.source_id))]
        if own is not None and any(is_named(name, line) for name in names_of(own) for line in others):
            named.add(member.id)
    return named


def is_family(source: SourceRow | None, other: SourceRow | None) -> bool:
    """The same source, or one of the same publisher."""
    if source is None or other is None:
        return source is other
    return source.id == other.id or (source.family is not None and source.family == other.family)


def names_of(source: SourceRow) -> set[str]:
    """What a credit may call a source: its name, its id, its publisher."""
    return {source.name, source.id.replace("_", " "), source.family or source.id}


def is_named(name: str, line: str) -> bool:
    """The name stands in the line as whole words, in any case."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line, re.IGNORECASE)
    return len(name) >= MIN_NAME and found is not None


def representative(members: Sequence[Member], named: set[int]) -> Member:
    """The member that the others are copies of; see the module."""
    last = min(map(latest_start, members))
    first = [member for member in members if member.published_at is None or member.published_at <= last]
    originals = [member for member in first if member.id in named]

    def rank(member: Member) -> tuple[datetime, int, datetime, str]:
        return latest_start(member), -member.word_count, member.first_seen_at, member.url_key

    return min(originals or first, key=rank)


def latest_start(member: Member) -> datetime:
    """When it was published at the latest: a day counts as its end, so that an exact time that day goes before."""
    if member.published_at is None:
        return UNDATED
    return member.published_at + timedelta(days=1 if member.published_at_precision == "day" else 0)


def link_to(first: Member, member: Member, link: LikenessRow | None) -> Link:
    """(duplicate_of, reason, relation, similarity) of a member; ``related`` when other copies alone link the two."""
    if member is first:
        return None, None, None, None
    if member.text_digest == first.text_digest:
        return first.id, "same_text", "identical", 1.0
    if link is None:
        return first.id, "near_text", "related", None
    return first.id, "near_text", relation_of(link, member.id), round(link.resemblance, 4)
