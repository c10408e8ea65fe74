"""What a publisher was seen to ask for an article: wishes, paywall, credit, and the robots.txt that let us fetch it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

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


def rights_of(connection: Connection, article_id: int) -> Rights | None:
    """None when there is no such article."""
    columns = (
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
    return Rights(
        article_id=article_id,
        url=row.canonical_url,
        captured_at=row.captured_at,
        wishes=None if row.wishes is None else tuple(row.wishes),
        is_paywalled=row.is_paywalled,
        credit_line=row.credit_line,
        robots=robots_before(connection, row.target_uri, row.captured_at),
    )


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
