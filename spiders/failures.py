"""Why a request brought nothing, in one word: the reasons of ``Missed`` and ``Polled`` (docs/operate)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scrapy import exceptions
from scrapy.http import Response
from twisted.internet import error
from twisted.web.client import PartialDownloadError, ResponseFailed, ResponseNeverReceived

from archive.errors import CaptureError
from spiders.discovery.links import plain_text

NAMED_STATUSES = frozenset({401, 402, 403, 404, 410, 429, 451})
"""Each is a reason of its own; others are counted by their hundred."""

TWISTED = re.compile(r"\[?<twisted\.python\.failure\.Failure (?:[\w.]+: )?([^>]*)>\]?")
"""How Twisted prints a failure; what it says is inside."""

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", ""})
"""What an article may be served as; plain text and XML by servers that are set up wrongly."""

OTHER_MAGIC = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"RIFF", b"\x1f\x8b", b"\x00\x00\x00")

FAILURES: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((CaptureError,), "not_captured"),
    ((exceptions.DownloadTimeoutError, error.TimeoutError, TimeoutError), "timeout"),
    ((exceptions.CannotResolveHostError, error.DNSLookupError), "dns"),
    (
        (exceptions.DownloadConnectionRefusedError, error.ConnectionRefusedError, ConnectionRefusedError),
        "connection_refused",
    ),
    ((exceptions.ResponseDataLossError, PartialDownloadError), "truncated"),
    ((exceptions.DownloadCancelledError,), "too_large"),
    ((exceptions.UnsupportedURLSchemeError, exceptions.NotSupported), "not_http"),
    (
        (
            exceptions.DownloadFailedError,
            ResponseNeverReceived,
            ResponseFailed,
            error.ConnectionLost,
            error.ConnectionDone,
            error.ConnectError,
            ConnectionError,
        ),
        "disconnect",
    ),
    ((OSError,), "undecodable"),  # what Scrapy's decompression raises for a body that is not what it says
)
"""Exceptions by class, the first that fits; DownloadCancelled is raised past DOWNLOAD_MAXSIZE."""


def failure_reason(exc: BaseException) -> tuple[str, str]:
    """(reason, detail) of a request that got no response.

    An exception of ours says its reason itself (``reason``, as those of ``crawler.guard`` do).
    """
    for cause in causes(exc):
        own = getattr(cause, "reason", None)
        if isinstance(own, str) and own.isidentifier():
            return own, plain_text(str(cause), limit=300)
    detail = plain_text(TWISTED.sub(r"\1", f"{type(exc).__name__}: {exc}"), limit=300)
    if isinstance(exc, exceptions.IgnoreRequest):
        return ignored_reason(str(exc)), detail
    for cause in causes(exc):
        for kinds, reason in FAILURES:
            if isinstance(cause, kinds):
                return reason, detail
    return "failed", detail


def causes(exc: BaseException) -> Iterator[BaseException]:
    """The exception and those it was raised from, ten at most."""
    cause: BaseException | None = exc
    for _ in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__


def ignored_reason(message: str) -> str:
    """Scrapy's own ``IgnoreRequest`` says why only in words."""
    if "robots.txt" in message:
        return "robots_forbidden"
    if "redirections" in message:
        return "redirect_limit"
    return "too_large" if "exceeded" in message or "too large" in message.lower() else "ignored"


def status_reason(status: int) -> str | None:
    """``http_404``, ``http_5xx`` …; None for 200 and 203."""
    if status in (200, 203):
        return None
    return f"http_{status}" if status in NAMED_STATUSES else f"http_{status // 100}xx"


def body_reason(response: Response) -> str | None:
    """Why an article's answer of 200 holds no page: ``not_html`` | ``empty_body``; None when it may hold one."""
    declared = (response.headers.get("Content-Type") or b"").decode("latin-1").partition(";")[0].strip().lower()
    start = response.body[:1024].lstrip()
    if not response.body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return "empty_body" if declared in HTML_TYPES else "not_html"
    if start.startswith(OTHER_MAGIC):
        return "not_html"
    if declared in HTML_TYPES:
        return None
    is_html = start[:14].lower().startswith((b"<!doctype html", b"<html"))
    return (
        None
        if declared in ("application/octet-stream", "binary/octet-stream", "unknown/unknown") and is_html
        else "not_html"
    )
