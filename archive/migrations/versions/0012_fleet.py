"""Many workers: who works, which sources are paused, which files lie in a store, which programs may use a schema."""

import sqlalchemy as sa
from alembic import op

from archive.schema import UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    terms = op.create_table(
        "schema_terms",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("least_schema", sa.String(), nullable=False),
    )
    op.bulk_insert(terms, [{"id": 1, "least_schema": "0012"}])
    op.create_table(
        "worker",
        sa.Column("name", sa.String(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "owner", "software", "schema_version")),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wish", sa.String(), nullable=True),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "pause",
        sa.Column("source_id", sa.String(), primary_key=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "warc_file",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("captures", sa.Integer(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_lock_owner", "lock", ["owner"])
