"""Facts: an index that answers filters, facets and counts on SQLite without reading texts."""

from alembic import op

revision = "0005"
down_revision = "0004"

FACTS = [
    "id", "source_id", "published_at", "first_seen_at", "lang", "state", "story_id", "duplicate_of", "word_count",
    "revision_count", "authors", "tags",
]  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_article_facts", "article", FACTS, unique=False)
