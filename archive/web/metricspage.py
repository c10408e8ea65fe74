"""``/metrics``: figures for a Prometheus that comes and asks. Without health, which needs the source files."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from archive.reading.metrics import metrics_text
from archive.web.reading import reading_of

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics(request: Request) -> Response:
    """As ``perilune metrics`` prints them."""
    with reading_of(request).connection() as connection:
        text = metrics_text(connection, now=datetime.now(UTC), version=version("perilune"))
    return Response(text, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def routes() -> list[BaseRoute]:
    return [Route("/metrics", metrics)]
