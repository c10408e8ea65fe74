"""``/feed``: the newest hits of a query, for feed readers. The search itself is in the address, so nothing is kept."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from archive.formats.feeds import FORMATS, FeedHead
from archive.query import EVERYTHING, parse_query
from archive.search import search
from archive.web.answers import choice, flag, validated, whole
from archive.web.reading import reading_of
from archive.web.rendering import search_url

ENTRIES, MAX_ENTRIES = 50, 200


def feed(request: Request) -> Response:
    """``/feed?q=…&format=atom|rss|json``; Atom unless asked otherwise."""
    media_type, write = FORMATS[choice(request, "format", tuple(FORMATS), default="atom")]
    text = request.query_params.get("q", "")
    query = parse_query(text) if text.strip() else EVERYTHING
    limit = whole(request, "limit", default=ENTRIES, most=MAX_ENTRIES)
    by_story = flag(request, "by_story")
    with reading_of(request).connection() as connection:
        found = search(connection, query, limit=limit, order="newest", by_story=by_story)
    base = str(request.base_url).rstrip("/")
    head = FeedHead(
        title=f"Space news: {query.text}" if query.text else "Space news",
        self_url=str(request.url),
        page_url=f"{base}{search_url(query.text, order='newest', by_story=by_story)}",
    )
    return validated(request, Response(write(head, found.hits), media_type=media_type))


def routes() -> list[BaseRoute]:
    return [Route("/feed", feed)]
