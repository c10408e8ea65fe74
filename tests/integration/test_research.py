"""Citing, snapshots, watches and Parquet, as commands and as what they write."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet
import pytest
from sqlalchemy import Engine

from archive import export, snapshots, watches
from archive.database import open_engine
from archive.errors import ConfigError, StoreError
from archive.formats.parquet import parquet
from archive.migrate import upgrade
from archive.query import parse_query
from crawler.cli import run
from tests.archived import a_revision, an_archived

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def filled(engine: Engine) -> Engine:
    with engine.begin() as connection:
        an_archived(
            connection,
            title="Comet seen",
            text="A comet was seen.",
            authors=["Jane Doe"],
            published_at=datetime(2025, 3, 12, tzinfo=UTC),
            precision="day",
        )
        an_archived(connection, title="Moon", text="No tail.", tags=["moon", "tails"], lang=None)
        an_archived(connection, title="Comet gone", text="The comet went.")
    return engine


@pytest.fixture
def archive(engine: Engine) -> Engine:
    return filled(engine)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    engine = open_engine(f"sqlite:///{tmp_path}/archive.db")
    upgrade(engine)
    filled(engine).dispose()
    return tmp_path


def edited(engine: Engine) -> None:
    with engine.begin() as connection:
        a_revision(connection, 3, text="The comet came back.", seen_at=NOW)


def edit(home: Path) -> None:
    engine = open_engine(f"sqlite:///{home}/archive.db")
    edited(engine)
    engine.dispose()


def test_a_snapshot_says_what_has_changed_since(archive: Engine, tmp_path: Path) -> None:
    with archive.connect() as connection:
        made = snapshots.create(connection, tmp_path, "comets", parse_query("comet"), now=NOW)
        found = snapshots.compare(connection, tmp_path, "comets")
    assert (made.articles, made.query, made.created_at) == (2, "comet", "2026-03-01T12:00:00Z")
    assert (found.same, found.changed, found.missing) == (2, (), ())
    edited(archive)
    with archive.connect() as connection:
        found = snapshots.compare(connection, tmp_path, "comets")
    assert (found.same, found.changed, found.missing, found.changed_count) == (1, (3,), (), 1)


def test_a_snapshot_is_a_plain_file_with_a_digest_of_it_all(archive: Engine, tmp_path: Path) -> None:
    with archive.connect() as connection:
        made = snapshots.create(connection, tmp_path, "all", None, now=NOW)
    lines = (tmp_path / "all.tsv").read_text().splitlines()
    assert lines[:4] == ["# perilune snapshot 1", "# name: all", "# created_at: 2026-03-01T12:00:00Z", "# query: "]
    assert [line.split("\t")[:2] for line in lines[4:7]] == [["1", "1"], ["2", "1"], ["3", "1"]]
    assert lines[7:] == ["# articles: 3", f"# digest: {made.digest}"]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_the_same_state_has_the_same_digest_and_an_altered_file_is_refused(archive: Engine, tmp_path: Path) -> None:
    with archive.connect() as connection:
        one = snapshots.create(connection, tmp_path / "a", "x", None, now=NOW)
        other = snapshots.create(connection, tmp_path / "b", "x", None, now=NOW)
    assert one.digest == other.digest
    file = tmp_path / "a" / "x.tsv"
    file.write_text(file.read_text().replace("2\t1\t", "2\t7\t"))
    with pytest.raises(StoreError, match="altered"):
        snapshots.read(tmp_path / "a", "x")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "ä", "a b"])
def test_a_name_that_would_leave_the_folder_is_refused(archive: Engine, tmp_path: Path, name: str) -> None:
    with archive.connect() as connection, pytest.raises(ConfigError, match="not a name"):
        snapshots.create(connection, tmp_path, name, None, now=NOW)
    with archive.connect() as connection, pytest.raises(ConfigError, match="not a name"):
        watches.add(connection, tmp_path, name, "moon", from_start=False, now=NOW)


def test_a_watch_shows_each_new_hit_once(archive: Engine, tmp_path: Path) -> None:
    with archive.connect() as connection:
        watches.add(connection, tmp_path, "comets", "comet", from_start=True, now=NOW)
        first = watches.look(connection, watches.read(tmp_path, "comets"), now=NOW)
        again = watches.look(connection, first.watch, now=NOW)
    assert [hit.id for hit in first.hits] == [1, 3]
    assert again.hits == ()
    watches.save(tmp_path, first.watch)
    with archive.begin() as connection:
        an_archived(connection, title="Nothing", text="Unrelated.")
        an_archived(connection, title="Comet again", text="Old news.", published_at=datetime(1999, 1, 1, tzinfo=UTC))
    with archive.connect() as connection:
        second = watches.look(connection, watches.read(tmp_path, "comets"), now=NOW)
    assert [hit.id for hit in second.hits] == [5]
    assert (second.watch.seen_id, second.watch.looked_at) == (5, "2026-03-01T12:00:00Z")


def test_what_is_there_counts_as_seen_when_a_watch_is_made(archive: Engine, tmp_path: Path) -> None:
    with archive.connect() as connection:
        made = watches.add(connection, tmp_path, "comets", "comet", from_start=False, now=NOW)
        assert watches.look(connection, made, now=NOW).hits == ()
        with pytest.raises(ConfigError, match="already"):
            watches.add(connection, tmp_path, "comets", "moon", from_start=False, now=NOW)


def test_parquet_holds_what_json_lines_hold(archive: Engine) -> None:
    with archive.connect() as connection:
        expected = list(export.articles(connection))
        written = b"".join(parquet(export.articles(connection)))
    table = pyarrow.parquet.read_table(io.BytesIO(written))
    assert table.to_pylist() == expected
    assert table.column_names == list(expected[0])


def test_an_empty_parquet_file_has_its_columns() -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(b"".join(parquet([]))))
    assert (table.num_rows, table.column_names[:3]) == (0, ["id", "source", "url"])


def test_commands_cite_and_verify(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["cite", "3", "https://alpha.example/1", "--where", "comet", "--home", str(home)]) == 0
    written = capsysbinary.readouterr().out
    assert [line for line in written.decode().splitlines() if line.startswith("@")] == [
        "@online{alpha-3,",
        "@online{alpha2025-1,",
    ]
    (home / "paper.bib").write_bytes(written)
    assert run(["cite", "--verify", str(home / "paper.bib"), "--home", str(home)]) == 0
    assert capsysbinary.readouterr().out.decode().splitlines() == [
        "same     article 3, revision 1, now revision 1 (live) https://alpha.example/3",
        "same     article 1, revision 1, now revision 1 (live) https://alpha.example/1",
    ]
    edit(home)
    assert run(["cite", "--verify", str(home / "paper.bib"), "--home", str(home)]) == 1
    assert capsysbinary.readouterr().out.startswith(b"changed  article 3, revision 1, now revision 2")
    assert run(["cite", "--verify", str(home / "paper.bib"), "--json", "--home", str(home)]) == 1
    lines = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [(line["article_id"], line["verdict"], line["revision"], line["now"]) for line in lines] == [
        (3, "changed", 1, 2),
        (1, "same", 1, 1),
    ]


@pytest.mark.parametrize(
    "arguments",
    [["cite"], ["cite", "99"], ["cite", "1", "--json"], ["cite", "--verify", "/nowhere"], ["snapshot", "compare", "x"]],
)
def test_commands_say_what_is_missing(home: Path, arguments: list[str]) -> None:
    assert run([*arguments, "--home", str(home)]) == 2


def test_commands_keep_snapshots(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["snapshot", "create", "march", "--where", "comet", "--home", str(home)]) == 0
    assert capsys.readouterr().out.startswith("march: 2 articles, sha256:")
    assert run(["snapshot", "list", "--home", str(home)]) == 0
    assert "2 articles" in capsys.readouterr().out
    assert run(["snapshot", "list", "--json", "--home", str(home)]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["name"], line["query"], line["articles"], line["digest"][:7]) == ("march", "comet", 2, "sha256:")
    assert run(["snapshot", "compare", "march", "--home", str(home)]) == 0
    edit(home)
    assert run(["snapshot", "compare", "march", "--home", str(home)]) == 1
    assert "changed article 3" in capsys.readouterr().out
    assert run(["snapshot", "compare", "march", "--json", "--home", str(home)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["same"], found["changed"], found["missing"], found["snapshot"]["name"]) == (1, [3], [], "march")
    assert run(["snapshot", "create", "march", "--home", str(home)]) == 2


def test_an_altered_snapshot_hides_no_other(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("april", "march", "may"):
        assert run(["snapshot", "create", name, "--home", str(home)]) == 0
    altered = home / "snapshots" / "march.tsv"
    altered.write_text(altered.read_text().replace("# query: ", "# query: comet"))
    capsys.readouterr()
    assert run(["snapshot", "list", "--home", str(home)]) == 3
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()] == ["april", "may"]
    assert "march.tsv: does not agree with its digest" in said.err


def test_commands_watch(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["watch", "add", "comets", "comet", "--from-start", "--home", str(home)]) == 0
    assert run(["watch", "add", "wrong", "(", "--home", str(home)]) == 2
    assert run(["watch", "look", "--keep", "--json", "--home", str(home)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["watch"], line["id"]) for line in lines] == [("comets", 1), ("comets", 3)]
    assert run(["watch", "look", "comets", "--feed", str(home / "new.atom"), "--home", str(home)]) == 0
    assert "Comet seen" in capsys.readouterr().out
    assert (home / "new.atom").read_text().count("<entry>") == 2
    assert run(["watch", "look", "--home", str(home)]) == 0
    assert capsys.readouterr().out == ""
    assert run(["watch", "list", "--home", str(home)]) == 0
    assert capsys.readouterr().out.startswith("comets  comet  (looked at 20")
    assert run(["watch", "list", "--json", "--home", str(home)]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["name"], line["query"], line["looked_at"][:2]) == ("comets", "comet", "20")
    assert run(["watch", "remove", "comets", "--home", str(home)]) == 0
    assert run(["watch", "look", "comets", "--home", str(home)]) == 2


def test_the_command_exports_parquet_by_the_files_ending(home: Path) -> None:
    assert run(["export", str(home / "all.parquet"), "--home", str(home)]) == 0
    assert pyarrow.parquet.read_table(home / "all.parquet").num_rows == 3


def test_a_webhook_file_is_there_when_something_is_new(home: Path) -> None:
    hook = home / "new.json"
    assert run(["watch", "add", "comets", "comet", "--from-start", "--home", str(home)]) == 0
    assert run(["watch", "look", "--webhook", str(hook), "--home", str(home)]) == 0
    [found] = json.loads(hook.read_text())["watches"]
    assert (found["watch"], found["query"], [hit["id"] for hit in found["hits"]]) == ("comets", "comet", [1, 3])
    assert run(["watch", "look", "--webhook", str(hook), "--home", str(home)]) == 0
    assert not hook.exists()


def test_many_citations_are_one_csl_list(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["cite", "3", "--where", "comet", "--format", "csl", "--home", str(home)]) == 0
    items = json.loads(capsysbinary.readouterr().out)
    assert [item["id"] for item in items] == ["alpha-3", "alpha2025-1"]
    assert run(["export", str(home / "all.csl.json"), "--home", str(home)]) == 0
    assert len(json.loads((home / "all.csl.json").read_text())) == 3
    assert run(["export", "--format", "csl", "--where", "nothing", "--home", str(home)]) == 0
    assert json.loads(capsysbinary.readouterr().out) == []


def test_citations_are_exported_by_the_files_ending(home: Path) -> None:
    assert run(["export", str(home / "all.bib"), "--home", str(home)]) == 0
    assert (home / "all.bib").read_text().count("@online{") == 3
    assert run(["export", str(home / "all.ris"), "--since-id", "1", "--home", str(home)]) == 0
    assert (home / "all.ris").read_bytes().count(b"TY  - NEWS\r\n") == 2


def test_an_sqlite_copy_holds_what_json_lines_hold(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "--home", str(home)]) == 0
    expected = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert run(["export", str(home / "all.sqlite"), "--home", str(home)]) == 0
    with closing(sqlite3.connect(home / "all.sqlite")) as copy:
        copy.row_factory = sqlite3.Row
        for item in expected:
            row = copy.execute("SELECT * FROM article WHERE id = ?", [item["id"]]).fetchone()
            assert {name: row[name] for name in row.keys()} == {name: item[name] for name in row.keys()}  # noqa: SIM118
            for name, table in (("authors", "author"), ("tags", "tag"), ("aliases", "alias")):
                found = copy.execute(f"SELECT {table} FROM {table} WHERE article_id = ? ORDER BY place", [item["id"]])
                assert [value for (value,) in found] == item[name]
            captures = copy.execute("SELECT * FROM capture WHERE article_id = ? ORDER BY rowid", [item["id"]])
            assert [dict(capture) for capture in captures] == [
                {"article_id": item["id"], **capture} for capture in item["captures"]
            ]
    assert run(["export", "--format", "sqlite", "--home", str(home)]) == 2
    assert run(["export", str(home / "no" / "all.sqlite"), "--home", str(home)]) == 3
