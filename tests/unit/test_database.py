"""archive.database: what opens, what is refused, and in which words."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from sqlalchemy import create_engine, text

from archive.database import archive_exists, known_url, open_engine, postgres_engine, reading, shown, writing
from archive.errors import ConfigError, StoreError


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/made/on/the/way/archive.db"


@pytest.fixture
def opened(url):
    engine = open_engine(url)
    with writing(engine) as session:
        session.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        session.execute(text("CREATE TABLE child (parent_id INTEGER REFERENCES parent (id))"))
    yield engine
    engine.dispose()


def pragma(engine, name):
    with engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def count(engine, table="parent"):
    with reading(engine) as session:
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar()


def test_sqlite_is_opened_as_stated(opened):
    assert pragma(opened, "journal_mode") == "wal"
    assert pragma(opened, "foreign_keys") == 1
    assert pragma(opened, "synchronous") == 1  # NORMAL
    assert pragma(opened, "busy_timeout") == 30_000
    assert pragma(opened, "journal_size_limit") == 67_108_864


def test_foreign_keys_hold(opened):
    with pytest.raises(StoreError, match="can't be stored: FOREIGN KEY constraint failed"), writing(opened) as session:
        session.execute(text("INSERT INTO child VALUES (7)"))


def test_block_that_raises_leaves_nothing(opened):
    with pytest.raises(ZeroDivisionError), writing(opened) as session:
        session.execute(text("INSERT INTO parent VALUES (1)"))
        raise ZeroDivisionError
    assert count(opened) == 0


def test_readers_wait_for_nobody(opened):
    with writing(opened) as session:
        session.execute(text("INSERT INTO parent VALUES (1)"))
        assert count(opened) == 0
    assert count(opened) == 1


def test_writers_queue(url, opened):
    """Eight writers that read before they write: each would fail with 'database is locked' or lose an update."""
    with writing(opened) as session:
        session.execute(text("CREATE TABLE counter (n INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))

    def add_ten():
        engine = open_engine(url)
        for _ in range(10):
            with writing(engine) as session:
                n = session.execute(text("SELECT n FROM counter")).scalar_one()
                session.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})
        engine.dispose()

    threads = [threading.Thread(target=add_ten) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(opened) as session:
        assert session.execute(text("SELECT n FROM counter")).scalar_one() == 80


def test_stuck_writer_is_named(url, opened):
    impatient = create_engine(url, connect_args={"timeout": 0.01})
    with (
        writing(opened),
        pytest.raises(StoreError, match=r"database is locked \(another process has been writing for 30 s"),
        writing(impatient) as session,
    ):
        session.execute(text("INSERT INTO parent VALUES (2)"))
    impatient.dispose()


def test_read_only_engine_writes_nothing(url, opened):
    engine = open_engine(url, read_only=True)
    with pytest.raises(StoreError, match="readonly database"), writing(engine) as session:
        session.execute(text("INSERT INTO parent VALUES (1)"))
    assert count(engine) == 0
    engine.dispose()


def test_reading_makes_no_file(tmp_path):
    with pytest.raises(StoreError, match=r"no archive at .*/archive.db"):
        open_engine(f"sqlite:///{tmp_path}/archive.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_home_that_is_a_file(tmp_path):
    (tmp_path / "place").write_text("")
    with pytest.raises(StoreError, match=r"/place: can't be made: File exists") as caught:
        open_engine(f"sqlite:///{tmp_path}/place/archive.db")
    assert caught.value.exit_code == 3


def test_unwritable_home():
    with pytest.raises(StoreError, match=r"^/proc/perilune: can't be made: No such file or directory$"):
        open_engine("sqlite:////proc/perilune/archive.db")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"<html>" * 1000, "file is not a database", id="not a database"),
        pytest.param(None, "unable to open database file", id="a directory"),
    ],
)
def test_no_database_file(tmp_path, content, reason):
    path = tmp_path / "archive.db"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(StoreError, match=f"database sqlite:///{path}: {reason}"):
        open_engine(f"sqlite:///{path}")


@pytest.mark.parametrize("refused", ["archive.db", "way"])
def test_archive_that_may_not_be_written(url, opened, monkeypatch, refused):
    """The tests may run as root, who may write everywhere: so the system's answer is given here."""
    monkeypatch.setattr("os.access", lambda place, mode: place.name != refused)
    with pytest.raises(StoreError, match=f"/{refused}: can't be written to by this user") as caught:
        open_engine(url)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        pytest.param("sqlite:////a.db", "sqlite", id="sqlite"),
        pytest.param("postgresql://u@h/n", "postgresql+psycopg", id="postgresql"),
        pytest.param("postgres://u@h/n", "postgresql+psycopg", id="postgres"),
        pytest.param("postgresql+psycopg2://u@h/n", "postgresql+psycopg", id="another driver"),
    ],
)
def test_known_addresses(address, driver):
    assert known_url(address).drivername == driver


@pytest.mark.parametrize(
    "address",
    ["mysql://u:hush@h/n", "archive.db", "", "postgresql://u:hush@h:port/n", "://u:hush@", "oracle://u:hush@h"],
)
def test_unknown_addresses(address):
    with pytest.raises(ConfigError, match=r"^database: ") as caught:
        known_url(address)
    assert caught.value.exit_code == 2
    assert "hush" not in str(caught.value)


def test_passwords_are_never_shown():
    address = "postgresql://ada:hush@host/name?password=hush2&sslpassword=hush3&application_name=cron"
    assert shown(known_url(address)) == (
        "postgresql+psycopg://ada:***@host/name?application_name=cron&password=***&sslpassword=***"
    )


def test_server_that_is_not_there_is_a_store_error(tmp_path):
    with pytest.raises(StoreError, match=r"database postgresql\+psycopg://ada:\*\*\*@") as caught:
        open_engine(f"postgresql://ada:hush@/name?host={tmp_path}")
    assert "hush" not in str(caught.value)


def test_postgres_takes_the_addresss_own_options_too(monkeypatch):
    url = known_url("postgresql://ada@host/name?options=-csearch_path%3Dnews")
    seen = {}
    engine = postgres_engine(url, read_only=True)
    monkeypatch.setattr(engine.dialect, "connect", lambda *args, **kwargs: seen.update(kwargs) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        engine.raw_connection()
    assert seen["options"].endswith("-c timezone=UTC -c default_transaction_read_only=on -csearch_path=news")
    assert "-c lock_timeout=30s" in seen["options"]


def test_archive_exists(url, opened):
    assert archive_exists(url)
    assert not archive_exists("sqlite:////nowhere/archive.db")
    assert archive_exists("postgresql://ada@host/name")  # only asking it would tell


def test_database_that_was_made_without_wal_gets_it(tmp_path):
    path = tmp_path / "archive.db"
    sqlite3.connect(path).execute("CREATE TABLE t (n)").connection.close()
    engine = open_engine(f"sqlite:///{path}")
    assert pragma(engine, "journal_mode") == "wal"
    engine.dispose()
