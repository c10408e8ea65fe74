"""Stems: what is searched is indexed anew, its words reduced to their stem in the article's language."""

import logging
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from archive.indexing import Words, words_of
from archive.textindex import renew_index

revision = "0010"
down_revision = "0009"

BATCH_ROWS = 1_000
log = logging.getLogger("archive.migrations")
ARTICLE = sa.table(
    "article",
    sa.column("id", sa.BigInteger()),
    sa.column("title", sa.String()),
    sa.column("text", sa.String()),
    sa.column("authors", sa.JSON()),
    sa.column("description", sa.String()),
    sa.column("tags", sa.JSON()),
    sa.column("lang", sa.String()),
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    count = connection.execute(sa.select(sa.func.count()).select_from(ARTICLE)).scalar_one()
    if not count:
        return
    for done in renew_index(connection, batches(connection)):
        log.info("schema step", extra={"schema": revision, "what": "words", "articles": done, "of": count})


def batches(connection: sa.Connection) -> Iterator[list[tuple[int, Words]]]:
    """Every article's words, by id."""
    after = 0
    statement = sa.select(ARTICLE).order_by(ARTICLE.c.id).limit(BATCH_ROWS)
    while rows := connection.execute(statement.where(ARTICLE.c.id > after)).mappings().all():
        names = ("title", "text", "authors", "description", "tags", "lang")
        yield [(row["id"], words_of(**{name: row[name] for name in names})) for row in rows]
        after = rows[-1]["id"]
