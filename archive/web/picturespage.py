"""``/pictures``: what a query's hits look like. ``/stories/{id}``: how a story spread."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from archive.query import EVERYTHING, parse_query
from archive.reading.facets import UNITS
from archive.reading.pictures import attention, rhythm
from archive.reading.spread import copies
from archive.timestamps import span
from archive.web.answers import NotFoundError, choice, path_id, validated
from archive.web.articlepage import lanes
from archive.web.charts import WEEKDAYS, heat, stacked
from archive.web.reading import reading_of
from archive.web.rendering import page

SHOWN_PERIODS = 100  # of the table, the latest: a page stays under 100 kB
SHOWN_COPIES = 200


def pictures_page(request: Request) -> Response:
    text = request.query_params.get("q", "")
    query = parse_query(text) if text.strip() else EVERYTHING
    unit = choice(request, "unit", ("auto", *UNITS), default="auto")
    with reading_of(request).connection() as connection:
        found = attention(connection, query, unit=next((each for each in UNITS if each == unit), None))
        week = rhythm(connection, query)
    rows = list(zip(found.periods, zip(*(series.counts for series in found.series), strict=True), strict=True))
    shown = [(period, counts) for period, counts in rows if any(counts)][-SHOWN_PERIODS:]
    answer = page(
        "pictures.html",
        here="/pictures",
        q=query.text,
        unit=unit,
        attention=found,
        times=stacked(found.periods, [(series.name, series.counts) for series in found.series]),
        rows=shown,
        is_cut=len(shown) == SHOWN_PERIODS,
        heat=heat(week.hours),
        heat_total=sum(map(sum, week.hours)),
        week=week,
        weekdays=WEEKDAYS,
    )
    return validated(request, answer)


def story_page(request: Request) -> Response:
    story_id = path_id(request)
    with reading_of(request).connection() as connection:
        story = copies(connection, story_id)
    if not story:
        raise NotFoundError("There is no such story.")
    longest = max((copy.behind for copy in story if copy.behind), default=None)
    original = next((copy for copy in story if copy.duplicate_of is None), story[0])
    answer = page(
        "story.html",
        story_id=story_id,
        title=original.title or "an untitled article",
        lanes=lanes(story)[:SHOWN_COPIES],
        sources=len({copy.source_id for copy in story}),
        longest=span(longest) if longest else "",
    )
    return validated(request, answer)


def routes() -> list[BaseRoute]:
    return [Route("/pictures", pictures_page), Route("/stories/{id}", story_page)]
