"""What a publisher was seen to ask for an article: wishes, licences, paywall, credit; and what robots.txt said.

Rows say most of it; licences and the rule are read from the article's records when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from archive.errors import CaptureError, ExtractionError
from archive.evidence.account import read_parts
from archive.evidence.licences import Licence, licences_of
from archive.evidence.warc import read_record
from archive.reading.exchanges import capture_of, original_of
from archive.schema import ArticleRow, CaptureRow
from archive.urls import url_key


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsSeen:
    """A capture of robots.txt, the last before the article's."""

    captured_at: datetime
    status: int
    warc_record_id: str
    filename: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """As the page, its headers and its host said; nothing here is advice."""

    article_id: int
    url: str
    captured_at: datetime
    wishes: tuple[str, ...] | None
    """``noarchive``, ``noindex``, ``tdm_reserved``; None for articles from before schema 0004."""
    is_paywalled: bool | None
    credit_line: str | None
    robots: RobotsSeen | None
    """None where none was captured: imported articles, and crawls within the hours that an answer holds."""
    robots_rule: str | None
    """The rule that allowed the fetch; ``none``: no rule speaks of it. None where it was not written down."""
    licences: tuple[Licence, ...] | None
    """As the page and its headers state them; None where the record can't be read."""


def rights_of(connection: Connection, article_id: int, warc_dir: Path) -> Rights | None:
    """None when there is no such article."""
    columns = (
        ArticleRow.capture_id,
        ArticleRow.canonical_url,
        ArticleRow.wishes,
        ArticleRow.is_paywalled,
        ArticleRow.credit_line,
        CaptureRow.target_uri,
        CaptureRow.captured_at,
    )
    joined = select(*columns).join(CaptureRow, CaptureRow.id == ArticleRow.capture_id)
    row = connection.execute(joined.where(ArticleRow.id == article_id)).one_or_none()
    if row is None:
        return None
    rule, licences = recorded(connection, row.capture_id, warc_dir)
    return Rights(
        article_id=article_id,
        url=row.canonical_url,
        captured_at=row.captured_at,
        wishes=None if row.wishes is None else tuple(row.wishes),
        is_paywalled=row.is_paywalled,
        credit_line=row.credit_line,
        robots=robots_before(connection, row.target_uri, row.captured_at),
        robots_rule=rule,
        licences=licences,
    )


def recorded(connection: Connection, capture_id: int, warc_dir: Path) -> tuple[str | None, tuple[Licence, ...] | None]:
    """(rule of robots.txt, licences) as a capture's records have them; a revisit's page is that of its original."""
    capture = capture_of(connection, capture_id)
    if capture is None:
        return None, None
    try:
        answer, _, fields = read_parts(warc_dir, capture.locator)
        if answer.field("WARC-Record-ID") != capture.warc_record_id:
            return None, None
        original, message = original_of(connection, capture), answer.http
        if original is not None:
            message = replace(message, body=read_record(warc_dir, original.locator).http.body)
        return dict(fields).get("robotsRule"), licences_of(message, url=capture.target_uri)
    except (CaptureError, ExtractionError):
        return None, None


def robots_before(connection: Connection, target_uri: str, at: datetime) -> RobotsSeen | None:
    """The latest capture of the host's robots.txt at that moment."""
    parts = urlsplit(target_uri)
    key = url_key(f"{parts.scheme}://{parts.netloc}/robots.txt")
    names = RobotsSeen.__dataclass_fields__
    query = (
        select(*(getattr(CaptureRow, name) for name in names))
        .where(CaptureRow.url_key == key, CaptureRow.captured_at <= at)
        .order_by(CaptureRow.captured_at.desc(), CaptureRow.id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else RobotsSeen(**row)
