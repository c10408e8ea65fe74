"""The evidence on disk: WARC 1.1 files under ``warc/``, one gzip member a record.

A file is ``perilune-<UTC timestamp>-r<run>-p<pid>-<serial>.warc.gz``; while it is written its name ends in
``.open`` and the writer holds a lock (flock) on it, so that concurrent runs keep to their own files and
:func:`repair_torn` can tell a file in use from one a crash left behind. Files ending ``-meta.warc.gz`` hold
what must stay out of a replay index: 304 answers as server-not-modified revisits, what the source files said,
and what became of each page (:mod:`archive.evidence.account`).

An exchange is written as a response (or revisit) record, its request, and a metadata record saying how the
URL was found. All three are handed to the operating system in one write before the locator comes back, so
kill -9 loses nothing that was told; fsync runs when a file closes and at most ``FSYNC_BYTES`` or
``FSYNC_SECONDS`` apart, which bounds what a power failure can take. A write that fails is cut off again,
and the file stays valid.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.errors import CaptureError
from archive.evidence.cdxj import IDENTICAL, NOT_MODIFIED, cdxj_line
from archive.evidence.records import (
    PACKED,
    Fields,
    StoredRecord,
    field_block,
    http_message,
    members,
    record_member,
    sha1_digest,
    storable_head,
    warc_date,
)
from archive.evidence.warcfile import OPEN, Repair, WarcFile, new_record_id, repair_leftovers, repair_torn
from archive.model import Locator
from archive.warcstore import store_of

FORGOTTEN_URI = "metadata://perilune/forgotten"  # of a record that says what was forgotten on demand, by digest
TEMPLATE_URI = "metadata://perilune/template"  # of a record with a person's word on a block of a source's template
SOURCES_URI = "metadata://perilune/sources.json"  # of the record that holds what the source files said
MAX_FILE_BYTES = 1_000_000_000  # the WARC standard's own advice (annex): 1 GB, which every tool and disk copes with
__all__ = [
    "Exchange",
    "Original",
    "Repair",
    "WarcWriter",
    "Written",
    "iter_records",
    "read_record",
    "repair_leftovers",
    "repair_torn",
]
CONFORMS_TO = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The response record a revisit points at."""

    record_id: str
    target_uri: str
    captured_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer as they went over the wire."""

    target_uri: str
    started_at: datetime
    request: bytes
    """Head and body as sent; empty where that is not known (imports)."""
    response_head: bytes
    """Status line to blank line as received."""
    response_body: bytes
    """Transfer encoding undone, content encoding on."""
    ip_address: str | None = None
    protocols: tuple[str, ...] = ()
    """WARC-Protocol values, such as ``http/1.1`` and ``tls/1.3``."""
    cipher_suite: str | None = None
    truncated: str | None = None
    """length | time | disconnect | unspecified."""
    found: Fields = ()
    """How the URL was found, as fields of the metadata record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where an exchange's response or revisit record went."""

    record_id: str
    locator: Locator
    revisit_of: str | None


