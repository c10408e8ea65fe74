"""Captures as a WARC file of their own: the records as they stand in the archive, byte for byte.

A file begins with a ``warcinfo`` record that says of which export it is. Behind it stand the records of each capture
(response or revisit, request, metadata) and, before the first record of each file they are from, that file's own
``warcinfo``: which software captured it, and how. The same export of the same archive gives the same bytes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from archive.errors import CaptureError
from archive.evidence.cdxj import cdxj_line
from archive.evidence.records import StoredRecord, field_block, members, record_member, warc_date
from archive.evidence.warc import CONFORMS_TO, opened_warc
from archive.formats.scratch import Scratch
from archive.model import Locator
from archive.reading.exchanges import Held

MOST_COMPANIONS = 4  # records that follow an answer and belong to it: its request, a metadata record, and room


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an exported file says of itself."""

    software: str
    description: str
    at: datetime
    """As of when: the newest capture that the archive held. Not the clock, so that an export can be repeated."""
    part: int = 1

    @property
    def record_id(self) -> str:
        """The same for the same export."""
        seed = f"{self.software}|{self.description}|{self.at.isoformat()}|{self.part}"
        return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'perilune:export:{seed}')}>"

    def member(self) -> bytes:
        """The ``warcinfo`` record. It names no file: an export is the same under any name."""
        fields = (
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", self.record_id),
            ("WARC-Date", warc_date(self.at)),
            ("Content-Type", "application/warc-fields"),
        )
        said = (
            ("software", self.software),
            ("format", "WARC File Format 1.1"),
            ("conformsTo", CONFORMS_TO),
            ("description", self.description),
        )
        return record_member(fields, field_block(said))


class WarcCopy:
    """Copies records into one file. ``scratch`` remembers what is in it, and holds the lines of its index."""

    def __init__(self, sink: Sink, *, filename: str, warc_dir: Path, origin: Origin, scratch: Scratch) -> None:
        self.sink, self.filename, self.warc_dir, self.scratch = sink, filename, warc_dir, scratch
        self.size = 0
        self.records = 0
        self.captures = 0
        self.digest = hashlib.sha256()
        self.write(origin.member())

    def add(self, capture: Held) -> None:
        """A capture's records, unless the file has them. Raises ``CaptureError``; then nothing was written."""
        if self.scratch.has(capture.warc_record_id):
            return
        with opened_warc(self.warc_dir, capture.locator.filename) as file:
            info = read_info(file, capture.locator.filename)
            found = list(exchange(file, capture))
        if info is not None and not self.scratch.has(capture.locator.filename):
            self.write(info[1])
            self.scratch.remember(capture.locator.filename)
        line = self.index_line(found[0][0])
        if line is not None:
            self.scratch.add_line(line)
        for _, raw in found:
            self.write(raw)
        self.scratch.remember(capture.warc_record_id)
        self.captures += 1

    def index_line(self, answer: StoredRecord) -> str | None:
        """The CDXJ line of an answer that is written next."""
        here = Locator(filename=self.filename, offset=self.size, length=answer.locator.length)
        return cdxj_line(StoredRecord(locator=here, fields=answer.fields, block=answer.block))

    def write(self, member: bytes) -> None:
        self.sink.write(member)
        self.digest.update(member)
        self.size += len(member)
        self.records += 1


Copied = tuple[StoredRecord, bytes]  # a record, and the gzip member it is


def exchange(file: BinaryIO, capture: Held) -> Iterator[Copied]:
    """The answer of a capture, then the records beside it that belong to it. Raises ``CaptureError``."""
    answer, raw = member_at(file, capture.locator.filename, capture.locator.offset)
    if answer is None or answer.locator.length != capture.locator.length:
        raise CaptureError(f"{capture.locator.filename}@{capture.locator.offset}: not the record that was written")
    if answer.field("WARC-Record-ID") != capture.warc_record_id:
        raise CaptureError(f"{capture.locator.filename}@{capture.locator.offset}: another record stands there")
    yield answer, raw
    place = capture.locator.offset + capture.locator.length
    for _ in range(MOST_COMPANIONS):
        try:
            companion, raw = member_at(file, capture.locator.filename, place)
        except CaptureError:  # most likely the next exchange's, damaged or in writing: verify tells; this one is whole
            return
        if companion is None or companion.field("WARC-Concurrent-To") != capture.warc_record_id:
            return
        yield companion, raw
        place += companion.locator.length


def read_info(file: BinaryIO, filename: str) -> Copied | None:
    """The ``warcinfo`` record that a file of ours begins with; None where it begins with another."""
    record, raw = member_at(file, filename, 0)
    return (record, raw) if record is not None and record.warc_type == "warcinfo" else None


def member_at(file: BinaryIO, filename: str, offset: int) -> tuple[StoredRecord | None, bytes]:
    """The record at a place, checked, and its bytes; (None, nothing) at the end of the file."""
    record = next(members(file, filename, start=offset), None)
    if record is None:
        return None, b""
    file.seek(offset)
    return record, file.read(record.locator.length)
