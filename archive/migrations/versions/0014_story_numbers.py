"""A story has the number of its member held longest."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute(
        "CREATE TEMPORARY TABLE renumbered AS SELECT story_id AS old, min(id) AS new FROM article "
        "GROUP BY story_id HAVING min(id) <> story_id"
    )
    op.execute("CREATE INDEX ix_renumbered ON renumbered (old)")  # without it each article would read the whole table
    op.execute(
        "INSERT INTO story (id, created_at) SELECT renumbered.new, story.created_at FROM renumbered "
        "JOIN story ON story.id = renumbered.old WHERE NOT EXISTS (SELECT 1 FROM story WHERE id = renumbered.new)"
    )
    op.execute(
        "UPDATE article SET story_id = (SELECT new FROM renumbered WHERE old = story_id) "
        "WHERE story_id IN (SELECT old FROM renumbered)"
    )
    op.execute("DELETE FROM story WHERE NOT EXISTS (SELECT 1 FROM article WHERE article.story_id = story.id)")
    op.execute("DROP TABLE renumbered")
