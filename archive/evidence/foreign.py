"""Pages out of foreign WARC and WACZ files: Common Crawl's news, Browsertrix, wget, Heritrix, and what is like them.

One record is in memory at a time, however long the file, and none that is larger than a page may be. Compression
(gzip, zstd, lz4, none) is told by the bytes, not by the name. Records that say nothing of a page are counted by why.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

from fastwarc.warc import ArchiveIterator, WarcRecordType

from archive.errors import ConfigError, ExtractionError
from archive.evidence.records import HEAD_END, MAX_BODY_BYTES, http_message
from archive.urls import NO_HOST, ascii_host

HEAD_BYTES = 1 << 20  # bytes of head on top of the largest body
HTTP_HEAD_BYTES = 32 << 10  # of an answer: what a crawl of ours takes, and what readers of WARC read
WANTED = WarcRecordType.response | WarcRecordType.request | WarcRecordType.revisit
WARC_NAME = re.compile(r"\.warc(?:\.(?:gz|zst|lz4))?$", re.IGNORECASE)
ENCODING_LINE = re.compile(rb"^(content-encoding\s*:)", re.IGNORECASE | re.MULTILINE)
MAX_URL = 8_000  # characters of an address; RFC 9110 §4.1 asks for that many, and browsers send no more
WEB_BEGAN = 1990  # the year before which nothing was captured
CLOCK_AHEAD = timedelta(days=1)  # a date later than now by more than this is none
SECRET_LINE = re.compile(
    rb"^(?:cookie2?|authorization|proxy-authorization)[ \t]*:[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*(?:\r?\n|\r|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
DAMAGE = (OSError, ValueError, EOFError, zipfile.BadZipFile)  # what fastwarc and zipfile raise for it
CHUNK_HEAD = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPage:
    """A whole answer of 200, as the foreign file has it."""

    file: str
    """Name of the file it came out of; in a WACZ the WACZ's."""
    record_id: str
    target_uri: str
    captured_at: datetime
    request: bytes
    """Without what its sender logged in with; empty where the file has none beside the answer."""
    head: bytes
    body: bytes
    """Transfer encoding undone."""
    ip_address: str | None = None


def pages(path: Path, wanted: Callable[[str], bool], passed: Counter[str]) -> Iterator[ForeignPage]:
    """The pages of a file whose address is ``wanted``; why other records were not taken is counted in ``passed``.

    Raises ``ConfigError`` when the file can't be opened or is neither WARC nor WACZ. What can't be read any further
    counts as ``damaged``, and what came before it stands.
    """
    for stream in warc_streams(path):
        try:
            yield from stream_pages(stream, path.name, wanted, passed)
        except DAMAGE:
            passed["damaged"] += 1


def warc_streams(path: Path) -> Iterator[IO[bytes]]:
    """The file itself, or every WARC of a WACZ (https://specs.webrecorder.net/wacz/1.1.1/)."""
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                file.seek(0)
                yield file
                return
            with zipfile.ZipFile(file) as wacz:
                names = [name for name in wacz.namelist() if name.startswith("archive/") and WARC_NAME.search(name)]
                if not names:
                    raise ConfigError(f"{path}: a ZIP without archive/*.warc.gz: no WACZ")
                for name in sorted(names):
                    with wacz.open(name) as member:
                        yield member
    except (OSError, zipfile.BadZipFile) as exc:
        raise ConfigError(f"{path}: can't be read: {exc}") from exc


def stream_pages(
    stream: IO[bytes], file: str, wanted: Callable[[str], bool], passed: Counter[str]
) -> Iterator[ForeignPage]:
    """The pages of one WARC. A request may stand before or after its answer."""
    asked: dict[str, bytes] = {}
    waiting: ForeignPage | None = None
    records = ArchiveIterator(stream, record_types=WANTED, parse_http=False, max_header_len=HEAD_BYTES)
    try:
        for record in records:
            other = record.headers.get("WARC-Concurrent-To")
            if record.record_type == WarcRecordType.request:
                block = without_secrets(block_of(record, limit=HEAD_BYTES) or b"")
                if waiting is not None and other == waiting.record_id:
                    waiting = replace(waiting, request=block)
                else:
                    asked = {name: block for name in (other, record.headers.get("WARC-Record-ID")) if name}
                continue
            if waiting is not None:
                yield waiting
            waiting = page_of(record, file, wanted, passed)
            if waiting is not None:
                request = asked.get(waiting.record_id) or asked.get(other or "") or b""
                waiting = replace(waiting, request=request)
    except DAMAGE:
        if waiting is not None:
            yield waiting
        raise
    if waiting is not None:
        yield waiting


