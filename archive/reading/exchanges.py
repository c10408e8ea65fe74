"""Captures as evidence to be handed on: which ones an article has, and which belong with a capture in replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from archive.errors import StoreError
from archive.evidence.requisites import CSS_TYPE
from archive.model import Locator
from archive.query import Query
from archive.reading.matching import condition
from archive.rows.captures import key_of
from archive.schema import ArticleRow, CaptureRow, ForgottenRow, RevisionRow

BATCH_ROWS = 200  # articles in memory at once
REDIRECTS = range(300, 400)
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A capture as it is held: what was asked, what came, and where its record stands."""

    id: int
    run_id: int
    article_id: int | None
    target_uri: str
    redirected_from: tuple[str, ...]
    status: int
    mime_type: str
    captured_at: datetime
    warc_record_id: str
    revisit_of: str | None
    locator: Locator


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a capture showed as an article: for the list of pages and its search."""

    capture: Held
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An article's captures, oldest first, and which of them brought a new state of it."""

    article_id: int
    captures: tuple[Held, ...]
    shown: tuple[Shown, ...]


def evidence_of(connection: Connection, *, where: Query | None = None, since_id: int = 0) -> Iterator[Evidence]:
    """The evidence of the articles that answer ``where`` (all when None) with an id above ``since_id``, by id.

    Raises ``StoreError`` when the database fails on the way.
    """
    statement = select(ArticleRow.id).where(ArticleRow.id > since_id).order_by(ArticleRow.id)
    if where is not None:
        statement = statement.where(condition(where.root, connection.dialect.name))
    try:
        ids = connection.execution_options(yield_per=BATCH_ROWS).execute(statement).scalars()
        for article_id in ids:
            yield evidence(connection, article_id)
    except SQLAlchemyError as exc:
        raise StoreError(f"the archive can't be read any further: {exc}") from exc


def evidence(connection: Connection, article_id: int) -> Evidence:
    """The evidence of one article."""
    statement = held_captures().where(CaptureRow.article_id == article_id)
    captures = held(connection, statement.order_by(CaptureRow.captured_at, CaptureRow.id))
    by_id = {capture.id: capture for capture in captures}
    texts: dict[int, tuple[str, str]] = {}  # of two readings of one capture the later
    revisions = select(RevisionRow.capture_id, RevisionRow.title, RevisionRow.text)
    for capture_id, title, text in connection.execute(
        revisions.where(RevisionRow.article_id == article_id).order_by(RevisionRow.number)
    ):
        texts[capture_id] = (title, text)
    shown = tuple(
        Shown(capture=by_id[one], title=title, text=text) for one, (title, text) in texts.items() if one in by_id
    )
    return Evidence(article_id=article_id, captures=captures, shown=shown)


def capture_of(connection: Connection, capture_id: int) -> Held | None:
    """A capture by id; None when there is none."""
    return next(iter(held(connection, held_captures().where(CaptureRow.id == capture_id))), None)


def original_of(connection: Connection, capture: Held) -> Held | None:
    """The response that a revisit stands for; None for what is no revisit, and where it is not held."""
    if capture.revisit_of is None:
        return None
    statement = held_captures().where(CaptureRow.warc_record_id == capture.revisit_of)
    return next(iter(held(connection, statement)), None)


def redirects_to(connection: Connection, capture: Held) -> tuple[Held, ...]:
    """The redirects that led to a capture, first asked first; those of its own run."""
    found: list[Held] = []
    for url in capture.redirected_from:
        statement = (
            held_captures()
            .where(CaptureRow.url_key == key_of(url), CaptureRow.target_uri == url, CaptureRow.run_id == capture.run_id)
            .where(CaptureRow.status.between(REDIRECTS.start, REDIRECTS.stop - 1), CaptureRow.status != NOT_MODIFIED)
            .where(CaptureRow.captured_at <= capture.captured_at)
            .order_by(CaptureRow.captured_at.desc(), CaptureRow.id.desc())
            .limit(1)
        )
        found += held(connection, statement)
    return tuple(found)


def nearest(connection: Connection, url: str, at: datetime) -> Held | None:
    """The capture of an address closest in time to ``at`` that can be replayed; None when there is none."""
    shared = (
        held_captures()
        .where(CaptureRow.url_key == key_of(url), CaptureRow.status != NOT_MODIFIED, CaptureRow.status < 400)
        .limit(1)
    )
    is_same = (CaptureRow.target_uri == url).desc()
    before = shared.where(CaptureRow.captured_at <= at).order_by(is_same, CaptureRow.captured_at.desc())
    after = shared.where(CaptureRow.captured_at > at).order_by(is_same, CaptureRow.captured_at)
    found = [*held(connection, before), *held(connection, after)]
    return min(found, key=lambda one: (one.target_uri != url, abs(one.captured_at - at)), default=None)


def holds_requisites(connection: Connection) -> bool:
    """Whether the archive holds a picture or style at all: where not, nobody need look for them page by page."""
    is_one = or_(CaptureRow.mime_type.like("image/%"), CaptureRow.mime_type == CSS_TYPE)
    return connection.execute(select(CaptureRow.id).where(is_one).limit(1)).first() is not None


def as_of(connection: Connection) -> datetime | None:
    """When the newest capture was made; None in an empty archive."""
    return connection.execute(select(func.max(CaptureRow.captured_at))).scalar()


def forgotten(connection: Connection) -> frozenset[str]:
    """Digests of what was forgotten on demand; :func:`archive.rows.forgotten.is_forgotten` asks them."""
    return frozenset(connection.execute(select(ForgottenRow.key_digest)).scalars())


NAMES = (
    "id", "run_id", "article_id", "target_uri", "status", "mime_type", "captured_at", "warc_record_id", "revisit_of",
)  # fmt: skip


def held_captures() -> Select[Any]:  # Any: columns
    columns = [getattr(CaptureRow, name) for name in NAMES]
    return select(*columns, CaptureRow.redirected_from, CaptureRow.filename, CaptureRow.offset, CaptureRow.length)


def held(connection: Connection, statement: Select[Any]) -> tuple[Held, ...]:  # Any: columns
    return tuple(
        Held(
            **{name: row[name] for name in NAMES},
            redirected_from=tuple(row["redirected_from"]),
            locator=Locator(filename=row["filename"], offset=row["offset"], length=row["length"]),
        )
        for row in connection.execute(statement).mappings()
    )
