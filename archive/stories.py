"""Stories: articles whose texts are copies of one another. One member represents the story; the others are duplicates.

A story is a connected component of the links that join (:mod:`archive.kinship`): an article joins when its text is
like that of a member, two stories become one when an article is like members of both, and an edit that makes a text
its own again takes it out, with whoever hung on it alone. Links are made of pairs of texts, so the order in which
articles came does not matter, and a story that nothing links to what changed is never looked at.

The representative is decided from the members alone: first whom another member's ``rel=canonical`` names, then the
earliest published, then the earliest seen, then by address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from sqlalchemy import delete, select, union_all, update
from sqlalchemy.orm import Session

from archive.aliases import key_or_none
from archive.kinship import relation_of
from archive.schema import AliasRow, ArticleRow, LikenessRow, StoryRow

UNDATED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What decides on a story's representative, and how the member is linked now."""

    id: int
    url_key: str
    canonical_link: str | None
    published_at: datetime | None
    published_at_precision: str
    first_seen_at: datetime
    text_digest: str
    duplicate_of: int | None
    duplicate_reason: str | None
    relation: str | None
    similarity: float | None


Link: TypeAlias = tuple[int | None, str | None, str | None, float | None]


def new_story(session: Session, *, now: datetime) -> int:
    """The id of a story that has no member yet."""
    story = StoryRow(created_at=now)
    session.add(story)
    session.flush()
    return story.id


def story_of(session: Session, article_id: int) -> int:
    return session.execute(select(ArticleRow.story_id).where(ArticleRow.id == article_id)).scalar_one()


def settle(session: Session, ids: Collection[int], *, now: datetime) -> None:
    """Put the articles, and whoever was or now is in a story with one of them, into the stories their links make."""
    session.flush()
    before = stories_of(session, ids)
    if len(before) < 2:
        return
    stories = stories_of(session, connected(session, before))
    left, claimed = set(stories.values()), set[int]()
    for members in components(session, stories):
        mine = sorted({stories[number] for number in members} - claimed)
        story_id = mine[0] if mine else new_story(session, now=now)
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
    """Members whose address, any of their addresses, another member names as the canonical one."""
    namers: dict[str, set[int]] = {}
    for member in members:
        if member.canonical_link and (key := key_or_none(member.canonical_link)):
            namers.setdefault(key, set()).add(member.id)
    if len(members) < 2 or not namers:
        return set()
    ids = {member.id for member in members}
    rows = session.execute(select(AliasRow.url_key, AliasRow.article_id).where(AliasRow.url_key.in_(namers)))
    return {article_id for key, article_id in rows if article_id in ids and namers[key] - {article_id}}


def representative(members: Sequence[Member], named: set[int]) -> Member:
    """The member that the others are copies of; see the module."""
    originals = [member for member in members if member.id in named]
    return min(originals or members, key=lambda member: (latest_start(member), member.first_seen_at, member.url_key))


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