def page_of(
    record: Any,  # Any: fastwarc's WarcRecord, which has no types
    file: str,
    wanted: Callable[[str], bool],
    passed: Counter[str],
) -> ForeignPage | None:
    """The record as a page; None, and counted, for any other."""
    named = str(record.headers.get("WARC-Target-URI") or "").strip().strip("<>")
    url = address(named)
    reason = reason_to_pass(record, named, url, wanted)
    block = None if reason else block_of(record, limit=MAX_BODY_BYTES + HEAD_BYTES)
    if reason is None and block is None:
        reason = "too_large"
    elif block is not None and len(block) < record.content_length:
        reason = "damaged"  # the file ends in it
    end = HEAD_END.search((block or b"")[:HTTP_HEAD_BYTES])
    if reason is None and (block is None or end is None):
        reason = "unreadable"
    elif reason is None and block is not None and end is not None and http_message(block[: end.end()]).status != 200:
        reason = "not_200"
    captured_at = moment(record.headers.get("WARC-Date"))
    if reason is None and captured_at is None:
        reason = "undated"
    if reason or block is None or end is None or captured_at is None:
        passed[reason or "unreadable"] += 1
        return None
    head, body = dechunked(block[: end.end()], block[end.end() :])
    return ForeignPage(
        file=file,
        record_id=str(record.headers.get("WARC-Record-ID") or ""),
        target_uri=url,
        captured_at=captured_at,
        request=b"",
        head=honest_head(head, body),
        body=body,
        ip_address=record.headers.get("WARC-IP-Address"),
    )


def reason_to_pass(
    record: Any,  # Any: as above
    named: str,
    url: str,
    wanted: Callable[[str], bool],
) -> str | None:
    """Why a record is not looked into; None for one that may be wanted. ``url``: the ``address`` of ``named``."""
    if record.record_type == WarcRecordType.revisit:
        return "revisit"
    if record.headers.get("WARC-Truncated"):
        return "truncated"
    if not named.lower().startswith(("http://", "https://")) or not record.is_http:
        return "not_http"
    if not url:
        return "bad_address"
    return None if wanted(url) else "not_wanted"


def address(url: str) -> str:
    """The address with its host in ASCII (RFC 5891), as a crawl of ours has it; empty for one that can't be kept: too
    long, no host, a port that is none."""
    try:
        parts = urlsplit(url) if len(url) <= MAX_URL else None
        if parts is None or parts.port == 0:
            return ""
        host = ascii_host(parts.hostname or "")
    except ValueError:
        return ""
    if not host or not host.isascii() or NO_HOST.search(host):
        return ""
    if parts.netloc.isascii():
        return url
    if ":" in host:
        return ""
    return urlunsplit(parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}"))


def block_of(record: Any, *, limit: int) -> bytes | None:  # Any: as above
    """The record's block; None for one longer than ``limit`` bytes, of which nothing is read."""
    if record.content_length > limit:
        return None
    return bytes(record.reader.read())


def without_secrets(request: bytes) -> bytes:
    """The request without the header lines that let somebody else in: whoever captured may have been logged in."""
    end = HEAD_END.search(request)
    place = end.end() if end else len(request)
    return SECRET_LINE.sub(b"", request[:place]) + request[place:]


def moment(text: str | None) -> datetime | None:
    """A WARC-Date, to the second in WARC 1.0; None for what is none, or when nothing can have been captured."""
    try:
        found = datetime.fromisoformat(text or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year >= WEB_BEGAN and found <= datetime.now(UTC) + CLOCK_AHEAD else None


def dechunked(head: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Head and body with the transfer encoding undone, where the body really has it: tools differ."""
    if "chunked" not in (http_message(head).header("Transfer-Encoding") or "").lower():
        return head, body
    parts: list[bytes] = []
    place = 0
    while found := CHUNK_HEAD.match(body, place):
        size = int(found.group(1), 16)
        if size == 0:
            return head, b"".join(parts)
        end = found.end() + size
        if end > len(body):
            break
        parts.append(body[found.end() : end])
        place = end + (2 if body[end : end + 2] == b"\r\n" else 1)
    return head, body


def honest_head(head: bytes, body: bytes) -> bytes:
    """The head; its Content-Encoding renamed (``X-Archive-Orig-``) where the tool has undone it and left it there."""
    try:
        replace(http_message(head), body=body).decoded_body()
    except ExtractionError:
        if body.lstrip()[:1] == b"<":
            return ENCODING_LINE.sub(rb"X-Archive-Orig-\1", head)
    return head
