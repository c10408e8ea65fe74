"""Feeds, sitemaps and listings at rest: what their last answer was, for the next conditional request."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.model import Polled
from archive.pace import FIRST_LOOK, WINDOW, Published
from archive.sanitise import clean, clean_or_none
from archive.schema import ArticleRow, EndpointRow
from archive.urls import bounded

WHOLE_AFTER = timedelta(days=1)  # a server that says 304 for ever is found out within so long


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
    if polled.status != 304:
        row.read_at = polled.polled_at
        is_other = row.payload_digest is not None and polled.payload_digest != row.payload_digest
        row.is_lying = row.is_lying or (is_other and claims_the_same(row, etag, last_modified))
    if polled.is_unchanged:
        row.etag, row.last_modified = etag or row.etag, last_modified or row.last_modified
        return
    row.etag, row.last_modified, row.payload_digest = etag, last_modified, polled.payload_digest
    row.last_changed_at, row.announced = polled.polled_at, polled.announced


def claims_the_same(row: EndpointRow, etag: str | None, last_modified: str | None) -> bool:
    """Both answers had one ETag; or, without any, one date. A weak ETag says only that they mean the same."""
    if etag or row.etag:
        return etag == row.etag and not (etag or "").startswith("W/")
    return last_modified is not None and last_modified == row.last_modified


def published(session: Session, source_id: str, *, now: datetime) -> Published | None:
    """What the source published while it was watched, four weeks back at most; None before its first article."""
    of_source = ArticleRow.source_id == source_id
    first = session.scalar(select(func.min(ArticleRow.first_seen_at)).where(of_source))
    if first is None:
        return None
    since = max(first + FIRST_LOOK, now - WINDOW)
    count = session.scalar(select(func.count()).where(of_source, ArticleRow.first_seen_at > since)) or 0
    return Published(articles=count, during=max(now - since, timedelta()))


def validators(session: Session, url: str, *, now: datetime) -> tuple[str | None, str | None] | None:
    """(ETag, Last-Modified) of an endpoint's last answer that was read; None when there are none.

    None also once a day, and for an endpoint that was found to lie: the whole answer is asked for.
    """
    row = session.scalar(select(EndpointRow).where(EndpointRow.url == stored_url(url)))
    if row is None or row.is_lying or row.read_at is None or row.read_at + WHOLE_AFTER <= now:
        return None
    return (row.etag, row.last_modified) if row.etag or row.last_modified else None


def last_polled(session: Session) -> dict[str, datetime]:
    """Source id → when one of its endpoints was last asked."""
    query = select(EndpointRow.source_id, func.max(EndpointRow.last_polled_at)).group_by(EndpointRow.source_id)
    return {source_id: at for source_id, at in session.execute(query) if at is not None}


def endpoints_read(session: Session) -> dict[str, datetime]:
    """Endpoint URL → when it was last answered in full."""
    query = select(EndpointRow.url, EndpointRow.read_at).where(EndpointRow.payload_digest.is_not(None))
    return {url: at for url, at in session.execute(query) if at is not None}


def endpoint_digests(session: Session) -> dict[str, str]:
    """Endpoint URL → digest of its last answer that was read."""
    query = select(EndpointRow.url, EndpointRow.payload_digest).where(EndpointRow.payload_digest.is_not(None))
    return {url: digest for url, digest in session.execute(query) if digest}
