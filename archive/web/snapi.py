"""``/v4/``: the read API of the Spaceflight News API (4.33), so that an app of it works with its base address changed.

Parameters are read here, in :mod:`archive.web.newslists` they become SQL. What that service does is in docs/api.md,
with the places where we differ on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit
from uuid import UUID

from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from archive.web.answers import MAX_ID, Json, NotFoundError, detail, validated
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
# As Django's NullBooleanSelect reads them.
TRUTHS = {"true": True, "True": True, "2": True, "false": False, "False": False, "3": False}
SERVED = ("application/json", "application/*", "text/html", "text/*", "*/*")  # asked for HTML, we give JSON, too


class Segment(Convertor[str]):
    """A part of a path as that service's router takes it."""

    regex = "[^/.]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("segment", Segment())


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

    def written(self, name: str) -> str:
        """The last value given, as it is."""
        return (self.params.getlist(name) or [""])[-1]

    def moment(self, name: str) -> datetime | None:
        if not (value := self.written(name)):
            return None
        try:
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.errors[name] = ["Enter a valid date/time."]
            return None

    def ordering(self) -> tuple[str, ...]:
        names = tuple(name for name in self.written("ordering").split(",") if name)
        for name in names:
            if name not in ORDERINGS:
                self.errors["ordering"] = [f"Select a valid choice. {name} is not one of the available choices."]
                return ()
        return names

    def truth(self, name: str) -> bool | None:
        """Yes, no, or None for any other word: it is as if not given."""
        return TRUTHS.get(self.written(name))

    def are_valid(self, name: str, message: str, is_valid: Callable[[str], bool]) -> bool:
        """Whether ids were given; what is none is an error, but for nothing between two commas."""
        parts = self.parts(name)
        for part in parts:
            if part and not is_valid(part):
                self.errors[name] = [message]
                return False
        return bool(parts)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def is_number(text: str) -> bool:
    """A finite number no larger than a database holds."""
    try:
        return abs(Decimal(text)) < MAX_OFFSET
    except InvalidOperation:
        return False


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
        read.are_valid("launch", "Enter a valid UUID.", is_uuid),
        read.are_valid("event", "Enter a number.", is_number),
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


def refused(request: Request) -> Response | None:
    """What that service says to a format it does not have; None when it has it. Raises ``NotFoundError``."""
    if request.query_params.get("format", "json") not in ("json", "api", ""):
        raise NotFoundError("Not found.")
    wanted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    if any(part in SERVED for part in wanted):
        return None
    return detail(406, "Could not satisfy the request Accept header.", headers=HEADERS)


def asked(name: str, request: Request) -> tuple[NewsQuery, Response | None]:
    """What is asked of a list, and the answer to what can't be read of it."""
    query, errors = news_query(name, request.query_params)
    if not errors:
        return query, None
    return query, Json(errors.get("search", errors), status_code=400, headers=HEADERS)


def list_of(request: Request) -> str:
    return request.url.path.strip("/").split("/")[1]


def news_list(request: Request) -> Response:
    """``/v4/articles/`` and its kin."""
    if answer := refused(request):
        return answer
    name = list_of(request)
    if request.method == "OPTIONS":
        return options(f"{kind(name)} List")
    query, wrong = asked(name, request)
    if wrong:
        return wrong
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
    """``/v4/articles/{id}/`` and its kin. Filters count here, too, as they do there."""
    if answer := refused(request):
        return answer
    name = list_of(request)
    if request.method == "OPTIONS":
        return options(f"{kind(name)} Instance")
    query, wrong = asked(name, request)
    if wrong:
        return wrong
    article_id = number(str(request.path_params["id"]))
    if article_id is None:
        raise NotFoundError("Not found.")
    with reading_of(request).connection() as connection:
        item = news_item(connection, name, query, article_id) if 0 <= article_id <= MAX_ID else None
    if item is None:
        raise NotFoundError(f"No {kind(name)} matches the given query.")
    return validated(request, Json(item, headers=HEADERS))


def info(request: Request) -> Response:
    """``/v4/info/``."""
    if answer := refused(request):
        return answer
    if request.method == "OPTIONS":
        return options("Info")
    with reading_of(request).connection() as connection:
        sites = news_sites(connection)
    return validated(request, Json({"version": VERSION, "news_sites": sites}, headers=HEADERS))


def kind(name: str) -> str:
    """``Article`` for ``articles``."""
    return name.title().removesuffix("s")


def options(name: str) -> Response:
    body = {"name": name, "description": "", "renders": ["application/json"], "parses": []}
    return Json(body, headers=HEADERS)


def with_slash(request: Request) -> Response:
    """An address without its last slash moves to the one with it."""
    query = f"?{request.url.query}" if request.url.query else ""
    moved = {"Location": f"{quote(request.url.path)}/{query}"}
    return Response(status_code=301, headers=moved, media_type="text/html")


def to_docs(request: Request) -> Response:
    return Response(status_code=302, headers={"Location": "docs/"}, media_type="text/html")


def docs(request: Request) -> Response:
    return RedirectResponse("/about#v4", status_code=302)


def routes() -> list[BaseRoute]:
    methods = ["GET", "HEAD", "OPTIONS"]
    found: list[BaseRoute] = [Route("/v4/", to_docs), Route("/v4/docs/", docs)]
    for name in LISTS:
        found.append(Route(f"/v4/{name}/", news_list, methods=methods))
        found.append(Route(f"/v4/{name}/{{id:segment}}/", news_one, methods=methods))
        found.append(Route(f"/v4/{name}", with_slash, methods=methods))
        found.append(Route(f"/v4/{name}/{{id:segment}}", with_slash, methods=methods))
    found.append(Route("/v4/info/", info, methods=methods))
    found += [Route(path, with_slash, methods=methods) for path in ("/v4", "/v4/info", "/v4/docs")]
    return found
