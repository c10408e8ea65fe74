"""Health: since when an endpoint fails; a source's articles in the order they came, without reading their texts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_article_source_seen", "article", ["source_id", "first_seen_at", "published_at"], unique=False)
