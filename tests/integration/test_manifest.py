"""A changed or removed file can be proved, what is mended loses nothing, and each kind of damage has its line."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.errors import ConfigError
from archive.evidence.manifest import list_file, read_manifest, sign
from archive.evidence.warcfile import repair_leftovers
from crawler.cli import perilune
from tests.crawled import Crawl, config_of, everything

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Damaged:
    """An archive of two runs, whole: a test breaks one thing."""

    def __init__(self, home: Path) -> None:
        self.config = config_of(home)
        crawl = Crawl(self.config)
        everything(crawl)
        crawl.close()
        crawl.store.finish_run(crawl.run_id, state="finished", exit_code=0, reason=None, stats={}, now=NOW)
        crawl.engine.dispose()
        self.manifest = home / "manifest.jsonl"
        self.meta, self.main = sorted(self.config.warc_dir.iterdir(), key=lambda path: "-meta" not in path.name)

    def sql(self, statement: str) -> None:
        with sqlite3.connect(self.config.home / "archive.db") as connection:
            connection.execute(statement)
        connection.close()

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.manifest.read_text().splitlines()]

    def rewrite(self, lines: list[dict]) -> None:
        self.manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def verify(self, *options: str) -> tuple[int, set[str], list[dict]]:
        """(exit code, kinds that are faults, all findings) of the command."""
        told = CliRunner().invoke(
            perilune, ["verify", "--json", *options, "--home", str(self.config.home)], standalone_mode=False
        )
        assert told.exception is None, told.exception
        findings = [json.loads(line) for line in told.stdout.splitlines()]
        return told.return_value, {one["kind"] for one in findings if one["is_fault"]}, findings


@pytest.fixture
def archive(tmp_path: Path) -> Damaged:
    return Damaged(tmp_path / "home")


@pytest.mark.parametrize("option", [(), ("--full",)], ids=["quick", "full"])
def test_whole_archive_has_no_findings(archive: Damaged, option: tuple[str, ...]) -> None:
    assert archive.verify(*option) == (0, set(), [])


def flip(archive: Damaged) -> None:
    data = bytearray(archive.main.read_bytes())
    data[len(data) // 2] ^= 1
    archive.main.write_bytes(data)


def truncate(archive: Damaged) -> None:
    archive.main.write_bytes(archive.main.read_bytes()[:-100])


def swap(archive: Damaged) -> None:
    main, meta = archive.main.read_bytes(), archive.meta.read_bytes()
    archive.main.write_bytes(meta)
    archive.meta.write_bytes(main)


def change_a_line(archive: Damaged) -> None:
    first, *others = archive.lines()
    archive.rewrite([{**first, "captures": first["captures"] + 1}, *others])


def change_a_line_and_its_hash(archive: Damaged) -> None:
    from archive.evidence.manifest import hash_of

    first, *others = archive.lines()
    changed = {**first, "at": "2020-01-01T00:00:00+00:00"}
    archive.rewrite([{**changed, "hash": hash_of(changed)}, *others])


def remove_a_line(archive: Damaged) -> None:
    archive.rewrite(archive.lines()[1:])


def delete_row(archive: Damaged) -> None:
    archive.sql("DELETE FROM capture WHERE status = 301")


@pytest.mark.parametrize(
    ("damage", "kinds"),
    [
        (flip, {"file-altered", "file-damaged", "record-missing"}),
        (truncate, {"file-altered", "file-damaged"}),
        (lambda archive: archive.main.unlink(), {"file-missing"}),
        (lambda archive: archive.meta.unlink(), {"file-missing"}),
        (delete_row, {"record-orphaned"}),
        (swap, {"file-altered", "record-missing", "record-orphaned", "cdxj-stale"}),
        (change_a_line, {"manifest-broken"}),
        (change_a_line_and_its_hash, {"manifest-broken"}),
        (remove_a_line, {"manifest-broken"}),
        (lambda archive: archive.manifest.write_text("[]\n"), {"manifest-broken"}),
        (lambda archive: (archive.config.cdxj_dir / f"{archive.main.name[:-8]}.cdxj").unlink(), {"cdxj-missing"}),
        (
            lambda archive: (archive.config.cdxj_dir / f"{archive.main.name[:-8]}.cdxj").write_text("a 1 {}\n"),
            {"cdxj-stale"},
        ),
    ],
    ids=[
        "flipped byte", "truncated file", "deleted file", "deleted meta file", "deleted row", "swapped files",
        "changed line", "changed line with its hash", "removed line", "other content", "no index", "other index",
    ],
)  # fmt: skip
def test_damage_is_found_without_reading_every_record(
    archive: Damaged, damage: Callable[[Damaged], object], kinds: set[str]
) -> None:
    damage(archive)

    code, found, findings = archive.verify()

    assert code == 3
    assert kinds <= found, findings


def test_signature_proves_who_listed_the_files(archive: Damaged, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    public = sign(archive.config.warc_dir, key, at=NOW)

    assert key.stat().st_mode & 0o777 == 0o600
    assert read_manifest(archive.config.warc_dir).signatures == ((public, 3),)
    assert archive.verify("--signer", public) == (0, set(), [])
    code, kinds, _ = archive.verify("--signer", "ab" * 32)
    assert (code, kinds) == (3, {"manifest-unsigned"})


def test_chain_made_anew_has_no_signature(archive: Damaged, tmp_path: Path) -> None:
    """Who may write the file may write another chain, but can't sign it."""
    public = sign(archive.config.warc_dir, tmp_path / "key.pem", at=NOW)
    first, *_ = archive.lines()
    archive.manifest.unlink()
    list_file(archive.config.warc_dir, first["file"], sha256=first["sha256"], size=first["bytes"], captures=9, at=NOW)
    sign(archive.config.warc_dir, tmp_path / "other.pem", at=NOW)

    assert read_manifest(archive.config.warc_dir).breaks == ()
    assert archive.verify("--signer", public)[1] >= {"manifest-unsigned"}


