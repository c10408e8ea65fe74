"""The application: routes put together, errors as answers. ``create_app`` is what a server runs."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from archive.errors import PeriluneError, QueryError, TooSlowError
from archive.web import (
    capturepage,
    feedpage,
    metricspage,
    operations,
    pages,
    picturespage,
    snapi,
    sourcespage,
    workerspage,
)
from archive.web.answers import BadRequestError, NotFoundError, bad_request, detail, query_error
from archive.web.guard import Guard, is_open
from archive.web.reading import ANSWER_S, BusyError, Reading
from archive.web.rendering import page
from archive.web.replay import Stage
from archive.web.shelf import Shelf

log = logging.getLogger(__name__)

SIDES = (pages, capturepage, picturespage, sourcespage, workerspage, operations, feedpage, snapi, metricspage)


def create_app(
    engine: Engine,
    *,
    warc_dir: Path,
    token: str | None = None,
    answer_s: float = ANSWER_S,
    shelf: Shelf | None = None,
    stage: Stage | None = None,
) -> ASGIApp:
    """The web side of an archive that ``engine`` reads. With a ``token`` nobody is answered without it.

    ``shelf`` holds packed captures, and is shared with the replay origin that ``stage`` names; None: not replayed here.
    """
    app = Starlette(
        routes=[route for each in SIDES for route in each.routes()],
        exception_handlers=dict.fromkeys((HTTPException, PeriluneError, Exception), error),
    )
    app.router.redirect_slashes = False
    reading = shelf.reading if shelf is not None else Reading(engine, warc_dir=warc_dir, answer_s=answer_s)
    app.state.reading, app.state.stage = reading, stage
    app.state.shelf = shelf or Shelf(reading)
    return Guard(app, token=token)  # outermost: also around what goes wrong


async def error(request: Request, exc: Exception) -> Response:
    """An error as a page for people, as JSON for programs."""
    answer = answer_to(exc)
    if is_open(request.url.path) or "text/html" not in request.headers.get("accept", ""):
        return answer
    title = {400: "This question can't be answered", 404: "There is nothing here"}.get(answer.status_code, "Sorry")
    query, position = (exc.query, exc.position) if isinstance(exc, QueryError) else ("", 0)
    reason = exc.reason if isinstance(exc, QueryError) else json.loads(bytes(answer.body))["detail"]
    return page("error.html", status=answer.status_code, title=title, reason=reason, query=query, position=position)


def answer_to(exc: Exception) -> Response:
    """An error as an answer: what was wrong with the question, or that it was not."""
    if isinstance(exc, QueryError):
        return query_error(exc)
    if isinstance(exc, BadRequestError):
        return bad_request(exc)
    if isinstance(exc, NotFoundError):
        return detail(404, str(exc))
    if isinstance(exc, TooSlowError):
        return detail(400, str(exc))
    if isinstance(exc, BusyError):
        return detail(503, str(exc), headers={"Retry-After": "2"})
    if isinstance(exc, HTTPException):
        return detail(exc.status_code, "Not found." if exc.status_code == 404 else exc.detail)
    log.error("not answered", exc_info=exc)
    return detail(500, "The archive can't be read; the server's log says why.")
