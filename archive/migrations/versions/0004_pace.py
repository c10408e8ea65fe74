"""Pace: how often endpoints are asked, when articles are looked at again, what hosts and pages ask of us."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("interval_s", sa.Integer(), nullable=True))
    op.add_column("endpoint", sa.Column("fresh_per_day", sa.Double(), nullable=True))
    op.add_column("endpoint", sa.Column("read_at", UTC_TIME, nullable=True))
    op.add_column("endpoint", sa.Column("is_lying", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("frontier", sa.Column("recheck_at", UTC_TIME, nullable=True))
    op.add_column("frontier", sa.Column("rechecks", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("frontier", sa.Column("missing_since", UTC_TIME, nullable=True))
    op.create_index("ix_frontier_recheck", "frontier", ["source_id", "recheck_at"], unique=False)
    op.execute("UPDATE frontier SET recheck_at = updated_at WHERE state = 'archived'")  # never looked at again so far
    op.add_column("capture", sa.Column("wishes", sa.JSON(), nullable=True))
    op.add_column("article", sa.Column("wishes", sa.JSON(), nullable=True))
    op.create_table(
        "host",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("held_until", UTC_TIME, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTC_TIME, nullable=True),
        sa.Column("delay_s", sa.Double(), nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_host")),
    )
    op.create_table(
        "robots_txt",
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("fetched_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_robots_txt")),
    )