def test_signature_taken_from_elsewhere_does_not_hold(archive: Damaged, tmp_path: Path) -> None:
    sign(archive.config.warc_dir, tmp_path / "key.pem", at=NOW)
    *lines, signed = archive.lines()
    archive.rewrite(lines)
    list_file(archive.config.warc_dir, "x", sha256="sha256:0", size=0, captures=0, at=NOW)
    archive.rewrite([*archive.lines(), signed])

    assert [one.line for one in read_manifest(archive.config.warc_dir).breaks] == [4]


def test_key_that_is_none_is_refused(archive: Damaged, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")

    with pytest.raises(ConfigError, match="no key to sign with"):
        sign(archive.config.warc_dir, tmp_path / "key.pem", at=NOW)


def test_line_that_a_crash_left_torn_is_none(archive: Damaged) -> None:
    with archive.manifest.open("a") as file:
        file.write('{"kind": "finished", "fi')
    assert archive.verify() == (0, set(), [])

    list_file(archive.config.warc_dir, "x", sha256="sha256:0", size=0, captures=0, at=NOW)

    assert read_manifest(archive.config.warc_dir).breaks == ()
    assert len(archive.lines()) == 3


def test_torn_file_is_finished_and_listed(archive: Damaged) -> None:
    crawl = Crawl(archive.config)
    everything(crawl)
    for file in crawl.warc.files.values():
        os.close(file.descriptor)  # as when the process is killed
    [draft] = [path for path in archive.config.warc_dir.glob("*.open") if "-meta" not in path.name]
    draft.write_bytes(draft.read_bytes()[:-7])

    [main, _] = sorted(repair_leftovers(archive.config.warc_dir), key=lambda done: "-meta" in done.path.name)

    listed = read_manifest(archive.config.warc_dir).files[main.path.name]
    assert (listed.bytes, listed.captures, main.cut_bytes > 0) == (main.kept_bytes, 9, True)


def test_repair_makes_again_what_can_be_made_again(archive: Damaged) -> None:
    archive.manifest.unlink()
    (archive.config.cdxj_dir / f"{archive.main.name[:-8]}.cdxj").unlink()
    delete_row(archive)
    archive.sql("DELETE FROM article_search WHERE article_id = 1")

    assert archive.verify("--repair") == (0, set(), [])
    assert [line["kind"] for line in archive.lines()] == ["found", "found"]


@pytest.mark.parametrize("damage", [flip, truncate, lambda archive: archive.main.unlink(), change_a_line])
def test_repair_covers_no_damage_up(archive: Damaged, damage: Callable[[Damaged], object]) -> None:
    damage(archive)
    before = {path: path.read_bytes() for path in (archive.manifest, *archive.config.warc_dir.iterdir())}

    code, _, _ = archive.verify("--repair")

    assert code == 3
    assert {path: path.read_bytes() for path in before} == before
