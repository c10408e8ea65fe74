"""Stories: articles that now have the same text. One member represents the story; the others are its duplicates.

An article joins the story of whoever has its text, and leaves when an edit makes its text its own again. The
representative is decided from the members alone, so the order in which they came does not matter: first whom
another member's ``rel=canonical`` names, then the earliest published, then the earliest seen, then by address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from archive.aliases import key_or_none
from archive.schema import AliasRow, ArticleRow, StoryRow

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
    similarity: float | None


def new_story(session: Session, *, now: datetime) -> int:
    """The id of a story that has no member yet."""
    story = StoryRow(created_at=now)
    session.add(story)
    session.flush()
    return story.id


def story_of(session: Session, article_id: int) -> int:
    return session.execute(select(ArticleRow.story_id).where(ArticleRow.id == article_id)).scalar_one()


def move(session: Session, row: ArticleRow, *, copy_of: int | None, now: datetime) -> None:
    """After an edit of the text: out of the story it was in, into that of the article it copies now, if any."""
    session.flush()
    left = row.story_id
    has_others = session.scalar(select(ArticleRow.id).where(ArticleRow.story_id == left, ArticleRow.id != row.id))
    if copy_of is not None:
        row.story_id = story_of(session, copy_of)
    elif has_others is not None:
        row.story_id = new_story(session, now=now)
    if row.story_id == left:
        return
    session.flush()
    if has_others is not None:
        refresh_story(session, left)
    else:
        session.execute(delete(StoryRow).where(StoryRow.id == left))


def refresh_story(session: Session, story_id: int) -> None:
    """Point every member at the representative. Writes only what changes."""
    session.flush()
    members = members_of(session, story_id)
    if not members:
        return
    first = representative(members, named_members(session, members))
    for member in members:
        link = link_to(first, member)
        if link != (member.duplicate_of, member.duplicate_reason, member.similarity):
            duplicate_of, reason, similarity = link
            session.execute(
                update(ArticleRow)
                .where(ArticleRow.id == member.id)
                .values(duplicate_of=duplicate_of, duplicate_reason=reason, similarity=similarity)
            )


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


def link_to(first: Member, member: Member) -> tuple[int | None, str | None, float | None]:
    """(duplicate_of, reason, similarity) of a member; a copy that is not word for word keeps its own reason."""
    if member is first:
        return None, None, None
    if member.text_digest == first.text_digest or member.duplicate_reason is None:
        return first.id, "same_text", 1.0
    return first.id, member.duplicate_reason, member.similarity
