"""Pages from templates: everything escaped, characters that steer the eye taken out, odd addresses dropped."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from archive.query import EVERYTHING, narrowed, parse_query
from archive.report import shown_date
from archive.terminal import plain
from archive.timestamps import rfc3339, span

MAX_SHOWN_URL = 80  # characters; longer ones are cut in the middle


def page(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:  # Any: what the template shows
    """A template filled in, as an answer."""
    return HTMLResponse(environment().get_template(template).render(values), status_code=status)


@lru_cache(maxsize=1)
def environment() -> Environment:
    found = Environment(
        loader=PackageLoader("archive.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=without_steering,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "date": shown_date,
        "moment": lambda moment: f"{moment:%Y-%m-%d %H:%M} UTC",
        "rfc3339": rfc3339,
        "number": lambda number: f"{number:,}",
        "span": span,
        "link": safe_url,
        "shown_url": shown_url,
    }
    found.globals |= {"search_url": search_url, "address": address, "narrowed_url": narrowed_url}
    return found


def without_steering(value: object) -> object:
    """Direction overrides and controls are for terminals and tricksters; Markup, which is ours, stays."""
    return plain(value) if type(value) is str else value


def safe_url(url: str) -> str:
    """The address when it is one of the Web; ``#`` for ``javascript:`` and its like."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "#"
    return url if parts.scheme.lower() in ("http", "https") and parts.netloc else "#"


def shown_url(url: str) -> str:
    """The address for people, without scheme, cut in the middle."""
    bare = url.partition("://")[2] or url
    return bare if len(bare) <= MAX_SHOWN_URL else f"{bare[:50]}…{bare[-25:]}"


def search_url(q: str = "", **params: object) -> str:
    """The address of a search, without parameters that say nothing."""
    return address("/", q=q, **params)


def narrowed_url(q: str, term: str) -> str:
    """The address of the search with one more term that must hold."""
    return search_url(narrowed(parse_query(q) if q.strip() else EVERYTHING, term))


def address(path: str, **params: object) -> str:
    given = {name: value for name, value in params.items() if value not in (None, "", False)}
    query = urlencode({name: "1" if value is True else str(value) for name, value in given.items()}, errors="replace")
    return quote(path) + (f"?{query}" if query else "")
