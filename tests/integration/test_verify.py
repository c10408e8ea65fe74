"""Verify: a whole archive has no findings, and every kind of damage is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from archive.digests import digest_of
from archive.evidence.cdxj import cdxj_line
from archive.evidence.cdxj import write_index as write_cdxj
from archive.evidence.manifest import list_file, sha256_of
from archive.evidence.records import field_block, record_member, sha1_digest
from archive.evidence.warc import iter_records
from archive.model import Locator
from archive.textindex import write_index
from archive.verify import Finding, verify
from tests.archived import SEEN, a_capture, a_revision, a_source, an_archived

FILE = "perilune-test.warc.gz"


def response(record_id: str, body: bytes) -> bytes:
    """A response record as one gzip member."""
    fields = [
        ("WARC-Type", "response"),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", "2025-06-01T12:00:00.000000Z"),
        ("WARC-Target-URI", "https://alpha.example/1"),
        ("Content-Type", "application/http; msgtype=response"),
        ("WARC-Payload-Digest", sha1_digest(body)),
    ]
    return record_member(fields, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body)


def revisit(record_id: str, original: str) -> bytes:
    fields = [
        ("WARC-Type", "revisit"),
        ("WARC-Record-ID", record_id),
        ("WARC-Refers-To", original),
        ("WARC-Date", "2025-06-02T12:00:00.000000Z"),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    return record_member(fields, b"HTTP/1.1 200 OK\r\n\r\n")


class Archive:
    """Two articles and a revisit, whole: tests break one thing each."""

    def __init__(self, connection: Connection, warc_dir: Path) -> None:
        self.connection, self.warc_dir = connection, warc_dir
        self.members: list[bytes] = [record_member([("WARC-Type", "warcinfo")], field_block([("software", "test")]))]
        warc_dir.mkdir()
        a_source(connection, "alpha")
        for number in (1, 2):
            record = response(f"<urn:uuid:{number}>", b"page %d" % number)
            capture_id = self.capture(f"<urn:uuid:{number}>", record, b"page %d" % number)
            an_archived(connection, title=f"Article {number}", text="words", capture_id=capture_id)
        self.capture("<urn:uuid:3>", revisit("<urn:uuid:3>", "<urn:uuid:1>"), b"page 1", revisit_of="<urn:uuid:1>")
        self.write()

    def capture(self, record_id: str, record: bytes, body: bytes, *, revisit_of: str | None = None) -> int:
        offset = sum(len(member) for member in self.members)
        self.members.append(record)
        return a_capture(
            self.connection,
            source_id="alpha",
            url=f"https://alpha.example/{len(self.members)}",
            record_id=record_id,
            payload_digest=digest_of(body),
            locator=Locator(filename=FILE, offset=offset, length=len(record)),
            revisit_of=revisit_of,
        )

    def write(self, name: str = FILE) -> Path:
        """The file as it is finished: listed and indexed; one in writing is neither."""
        path = self.warc_dir / name
        path.write_bytes(b"".join(self.members))
        if name == FILE:
            records = list(iter_records(path))
            write_cdxj(self.warc_dir.parent / "cdxj", FILE, filter(None, map(cdxj_line, records)))
            captures = sum(record.warc_type in ("response", "revisit") for record in records)
            size = path.stat().st_size
            list_file(self.warc_dir, FILE, sha256=sha256_of(path), size=size, captures=captures, at=SEEN)
        return path

    def sql(self, statement: str) -> None:
        self.connection.execute(text(statement))

    def findings(self) -> list[Finding]:
        return list(verify(self.connection, self.warc_dir))


@pytest.fixture
def archive(engine: Engine, tmp_path: Path):
    with engine.connect() as connection:
        yield Archive(connection, tmp_path / "warc")


def test_a_whole_archive_has_no_findings(archive: Archive) -> None:
    a_revision(archive.connection, 1, text="other words", seen_at=datetime(2025, 7, 1, tzinfo=UTC))
    assert archive.findings() == []


def without_file(archive: Archive) -> None:
    (archive.warc_dir / FILE).unlink()


def flipped_byte(archive: Archive) -> None:
    path = archive.warc_dir / FILE
    data = bytearray(path.read_bytes())
    data[len(archive.members[0]) + 60] ^= 0xFF
    path.write_bytes(data)


def cut_file(archive: Archive) -> None:
    path = archive.warc_dir / FILE
    path.write_bytes(path.read_bytes()[:-10])


def other_payload(archive: Archive) -> None:
    archive.sql(f"UPDATE capture SET payload_digest = '{digest_of(b'other')}' WHERE warc_record_id = '<urn:uuid:2>'")


def other_record(archive: Archive) -> None:
    archive.sql("UPDATE capture SET warc_record_id = '<urn:uuid:9>' WHERE warc_record_id = '<urn:uuid:2>'")


def other_offset(archive: Archive) -> None:
    archive.sql('UPDATE capture SET "offset" = "offset" + 1 WHERE warc_record_id = \'<urn:uuid:2>\'')


def dangling_revisit(archive: Archive) -> None:
    archive.sql("UPDATE capture SET revisit_of = '<urn:uuid:7>' WHERE warc_record_id = '<urn:uuid:3>'")


def edited_article(archive: Archive) -> None:
    archive.sql("UPDATE article SET title = 'Not as stored' WHERE id = 1")


def missing_revision(archive: Archive) -> None:
    archive.sql("DELETE FROM revision WHERE article_id = 2")


def forgotten_in_index(archive: Archive) -> None:
    archive.sql("DELETE FROM article_search WHERE article_id = 1")


def orphan_in_index(archive: Archive) -> None:
    write_index(archive.connection, article_id=77, title="Gone", text="")


def frontier_to_nowhere(archive: Archive) -> None:
    archive.sql(
        "INSERT INTO frontier (url_key, url, source_id, state, attempts, discovered_via, endpoint_url, discovered_at, "
        f"updated_at) VALUES ('k', 'u', 'alpha', 'archived', 0, 'feed', 'e', '{SEEN:%Y-%m-%d}', '{SEEN:%Y-%m-%d}')"
    )


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (without_file, {("file-missing", FILE)}),
        (flipped_byte, {("file-altered", FILE), ("file-damaged", FILE), ("record-missing", "<urn:uuid:1>")}),
        (cut_file, {("file-altered", FILE), ("file-damaged", FILE), ("record-missing", "<urn:uuid:3>")}),
        (other_payload, {("record-altered", "its payload is not")}),
        (other_record, {("record-missing", "holds <urn:uuid:2>, not <urn:uuid:9>")}),
        (other_offset, {("record-missing", "<urn:uuid:2>"), ("record-orphaned", "<urn:uuid:2>")}),
        (dangling_revisit, {("revisit-broken", "refers to <urn:uuid:1>"), ("revisit-broken", "captures 3")}),
        (edited_article, {("article-broken", "articles 1"), ("index-stale", "articles 1")}),
        (missing_revision, {("article-broken", "articles 2")}),
        (forgotten_in_index, {("index-stale", "not indexed as they read: articles 1")}),
        (orphan_in_index, {("index-stale", "not held: articles 77")}),
        (frontier_to_nowhere, {("frontier-broken", "frontier rows 1")}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_damage_is_named(archive: Archive, damage: Callable[[Archive], None], expected: set[tuple[str, str]]) -> None:
    damage(archive)
    found = archive.findings()
    for kind, part in expected:
        assert any(finding.kind == kind and part in f"{finding.where}: {finding.detail}" for finding in found), found
    assert {finding.kind for finding in found} == {kind for kind, _ in expected}
    assert any(finding.is_fault for finding in found)


def test_damage_costs_only_the_record_it_is_in(archive: Archive) -> None:
    flipped_byte(archive)
    missing = [finding.detail for finding in archive.findings() if finding.kind == "record-missing"]
    assert len(missing) == 1
    assert missing[0].startswith("<urn:uuid:1>")


@pytest.mark.parametrize(("state", "is_fault"), [("running", False), ("failed", False), ("finished", True)])
def test_evidence_without_a_row_is_a_fault_where_its_run_was_not_killed(
    archive: Archive, state: str, is_fault: bool
) -> None:
    archive.members.append(response("<urn:uuid:8>", b"captured before the crash"))
    archive.write()
    archive.sql(f"UPDATE crawl_run SET state = '{state}'")
    (finding,) = archive.findings()
    assert (finding.kind, finding.is_fault) == ("record-orphaned", is_fault)


def test_a_file_in_writing_with_a_torn_end_is_a_note(archive: Archive) -> None:
    archive.members.append(response("<urn:uuid:8>", b"torn")[:-5])
    (archive.warc_dir / FILE).unlink()
    archive.write(FILE + ".open")
    (finding,) = archive.findings()
    assert (finding.kind, finding.is_fault) == ("file-unfinished", False)


def test_a_record_lost_from_a_file_in_writing_is_a_fault(archive: Archive) -> None:
    (archive.warc_dir / FILE).unlink()
    path = archive.write(FILE + ".open")
    path.write_bytes(path.read_bytes()[:-10])
    assert {finding.kind for finding in archive.findings()} == {"file-unfinished", "record-missing"}


def test_a_file_name_that_leads_elsewhere_is_not_followed(archive: Archive) -> None:
    archive.sql("UPDATE capture SET filename = '../../etc/passwd' WHERE warc_record_id = '<urn:uuid:2>'")
    assert {finding.kind for finding in archive.findings()} == {"file-missing", "record-orphaned"}


def test_progress_is_told(archive: Archive) -> None:
    steps: list[str] = []
    list(verify(archive.connection, archive.warc_dir, on_progress=steps.append))
    assert steps == [f"file 1 of 1: {FILE}", "rows", "search index"]
