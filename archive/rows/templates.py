"""Sources' templates at rest: what recurs around their articles, and taking it out of those that were kept before.

What is the site's and what the article's is decided elsewhere (``pipelines/template.py``, handed in as a
:class:`Cleaner`): here are the rows. Everything happens in the transaction that stores an article.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ARRAY, Engine, Insert, Row, Select, String, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from archive.database import reading, writing
from archive.digests import text_digest
from archive.errors import ConfigError
from archive.model import Article, Block, TemplateBlock, TemplateState, Wording
from archive.sanitise import clean
from archive.schema import ArticleRow, SourceRow, TemplateBlockRow

REACH = 100  # of a source's latest articles that are cleaned when a block is recognised
SWEEP_EVERY = 20  # articles of a source between two sweeps of what was seen once and forgotten
BLOCK = TemplateBlockRow.metadata.tables[TemplateBlockRow.__tablename__]
SOURCE = SourceRow.metadata.tables[SourceRow.__tablename__]
LEARNED = select(SOURCE.c.learned_articles).where(SOURCE.c.id == bindparam("source"))
HAS_LEARNED = update(SOURCE).where(SOURCE.c.id == bindparam("source")).values(learned_articles=bindparam("articles"))
COUNTED = ("tag", "path", "article_count", "counted_at_article", "last_seen_at")  # columns that a sighting changes
SEEN_ONCE, OLD_ONCE, OLD = 1.5, 80, 400  # faded sightings; articles since the last one


class Cleaner(Protocol):
    """What is decided of a page's blocks: ``pipelines.template.Template``."""

    def learned(
        self, blocks: Sequence[Block], known: Mapping[str, TemplateBlock], *, article_number: int, now: datetime
    ) -> tuple[TemplateBlock, ...]: ...
    def own(
        self, blocks: Sequence[Block], known: Mapping[str, TemplateBlock], *, article_number: int
    ) -> tuple[Block, ...]: ...
    def wording(self, blocks: Sequence[Block]) -> Wording: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known of a source when one of its articles is stored."""

    number: int
    """Of the article in hand among its source's, were it new."""
    known: Mapping[str, TemplateBlock]


def knowledge_for(session: Session, article: Article) -> Knowledge | None:
    """What the archive knows of the article's blocks; None for an unknown source, or an article without blocks."""
    if not article.blocks:
        return None
    learned_articles = session.connection().execute(LEARNED, {"source": article.source_id}).scalar()
    if learned_articles is None:
        return None
    known = known_blocks(session, article.source_id, (text_digest(block.text) for block in article.blocks))
    return Knowledge(number=learned_articles + 1, known=known)


def known_blocks(session: Session, source_id: str, digests: Iterable[str]) -> dict[str, TemplateBlock]:
    """The source's blocks among these, by digest."""
    connection, wanted = session.connection(), sorted(set(digests))
    is_postgres = connection.dialect.name == "postgresql"
    values = {"source": source_id, "digests": wanted if is_postgres else json.dumps(wanted)}
    return {row.text_digest: block_of(row) for row in connection.execute(known(connection.dialect.name), values)}


@lru_cache(maxsize=2)
def known(dialect: str) -> Select[Any]:  # Any: all columns
    """The statement of :func:`known_blocks` for an engine: one parameter, however many digests there are."""
    if dialect == "postgresql":
        among = BLOCK.c.text_digest == any_(bindparam("digests", type_=ARRAY(String)))
    else:
        among = BLOCK.c.text_digest.in_(select(func.json_each(bindparam("digests")).table_valued("value").c.value))
    return select(BLOCK).where(BLOCK.c.source_id == bindparam("source"), among)


