"""Captures at rest: the CDX fields of every exchange that is in WARC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from archive.model import Capture
from archive.sanitise import clean, clean_all, clean_or_none
from archive.schema import CaptureRow
from archive.urls import url_key

CAPTURE = CaptureRow.metadata.tables[CaptureRow.__tablename__]
HELD = select(CAPTURE.c.id, CAPTURE.c.article_id).where(CAPTURE.c.warc_record_id == bindparam("record"))
KEEP = insert(CAPTURE).returning(CAPTURE.c.id)
ORIGINAL = (
    select(CAPTURE.c.warc_record_id, CAPTURE.c.target_uri, CAPTURE.c.captured_at)
    .where(CAPTURE.c.payload_digest == bindparam("digest"), CAPTURE.c.status == 200)
    .where(CAPTURE.c.revisit_of.is_(None), CAPTURE.c.truncated.is_(None))
    .order_by((CAPTURE.c.target_uri == bindparam("uri")).desc(), CAPTURE.c.id)
    .limit(1)
)
VALIDATORS = (
    select(CAPTURE.c.etag, CAPTURE.c.last_modified)
    .where(CAPTURE.c.url_key == bindparam("key"), CAPTURE.c.target_uri == bindparam("uri"), CAPTURE.c.status == 200)
    .order_by(CAPTURE.c.captured_at.desc())
    .limit(1)
)
SHOW = update(CAPTURE).where(CAPTURE.c.id == bindparam("number")).values(article_id=bindparam("article"))
# Statements made once, without the ORM: they are asked for each answer, and making one takes longer than running it


@dataclass(frozen=True, slots=True)
class Kept:
    """A capture's row: its id, and the article that it shows, if any."""

    id: int
    article_id: int | None


def kept(session: Session, capture: Capture) -> Kept:
    """The capture's row, made when it is not there yet: the same record told twice is one row."""
    connection = session.connection()
    row = connection.execute(HELD, {"record": capture.warc_record_id}).first()
    if row is not None:
        return Kept(row.id, row.article_id)
    return Kept(connection.execute(KEEP, values_of(capture)).scalar_one(), None)


def show(session: Session, capture_id: int, article_id: int) -> None:
    """Write down which article the capture shows."""
    session.connection().execute(SHOW, {"number": capture_id, "article": article_id})


def values_of(capture: Capture) -> dict[str, object]:
    """The row's columns."""
    return {
        "run_id": capture.run_id,
        "source_id": capture.source_id,
        "target_uri": clean(capture.target_uri),
        "url_key": key_of(capture.target_uri),
        "redirected_from": clean_all(capture.redirected_from),
        "status": capture.status,
        "mime_type": clean(capture.mime_type),
        "charset": clean_or_none(capture.charset),
        "etag": clean_or_none(capture.etag),
        "last_modified": clean_or_none(capture.last_modified),
        "captured_at": capture.captured_at,
        "warc_record_id": capture.warc_record_id,
        "payload_digest": capture.payload_digest,
        "filename": capture.locator.filename,
        "offset": capture.locator.offset,
        "length": capture.locator.length,
        "revisit_of": capture.revisit_of,
        "truncated": capture.truncated,
        "wishes": list(capture.wishes),
    }


def key_of(target_uri: str) -> str:
    """The look-up key; the address itself, cut, when it has none (``dns:`` records of foreign WARCs)."""
    try:
        return url_key(target_uri)
    except ValueError:
        return clean(target_uri, limit=500)


def original_of(session: Session, payload_digest: str, target_uri: str) -> tuple[str, str, datetime] | None:
    """(record id, target URI, date) of a whole response with this payload: the first of this address, else
    the first of any. None when there is none. A revisit is never an original."""
    row = session.connection().execute(ORIGINAL, {"digest": payload_digest, "uri": clean(target_uri)}).first()
    return (row[0], row[1], row[2]) if row else None


def is_held(session: Session, url: str, *, since: datetime) -> bool:
    """A whole answer from this address was captured since then."""
    query = (
        select(CaptureRow.id)
        .where(CaptureRow.url_key == key_of(url), CaptureRow.target_uri == clean(url), CaptureRow.status < 400)
        .where(CaptureRow.captured_at >= since, CaptureRow.truncated.is_(None))
        .limit(1)
    )
    return session.execute(query).first() is not None


def validators(session: Session, url: str) -> tuple[str | None, str | None] | None:
    """(ETag, Last-Modified) of the last whole answer from this address; None when there are none."""
    row = session.connection().execute(VALIDATORS, {"key": key_of(url), "uri": clean(url)}).first()
    return (row[0], row[1]) if row and (row[0] or row[1]) else None
