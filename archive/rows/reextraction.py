"""Articles read again from the capture they were read from: which there are, what differs, and putting it in place.

What an article said before stays: as the revision before, and in ``replaced`` where revisions have no column for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import Engine, Select, and_, func, or_, select

from archive.database import reading, writing
from archive.evidence.notes import Reextraction
from archive.model import Article, Locator, Particulars, TemplateBlock
from archive.rows.aliases import add_aliases, held_aliases
from archive.rows.articles import content_of, index, resettle
from archive.rows.earlier import add_reading, earlier_revisions, record_id_of
from archive.rows.kinship import Comparison
from archive.rows.stories import refresh_story
from archive.rows.templates import known_blocks
from archive.sanitise import clean_json
from archive.schema import ArticleRow, CaptureRow, FrontierRow, OutcomeRow, SourceRow

BATCH_ROWS = 200
IN_REVISIONS = ("title", "text", "authors", "published_at", "modified_at")  # columns of a revision
COMPARED = (
    *IN_REVISIONS,
    "published_at_precision",
    "lang",
    "description",
    *(one.name for one in fields(Particulars)),
    "canonical_link",
    "is_paywalled",
    "tags",
    "wishes",
)

Manner: TypeAlias = Literal["gained", "lost", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A capture to be read again: of an article, or one that was rejected (``article_id`` None)."""

    capture_id: int
    source_id: str
    target_uri: str
    locator: Locator
    article_id: int | None = None
    title: str = ""
    url: str = ""
    """As archived, of an article."""
    is_copy: bool = False
    """The article copies another: nothing is learned from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field as it is archived, and as it is read now."""

    name: str
    before: object
    after: object

    @property
    def manner(self) -> Manner:
        if not self.before:
            return "gained"
        return "changed" if self.after else "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An article beside what is read of it now; ``differences`` is empty when that is the same."""

    words: int
    differences: tuple[Difference, ...]


# Which there are


def held_articles(
    engine: Engine, *, source_ids: Collection[str], since: datetime | None, after: tuple[str, int]
) -> Iterator[Held]:
    """Every article's capture, source by source and by id, those behind ``after`` (source, id)."""
    place = after
    while True:
        source_id, article_id = place
        behind = or_(
            ArticleRow.source_id > source_id, and_(ArticleRow.source_id == source_id, ArticleRow.id > article_id)
        )
        query = articles_asked_for(source_ids, since).where(behind)
        with reading(engine) as session:
            rows = session.execute(query.order_by(ArticleRow.source_id, ArticleRow.id).limit(BATCH_ROWS)).all()
        for row in rows:
            yield Held(
                capture_id=row.capture_id,
                source_id=row.source_id,
                target_uri=row.target_uri,
                locator=Locator(filename=row.filename, offset=row.offset, length=row.length),
                article_id=row.id,
                title=row.title,
                url=row.canonical_url,
                is_copy=row.duplicate_of is not None,
            )
        if not rows:
            return
        place = (rows[-1].source_id, rows[-1].id)


def articles_asked_for(source_ids: Collection[str], since: datetime | None) -> Select[*tuple[Any, ...]]:  # Any: columns
    query = select(
        ArticleRow.id,
        ArticleRow.source_id,
        ArticleRow.capture_id,
        ArticleRow.duplicate_of,
        ArticleRow.title,
        ArticleRow.canonical_url,
        CaptureRow.target_uri,
        CaptureRow.filename,
        CaptureRow.offset,
        CaptureRow.length,
    ).join(CaptureRow, CaptureRow.id == ArticleRow.capture_id)
    if source_ids:
        query = query.where(ArticleRow.source_id.in_(source_ids))
    return query if since is None else query.where(CaptureRow.captured_at >= since)