def learn(session: Session, article: Article, knowledge: Knowledge, cleaner: Cleaner, *, now: datetime) -> list[str]:
    """Count the blocks of a new article (as extracted); the texts that are recognised as the site's by this one."""
    before = cleaner.own(article.blocks, knowledge.known, article_number=knowledge.number)
    blocks = cleaner.learned(article.blocks, knowledge.known, article_number=knowledge.number, now=now)
    write_blocks(session, article.source_id, blocks)
    session.connection().execute(HAS_LEARNED, {"source": article.source_id, "articles": knowledge.number})
    if knowledge.number % SWEEP_EVERY == 0:
        sweep(session, article.source_id, knowledge.number)
    known = {**knowledge.known, **{block.text_digest: block for block in blocks}}
    after = set(cleaner.own(article.blocks, known, article_number=knowledge.number))
    return [block.text for block in before if block not in after]


def write_blocks(session: Session, source_id: str, blocks: Sequence[TemplateBlock]) -> None:
    """Insert the counts, or put them in place of those that are there."""
    if not blocks:
        return
    connection = session.connection()
    connection.execute(upsert(connection.dialect.name), [values_of(source_id, block) for block in blocks])


@lru_cache(maxsize=2)
def upsert(dialect: str) -> Insert:
    """The statement of :func:`write_blocks` for an engine."""
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(BLOCK)
    kept = {name: statement.excluded[name] for name in COUNTED}
    return statement.on_conflict_do_update(index_elements=["source_id", "text_digest"], set_=kept)


def sweep(session: Session, source_id: str, number: int) -> None:
    """Forget what was seen once and long ago, and what has not been seen for ages; people's words stay."""
    age = number - TemplateBlockRow.counted_at_article
    is_gone = ((TemplateBlockRow.article_count < SEEN_ONCE) & (age > OLD_ONCE)) | (age > OLD)
    session.execute(
        delete(TemplateBlockRow).where(
            TemplateBlockRow.source_id == source_id, TemplateBlockRow.state == "learned", is_gone
        )
    )


def with_blocks(session: Session, source_id: str, texts: Sequence[str]) -> list[ArticleRow]:
    """The source's latest articles that hold one of these texts as a paragraph."""
    if not texts:
        return []
    query = (
        select(ArticleRow)
        .where(ArticleRow.source_id == source_id, ArticleRow.layout.is_not(None))
        .order_by(ArticleRow.id.desc())
        .limit(REACH)
    )
    wanted = set(texts)
    return [row for row in session.scalars(query) if not wanted.isdisjoint(row.text.split("\n\n"))]


def own_blocks(session: Session, row: ArticleRow, cleaner: Cleaner, *, number: int) -> tuple[Block, ...] | None:
    """The stored article's own blocks as things stand; None when it has no others, or its layout is not known."""
    blocks = blocks_of(row)
    if blocks is None:
        return None
    known = known_blocks(session, row.source_id, (text_digest(block.text) for block in blocks))
    kept = cleaner.own(blocks, known, article_number=number)
    return kept if len(kept) < len(blocks) else None


# Layout


def layout_of(blocks: Sequence[Block]) -> dict[str, list[object]] | None:
    """The blocks' places, each named once; None when none is known."""
    if not any(block.path for block in blocks):
        return None
    paths = list(dict.fromkeys(f"{block.tag} {clean(block.path)}" for block in blocks))
    return {"paths": list(paths), "blocks": [paths.index(f"{block.tag} {clean(block.path)}") for block in blocks]}


def blocks_of(row: ArticleRow) -> tuple[Block, ...] | None:
    """The paragraphs of a stored text with their places; None where these are not known."""
    texts, layout = row.text.split("\n\n"), row.layout
    if not layout or len(layout.get("blocks", ())) != len(texts):
        return None
    places = [str(layout["paths"][number]).partition(" ") for number in layout["blocks"]]
    return tuple(Block(text=text, tag=tag, path=path) for text, (tag, _, path) in zip(texts, places, strict=True))


# Rows


