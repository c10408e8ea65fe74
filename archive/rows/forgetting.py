"""Forgetting an address: what the archive has of it, and taking all of it out of the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Table, delete, or_, select, update
from sqlalchemy.orm import Session

from archive.database import reading, writing
from archive.digests import text_digest
from archive.model import Capture, Locator
from archive.rows.aliases import key_or_none
from archive.rows.captures import key_of
from archive.rows.forgotten import key_digest, remember_to_forget
from archive.rows.kinship import drop_sketch
from archive.rows.stories import new_story, refresh_story, settle
from archive.schema import (
    AliasRow,
    ArticleRow,
    Base,
    CaptureRow,
    FrontierRow,
    OutcomeRow,
    RevisionRow,
    TemplateBlockRow,
)
from archive.textindex import delete_index

AT_ONCE = 500  # addresses a query
MEETINGS = ("requested", "guid")  # kinds of aliases under which the article itself was met; others are claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the archive has of an address. ``keys`` are those of every address that is forgotten with it."""

    keys: frozenset[str]
    urls: tuple[str, ...]
    article_ids: tuple[int, ...]
    captures: tuple[tuple[str, str], ...]
    """(record id, file) of each capture that goes."""
    heirs: tuple[tuple[str, str], ...]
    """(record id, record id of its original) of revisits that stay and whose original goes."""
    source_ids: frozenset[str] = frozenset()
    """Sources that announced or captured it."""
    naming: tuple[tuple[str, str], ...] = ()
    """(record id, file) of feeds, sitemaps and listings that go because they name it, or hold its text."""
    pictures: tuple[str, ...] = ()
    """Addresses of pictures that its pages show; other pages may show them, too."""
    beside: tuple[str, ...] = ()
    """Addresses of styles and fonts that its pages need and that stay."""


def held_of(engine: Engine, url: str) -> Held:
    """What would be forgotten with this address. Raises ``ValueError`` for what is no web address."""
    key = key_or_none(url)
    if key is None:
        raise ValueError(f"not a web address: {url!r}")
    with reading(engine) as session:
        article_ids = articles_at(session, key)
        aliases = session.execute(
            select(AliasRow.url_key, AliasRow.url).where(
                AliasRow.article_id.in_(article_ids), AliasRow.kind.in_(MEETINGS)
            )
        ).all()
        own = session.execute(
            select(ArticleRow.url_key, ArticleRow.canonical_url).where(ArticleRow.id.in_(article_ids))
        ).all()
        keys = {key, *(row[0] for row in (*aliases, *own))}
        rows = list(captures_at(session, keys, article_ids))
        keys |= {row.url_key for row in rows}
        ids = [row.warc_record_id for row in rows]
        heirs = session.execute(
            select(CaptureRow.warc_record_id, CaptureRow.revisit_of)
            .where(CaptureRow.revisit_of.in_(ids), CaptureRow.warc_record_id.not_in(ids))
            .order_by(CaptureRow.captured_at, CaptureRow.id)
        ).all()
        return Held(
            keys=frozenset(keys),
            urls=tuple(dict.fromkeys([url, *(row[1] for row in own), *(row.target_uri for row in rows)])),
            article_ids=tuple(article_ids),
            captures=tuple((row.warc_record_id, row.filename) for row in rows),
            heirs=tuple((row[0], str(row[1])) for row in heirs),
            source_ids=frozenset((*(row.source_id for row in rows), *announced_by(session, keys))),
        )


def announced_by(session: Session, keys: Collection[str]) -> set[str]:
    """Sources in whose feeds, sitemaps and listings one of these addresses stood."""
    return set(session.scalars(select(FrontierRow.source_id).where(FrontierRow.url_key.in_(keys))))


