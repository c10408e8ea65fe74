"""Opening the database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from archive.errors import ConfigError, StoreError

BUSY_TIMEOUT_S = 30  # s a writer waits for another; writes take milliseconds, so longer means a stuck process
STATEMENT_TIMEOUT_MS = 600_000  # ms; no statement of ours takes ten minutes


def open_engine(database_url: str, *, read_only: bool = False) -> Engine:
    """An engine whose writing transactions queue instead of failing.

    Raises ``ConfigError`` for an address that names no engine we know, ``StoreError`` when the database
    can't be opened. Messages never hold the password.
    """
    url = known_url(database_url)
    engine = sqlite_engine(url, read_only=read_only) if url.get_backend_name() == "sqlite" else postgres_engine(url)
    with store_errors(url):
        engine.connect().close()
    return engine


def known_url(database_url: str) -> URL:
    """The address with the driver we use; raises ``ConfigError``."""
    try:
        url = make_url(database_url)
    except ArgumentError as exc:
        raise ConfigError(f"database: not an address: {database_url.split('@')[-1]!r}") from exc
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    if url.get_backend_name() in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise ConfigError(f"database: neither sqlite nor postgresql: {url.render_as_string(hide_password=True)}")


def sqlite_engine(url: URL, *, read_only: bool) -> Engine:
    """SQLite with WAL and foreign keys; a transaction takes the write lock at its start, so that two writers queue.

    ``synchronous=NORMAL``: with WAL a power failure may take the last transactions but never corrupts; what
    they held is in WARC and the URLs are due again. https://www.sqlite.org/pragma.html#pragma_synchronous
    """
    if url.database and url.database != ":memory:" and not read_only:
        make_directory(Path(url.database).parent)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; see `begin`
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def postgres_engine(url: URL) -> Engine:
    """PostgreSQL; connections are checked before use, since servers restart."""
    options = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"
    return create_engine(url, pool_pre_ping=True, pool_size=4, connect_args={"options": options, "connect_timeout": 15})


def make_directory(directory: Path) -> None:
    """Raises ``StoreError`` when it can't be made."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreError(f"{directory}: can't be made: {exc.strerror}") from exc


@contextmanager
def store_errors(url: URL) -> Iterator[None]:
    """Errors of the engine as ``StoreError``, with the address but not its password."""
    try:
        yield
    except SQLAlchemyError as exc:
        reason = str(getattr(exc, "orig", None) or exc).strip().splitlines()[0]
        raise StoreError(f"database {url.render_as_string(hide_password=True)}: {reason}") from exc


def archive_exists(database_url: str) -> bool:
    """False when the address is a SQLite file that nobody has made yet."""
    url = known_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return True
    return Path(url.database).is_file()
