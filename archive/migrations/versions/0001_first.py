"""The first schema."""

import sqlalchemy as sa
from alembic import op

from archive.textindex import create_index

revision = "0001"
down_revision = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "crawl_run",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", UTC_TIME, nullable=False),
        sa.Column("ended_at", UTC_TIME, nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("software", sa.String(), nullable=False),
        sa.Column("stats", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl_run")),
    )
    op.create_index(op.f("ix_crawl_run_started_at"), "crawl_run", ["started_at"], unique=False)
    op.create_table(
        "lock",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lock")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("publisher_kind", sa.String(), nullable=False),
        sa.Column("homepage", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("host_group", sa.String(), nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
    )
    op.create_table(
        "story",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
    )
    op.create_table(
        "article",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("canonical_url", sa.String(), nullable=False),
        sa.Column("url_key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("published_at", UTC_TIME, nullable=True),
        sa.Column("published_at_precision", sa.String(), nullable=False),
        sa.Column("published_at_origin", sa.String(), nullable=True),
        sa.Column("published_at_offset_minutes", sa.Integer(), nullable=True),
        sa.Column("modified_at", UTC_TIME, nullable=True),
        sa.Column("lang", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("lead_image_url", sa.String(), nullable=True),
        sa.Column("canonical_link", sa.String(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("is_paywalled", sa.Boolean(), nullable=True),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("extractor", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("first_seen_at", UTC_TIME, nullable=False),
        sa.Column("last_seen_at", UTC_TIME, nullable=False),
        sa.Column("revision_count", sa.Integer(), nullable=False),
        sa.Column("story_id", BIG_ID, nullable=False),
        sa.Column("duplicate_of", BIG_ID, nullable=True),
        sa.Column("duplicate_reason", sa.String(), nullable=True),
        sa.Column("similarity", sa.Double(), nullable=True),
        sa.Column("capture_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["capture.id"], name=op.f("fk_article_capture_id_capture"), use_alter=True
        ),
        sa.ForeignKeyConstraint(["duplicate_of"], ["article.id"], name=op.f("fk_article_duplicate_of_article")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_article_source_id_source")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_article_story_id_story")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
    )
    op.create_index(op.f("ix_article_first_seen_at"), "article", ["first_seen_at"], unique=False)
    op.create_index("ix_article_published_id", "article", ["published_at", "id"], unique=False)
    op.create_index("ix_article_source_published", "article", ["source_id", "published_at"], unique=False)
    op.create_index(op.f("ix_article_story_id"), "article", ["story_id"], unique=False)
    op.create_index(op.f("ix_article_text_digest"), "article", ["text_digest"], unique=False)
    op.create_index(op.f("ix_article_url_key"), "article", ["url_key"], unique=False)
    op.create_table(
        "endpoint",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("payload_digest", sa.String(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_reason", sa.String(), nullable=True),
        sa.Column("last_polled_at", UTC_TIME, nullable=True),
        sa.Column("last_changed_at", UTC_TIME, nullable=True),
        sa.Column("next_due_at", UTC_TIME, nullable=True),
        sa.Column("announced", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_endpoint_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
        sa.UniqueConstraint("url", name=op.f("uq_endpoint_url")),
    )
    op.create_index(op.f("ix_endpoint_source_id"), "endpoint", ["source_id"], unique=False)
    op.create_table(
        "run_source",
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("announced", sa.Integer(), nullable=False),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("endpoints_polled", sa.Integer(), nullable=False),
        sa.Column("endpoints_failed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["crawl_run.id"], name=op.f("fk_run_source_run_id_crawl_run")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_run_source_source_id_source")),
        sa.PrimaryKeyConstraint("run_id", "source_id", name=op.f("pk_run_source")),
    )
    op.create_table(
        "template_block",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("first_seen_at", UTC_TIME, nullable=False),
        sa.Column("last_seen_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_template_block_source_id_source")),
        sa.PrimaryKeyConstraint("source_id", "text_digest", "path", name=op.f("pk_template_block")),
    )
    op.create_table(
        "alias",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("url_key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("first_seen_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_alias_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias")),
        sa.UniqueConstraint("url_key", name=op.f("uq_alias_url_key")),
    )
    op.create_index(op.f("ix_alias_article_id"), "alias", ["article_id"], unique=False)
    op.create_table(
        "capture",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("target_uri", sa.String(), nullable=False),
        sa.Column("url_key", sa.String(), nullable=False),
        sa.Column("redirected_from", sa.JSON(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("mime_type", sa.String(), nullable=False),
        sa.Column("charset", sa.String(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("captured_at", UTC_TIME, nullable=False),
        sa.Column("warc_record_id", sa.String(), nullable=False),
        sa.Column("payload_digest", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("revisit_of", sa.String(), nullable=True),
        sa.Column("truncated", sa.String(), nullable=True),
        sa.Column("article_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_capture_article_id_article")),
        sa.ForeignKeyConstraint(["run_id"], ["crawl_run.id"], name=op.f("fk_capture_run_id_crawl_run")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_capture_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
        sa.UniqueConstraint("warc_record_id", name=op.f("uq_capture_warc_record_id")),
    )
    op.create_index(op.f("ix_capture_article_id"), "capture", ["article_id"], unique=False)
    op.create_index(op.f("ix_capture_payload_digest"), "capture", ["payload_digest"], unique=False)
    op.create_index(op.f("ix_capture_run_id"), "capture", ["run_id"], unique=False)
    op.create_index("ix_capture_url_key_captured_at", "capture", ["url_key", "captured_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":  # SQLite took it with the table, before the table it names
        op.create_foreign_key("fk_article_capture_id_capture", "article", "capture", ["capture_id"], ["id"])
    op.create_table(
        "outcome",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("capture_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_outcome_capture_id_capture")),
        sa.ForeignKeyConstraint(["run_id"], ["crawl_run.id"], name=op.f("fk_outcome_run_id_crawl_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
    )
    op.create_index("ix_outcome_run_source", "outcome", ["run_id", "source_id"], unique=False)
    op.create_index("ix_outcome_capture_id", "outcome", ["capture_id"], unique=False)
    op.create_table(
        "frontier",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("url_key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", UTC_TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("discovered_via", sa.String(), nullable=False),
        sa.Column("endpoint_url", sa.String(), nullable=False),
        sa.Column("discovered_at", UTC_TIME, nullable=False),
        sa.Column("guid", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("published_at", UTC_TIME, nullable=True),
        sa.Column("content_html", sa.String(), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_expires_at", UTC_TIME, nullable=True),
        sa.Column("article_id", BIG_ID, nullable=True),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_frontier_article_id_article")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_frontier_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frontier")),
        sa.UniqueConstraint("url_key", name=op.f("uq_frontier_url_key")),
    )
    op.create_index(op.f("ix_frontier_article_id"), "frontier", ["article_id"], unique=False)
    op.create_index("ix_frontier_due", "frontier", ["source_id", "due_at"], unique=False)
    op.create_index(
        "ix_frontier_leased",
        "frontier",
        ["lease_owner"],
        unique=False,
        sqlite_where=sa.text("lease_owner IS NOT NULL"),
        postgresql_where=sa.text("lease_owner IS NOT NULL"),
    )
    op.create_table(
        "revision",
        sa.Column("article_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("published_at", UTC_TIME, nullable=True),
        sa.Column("modified_at", UTC_TIME, nullable=True),
        sa.Column("extractor", sa.String(), nullable=False),
        sa.Column("capture_id", BIG_ID, nullable=False),
        sa.Column("seen_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_revision_article_id_article")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_revision_capture_id_capture")),
        sa.PrimaryKeyConstraint("article_id", "number", name=op.f("pk_revision")),
    )
    create_index(op.get_bind())
