"""Likeness: an index of sketches, what comparing texts said, and what a copy is to its story's original."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("article", sa.Column("relation", sa.String(), nullable=True))
    op.execute("UPDATE article SET relation = 'identical' WHERE duplicate_of IS NOT NULL")
    op.create_table(
        "sketch",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "article_id", name=op.f("pk_sketch")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "likeness",
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("other_id", BIG_ID, nullable=False),
        sa.Column("contained", sa.Double(), nullable=False),
        sa.Column("containing", sa.Double(), nullable=False),
        sa.Column("resemblance", sa.Double(), nullable=False),
        sa.Column("is_joining", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_likeness_article_id_article")),
        sa.ForeignKeyConstraint(["other_id"], ["article.id"], name=op.f("fk_likeness_other_id_article")),
        sa.PrimaryKeyConstraint("article_id", "other_id", name=op.f("pk_likeness")),
    )
    op.execute(
        "INSERT INTO likeness SELECT CASE WHEN id < duplicate_of THEN id ELSE duplicate_of END, "
        "CASE WHEN id < duplicate_of THEN duplicate_of ELSE id END, 1.0, 1.0, 1.0, true "
        "FROM article WHERE duplicate_of IS NOT NULL"
    )
    op.create_index(op.f("ix_likeness_other_id"), "likeness", ["other_id"], unique=False)
