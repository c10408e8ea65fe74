"""archive.evidence.warc: what goes into a file comes out again, and a crash costs at most the record in writing."""

import gzip
import io
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastwarc.warc import ArchiveIterator
from warcio.checker import Checker

from archive.errors import CaptureError, LockedError
from archive.evidence.account import read_back
from archive.evidence.cdxj import cdxj_line, surt_key
from archive.evidence.manifest import read_manifest, sha256_of
from archive.evidence.records import StoredRecord, record_member
from archive.evidence.warc import (
    Exchange,
    Original,
    WarcWriter,
    iter_records,
    read_record,
    repair_leftovers,
    repair_torn,
)
from archive.model import Locator

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"


def an_exchange(body: bytes = b"<p>Lift-off.</p>", **changes) -> Exchange:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    values = {
        "target_uri": "https://example.org/news/launch",
        "started_at": NOON,
        "request": b"GET /news/launch HTTP/1.1\r\nHost: example.org\r\n\r\n",
        "response_head": head,
        "response_body": body,
        "ip_address": "203.0.113.5",
        "protocols": ("http/1.1", "tls/1.3"),
        "found": (("source", "esa"), ("via", "https://example.org/feed")),
    }
    return Exchange(**(values | changes))


def a_writer(home: Path, **changes) -> WarcWriter:
    return WarcWriter(
        home / "warc", **({"run_id": 7, "software": "perilune/0", "operator": "ops@example.org"} | changes)
    )


def warc_files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "warc").iterdir())


def is_valid(path: Path) -> bool:
    arguments = SimpleNamespace(inputs=[str(path)], verbose=False)
    return Checker(arguments).process_all() == 0 and all(
        record.verify_block_digest() for record in ArchiveIterator(path.open("rb"), parse_http=False)
    )


def test_exchange_is_read_back_byte_for_byte(tmp_path):
    writer = a_writer(tmp_path)

    written = writer.write_exchange(an_exchange())

    record = read_record(tmp_path / "warc", written.locator)
    assert record.warc_type == "response"
    assert record.field("warc-record-id") == written.record_id
    assert record.field("WARC-Date") == "2026-03-01T12:00:00.250000Z"
    assert record.field("WARC-IP-Address") == "203.0.113.5"
    assert record.field("WARC-Payload-Digest") == "sha1:XLHGNS2ALIP73ATLCA4NVCS6N4WO2YNU"
    assert [value for key, value in record.fields if key == "WARC-Protocol"] == ["http/1.1", "tls/1.3"]
    assert record.block == b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\n\r\n<p>Lift-off.</p>"
    assert record.http.status == 200
    assert record.http.decoded_body() == b"<p>Lift-off.</p>"


def test_finished_file_holds_info_response_request_and_metadata(tmp_path):
    writer = a_writer(tmp_path)
    written = writer.write_exchange(an_exchange())
    writer.close()

    (path,) = (tmp_path / "warc").iterdir()
    records = list(iter_records(path))

    assert [record.warc_type for record in records] == ["warcinfo", "response", "request", "metadata"]
    assert b"software: perilune/0\r\n" in records[0].block
    assert b"operator: ops@example.org\r\n" in records[0].block
    assert records[2].field("WARC-Concurrent-To") == written.record_id
    assert records[3].block == b"source: esa\r\nvia: https://example.org/feed\r\n"
    assert records[1].locator == written.locator
    assert is_valid(path)


def test_chunked_body_is_stored_without_chunks_and_says_so(tmp_path):
    writer = a_writer(tmp_path)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Kept: yes\r\n\r\n"

    written = writer.write_exchange(an_exchange(b"12345", response_head=head))

    assert read_record(tmp_path / "warc", written.locator).block == (
        b"HTTP/1.1 200 OK\r\nX-Archive-Orig-Transfer-Encoding: chunked\r\nX-Kept: yes\r\nContent-Length: 5\r\n\r\n12345"
    )


def test_revisit_points_at_the_original_and_holds_no_body(tmp_path):
    writer = a_writer(tmp_path)
    first = writer.write_exchange(an_exchange())
    original = Original(record_id=first.record_id, target_uri="https://example.org/news/launch", captured_at=NOON)

    written = writer.write_exchange(an_exchange(target_uri="https://example.org/copy"), original=original)

    record = read_record(tmp_path / "warc", written.locator)
    assert written.revisit_of == first.record_id
    assert record.warc_type == "revisit"
    assert record.field("WARC-Profile") == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert record.field("WARC-Refers-To") == first.record_id
    assert record.field("WARC-Refers-To-Target-URI") == "https://example.org/news/launch"
    assert record.field("WARC-Refers-To-Date") == "2026-03-01T12:00:00.250000Z"
    assert record.http.body == b""
    writer.close()
    assert is_valid(next((tmp_path / "warc").iterdir()))


