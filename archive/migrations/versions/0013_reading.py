"""What readers of a large archive ask: words in heads alone (PostgreSQL), copies, and articles by their moment."""

import logging

import sqlalchemy as sa
from alembic import op

from archive.migrations.telling import tell

revision = "0013"
down_revision = "0012"
least_schema = "0013"  # a program before would index an article without its heads

BATCH_ROWS = 20_000
log = logging.getLogger("archive.migrations")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        fill_heads(connection)
    tell(connection, revision, "indexes of copies and dates")
    is_copy = sa.text("duplicate_of IS NOT NULL")
    columns = ["story_id", "duplicate_of"]
    op.create_index(
        "ix_article_copies", "article", columns, unique=False, sqlite_where=is_copy, postgresql_where=is_copy
    )
    moment = sa.text("coalesce(published_at, first_seen_at)")
    op.create_index("ix_article_moment", "article", [moment, "id"], unique=False)


def fill_heads(connection: sa.Connection) -> None:
    """A new archive has them since its first schema. The index of words is made anew afterwards: kept up to date row by
    row it takes twenty times as long."""
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    connection.execute(sa.text("ALTER TABLE article_search ADD COLUMN IF NOT EXISTS heads TSVECTOR"))
    is_missing = "SELECT EXISTS (SELECT FROM article_search WHERE heads IS NULL)"
    if connection.execute(sa.text(is_missing)).scalar_one():
        connection.execute(sa.text("DROP INDEX IF EXISTS ix_article_search_tsv"))
        last = connection.execute(sa.text("SELECT max(article_id) FROM article_search")).scalar_one()
        for after in range(0, last, BATCH_ROWS):
            connection.execute(sa.text(FILL), {"after": after, "until": after + BATCH_ROWS})
            done = min(after + BATCH_ROWS, last)
            log.info("schema step", extra={"schema": revision, "what": "heads", "articles": done, "of": last})
    for name in ("tsv", "heads"):
        tell(connection, revision, f"index of {name}")
        statement = f"CREATE INDEX IF NOT EXISTS ix_article_search_{name} ON article_search USING gin ({name})"
        connection.execute(sa.text(statement))


FILL = (
    "UPDATE article_search SET heads = ts_filter(tsv, '{a,b,c}') "
    "WHERE article_id > :after AND article_id <= :until AND heads IS NULL"
)
