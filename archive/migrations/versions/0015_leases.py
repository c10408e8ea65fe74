"""Leasing costs what it leases: URLs that are due stand in the order in which they are leased, and only they."""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

log = logging.getLogger("archive.migrations")


def upgrade() -> None:
    log.info("schema step", extra={"schema": revision, "what": "index of URLs that are due"})
    is_due = sa.text("due_at IS NOT NULL")
    columns = ["source_id", "id", "due_at"]
    op.drop_index("ix_frontier_due", "frontier")
    op.create_index("ix_frontier_due", "frontier", columns, unique=False, sqlite_where=is_due, postgresql_where=is_due)
