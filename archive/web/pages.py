"""Pages for people, rendered here and whole without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from archive.formats.citations import FORMATS, bibtex
from archive.query import EVERYTHING, Query, narrowed, parse_query
from archive.reading.excerpts import pieces
from archive.reading.facets import Facet, Facets, Timeline, facets, timeline
from archive.reading.holdings import cadence, endpoints, holding, holdings
from archive.reading.runs import run, runs
from archive.reading.spread import copies
from archive.reading.views import ArticleView, article_view
from archive.report import SHOWN_COLUMNS
from archive.search import Hit, search
from archive.web.answers import BadRequestError, NotFoundError, choice, flag, path_id, validated, whole
from archive.web.articlepage import changed_at, changed_fields, facts, parts_of
from archive.web.charts import Chart, chart
from archive.web.reading import reading_of
from archive.web.rendering import page, search_url

HITS = 20  # a page
RUNS = 50
SHOWN_CAPTURES = 20  # of an article, the latest
SHOWN_REVISIONS = 100
STATIC: Mapping[str, str] = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetLink:
    """A value of a facet, and the search narrowed to it."""

    label: str
    count: int
    href: str


def search_page(request: Request) -> Response:
    """``/``: hits with facets and a timeline; without a query the newest articles."""
    text = request.query_params.get("q", "")
    query = parse_query(text) if text.strip() else EVERYTHING
    if spanned := within_days(request, query):
        return RedirectResponse(spanned, status_code=302)
    order = choice(request, "order", ("relevance", "newest"), default="relevance")
    by_story = flag(request, "by_story")
    after = request.query_params.get("after") or None
    with reading_of(request).connection() as connection:
        found = search(
            connection,
            query,
            limit=HITS,
            after=after,
            order="newest" if order == "newest" else "relevance",
            by_story=by_story,
        )
        common = facets(connection, query)
        times = timeline(connection, query)
    following = search_url(text, order=order, by_story=by_story, after=found.after) if found.after else None
    answer = page(
        "search.html",
        here="/",
        q=query.text,
        order=order,
        found_order=found.order,
        by_story=by_story,
        total=found.total,
        is_total_exact=found.is_total_exact,
        hits=[shown_hit(hit) for hit in found.hits],
        next=following,
        is_later=after is not None,
        facets=common,
        facet_links=facet_links(common, query),
        times=time_chart(times, query),
        unit=times.unit,
    )
    return validated(request, answer)


def within_days(request: Request, query: Query) -> str | None:
    """The search narrowed to the days ``from`` and ``until`` name; None when neither is given."""
    terms = []
    for name, field in (("from", "after"), ("until", "before")):
        if not (text := request.query_params.get(name, "")):
            continue
        try:
            day = date.fromisoformat(text)
            day = day if field == "after" else date.fromordinal(day.toordinal() + 1)
        except (ValueError, OverflowError) as exc:
            raise BadRequestError(name, "a day such as 2025-03-12, please") from exc
        terms.append(f"{field}:{day.isoformat()}")
    if not terms:
        return None
    narrower = parse_query(narrowed(query, " ".join(terms)))
    return search_url(
        narrower.text, order=request.query_params.get("order", ""), by_story=request.query_params.get("by_story", "")
    )


def shown_hit(hit: Hit) -> dict[str, object]:
    """The hit with its texts cut where the marks begin and end."""
    return {
        **asdict(hit),
        "title_pieces": pieces(hit.title, hit.title_highlights),
        "excerpt_pieces": hit.excerpt.pieces(),
    }


def facet_links(found: Facets, query: Query) -> list[dict[str, object]]:
    return [{"field": facet.field, "others": facet.others, "links": links(facet, query)} for facet in found.fields]


def links(facet: Facet, query: Query) -> list[FacetLink]:
    return [
        FacetLink(label=value.label, count=value.count, href=search_url(narrowed(query, value.term)))
        for value in facet.values
    ]


def time_chart(times: Timeline, query: Query) -> Chart:
    """A bar leads to the search narrowed to its time."""
    return chart(
        [(each.period, each.count, search_url(narrowed(query, f"on:{each.period}"))) for each in times.periods]
    )


def article_page(request: Request) -> Response:
    view, article_id = article_of(request), path_id(request)
    parts = parts_of(view.text)
    part = whole(request, "part", default=1, most=len(parts))
    with reading_of(request).connection() as connection:
        story = copies(connection, view.story_id)
    answer = page(
        "article.html",
        view=view,
        paragraphs=parts[part - 1],
        part=part,
        parts=len(parts),
        facts=facts(view),
        copies=story if any(copy.id == article_id for copy in story) else (),
        revisions=view.revisions[-SHOWN_REVISIONS:],
        captures=view.captures[-SHOWN_CAPTURES:],
        citation=bibtex(view),
    )
    return validated(request, answer, modified_at=changed_at(view))


def diff_page(request: Request) -> Response:
    view = article_of(request)
    last = max(1, len(view.revisions))
    old = whole(request, "from", default=max(1, last - 1), most=last)
    new = whole(request, "to", default=last, most=last)
    by_number = {revision.number: revision for revision in view.revisions}
    if old not in by_number or new not in by_number:
        raise NotFoundError("There is no such revision.")
    fields = changed_fields(by_number[old], by_number[new])
    answer = page("diff.html", view=view, old=by_number[old], new=by_number[new], fields=fields)
    return validated(request, answer, modified_at=changed_at(view))


def cite(request: Request) -> Response:
    """The citation as a file to download."""
    media_type, written = FORMATS[choice(request, "format", tuple(FORMATS), default="bibtex")]
    view = article_of(request)
    return validated(request, Response(written(view), media_type=media_type))


def sources_page(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = holdings(connection)
    total = sum(source.articles for source in found)
    return validated(request, page("sources.html", here="/sources", sources=found, total=total))


def source_page(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = holding(connection, str(request.path_params["source"]))
        if found is None:
            raise NotFoundError("There is no such source.")
        asked = endpoints(connection, found.id)
        rhythm = cadence(connection, found.id, until=found.latest_published_at)
    answer = page(
        "source.html",
        source=found,
        endpoints=asked,
        weeks=chart([(week.isoformat(), count, "") for week, count in rhythm.weeks]),
        weekdays=chart([(name, count, "") for name, count in zip(WEEKDAYS, rhythm.weekdays, strict=True)]),
        hours=chart([(f"{hour} h", count, "") for hour, count in enumerate(rhythm.hours)]),
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


def article_of(request: Request) -> ArticleView:
    """The article the path names. Raises ``NotFoundError``."""
    with reading_of(request).connection() as connection:
        view = article_view(connection, path_id(request))
    if view is None:
        raise NotFoundError("There is no such article.")
    return view


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
    return [
        Route("/", search_page),
        Route("/articles/{id}", article_page),
        Route("/articles/{id}/diff", diff_page),
        Route("/articles/{id}/cite", cite),
        Route("/sources", sources_page),
        Route("/sources/{source}", source_page),
        Route("/runs", runs_page),
        Route("/runs/{id}", run_page),
        Route("/about", about),
        *(Route(f"/static/{name}", static) for name in STATIC),
    ]
