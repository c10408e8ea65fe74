"""Phrases and filters on PostgreSQL: the index of words knows which words are neighbours, and each article's source and
date. On both engines, copies of a source by date."""

import logging
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from archive.indexing import Words, words_of
from archive.migrations.telling import tell
from archive.textindex import renew_index

revision = "0016"
down_revision = "0015"
least_schema = "0016"  # a program before would index an article without its pairs

BATCH_ROWS = 1_000
log = logging.getLogger("archive.migrations")
NAMES = ("title", "text", "authors", "description", "tags", "lang")
ARTICLE = sa.table(
    "article",
    sa.column("id", sa.BigInteger()),
    *(sa.column(name, sa.JSON() if name in ("authors", "tags") else sa.String()) for name in NAMES),
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql" and not has_pairs(connection):
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        count = connection.execute(sa.select(sa.func.count()).select_from(ARTICLE)).scalar_one()
        for done in renew_index(connection, batches(connection)):
            log.info("schema step", extra={"schema": revision, "what": "words", "articles": done, "of": count})
    tell(connection, revision, "index of sources")
    op.drop_index("ix_article_source_published", "article")
    op.create_index("ix_article_source_published", "article", ["source_id", "published_at", "story_id"], unique=False)


def has_pairs(connection: sa.Connection) -> bool:
    """As a new archive has since its first schema."""
    return any(column["name"] == "pairs" for column in sa.inspect(connection).get_columns("article_search"))


def batches(connection: sa.Connection) -> Iterator[list[tuple[int, Words]]]:
    """Every article's words, by id."""
    after = 0
    statement = sa.select(ARTICLE).order_by(ARTICLE.c.id).limit(BATCH_ROWS)
    while rows := connection.execute(statement.where(ARTICLE.c.id > after)).mappings().all():
        yield [(row["id"], words_of(**{name: row[name] for name in NAMES})) for row in rows]
        after = rows[-1]["id"]
