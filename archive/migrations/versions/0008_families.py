"""Families: sources of one publisher."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("source", sa.Column("family", sa.String(), nullable=True))
