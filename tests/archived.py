"""Rows of a small archive for tests of the reading side: one call an article, written as the store writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import Connection, insert, select, update

from archive.digests import digest_of, text_digest
from archive.model import Locator
from archive.schema import AliasRow, ArticleRow, CaptureRow, RevisionRow, RunRow, SourceRow, StoryRow
from archive.textindex import write_index
from archive.urls import url_key
from archive.words import word_count

SEEN = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


def a_source(
    connection: Connection, source_id: str, *, name: str = "", kind: str = "trade", country: str = "US"
) -> None:
    """A source, unless it is there."""
    if connection.execute(select(SourceRow.id).where(SourceRow.id == source_id)).scalar() is None:
        connection.execute(
            insert(SourceRow).values(
                id=source_id,
                name=name or source_id.upper(),
                publisher_kind=kind,
                homepage=f"https://{source_id}.example/",
                language="en",
                country=country,
                status="active",
                host_group=source_id,
                updated_at=SEEN,
            )
        )


def a_run(connection: Connection) -> int:
    """The one run everything was captured in."""
    run_id = connection.execute(select(RunRow.id)).scalar()
    if run_id is not None:
        return run_id
    values = {"command": "crawl", "state": "finished", "started_at": SEEN, "ended_at": SEEN, "exit_code": 0}
    made = connection.execute(insert(RunRow).values(**values, software="Perilune/test", stats={}))
    return made.inserted_primary_key[0]


def a_capture(
    connection: Connection,
    *,
    source_id: str,
    url: str,
    record_id: str,
    payload_digest: str = "",
    locator: Locator | None = None,
    article_id: int | None = None,
    revisit_of: str | None = None,
    captured_at: datetime = SEEN,
    status: int = 200,
) -> int:
    locator = locator or Locator(filename="test.warc.gz", offset=0, length=1)
    made = connection.execute(
        insert(CaptureRow).values(
            run_id=a_run(connection),
            source_id=source_id,
            target_uri=url,
            url_key=url_key(url),
            redirected_from=[],
            status=status,
            mime_type="text/html",
            captured_at=captured_at,
            warc_record_id=record_id,
            payload_digest=payload_digest or digest_of(url.encode()),
            filename=locator.filename,
            offset=locator.offset,
            length=locator.length,
            article_id=article_id,
            revisit_of=revisit_of,
        )
    )
    return made.inserted_primary_key[0]


def an_archived(
    connection: Connection,
    *,
    title: str = "A title",
    text: str = "A text.",
    source: str = "alpha",
    url: str | None = None,
    authors: Sequence[str] = (),
    published_at: datetime | None = None,
    precision: str = "second",
    lang: str | None = "en",
    description: str | None = None,
    tags: Sequence[str] = (),
    image: str | None = None,
    particulars: Mapping[str, object] = MappingProxyType({}),
    state: str = "live",
    duplicate_of: int | None = None,
    capture_id: int | None = None,
    aliases: Sequence[tuple[str, str]] = (),
) -> int:
    """An article with its capture, first revision, aliases and place in the index. The id of its row."""
    a_source(connection, source)
    count = len(connection.execute(select(ArticleRow.id)).all())
    url = url or f"https://{source}.example/{count + 1}"
    if capture_id is None:
        capture_id = a_capture(connection, source_id=source, url=url, record_id=f"<urn:uuid:{count}>")
    if duplicate_of is None:
        story_id = count + 1
        connection.execute(insert(StoryRow).values(id=story_id, created_at=SEEN))
    else:
        story_id = connection.execute(select(ArticleRow.story_id).where(ArticleRow.id == duplicate_of)).scalar_one()
    shared = {
        "title": title,
        "text": text,
        "authors": list(authors),
        "published_at": published_at,
        "modified_at": None,
        "text_digest": text_digest(text),
        "extractor": "test 1",
        "capture_id": capture_id,
    }
    made = connection.execute(
        insert(ArticleRow).values(
            **shared,
            source_id=source,
            canonical_url=url,
            url_key=url_key(url),
            published_at_precision=precision if published_at else "unknown",
            lang=lang,
            description=description,
            lead_image_url=image,
            **particulars,
            tags=list(tags),
            word_count=word_count(text),
            signature=b"",
            state=state,
            first_seen_at=SEEN,
            last_seen_at=SEEN,
            revision_count=1,
            story_id=story_id,
            duplicate_of=duplicate_of,
            duplicate_reason="same_text" if duplicate_of else None,
            relation="identical" if duplicate_of else None,
            similarity=1.0 if duplicate_of else None,
        )
    )
    article_id = made.inserted_primary_key[0]
    connection.execute(update(CaptureRow).where(CaptureRow.id == capture_id).values(article_id=article_id))
    connection.execute(
        insert(RevisionRow).values(**shared, article_id=article_id, number=1, kind="first", changed=[], seen_at=SEEN)
    )
    for kind, address in (("requested", url), *aliases):
        an_alias(connection, article_id, kind, address)
    write_index(
        connection,
        article_id=article_id,
        title=title,
        text=text,
        authors=authors,
        description=description,
        tags=tags,
        lang=lang,
    )
    return article_id


def an_alias(connection: Connection, article_id: int, kind: str, address: str) -> None:
    key = address if kind == "guid" else url_key(address)
    connection.execute(
        insert(AliasRow).values(url_key=key, url=address, kind=kind, article_id=article_id, first_seen_at=SEEN)
    )


def a_revision(connection: Connection, article_id: int, *, text: str, seen_at: datetime, kind: str = "edit") -> None:
    """The article's text changes; the index follows."""
    article = connection.execute(select(ArticleRow.__table__).where(ArticleRow.id == article_id)).one()
    number = article.revision_count + 1
    changes = {"text": text, "text_digest": text_digest(text)}
    counted = {"word_count": word_count(text), "revision_count": number}
    connection.execute(
        insert(RevisionRow).values(
            **changes,
            article_id=article_id,
            number=number,
            kind=kind,
            changed=["text"],
            title=article.title,
            authors=article.authors,
            published_at=article.published_at,
            modified_at=None,
            extractor="test 1",
            capture_id=article.capture_id,
            seen_at=seen_at,
        )
    )
    connection.execute(update(ArticleRow).where(ArticleRow.id == article_id).values(**changes, **counted))
    write_index(
        connection,
        article_id=article_id,
        title=article.title,
        text=text,
        authors=article.authors,
        description=article.description,
        tags=article.tags,
        lang=article.lang,
    )