def rejected_captures(
    engine: Engine, *, source_ids: Collection[str], since: datetime | None, after: int
) -> Iterator[Held]:
    """The latest capture of each address that was rejected and leads to no article, by id, those behind ``after``."""
    latest = (
        select(func.max(CaptureRow.id).label("id"))
        .join(OutcomeRow, OutcomeRow.capture_id == CaptureRow.id)
        .outerjoin(FrontierRow, FrontierRow.url_key == CaptureRow.url_key)
        .where(
            OutcomeRow.outcome == "rejected",
            OutcomeRow.reason != "forgotten",
            CaptureRow.article_id.is_(None),
            FrontierRow.article_id.is_(None),
        )
        .group_by(CaptureRow.url_key)
        .subquery()
    )
    query = select(CaptureRow).join(latest, latest.c.id == CaptureRow.id).order_by(CaptureRow.id).limit(BATCH_ROWS)
    if source_ids:
        query = query.where(CaptureRow.source_id.in_(source_ids))
    if since is not None:
        query = query.where(CaptureRow.captured_at >= since)
    while True:
        with reading(engine) as session:
            held = [
                Held(
                    capture_id=row.id,
                    source_id=row.source_id,
                    target_uri=row.target_uri,
                    locator=Locator(filename=row.filename, offset=row.offset, length=row.length),
                )
                for row in session.scalars(query.where(CaptureRow.id > after))
            ]
        yield from held
        if not held:
            return
        after = held[-1].capture_id


def count_articles(engine: Engine, *, source_ids: Collection[str], since: datetime | None) -> int:
    """How many :func:`held_articles` gives from the start."""
    with reading(engine) as session:
        asked_for = articles_asked_for(source_ids, since).subquery()
        return session.scalar(select(func.count()).select_from(asked_for)) or 0


def source_names(engine: Engine) -> list[tuple[str, str, str | None, str | None]]:
    """(id, name, language, country) of every source of the archive."""
    with reading(engine) as session:
        query = select(SourceRow.id, SourceRow.name, SourceRow.language, SourceRow.country)
        return [(row.id, row.name, row.language, row.country) for row in session.execute(query)]


def template_known(engine: Engine, source_id: str, digests: Collection[str]) -> tuple[dict[str, TemplateBlock], int]:
    """What is known of these blocks of a source, by digest, and from how many articles it has learned."""
    with reading(engine) as session:
        source = session.get(SourceRow, source_id)
        learned = 0 if source is None else source.learned_articles
        return known_blocks(session, source_id, digests), learned


# What differs


def compared(engine: Engine, held: Held, article: Article) -> Compared | None:
    """The stored article beside what was read of its capture now; None when it has another capture by now."""
    with reading(engine) as session:
        row = session.get(ArticleRow, held.article_id)
        if row is None or row.capture_id != held.capture_id:
            return None
        return Compared(words=row.word_count, differences=tuple(differences(row, article)))


def differences(row: ArticleRow, article: Article) -> Iterator[Difference]:
    """The fields that differ; what is nothing on both sides (None, no text, no members) does not."""
    for name in COMPARED:
        before, after = getattr(row, name), getattr(article, name)
        after = list(after) if isinstance(after, tuple) else after
        if before != after and (before or after):
            yield Difference(name=name, before=before, after=after)


# Putting it in place


def put_in_place(
    engine: Engine,
    held: Held,
    article: Article,
    *,
    met: Article,
    comparison: Comparison,
    keep: Callable[[Reextraction], None],
    now: datetime,
) -> bool:
    """Have the article as it is read now, as a revision of our reading; False when nothing differs (any more).

    ``met`` is the article as extracted, with every address that its page names. ``keep`` notes beside the evidence
    what it said before: it comes before the commit, since a note too many does no harm in a rebuild.
    """
    with writing(engine) as session:
        row = session.get(ArticleRow, held.article_id)
        if row is None or row.capture_id != held.capture_id:
            return False  # forgotten, or edited by its publisher, in the meantime
        found = list(differences(row, article))
        if not found:
            return False
        earlier = earlier_revisions(session, row.id)
        for name, value in content_of(article).items():
            setattr(row, name, value)
        changed = tuple(one.name for one in found)
        replaced = {one.name: clean_json(one.before) for one in found if one.name not in IN_REVISIONS}
        add_reading(session, row, changed=changed, replaced=replaced, seen_at=now)
        session.flush()
        index(session, row)
        add_aliases(session, row.id, met, held_aliases(session, met), now=now)
        if "text" in changed:
            resettle(session, row, comparison, now=now)
        refresh_story(session, row.story_id)
        note = Reextraction(
            record_id=record_id_of(session, row.capture_id),
            article_id=row.id,
            decided_at=now,
            changed=changed,
            replaced=replaced or None,
            earlier=earlier,
        )
        keep(note)
        return True
