"""Stems: what is searched is indexed anew, its words reduced to their stem in the article's language."""

import sqlalchemy as sa
from alembic import op

from archive.textindex import write_index

revision = "0010"
down_revision = "0009"

BATCH_ROWS = 200
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
    connection, after = op.get_bind(), 0
    statement = sa.select(ARTICLE).order_by(ARTICLE.c.id).limit(BATCH_ROWS)
    while rows := connection.execute(statement.where(ARTICLE.c.id > after)).mappings().all():
        for row in rows:
            facts = {name: row[name] for name in ("title", "text", "authors", "description", "tags", "lang")}
            write_index(connection, article_id=row["id"], **facts)
        after = rows[-1]["id"]
