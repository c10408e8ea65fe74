"""What a settled URL's frontier row says: when it may come back, if ever."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from archive.model import Discovered
from archive.schema import FrontierRow
from archive.urls import url_key

FIRST_RETRY = timedelta(hours=1)  # a server that failed is given an hour, then twice as long each time
JITTER = 0.2  # share of the pause added at most, so that a day's failures don't all come back at one moment
MAX_ATTEMPTS = 8  # the last of them comes five to six days after the first
REVIVE_AFTER = timedelta(days=7)  # a URL given up is tried once a week for as long as it is announced
NEVER_BACK = frozenset(
    {"http_410", "too_large", "private_address", "redirect_off_site", "redirect_to_homepage", "not_html", "empty_body"}
    | {"not_http", "robots_forbidden", "ignored"}
)  # asking again soon would bring the same
NOT_ASKED = frozenset({"retry_after", "host_unavailable", "robots_unreachable", "not_captured", "over_budget"})
# the URL itself was not asked for, or not kept, for reasons of the host's or ours: that is no attempt
STATES = {"http_410": "gone", "http_401": "blocked", "http_403": "blocked", "http_451": "blocked"}

AT_KEY = select(FrontierRow).where(FrontierRow.url_key == bindparam("key"))


def frontier_row(session: Session, found: Discovered) -> FrontierRow | None:
    """The row of a URL; None for one that was never announced (imports)."""
    try:
        key = url_key(found.url)
    except ValueError:
        return None
    return session.scalar(AT_KEY, {"key": key})


def settle(
    row: FrontierRow, *, state: str, reason: str | None, status: int | None, due_at: datetime | None, now: datetime
) -> None:
    """The row, no longer leased; what the feed said of it is forgotten when nothing is due any more."""
    row.state, row.reason, row.last_status, row.due_at = state, reason, status, due_at
    row.lease_owner, row.lease_expires_at, row.updated_at = None, None, now
    if due_at is None:
        row.content_html = None


def settle_missed(row: FrontierRow, *, reason: str, status: int | None, now: datetime) -> None:
    """The row after a fetch that brought nothing."""
    if reason in NOT_ASKED:
        settle(row, state="discovered", reason=reason, status=status, due_at=now + FIRST_RETRY, now=now)
        return
    row.attempts += 1
    due_at = retry_at(reason, row.attempts, now=now, key=row.url_key)
    settle(row, state=STATES.get(reason, "failed"), reason=reason, status=status, due_at=due_at, now=now)


def retry_at(reason: str, attempts: int, *, now: datetime, key: str = "") -> datetime | None:
    """When a failed URL is due again; None when it is left alone. ``key`` gives it its own place in the jitter."""
    if reason in NEVER_BACK or attempts >= MAX_ATTEMPTS:
        return None
    pause: timedelta = FIRST_RETRY * 2 ** (attempts - 1)
    return now + pause * (1 + JITTER * (zlib.crc32(key.encode()) % 1000) / 1000)


def is_worth_reviving(row: FrontierRow, now: datetime) -> bool:
    """Given up after failures that may have passed, a week ago or more. Not what is gone, rejected or archived."""
    has_given_up = row.state in ("failed", "blocked") and row.due_at is None and row.reason not in NEVER_BACK
    return has_given_up and row.updated_at + REVIVE_AFTER <= now
