"""``/v4/`` against a transcript: requests, and what the original service (4.33.0) answered over the same articles.

``fixtures/v4_transcript.jsonl`` holds a request a line. The answers were recorded from the original's own code with
the articles below in its database, and read through by hand. Of a list of several articles it keeps the ids. Where we
answer otherwise on purpose is in ``DEVIATIONS``, and in docs/api.md.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, update
from starlette.types import ASGIApp

from archive.schema import RevisionRow
from archive.web.app import create_app
from tests.archived import a_source, an_archived
from tests.web import ask

TRANSCRIPT = Path(__file__).parent.parent / "fixtures" / "v4_transcript.jsonl"
COMPARED = ("content-type", "allow", "location", "vary")
ONE_CASE = ("/v4/articles/?search=%C3%A9",)  # SQLite, which the transcript was recorded on, folds A to Z alone
ARTICLES = (
    ("sn", "Moon lander reaches the rim", "Water and ice under the dust."),
    ("nasa", "Mars rover's 50% day", "The a_b test of O'Neill."),
    ("bm", "Moon blog", "A blog about water."),
    ("sn", "Artemis, moon and more", "Nothing of note."),
    ("esa", "École du Ciel", "Dust, everywhere."),
    ("nasa", "A lander for the moon", "ICE and WATER"),
    ("bm", "Another blog", "Dust"),
    ("sn", "Seven", "Plain"),
    ("nasa", 'Eight "a b"c', "plain 'quoted'"),
    ("sn", "Nine", "moon"),
    ("nasa", "Ten", "x"),
    ("sn", "Eleven", "y"),
    ("esa", "Twelve", "z"),
)
SOURCES = (
    ("sn", "SpaceNews", "trade"),
    ("nasa", "NASA", "agency"),
    ("bm", "Blog of Moons", "enthusiast"),
    ("esa", "ÉSA", "agency"),
)

# Request → what we answer: (status, body), None for a body that is not compared. Theirs is said behind it.
DEVIATIONS: dict[tuple[str, str, str], tuple[int, Any]] = {
    ("GET", "/v4/articles.json", ""): (404, {"detail": "Not found."}),  # 404 as HTML
    ("GET", "/v4/nothing/", ""): (404, {"detail": "Not found."}),  # 404 as HTML
    ("GET", "/v4/articles/?published_at_gte=9999-12-31T23:59:59-10:00", ""): (  # 500
        400,
        {"published_at_gte": ["Enter a valid date/time."]},
    ),
    ("GET", "/v4/articles/?event=99999999999999999999", ""): (400, {"event": ["Enter a number."]}),  # 500
    ("GET", "/v4/articles/?ordering=,", ""): (200, None),  # in no order at all
    ("GET", "/v4/articles/?format=api&limit=1", ""): (200, None),  # 406, or HTML for a browser
    ("GET", "/v4/articles/?limit=1", "text/html"): (200, None),  # HTML
    ("POST", "/v4/articles", ""): (405, {"detail": 'Method "POST" not allowed.'}),  # 301
    ("OPTIONS", "/v4/articles/1/", ""): (  # forms and HTML, too
        200,
        {"name": "Article Instance", "description": "", "renders": ["application/json"], "parses": []},
    ),
}


@pytest.fixture
def app(engine: Engine) -> ASGIApp:
    with engine.begin() as connection:
        for source_id, name, kind in SOURCES:
            a_source(connection, source_id, name=name, kind=kind, country="US")
        for number, article in enumerate(ARTICLES, 1):
            add(connection, number, *article)
    return create_app(engine, warc_dir=Path("warc"))


def add(connection: Connection, number: int, source: str, title: str, summary: str) -> None:
    microseconds = 123456 if number == 4 else 0
    moment = datetime(2026, 1, number, 10, 0, 0, microseconds, tzinfo=UTC)
    article_id = an_archived(
        connection,
        source=source,
        title=title,
        text="Body text.",
        description=summary,
        published_at=moment,
        authors=["Jane Doe"] if number % 2 else [],
        url=f"https://{source}.example/{number}",
        image="https://x.example/i.jpg" if number % 3 else None,
    )
    seen_at = moment + timedelta(days=20 if number % 2 else 40)
    connection.execute(update(RevisionRow).where(RevisionRow.article_id == article_id).values(seen_at=seen_at))


def recorded() -> list[dict[str, Any]]:
    return [json.loads(line) for line in TRANSCRIPT.read_text(encoding="utf-8").splitlines()]


def shortened(body: Any) -> Any:
    """A list of several articles as their ids."""
    if isinstance(body, dict) and len(body.get("results", ())) > 1:
        return body | {"results": [one["id"] for one in body["results"]]}
    return body


def test_every_recorded_request_is_answered_as_it_was(app: ASGIApp, engine: Engine) -> None:
    requests = recorded()
    assert len(requests) > 230
    for request in requests:
        if engine.dialect.name == "postgresql" and request["target"] in ONE_CASE:
            continue
        headers = {"accept": "application/json"} | request.get("headers", {})
        answer = ask(app, request["target"], method=request["method"], headers=headers, host="testserver")
        told = {name: value for name, value in answer.headers.items() if name in COMPARED}
        assert (answer.status, told) == (request["status"], request["answer_headers"]), request
        if request["body"] is not None and request["method"] != "HEAD":
            assert shortened(answer.json) == request["body"], request


@pytest.mark.parametrize("request_", DEVIATIONS, ids=" ".join)
def test_where_we_answer_otherwise(app: ASGIApp, request_: tuple[str, str, str]) -> None:
    method, target, accept = request_
    status, body = DEVIATIONS[request_]
    answer = ask(app, target, method=method, headers={"accept": accept or "application/json"}, host="testserver")
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    if body is not None:
        assert answer.json == body
