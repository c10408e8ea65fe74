"""Pages for people, rendered here and whole without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from archive.web.answers import validated
from archive.web.rendering import page

STATIC: Mapping[str, str] = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
TERMS = (
    ("mars rover", "both words, anywhere: title, text, description, authors, tags"),
    ('"sample return"', "these words side by side"),
    ("mars OR venus", "at least one of them"),
    ("moon -crewed", "the first word without the second"),
    ("mars NEAR/5 lander", "with at most five words between"),
    ("rov*", "words that begin so"),
    ("kind:agency", "by kind of publisher; also source: country: lang: author: title: tag: state:"),
    ("after:2025 before:2025-07", "published in the first half of 2025; on:2025-03 is one month"),
    ("has:copy", "articles of which there are copies; also has:revision has:date has:image"),
    ("words>1000", "long ones; words<100 for short ones"),
)


def about(request: Request) -> Response:
    return validated(request, page("about.html", here="/about", terms=TERMS))


def static(request: Request) -> Response:
    """A file of ours, by its whole name."""
    name = request.url.path.rpartition("/")[2]
    return validated(request, Response(static_file(name), media_type=STATIC[name]))


@lru_cache(maxsize=len(STATIC))
def static_file(name: str) -> bytes:
    return files("archive.web").joinpath("static", name).read_bytes()


def routes() -> list[BaseRoute]:
    return [Route("/about", about), *(Route(f"/static/{name}", static) for name in STATIC)]
