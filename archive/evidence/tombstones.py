"""Records taken out of finished WARC files: a tombstone of the same length stands where they stood.

A tombstone is a metadata record that says when and why, and for which address by digest only. It fills the place of
what it replaces to the byte, so that every other record keeps its offset: rows and indexes stay true, and a file is
replaced by one rename. The manifest goes on with a line ``rewritten`` that names the digest of the file before.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from archive.errors import CaptureError
from archive.evidence.cdxj import index_lines, place_of, write_index
from archive.evidence.manifest import list_file, sha256_of
from archive.evidence.records import (
    StoredRecord,
    field_block,
    gzip_member,
    members,
    sha1_digest,
    stored_blocks,
    warc_date,
)
from archive.evidence.warc import FORGOTTEN_URI, iter_records
from archive.evidence.warcfile import new_record_id

MAX_EXTRA = 65_535  # bytes; a gzip member's extra field (RFC 1952 §2.3.1.1) fills what is left of a small place
MAX_REASON = 200  # characters of the reason in a tombstone; the whole is in the manifest and the database


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Records that follow one another and go together: where they stand, and how many of them are captures."""

    start: int
    end: int
    captures: int


def doomed_spans(path: Path, record_ids: Collection[str], moved: Collection[str] = ()) -> tuple[list[Span], int]:
    """Where the captures with these ids stand, each with its request and everything said of it; and how many captures
    the file has. What became of those ``moved`` elsewhere stays. Raises ``CaptureError`` when it can't be read to its
    end."""
    spans: list[Span] = []
    captures = 0
    for record in iter_records(path):
        is_capture = record.warc_type in ("response", "revisit")
        captures += is_capture
        if not is_about(record, record_ids, moved):
            continue
        start, end = record.locator.offset, record.locator.offset + record.locator.length
        if spans and spans[-1].end == start:
            last = spans.pop()
            spans.append(Span(start=last.start, end=end, captures=last.captures + is_capture))
        else:
            spans.append(Span(start=start, end=end, captures=int(is_capture)))
    return spans, captures


def is_about(record: StoredRecord, record_ids: Collection[str], moved: Collection[str]) -> bool:
    """One of these captures, its request, or a record about it; a revisit of it is a capture of its own."""
    if record.warc_type in ("response", "revisit"):
        record_id = record.field("WARC-Record-ID")
        return record_id in record_ids or record_id in moved
    concurrent = record.field("WARC-Concurrent-To")
    return concurrent in record_ids or concurrent in moved or record.field("WARC-Refers-To") in record_ids


def bury(
    path: Path,
    record_ids: Collection[str],
    *,
    moved: Collection[str] = (),
    digests: Sequence[str],
    reason: str,
    at: datetime,
) -> int:
    """Put tombstones in the place of these captures, and of what is said of them; how many places there were. The
    index and the manifest follow.

    Raises ``CaptureError``; the file is then as it was.
    """
    spans, captures = doomed_spans(path, record_ids, moved)
    if not spans:
        return 0
    before = sha256_of(path)
    draft = path.with_name(path.name + ".rewrite")
    stones = {span.start: tombstone(span.end - span.start, digests=digests, reason=reason, at=at) for span in spans}
    try:
        with path.open("rb") as old, draft.open("wb") as new:
            place = 0
            for span in spans:
                copy(old, new, span.start - place)
                new.write(stones[span.start])
                old.seek(span.end)
                place = span.end
            copy(old, new, os.fstat(old.fileno()).st_size - place)
            new.flush()
            os.fsync(new.fileno())
        check(draft, path.name, path.stat().st_size)
        draft.replace(path)
    except OSError as exc:
        draft.unlink(missing_ok=True)
        raise CaptureError(f"{path}: can't be rewritten: {exc.strerror}") from exc
    gone = sum(span.captures for span in spans)
    cut_index(path, spans)
    list_file(
        path.parent,
        path.name,
        sha256=sha256_of(path),
        size=path.stat().st_size,
        captures=captures - gone,
        at=at,
        kind="rewritten",
        replaces=before,
        reason=reason,
    )
    return len(spans)


def copy(old: IO[bytes], new: IO[bytes], size: int) -> None:
    """Copy the next ``size`` bytes."""
    while size > 0:
        piece = old.read(min(size, 1 << 20))
        if not piece:
            raise OSError(5, "the file ends early")
        new.write(piece)
        size -= len(piece)


def check(draft: Path, name: str, size: int) -> None:
    """Raises ``CaptureError`` unless the rewritten file is whole and as long as it was."""
    with draft.open("rb") as file:
        for _ in members(file, name):
            pass
    if draft.stat().st_size != size:
        raise CaptureError(f"{draft}: not as long as the file it replaces")


def cut_index(path: Path, spans: Sequence[Span]) -> None:
    """Take the lines of buried records out of the file's index, where it has one."""
    lines = index_lines(path.parent, path.name)
    if lines is None:
        return
    kept = [line for line in lines if not any(is_within(line, span) for span in spans)]
    write_index(path.parent.parent / "cdxj", path.name, kept)


def is_within(line: str, span: Span) -> bool:
    place = place_of(line)
    return place is not None and span.start <= place[0] < span.end


# The stone


def tombstone(length: int, *, digests: Sequence[str], reason: str, at: datetime) -> bytes:
    """A gzip member of exactly ``length`` bytes with the tombstone record. Raises ``CaptureError`` when that is too
    little for one: no record of ours is that short."""
    said = [
        ("forgottenAt", warc_date(at)),
        *(("forgotten", digest) for digest in digests),
        ("reason", reason[:MAX_REASON]),
    ]
    for fields in (said, said[:1], []):
        record = record_bytes(field_block(fields), at)
        data = zlib_raw(record)
        room = length - 18 - len(data)  # a member's head is 10 bytes, its end 8 (RFC 1952)
        if room == 0 or 2 <= room <= MAX_EXTRA + 2:
            return gzip_member(record, data, extra=room - 2 if room else None)
        if room > MAX_EXTRA + 2:
            return filled(length, field_block(fields), at)
    raise CaptureError(f"no tombstone fits into {length} bytes")


def filled(length: int, block: bytes, at: datetime) -> bytes:
    """A member for a larger place: the record goes on with spaces, uncompressed, up to the exact length."""
    body = length
    while True:
        record = record_bytes(block + b" " * max(0, body), at)
        data = stored_blocks(record)
        room = length - 18 - len(data)
        if room == 0 or 2 <= room <= MAX_EXTRA + 2:
            return gzip_member(record, data, extra=room - 2 if room else None)
        body -= max(1, -room + 2) if room < 2 else 0


def record_bytes(block: bytes, at: datetime) -> bytes:
    """The tombstone record, uncompressed."""
    fields = (
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", new_record_id()),
        ("WARC-Date", warc_date(at)),
        ("WARC-Target-URI", FORGOTTEN_URI),
        ("Content-Type", "application/warc-fields"),
        ("WARC-Block-Digest", sha1_digest(block)),
        ("Content-Length", str(len(block))),
    )
    head = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
    return head.encode("ascii") + block + b"\r\n\r\n"


def zlib_raw(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()
