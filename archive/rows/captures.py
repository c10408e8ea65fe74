"""Captures at rest: the CDX fields of every exchange that is in WARC."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.model import Capture
from archive.sanitise import clean, clean_all, clean_or_none
from archive.schema import CaptureRow
from archive.urls import url_key


def capture_row(session: Session, capture: Capture) -> CaptureRow:
    """The capture's row, made when it is not there yet: the same record told twice is one row."""
    row = session.scalar(select(CaptureRow).where(CaptureRow.warc_record_id == capture.warc_record_id))
    if row is not None:
        return row
    row = CaptureRow(
        run_id=capture.run_id,
        source_id=capture.source_id,
        target_uri=clean(capture.target_uri),
        url_key=key_of(capture.target_uri),
        redirected_from=clean_all(capture.redirected_from),
        status=capture.status,
        mime_type=clean(capture.mime_type),
        charset=clean_or_none(capture.charset),
        etag=clean_or_none(capture.etag),
        last_modified=clean_or_none(capture.last_modified),
        captured_at=capture.captured_at,
        warc_record_id=capture.warc_record_id,
        payload_digest=capture.payload_digest,
        filename=capture.locator.filename,
        offset=capture.locator.offset,
        length=capture.locator.length,
        revisit_of=capture.revisit_of,
        truncated=capture.truncated,
        wishes=list(capture.wishes),
    )
    session.add(row)
    session.flush()
    return row


def key_of(target_uri: str) -> str:
    """The look-up key; the address itself, cut, when it has none (``dns:`` records of foreign WARCs)."""
    try:
        return url_key(target_uri)
    except ValueError:
        return clean(target_uri, limit=500)


def original_of(session: Session, payload_digest: str, target_uri: str) -> tuple[str, str, datetime] | None:
    """(record id, target URI, date) of a whole response with this payload: the first of this address, else
    the first of any. None when there is none. A revisit is never an original."""
    query = (
        select(CaptureRow.warc_record_id, CaptureRow.target_uri, CaptureRow.captured_at)
        .where(CaptureRow.payload_digest == payload_digest, CaptureRow.status == 200)
        .where(CaptureRow.revisit_of.is_(None), CaptureRow.truncated.is_(None))
        .order_by((CaptureRow.target_uri == clean(target_uri)).desc(), CaptureRow.id)
        .limit(1)
    )
    row = session.execute(query).first()
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
    query = (
        select(CaptureRow.etag, CaptureRow.last_modified)
        .where(CaptureRow.url_key == key_of(url), CaptureRow.target_uri == clean(url), CaptureRow.status == 200)
        .order_by(CaptureRow.captured_at.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row and (row[0] or row[1]) else None
