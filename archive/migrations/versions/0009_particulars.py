"""Particulars: section, the lead picture's size and words, where a text is from, live blogs and press releases."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("section", "lead_image_caption", "lead_image_credit", "credit_line", "credit_url"):
        op.add_column("article", sa.Column(name, sa.String(), nullable=True))
    for name in ("lead_image_width", "lead_image_height"):
        op.add_column("article", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("is_live_blog", "is_press_release"):
        op.add_column("article", sa.Column(name, sa.Boolean(), nullable=True))
