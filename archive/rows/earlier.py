"""What an article said before it was read anew: kept as revisions, noted beside the evidence, put back by a rebuild.

Today's extraction reads a page as it does; what an earlier one made of it is in no page. So the note of a
re-extraction (:class:`archive.evidence.notes.Reextraction`) carries the revisions until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from archive.database import writing
from archive.evidence.notes import Facts, Reextraction
from archive.rows.articles import revision_of
from archive.schema import ArticleRow, CaptureRow, RevisionRow

MOMENTS = ("published_at", "modified_at", "seen_at")
PLAIN = ("number", "kind", "changed", "title", "text", "text_digest", "authors", "extractor", "replaced")


def add_reading(
    session: Session, row: ArticleRow, *, changed: tuple[str, ...], replaced: Facts | None, seen_at: datetime
) -> None:
    """The article as it stands now, as a further revision: of our reading, not of the publisher's."""
    row.revision_count += 1
    revision = revision_of(row, kind="extraction", changed=changed, seen_at=seen_at)
    if replaced:
        revision.replaced = dict(replaced)
    session.add(revision)


def earlier_revisions(session: Session, article_id: int) -> tuple[Facts, ...]:
    """The article's revisions as a note carries them, by number."""
    query = (
        select(RevisionRow, CaptureRow.warc_record_id)
        .join(CaptureRow, CaptureRow.id == RevisionRow.capture_id)
        .where(RevisionRow.article_id == article_id)
        .order_by(RevisionRow.number)
    )
    return tuple(facts_of(row, record_id) for row, record_id in session.execute(query))


def facts_of(row: RevisionRow, record_id: str) -> Facts:
    moments = {name: value.isoformat() for name in MOMENTS if (value := getattr(row, name)) is not None}
    return {**{name: getattr(row, name) for name in PLAIN}, **moments, "capture": record_id}


def record_id_of(session: Session, capture_id: int) -> str:
    """The WARC record of a capture."""
    return session.execute(select(CaptureRow.warc_record_id).where(CaptureRow.id == capture_id)).scalar_one()


def put_back(engine: Engine, note: Reextraction) -> bool:
    """Have the revisions that a note carries, and behind them the article as it is read now. False when it has another
    capture than the note's, or none: it is not replayed, or has been edited since and was put back before."""
    with writing(engine) as session:
        row = session.get(ArticleRow, note.article_id)
        if row is None or record_id_of(session, row.capture_id) != note.record_id or is_back(session, note):
            return False
        session.execute(delete(RevisionRow).where(RevisionRow.article_id == row.id))
        for facts in note.earlier:
            session.add(revision_from(facts, row, capture_id=capture_of(session, facts, row)))
        row.revision_count = len(note.earlier)
        add_reading(session, row, changed=note.changed, replaced=note.replaced, seen_at=note.decided_at)
        return True


def is_back(session: Session, note: Reextraction) -> bool:
    """A replay that was ended has put it back."""
    query = select(RevisionRow.number).where(
        RevisionRow.article_id == note.article_id,
        RevisionRow.number == len(note.earlier) + 1,
        RevisionRow.kind == "extraction",
        RevisionRow.seen_at == note.decided_at,
    )
    return session.execute(query).first() is not None


def capture_of(session: Session, facts: Mapping[str, Any], row: ArticleRow) -> int:  # Any: JSON values
    """The capture a revision was read from; the article's own where that one is not held."""
    query = select(CaptureRow.id).where(CaptureRow.warc_record_id == facts["capture"])
    return session.execute(query).scalar_one_or_none() or row.capture_id


def revision_from(facts: Mapping[str, Any], row: ArticleRow, *, capture_id: int) -> RevisionRow:  # Any: as above
    moments = {name: datetime.fromisoformat(facts[name]) for name in MOMENTS if name in facts}
    plain = {name: facts[name] for name in PLAIN if facts[name] is not None}
    return RevisionRow(article_id=row.id, capture_id=capture_id, **plain, **moments)
