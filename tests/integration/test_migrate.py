"""archive.migrate: the schema is made once, upgraded on demand, and equals the mappings."""

from __future__ import annotations

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from archive.database import open_engine, writing
from archive.errors import SchemaError
from archive.migrate import current, ensure_schema, head, known_versions, scripts, upgrade
from archive.schema import Base
from archive.search import search
from archive.textindex import write_index
from tests.archived import a_source, an_archived

LATEST = "0016"  # the newest file of archive/migrations/versions


@pytest.fixture
def empty(empty_url):
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


def set_version(engine, version, least="0012"):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        connection.execute(text("UPDATE schema_terms SET least_schema = :least"), {"least": least})


def is_mapped(thing, name, kind, is_reflected, other):
    """Not the search index, which archive.textindex makes; nor an index that one engine alone has."""
    if kind == "index" and name == "ix_article_facts":
        return False
    return kind != "table" or not name.startswith(("article_fts", "article_search"))


def test_migrations_make_what_the_mappings_say(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_mapped, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_facts_are_indexed_where_a_row_is_read_from_its_start(engine):
    names = {index["name"] for index in inspect(engine).get_indexes("article")}
    assert ("ix_article_facts" in names) == (engine.dialect.name == "sqlite")


def test_mappings_and_migrations_reference_the_same_tables(engine):
    found = {
        (table, key["referred_table"], *key["constrained_columns"])
        for table in Base.metadata.tables
        for key in inspect(engine).get_foreign_keys(table)
    }
    assert ("article", "capture", "capture_id") in found
    assert ("capture", "article", "article_id") in found
    assert ("outcome", "capture", "capture_id") in found


def test_first_use_makes_the_schema(empty):
    assert current(empty) is None
    ensure_schema(empty)
    ensure_schema(empty)
    assert current(empty) == head() == LATEST
    assert "article_search" in inspect(empty).get_table_names()


def test_versions_are_those_that_alembic_finds():
    found = ScriptDirectory.from_config(scripts()).walk_revisions()
    assert known_versions() == sorted(script.revision for script in found)
    assert ScriptDirectory.from_config(scripts()).get_heads() == [head()]


def test_upgrade_says_from_where_to_where(empty):
    assert upgrade(empty) == (None, LATEST)
    assert upgrade(empty) == (LATEST, LATEST)


def test_newer_schema_is_refused_in_words(engine):
    set_version(engine, "9999", least="9998")
    for use in (ensure_schema, upgrade):
        with pytest.raises(
            SchemaError, match=rf"has schema 9999, .* up to {LATEST}: install a newer Perilune"
        ) as caught:
            use(engine)
        assert caught.value.exit_code == 2


def test_older_schema_is_not_upgraded_in_passing(engine, monkeypatch):
    monkeypatch.setattr("archive.migrate.head", lambda: "9998")  # as after an update of the program
    with pytest.raises(SchemaError, match=rf"has schema {LATEST}, this program needs 9998. Run: perilune db upgrade"):
        ensure_schema(engine)


def test_database_of_another_program_is_left_alone(empty):
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
    for use in (ensure_schema, upgrade):
        with pytest.raises(SchemaError, match="tables that are not Perilune's"):
            use(empty)
    assert inspect(empty).get_table_names() == ["invoices"]


def test_processes_that_meet_a_new_database_make_it_once(empty_url):
    program = (
        "import sys; from archive.database import open_engine; from archive.migrate import ensure_schema;"
        "sys.stdin.readline(); ensure_schema(open_engine(sys.argv[1])); print('made')"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=60) for process in started]
    assert [out for out, _ in ended] == ["made\n"] * 4, ended


def test_migration_that_fails_leaves_nothing(empty, monkeypatch):
    def refuse(connection):
        raise RuntimeError("cut off")

    monkeypatch.setattr("archive.textindex.create_index", refuse)  # the last step of the first version
    with pytest.raises(RuntimeError, match="cut off"):
        upgrade(empty)
    assert inspect(empty).get_table_names() == []


def test_an_index_without_stems_is_made_anew(engine, caplog):
    with engine.begin() as connection:
        a_source(connection, "esa", kind="agency", country="EU")
        article_id = an_archived(connection, source="esa", title="Two probes launched", text="…", lang="en")
        write_index(connection, article_id=article_id, title="Two probes launched", text="…")  # as schema 0009 had it
        connection.exec_driver_sql("ALTER TABLE revision DROP COLUMN replaced")  # of schema 0011
    set_version(engine, "0009")
    with engine.begin() as connection:
        for table in ("schema_terms", "worker", "pause", "warc_file"):  # of schema 0012
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("DROP INDEX ix_lock_owner")
        for index in ("ix_article_copies", "ix_article_moment"):  # of schema 0013
            connection.exec_driver_sql(f"DROP INDEX {index}")
    with caplog.at_level("INFO", logger="archive.migrations"):
        upgrade(engine)
    steps = [(record.schema, record.what, record.of) for record in caplog.records if hasattr(record, "of")]
    assert steps[0] == ("0010", "words", 1)
    with engine.connect() as connection:
        assert [hit.id for hit in search(connection, "launch").hits] == [article_id]
        assert [hit.id for hit in search(connection, "title:launch").hits] == [article_id]


def test_phrases_of_an_older_index_are_found(engine, caplog):
    with engine.begin() as connection:
        a_source(connection, "esa", kind="agency", country="EU")
        article_id = an_archived(connection, source="esa", title="A", text="The second pad opened", lang="en")
        an_archived(connection, source="esa", title="B", text="The pad opened second", lang="en")
        if engine.dialect.name == "postgresql":
            for column in ("pairs", "source_id", "published_at"):
                connection.exec_driver_sql(f"ALTER TABLE article_search DROP COLUMN {column}")
    set_version(engine, "0015")
    with caplog.at_level("INFO", logger="archive.migrations"):
        upgrade(engine)
    steps = [(record.schema, record.what, record.articles) for record in caplog.records if hasattr(record, "articles")]
    assert steps == ([("0016", "words", 2)] if engine.dialect.name == "postgresql" else [])
    with engine.connect() as connection:
        assert [hit.id for hit in search(connection, '"second pad" source:esa').hits] == [article_id]


@pytest.mark.postgres
def test_a_step_may_think_for_long_between_two_statements(postgres_url, monkeypatch):
    """A thousand long articles' words took longer than the minute that writers have: cut off, at every try."""
    allowed = []

    def asked(connection, *what):
        allowed.append(connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar())

    monkeypatch.setattr("archive.migrations.telling.tell", asked)
    engine = open_engine(postgres_url)
    upgrade(engine)
    with writing(engine) as session:  # the next writer on the same connection
        assert session.connection().exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "1min"
    engine.dispose()
    assert set(allowed) == {"0"}
