"""The job engine's own tables, in a PostgreSQL schema of their own: made and brought up to date by ``db upgrade``.

The SQL is what the installed Procrastinate brings: ``schema.sql`` for a new database, else the files of its
``migrations`` that came since, by their names' order. Each is a row of ``perilune_jobs.step``.
https://procrastinate.readthedocs.io/en/stable/howto/production/migrations.html
"""

from __future__ import annotations

from importlib import resources
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Connection

from archive.errors import SchemaError

SCHEMA = "perilune_jobs"
STEPS = f"SELECT name FROM {SCHEMA}.step"  # noqa: S608  # a constant of ours
NOTE_STEP = f"INSERT INTO {SCHEMA}.step (name) VALUES (%(name)s)"  # noqa: S608  # a constant of ours
NEEDS_NO_PAUSE = "_pre_"  # in a step's name: programs of the version before go on working beside it


def is_engine_here() -> bool:
    """Whether the extra ``workers`` is installed."""
    try:
        version("procrastinate")
    except PackageNotFoundError:
        return False
    return True


def has_queue(connection: Connection) -> bool:
    """Whether the database holds the engine's tables; never on SQLite."""
    if connection.dialect.name != "postgresql":
        return False
    return connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.step')").scalar() is not None


def pending_steps(connection: Connection) -> list[str]:
    """Names of the SQL files not applied yet; ``schema.sql`` alone when nothing is there."""
    if not has_queue(connection):
        return ["schema.sql"]
    done = set(connection.exec_driver_sql(STEPS).scalars())
    return [name for name in step_names() if name not in done]


def bring_up(connection: Connection) -> list[str]:
    """Apply what is pending, in the transaction of the connection; the names of what was. Nothing on SQLite or
    without the extra. The caller holds the write lock."""
    if connection.dialect.name != "postgresql" or not is_engine_here():
        return []
    pending = pending_steps(connection)
    if pending == ["schema.sql"]:
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.exec_driver_sql(
            f"CREATE TABLE {SCHEMA}.step (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
    connection.exec_driver_sql(f"SET LOCAL search_path = {SCHEMA}")
    for name in pending:
        run_script(connection, sql_of(name))
    for name in step_names() if pending == ["schema.sql"] else pending:
        connection.exec_driver_sql(NOTE_STEP, {"name": name})
    connection.exec_driver_sql("SET LOCAL search_path = DEFAULT")
    return pending


def refuse_pending(connection: Connection) -> None:
    """Raises ``SchemaError`` when the installed engine needs other tables than there are."""
    if pending := pending_steps(connection):
        raise SchemaError(f"the job queue's tables are not up to date ({len(pending)} steps). Run: perilune db upgrade")


def step_names() -> list[str]:
    """Of all SQL files that lead to the installed version's tables, in the order to be applied."""
    folder = resources.files("procrastinate.sql") / "migrations"
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))


def sql_of(name: str) -> str:
    folder = resources.files("procrastinate.sql")
    return (folder / name if name == "schema.sql" else folder / "migrations" / name).read_text(encoding="utf-8")


def run_script(connection: Connection, script: str) -> None:
    """Several statements at once, none of whose ``%`` is a parameter: SQLAlchemy would take it for one."""
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(script)
