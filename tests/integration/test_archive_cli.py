"""The commands that read, from the command line to the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.database import open_engine
from archive.migrate import upgrade
from crawler.cli import run
from tests.archived import SEEN, a_revision, a_source, an_archived

HOSTILE = "Evil \x1b[31mred\x9b \u202etitle"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of three articles; the tests only read it."""
    home = tmp_path_factory.mktemp("archive")
    engine = open_engine(f"sqlite:///{home}/archive.db")
    upgrade(engine)
    with engine.begin() as connection:
        a_source(connection, "esa", name="European Space Agency")
        an_archived(
            connection,
            source="esa",
            title="Lander reaches the Moon",
            text="The lander carried a rover.\n\nIt found ice.",
            authors=["Jane Doe"],
            published_at=datetime(2025, 3, 12, tzinfo=UTC),
            precision="day",
            aliases=[("redirect", "https://esa.example/old")],
        )
        an_archived(connection, title=HOSTILE, text=f"Moon {HOSTILE}")
        an_archived(
            connection,
            title="Lander reaches the Moon",
            text="The lander carried a rover.",
            duplicate_of=1,
            particulars={"credit_line": "Source: ESA", "credit_url": "https://esa.example/1"},
        )
        a_revision(connection, 1, text="The lander carried a small rover.\n\nIt found ice.", seen_at=SEEN)
    engine.dispose()
    return home


@pytest.fixture
def perilune(home: Path, capfd: pytest.CaptureFixture[str]):
    """Run a command on the archive: (exit code, stdout, stderr)."""

    def command(*args: str) -> tuple[int, str, str]:
        code = run([args[0], "--home", str(home), *args[1:]])
        return (code, *capfd.readouterr())

    return command


def test_search_prints_hits_on_stdout_and_the_count_on_stderr(perilune) -> None:
    code, out, err = perilune("search", '"lander carried"', "-small")
    assert (code, err) == (0, "1 article\n")
    assert out == (
        "     3  Lander reaches the Moon\n"
        "        ALPHA · no date · https://alpha.example/3 · copy of 1\n"
        "        The lander carried a rover.\n"
        "\n"
    )


def test_search_as_json_and_as_addresses(perilune) -> None:
    code, out, _ = perilune("search", "small", "--json")
    assert code == 0
    assert json.loads(out) == {
        "id": 1,
        "source": "esa",
        "url": "https://esa.example/1",
        "title": "Lander reaches the Moon",
        "title_highlights": [],
        "authors": ["Jane Doe"],
        "published_at": "2025-03-12",
        "published_at_precision": "day",
        "lang": "en",
        "state": "live",
        "duplicate_of": None,
        "score": json.loads(out)["score"],
        "excerpt": "The lander carried a small rover. It found ice.",
        "excerpt_highlights": [[21, 26]],
    }
    assert perilune("search", "small", "--urls")[1] == "https://esa.example/1\n"


def test_search_turns_pages(perilune) -> None:
    _, out, err = perilune("search", "moon", "--newest", "--limit", "2", "--urls")
    assert out.splitlines() == ["https://esa.example/1", "https://alpha.example/3"]
    place = err.strip().rpartition(" ")[2]
    assert perilune("search", "moon", "--newest", "--after", place, "--urls")[1] == "https://alpha.example/2\n"


