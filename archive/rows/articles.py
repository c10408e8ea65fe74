"""Articles and their revisions at rest: a decision carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from archive.model import (
    Article,
    Block,
    Capture,
    Decision,
    Duplicate,
    Particulars,
    Rejected,
    Revision,
    Unchanged,
    Wording,
)
from archive.rows.aliases import Alias
from archive.rows.kinship import Comparison, kin_of, relate
from archive.rows.stories import new_story, settle, story_of
from archive.rows.templates import layout_of
from archive.schema import ArticleRow, CaptureRow, RevisionRow, StoryRow
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
ADD, ADD_REVISION = (insert(table) for table in (ArticleRow, RevisionRow))
HELD = (
    select(
        ArticleRow.id, ArticleRow.extractor, ArticleRow.first_seen_at, ArticleRow.last_seen_at, ArticleRow.state,
        CaptureRow.payload_digest,
    )
    .join(CaptureRow, CaptureRow.id == ArticleRow.capture_id)
    .where(ArticleRow.id == bindparam("number"))
)  # fmt: skip
SEEN = (
    update(ArticleRow)
    .where(ArticleRow.id == bindparam("number"))
    .values(first_seen_at=bindparam("first"), last_seen_at=bindparam("last"), state=bindparam("now_is"))
)
HIGHEST = select(select(func.max(ArticleRow.id)).scalar_subquery(), select(func.max(StoryRow.id)).scalar_subquery())


def carry_out(
    session: Session,
    article: Article,
    decision: Decision,
    capture_id: int,
    *,
    held: Mapping[str, Alias],
    signature: bytes,
    now: datetime,
    article_id: int | None = None,
    words: bytes | None = None,
) -> ArticleRow:
    """The article's row after the decision; the caller relates it to others, and settles its story, once the aliases
    are written. A new one's is not the session's: it was written without it.

    ``capture_id`` is its capture's. ``held`` are its addresses that lead to stored articles. A new article gets the
    ``signature``, its ``words`` in the index, where they are known already, and the number ``article_id``; None: the
    next one.
    """
    assert not isinstance(decision, Rejected)
    if isinstance(decision, Unchanged):
        return seen_again(session.get_one(ArticleRow, decision.of), article.capture)
    if isinstance(decision, Revision):
        row = revised(session, article, decision, capture_id)
        session.flush()
    else:
        copied = decision.of if isinstance(decision, Duplicate) else None
        place = Place(held=held, copied=copied, number=article_id or next_number(session))
        row = added(session, article, place, capture_id, signature=signature, now=now)
    index(session, row, is_new=not isinstance(decision, Revision), words=words)
    return row


def index(session: Session, row: ArticleRow, *, is_new: bool = False, words: bytes | None = None) -> None:
    """Make the article findable as it reads now; a new one has nothing in the index yet. ``words``: as in
    :func:`archive.textindex.write_index`."""
    write_index(
        session.connection(),
        is_new=is_new,
        words=words,
        article_id=row.id,
        title=row.title,
        text=row.text,
        authors=row.authors,
        description=row.description,
        tags=row.tags,
        lang=row.lang,
    )


def seen_again(row: ArticleRow, capture: Capture) -> ArticleRow:
    """The row of an article that a capture shows as it is held; it is live if that is the latest news of it.

    An older capture (a WARC imported late) says that it was there earlier than we knew.
    """
    row.first_seen_at = min(row.first_seen_at, capture.captured_at)
    if capture.captured_at >= row.last_seen_at:
        row.last_seen_at, row.state = capture.captured_at, "live"
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Of a stored article what a look at its page needs, without its text."""

    id: int
    extractor: str
    payload_digest: str
    """Of the capture that its text was read from."""
    first_seen_at: datetime
    last_seen_at: datetime
    state: str


def held_as(session: Session, article_id: int) -> Held:
    """The stored article of this number, which there must be."""
    return Held(**session.connection().execute(HELD, {"number": article_id}).mappings().one())


def note_seen(session: Session, held: Held, at: datetime) -> None:
    """:func:`seen_again` without loading the article."""
    is_latest = at >= held.last_seen_at
    values = {
        "number": held.id,
        "first": min(held.first_seen_at, at),
        "last": at if is_latest else held.last_seen_at,
        "now_is": "live" if is_latest else held.state,
    }
    session.connection().execute(SEEN, values)


def revised(session: Session, article: Article, decision: Revision, capture_id: int) -> ArticleRow:
    """The row as the article reads now; what it read before is in its revisions."""
    row, capture = session.get_one(ArticleRow, decision.of), article.capture
    before = session.get_one(CaptureRow, row.capture_id)
    for name, value in content_of(article).items():
        setattr(row, name, value)
    row.revision_count += 1
    row.capture_id = capture_id
    seen_again(row, capture)
    kind = "extraction" if before.payload_digest == capture.payload_digest else "edit"
    session.add(revision_of(row, kind=kind, changed=decision.changed, seen_at=capture.captured_at))
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a new article goes."""

    number: int
    held: Mapping[str, Alias]
    """Its addresses that lead to stored articles."""
    copied: int | None
    """The article that it copies."""


def added(
    session: Session, article: Article, place: Place, capture_id: int, *, signature: bytes, now: datetime
) -> ArticleRow:
    """The row of an article not held before, in the story of the one it copies or in its own.

    Written without the ORM, as its first revision is: the session knows neither.
    """
    address, key = own_address(article, place.held)
    if place.copied is None:
        story_id = new_story(session, number=place.number, now=now)
    else:
        story_id = story_of(session, place.copied)
    seen_at = article.capture.captured_at
    values = {
        "id": place.number,
        "source_id": article.source_id,
        "canonical_url": address,
        "url_key": key,
        "state": "live",
        "first_seen_at": seen_at,
        "last_seen_at": seen_at,
        "revision_count": 1,
        "story_id": story_id,
        "capture_id": capture_id,
        "signature": signature,
        **content_of(article),
    }
    row = ArticleRow(**values)
    connection = session.connection()
    connection.execute(ADD, values)
    connection.execute(ADD_REVISION, revision_values(row, kind="first", changed=(), seen_at=seen_at))
    return row


def next_number(session: Session) -> int:
    """The number of the next article: never one that an article had, also when that was forgotten (its story's row
    stays). The one write lock is held."""
    if session.connection().dialect.name == "postgresql":
        return int(session.execute(text("SELECT nextval(pg_get_serial_sequence('article', 'id'))")).scalar_one())
    return max(number or 0 for number in session.connection().execute(HIGHEST).one()) + 1


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


def own_address(article: Article, held: Mapping[str, Alias]) -> tuple[str, str]:
    """(address, key): where the page was met when the address it names for itself is another article's.

    Templates name one address for every page by mistake; the decision that it is not that article is made by then.
    """
    if article.url_key not in held:
        return article.canonical_url, article.url_key
    return canonical_url(article.capture.target_uri), url_key(article.capture.target_uri)


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
    return RevisionRow(**revision_values(row, kind=kind, changed=changed, seen_at=seen_at))


def revision_values(row: ArticleRow, *, kind: str, changed: tuple[str, ...], seen_at: datetime) -> dict[str, object]:
    """Its columns."""
    return {
        "article_id": row.id,
        "number": row.revision_count,
        "kind": kind,
        "changed": list(changed),
        "title": row.title,
        "text": row.text,
        "text_digest": row.text_digest,
        "authors": row.authors,
        "published_at": row.published_at,
        "modified_at": row.modified_at,
        "extractor": row.extractor,
        "capture_id": row.capture_id,
        "seen_at": seen_at,
    }
