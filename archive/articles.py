"""Rows of an article and its revisions, made from what the pipelines decided on."""

from __future__ import annotations

from datetime import datetime

from archive.model import Article
from archive.sanitise import MAX_TEXT, clean, clean_all, clean_or_none
from archive.schema import ArticleRow, RevisionRow


def content_of(article: Article) -> dict[str, object]:
    """The columns that say what the article says."""
    return {
        "title": clean(article.title),
        "text": clean(article.text, limit=MAX_TEXT),
        "authors": clean_all(article.authors),
        "published_at": article.published_at,
        "published_at_precision": article.published_at_precision,
        "published_at_origin": article.published_at_origin,
        "published_at_offset_minutes": article.published_at_offset_minutes,
        "modified_at": article.modified_at,
        "lang": clean_or_none(article.lang),
        "description": clean_or_none(article.description),
        "lead_image_url": clean_or_none(article.lead_image_url),
        "canonical_link": clean_or_none(article.canonical_link),
        "tags": clean_all(article.tags),
        "is_paywalled": article.is_paywalled,
        "word_count": article.word_count,
        "text_digest": article.text_digest,
        "signature": article.signature,
        "extractor": clean(article.extractor),
    }


def new_article(article: Article, *, capture_id: int, story_id: int, now: datetime) -> ArticleRow:
    """The row of an article not held before. ``first_seen_at`` is when it was captured."""
    return ArticleRow(
        source_id=article.source_id,
        canonical_url=clean(article.canonical_url),
        url_key=clean(article.url_key),
        state="live",
        first_seen_at=article.capture.captured_at,
        last_seen_at=article.capture.captured_at,
        revision_count=1,
        story_id=story_id,
        capture_id=capture_id,
        **content_of(article),
    )


def apply_revision(row: ArticleRow, article: Article, *, capture_id: int) -> None:
    """The row as the article reads now; what it read before is in its revisions."""
    for name, value in content_of(article).items():
        setattr(row, name, value)
    row.revision_count += 1
    row.last_seen_at = article.capture.captured_at
    row.capture_id = capture_id
    row.state = "live"


def revision_of(row: ArticleRow, *, kind: str, changed: tuple[str, ...]) -> RevisionRow:
    """The present state of the row as its latest revision."""
    return RevisionRow(
        article_id=row.id,
        number=row.revision_count,
        kind=kind,
        changed=list(changed),
        title=row.title,
        text=row.text,
        text_digest=row.text_digest,
        authors=row.authors,
        published_at=row.published_at,
        modified_at=row.modified_at,
        extractor=row.extractor,
        capture_id=row.capture_id,
        seen_at=row.last_seen_at,
    )
