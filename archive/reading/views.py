"""An article as a value to show, with its addresses, captures, revisions and copies. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, case, func, or_, select

from archive.model import Likeness, Relation
from archive.reading.spread import Copy, copies
from archive.rows.kinship import relation
from archive.schema import (
    AliasRow,
    ArticleRow,
    CaptureRow,
    FrontierRow,
    LikenessRow,
    RevisionRow,
    SourceRow,
)
from archive.urls import url_key


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasView:
    """An address under which the article was met. ``kind`` as in ``archive.model.AliasKind``."""

    kind: str
    url: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureView:
    """A capture of the article and where its record is."""

    id: int
    captured_at: datetime
    target_uri: str
    redirected_from: tuple[str, ...]
    status: int
    warc_record_id: str
    filename: str
    offset: int
    length: int
    payload_digest: str
    revisit_of: str | None
    truncated: str | None
    run_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionView:
    """A state of the article. ``warc_record_id`` is the evidence it was read from."""

    number: int
    kind: str
    changed: tuple[str, ...]
    title: str
    text: str
    authors: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    text_digest: str
    extractor: str
    seen_at: datetime
    warc_record_id: str | None
    replaced: dict[str, Any] | None  # Any: JSON values
    """Of an extraction: what its other changed fields (description, section…) said before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KinView:
    """An article whose text is like this one's, in its story or not: shares of their shingles, 0 to 1."""

    id: int
    source_id: str
    title: str
    relation: Relation
    """What this article is to that one: identical | light_edit | excerpt | contains."""
    contained: float
    """Share of this text that is in the other."""
    containing: float
    """Share of the other that is in this one."""
    resemblance: float
    is_joining: bool
    """It makes them one story; False for a round-up and its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """How an address of the article was found."""

    url: str
    discovered_via: str
    endpoint_url: str
    discovered_at: datetime
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article and all that is known of it; oldest first in every list."""

    id: int
    source_id: str
    source_name: str
    url: str
    url_key: str
    title: str
    text: str
    authors: tuple[str, ...]
    published_at: datetime | None
    published_at_precision: str
    published_at_origin: str | None
    published_at_offset_minutes: int | None
    modified_at: datetime | None
    lang: str | None
    description: str | None
    lead_image_url: str | None
    lead_image_width: int | None
    lead_image_height: int | None
    lead_image_caption: str | None
    lead_image_credit: str | None
    section: str | None
    credit_line: str | None
    credit_url: str | None
    is_live_blog: bool | None
    is_press_release: bool | None
    canonical_link: str | None
    tags: tuple[str, ...]
    is_paywalled: bool | None
    word_count: int
    text_digest: str
    extractor: str
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    revision_count: int
    story_id: int
    duplicate_of: int | None
    duplicate_reason: str | None
    relation: str | None
    similarity: float | None
    aliases: tuple[AliasView, ...]
    announcements: tuple[Announcement, ...]
    captures: tuple[CaptureView, ...]
    revisions: tuple[RevisionView, ...]
    copies: tuple[Copy, ...]
    """The other articles of the story, first published first."""
    kin: tuple[KinView, ...]


def article_view(connection: Connection, article_id: int) -> ArticleView | None:
    """An article by id; None when there is none."""
    row = connection.execute(article_query(), {"article_id": article_id}).mappings().one_or_none()
    if row is None:
        return None
    plain = {key: value for key, value in row.items() if key not in ("canonical_url", "authors", "tags")}
    return ArticleView(
        **plain,
        url=row["canonical_url"],
        authors=tuple(row["authors"]),
        tags=tuple(row["tags"]),
        aliases=aliases_of(connection, article_id),
        announcements=announcements_of(connection, article_id),
        captures=captures_of(connection, article_id),
        revisions=revisions_of(connection, article_id),
        copies=tuple(one for one in copies(connection, row["story_id"]) if one.id != article_id),
        kin=kin_of(connection, article_id),
    )


# Statements are made once: making them takes longer than asking them, and a page asks eight.


ARTICLE_ID: BindParameter[int] = bindparam("article_id")


@lru_cache(maxsize=1)
def article_query() -> Select[*tuple[Any, ...]]:  # Any: the columns of a view, here and below
    wanted = {*ArticleView.__dataclass_fields__, "canonical_url"}
    columns = [column for column in ArticleRow.__table__.columns if column.name in wanted]
    name = func.coalesce(SourceRow.name, ArticleRow.source_id).label("source_name")
    statement = select(*columns, name).outerjoin(SourceRow, SourceRow.id == ArticleRow.source_id)
    return statement.where(ArticleRow.id == ARTICLE_ID)


