"""The schema's versions: Alembic from inside the package, without an ini file."""

from __future__ import annotations

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from archive.errors import SchemaError

LOCK_KEY = 0x7065726C  # advisory lock of PostgreSQL: "perl"; two processes never migrate at once


def scripts(connection: Connection | None = None) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", "archive:migrations")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The version this program needs."""
    return ScriptDirectory.from_config(scripts()).get_current_head() or ""


def current(engine: Engine) -> str | None:
    """The version the database has; None for one that holds nothing of ours."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to ``head``: (version before, version after). Refuses a newer schema (``SchemaError``)."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
        before = MigrationContext.configure(connection).get_current_revision()
        refuse_newer(before)
        if before != head():
            command.upgrade(scripts(connection), "head")
    return before, head()


def refuse_newer(version: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(scripts()).walk_revisions()}
    if version is not None and version not in known:
        raise SchemaError(
            f"the database has schema {version}, this program knows up to {head()}: install a newer Perilune"
        )


def ensure_schema(engine: Engine) -> None:
    """Make the schema in an empty database; raises ``SchemaError`` for an older or newer one."""
    version = current(engine)
    refuse_newer(version)
    if version == head():
        return
    if version is not None:
        raise SchemaError(f"the database has schema {version}, this program needs {head()}. Run: perilune db upgrade")
    if inspect(engine).get_table_names():
        raise SchemaError("the database holds tables that are not Perilune's; give it one of its own")
    upgrade(engine)
