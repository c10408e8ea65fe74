"""``/v4/``: the read API of the Spaceflight News API (4.33), so that an app of it works with its base address changed.

Parameters are read here, in :mod:`archive.web.newslists` they become SQL. What that service does is in docs/api.md,
with the places where we differ on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from archive.web.answers import Json, NotFoundError, path_id, validated
from archive.web.newslists import LISTS, NewsQuery, news_item, news_page, news_sites
from archive.web.reading import reading_of

VERSION = "4.33.0"  # of the service whose manners these are
DEFAULT_LIMIT, MAX_LIMIT = 10, 500
MAX_OFFSET = 2**62
HEADERS = {"Allow": "GET, HEAD, OPTIONS", "Vary": "Accept"}
PHRASES = ("title_contains", "summary_contains")
LISTED = ("title_contains_one", "title_contains_all", "summary_contains_one", "summary_contains_all")
SITES = ("news_site", "news_site_exclude")
MOMENTS = tuple(f"{name}_{end}" for name in ("published_at", "updated_at") for end in ("gte", "lte", "gt", "lt"))
ORDERINGS = ("published_at", "-published_at", "updated_at", "-updated_at")
TERM = re.compile(
    r"""(?:[^\s'"]*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')[^\s'"]*)+|\S+"""
)  # quotes hold blanks together
TRUTHS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(slots=True)
class Reader:
    """Reads parameters; what is wrong with each is collected."""

    params: QueryParams
    errors: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The last value given, as Django takes it; empty when there is none."""
        values = self.params.getlist(name)
        value = values[-1].strip() if values else ""
        if "\x00" in value:
            self.errors[name] = ["Null characters are not allowed."]
            return ""
        return value

    def parts(self, name: str) -> tuple[str, ...]:
        """A comma list. A trailing comma gives an empty part, which matches everything."""
        value = self.text(name)
        return tuple(part.strip() for part in value.split(",")) if value else ()

    def moment(self, name: str) -> datetime | None:
        value = self.text(name)
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.errors[name] = ["Enter a valid date/time."]
            return None

    def ordering(self) -> tuple[str, ...]:
        names = tuple(name for name in self.parts("ordering") if name)
        for name in names:
            if name not in ORDERINGS:
                self.errors["ordering"] = [f"Select a valid choice. {name} is not one of the available choices."]
                return ()
        return names

    def truth(self, name: str) -> bool | None:
        """Yes, no, or None for any other word: it is as if not given."""
        return TRUTHS.get(self.text(name).lower())

    def are_valid(self, name: str, message: str, is_valid: re.Pattern[str] | None = None) -> bool:
        """Whether ids were given; what is none is an error."""
        parts = self.parts(name)
        for part in parts:
            if not (is_valid.fullmatch(part) if is_valid else is_uuid(part)):
                self.errors[name] = [message]
                return False
        return bool(parts)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def news_query(name: str, params: QueryParams) -> tuple[NewsQuery, Mapping[str, list[str]]]:
    """What is asked of a list, and what is wrong with it by parameter."""
    read = Reader(params)
    query = NewsQuery(
        search=search_terms(read.text("search")),
        phrases={key: read.text(key) for key in PHRASES if read.text(key)},
        listed={key: read.parts(key) for key in LISTED if read.parts(key)},
        sites={key: tuple(part for part in read.parts(key) if part) for key in SITES if read.parts(key)},
        moments={key: moment for key in MOMENTS if (moment := read.moment(key)) is not None},
        ordering=read.ordering(),
        is_empty=name != "reports" and wants_what_we_never_have(read),
    )
    return query, read.errors


def wants_what_we_never_have(read: Reader) -> bool:
    """Launches, events and the editors' choice: this archive knows none."""
    given = [
        read.are_valid("launch", "Enter a valid UUID."),
        read.are_valid("event", "Enter a number.", re.compile(r"[+-]?\d{1,18}", re.ASCII)),
        *(read.truth(name) is True for name in ("has_launch", "has_event", "is_featured")),
    ]
    return any(given)


def search_terms(text: str) -> tuple[str, ...]:
    """Blanks and commas separate terms, quotes keep a phrase."""
    terms: list[str] = []
    for term in TERM.findall(text):
        term = term.strip(",")
        if len(term) > 1 and term[0] in "\"'" and term[0] == term[-1]:
            terms.append(re.sub(r"\\(.)", r"\1", term[1:-1]))
        else:
            terms += [part.strip() for part in term.split(",") if part]
    return tuple(terms)


def limit_of(params: QueryParams) -> int:
    """10 unless a positive number is given; at most 500."""
    limit = number(params.get("limit", ""))
    return min(limit, MAX_LIMIT) if limit and limit > 0 else DEFAULT_LIMIT


def offset_of(params: QueryParams) -> int:
    offset = number(params.get("offset", ""))
    return min(offset, MAX_OFFSET) if offset and offset > 0 else 0


def number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def link(url: str, *, limit: int, offset: int) -> str:
    """The same address with another place in the list, its parameters in alphabetical order."""
    scheme, netloc, path, query, _ = urlsplit(url)
    params = parse_qs(query, keep_blank_values=True)
    params["limit"] = [str(limit)]
    params.pop("offset", None)
    if offset > 0:
        params["offset"] = [str(offset)]
    return urlunsplit((scheme, netloc, path, urlencode(sorted(params.items()), doseq=True), ""))


def refuse_unknown_format(request: Request) -> None:
    """Raises ``NotFoundError``, as that service does."""
    if request.query_params.get("format", "json") not in ("json", "api", ""):
        raise NotFoundError("Not found.")


def news_list(request: Request) -> Response:
    """``/v4/articles/`` and its kin."""
    refuse_unknown_format(request)
    name = request.url.path.strip("/").split("/")[1]
    if request.method == "OPTIONS":
        return options(name)
    query, errors = news_query(name, request.query_params)
    if "search" in errors:
        return Json(errors["search"], status_code=400, headers=HEADERS)
    if errors:
        return Json(errors, status_code=400, headers=HEADERS)
    limit, offset = limit_of(request.query_params), offset_of(request.query_params)
    with reading_of(request).connection() as connection:
        count, results = news_page(connection, name, query, limit=limit, offset=offset)
    url = str(request.url)
    body = {
        "count": count,
        "next": link(url, limit=limit, offset=offset + limit) if offset + limit < count else None,
        "previous": link(url, limit=limit, offset=offset - limit) if offset > 0 else None,
        "results": results,
    }
    return validated(request, Json(body, headers=HEADERS))


def news_one(request: Request) -> Response:
    """``/v4/articles/{id}/`` and its kin."""
    refuse_unknown_format(request)
    name = request.url.path.strip("/").split("/")[1]
    if request.method == "OPTIONS":
        return options(name)
    article_id = path_id(request)
    with reading_of(request).connection() as connection:
        item = news_item(connection, name, article_id)
    if item is None:
        raise NotFoundError(f"No {name.title().removesuffix('s')} matches the given query.")
    return validated(request, Json(item, headers=HEADERS))


def info(request: Request) -> Response:
    """``/v4/info/``."""
    with reading_of(request).connection() as connection:
        sites = news_sites(connection)
    return validated(request, Json({"version": VERSION, "news_sites": sites}, headers=HEADERS))


def options(name: str) -> Response:
    body = {
        "name": f"{name.title().removesuffix('s')} List",
        "description": "",
        "renders": ["application/json"],
        "parses": ["application/json"],
    }
    return Json(body, headers=HEADERS)


def with_slash(request: Request) -> Response:
    """An address without its last slash moves to the one with it."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{request.url.path}/{query}", status_code=301)


def to_docs(request: Request) -> Response:
    return RedirectResponse("/about#v4", status_code=302)


def routes() -> list[BaseRoute]:
    methods = ["GET", "HEAD", "OPTIONS"]
    found: list[BaseRoute] = [Route("/v4/", to_docs), Route("/v4", to_docs), Route("/v4/docs/", to_docs)]
    for name in LISTS:
        found.append(Route(f"/v4/{name}/", news_list, methods=methods))
        found.append(Route(f"/v4/{name}/{{id}}/", news_one, methods=methods))
        found.append(Route(f"/v4/{name}", with_slash))
        found.append(Route(f"/v4/{name}/{{id:int}}", with_slash))
    found.append(Route("/v4/info/", info, methods=methods))
    found.append(Route("/v4/info", with_slash))
    return found
