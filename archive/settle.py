"""What a settled URL's frontier row says: when it may come back, if ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.model import Discovered
from archive.sanitise import clean
from archive.schema import FrontierRow
from archive.urls import url_key

FIRST_RETRY = timedelta(hours=1)  # a server that failed is given an hour, then twice as long each time
MAX_ATTEMPTS = 8  # the last try comes about five days after the first
NEVER_BACK = frozenset(
    {"http_410", "too_large", "private_address", "redirect_off_site", "redirect_to_homepage", "not_html", "empty_body"}
    | {"not_http", "robots_forbidden", "ignored"}
)  # asking again soon would bring the same
STATES = {"http_410": "gone", "http_401": "blocked", "http_403": "blocked", "http_451": "blocked"}


def frontier_row(session: Session, found: Discovered) -> FrontierRow | None:
    """The row of a URL; None for one that was never announced (imports)."""
    return session.scalar(select(FrontierRow).where(FrontierRow.url_key == clean(url_key(found.url))))


def settle(
    row: FrontierRow, *, state: str, reason: str | None, status: int | None, due_at: datetime | None, now: datetime
) -> None:
    """The row, no longer leased; what the feed said of it is forgotten when nothing is due any more."""
    row.state, row.reason, row.last_status, row.due_at = state, reason, status, due_at
    row.lease_owner, row.lease_expires_at, row.updated_at = None, None, now
    if due_at is None:
        row.content_html = None


def retry_at(reason: str, attempts: int, *, now: datetime) -> datetime | None:
    """When a failed URL is due again; None when it is left alone."""
    if reason in NEVER_BACK or attempts >= MAX_ATTEMPTS:
        return None
    pause: timedelta = FIRST_RETRY * 2 ** (attempts - 1)
    return now + pause
