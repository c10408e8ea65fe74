"""What our WARC files say of themselves: captures as values again, with how their URLs were found.

Beside each response a metadata record says which source asked, why, and how the URL was announced; what became of it
is in the notes of the ``-meta`` files (:mod:`archive.evidence.notes`). From both, ``perilune replay`` rebuilds the
database: same order, same moments, same numbers. docs/formats.md describes the fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from archive.digests import digest_of
from archive.errors import CaptureError, ExtractionError
from archive.evidence.cdxj import IDENTICAL
from archive.evidence.notes import Note, in_one_line, noted, parsed_fields
from archive.evidence.records import ContentType, Fields, StoredRecord, members, parse_warc_date, warc_date
from archive.evidence.warc import iter_records, opened_warc
from archive.model import Capture, Discovered, Locator
from archive.wishes import header_wishes

MOMENTS = ("discovered_at", "published_at")  # of a Discovered


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """One exchange as it was kept: ``kind`` is endpoint, article, robots, or empty where nothing says so."""

    capture: Capture
    """Without body; ``payload_digest`` is empty where only the original, of which it is a revisit, has it."""
    kind: str = ""
    discovered: Discovered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An answer that is whole and tells nothing: its date, its address or its kind is none."""

    reason: str
    """With where it stands."""


Told: TypeAlias = Exchanged | Note | Unreadable

# Written


def announcement(discovered: Discovered) -> str:
    """A ``Discovered`` as one line of ASCII JSON: nothing of what a feed says is lost or breaks out of its line."""
    values = {name: value for name, value in asdict(discovered).items() if value is not None}
    moments = {name: warc_date(values[name]) for name in MOMENTS if name in values}
    return in_one_line(values | moments)


# Read


def read_back(path: Path, *, run_id: int) -> Iterator[Told]:
    """Everything one of our files tells, in its order; ``run_id`` goes into the captures.

    Raises ``CaptureError`` at the first record that is torn or altered.
    """
    return told(iter_records(path), run_id=run_id)


def read_exchange(warc_dir: Path, locator: Locator, *, run_id: int) -> tuple[Exchanged, StoredRecord]:
    """The exchange whose answer stands at a locator, and that record. Raises ``CaptureError``."""
    with opened_warc(warc_dir, locator.filename) as file:
        records = members(file, locator.filename, start=locator.offset)
        answer = next(records, None)
        if answer is None or answer.locator != locator or answer.warc_type not in ("response", "revisit"):
            raise CaptureError(f"{locator.filename}@{locator.offset}: no answer of {locator.length} bytes there")
        following = next((one for one in records if belongs(one, answer) or is_answer(one)), None)
        fields = () if following is None or is_answer(following) else parsed_fields(following.block)
        return exchanged(answer, fields, run_id=run_id), answer


def read_parts(warc_dir: Path, locator: Locator) -> tuple[StoredRecord, bytes, Fields]:
    """An answer, its request (empty where there is none) and the fields said of it. Raises ``CaptureError``."""
    with opened_warc(warc_dir, locator.filename) as file:
        records = members(file, locator.filename, start=locator.offset)
        answer, request = next(records, None), b""
        if answer is None:
            raise CaptureError(f"{locator.filename}@{locator.offset}: the file ends before it")
        fields: Fields = ()
        for record in records:
            if record.field("WARC-Concurrent-To") != answer.field("WARC-Record-ID"):
                break
            if record.warc_type == "request":
                request = record.block
            else:
                fields = parsed_fields(record.block)
        return answer, request, fields


def told(records: Iterator[StoredRecord], *, run_id: int) -> Iterator[Told]:
    """What the records tell; an answer's metadata record follows it. One unreadable answer costs no other."""
    answer: StoredRecord | None = None
    for record in records:
        if is_answer(record):
            if answer is not None:
                yield told_of(answer, (), run_id=run_id)
            answer = record
        elif answer is not None and belongs(record, answer):
            yield told_of(answer, parsed_fields(record.block), run_id=run_id)
            answer = None
        elif record.warc_type == "metadata":
            yield from noted(record)
    if answer is not None:
        yield told_of(answer, (), run_id=run_id)


def told_of(answer: StoredRecord, fields: Fields, *, run_id: int) -> Exchanged | Unreadable:
    """The exchange, or why it is none."""
    try:
        return exchanged(answer, fields, run_id=run_id)
    except CaptureError as exc:
        return Unreadable(reason=str(exc))


def is_answer(record: StoredRecord) -> bool:
    return record.warc_type in ("response", "revisit")


def belongs(record: StoredRecord, answer: StoredRecord) -> bool:
    """A metadata record about how the answer's URL was found."""
    concurrent = record.field("WARC-Concurrent-To")
    return record.warc_type == "metadata" and concurrent == answer.field("WARC-Record-ID") is not None


def exchanged(answer: StoredRecord, fields: Sequence[tuple[str, str]], *, run_id: int) -> Exchanged:
    """The capture of a response or revisit record, with what its metadata record says. Raises ``CaptureError`` where
    its date, status or kind is none."""
    said = dict(fields)
    try:
        message, status = answer.http, answer.http.status
        captured_at = parse_warc_date(answer.field("WARC-Date") or "")
    except (ValueError, OverflowError, ExtractionError) as exc:
        raise CaptureError(f"{answer.locator.filename}@{answer.locator.offset}: can't be read: {exc}") from exc
    content_type = ContentType.of(message.header("Content-Type"))
    is_copy = answer.field("WARC-Profile") == IDENTICAL
    capture = Capture(
        source_id=said.get("source", ""),
        run_id=run_id,
        target_uri=answer.field("WARC-Target-URI") or "",
        redirected_from=tuple(value for name, value in fields if name == "redirectedFrom"),
        status=status,
        mime_type=content_type.mime_type,
        charset=content_type.charset,
        etag=message.header("ETag"),
        last_modified=message.header("Last-Modified"),
        captured_at=captured_at,
        warc_record_id=answer.field("WARC-Record-ID") or "",
        payload_digest="" if is_copy else digest_of(message.body),
        locator=answer.locator,
        revisit_of=answer.field("WARC-Refers-To"),
        truncated=answer.field("WARC-Truncated"),
        wishes=header_wishes(message.headers),
    )
    found = said.get("announcement")
    return Exchanged(capture=capture, kind=said.get("kind", ""), discovered=announced(found) if found else None)


def announced(line: str) -> Discovered:
    """The ``Discovered`` that :func:`announcement` wrote. Raises ``CaptureError`` when it is none."""
    try:
        values = json.loads(line)
        moments = {name: datetime.fromisoformat(values[name]).astimezone(UTC) for name in MOMENTS if name in values}
        return Discovered(**values | moments)
    except (ValueError, TypeError) as exc:
        raise CaptureError(f"no announcement: {line[:80]!r}") from exc
