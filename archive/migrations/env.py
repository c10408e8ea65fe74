"""Run by Alembic: applies versions on the connection :mod:`archive.migrate` gives."""

from alembic import context

from archive.schema import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
