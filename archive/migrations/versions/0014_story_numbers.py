"""A story has the number of its member held longest."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute(
        "CREATE TEMPORARY TABLE renumbered AS SELECT story_id AS old, min(id) AS new FROM article GROUP BY story_id"
    )
    op.execute(
        "INSERT INTO story (id, created_at) SELECT renumbered.new, story.created_at FROM renumbered "
        "JOIN story ON story.id = renumbered.old WHERE renumbered.new NOT IN (SELECT id FROM story)"
    )
    op.execute("UPDATE article SET story_id = (SELECT new FROM renumbered WHERE old = story_id)")
    op.execute("DELETE FROM story WHERE id NOT IN (SELECT story_id FROM article)")
    op.execute("DROP TABLE renumbered")