def test_not_modified_goes_to_a_file_of_its_own_without_index(tmp_path):
    writer = a_writer(tmp_path)
    head = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'

    written = writer.write_exchange(an_exchange(b"", response_head=head), is_not_modified=True)
    writer.close()

    assert written.locator.filename.endswith("-meta.warc.gz")
    assert warc_files(tmp_path) == [written.locator.filename]
    assert not (tmp_path / "cdxj").exists()
    assert is_valid(tmp_path / "warc" / written.locator.filename)


def test_index_is_sorted_and_leads_to_the_record(tmp_path):
    writer = a_writer(tmp_path)
    late = writer.write_exchange(an_exchange(target_uri="https://www.example.org/Zeta?b=2&a=1"))
    writer.write_exchange(an_exchange(b"other", target_uri="https://example.org/alpha/"))
    writer.close()

    (index,) = (tmp_path / "cdxj").iterdir()
    first, second = index.read_text().splitlines()

    assert first.startswith(
        'org,example)/alpha 20260301120000 {"url": "https://example.org/alpha/", "mime": "text/html"'
    )
    assert second == (
        'org,example)/zeta?a=1&b=2 20260301120000 {"url": "https://www.example.org/Zeta?b=2&a=1", "mime": "text/html", '
        '"status": "200", "digest": "sha1:XLHGNS2ALIP73ATLCA4NVCS6N4WO2YNU", '
        f'"length": "{late.locator.length}", "offset": "{late.locator.offset}", "filename": "{late.locator.filename}"}}'
    )  # fmt: skip


def test_file_is_open_while_written_and_renamed_when_closed(tmp_path):
    writer = a_writer(tmp_path)
    written = writer.write_exchange(an_exchange())

    assert warc_files(tmp_path) == [written.locator.filename + ".open"]
    writer.close()
    assert warc_files(tmp_path) == [written.locator.filename]


def test_what_is_on_the_disk_when(tmp_path, monkeypatch):
    """fsync: after 64 MB, after 30 seconds, and at the end the file, its index, its manifest and its directory."""
    synced = []

    def fsync(descriptor):
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        synced.append(path.removeprefix(f"{tmp_path}/"))

    monkeypatch.setattr(os, "fsync", fsync)
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    writer = a_writer(tmp_path)
    first = writer.write_exchange(an_exchange())
    assert synced == []
    clock.now += 30.0
    writer.write_exchange(an_exchange(b"half a minute later"))
    assert synced == [f"warc/{first.locator.filename}.open"]
    for _ in range(3):
        writer.write_exchange(an_exchange(os.urandom(1 << 20), response_head=PACKED))
    assert len(synced) == 1
    big = os.urandom(1 << 20) * 22  # three of them are more than 64 MB
    for start in range(3):
        writer.write_exchange(an_exchange(big + bytes([start]), response_head=PACKED))
    assert synced == [f"warc/{first.locator.filename}.open"] * 2
    writer.close()
    name = first.locator.filename
    assert synced[2:] == [
        f"warc/{name}.open",
        f"cdxj/{name.removesuffix('.warc.gz')}.cdxj.open",
        "manifest.jsonl",
        "warc",
    ]


def test_files_rotate_by_size(tmp_path):
    writer = a_writer(tmp_path, max_bytes=2_000)
    locators = [writer.write_exchange(an_exchange(os.urandom(1500))).locator for _ in range(3)]
    writer.close()

    assert len({locator.filename for locator in locators}) == 3
    assert warc_files(tmp_path) == sorted(locator.filename for locator in locators)


def test_nothing_written_leaves_no_file(tmp_path):
    a_writer(tmp_path).close()

    assert warc_files(tmp_path) == []


@pytest.mark.parametrize("lost", [1, 6, 300], ids=["last byte", "in its checksum", "in its body"])
def test_torn_record_is_cut_off_and_the_rest_kept(tmp_path, lost):
    writer = a_writer(tmp_path)
    kept = writer.write_exchange(an_exchange())
    torn = writer.write_exchange(an_exchange(os.urandom(2000)))
    draft = tmp_path / "warc" / (kept.locator.filename + ".open")
    crash(writer)
    end = torn.locator.offset + torn.locator.length
    os.truncate(draft, end - lost)

    (repair,) = repair_leftovers(tmp_path / "warc")

    assert repair.records == 4
    assert repair.kept_bytes == torn.locator.offset
    assert repair.cut_bytes == torn.locator.length - lost
    assert warc_files(tmp_path) == [kept.locator.filename]
    assert is_valid(tmp_path / "warc" / kept.locator.filename)
    assert read_record(tmp_path / "warc", kept.locator).http.body == b"<p>Lift-off.</p>"
    assert [line.split()[0] for line in next((tmp_path / "cdxj").iterdir()).read_text().splitlines()] == [
        "org,example)/news/launch"
    ]