def article_id_of(connection: Connection, name: str) -> int | None:
    """The id of the article a person names by its id or by any of its addresses; None when there is none."""
    if name.isascii() and name.isdecimal():
        number = int(name[:20])
        if number >= 2**63:  # beyond what either engine can hold
            return None
        return connection.execute(select(ArticleRow.id).where(ArticleRow.id == number)).scalar()
    try:
        key = url_key(name)
    except ValueError:
        return None
    by_alias = connection.execute(select(AliasRow.article_id).where(AliasRow.url_key == key)).scalar()
    if by_alias is not None:
        return by_alias
    return connection.execute(select(ArticleRow.id).where(ArticleRow.url_key == key).order_by(ArticleRow.id)).scalar()


def aliases_of(connection: Connection, article_id: int) -> tuple[AliasView, ...]:
    rows = connection.execute(aliases_query(), {"article_id": article_id}).mappings()
    return tuple(AliasView(**row) for row in rows)


@lru_cache(maxsize=1)
def aliases_query() -> Select[*tuple[Any, ...]]:
    statement = select(AliasRow.kind, AliasRow.url, AliasRow.first_seen_at).order_by(AliasRow.id)
    return statement.where(AliasRow.article_id == ARTICLE_ID)


def announcements_of(connection: Connection, article_id: int) -> tuple[Announcement, ...]:
    rows = connection.execute(announcements_query(), {"article_id": article_id}).mappings()
    return tuple(Announcement(**row) for row in rows)


@lru_cache(maxsize=1)
def announcements_query() -> Select[*tuple[Any, ...]]:
    columns = [getattr(FrontierRow, name) for name in Announcement.__dataclass_fields__]
    return select(*columns).where(FrontierRow.article_id == ARTICLE_ID).order_by(FrontierRow.id)


def captures_of(connection: Connection, article_id: int) -> tuple[CaptureView, ...]:
    rows = connection.execute(captures_query(), {"article_id": article_id}).mappings()
    return tuple(CaptureView(**{**row, "redirected_from": tuple(row["redirected_from"])}) for row in rows)


@lru_cache(maxsize=1)
def captures_query() -> Select[*tuple[Any, ...]]:
    statement = select(*(getattr(CaptureRow, name) for name in CaptureView.__dataclass_fields__))
    return statement.where(CaptureRow.article_id == ARTICLE_ID).order_by(CaptureRow.captured_at, CaptureRow.id)


def revisions_of(connection: Connection, article_id: int) -> tuple[RevisionView, ...]:
    rows = connection.execute(revisions_query(), {"article_id": article_id}).mappings()
    return tuple(
        RevisionView(**{**row, "changed": tuple(row["changed"]), "authors": tuple(row["authors"])}) for row in rows
    )


@lru_cache(maxsize=1)
def revisions_query() -> Select[*tuple[Any, ...]]:
    names = [name for name in RevisionView.__dataclass_fields__ if name != "warc_record_id"]
    return (
        select(*(getattr(RevisionRow, name) for name in names), CaptureRow.warc_record_id)
        .outerjoin(CaptureRow, CaptureRow.id == RevisionRow.capture_id)
        .where(RevisionRow.article_id == ARTICLE_ID)
        .order_by(RevisionRow.number)
    )


def kin_of(connection: Connection, article_id: int) -> tuple[KinView, ...]:
    """Articles with like texts, most alike first."""
    return tuple(kin_view(row, article_id) for row in connection.execute(kin_query(), {"article_id": article_id}))


@lru_cache(maxsize=1)
def kin_query() -> Select[*tuple[Any, ...]]:
    other = case((LikenessRow.article_id == ARTICLE_ID, LikenessRow.other_id), else_=LikenessRow.article_id)
    return (
        select(LikenessRow.__table__, ArticleRow.id, ArticleRow.source_id, ArticleRow.title)
        .join(ArticleRow, ArticleRow.id == other)
        .where(or_(LikenessRow.article_id == ARTICLE_ID, LikenessRow.other_id == ARTICLE_ID))
        .order_by(LikenessRow.resemblance.desc(), ArticleRow.id)
    )


def kin_view(row: Row[Any], article_id: int) -> KinView:  # Any: the columns of kin_of
    """The link as seen from one of its articles."""
    shares = (row.contained, row.containing)
    contained, containing = shares if row.article_id == article_id else shares[::-1]
    said = Likeness(contained=contained, containing=containing, resemblance=row.resemblance)
    return KinView(
        id=row.id,
        source_id=row.source_id,
        title=row.title,
        relation=relation(said),
        contained=contained,
        containing=containing,
        resemblance=row.resemblance,
        is_joining=row.is_joining,
    )
