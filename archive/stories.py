"""Stories: copies of one text. One member represents the story; the others are its duplicates.

The representative is decided from the members alone, so the order in which they came does not matter:
first whom another member's ``rel=canonical`` names, then the earliest published, then the earliest seen,
then the lowest id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.aliases import key_or_none
from archive.schema import ArticleRow, StoryRow

UNDATED = datetime.max.replace(tzinfo=UTC)


def new_story(session: Session, *, now: datetime) -> int:
    """The id of a story that has no member yet."""
    story = StoryRow(created_at=now)
    session.add(story)
    session.flush()
    return story.id


def refresh_story(session: Session, story_id: int) -> None:
    """Point every member at the representative."""
    session.flush()
    members = session.scalars(select(ArticleRow).where(ArticleRow.story_id == story_id)).all()
    if not members:
        return
    first = representative(members)
    for member in members:
        member.duplicate_of = None if member is first else first.id
        member.duplicate_reason = None if member is first else "same_text"
        member.similarity = None if member is first else 1.0


def representative(members: Sequence[ArticleRow]) -> ArticleRow:
    """The member that the others are copies of; see the module."""
    named = {key_or_none(member.canonical_link) for member in members if member.canonical_link}
    originals = [
        member
        for member in members
        if member.url_key in named
        and any(
            other is not member and other.canonical_link and key_or_none(other.canonical_link) == member.url_key
            for other in members
        )
    ]
    return min(originals or members, key=lambda row: (row.published_at or UNDATED, row.first_seen_at, row.id))