def endpoint_payloads(engine: Engine, source_ids: Collection[str]) -> list[tuple[str, Locator]]:
    """(payload digest, where it stands) of what these sources' feeds, sitemaps and listings answered, each once."""
    columns = (CaptureRow.payload_digest, CaptureRow.filename, CaptureRow.offset, CaptureRow.length)
    query = select(*columns).where(
        CaptureRow.source_id.in_(source_ids), *is_endpoint(), CaptureRow.revisit_of.is_(None)
    )
    with reading(engine) as session:
        rows = session.execute(query.order_by(CaptureRow.id)).all()
    return [(row[0], Locator(filename=row[1], offset=row[2], length=row[3])) for row in rows]


def endpoints_with(engine: Engine, digests: Collection[str]) -> tuple[tuple[str, str], ...]:
    """(record id, file) of every endpoint's capture with one of these payloads, revisits too."""
    query = select(CaptureRow.warc_record_id, CaptureRow.filename).where(*is_endpoint())
    with reading(engine) as session:
        rows = session.execute(query.where(CaptureRow.payload_digest.in_(digests)))
        return tuple((row[0], row[1]) for row in rows)


def requisites_held(engine: Engine, urls: Collection[str], *kinds: str) -> tuple[str, ...]:
    """Those of the addresses under which something of these kinds lies (the beginnings of MIME types), in order.

    A page may name anything as its picture: a feed, a front page or an article of somebody else is none.
    """
    found: set[str] = set()
    asked = sorted(urls)
    is_kind = or_(*(CaptureRow.mime_type.startswith(kind, autoescape=True) for kind in kinds))
    with reading(engine) as session:
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            keys = {key for url in some if (key := key_or_none(url)) is not None}
            held = select(CaptureRow.target_uri).where(CaptureRow.url_key.in_(keys), *is_endpoint(), is_kind)
            found |= set(session.scalars(held)).intersection(some)
    return tuple(sorted(found))


def is_endpoint() -> tuple[ColumnElement[bool], ...]:
    """A whole answer that no article and no outcome of a page goes back to."""
    settled = select(OutcomeRow.capture_id).where(OutcomeRow.capture_id == CaptureRow.id).exists()
    return CaptureRow.status == 200, CaptureRow.article_id.is_(None), ~settled


def articles_at(session: Session, key: str) -> list[int]:
    """Articles met under the address, or that have it as their own; not those that only claim it."""
    met = select(AliasRow.article_id).where(AliasRow.url_key == key, AliasRow.kind.in_((*MEETINGS, "redirect")))
    own = select(ArticleRow.id).where(ArticleRow.url_key == key)
    return sorted({*session.scalars(met), *session.scalars(own)})


def captures_at(session: Session, keys: Collection[str], article_ids: Collection[int]) -> Iterator[CaptureRow]:
    """Captures of these articles and addresses, and of the redirects that led to them; none of another article."""
    shown = session.scalars(
        select(CaptureRow).where(
            or_(
                CaptureRow.article_id.in_(article_ids),
                CaptureRow.url_key.in_(keys) & CaptureRow.article_id.is_(None),
            )
        )
    ).all()
    yield from shown
    mentions = Counter(key_of(stop) for row in shown for stop in row.redirected_from)
    hops = defaultdict(list)
    for row in session.scalars(
        select(CaptureRow).where(
            CaptureRow.url_key.in_(mentions), CaptureRow.status.between(300, 399), CaptureRow.article_id.is_(None)
        )
    ):
        hops[row.url_key].append(row)
    shown_ids = {row.id for row in shown}
    for key, rows in hops.items():
        if len(rows) <= mentions[key]:  # else other articles came this way, too: a consent page, say
            yield from (row for row in rows if row.id not in shown_ids)


