"""What a rebuild writes and asks beside the store: captures by the batch, and numbers as they were given before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from archive.database import reading, writing
from archive.model import Capture, Locator
from archive.rows.captures import kept, key_of
from archive.sanitise import clean
from archive.schema import ArticleRow, CaptureRow, OutcomeRow


def settled_records(engine: Engine) -> set[str]:
    """Ids of the WARC records of which it is known what became of them: a rebuild that goes on passes them over."""
    query = select(CaptureRow.warc_record_id).where(CaptureRow.id.in_(select(OutcomeRow.capture_id)))
    with reading(engine) as session:
        return set(session.scalars(query))


def article_ids(engine: Engine) -> set[int]:
    """Numbers that are taken."""
    with reading(engine) as session:
        return set(session.scalars(select(ArticleRow.id)))


def record_captures(engine: Engine, captures: Sequence[Capture]) -> list[Capture]:
    """Write the rows of captures, in one transaction; what is held already stays as it is.

    A revisit takes its payload digest from the original; those whose original is not held yet come back unwritten.
    """
    waiting = []
    with writing(engine) as session:
        digests = digests_of(session, (one.revisit_of for one in captures if not one.payload_digest and one.revisit_of))
        for capture in captures:
            digest = capture.payload_digest or digests.get(capture.revisit_of or "", "")
            if not digest:
                waiting.append(capture)
                continue
            kept(session, replace(capture, payload_digest=digest))
            digests[capture.warc_record_id] = digest
    return waiting


def digests_of(session: Session, record_ids: Iterable[str]) -> dict[str, str]:
    """Record id → payload digest, of the captures that are held."""
    query = select(CaptureRow.warc_record_id, CaptureRow.payload_digest)
    rows = session.execute(query.where(CaptureRow.warc_record_id.in_(set(record_ids))))
    return {row[0]: row[1] for row in rows}


def is_held(engine: Engine, target_uri: str, captured_at: datetime) -> bool:
    """The archive has this address as it was at this moment."""
    query = select(CaptureRow.id).where(
        CaptureRow.url_key == key_of(target_uri),
        CaptureRow.captured_at == captured_at,
        CaptureRow.target_uri == clean(target_uri),
    )
    with reading(engine) as session:
        return session.scalar(query.limit(1)) is not None


def locator_of(engine: Engine, record_id: str) -> Locator | None:
    """Where a capture's record stands; None when it is not held."""
    query = select(CaptureRow.filename, CaptureRow.offset, CaptureRow.length)
    with reading(engine) as session:
        row = session.execute(query.where(CaptureRow.warc_record_id == record_id)).first()
    return None if row is None else Locator(filename=row[0], offset=row[1], length=row[2])


def payload_digest_of(engine: Engine, record_id: str) -> str:
    """The payload digest of a capture that is held; empty when it is not."""
    with reading(engine) as session:
        return digests_of(session, [record_id]).get(record_id, "")


def continue_numbering(engine: Engine) -> None:
    """Go on after the highest number given. SQLite does so by itself; PostgreSQL counts apart."""
    if engine.dialect.name != "postgresql":
        return
    with writing(engine) as session:
        highest = session.scalar(select(func.max(ArticleRow.id)))
        if highest is not None:
            session.execute(
                sql("SELECT setval(pg_get_serial_sequence('article', 'id'), :highest)"), {"highest": highest}
            )
