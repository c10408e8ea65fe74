"""An archive opened to be read: by the commands, by the web pages, from Python. Never makes one.

``limited`` bounds what one question may cost, so that a stranger's query can't hold the server: SQLite asks us every
few thousand steps whether to go on, PostgreSQL keeps the time itself.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from archive.config import Config
from archive.database import archive_exists, open_engine, reason_of
from archive.errors import ConfigError, StoreError, TooSlowError
from archive.migrate import current, ensure_schema

STEPS = 20_000  # of SQLite's machine between two looks at the clock; about a millisecond
QUERY_CANCELED = "57014"  # PostgreSQL's code for a statement that took too long


def reading_engine(config: Config) -> Engine:
    """An engine on an archive that is there and has our schema.

    Raises ``ConfigError`` where there is none, ``SchemaError`` for another schema, ``StoreError`` when it can't be
    opened.
    """
    if not archive_exists(config.database_url):
        raise ConfigError(no_archive(config))
    engine = open_engine(config.database_url, read_only=True)
    try:
        if current(engine) is None:
            raise ConfigError(no_archive(config))
        ensure_schema(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def opened(config: Config) -> Iterator[Connection]:
    """One connection for a command; all it reads is one state of the archive. Raises as :func:`reading_engine` does."""
    engine = reading_engine(config)
    try:
        with one_state(engine) as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def one_state(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the archive as it is now. Raises ``StoreError`` when reading fails."""
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":  # SQLite does so by itself
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection
    except SQLAlchemyError as exc:
        raise StoreError(f"the archive can't be read: {reason_of(exc)}") from exc


@contextmanager
def limited(engine: Engine, *, seconds: float) -> Iterator[Connection]:
    """Same; raises ``TooSlowError`` when it takes longer than ``seconds`` in all (PostgreSQL: one statement)."""
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                yield from with_clock(connection, seconds)
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
                yield connection
    except SQLAlchemyError as exc:
        if is_cut_off(exc):
            raise TooSlowError(f"this takes longer than {seconds:g} s: ask for less") from exc
        raise StoreError(f"the archive can't be read: {reason_of(exc)}") from exc


def with_clock(connection: Connection, seconds: float) -> Iterator[Connection]:
    """The connection while SQLite looks at the clock."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    give_up_at = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > give_up_at, STEPS)
    try:
        yield connection
    finally:
        raw.set_progress_handler(None, 0)


def is_cut_off(exc: SQLAlchemyError) -> bool:
    """Whether the engine stopped because time was up."""
    cause = exc.orig if isinstance(exc, DBAPIError) else None
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return getattr(cause, "sqlstate", None) == QUERY_CANCELED


def no_archive(config: Config) -> str:
    where = config.home if config.layers.get("database_url") == "default" else "the --database given"
    return f"no archive in {where}: run perilune crawl (or perilune demo) first, or name another --home"
