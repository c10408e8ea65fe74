"""The schema's versions: Alembic from inside the package, without an ini file.

A migration is one transaction on both engines, under a lock: killed half-way it leaves nothing, and two processes
that meet a new database make it once.

Machines are upgraded one after the other, so a schema is first widened, and narrowed in a later version, when no
program that needs what goes is left. A migration that narrows says ``least_schema``: the oldest version whose programs
can use what it makes. It is written into the database; programs that know that version or a newer one go on, and an
upgrade waits until no worker is left that does not.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from archive.database import reading, shared_clock, writing
from archive.errors import SchemaError
from archive.fleet import engine as job_engine
from archive.fleet.roster import Member, living

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig


def head() -> str:
    """The version this program needs."""
    return known_versions()[-1]


def current(engine: Engine) -> str | None:
    """The version the database has; None for one that holds nothing of ours."""
    with reading(engine) as session:
        return version_of(session.connection())


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to ``head``, and the job engine's tables to what the installed engine needs: (version before,
    version after).

    Raises ``SchemaError`` for a newer schema, for a database that holds something else, and while workers run that
    could not use what it would make.
    """
    now = shared_clock(engine)
    with writing(engine) as session:
        connection = session.connection()
        before = version_of(connection)
        refuse_newer(before)
        if before is None:
            refuse_foreign(connection)
        at_work = living(connection, now=now()) if has_roster(connection) else []
        refuse_under_workers(at_work, least_after(before))
        if before != head():
            allow_thinking(connection)
            from alembic import command  # here: it takes a tenth of a second to load, and few commands make a schema

            command.upgrade(scripts(connection), "head")
            set_terms(connection, least_after(before))
        refuse_engine_under_workers(connection, at_work)
        job_engine.bring_up(connection)
    return before, head()


def ensure_schema(engine: Engine) -> None:
    """Make the schema in an empty database; raises ``SchemaError`` for an older one, and for a newer one that
    programs of this version can't use.

    An older archive is not upgraded in passing: that can take long, and the program before may be in use still.
    """
    with reading(engine) as session:
        version, least = version_of(session.connection()), terms_of(session.connection())
    if version is None:
        upgrade(engine)
    elif version not in known_versions():
        if least is None or least not in known_versions():
            refuse_newer(version)
    elif version != head():
        raise SchemaError(f"the database has schema {version}, this program needs {head()}. Run: perilune db upgrade")


# Which programs may use it


@cache
def known_versions() -> list[str]:
    """Of this program, oldest first: the numbers that the files of the migrations begin with."""
    files = resources.files("archive.migrations.versions").iterdir()
    return sorted(file.name.partition("_")[0] for file in files if file.name[:1].isdigit())


def least_after(before: str | None) -> str | None:
    """The oldest version whose programs can use what the migrations after ``before`` make; None: as it was."""
    versions = known_versions()
    since = versions[versions.index(before) + 1 :] if before in versions else versions
    from alembic.script import ScriptDirectory  # as in upgrade

    directory = ScriptDirectory.from_config(scripts())
    said = [getattr(directory.get_revision(name).module, "least_schema", None) for name in since]
    return max((one for one in said if one is not None), default=None)


def terms_of(connection: Connection) -> str | None:
    """What the database says of it; None in one from before version 0012."""
    if not inspect(connection).has_table("schema_terms"):
        return None
    least: str | None = connection.execute(text("SELECT least_schema FROM schema_terms")).scalar()
    return least


def allow_thinking(connection: Connection) -> None:
    """For as long as a step likes between two statements, in which it works out a thousand articles' words. Others who
    hold the write lock are cut off after a minute; whoever runs an upgrade is there to end one that is stuck."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def set_terms(connection: Connection, least: str | None) -> None:
    if least is not None:
        connection.execute(text("UPDATE schema_terms SET least_schema = :least"), {"least": least})


def has_roster(connection: Connection) -> bool:
    return inspect(connection).has_table("worker")


def refuse_under_workers(at_work: list[Member], least: str | None) -> None:
    """Raises ``SchemaError`` when one of them knows only versions before ``least``."""
    if old := [one.name for one in at_work if least is not None and one.schema_version < least]:
        raise SchemaError(
            f"{', '.join(old)} would not understand the new schema: it needs {least}. Upgrade those machines first, or "
            f"end them: {'; '.join(f'perilune workers drain {name}' for name in old)}"
        )


def refuse_engine_under_workers(connection: Connection, at_work: list[Member]) -> None:
    """Raises ``SchemaError`` when the engine's tables would change in a way that workers at work do not bear."""
    if not at_work or connection.dialect.name != "postgresql" or not job_engine.is_engine_here():
        return
    pending = [name for name in job_engine.pending_steps(connection) if job_engine.NEEDS_NO_PAUSE not in name]
    if pending and pending != ["schema.sql"]:
        names = ", ".join(one.name for one in at_work)
        raise SchemaError(f"the job queue's tables change ({len(pending)} steps): drain {names} first")


def scripts(connection: Connection | None = None) -> AlembicConfig:
    from alembic.config import Config as AlembicConfig  # as in upgrade

    config = AlembicConfig()
    config.set_main_option("script_location", "archive:migrations")
    config.attributes["connection"] = connection
    return config


def version_of(connection: Connection) -> str | None:
    """What Alembic's own table says; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def refuse_newer(version: str | None) -> None:
    """Raises ``SchemaError`` for a version this program does not know."""
    if version is not None and version not in known_versions():
        raise SchemaError(
            f"the database has schema {version}, this program knows up to {head()}: install a newer Perilune"
        )


def refuse_foreign(connection: Connection) -> None:
    """Raises ``SchemaError`` for a database with tables and no version of ours."""
    if inspect(connection).get_table_names():
        raise SchemaError("the database holds tables that are not Perilune's; give it one of its own")
