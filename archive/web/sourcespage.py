"""``/sources``, ``/health``, ``/runs``: what is crawled, how it is, what the crawls did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from archive.query import parse_query
from archive.reading.condition import Standing, condition_of, standings
from archive.reading.holdings import Holding, cadence, endpoints, holding, holdings, template_blocks
from archive.reading.pictures import rhythm, weekly
from archive.reading.runs import run, runs
from archive.report import SHOWN_COLUMNS
from archive.web.answers import NotFoundError, path_id, validated, whole
from archive.web.charts import WEEKDAYS, chart, heat, sparkline
from archive.web.reading import reading_of
from archive.web.rendering import page

RUNS = 50
SOURCES = 100  # a page
FINDINGS = 100
BLOCKS = 40  # lines of a template


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A source in the list. ``spark`` is an SVG path of the last half year."""

    source: Holding
    standing: Standing | None
    spark: str
    recent: int


def sources_page(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = holdings(connection)
        now = datetime.now(UTC)
        dates = [source.latest_published_at for source in found if source.latest_published_at]
        until = min(max(dates, default=now), now)  # some pages claim to be of tomorrow
        weeks = weekly(connection, until=until)
        standing = standings(connection)
    pages = max(1, -(-len(found) // SOURCES))
    number = whole(request, "page", default=1, most=pages)
    lines = [
        Line(
            source=source,
            standing=standing.get(source.id),
            spark=sparkline(weeks.get(source.id, ())),
            recent=sum(weeks.get(source.id, ())),
        )
        for source in found[(number - 1) * SOURCES : number * SOURCES]
    ]
    answer = page(
        "sources.html",
        here="/sources",
        lines=lines,
        count=len(found),
        total=sum(source.articles for source in found),
        until=until if dates else None,
        number=number,
        pages=pages,
    )
    return validated(request, answer)


def source_page(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = holding(connection, str(request.path_params["source"]))
        if found is None:
            raise NotFoundError("There is no such source.")
        asked = endpoints(connection, found.id)
        times = cadence(connection, found.id, until=found.latest_published_at)
        week = rhythm(connection, parse_query(f'source:"{found.id}"'))
        learned, blocks = template_blocks(connection, found.id, limit=BLOCKS)
        wrong = condition_of(connection, now=datetime.now(UTC), source_id=found.id)
    answer = page(
        "source.html",
        source=found,
        endpoints=asked,
        weeks=chart([(week.isoformat(), count, "") for week, count in times.weeks]),
        heat=heat(week.hours),
        heat_total=sum(map(sum, week.hours)),
        weekdays=WEEKDAYS,
        learned=learned,
        blocks=blocks,
        found=wrong,
    )
    return validated(request, answer)


def health_page(request: Request) -> Response:
    found = reading_of(request).remembered("health", lambda connection: condition_of(connection, now=datetime.now(UTC)))
    answer = page(
        "health.html",
        here="/health",
        found=found,
        shown=found[:FINDINGS],
        is_cut=len(found) > FINDINGS,
        alarms=sum(one.severity == "alarm" for one in found),
    )
    return validated(request, answer)


def runs_page(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = runs(connection, limit=RUNS)
    return validated(request, runs_table("Runs", "run", runs=found))


def run_page(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = run(connection, path_id(request))
    if found is None:
        raise NotFoundError("There is no such run.")
    title = f"Run {found.id}: {found.command}, {found.state}"
    return validated(request, runs_table(title, "source", lines=found.sources, reason=found.reason or ""))


def runs_table(
    title: str, first_column: str, *, runs: Sequence[object] = (), lines: Sequence[object] = (), reason: str = ""
) -> Response:
    return page(
        "runs.html",
        here="/runs",
        title=title,
        first_column=first_column,
        columns=SHOWN_COLUMNS,
        runs=runs,
        lines=lines,
        reason=reason,
    )


def routes() -> list[BaseRoute]:
    return [
        Route("/sources", sources_page),
        Route("/sources/{source}", source_page),
        Route("/health", health_page),
        Route("/runs", runs_page),
        Route("/runs/{id}", run_page),
    ]
