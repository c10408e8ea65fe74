"""What every request passes through: who may ask, what may be asked, and the headers of every answer.

Archived text is a stranger's. Pages hold no script and no style but ours, each a file of its own; they frame nothing
and tell nobody where their reader came from. The Content-Security-Policy would stop what an escape had missed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.web.answers import detail, preflight

MAX_TARGET_BYTES = 8_000  # of path and query: a query of 2,000 characters, each nine bytes when escaped, and no more
METHODS = ("GET", "HEAD", "OPTIONS")
HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?", re.ASCII)
OPEN_TO_SCRIPTS = ("/v4/", "/api/", "/feed")  # of other origins (CORS); pages are not

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SCRIPTED = f"{POLICY}; script-src 'self'"  # of the one page that has a script
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",  # these are other people's articles: searchers should find the originals
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, X-Total-Count",
}


NEWS_HEADERS = {"Allow": ", ".join(METHODS), "Vary": "Accept"}  # of every answer of the Spaceflight News API


class Guard:
    """Middleware. ``token`` is asked for when there is one: as a bearer, or as the password of basic authentication."""

    def __init__(self, app: ASGIApp, *, token: str | None = None, headers: Mapping[str, str] = HEADERS) -> None:
        self.app = app
        self.token = token
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if is_open(scope["path"]):
                    headers.update(CORS)
                if scope["path"].startswith("/v4/") and not 300 <= message["status"] < 400:
                    for name, value in NEWS_HEADERS.items():
                        headers.setdefault(name, value)
            await send(message)

        refused = self.refusal(scope)
        await (refused or self.app)(scope, receive, guarded)

    def refusal(self, scope: Scope) -> Response | None:
        """Why this request is not answered; None when it is."""
        headers = Headers(scope=scope)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET_BYTES:
            return detail(400, f"The address is longer than {MAX_TARGET_BYTES} bytes.")
        if not HOST.fullmatch(headers.get("host", "")):
            return detail(400, "The Host header names no host.")
        if scope["method"] not in METHODS:
            return detail(405, f'Method "{plain_method(scope)}" not allowed.', headers={"Allow": ", ".join(METHODS)})
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return preflight()
        if self.token is not None and not is_granted(headers.getlist("authorization"), self.token):
            return detail(
                401,
                "A token is needed: Authorization: Bearer …, or as the password with any name.",
                headers={"WWW-Authenticate": 'Basic realm="Perilune", charset="UTF-8"'},
            )
        if scope["method"] == "OPTIONS" and not scope["path"].startswith("/v4"):  # there it describes the address
            return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
        return None


def plain_method(scope: Scope) -> str:
    return re.sub(r"[^A-Z]", "", str(scope["method"]).upper())[:20]


def is_open(path: str) -> bool:
    return path.startswith(OPEN_TO_SCRIPTS)


def is_granted(credentials: Sequence[str], token: str) -> bool:
    """Whether one of the Authorization headers holds the token; compared in constant time."""
    return any(hmac.compare_digest(given(header).encode(), token.encode()) for header in credentials)


def given(header: str) -> str:
    """The secret of an Authorization header; empty when there is none to be read."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
