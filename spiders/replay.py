"""Captures from WARC instead of from the network: what a crawl's spider would have yielded of them.

Articles only; a crawl's endpoints and robots.txt are captures and nothing more when they are replayed. The order is
that in which the archive settled them, so that a rebuild decides on the same candidates as the crawl did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from scrapy.http import Response

from archive.errors import ExtractionError
from archive.evidence.account import Exchanged
from archive.evidence.notes import Settlement
from archive.evidence.records import HttpMessage
from archive.model import Fetched, Locator, Missed
from spiders.failures import body_reason, status_reason

if TYPE_CHECKING:
    from archive.evidence.records import StoredRecord

READ = frozenset({"new", "revision", "unchanged", "duplicate", "rejected"})  # outcomes of pages that were extracted
Original = Callable[[str], "StoredRecord | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One article's capture to be replayed: where its answer stands, and what became of it if that is known."""

    at: datetime
    """When it was settled; else when it was captured."""
    locator: Locator
    record_id: str
    is_page: bool
    """A whole answer that may be a page, so that it is read although nobody knows what became of it."""
    settlement: Settlement | None = None


def step_of(exchanged: Exchanged) -> Step | None:
    """The step of an article's capture; None for any other."""
    capture = exchanged.capture
    if exchanged.discovered is None:
        return None
    is_page = status_reason(capture.status) is None and not capture.truncated
    return Step(at=capture.captured_at, locator=capture.locator, record_id=capture.warc_record_id, is_page=is_page)


def in_order(steps: Iterable[Step], settlements: Mapping[str, Settlement]) -> list[Step]:
    """As they were settled; without the stops on the way to an article (redirects, answers that were tried again)."""
    known = (
        replace(step, at=one.settled_at, settlement=one) if (one := settlements.get(step.record_id)) else step
        for step in steps
    )
    told = (step for step in known if step.settlement or step.is_page)
    return sorted(told, key=lambda step: (step.at, step.locator.filename, step.locator.offset))


def item_of(
    exchanged: Exchanged, answer: StoredRecord, settlement: Settlement | None, original: Original
) -> Fetched | Missed:
    """What the crawl's spider yielded of this capture. ``original`` finds the response a revisit stands for.

    Raises ``CaptureError`` when that can't be read.
    """
    capture, discovered = exchanged.capture, exchanged.discovered
    assert discovered is not None  # step_of passes no other
    missed_at = settlement.settled_at if settlement else capture.captured_at
    reason, body = "", b""
    if settlement and is_missed(settlement):
        reason = settlement.reason or "failed"
    else:
        reason, body = page_of(answer, original)
    if reason:
        return Missed(
            discovered=discovered,
            reason=reason,
            detail="" if capture.target_uri == discovered.url else capture.target_uri,
            status=capture.status,
            missed_at=missed_at,
            capture=capture,
        )
    return Fetched(discovered=discovered, capture=replace(capture, body=body))


def is_missed(settlement: Settlement) -> bool:
    """The page was never extracted: it failed, or the server said that it is as it was."""
    return settlement.outcome not in READ or settlement.reason == "not_modified"


def page_of(answer: StoredRecord, original: Original) -> tuple[str, bytes]:
    """(reason, body): why the answer holds no page, or else its decoded body."""
    whole = answer
    if answer.warc_type == "revisit":
        found = original(answer.field("WARC-Refers-To") or "")
        if found is None:
            return "not_captured", b""
        whole = found
    return page_in(replace(answer.http, body=whole.http.body))


def page_in(message: HttpMessage) -> tuple[str, bytes]:
    """(reason, body): why an answer of 200 holds no page, or else its decoded body."""
    try:
        body = message.decoded_body()
    except ExtractionError:
        return "undecodable", b""
    content_type = {"Content-Type": message.header("Content-Type") or ""}
    return body_reason(Response("http://replay.invalid/", headers=content_type, body=body)) or "", body
