"""What a citation says of an article: few columns and one capture, so that all are read in one stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from archive.query import Query
from archive.reading.matching import condition
from archive.schema import ArticleRow, CaptureRow, SourceRow

BATCH_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Citable:
    """An article and the capture its present text was read from."""

    id: int
    source_id: str
    source_name: str
    url: str
    title: str
    authors: tuple[str, ...]
    published_at: datetime | None
    published_at_precision: str
    lang: str | None
    state: str
    revision_count: int
    text_digest: str
    captured_at: datetime
    warc_record_id: str
    payload_digest: str


def citables(connection: Connection, query: Query | None = None, *, since_id: int = 0) -> Iterator[Citable]:
    """Every article that answers (all when None) with an id above ``since_id``, by id; with constant memory."""
    statement = COLUMNS.where(ArticleRow.id > since_id).order_by(ArticleRow.id)
    if query is not None:
        statement = statement.where(condition(query.root, connection.dialect.name))
    for row in connection.execution_options(yield_per=BATCH_ROWS).execute(statement).mappings():
        yield Citable(**{**row, "authors": tuple(row["authors"])})


def citable(connection: Connection, article_id: int) -> Citable | None:
    """One article; None when there is none."""
    row = connection.execute(COLUMNS.where(ArticleRow.id == article_id)).mappings().one_or_none()
    return None if row is None else Citable(**{**row, "authors": tuple(row["authors"])})


COLUMNS = (
    select(
        ArticleRow.id,
        ArticleRow.source_id,
        func.coalesce(SourceRow.name, ArticleRow.source_id).label("source_name"),
        ArticleRow.canonical_url.label("url"),
        ArticleRow.title,
        ArticleRow.authors,
        ArticleRow.published_at,
        ArticleRow.published_at_precision,
        ArticleRow.lang,
        ArticleRow.state,
        ArticleRow.revision_count,
        ArticleRow.text_digest,
        CaptureRow.captured_at,
        CaptureRow.warc_record_id,
        CaptureRow.payload_digest,
    )
    .join(CaptureRow, CaptureRow.id == ArticleRow.capture_id)
    .outerjoin(SourceRow, SourceRow.id == ArticleRow.source_id)
)
