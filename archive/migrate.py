"""The schema's versions: Alembic from inside the package, without an ini file.

A migration is one transaction on both engines, under a lock: killed half-way it leaves nothing, and two processes
that meet a new database make it once.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from archive.database import reading, writing
from archive.errors import SchemaError


def head() -> str:
    """The version this program needs."""
    return ScriptDirectory.from_config(scripts()).get_current_head() or ""


def current(engine: Engine) -> str | None:
    """The version the database has; None for one that holds nothing of ours."""
    with reading(engine) as session:
        return version_of(session.connection())


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to ``head``: (version before, version after).

    Raises ``SchemaError`` for a newer schema, and for a database that holds something else.
    """
    with writing(engine) as session:
        connection = session.connection()
        before = version_of(connection)
        refuse_newer(before)
        if before is None:
            refuse_foreign(connection)
        if before != head():
            command.upgrade(scripts(connection), "head")
    return before, head()


def ensure_schema(engine: Engine) -> None:
    """Make the schema in an empty database; raises ``SchemaError`` for an older or newer one.

    An older archive is not upgraded in passing: that can take long, and the program before may be in use still.
    """
    version = current(engine)
    if version is None:
        upgrade(engine)
        return
    refuse_newer(version)
    if version != head():
        raise SchemaError(f"the database has schema {version}, this program needs {head()}. Run: perilune db upgrade")


def scripts(connection: Connection | None = None) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", "archive:migrations")
    config.attributes["connection"] = connection
    return config


def version_of(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def refuse_newer(version: str | None) -> None:
    """Raises ``SchemaError`` for a version this program does not know."""
    known = {script.revision for script in ScriptDirectory.from_config(scripts()).walk_revisions()}
    if version is not None and version not in known:
        raise SchemaError(
            f"the database has schema {version}, this program knows up to {head()}: install a newer Perilune"
        )


def refuse_foreign(connection: Connection) -> None:
    """Raises ``SchemaError`` for a database with tables and no version of ours."""
    if inspect(connection).get_table_names():
        raise SchemaError("the database holds tables that are not Perilune's; give it one of its own")
