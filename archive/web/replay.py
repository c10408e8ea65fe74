"""Replay in the browser: ReplayWeb.page on an origin of its own, one capture an address.

docs/decisions/0010-replay.md says why so.

Archived pages may run scripts, so they never share an origin with the archive's pages. This application listens on
another port and knows three things: the assets of ReplayWeb.page, the frame around a replay, and the WACZ of a capture.
An address here is sealed: it names one capture, is given out by the archive's own pages, and leads to no other.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from archive.errors import PeriluneError
from archive.web.answers import NotFoundError, OpenFileResponse, path_id
from archive.web.guard import HEADERS, Guard
from archive.web.rendering import page
from archive.web.shelf import Shelf

log = logging.getLogger(__name__)

ASSETS = {"ui.js": "ui.js", "replaywebpage-sw.js": "sw.js"}  # as they are asked for here: their name in the package
PLACE = (
    Path("share") / "perilune" / "replaywebpage"
)  # below the Python environment: `make replay-assets` puts them there
FRAME_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; frame-src 'self'; worker-src 'self' blob:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-same-origin allow-forms allow-modals"
)
WORKER_POLICY = "default-src 'none'; connect-src 'self'; script-src 'self'"  # of a service worker: what it may fetch
ASSET_AGE = "max-age=3600"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Signs a capture's number, so that who was led to one capture can't ask for the next. New with every start."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def of(self, capture_id: int) -> str:
        return hmac.new(self.key, str(capture_id).encode(), hashlib.sha256).hexdigest()[:40]

    def holds(self, seal: str, capture_id: int) -> bool:
        return hmac.compare_digest(self.of(capture_id).encode(), seal.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where replays are shown: the origin, and the seal of its addresses."""

    seal: Seal
    port: int
    url: str | None = None
    """The origin as readers reach it, where that is not this host with another port (behind a proxy)."""

    def address(self, request: Request, capture_id: int) -> str:
        base = self.url or f"{request.url.scheme}://{host_of(request)}:{self.port}"
        return f"{base.rstrip('/')}/{self.seal.of(capture_id)}/{capture_id}/"

    def is_reachable(self, request: Request) -> bool:
        """Whether a browser lets a service worker run there: over https, or on the machine itself."""
        parts = urlsplit(self.address(request, 0))
        host = (parts.hostname or "").lower()
        return parts.scheme == "https" or host in ("localhost", "::1") or host.startswith("127.")


def host_of(request: Request) -> str:
    """The host that the reader asked, without port; an IPv6 address in its brackets."""
    host = request.url.hostname or "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def find_assets(folder: Path | None = None) -> Path | None:
    """The folder that holds ReplayWeb.page: the one given, else where ``make replay-assets`` puts it. None without."""
    place = folder or Path(sys.prefix) / PLACE
    return place if all((place / name).is_file() for name in ASSETS.values()) else None


def create_replay_app(shelf: Shelf, *, assets: Path, seal: Seal) -> ASGIApp:
    """The application of the replay origin."""
    app = Starlette(
        routes=[
            Route("/{seal}/{id}/", frame),
            Route("/{seal}/{id}/capture.wacz", capture),
            Route("/{seal}/{id}/replay/", stage),
            Route("/{seal}/{id}/replay/sw.js", worker),
            Route("/{seal}/{id}/replay/{name}", asset),
            Route("/{seal}/{id}/ui.js", asset),
        ],
        exception_handlers=dict.fromkeys((HTTPException, PeriluneError), refused),
    )
    app.router.redirect_slashes = False
    app.state.shelf, app.state.assets, app.state.seal = shelf, assets, seal
    return Guard(app, headers=headers())


def headers() -> Mapping[str, str]:
    """As on the archive's own pages; frames of this origin are let in, where replay shows the page."""
    return {
        **HEADERS,
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
        "X-Frame-Options": "SAMEORIGIN",
    }


def frame(request: Request) -> Response:
    """The page around a replay. What an earlier replay left in the browser is wiped before this one begins."""
    held = request.app.state.shelf.capture(sealed(request))
    answer = page("replay.html", capture=held, moment=f"{held.captured_at:%Y%m%d%H%M%S}")
    answer.headers["Content-Security-Policy"] = FRAME_POLICY
    answer.headers["X-Frame-Options"] = "DENY"
    answer.headers["Clear-Site-Data"] = '"storage"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def capture(request: Request) -> Response:
    """The capture's WACZ, in ranges."""
    file = request.app.state.shelf.file(sealed(request), "wacz")
    return OpenFileResponse(file, media_type="application/wacz+zip", headers={"Cache-Control": "no-cache"})


def stage(request: Request) -> Response:
    """What the inner frame shows until the service worker answers in its place: nothing."""
    sealed(request)
    return Response("<!doctype html><title>Replay</title>", media_type="text/html")


def worker(request: Request) -> Response:
    """Our few lines around ReplayWeb.page's service worker."""
    sealed(request)
    body = files("archive.web").joinpath("static", "replay-worker.js").read_bytes()
    return Response(
        body,
        media_type="text/javascript",
        headers={"Content-Security-Policy": WORKER_POLICY, "Cache-Control": "no-cache"},
    )


def asset(request: Request) -> Response:
    """A file of ReplayWeb.page, as it was installed."""
    sealed(request)
    name = ASSETS.get(request.url.path.rpartition("/")[2])
    if name is None:
        raise NotFoundError("Not found.")
    return FileResponse(
        request.app.state.assets / name, media_type="text/javascript", headers={"Cache-Control": ASSET_AGE}
    )


def sealed(request: Request) -> int:
    """The capture that an address names. Raises ``NotFoundError`` for one that was not given out."""
    capture_id = path_id(request)
    if not request.app.state.seal.holds(str(request.path_params["seal"]), capture_id):
        raise NotFoundError("Not found.")
    return capture_id


async def refused(request: Request, exc: Exception) -> Response:
    if isinstance(exc, NotFoundError) or getattr(exc, "status_code", 0) == 404:
        text = "This address leads nowhere: open the replay anew from the archive's page."
        return Response(text, status_code=404, media_type="text/plain")
    log.error("not replayed", exc_info=exc)
    return Response(
        "This capture can't be replayed; the server's log says why.", status_code=503, media_type="text/plain"
    )
