"""Answers as HTTP: JSON, errors, validators, parameters that must be whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, BinaryIO

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from archive.errors import PeriluneError, QueryError
from archive.query import instant
from archive.timestamps import rfc3339

CACHE_CONTROL = "max-age=0, must-revalidate"  # the archive may grow at any moment; asking again costs a 304
MAX_ID = 2**62  # what either engine can hold, and more than any archive has


class BadRequestError(PeriluneError):
    """A parameter can't be read; answered with 400 and the parameter's name."""

    def __init__(self, parameter: str, reason: str) -> None:
        self.parameter, self.reason = parameter, reason
        super().__init__(f"{parameter}: {reason}")


class NotFoundError(PeriluneError):
    """There is no such thing here; answered with 404."""


class Json(JSONResponse):
    """Compact JSON, characters as they are; moments in RFC 3339."""

    def render(self, content: object) -> bytes:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=json_value)
        return text.encode("utf-8", "replace")


class OpenFileResponse(FileResponse):
    """A file that is open already, in ranges: it is sent though it may have lost its name meanwhile. Closes it."""

    def __init__(
        self, file: BinaryIO, *, media_type: str, filename: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.file = file
        number = file.fileno()
        super().__init__(
            f"/dev/fd/{number}",
            media_type=media_type,
            filename=filename,
            headers=headers,
            stat_result=os.fstat(number),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.file:
            await super().__call__(scope, receive, send)


def json_value(value: object) -> object:
    """What JSON has no form for. Raises ``TypeError`` for what we have none for either."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"not for JSON: {type(value).__name__}")


def detail(status: int, text: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """An error in the form of the Spaceflight News API: ``{"detail": …}``."""
    return Json({"detail": text}, status_code=status, headers=dict(headers or {}))


def preflight() -> Response:
    """The answer to a browser that asks whether a script of another origin may ask."""
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "Authorization, If-None-Match, If-Modified-Since",
            "Access-Control-Max-Age": "86400",
        },
    )


def query_error(exc: QueryError) -> Response:
    body = {"detail": exc.reason, "parameter": exc.parameter, "query": exc.query, "position": exc.position}
    return Json(body, status_code=400)


def bad_request(exc: BadRequestError) -> Response:
    return Json({"detail": exc.reason, "parameter": exc.parameter}, status_code=400)


def validated(request: Request, response: Response, *, modified_at: datetime | None = None) -> Response:
    """The response with ETag (and Last-Modified); or 304 when the reader has it already."""
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    validators = {"ETag": etag, "Cache-Control": CACHE_CONTROL}
    if modified_at is not None:
        validators["Last-Modified"] = format_datetime(modified_at.astimezone(UTC).replace(microsecond=0), usegmt=True)
    if is_known(request, etag, modified_at):
        return Response(status_code=304, headers=validators)
    response.headers.update(validators)
    return response


def is_known(request: Request, etag: str, modified_at: datetime | None) -> bool:
    """RFC 9110 §13.2.2: an If-None-Match is decisive, If-Modified-Since counts without one."""
    if (known := request.headers.get("if-none-match")) is not None:
        return known.strip() == "*" or etag in (each.strip().removeprefix("W/") for each in known.split(","))
    since = request.headers.get("if-modified-since")
    if since is None or modified_at is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    return moment.tzinfo is not None and modified_at.replace(microsecond=0) <= moment


def whole(request: Request, name: str, *, default: int, least: int = 1, most: int) -> int:
    """A parameter that is a whole number. Raises ``BadRequestError``."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= most):
        raise BadRequestError(name, f"a whole number from {least} to {most}, please")
    return int(text)


def flag(request: Request, name: str) -> bool:
    """A parameter that is yes or no; no when it is not given. Raises ``BadRequestError``."""
    text = request.query_params.get(name, "").lower()
    if text in ("", "0", "false", "no"):
        return False
    if text in ("1", "true", "yes", "on"):
        return True
    raise BadRequestError(name, "true or false, please")


def choice(request: Request, name: str, known: tuple[str, ...], *, default: str) -> str:
    """A parameter that is one of a few words. Raises ``BadRequestError``."""
    text = request.query_params.get(name) or default
    if text not in known:
        raise BadRequestError(name, f"one of {', '.join(known)}, please")
    return text


def moment(request: Request) -> datetime | None:
    """``as_of``: a moment, or a day up to its end; None without one. Raises ``BadRequestError``."""
    text = request.query_params.get("as_of", "")
    try:
        return instant(text) if text.strip() else None
    except QueryError as exc:
        raise BadRequestError("as_of", exc.reason) from exc


def path_id(request: Request, name: str = "id") -> int:
    """A number in the path. Raises ``NotFoundError`` for what can be no id."""
    text = str(request.path_params[name])
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_ID):
        raise NotFoundError("Not found.")
    return int(text)


Handler = Callable[[Request], Response]
JsonObject = dict[str, Any]  # Any: what JSON holds
