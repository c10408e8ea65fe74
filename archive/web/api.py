"""Answers of ``/api/``: what the archive knows, as JSON. :mod:`archive.web.operations` says who answers what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from archive import export as exports
from archive.diffs import changes
from archive.errors import ConfigError
from archive.formats import streams
from archive.query import EVERYTHING, Query, parse_query
from archive.reading.asof import as_of, view_as_of
from archive.reading.condition import condition_of
from archive.reading.facets import FIELDS, MAX_VALUES, UNITS, Field, facets, timeline
from archive.reading.holdings import cadence, endpoints, holding, holdings
from archive.reading.pictures import attention, rhythm
from archive.reading.runs import run, runs
from archive.reading.spread import copies
from archive.reading.stats import stats
from archive.reading.views import ArticleView, RevisionView, article_id_of, article_view
from archive.report import article_json, copy_json, hit_json, run_json
from archive.search import ORDERS, search
from archive.web.answers import (
    BadRequestError,
    Json,
    JsonObject,
    NotFoundError,
    choice,
    flag,
    moment,
    path_id,
    validated,
    whole,
)
from archive.web.articlepage import changed_at
from archive.web.reading import STREAM_S, Reading, reading_of

MAX_HITS = 100  # a page
MAX_RUNS = 200


def list_articles(request: Request) -> Response:
    query = query_of(request)
    order = choice(request, "order", ORDERS, default="relevance")
    limit = whole(request, "limit", default=20, most=MAX_HITS)
    with reading_of(request).connection() as connection:
        page = search(
            connection,
            query,
            limit=limit,
            after=request.query_params.get("after") or None,
            order=next(each for each in ORDERS if each == order),
            by_story=flag(request, "by_story"),
            moment=moment(request),
        )
    following = next_url(request, page.after)
    body = {
        "query": query.text,
        "order": page.order,
        "total": page.total,
        "is_total_exact": page.is_total_exact,
        "after": page.after,
        "next": following,
        "results": [hit_json(hit) for hit in page.hits],
    }
    headers = {"X-Total-Count": str(page.total)} | ({"Link": f'<{following}>; rel="next"'} if following else {})
    return validated(request, Json(body, headers=headers))


def one_article(request: Request) -> Response:
    view, exported = article_of(request)
    if (then := moment(request)) is not None:
        stood = view_as_of(view, then)
        if stood is None:
            raise NotFoundError("This article was not there yet.")
        view, exported = stood, exports.as_it_stood(exported, stood)
    body = article_json(view, exported)
    body["revisions"] = [{**revision_json(revision), "text": None} for revision in view.revisions]
    return validated(request, Json(body), modified_at=changed_at(view))


def list_revisions(request: Request) -> Response:
    view, _ = article_of(request)
    body = {"id": view.id, "revisions": [revision_json(revision) for revision in view.revisions]}
    return validated(request, Json(body), modified_at=changed_at(view))


def show_diff(request: Request) -> Response:
    view, _ = article_of(request)
    old, new = two_revisions(request, view)
    body = {
        "id": view.id,
        "from": old.number,
        "to": new.number,
        "title": diff_json(old.title, new.title),
        "authors": diff_json(", ".join(old.authors), ", ".join(new.authors)),
        "text": diff_json(old.text, new.text),
    }
    return validated(request, Json(body), modified_at=changed_at(view))


def list_captures(request: Request) -> Response:
    view, _ = article_of(request)
    return validated(request, Json({"id": view.id, "captures": [asdict(each) for each in view.captures]}))


def look_up(request: Request) -> Response:
    url = request.query_params.get("url", "")
    if not url:
        raise BadRequestError("url", "the address of an article, please")
    with reading_of(request).connection() as connection:
        article_id = article_id_of(connection, url) if "\x00" not in url else None
    if article_id is None:
        raise NotFoundError("No article was met under this address.")
    return RedirectResponse(f"/api/articles/{article_id}", status_code=302)


def one_story(request: Request) -> Response:
    story_id = path_id(request)
    with reading_of(request).connection() as connection:
        found = copies(connection, story_id)
    if not found:
        raise NotFoundError("There is no such story.")
    return validated(request, Json({"id": story_id, "articles": [copy_json(copy) for copy in found]}))


def count_facets(request: Request) -> Response:
    names = [name for name in request.query_params.get("fields", "").split(",") if name]
    fields: list[Field] = [field for field in FIELDS if field in names]
    if len(fields) < len(set(names)):
        raise BadRequestError("fields", f"a comma list of {', '.join(FIELDS)}, please")
    limit = whole(request, "limit", default=10, most=MAX_VALUES)
    query = query_of(request)
    then = moment(request)
    with reading_of(request).connection() as connection:
        asked = query if then is None else as_of(connection, query, then)
        found = facets(connection, asked, fields=fields or FIELDS, limit=limit)
    return validated(request, Json({"query": query.text, **asdict(found)}))


def count_over_time(request: Request) -> Response:
    unit = choice(request, "unit", ("auto", *UNITS), default="auto")
    query = query_of(request)
    then = moment(request)
    with reading_of(request).connection() as connection:
        asked = query if then is None else as_of(connection, query, then)
        found = timeline(connection, asked, unit=next((each for each in UNITS if each == unit), None))
    return validated(request, Json({"query": query.text, **asdict(found)}))


def count_attention(request: Request) -> Response:
    unit = choice(request, "unit", ("auto", *UNITS), default="auto")
    query = query_of(request)
    with reading_of(request).connection() as connection:
        found = attention(connection, query, unit=next((each for each in UNITS if each == unit), None))
        week = rhythm(connection, query)
    return validated(request, Json({"query": query.text, **asdict(found), "week": asdict(week)}))


def show_health(request: Request) -> Response:
    found = reading_of(request).remembered("health", lambda connection: condition_of(connection, now=datetime.now(UTC)))
    return validated(request, Json({"findings": [asdict(one) for one in found]}))


def list_runs(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = runs(connection, limit=whole(request, "limit", default=20, most=MAX_RUNS))
    return validated(request, Json({"results": [run_json(each) for each in found]}))


def one_run(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = run(connection, path_id(request))
    if found is None:
        raise NotFoundError("There is no such run.")
    return validated(request, Json(run_json(found)))


def list_sources(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        found = holdings(connection)
    return validated(request, Json({"results": [asdict(each) for each in found]}))


def one_source(request: Request) -> Response:
    source_id = str(request.path_params["source"])
    with reading_of(request).connection() as connection:
        found = holding(connection, source_id)
        if found is None:
            raise NotFoundError("There is no such source.")
        asked = endpoints(connection, source_id)
        rhythm = cadence(connection, source_id, until=found.latest_published_at)
    weeks = [{"monday": week.isoformat(), "articles": count} for week, count in rhythm.weeks]
    body = {
        **asdict(found),
        "endpoints": [asdict(each) for each in asked],
        "cadence": {"weeks": weeks, "weekdays": rhythm.weekdays, "hours": rhythm.hours},
    }
    return validated(request, Json(body))


def show_stats(request: Request) -> Response:
    with reading_of(request).connection() as connection:
        return validated(request, Json(asdict(stats(connection))))


def stream_export(request: Request) -> Response:
    """A stream with constant memory; its reader sets the pace. Begins anew behind an id with ``since_id``."""
    name = choice(request, "format", streams.NAMES, default="jsonl")
    query = query_of(request) if request.query_params.get("q") else None
    since_id = whole(request, "since_id", default=0, least=0, most=2**62)
    try:
        streams.require(name)
    except ConfigError as exc:
        raise BadRequestError("format", "Parquet is not installed here") from exc
    chunks = exported(reading_of(request), name, query, since_id)
    headers = {"Content-Disposition": f'attachment; filename="perilune.{streams.ENDINGS.get(name, name)}"'}
    return StreamingResponse(chunks, media_type=streams.MEDIA_TYPES[name], headers=headers)


def exported(reading: Reading, name: str, query: Query | None, since_id: int) -> Iterator[bytes]:
    with reading.connection(seconds=STREAM_S) as connection:
        yield from streams.stream(connection, name, where=query, since_id=since_id)


def query_of(request: Request) -> Query:
    """The query of a request; everything without one. Raises ``QueryError``."""
    text = request.query_params.get("q", "")
    return parse_query(text) if text.strip() else EVERYTHING


def article_of(request: Request) -> tuple[ArticleView, exports.Exported]:
    """The article the path names. Raises ``NotFoundError``."""
    article_id = path_id(request)
    with reading_of(request).connection() as connection:
        view = article_view(connection, article_id)
        found = exports.article(connection, article_id)
    if view is None or found is None:
        raise NotFoundError("There is no such article.")
    return view, found


def two_revisions(request: Request, view: ArticleView) -> tuple[RevisionView, RevisionView]:
    """The states ``from`` and ``to`` name; by default the last two. Raises ``BadRequestError``."""
    last = view.revisions[-1].number if view.revisions else 1
    by_number = {revision.number: revision for revision in view.revisions}
    old = whole(request, "from", default=max(1, last - 1), most=max(1, last))
    new = whole(request, "to", default=last, most=max(1, last))
    if old not in by_number or new not in by_number:
        raise NotFoundError("There is no such revision.")
    return by_number[old], by_number[new]


def revision_json(revision: RevisionView) -> JsonObject:
    return asdict(revision)


def diff_json(old: str, new: str) -> list[JsonObject]:
    return [{"kind": change.kind, "text": change.text} for change in changes(old, new)]


def next_url(request: Request, after: str | None) -> str | None:
    """The address of the next page; None on the last."""
    if after is None:
        return None
    params = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return f"{request.url.replace(query='')}?{urlencode([*params, ('after', after)], errors='replace')}"
