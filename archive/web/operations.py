"""``/api/``: who answers what, and how OpenAPI describes it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from archive.formats import streams
from archive.reading.facets import FIELDS, MAX_VALUES, UNITS
from archive.search import ORDERS
from archive.web import api
from archive.web.answers import MAX_ID, BadRequestError, Handler, Json, validated
from archive.web.description import Operation, Parameter, openapi, whole_number


def an_id(what: str) -> Parameter:
    return Parameter(name="id", text=f"{what} number.", schema=whole_number(0, MAX_ID), is_required=True)


ID = an_id("An article's")
Q = Parameter(
    name="q", text="A query (docs/query.md); all articles without one.", schema={"type": "string", "maxLength": 2000}
)
AS_OF = Parameter(
    name="as_of",
    text="The archive as it stood at this moment, or at the end of this day.",
    schema={"type": "string", "maxLength": 40, "examples": ["2025-03-12", "2025-03-12T08:30:00Z"]},
)
UNIT = Parameter(
    name="unit",
    text="By default the one that fits.",
    schema={"type": "string", "enum": ["auto", *UNITS], "default": "auto"},
)
MAX_NAME = 40  # characters of a parameter we don't know that are said back
REVISION = {"type": "integer", "minimum": 1}

OPERATIONS: Sequence[Operation] = (
    Operation(
        path="/api/articles",
        answer=api.list_articles,
        text="Articles that answer a query, a page of them.",
        parameters=(
            Q,
            Parameter(
                name="order",
                text="Words rank by relevance unless asked otherwise.",
                schema={"type": "string", "enum": list(ORDERS), "default": "relevance"},
            ),
            Parameter(name="by_story", text="One hit a story.", schema={"type": "boolean", "default": False}),
            AS_OF,
            Parameter(name="limit", text="How many.", schema=whole_number(1, api.MAX_HITS) | {"default": 20}),
            Parameter(name="after", text="Where the page before ended: its `after`.", schema={"type": "string"}),
        ),
    ),
    Operation(
        path="/api/articles/{id}",
        answer=api.one_article,
        text="An article with its full text.",
        parameters=(ID, AS_OF),
    ),
    Operation(
        path="/api/articles/{id}/revisions",
        answer=api.list_revisions,
        text="Its states, texts included.",
        parameters=(ID,),
    ),
    Operation(
        path="/api/articles/{id}/diff",
        answer=api.show_diff,
        text="What changed from one revision to another, word by word; the last two unless asked otherwise.",
        parameters=(
            ID,
            Parameter(name="from", text="A revision's number.", schema=REVISION),
            Parameter(name="to", text="A revision's number.", schema=REVISION),
        ),
    ),
    Operation(
        path="/api/articles/{id}/captures",
        answer=api.list_captures,
        text="Its captures in WARC.",
        parameters=(ID,),
    ),
    Operation(
        path="/api/lookup",
        answer=api.look_up,
        text="The article that was met under an address.",
        parameters=(Parameter(name="url", text="Any address of it.", schema={"type": "string"}, is_required=True),),
        media_types=(),
    ),
    Operation(
        path="/api/stories/{id}",
        answer=api.one_story,
        text="The copies of a story in the order they appeared, and how long after the first.",
        parameters=(an_id("A story's"),),
    ),
    Operation(
        path="/api/facets",
        answer=api.count_facets,
        text="What the hits of a query have in common.",
        parameters=(
            Q,
            Parameter(name="fields", text=f"A comma list of {', '.join(FIELDS)}.", schema={"type": "string"}),
            Parameter(name="limit", text="Values a field.", schema=whole_number(1, MAX_VALUES) | {"default": 10}),
            AS_OF,
        ),
    ),
    Operation(path="/api/timeline", answer=api.count_over_time, text="Hits over time.", parameters=(Q, UNIT, AS_OF)),
    Operation(
        path="/api/attention",
        answer=api.count_attention,
        text="Hits over time by source, and by the hour of the week.",
        parameters=(Q, UNIT),
    ),
    Operation(
        path="/api/runs",
        answer=api.list_runs,
        text="The latest crawls.",
        parameters=(Parameter(name="limit", text="How many.", schema=whole_number(1, api.MAX_RUNS) | {"default": 20}),),
    ),
    Operation(
        path="/api/runs/{id}",
        answer=api.one_run,
        text="A crawl with a line a source.",
        parameters=(an_id("A run's"),),
    ),
    Operation(path="/api/sources", answer=api.list_sources, text="Every source, and what is held of it."),
    Operation(
        path="/api/sources/{source}",
        answer=api.one_source,
        text="A source with its endpoints and when it publishes.",
        parameters=(Parameter(name="source", text="A source's id.", schema={"type": "string"}, is_required=True),),
    ),
    Operation(path="/api/health", answer=api.show_health, text="What is wrong, as far as the archive alone can tell."),
    Operation(path="/api/stats", answer=api.show_stats, text="What the archive holds."),
    Operation(
        path="/api/export",
        answer=api.stream_export,
        text="Every article that answers a query, as a stream by id (docs/formats.md).",
        parameters=(
            Q,
            Parameter(
                name="format",
                text="JSON lines unless asked otherwise.",
                schema={"type": "string", "enum": list(streams.NAMES), "default": "jsonl"},
            ),
            Parameter(name="since_id", text="Only ids above this one.", schema=whole_number(0, MAX_ID)),
        ),
        media_types=tuple(dict.fromkeys(each.partition(";")[0] for each in streams.MEDIA_TYPES.values())),
    ),
)


def index(request: Request) -> Response:
    """``/api/``: every operation, so that a program finds its way from here."""
    listed = [{"path": operation.path, "text": operation.text} for operation in OPERATIONS]
    return validated(request, Json({"description": "/api/openapi.json", "operations": listed}))


def description(request: Request) -> Response:
    return validated(request, Json(openapi(OPERATIONS)))


def strict(operation: Operation) -> Handler:
    """The operation's answer, but for a parameter it doesn't have: a misspelt one would silently ask something else."""
    known = [each.name for each in operation.parameters if f"{{{each.name}}}" not in operation.path]

    def answer(request: Request) -> Response:
        for name in request.query_params:
            if name not in known:
                raise BadRequestError(name[:MAX_NAME], f"no parameter of this address; {takes(known)}")
        return operation.answer(request)

    return answer


def takes(names: Sequence[str]) -> str:
    return f"it takes {', '.join(names)}" if names else "it takes none"


def routes() -> list[BaseRoute]:
    found: list[BaseRoute] = [Route(operation.path, strict(operation)) for operation in OPERATIONS]
    return [Route("/api/", index), Route("/api/openapi.json", description), *found]
