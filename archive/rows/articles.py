"""Articles and their revisions at rest: a decision carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from archive.model import Article, Block, Decision, Duplicate, Particulars, Rejected, Revision, Unchanged, Wording
from archive.rows.kinship import Comparison, kin_of, relate
from archive.rows.stories import new_story, settle, story_of
from archive.rows.templates import layout_of
from archive.sanitise import MAX_TEXT, clean, clean_all, clean_or_none
from archive.schema import AliasRow, ArticleRow, CaptureRow, RevisionRow, StoryRow
from archive.textindex import write_index
from archive.urls import canonical_url, url_key

CONTENT = (
    "title",
    "text",
    "published_at",
    "published_at_precision",
    "published_at_origin",
    "published_at_offset_minutes",
    "modified_at",
    "lang",
    "description",
    *(one.name for one in fields(Particulars)),
    "canonical_link",
    "is_paywalled",
    "word_count",
    "text_digest",
    "extractor",
)


def carry_out(
    session: Session,
    article: Article,
    decision: Decision,
    capture: CaptureRow,
    *,
    held: Mapping[str, AliasRow],
    signature: bytes,
    now: datetime,
    article_id: int | None = None,
) -> ArticleRow:
    """The article's row after the decision; the caller relates it to others, and settles its story, once the aliases
    are written.

    ``held`` are its addresses that lead to stored articles. A new article gets the ``signature``, and the number
    ``article_id``; None: the next one.
    """
    assert not isinstance(decision, Rejected)
    if isinstance(decision, Unchanged):
        return seen_again(session.get_one(ArticleRow, decision.of), capture)
    if isinstance(decision, Revision):
        row = revised(session, article, decision, capture)
    else:
        row = added(session, article, decision, capture, held=held, signature=signature, now=now, article_id=article_id)
    session.flush()
    index(session, row, is_new=not isinstance(decision, Revision))
    return row


def index(session: Session, row: ArticleRow, *, is_new: bool = False) -> None:
    """Make the article findable as it reads now; a new one has nothing in the index yet."""
    write_index(
        session.connection(),
        is_new=is_new,
        article_id=row.id,
        title=row.title,
        text=row.text,
        authors=row.authors,
        description=row.description,
        tags=row.tags,
        lang=row.lang,
    )


def seen_again(row: ArticleRow, capture: CaptureRow) -> ArticleRow:
    """The row of an article that a capture shows as it is held; it is live if that is the latest news of it.

    An older capture (a WARC imported late) says that it was there earlier than we knew.
    """
    row.first_seen_at = min(row.first_seen_at, capture.captured_at)
    if capture.captured_at >= row.last_seen_at:
        row.last_seen_at, row.state = capture.captured_at, "live"
    return row


def revised(session: Session, article: Article, decision: Revision, capture: CaptureRow) -> ArticleRow:
    """The row as the article reads now; what it read before is in its revisions."""
    row = session.get_one(ArticleRow, decision.of)
    before = session.get_one(CaptureRow, row.capture_id)
    for name, value in content_of(article).items():
        setattr(row, name, value)
    row.revision_count += 1
    row.capture_id = capture.id
    seen_again(row, capture)
    kind = "extraction" if before.payload_digest == capture.payload_digest else "edit"
    session.add(revision_of(row, kind=kind, changed=decision.changed, seen_at=capture.captured_at))
    return row


def added(
    session: Session,
    article: Article,
    decision: Decision,
    capture: CaptureRow,
    *,
    held: Mapping[str, AliasRow],
    signature: bytes,
    now: datetime,
    article_id: int | None = None,
) -> ArticleRow:
    """The row of an article not held before, in the story of the one it copies or in its own."""
    copied = decision.of if isinstance(decision, Duplicate) else None
    address, key = own_address(article, held)
    number = article_id or next_number(session)
    row = ArticleRow(
        id=number,
        source_id=article.source_id,
        canonical_url=address,
        url_key=key,
        state="live",
        first_seen_at=capture.captured_at,
        last_seen_at=capture.captured_at,
        revision_count=1,
        story_id=new_story(session, number=number, now=now) if copied is None else story_of(session, copied),
        capture_id=capture.id,
        signature=signature,
        **content_of(article),
    )
    session.add(row)
    session.flush()
    session.add(revision_of(row, kind="first", changed=(), seen_at=capture.captured_at))
    return row


def next_number(session: Session) -> int:
    """The number of the next article: never one that an article had, also when that was forgotten (its story's row
    stays). The one write lock is held."""
    if session.connection().dialect.name == "postgresql":
        return int(session.execute(text("SELECT nextval(pg_get_serial_sequence('article', 'id'))")).scalar_one())
    highest = select(func.max(ArticleRow.id)), select(func.max(StoryRow.id))
    return max(session.scalar(query) or 0 for query in highest) + 1


def reworded(
    session: Session,
    row: ArticleRow,
    blocks: Sequence[Block],
    wording: Wording,
    *,
    comparison: Comparison,
    now: datetime,
) -> None:
    """The article without what turned out to be its site's: a revision of our cleaning, not of the article."""
    row.text, row.word_count, row.text_digest = wording.text, wording.word_count, wording.text_digest
    row.layout = layout_of(blocks)
    row.revision_count += 1
    session.add(revision_of(row, kind="extraction", changed=("text",), seen_at=now))
    session.flush()
    index(session, row)
    resettle(session, row, comparison, now=now)