def test_whole_leftover_is_finished_without_loss(tmp_path):
    writer = a_writer(tmp_path)
    written = writer.write_exchange(an_exchange())
    crash(writer)

    (repair,) = repair_leftovers(tmp_path / "warc")

    assert (repair.records, repair.cut_bytes) == (4, 0)
    assert warc_files(tmp_path) == [written.locator.filename]


def test_a_file_gets_its_name_last(tmp_path):
    """No room for its line in the manifest: with its name it would never be listed, shipped or indexed by anybody."""
    writer = a_writer(tmp_path)
    name = writer.write_exchange(an_exchange()).locator.filename
    (tmp_path / "manifest.jsonl").mkdir()

    with pytest.raises(CaptureError, match="can't be written"):
        writer.finish("")
    assert warc_files(tmp_path) == [name + ".open"]

    (tmp_path / "manifest.jsonl").rmdir()
    repair_leftovers(tmp_path / "warc")
    assert warc_files(tmp_path) == [name]
    assert read_manifest(tmp_path / "warc").files[name].sha256 == sha256_of(tmp_path / "warc" / name)


def test_a_file_that_was_listed_before_its_writer_died_is_not_listed_again(tmp_path):
    writer = a_writer(tmp_path)
    name = writer.write_exchange(an_exchange()).locator.filename
    writer.close()
    (tmp_path / "warc" / name).rename(tmp_path / "warc" / (name + ".open"))

    repair_leftovers(tmp_path / "warc")

    assert warc_files(tmp_path) == [name]
    assert read_manifest(tmp_path / "warc").lines == 1


def test_empty_file_that_the_manifest_lists_is_finished(tmp_path):
    """Its writer wrote nothing but its own record, listed it, and died before the name."""
    writer = a_writer(tmp_path)
    name = writer.file_for("").path.name
    writer.close()
    (tmp_path / "warc" / name).rename(tmp_path / "warc" / (name + ".open"))

    (repair,) = repair_leftovers(tmp_path / "warc")

    assert (repair.records, repair.cut_bytes) == (1, 0)
    assert warc_files(tmp_path) == [name]


def test_leftover_with_nothing_but_garbage_is_removed(tmp_path):
    draft = tmp_path / "warc" / "perilune-x.warc.gz.open"
    draft.parent.mkdir()
    draft.write_bytes(b"\0" * 100)

    assert repair_torn(draft).cut_bytes == 100
    assert warc_files(tmp_path) == []


def test_file_another_run_is_writing_is_left_alone(tmp_path):
    writer = a_writer(tmp_path)
    written = writer.write_exchange(an_exchange())
    draft = tmp_path / "warc" / (written.locator.filename + ".open")

    assert repair_leftovers(tmp_path / "warc") == []
    with pytest.raises(LockedError):
        repair_torn(draft)
    assert draft.exists()


def test_record_in_a_file_being_written_can_be_read(tmp_path):
    writer = a_writer(tmp_path)
    written = writer.write_exchange(an_exchange(b"now"))

    assert read_record(tmp_path / "warc", written.locator).http.body == b"now"


@pytest.mark.parametrize(
    "locator",
    [
        pytest.param(Locator(filename="none.warc.gz", offset=0, length=9), id="no file"),
        pytest.param(Locator(filename="../archive.db", offset=0, length=9), id="outside"),
    ],
)
def test_record_that_is_not_there_is_an_error(tmp_path, locator):
    with pytest.raises(CaptureError):
        read_record(tmp_path, locator)


def test_altered_byte_is_noticed_when_read(tmp_path):
    writer = a_writer(tmp_path)
    written = writer.write_exchange(an_exchange(os.urandom(500)))
    writer.close()
    path = tmp_path / "warc" / written.locator.filename
    data = bytearray(path.read_bytes())
    data[written.locator.offset + written.locator.length - 20] ^= 1
    path.write_bytes(data)

    with pytest.raises(CaptureError):
        read_record(tmp_path / "warc", written.locator)


def test_unwritable_directory_is_a_capture_error(tmp_path):
    (tmp_path / "warc").write_text("a file stands in the way")

    with pytest.raises(CaptureError, match="warc"):
        a_writer(tmp_path)