def forget_rows(engine: Engine, held: Held, *, reason: str, at: datetime) -> None:
    """Take it all out of the database, in one transaction, and remember the digests of its keys."""
    ids = list(held.article_ids)
    record_ids = [record_id for record_id, _ in (*held.captures, *held.naming)]
    with writing(engine) as session:
        if engine.dialect.name == "sqlite":
            session.connection().exec_driver_sql("PRAGMA secure_delete = ON")
        stories = list(session.scalars(select(ArticleRow.story_id).where(ArticleRow.id.in_(ids))))
        capture_ids = list(session.scalars(select(CaptureRow.id).where(CaptureRow.warc_record_id.in_(record_ids))))
        session.execute(update(CaptureRow).where(CaptureRow.article_id.in_(ids)).values(article_id=None))
        session.execute(
            update(ArticleRow)
            .where(ArticleRow.duplicate_of.in_(ids))
            .values(duplicate_of=None, duplicate_reason=None, relation=None, similarity=None)
        )
        told = or_(OutcomeRow.capture_id.in_(capture_ids), OutcomeRow.url.in_(held.urls))
        session.execute(delete(OutcomeRow).where(told))
        announced = or_(FrontierRow.url_key.in_(held.keys), FrontierRow.article_id.in_(ids))
        session.execute(delete(FrontierRow).where(announced))
        for article_id, signature in session.execute(
            select(ArticleRow.id, ArticleRow.signature).where(ArticleRow.id.in_(ids))
        ).all():
            delete_index(session.connection(), article_id)
            drop_sketch(session, article_id, signature)
        forget_words(session, ids)
        for table, column in referring("article"):
            if table.name not in ("article", "capture", "frontier"):
                session.execute(delete(table).where(table.c[column].in_(ids)))
        session.execute(delete(ArticleRow).where(ArticleRow.id.in_(ids)))
        session.execute(delete(CaptureRow).where(CaptureRow.id.in_(capture_ids)))
        settle_without(session, stories, now=at)
        remember_to_forget(session, map(key_digest, held.keys), reason=reason, at=at)


def forget_words(session: Session, article_ids: Collection[int]) -> None:
    """Take the articles' paragraphs out of what was learned of their sources, unless others had them, too."""
    said = session.execute(
        select(ArticleRow.source_id, RevisionRow.text)
        .join(RevisionRow, RevisionRow.article_id == ArticleRow.id)
        .where(ArticleRow.id.in_(article_ids))
    ).all()
    for source_id, text in said:
        session.execute(
            delete(TemplateBlockRow).where(
                TemplateBlockRow.source_id == source_id,
                TemplateBlockRow.text_digest.in_([text_digest(paragraph) for paragraph in text.split("\n\n")]),
                TemplateBlockRow.state == "learned",
                TemplateBlockRow.article_count <= 1.0,  # sightings: only here
            )
        )


def referring(target: str) -> Iterator[tuple[Table, str]]:
    """(table, column) of every foreign key that leads to a table."""
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table.name == target:
                yield table, key.parent.name


def settle_without(session: Session, stories: Collection[int], *, now: datetime) -> None:
    """The stories without the forgotten articles: other representatives, several stories, or none. A story's row stays
    when nothing is in it, so that its number is never given again."""
    left = list(session.scalars(select(ArticleRow.id).where(ArticleRow.story_id.in_(stories))))
    settle(session, left, now=now)
    for story_id in stories:
        new_story(session, number=story_id, now=now)
        refresh_story(session, story_id)


def move_captures(engine: Engine, captures: Iterable[Capture]) -> None:
    """The records of these captures stand elsewhere now, or point at another original."""
    with writing(engine) as session:
        for capture in captures:
            session.execute(
                update(CaptureRow)
                .where(CaptureRow.warc_record_id == capture.warc_record_id)
                .values(
                    filename=capture.locator.filename,
                    offset=capture.locator.offset,
                    length=capture.locator.length,
                    revisit_of=capture.revisit_of,
                )
            )


def locators_of(engine: Engine, record_ids: Collection[str]) -> dict[str, Locator]:
    """Record id → where it stands."""
    columns = (CaptureRow.warc_record_id, CaptureRow.filename, CaptureRow.offset, CaptureRow.length)
    with reading(engine) as session:
        rows = session.execute(select(*columns).where(CaptureRow.warc_record_id.in_(list(record_ids))))
        return {row[0]: Locator(filename=row[1], offset=row[2], length=row[3]) for row in rows}
