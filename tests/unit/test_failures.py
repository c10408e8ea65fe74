"""Exceptions and statuses in one word."""

from __future__ import annotations

import pytest
from scrapy import exceptions
from twisted.internet import error
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from archive.errors import CaptureError
from spiders.failures import failure_reason, status_reason


class OursError(exceptions.IgnoreRequest):
    reason = "private_address"


def caused_by(cause: BaseException) -> BaseException:
    exc = exceptions.DownloadFailedError("wrapped")
    exc.__cause__ = cause
    return exc


@pytest.mark.parametrize(
    ("exc", "reason"),
    [
        pytest.param(exceptions.DownloadTimeoutError("x"), "timeout", id="timeout"),
        pytest.param(error.TimeoutError(), "timeout", id="Twisted's timeout"),
        pytest.param(exceptions.CannotResolveHostError("x"), "dns", id="DNS"),
        pytest.param(error.DNSLookupError(), "dns", id="Twisted's DNS"),
        pytest.param(exceptions.DownloadConnectionRefusedError("x"), "connection_refused", id="refused"),
        pytest.param(exceptions.ResponseDataLossError("x"), "truncated", id="data loss"),
        pytest.param(exceptions.DownloadCancelledError("x"), "too_large", id="cancelled"),
        pytest.param(exceptions.DownloadFailedError("x"), "disconnect", id="failed"),
        pytest.param(error.ConnectionLost(), "disconnect", id="lost"),
        pytest.param(ResponseFailed([]), "disconnect", id="response failed"),
        pytest.param(exceptions.UnsupportedURLSchemeError("x"), "not_http", id="scheme"),
        pytest.param(exceptions.IgnoreRequest("Forbidden by robots.txt"), "robots_forbidden", id="robots"),
        pytest.param(exceptions.IgnoreRequest("max redirections reached"), "redirect_limit", id="redirects"),
        pytest.param(exceptions.IgnoreRequest(), "ignored", id="ignored"),
        pytest.param(OursError("10.0.0.1"), "private_address", id="ours"),
        pytest.param(caused_by(OursError("10.0.0.1")), "private_address", id="ours below"),
        pytest.param(CaptureError("disk full"), "not_captured", id="no evidence"),
        pytest.param(OSError("Not a gzipped file"), "undecodable", id="bad gzip"),
        pytest.param(ValueError("?"), "failed", id="anything"),
    ],
)
def test_reason_of_a_failure(exc: BaseException, reason: str) -> None:
    assert failure_reason(exc)[0] == reason


def test_detail_is_a_short_line() -> None:
    assert failure_reason(ValueError("a\nb" + "c" * 1_000))[1] == ("ValueError: a b" + "c" * 1_000)[:300]


def test_detail_says_what_twisted_wraps() -> None:
    lost = ResponseFailed([Failure(error.ConnectionLost("reset by peer"))])
    said = "Connection to the other side was lost in a non-clean fashion: reset by peer."
    assert failure_reason(lost) == ("disconnect", f"ResponseFailed: {said}")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(200, None), (203, None), (206, "http_2xx"), (404, "http_404"), (418, "http_4xx"), (502, "http_5xx")],
)
def test_reason_of_a_status(status: int, reason: str | None) -> None:
    assert status_reason(status) == reason
