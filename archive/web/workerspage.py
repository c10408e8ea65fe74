"""``/workers``: who crawls, what waits, and how each host group stands. For operators; steers nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from archive.fleet.pauses import paused
from archive.fleet.queue import queue_at
from archive.fleet.roster import members
from archive.web.reading import reading_of
from archive.web.rendering import page


def workers_page(request: Request) -> Response:
    """As ``perilune workers list`` prints it. Never kept by a cache: it is old in ten seconds."""
    now = datetime.now(UTC)
    with reading_of(request).connection() as connection:
        found, queue, stopped = members(connection, now=now), queue_at(connection, now=now), paused(connection)
    answer = page("workers.html", here="/workers", members=found, queue=queue, paused=stopped, now=now)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def routes() -> list[BaseRoute]:
    return [Route("/workers", workers_page)]