class WarcWriter:
    """Writes one run's exchanges. Not for use from two threads at once.

    Raises ``CaptureError`` when the directory can't be made or written to.
    """

    def __init__(
        self,
        warc_dir: Path,
        *,
        run_id: int,
        software: str,
        operator: str | None = None,
        info: Mapping[str, str] | None = None,
        cdxj_dir: Path | None = None,
        max_bytes: int = MAX_FILE_BYTES,
        sources: Sequence[Mapping[str, object]] = (),
    ) -> None:
        """``sources``: what the source files say, kept in each ``-meta`` file."""
        self.warc_dir = warc_dir
        self.cdxj_dir = cdxj_dir or warc_dir.parent / "cdxj"
        self.max_bytes = max_bytes
        self.run_id = run_id
        self.sources = sources
        self.info = (
            ("software", software),
            ("format", "WARC File Format 1.1"),
            ("conformsTo", CONFORMS_TO),
            ("robots", "obey"),
            ("isPartOf", f"run {run_id}"),
            *((("operator", operator),) if operator else ()),
            *(info or {}).items(),
        )
        self.serial = 0
        self.files: dict[str, WarcFile] = {}
        try:
            warc_dir.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise CaptureError(f"{warc_dir}: can't be made: {exc.strerror}") from exc
        if not os.access(warc_dir, os.W_OK | os.X_OK):
            raise CaptureError(f"{warc_dir}: can't be written to")

    def write_exchange(
        self,
        exchange: Exchange,
        *,
        original: Original | None = None,
        is_not_modified: bool = False,
        record_id: str | None = None,
    ) -> Written:
        """Write the records of one exchange; they are with the operating system when this returns.

        ``record_id`` is given to an answer that moves here from another file; any other gets a new one.

        ``original``: the response that had the same payload, or the one a 304 confirms. It must not be a
        revisit itself. Raises ``CaptureError``; then nothing of the exchange is in the file.
        """
        file = self.file_for("-meta" if is_not_modified else "")
        common = common_fields(exchange, file.info_id, record_id=record_id)
        answer = answer_record(exchange, original=original, is_not_modified=is_not_modified, common=common)
        record_id = answer.record_id
        parts = [record_member(answer.fields, answer.block, is_packed=answer.is_packed)]
        if exchange.request:
            parts.append(record_member(request_fields(exchange, record_id, file.info_id), exchange.request))
        if exchange.found:
            parts.append(record_member(metadata_fields(exchange, record_id, file.info_id), field_block(exchange.found)))
        place = Locator(filename=file.path.name, offset=file.size, length=len(parts[0]))
        line = None if is_not_modified else index_line(exchange, answer, place)
        locator = file.append(parts)
        file.captures += 1
        if line is not None:
            file.index.append(line)
        revisit_of = original.record_id if original else None
        return Written(record_id=record_id, locator=locator, revisit_of=revisit_of)

    def write_settlement(self, capture_id: str, target_uri: str, said: Fields, *, settled_at: datetime) -> None:
        """Keep what the archive made of a capture, in the ``-meta`` file. Raises ``CaptureError``."""
        file = self.file_for("-meta")
        fields = note_fields(target_uri, settled_at, file.info_id, "application/warc-fields")
        file.append([record_member([*fields, ("WARC-Refers-To", capture_id)], field_block(said))])

    def write_forgotten(self, said: Fields, *, at: datetime) -> None:
        """Keep which addresses are forgotten, by digest, in the ``-meta`` file. Raises ``CaptureError``."""
        self.write_note(FORGOTTEN_URI, said, at=at)

    def write_template_word(self, said: Fields, *, at: datetime) -> None:
        """Keep a person's word on a block in the ``-meta`` file. Raises ``CaptureError``."""
        self.write_note(TEMPLATE_URI, said, at=at)

    def write_note(self, target_uri: str, said: Fields, *, at: datetime) -> None:
        file = self.file_for("-meta")
        fields = note_fields(target_uri, at, file.info_id, "application/warc-fields")
        file.append([record_member(fields, field_block(said))])

    def file_for(self, kind: str) -> WarcFile:
        """The open file for ``kind`` ("" or "-meta"), a new one when there is none or it is full."""
        file = self.files.get(kind)
        if file and file.size >= self.max_bytes:
            self.finish(kind)
            file = None
        if file is None:
            self.serial += 1
            stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")[:17]
            name = f"perilune-{stamp}-r{self.run_id}-p{os.getpid()}-{self.serial:05d}{kind}.warc.gz"
            file = self.files[kind] = WarcFile(self.warc_dir / name, self.info)
            if kind == "-meta" and self.sources:
                fields = note_fields(SOURCES_URI, datetime.now(UTC), file.info_id, "application/json")
                file.append([record_member(fields, json.dumps(list(self.sources)).encode("ascii"))])
        return file

    def finish(self, kind: str) -> None:
        """Close the file of ``kind``, write its index and give it its final name."""
        self.files.pop(kind).close(None if kind else self.cdxj_dir)

    def close(self) -> None:
        """Finish every open file. Raises ``CaptureError``; calling it again is harmless."""
        for kind in list(self.files):
            self.finish(kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response or revisit record before it is written."""

    record_id: str
    fields: Fields
    block: bytes
    is_packed: bool
    """Most of the block is a body that was sent compressed."""


def answer_record(exchange: Exchange, *, original: Original | None, is_not_modified: bool, common: Fields) -> Answer:
    """The response record of an exchange, or its revisit record when there is an original to point at."""
    head = storable_head(exchange.response_head, len(exchange.response_body))
    is_revisit = original is not None or is_not_modified
    fields = [
        ("WARC-Type", "revisit" if is_revisit else "response"),
        *common,
        ("Content-Type", "application/http; msgtype=response"),
    ]
    if not is_not_modified:
        fields.append(("WARC-Payload-Digest", sha1_digest(exchange.response_body)))
    if is_revisit:
        fields.append(("WARC-Profile", NOT_MODIFIED if is_not_modified else IDENTICAL))
    if original:
        fields.append(("WARC-Refers-To", original.record_id))
        fields.append(("WARC-Refers-To-Target-URI", original.target_uri))
        fields.append(("WARC-Refers-To-Date", warc_date(original.captured_at)))
    if exchange.truncated:
        fields.append(("WARC-Truncated", exchange.truncated))
    block = head if is_revisit else head + exchange.response_body
    is_packed = not is_revisit and len(exchange.response_body) > len(head) and PACKED.search(head) is not None
    return Answer(record_id=common[0][1], fields=fields, block=block, is_packed=is_packed)


def common_fields(exchange: Exchange, info_id: str, *, record_id: str | None = None) -> list[tuple[str, str]]:
    """Id first, then what every record of an exchange says. Protocols: iipc.github.io/warc-specifications, 1.1+."""
    fields = [
        ("WARC-Record-ID", record_id or new_record_id()),
        ("WARC-Date", warc_date(exchange.started_at)),
        ("WARC-Target-URI", exchange.target_uri),
        ("WARC-Warcinfo-ID", info_id),
    ]
    if exchange.ip_address:
        fields.append(("WARC-IP-Address", exchange.ip_address))
    fields.extend(("WARC-Protocol", protocol) for protocol in exchange.protocols)
    if exchange.cipher_suite:
        fields.append(("WARC-Cipher-Suite", exchange.cipher_suite))
    return fields


def request_fields(exchange: Exchange, record_id: str, info_id: str) -> Fields:
    """Fields of the request record that belongs to ``record_id``."""
    return [
        ("WARC-Type", "request"),
        *common_fields(exchange, info_id),
        ("WARC-Concurrent-To", record_id),
        ("Content-Type", "application/http; msgtype=request"),
        ("WARC-Payload-Digest", sha1_digest(http_message(exchange.request).body)),
    ]


def metadata_fields(exchange: Exchange, record_id: str, info_id: str) -> Fields:
    """Fields of the metadata record that says how the URL of ``record_id`` was found."""
    fields = note_fields(exchange.target_uri, exchange.started_at, info_id, "application/warc-fields")
    return [*fields, ("WARC-Concurrent-To", record_id)]


def note_fields(target_uri: str, at: datetime, info_id: str, content_type: str) -> list[tuple[str, str]]:
    """Fields of a metadata record that stands by itself."""
    return [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", new_record_id()),
        ("WARC-Date", warc_date(at)),
        ("WARC-Target-URI", target_uri),
        ("WARC-Warcinfo-ID", info_id),
        ("Content-Type", content_type),
    ]


def index_line(exchange: Exchange, answer: Answer, locator: Locator) -> str:
    """The CDXJ line of a record that is written next. Raises ``CaptureError`` for an address or date that can't be
    looked up: such a record must not come into a file."""
    fields = (*answer.fields, ("Content-Length", str(len(answer.block))))
    line = cdxj_line(StoredRecord(locator=locator, fields=tuple(fields), block=answer.block))
    if line is None:  # only responses and identical-payload revisits come here
        raise CaptureError(f"no address or date that can be kept: {exchange.target_uri[:200]!r}, {exchange.started_at}")
    return line


def iter_records(path: Path) -> Iterator[StoredRecord]:
    """The records of one of our files, finished or in writing, in order; one in memory at a time.

    Raises ``CaptureError`` when it can't be read, or at the first torn or altered record.
    """
    with opened_warc(path.parent, path.name, is_whole=True) as file:
        yield from members(file, path.name.removesuffix(OPEN))


def read_record(warc_dir: Path, locator: Locator) -> StoredRecord:
    """The record at a locator, also while its file is still being written.

    ``record.http.decoded_body()`` is the page; a revisit has none: read the record it refers to.
    Raises ``CaptureError`` when the file is missing, the record damaged, or not of the length we know.
    """
    with opened_warc(warc_dir, locator.filename) as file:
        record = next(members(file, locator.filename, start=locator.offset), None)
    if record is None or record.locator.length != locator.length:
        raise CaptureError(f"{locator.filename}@{locator.offset}: no record of {locator.length} bytes there")
    return record


@contextmanager
def opened_warc(warc_dir: Path, filename: str, *, is_whole: bool = False) -> Iterator[BinaryIO]:
    """One of our files, finished or in writing: in the folder, or in the store that it goes on in. ``is_whole``: to be
    read to its end. Raises ``CaptureError`` when it can't be opened or read."""
    if Path(filename).name != filename:
        raise CaptureError(f"not a file name: {filename!r}")
    path = warc_dir / filename
    try:
        file = first_open(path, path.with_name(path.name + OPEN))
        if file is None and (store := store_of(warc_dir)) is not None:
            with store.opened(filename, is_whole=is_whole) as far:
                yield far
            return
        with file or path.open("rb") as near:
            yield near
    except OSError as exc:
        raise CaptureError(f"{path}: can't be read: {exc.strerror}") from exc


def first_open(*paths: Path) -> BinaryIO | None:
    """The first of them that is there, opened; None when none is: a file may be finished or shipped meanwhile."""
    for path in paths:
        with suppress(FileNotFoundError):
            return path.open("rb")
    return None