def test_control_characters_cannot_break_out_of_a_field(tmp_path):
    writer = a_writer(tmp_path)
    written = writer.write_exchange(an_exchange(found=(("title", "one\r\nWARC-Type: forged\x00two \udc80"),)))
    writer.close()

    records = list(iter_records(tmp_path / "warc" / written.locator.filename))

    assert records[3].block == b"title: one WARC-Type: forged two ?\r\n"


def test_each_record_is_one_gzip_member(tmp_path):
    writer = a_writer(tmp_path)
    written = writer.write_exchange(an_exchange())
    writer.close()
    data = (tmp_path / "warc" / written.locator.filename).read_bytes()
    member = data[written.locator.offset : written.locator.offset + written.locator.length]

    assert gzip.GzipFile(fileobj=io.BytesIO(member)).read().startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")


def crash(writer: WarcWriter) -> None:
    """End the writer as kill -9 does: the lock goes, the name stays."""
    for file in writer.files.values():
        os.close(file.descriptor)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.esa.int/News/2026/A-Story.html?utm=1&B=2&a=3", "int,esa)/news/2026/a-story.html?a=3&b=2&utm=1"),
        ("http://127.0.0.1:8080/a?b=2&a=1", "1,0,0,127:8080)/a?a=1&b=2"),
        ("http://example.org/a//b/", "org,example)/a/b"),
        ("https://example.org:443/a/./c/../b", "org,example)/a/b"),
        ("http://example.org/%7Euser/caf%C3%A9", "org,example)/~user/caf%c3%a9"),
        ("http://example.org/café?q=ü", "org,example)/caf%c3%a9?q=%c3%bc"),
        ("http://EXAMPLE.org./a%20b?x=%2F", "org,example)/a%20b?x=/"),
        ("http://www2.example.org", "org,example)/"),
    ],
)
def test_key_of_an_address_is_what_replay_tools_look_for(url, key):
    """As the library surt 0.3.1 gives it."""
    assert surt_key(url) == key


@pytest.mark.parametrize(
    "changes",
    [{"target_uri": "http://example.org:99999/"}, {"started_at": datetime(1, 1, 1, tzinfo=UTC)}],
    ids=["port", "year 1"],
)
def test_exchange_that_no_index_can_hold_leaves_the_file_as_it_was(tmp_path, changes):
    writer = a_writer(tmp_path)
    writer.write_exchange(an_exchange())

    with pytest.raises(CaptureError, match="no address or date"):
        writer.write_exchange(an_exchange(**changes))

    writer.close()
    [name] = warc_files(tmp_path)
    records = [record.warc_type for record in iter_records(tmp_path / "warc" / name)]
    assert records == ["warcinfo", "response", "request", "metadata"]


def test_answer_without_a_date_costs_no_other(tmp_path):
    writer = a_writer(tmp_path)
    writer.write_exchange(an_exchange())
    writer.close()
    [name] = warc_files(tmp_path)
    path = tmp_path / "warc" / name
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", "<urn:uuid:1>"),
        ("WARC-Date", "1-01-01T00:00:00.000000Z"),
        ("WARC-Target-URI", "https://example.org/"),
        ("Content-Type", "application/http; msgtype=response"),
    )
    poison = record_member(fields, b"HTTP/1.1 200 OK\r\n\r\n")
    path.write_bytes(poison + path.read_bytes())

    unreadable, exchanged = read_back(path, run_id=1)

    assert "1-01-01T00:00:00.000000Z" in unreadable.reason
    assert exchanged.capture.target_uri == "https://example.org/news/launch"
    assert [cdxj_line(record) is None for record in iter_records(path)] == [True, True, False, True, True]


def test_key_of_escapes_in_one_another_takes_no_time():
    started = time.perf_counter()

    surt_key("https://example.org/%" + "25" * 32_000)

    assert time.perf_counter() - started < 1.0


def test_index_line_is_ascii_and_none_for_what_is_no_answer():
    locator = Locator(filename="one.warc.gz", offset=0, length=1)
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Date", "2026-03-01T12:00:00Z"),
        ("WARC-Target-URI", "http://ex\u00e4mple.org/caf\u00e9"),
    )
    answer = StoredRecord(
        locator=locator, fields=(*fields, ("Content-Type", "application/http")), block=b"HTTP/1.1 200"
    )

    line = cdxj_line(answer)

    assert line is not None
    assert line.startswith("org,xn--exmple-cua)/caf%c3%a9 20260301120000 ")
    assert line.isascii()
    assert cdxj_line(replace(answer, fields=fields)) is None  # no HTTP in it
