"""One WARC 1.1 record as bytes: written, read, and the HTTP message inside it taken apart.

A record here is one gzip member. Digests inside a WARC are ``sha1:`` and 32 letters of base 32, as every
replay tool expects; SQL keeps sha256 (:mod:`archive.digests`). The rules are those of
https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/ and, for bodies that came
chunked, the custom of Web archives: stored de-chunked, with ``Transfer-Encoding`` renamed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, TypeAlias

from fastwarc.stream_io import BrotliReader
from isal import isal_zlib

from archive.errors import CaptureError, ExtractionError
from archive.model import Locator

Fields: TypeAlias = Sequence[tuple[str, str]]

GZIP_LEVEL = 3  # ISA-L's highest: a page of 180 kB costs 0.5 ms and is 5 % larger than zlib's level 3 makes it in 1.2
STORED_BYTES = 65_535  # of an uncompressed deflate block
READ_BYTES = 1 << 16
MAX_RECORD_BYTES = 256 << 20  # a record of ours holds at most a body of 32 MiB; more is damage or an attack
MAX_BODY_BYTES = 32 << 20  # decoded; the crawl's own DOWNLOAD_MAXSIZE, so that what was archived can be read
UNSAFE = re.compile(r"[\x00-\x1f\x7f]+")
HEAD_END = re.compile(rb"\r?\n\r?\n")
PACKED = re.compile(rb"^content-encoding[ \t]*:[ \t]*(?:x-gzip|gzip|deflate|br|zstd)\b", re.IGNORECASE | re.MULTILINE)
CONTENT_TYPE = re.compile(r"\s*([\w!#$&^.+-]+/[\w!#$&^.+-]+)")
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]+)", re.IGNORECASE)
GZIP_OR_ZLIB, GZIP, RAW_DEFLATE = 47, 31, -15  # zlib's names for "look which", gzip, no wrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record read back. ``fields`` keep order and case; ``block`` is the bytes as stored."""

    locator: Locator
    fields: tuple[tuple[str, str], ...]
    block: bytes

    def field(self, name: str) -> str | None:
        """First value of a WARC field, whatever its case; None when there is none."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    @property
    def warc_type(self) -> str:
        return self.field("WARC-Type") or "unknown"

    @property
    def http(self) -> HttpMessage:
        """The HTTP message of a request, response or revisit record. Raises ``ExtractionError`` for any other."""
        if not (self.field("Content-Type") or "").startswith("application/http"):
            raise ExtractionError(f"{self.locator.filename}@{self.locator.offset}: holds no HTTP message")
        return http_message(self.block)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpMessage:
    """An HTTP message as stored: first line, headers in order, body with its content encoding on."""

    start_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def status(self) -> int:
        """Of a response; 0 when the status line has none."""
        parts = self.start_line.split(None, 2)
        return int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else 0

    def header(self, name: str) -> str | None:
        """All values of a header joined by commas; None when there is none."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def decoded_body(self, *, max_bytes: int = MAX_BODY_BYTES) -> bytes:
        """The body without its content encoding; what can be read of one that was cut off.

        Raises ``ExtractionError`` for an encoding that we don't know (we ask for gzip and deflate only; imported
        files have br, too), for bytes that are none of it, and for more than ``max_bytes``.
        """
        body = self.body
        codings = [coding.strip().lower() for coding in (self.header("Content-Encoding") or "").split(",")]
        for coding in reversed([coding for coding in codings if coding and coding != "identity"]):
            if coding not in DECODERS:
                raise ExtractionError(f"content encoding not readable: {coding[:40]}")
            body = DECODERS[coding](body, max_bytes=max_bytes) if body else b""
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentType:
    """A Content-Type header: ``application/octet-stream`` where there is none (RFC 9110 §8.3)."""

    mime_type: str
    charset: str | None

    @classmethod
    def of(cls, header: str | None) -> ContentType:
        found = CONTENT_TYPE.match(header or "")
        charset = CHARSET.search(header or "")
        return cls(
            mime_type=found.group(1).lower() if found else "application/octet-stream",
            charset=charset.group(1).lower() if charset else None,
        )


