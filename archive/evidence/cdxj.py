"""The index beside the WARC files: CDXJ, one sorted file a WARC file, for replay tools.

A line is ``<SURT> <14 digits> <JSON>``, as in https://specs.webrecorder.net/cdxj/0.1.0/. It names what can be
replayed: responses and identical-payload revisits; not 304 answers, requests or metadata.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes, urlsplit

from archive.errors import CaptureError, ExtractionError
from archive.evidence.records import StoredRecord, parse_warc_date
from archive.model import Locator
from archive.urls import ascii_host

KEPT = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "#%")  # never escaped in a key
MIME = re.compile(r"[\w.+-]+/[\w.+-]+")
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
MOST_ESCAPES = 10  # undone one inside the other: each costs a pass over the address, and no site nests as many


def surt_key(url: str) -> str:
    """The key replay tools look a URL up by: host labels reversed (an address's numbers, too), all lower-case, query
    sorted; as the library ``surt`` 0.3.1 and warcio.js have it.

    ``archive.urls.url_key`` folds more (AMP, print, index.html) and serves deduplication only. ASCII, whatever the URL.
    Raises ``ValueError`` for a port that is none.
    """
    parts = urlsplit(url)
    host = re.sub(r"^www\d*\.", "", quote(ascii_host(parts.hostname or ""), safe=KEPT, errors="replace"))
    labels = ",".join(reversed(host.split(".")))
    is_default = parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme.lower()))
    path = resolved(re.sub(r"/{2,}", "/", escaped(parts.path))).rstrip("/") or "/"
    query = "&".join(sorted(escaped(parts.query).lower().split("&"))) if parts.query else ""
    return f"{labels}{'' if is_default else f':{parts.port}'}){path.lower()}{'?' if query else ''}{query}"


def escaped(part: str) -> str:
    """A path or a query with every escape undone and only what must be escaped again (as ``surt`` does); of escapes in
    one another no more than ``MOST_ESCAPES``."""
    data = part.encode("utf-8", "surrogateescape")
    for _ in range(MOST_ESCAPES):
        before, data = data, unquote_to_bytes(data)
        if before == data:
            break
    return quote_from_bytes(data, safe=KEPT)


def resolved(path: str) -> str:
    """The path without ``.`` and ``..`` (RFC 3986 §5.2.4)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def cdxj_line(record: StoredRecord) -> str | None:
    """The record's line without line end; None for a record that is not replayed: of another kind, or with an
    address, a date or a status that no index can hold."""
    if record.warc_type not in ("response", "revisit") or record.field("WARC-Profile") == NOT_MODIFIED:
        return None
    url = record.field("WARC-Target-URI") or ""
    try:
        message = record.http
        found = MIME.match(message.header("Content-Type") or "")
        return line_of(
            url=url,
            date=record.field("WARC-Date") or "",
            mime="warc/revisit" if record.warc_type == "revisit" else (found.group().lower() if found else "unk"),
            status=message.status,
            digest=record.field("WARC-Payload-Digest") or "",
            locator=record.locator,
        )
    except (ExtractionError, ValueError, OverflowError):
        return None


def line_of(*, url: str, date: str, mime: str, status: int, digest: str, locator: Locator) -> str:
    """One line from its values; offsets and lengths are strings, as in every CDXJ. Raises ``ValueError`` or
    ``OverflowError`` for a date or a port that is none."""
    values = {
        "url": url,
        "mime": mime,
        "status": str(status),
        "digest": digest,
        "length": str(locator.length),
        "offset": str(locator.offset),
        "filename": locator.filename,
    }
    timestamp = parse_warc_date(date).strftime("%Y%m%d%H%M%S")
    return f"{surt_key(url)} {timestamp} {json.dumps(values, ensure_ascii=True)}"


def write_index(cdxj_dir: Path, warc_name: str, lines: Iterable[str]) -> Path:
    """Write the sorted index of one WARC file: whole or not at all. Raises ``CaptureError``."""
    path = cdxj_dir / index_name(warc_name)
    draft = path.with_name(path.name + ".open")
    try:
        cdxj_dir.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="ascii", newline="\n") as file:
            file.writelines(line + "\n" for line in sorted(lines))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as exc:
        raise CaptureError(f"{path}: index not written: {exc}") from exc
    return path


def index_name(warc_name: str) -> str:
    return warc_name.removesuffix(".warc.gz") + ".cdxj"


def index_path(warc_dir: Path, warc_name: str) -> Path:
    """Where the index of a file of ``warc_dir`` is."""
    return warc_dir.parent / "cdxj" / index_name(warc_name)


def index_lines(warc_dir: Path, warc_name: str) -> list[str] | None:
    """The lines of a file's index as they stand; None when it has none. Raises ``CaptureError``."""
    path = index_path(warc_dir, warc_name)
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise CaptureError(f"{path}: can't be read: {exc.strerror}") from exc


def place_of(line: str) -> tuple[int, int] | None:
    """(offset, length) of the record that a line names; None for what is no line of ours."""
    try:
        values = json.loads(line.split(" ", 2)[2])
        return int(values["offset"]), int(values["length"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