def block_of(row: TemplateBlockRow | Row[Any]) -> TemplateBlock:  # Any: the same columns without a class
    return TemplateBlock(
        text_digest=row.text_digest,
        text=row.text,
        tag=row.tag,
        path=row.path,
        article_count=row.article_count,
        counted_at_article=row.counted_at_article,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        state=state_of(row.state),
    )


def state_of(word: str) -> TemplateState:
    return "pinned" if word == "pinned" else "released" if word == "released" else "learned"


def values_of(source_id: str, block: TemplateBlock) -> dict[str, object]:
    return {
        "source_id": source_id,
        "text_digest": block.text_digest,
        "text": clean(block.text),
        "tag": block.tag,
        "path": clean(block.path),
        "article_count": block.article_count,
        "counted_at_article": block.counted_at_article,
        "first_seen_at": block.first_seen_at,
        "last_seen_at": block.last_seen_at,
        "state": block.state,
    }


# For people


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A source's template as it is known."""

    learned_articles: int
    blocks: tuple[TemplateBlock, ...]
    """Most often seen first."""


def template_of(engine: Engine, source_id: str) -> Learned:
    """What was learned of a source; nothing for one that never was crawled."""
    with reading(engine) as session:
        source = session.get(SourceRow, source_id)
        query = (
            select(TemplateBlockRow)
            .where(TemplateBlockRow.source_id == source_id)
            .order_by(TemplateBlockRow.article_count.desc(), TemplateBlockRow.text_digest)
        )
        blocks = tuple(block_of(row) for row in session.scalars(query))
    return Learned(learned_articles=source.learned_articles if source else 0, blocks=blocks)


def set_state(
    engine: Engine, source_id: str, digest_or_text: str, state: TemplateState, *, now: datetime
) -> TemplateBlock:
    """Pin, release or learn again the block with this digest (or its beginning), or with this text; the block.

    A text that was never seen is pinned or released for the future. Raises ``ConfigError`` when the beginning of a
    digest fits several blocks, or the source is unknown.
    """
    with writing(engine) as session:
        if session.get(SourceRow, source_id) is None:
            raise ConfigError(f"{source_id}: the archive knows no such source; has it been crawled?")
        row = chosen(session, source_id, digest_or_text)
        if row is None:
            block = TemplateBlock(
                text_digest=text_digest(digest_or_text), text=digest_or_text, tag="p", path="",
                first_seen_at=now, last_seen_at=now,
            )  # fmt: skip
            row = TemplateBlockRow(**values_of(source_id, block))
            session.add(row)
        row.state = state
        return block_of(row)


def take_word(
    engine: Engine, source_id: str, text_digest: str, text: str, state: TemplateState, *, now: datetime
) -> None:
    """What a person once said of a block, said again: a rebuild's."""
    with writing(engine) as session:
        row = session.get(TemplateBlockRow, (source_id, text_digest))
        if row is None:
            block = TemplateBlock(
                text_digest=text_digest, text=text, tag="p", path="", first_seen_at=now, last_seen_at=now
            )
            row = TemplateBlockRow(**values_of(source_id, block))
            session.add(row)
        row.state = state


def chosen(session: Session, source_id: str, digest_or_text: str) -> TemplateBlockRow | None:
    """The block a person means; None for a text never seen."""
    exact = session.get(TemplateBlockRow, (source_id, text_digest(digest_or_text)))
    begin = digest_or_text.removeprefix("sha256:").lower()
    if exact is not None or not (6 <= len(begin) <= 64 and set(begin) <= set("0123456789abcdef")):
        return exact
    query = select(TemplateBlockRow).where(
        TemplateBlockRow.source_id == source_id, TemplateBlockRow.text_digest.startswith(f"sha256:{begin}")
    )
    found = session.scalars(query.limit(2)).all()
    if len(found) != 1:
        raise ConfigError(f"{digest_or_text}: {'more than one' if found else 'no'} block of {source_id} begins so")
    return found[0]