def sha1_digest(data: bytes) -> str:
    """``sha1:`` and base 32, as in WARC-Block-Digest."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode("ascii")


def warc_date(moment: datetime) -> str:
    """WARC 1.1 date in UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_warc_date(text: str) -> datetime:
    """The instant of a WARC-Date; raises ``ValueError`` when it is none."""
    return datetime.fromisoformat(text.strip()).astimezone(UTC)


def record_member(fields: Fields, block: bytes, *, is_packed: bool = False) -> bytes:
    """The record as one gzip member. Content-Length and WARC-Block-Digest are added here.

    ``is_packed``: the block is compressed as it is, so that doing it again would cost time and save nothing.
    """
    own = (("WARC-Block-Digest", sha1_digest(block)), ("Content-Length", str(len(block))))
    head = "WARC/1.1\r\n" + "".join(f"{name}: {one_line(value)}\r\n" for name, value in (*fields, *own)) + "\r\n"
    data = b"".join((head.encode("utf-8", "replace"), block, b"\r\n\r\n"))
    if is_packed:
        return gzip_member(data, stored_blocks(data))
    packer = isal_zlib.compressobj(level=GZIP_LEVEL, wbits=GZIP)
    return packer.compress(data) + packer.flush()


def stored_blocks(data: bytes) -> bytes:
    """Deflate without compression: five bytes in front of each 65,535 (RFC 1951 §3.2.4)."""
    blocks = [data[start : start + STORED_BYTES] for start in range(0, len(data), STORED_BYTES)]
    parts = []
    for number, block in enumerate(blocks, start=1):
        size = len(block)
        parts.append(
            bytes([number == len(blocks)]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
        )
        parts.append(block)
    return b"".join(parts)


def gzip_member(data: bytes, packed: bytes, *, extra: int | None = None) -> bytes:
    """A gzip member (RFC 1952) of deflated data; ``extra`` bytes of padding in its head, None for no such field."""
    flags = 0 if extra is None else 4
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\x00\xff"
    padding = b"" if extra is None else extra.to_bytes(2, "little") + bytes(extra)
    end = (zlib.crc32(data) & 0xFFFFFFFF).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return head + padding + packed + end


def field_block(fields: Fields) -> bytes:
    """The block of a warcinfo or metadata record: ``application/warc-fields``."""
    return "".join(f"{name}: {one_line(value)}\r\n" for name, value in fields).encode("utf-8", "replace")


def one_line(value: str) -> str:
    """The value with control characters, which would break out of its line, as single spaces."""
    return UNSAFE.sub(" ", value).strip()


def storable_head(head: bytes, body_bytes: int) -> bytes:
    """The response head as it goes into the record: as received, unless the body came chunked.

    Then ``Transfer-Encoding`` (and a Content-Length that stood beside it) is renamed with
    ``X-Archive-Orig-`` in front, and the length of the de-chunked body is added.
    """
    lines = head.splitlines(keepends=True)
    if not any(header_name(line) == b"transfer-encoding" for line in lines):
        return head
    kept = [orig_named(line) for line in lines[:-1]]
    return b"".join((*kept, b"Content-Length: %d\r\n" % body_bytes, lines[-1]))


def orig_named(line: bytes) -> bytes:
    """A header line about the transfer, renamed; any other as it is."""
    return b"X-Archive-Orig-" + line if header_name(line) in (b"transfer-encoding", b"content-length") else line


def header_name(line: bytes) -> bytes:
    return line.partition(b":")[0].strip().lower()


def http_message(block: bytes) -> HttpMessage:
    """Take an HTTP message apart. A line without a colon is passed over, a folded one joined."""
    end = HEAD_END.search(block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    lines = re.sub(rb"\r?\n[ \t]+", b" ", head).decode("latin-1").splitlines() or [""]
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    return HttpMessage(
        start_line=lines[0], headers=tuple((key.strip(), value.strip()) for key, _, value in pairs), body=body
    )


def inflated(data: bytes, *, max_bytes: int) -> bytes:
    """gzip (members in a row) or deflate undone. A stream that was cut off gives what came of it."""
    try:
        return b"".join(inflated_parts(data, GZIP_OR_ZLIB, max_bytes=max_bytes))
    except zlib.error:
        try:
            return b"".join(inflated_parts(data, RAW_DEFLATE, max_bytes=max_bytes))
        except zlib.error as exc:
            raise ExtractionError(f"body is not what its Content-Encoding says: {exc}") from exc


def inflated_parts(data: bytes, wrapper: int, *, max_bytes: int) -> Iterator[bytes]:
    """Parts of the decoded stream; raises ``zlib.error`` only when nothing at all can be read."""
    budget, got_any = max_bytes, False
    while data:
        stream = zlib.decompressobj(wrapper)
        try:
            part = stream.decompress(data, budget + 1)
        except zlib.error:
            if got_any:
                return  # what follows the first member is not another one: browsers ignore it, too
            raise
        got_any, budget = True, budget - len(part)
        if budget < 0:
            raise ExtractionError(f"body decodes to more than {max_bytes} bytes")
        yield part
        data = stream.unused_data


def unbrotlied(data: bytes, *, max_bytes: int) -> bytes:
    """br undone; a stream that was cut off gives nothing."""
    try:
        body = bytes(BrotliReader(io.BytesIO(data)).read(max_bytes + 1))
    except (OSError, ValueError) as exc:
        raise ExtractionError(f"body is not what its Content-Encoding says: {exc}") from exc
    if len(body) > max_bytes:
        raise ExtractionError(f"body decodes to more than {max_bytes} bytes")
    return body


DECODERS = {"gzip": inflated, "x-gzip": inflated, "deflate": inflated, "br": unbrotlied}


def parsed_record(data: bytes, locator: Locator) -> StoredRecord:
    """A record from its uncompressed bytes.

    Raises ``CaptureError`` when it is not one whole WARC record: bad first line, a block shorter or longer
    than its Content-Length, no end mark.
    """
    where = f"{locator.filename}@{locator.offset}"
    head, found, rest = data.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    if not found or not lines[0].startswith("WARC/"):
        raise CaptureError(f"{where}: no WARC record starts here")
    fields = tuple((key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in lines[1:]))
    record = StoredRecord(locator=locator, fields=fields, block=rest[:-4])
    if record.field("Content-Length") != str(len(rest) - 4) or not rest.endswith(b"\r\n\r\n"):
        raise CaptureError(f"{where}: the record is not whole")
    return record


def members(stream: BinaryIO, filename: str, *, start: int = 0) -> Iterator[StoredRecord]:
    """Each gzip member of a WARC file of ours from ``start`` on, as a record, with where it stands.

    Holds one record at a time. Raises ``CaptureError`` at the first that is torn, altered or too large.
    """
    stream.seek(start)
    offset, pending = start, b""
    while True:
        data, length, pending = next_member(stream, pending, f"{filename}@{offset}")
        if not length:
            return
        yield parsed_record(data, Locator(filename=filename, offset=offset, length=length))
        offset += length


def next_member(stream: BinaryIO, pending: bytes, where: str) -> tuple[bytes, int, bytes]:
    """One member: its bytes uncompressed, its length in the file, and what was read beyond it.

    Length 0 at the end of the file. Raises ``CaptureError`` when the member ends early, is not gzip, or
    fails its checksum.
    """
    inflater = zlib.decompressobj(GZIP)
    parts: list[bytes] = []
    consumed = total = 0
    for chunk in chunks(stream, pending):
        try:
            parts.append(inflater.decompress(chunk, MAX_RECORD_BYTES + 1 - total))
        except zlib.error as exc:
            raise CaptureError(f"{where}: damaged: {exc}") from exc
        total += len(parts[-1])
        if total > MAX_RECORD_BYTES:
            raise CaptureError(f"{where}: record of more than {MAX_RECORD_BYTES} bytes")
        consumed += len(chunk)
        if inflater.eof:
            return b"".join(parts), consumed - len(inflater.unused_data), inflater.unused_data
    if consumed:
        raise CaptureError(f"{where}: the file ends inside a record")
    return b"", 0, b""


def chunks(stream: BinaryIO, pending: bytes) -> Iterable[bytes]:
    """What is pending, then the rest of the stream in pieces."""
    if pending:
        yield pending
    while piece := stream.read(READ_BYTES):
        yield piece
