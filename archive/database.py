"""Opening the database, and the two ways to use it: many read, one writes.

A writing transaction takes the archive's one write lock before it looks at anything, on both engines: SQLite's
own (``BEGIN IMMEDIATE``), an advisory lock on PostgreSQL. So what a transaction looked up still holds when it
writes, two writers queue instead of failing, and they can't deadlock. Readers wait for nobody.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from archive.errors import ConfigError, StoreError

LOCK_WAIT_S = 30  # s a writer waits for another; writes take milliseconds, so longer means a stuck process
STATEMENT_TIMEOUT_S = 600  # s; PostgreSQL only; no statement of ours takes ten minutes
CONNECT_TIMEOUT_S = 15  # s; PostgreSQL only
CACHE_KIB, READER_CACHE_KIB = 65_536, 16_384  # of pages a connection holds, SQLite; by default 2,000, and a million
# articles' indexes are walked through the system for every row
READERS, WRITERS = 8, 4  # connections kept open, PostgreSQL: a new one takes longer than a page; the web asks 8 at once
WAL_LIMIT_BYTES = 64 * 2**20  # the -wal file is cut back to this after a burst; default: it never shrinks
WRITER_KEY = 0x70657269  # PostgreSQL's advisory lock of whoever writes; locks are a database's own
SECRET_PARAMETERS = ("password", "sslpassword", "passfile", "sslkey")  # of a PostgreSQL address's query
READING = "perilune_reading"  # execution option: this connection's transactions write nothing
GROUP: ContextVar[Session | None] = ContextVar("group", default=None)  # the session that a thread's writes share
MOST_IDLE_S = 60  # s that whoever holds the write lock may think; beyond, it is frozen or cut off, and is undone
FENCE = "perilune_fence"  # execution option of an engine: asked at the start of each transaction that writes


def open_engine(database_url: str, *, read_only: bool = False) -> Engine:
    """An engine on a database that could be opened, and written to unless ``read_only``.

    A missing SQLite file is made together with its directory, unless ``read_only``. Raises ``ConfigError`` for an
    address that names no engine we know, ``StoreError`` when the database can't be opened. Messages never hold
    a password.
    """
    url = known_url(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = sqlite_engine(url, read_only=read_only) if is_sqlite else postgres_engine(url, read_only=read_only)
    with store_errors(f"database {shown(url)}"), engine.begin():
        pass
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that writes, alone: committed at the end of the block, undone when it raises.

    Inside :func:`grouped` it is a part of that transaction, which stands or falls by itself until then.
    Raises ``StoreError`` for whatever the database refuses, and what the engine's fence raises.
    """
    if (shared := GROUP.get()) is not None and shared.get_bind() is engine:
        with store_errors("can't be stored"), shared.begin_nested():
            yield shared
        return
    with store_errors("can't be stored"), Session(engine) as session, session.begin():
        enter(session, engine)
        yield session


def fenced(engine: Engine, fence: Callable[[Session], None]) -> Engine:
    """The same engine, on which ``fence`` is asked inside each writing transaction before anything is written.

    It raises when whoever writes may not any more; then nothing is. Between its answer and the commit nobody else
    writes, so the answer holds.
    """
    return engine.execution_options(**{FENCE: fence})


def shared_clock(engine: Engine) -> Callable[[], datetime]:
    """Now as everybody who uses this database counts it: what a lease is measured with.

    PostgreSQL's own clock, asked once, since machines disagree; on SQLite this machine's. Raises ``StoreError``.
    """
    if engine.dialect.name != "postgresql":
        return lambda: datetime.now(UTC)
    with reading(engine) as session:
        session.connection()  # connecting takes time: not to be counted
        before = datetime.now(UTC)
        theirs: datetime = session.connection().exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        ahead: timedelta = theirs - (before + (datetime.now(UTC) - before) / 2)
    return lambda: datetime.now(UTC) + ahead


@contextmanager
def grouped(engine: Engine) -> Iterator[None]:
    """Blocks of :func:`writing` inside, in this thread, are one transaction, committed at the end.

    A block that raises is undone alone. What the others wrote holds only once this block has ended without an error;
    when it raises, nothing of them is there. Raises ``StoreError``, and what the engine's fence raises.
    """
    with store_errors("can't be stored"), Session(engine) as session, session.begin():
        enter(session, engine)
        token = GROUP.set(session)
        try:
            yield
        finally:
            GROUP.reset(token)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A transaction that only reads, beside any writer. Raises ``StoreError``."""
    with store_errors("can't be read"), Session(engine.execution_options(**{READING: True})) as session:
        yield session


def enter(session: Session, engine: Engine) -> None:
    """Before anything is looked at: the write lock, then the engine's fence, where it has one."""
    take_write_lock(session.connection())
    if (fence := engine.get_execution_options().get(FENCE)) is not None:
        fence(session)


