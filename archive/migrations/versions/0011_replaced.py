"""What a better reading replaced in fields that revisions have no column for."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("revision", sa.Column("replaced", sa.JSON(), nullable=True))
