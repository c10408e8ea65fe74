"""Feeds, sitemaps and listings at rest: what their last answer was, for the next conditional request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.model import Polled
from archive.sanitise import clean, clean_or_none
from archive.schema import EndpointRow
from archive.urls import bounded


def stored_url(url: str) -> str:
    """The address as its unique column holds it: a hostile sitemap may name children of any length."""
    return bounded(clean(url))


def endpoint_row(session: Session, polled: Polled) -> EndpointRow:
    """The endpoint's row, made when it is not there yet."""
    url = stored_url(polled.endpoint_url)
    row = session.scalar(select(EndpointRow).where(EndpointRow.url == url))
    if row is None:
        row = EndpointRow(source_id=polled.source_id, url=url, kind=polled.kind, announced=0)
        session.add(row)
    return row


def update_endpoint(row: EndpointRow, polled: Polled) -> None:
    """What the poll said. A failed one replaces nothing that a good one left: the validators still hold."""
    row.last_polled_at, row.last_status, row.last_reason = polled.polled_at, polled.status, clean_or_none(polled.reason)
    if polled.reason is not None:
        row.failing_since = row.failing_since or polled.polled_at
        return
    row.failing_since = None
    etag, last_modified = clean_or_none(polled.etag), clean_or_none(polled.last_modified)
    if polled.is_unchanged:
        row.etag, row.last_modified = etag or row.etag, last_modified or row.last_modified
        return
    row.etag, row.last_modified, row.payload_digest = etag, last_modified, polled.payload_digest
    row.last_changed_at, row.announced = polled.polled_at, polled.announced


def validators(session: Session, url: str) -> tuple[str | None, str | None] | None:
    """(ETag, Last-Modified) of an endpoint's last answer that was read; None when there are none."""
    row = session.scalar(select(EndpointRow).where(EndpointRow.url == stored_url(url)))
    return (row.etag, row.last_modified) if row and (row.etag or row.last_modified) else None


def last_polled(session: Session) -> dict[str, datetime]:
    """Source id → when one of its endpoints was last asked."""
    query = select(EndpointRow.source_id, func.max(EndpointRow.last_polled_at)).group_by(EndpointRow.source_id)
    return {source_id: at for source_id, at in session.execute(query) if at is not None}


def endpoint_digests(session: Session) -> dict[str, str]:
    """Endpoint URL → digest of its last answer that was read."""
    query = select(EndpointRow.url, EndpointRow.payload_digest).where(EndpointRow.payload_digest.is_not(None))
    return {url: digest for url, digest in session.execute(query) if digest}