def take_write_lock(connection: Connection) -> None:
    """Wait until no one else writes. SQLite's transaction has the lock since it began."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"SELECT pg_advisory_xact_lock({WRITER_KEY}),"
            f" set_config('idle_in_transaction_session_timeout', '{MOST_IDLE_S}s', true)"
        )


def known_url(database_url: str) -> URL:
    """The address with the driver we use; raises ``ConfigError``. ``postgres://`` is PostgreSQL too."""
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError) as exc:
        what = database_url if "@" not in database_url else f"{database_url.partition(':')[0]}://…"
        raise ConfigError(
            f"database: not an address: {what!r}; like sqlite:////var/lib/perilune/archive.db "
            "or postgresql://user@host/name"
        ) from exc
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    if url.get_backend_name() in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise ConfigError(f"database: neither sqlite nor postgresql: {shown(url)}")


def shown(url: URL) -> str:
    """The address for people: a password reads ``***``, in the query too."""
    hidden = {name: "***" for name in url.query if name.lower() in SECRET_PARAMETERS}
    return url.update_query_dict(hidden).render_as_string(hide_password=True).replace("%2A%2A%2A", "***")


def sqlite_engine(url: URL, *, read_only: bool) -> Engine:
    """SQLite with WAL and foreign keys; see :func:`prepare_sqlite`."""
    if url.database and url.database != ":memory:" and not url.database.startswith("file:"):
        prepare_file(Path(url.database), read_only=read_only)
    engine = create_engine(url, connect_args={"timeout": LOCK_WAIT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        prepare_sqlite(connection, read_only=read_only)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_reading = read_only or connection.get_execution_options().get(READING, False)
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")

    return engine


def prepare_sqlite(connection: sqlite3.Connection, *, read_only: bool) -> None:
    """Set up a new connection.

    ``synchronous=NORMAL``: with WAL a power failure may take the last transactions but never corrupts the file;
    what they held is in WARC, and their URLs are due again. https://www.sqlite.org/pragma.html#pragma_synchronous
    """
    connection.isolation_level = None  # the driver begins nothing by itself: the engine's "begin" event does
    if not read_only:
        turn_wal_on(connection)
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB if read_only else CACHE_KIB}")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")


def turn_wal_on(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL. SQLite does not wait for a process that does the same at this moment: we do."""
    give_up_at = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
        else:
            return


def postgres_engine(url: URL, *, read_only: bool) -> Engine:
    """PostgreSQL; connections are checked before use, since servers restart. The address's own options come last."""
    settings: Mapping[str, object] = {
        "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
        "lock_timeout": f"{LOCK_WAIT_S}s",
        "jit": "off",  # compiling a statement takes longer than any of ours
        "timezone": "UTC",
        "default_transaction_read_only": "on" if read_only else "off",
    }
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    theirs = url.query.get("options", "")
    options = " ".join([ours, *([theirs] if isinstance(theirs, str) else theirs)]).strip()
    connect = {"options": options, "connect_timeout": CONNECT_TIMEOUT_S}
    return create_engine(url, pool_pre_ping=True, pool_size=READERS if read_only else WRITERS, connect_args=connect)


def prepare_file(path: Path, *, read_only: bool) -> None:
    """Make the directory of a SQLite file. Raises ``StoreError`` when it can't be made or written to; and when there
    is nothing to read, since opening it would make an empty archive."""
    if read_only:
        if not path.exists():
            raise StoreError(f"no archive at {path}")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreError(f"{path.parent}: can't be made: {exc.strerror}") from exc
    for place in (path.parent, path):  # SQLite would open it for reading, and fail at the first article
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(f"{place}: can't be written to by this user, or on this file system")


@contextmanager
def store_errors(what: str) -> Iterator[None]:
    """The engine's errors as ``StoreError``: ``what``, and the engine's own words without statement and values."""
    try:
        yield
    except SQLAlchemyError as exc:
        raise StoreError(f"{what}: {reason_of(exc)}{advice_on(exc)}") from exc


def reason_of(exc: SQLAlchemyError) -> str:
    """The engine's own message, one line."""
    lines = str(getattr(exc, "orig", None) or exc).strip().splitlines()
    return lines[0] if lines else type(exc).__name__


def advice_on(exc: SQLAlchemyError) -> str:
    """What to do next, where we know."""
    if isinstance(exc, OperationalError) and "locked" in str(exc.orig):
        return f" (another process has been writing for {LOCK_WAIT_S} s: is one stuck?)"
    return ""


def archive_exists(database_url: str) -> bool:
    """False when the address is a SQLite file that nobody has made yet."""
    url = known_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return True
    return Path(url.database).is_file()
