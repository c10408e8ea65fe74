"""Leasing costs what it leases: URLs that are due stand in the order in which they are leased, and only they."""

import sqlalchemy as sa
from alembic import op

from archive.migrations.telling import tell

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    tell(op.get_bind(), revision, "index of URLs that are due")
    is_due = sa.text("due_at IS NOT NULL")
    columns = ["source_id", "id", "due_at"]
    op.drop_index("ix_frontier_due", "frontier")
    op.create_index("ix_frontier_due", "frontier", columns, unique=False, sqlite_where=is_due, postgresql_where=is_due)
