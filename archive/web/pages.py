"""Pages for people, rendered here and whole without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from archive.formats.citations import FORMATS, bibtex
from archive.query import EVERYTHING, Query, narrowed, parse_query
from archive.reading.asof import as_of, view_as_of
from archive.reading.citable import citable
from archive.reading.excerpts import pieces
from archive.reading.facets import Facet, Facets, Timeline, facets, timeline
from archive.reading.spread import copies
from archive.reading.views import ArticleView, article_view
from archive.search import ORDERS, Hit, search
from archive.web.answers import BadRequestError, NotFoundError, choice, flag, moment, path_id, validated, whole
from archive.web.articlepage import changed_at, changed_fields, facts, lanes, parts_of
from archive.web.charts import Chart, chart
from archive.web.guard import SCRIPTED
from archive.web.reading import reading_of
from archive.web.rendering import page, search_url

HITS = 20  # a page
SHOWN_CAPTURES = 20  # of an article, the latest
SHOWN_REVISIONS = 100
SHOWN_COPIES = 50
STATIC: Mapping[str, str] = {
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "brush.js": "text/javascript; charset=utf-8",
}
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
    order = choice(request, "order", ORDERS, default="relevance")
    by_story = flag(request, "by_story")
    after = request.query_params.get("after") or None
    then, shown_then = moment(request), request.query_params.get("as_of", "").strip()
    with reading_of(request).connection() as connection:
        found = search(
            connection,
            query,
            limit=HITS,
            after=after,
            order=next(each for each in ORDERS if each == order),
            by_story=by_story,
            moment=then,
        )
        asked = query if then is None else as_of(connection, query, then)
        common = facets(connection, asked)
        times = timeline(connection, asked)
    kept = {"order": order, "by_story": by_story, "as_of": shown_then}
    following = search_url(text, **kept, after=found.after) if found.after else None
    answer: Response = page(
        "search.html",
        here="/",
        q=query.text,
        order=order,
        found_order=found.order,
        by_story=by_story,
        as_of=shown_then,
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
    answer = validated(request, answer)
    answer.headers["Content-Security-Policy"] = SCRIPTED  # of a 304, too: its headers count for what a browser has
    return answer


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
    kept = {name: request.query_params.get(name, "") for name in ("order", "by_story", "as_of")}
    return search_url(narrower.text, **kept)


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
    article_id = path_id(request)
    with reading_of(request).connection() as connection:
        view = article_view(connection, article_id)
        story = copies(connection, view.story_id) if view else ()
        cited = citable(connection, article_id)
    if view is None:
        raise NotFoundError("There is no such article.")
    if (then := moment(request)) is not None:
        stood = view_as_of(view, then)
        if stood is None:
            raise NotFoundError("This article was not there yet.")
        view = stood
    parts = parts_of(view.text)
    part = whole(request, "part", default=1, most=len(parts))
    answer = page(
        "article.html",
        view=view,
        paragraphs=parts[part - 1],
        part=part,
        parts=len(parts),
        facts=facts(view),
        lanes=lanes(story[:SHOWN_COPIES]) if any(copy.id == article_id for copy in story) else (),
        as_of=request.query_params.get("as_of", "").strip(),
        revisions=view.revisions[-SHOWN_REVISIONS:],
        captures=view.captures[-SHOWN_CAPTURES:],
        citation="" if cited is None else bibtex(cited),
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
    with reading_of(request).connection() as connection:
        view = citable(connection, path_id(request))
    if view is None:
        raise NotFoundError("There is no such article.")
    return validated(request, Response(written(view), media_type=media_type))


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
        Route("/about", about),
        *(Route(f"/static/{name}", static) for name in STATIC),
    ]
