"""A capture for people: what was asked and what came, as text; to be downloaded; replayed where that is set up."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from archive.charsets import codec_name
from archive.errors import CaptureError, ExtractionError
from archive.evidence.records import ContentType, HttpMessage, StoredRecord
from archive.evidence.warc import opened_warc, read_record
from archive.formats.warc import exchange
from archive.reading.exchanges import Held, original_of
from archive.web.answers import NotFoundError, OpenFileResponse, path_id, validated
from archive.web.reading import reading_of
from archive.web.rendering import page
from archive.web.replay import Stage
from archive.web.shelf import Shelf, existing

log = logging.getLogger(__name__)

UNREADABLE = "The record can't be read: perilune verify says why."
SHOWN_BYTES = 40_000  # of a body, as text; the download has all of it
SHOWN_HEAD = 8_000  # characters of headers
MAX_DECODED = 8 << 20  # bytes of a body that is decoded to be shown
HIDDEN = {
    "cookie",
    "cookie2",
    "set-cookie",
    "set-cookie2",
    "authorization",
    "proxy-authorization",
}  # whose value lets in
TEXT_TYPES = ("text/", "application/json", "application/ld+json", "application/xml", "application/xhtml+xml")
TEXT_ENDS = ("+xml", "+json")
MEDIA_TYPES = {"warc": ("application/warc", ".warc.gz"), "wacz": ("application/wacz+zip", ".wacz")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the records of a capture say."""

    request: str
    response: str
    fields: tuple[tuple[str, str], ...]
    """Of the answer's record."""
    body: str
    """As text, cut; empty for what is no text."""
    is_cut: bool
    problem: str
    """Why the body, or all of it, is not shown; empty when it is."""


def capture_page(request: Request) -> Response:
    reading, stage = reading_of(request), request.app.state.stage
    with reading.connection() as connection:
        held = existing(connection, path_id(request))
        told = told_by(connection, reading.warc_dir, held)
    replay = stage.address(request, held.id) if isinstance(stage, Stage) else None
    is_reachable = isinstance(stage, Stage) and stage.is_reachable(request)
    answer = page("capture.html", capture=held, told=told, replay=replay, is_reachable=is_reachable)
    return answer if replay else validated(request, answer)  # a seal is good for this start of the server alone


def download(request: Request) -> Response:
    """The capture with what its replay needs, as a file to keep."""
    capture_id, format_ = path_id(request), str(request.path_params["format"])
    if format_ not in MEDIA_TYPES:
        raise NotFoundError("There is no such file.")
    shelf = request.app.state.shelf
    assert isinstance(shelf, Shelf)
    media_type, suffix = MEDIA_TYPES[format_]
    file = shelf.file(capture_id, format_)
    return OpenFileResponse(file, media_type=media_type, filename=f"perilune-capture-{capture_id}{suffix}")


def told_by(connection: Connection, warc_dir: Path, held: Held) -> Told:
    """What the records say; where they can't be read, why."""
    try:
        with opened_warc(warc_dir, held.locator.filename) as file:
            records = [record for record, _ in exchange(file, held)]
        answer = records[0]
        asked = next((one.http for one in records if one.warc_type == "request"), None)
        message = answer.http
        body, problem = shown_body(whole_body(connection, warc_dir, held, answer), message)
    except (CaptureError, ExtractionError) as exc:
        log.warning("capture can't be shown", extra={"capture": held.id, "error": str(exc)})
        return Told(request="", response="", fields=(), body="", is_cut=False, problem=UNREADABLE)
    return Told(
        request=head_of(asked) if asked else "",
        response=head_of(message),
        fields=tuple((name, value[:1_000]) for name, value in answer.fields[:40]),
        body=body[:SHOWN_BYTES],
        is_cut=len(body) > SHOWN_BYTES,
        problem=problem,
    )


def whole_body(connection: Connection, warc_dir: Path, held: Held, answer: StoredRecord) -> bytes:
    """The body as it came; of a revisit, that of its original."""
    original = original_of(connection, held)
    return answer.http.body if original is None else read_record(warc_dir, original.locator).http.body


def shown_body(body: bytes, message: HttpMessage) -> tuple[str, str]:
    """(text, why there is none): a body decoded, where it is text."""
    kind = ContentType.of(message.header("Content-Type"))
    if not kind.mime_type.startswith(TEXT_TYPES) and not kind.mime_type.endswith(TEXT_ENDS):
        return "", f"{len(body):,} bytes of {kind.mime_type}: not shown as text"
    whole = HttpMessage(start_line=message.start_line, headers=message.headers, body=body)
    decoded = whole.decoded_body(max_bytes=MAX_DECODED)[: 4 * SHOWN_BYTES]
    return decoded.decode(codec_name(kind.charset) or "utf-8", "replace"), ""


def head_of(message: HttpMessage) -> str:
    """First line and headers; of those in ``HIDDEN`` only that they were there."""
    shown = ((name, "(not shown)" if name.lower() in HIDDEN else value) for name, value in message.headers)
    lines = [message.start_line, *(f"{name}: {value}" for name, value in shown)]
    text = "\n".join(lines)
    return text if len(text) <= SHOWN_HEAD else f"{text[:SHOWN_HEAD]} […]"


def routes() -> list[BaseRoute]:
    return [Route("/captures/{id}", capture_page), Route("/captures/{id}/{format}", download)]
