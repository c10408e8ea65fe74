"""Templates: a block is one row a source, its count fades by articles; articles keep where their blocks stood."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_table("template_block")  # never written before
    op.create_table(
        "template_block",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("article_count", sa.Double(), nullable=False),
        sa.Column("counted_at_article", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("first_seen_at", UTC_TIME, nullable=False),
        sa.Column("last_seen_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_template_block_source_id_source")),
        sa.PrimaryKeyConstraint("source_id", "text_digest", name=op.f("pk_template_block")),
    )
    op.add_column("source", sa.Column("learned_articles", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("article", sa.Column("layout", sa.JSON(), nullable=True))