def resettle(session: Session, row: ArticleRow, comparison: Comparison, *, now: datetime) -> None:
    """Compare the article's text with all that is held, and put it into the story that it belongs to."""
    kin = kin_of(session, row.text, row.text_digest, word_count=row.word_count, comparison=comparison)
    settle(session, relate(session, row, kin, comparison), now=now)


def own_address(article: Article, held: Mapping[str, AliasRow]) -> tuple[str, str]:
    """(address, key): where the page was met when the address it names for itself is another article's.

    Templates name one address for every page by mistake; the decision that it is not that article is made by then.
    """
    if article.url_key not in held:
        return article.canonical_url, article.url_key
    return canonical_url(article.capture.target_uri), url_key(article.capture.target_uri)


def sanitised(article: Article) -> Article:
    """The article as a database can hold it; what is decided on is what is stored."""
    return replace(
        article,
        section=clean_or_none(article.section),
        lead_image_url=clean_or_none(article.lead_image_url),
        lead_image_caption=clean_or_none(article.lead_image_caption),
        lead_image_credit=clean_or_none(article.lead_image_credit),
        credit_line=clean_or_none(article.credit_line),
        credit_url=clean_or_none(article.credit_url),
        canonical_url=clean(article.canonical_url),
        url_key=clean(article.url_key),
        title=clean(article.title),
        text=clean(article.text, limit=MAX_TEXT),
        authors=tuple(clean_all(article.authors)),
        lang=clean_or_none(article.lang),
        description=clean_or_none(article.description),
        canonical_link=clean_or_none(article.canonical_link),
        tags=tuple(clean_all(article.tags)),
        extractor=clean(article.extractor),
        alias_urls=tuple((kind, clean(url)) for kind, url in article.alias_urls),
        blocks=tuple(replace(block, text=clean(block.text, limit=MAX_TEXT)) for block in article.blocks),
    )


def content_of(article: Article) -> dict[str, object]:
    """The columns that say what the article says."""
    values: dict[str, object] = {name: getattr(article, name) for name in CONTENT}
    return values | {
        "authors": list(article.authors),
        "tags": list(article.tags),
        "wishes": list(article.wishes),
        "layout": layout_of(article.blocks),
    }


def revision_of(row: ArticleRow, *, kind: str, changed: tuple[str, ...], seen_at: datetime) -> RevisionRow:
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
        seen_at=seen_at,
    )