def test_search_opens_the_hit_that_is_named(perilune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opener = tmp_path / "xdg-open"  # what the desktop calls its browser by
    opener.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >"{tmp_path}/opened"\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert perilune("search", "moon", "--newest", "--open", "2")[:2] == (0, "https://alpha.example/3\n")
    assert wait_for(tmp_path / "opened") == "https://alpha.example/3\n"
    code, out, err = perilune("search", "moon", "--open", "9")
    assert (code, out) == (2, "") and "this page has 3 hits" in err


def wait_for(file: Path) -> str:
    """What a program that nobody waits for writes, once it has."""
    for _ in range(100):
        if file.exists() and (text := file.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{file} was never written")


def test_search_and_show_as_the_archive_stood(perilune) -> None:
    before, after = "2025-05-31", "2025-06-01"  # the day it was seen, and changed
    assert perilune("search", "lander", "--as-of", before, "--urls")[1] == ""
    assert perilune("search", "small", "--as-of", after, "--urls")[1] == "https://esa.example/1\n"
    assert perilune("show", "1", "--as-of", before)[0] == 2
    assert json.loads(perilune("show", "1", "--as-of", after, "--json")[1])["revision_count"] == 2
    assert perilune("search", "lander", "--as-of", "soon")[0] == 2


def test_search_gives_one_hit_a_story_and_counts_age(perilune) -> None:
    assert perilune("search", "lander", "--by-story", "--urls")[1] == "https://esa.example/1\n"
    assert len(perilune("search", "lander", "--recent", "--urls")[1].splitlines()) == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_and_options(shell: str) -> None:
    program = Path(sys.executable).with_name("perilune")
    script = completed(program, {"_PERILUNE_COMPLETE": f"{shell}_source"})
    assert f"_PERILUNE_COMPLETE={shell}_complete" in script
    asked = {"_PERILUNE_COMPLETE": f"{shell}_complete", "COMP_WORDS": "perilune search --as", "COMP_CWORD": "2"}
    assert "--as-of" in completed(program, asked if shell != "fish" else asked | {"COMP_CWORD": "--as"})


def completed(program: Path, asked: dict[str, str]) -> str:
    return subprocess.run([program], env=os.environ | asked, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("query", ['"unbalanced AND (', "sauce:esa", "(", "after:soon"])
def test_a_query_that_can_not_be_understood_is_one_clear_message(perilune, query: str) -> None:
    code, out, err = perilune("search", query)
    assert (code, out) == (2, "")
    assert "^" in err
    assert "Traceback" not in err


def test_dash_h_is_help_and_other_dashes_are_words(perilune) -> None:
    assert "QUERY..." in perilune("search", "-h")[1]
    assert perilune("search", "moon", "-hazard", "--urls")[0] == 0


@pytest.mark.parametrize("name", ["1", "https://esa.example/1", "http://www.esa.example/old/"])
def test_show_takes_an_id_or_any_address(perilune, name: str) -> None:
    code, out, _ = perilune("show", name)
    assert code == 0
    assert out.splitlines()[:7] == [
        "Lander reaches the Moon",
        "European Space Agency · 2025-03-12 · Jane Doe",
        "https://esa.example/1",
        "",
        "The lander carried a small rover.",
        "",
        "It found ice.",
    ]
    assert "copy: article 3, alpha, https://alpha.example/3" in out


def test_show_revisions_and_what_changed(perilune) -> None:
    assert "   2  2025-06-01T12:00:00Z  edit: text changed" in perilune("show", "1", "--revisions")[1]
    assert perilune("show", "1", "--diff", "1..2")[1].splitlines() == [
        "--- article 1 revision 1 text\t2025-06-01T12:00:00Z",
        "+++ article 1 revision 2 text\t2025-06-01T12:00:00Z",
        "@@ -1,2 +1,2 @@",
        "-The lander carried a rover.",
        "+The lander carried a small rover.",
        " It found ice.",
    ]
    assert perilune("show", "1", "--diff", "1..3")[0] == 2


def test_a_terminal_shows_the_words_that_changed(home: Path) -> None:
    ours, theirs = os.openpty()
    args = [sys.executable, "-m", "crawler", "show", "--home", str(home), "1", "--diff", "1..2"]
    subprocess.run(args, stdout=theirs, check=True, timeout=60)
    os.close(theirs)
    assert b"\x1b[32m{+small +}\x1b[0mrover." in os.read(ours, 4096)
    os.close(ours)


def test_show_explains_the_addresses(perilune) -> None:
    _, out, _ = perilune("show", "1", "--explain")
    assert "alias     https://esa.example/old (redirect, 2025-06-01T12:00:00Z)" in out
    assert "key       example,esa)/1" in out


def test_show_explains_whom_a_copy_names(perilune) -> None:
    assert "credit    Source: ESA https://esa.example/1\n" in perilune("show", "3", "--explain")[1]


def test_show_as_json_is_the_exported_object_and_more(perilune) -> None:
    shown = json.loads(perilune("show", "1", "--json")[1])
    exported = json.loads(perilune("export", "--where", "small")[1])
    assert {key: shown[key] for key in exported} == exported
    assert [revision["number"] for revision in shown["revisions"]] == [1, 2]
    assert shown["copies"][0]["id"] == 3


def test_show_rights(perilune) -> None:
    assert perilune("show", "1", "--rights")[1].splitlines() == [
        "asks      not recorded (page and headers of 2025-06-01T12:00:00Z)",
        "paywall   the page does not say",
        "licence   not known: the capture can't be read, perilune verify says why",
        "robots    no robots.txt was captured before it",
    ]
    assert json.loads(perilune("show", "1", "--rights", "--json")[1])["wishes"] is None


def test_export_under_a_policy_says_what_it_left_out(perilune) -> None:
    code, out, err = perilune("export", "--policy", "metadata")
    assert (code, err) == (0, "metadata: text left out of 3 of 3 articles\n")
    assert [json.loads(line)["text"] for line in out.splitlines()] == [None, None, None]


def test_what_steers_a_terminal_is_not_printed(perilune) -> None:
    for args in (("search", "evil"), ("show", "2"), ("show", "2", "--json"), ("search", "evil", "--json")):
        _, out, _ = perilune(*args)
        assert "Evil" in out
        assert not {"\x1b", "\x9b", "\u202e"} & set(out)
    assert json.loads(perilune("show", "2", "--json")[1])["title"] == HOSTILE


@pytest.mark.parametrize("args", [("show", "99"), ("show", "https://esa.example/none"), ("runs", "99")])
def test_what_is_not_there_is_said(perilune, args: tuple[str, ...]) -> None:
    code, out, err = perilune(*args)
    assert (code, out) == (2, "")
    assert err.startswith("perilune: no ")


def test_stats_runs_and_verify(perilune) -> None:
    assert json.loads(perilune("stats", "--json")[1])["articles"] == 3
    assert perilune("stats")[1].splitlines()[0].split() == ["articles", "3"]
    assert json.loads(perilune("runs", "--json")[1])["state"] == "finished"
    assert "finished" in perilune("runs", "1")[1]
    code, out, err = perilune("verify", "--json")
    assert code == 3  # the rows name a WARC file that these tests never wrote
    assert json.loads(out)["kind"] == "file-missing"
    assert err.endswith("faults: 1, notes: 0\n")


def test_export_to_a_file_whose_ending_says_the_format(perilune, tmp_path: Path) -> None:
    assert perilune("export", str(tmp_path / "out.csv"))[0] == 0
    assert (tmp_path / "out.csv").read_text().startswith("id,source,url,aliases,title")
    assert perilune("export", str(tmp_path / "out.jsonl"), "--since-id", "2")[0] == 0
    assert json.loads((tmp_path / "out.jsonl").read_text())["id"] == 3


def test_export_to_a_place_that_can_not_be_written(perilune) -> None:
    code, _, err = perilune("export", "/nonexistent/out.jsonl")
    assert code == 3
    assert err == "perilune: /nonexistent/out.jsonl: can't be written: No such file or directory\n"


@pytest.mark.parametrize("command", [["search", "moon"], ["show", "1"], ["stats"], ["export"], ["verify"], ["runs"]])
def test_an_archive_that_does_not_exist_is_not_made(
    command: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([command[0], "--home", str(tmp_path / "none"), *command[1:]]) == 2
    assert "run perilune crawl" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_one_clear_message(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "archive.db").write_text("not a database, but long enough to be looked at " * 100)
    assert run(["stats", "--home", str(tmp_path)]) == 3
    err = capfd.readouterr().err
    assert "not a database" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("args", ["export", "search moon", "stats"])
def test_a_reader_that_leaves_ends_a_command_quietly(home: Path, args: str) -> None:
    command = f"{sys.executable} -m crawler {args} --home {home} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.replace("3 articles\n", "")) == (0, "")


@pytest.mark.parametrize("module", ["archive.cli", "archive.export_cli", "archive.research_cli"])
def test_reading_commands_import_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print({{'sqlalchemy', 'scrapy', 'alembic', 'rich'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "set()\n"
