"""``/api/`` over both engines: what it says, how it pages, what it refuses."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import Engine, insert
from starlette.types import ASGIApp

from archive.schema import EndpointRow, RunSourceRow
from archive.web.app import create_app
from archive.web.operations import OPERATIONS
from tests.archived import a_revision, a_run, a_source, an_archived
from tests.web import ask

TEXT = "The comet was seen from Chile."


@pytest.fixture
def app(engine: Engine) -> ASGIApp:
    """Article 1, its copies 2 and 3 elsewhere, and 4, which changed."""
    with engine.begin() as connection:
        a_source(connection, "wire", name="The Wire", kind="trade", country="US")
        a_source(connection, "daily", name="Daily Orbit", kind="trade", country="GB")
        a_source(connection, "esa", name="ESA", kind="agency", country="EU")
        run_id = a_run(connection)
        connection.execute(insert(RunSourceRow).values(run_id=run_id, source_id="esa", announced=4, archived=1))
        connection.execute(
            insert(EndpointRow).values(
                source_id="esa", url="https://esa.example/feed", kind="feed", last_status=200, announced=4
            )
        )
        first = an_archived(
            connection,
            source="wire",
            title="Comet seen",
            text=TEXT,
            authors=["Jane Doe"],
            tags=["comets"],
            published_at=datetime(2025, 3, 12, 8, 0, tzinfo=UTC),
        )
        an_archived(
            connection,
            source="daily",
            title="Comet!",
            text=TEXT,
            duplicate_of=first,
            published_at=datetime(2025, 3, 12, 9, 30, tzinfo=UTC),
        )
        an_archived(
            connection,
            source="esa",
            title="Seen: comet",
            text=TEXT,
            duplicate_of=first,
            published_at=datetime(2025, 3, 12, tzinfo=UTC),
            precision="day",
        )
        fourth = an_archived(
            connection,
            source="esa",
            title="Moon landing off",
            text="It slips to May.",
            aliases=[("redirect", "https://esa.example/old")],
        )
        a_revision(connection, fourth, text="It slips to June.", seen_at=datetime(2025, 6, 2, 7, 0, tzinfo=UTC))
    return create_app(engine, warc_dir=Path("warc"))


def test_articles_that_answer_a_query(app: ASGIApp) -> None:
    found = ask(app, "/api/articles?q=comet&order=newest").json
    assert (found["total"], found["is_total_exact"], found["order"], found["next"]) == (3, True, "newest", None)
    assert [each["id"] for each in found["results"]] == [2, 1, 3]
    assert found["results"][1]["title_highlights"] == [[0, 5]]
    assert [each["id"] for each in ask(app, "/api/articles?q=comet&by_story=1").json["results"]] == [1]


def test_without_a_query_all_articles_come_newest_first(app: ASGIApp) -> None:
    assert [each["id"] for each in ask(app, "/api/articles").json["results"]] == [2, 1, 3, 4]


def test_pages_link_to_the_next(app: ASGIApp) -> None:
    seen, target = [], "/api/articles?q=comet OR moon&limit=2&by_story=0".replace(" ", "%20")
    while target:
        answer = ask(app, target)
        seen += [each["id"] for each in answer.json["results"]]
        following = answer.json["next"]
        assert answer.headers.get("link") == (following and f'<{following}>; rel="next"')
        target = following and f"{urlsplit(following).path}?{urlsplit(following).query}"
    assert sorted(seen) == [1, 2, 3, 4]


def test_an_article_has_its_text_and_all_that_is_known_of_it(app: ASGIApp) -> None:
    answer = ask(app, "/api/articles/4")
    assert answer.json["text"] == "It slips to June."
    assert answer.json["aliases"] == ["https://esa.example/old"]
    assert [(each["number"], each["kind"], each["text"]) for each in answer.json["revisions"]] == [
        (1, "first", None),
        (2, "edit", None),
    ]
    assert answer.headers["last-modified"] == "Mon, 02 Jun 2025 07:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-modified-since": "Mon, 02 Jun 2025 07:00:00 GMT"}, 304),
        ({"if-modified-since": "Mon, 02 Jun 2025 06:59:59 GMT"}, 200),
        ({"if-modified-since": "nonsense"}, 200),
        ({"if-modified-since": "Mon, 02 Jun 2025 07:00:00 GMT", "if-none-match": '"other"'}, 200),
        ({"if-none-match": "*"}, 304),
    ],
)
def test_what_the_asker_has_is_not_sent_again(app: ASGIApp, headers: dict[str, str], status: int) -> None:
    assert ask(app, "/api/articles/4", headers=headers).status == status


def test_revisions_come_with_their_texts(app: ASGIApp) -> None:
    found = ask(app, "/api/articles/4/revisions").json["revisions"]
    assert [each["text"] for each in found] == ["It slips to May.", "It slips to June."]
    assert found[1]["changed"] == ["text"]


@pytest.mark.parametrize("query", ["", "?from=1&to=2"])
def test_a_diff_shows_the_words_that_changed(app: ASGIApp, query: str) -> None:
    found = ask(app, f"/api/articles/4/diff{query}").json
    assert (found["from"], found["to"]) == (1, 2)
    assert found["text"] == [
        {"kind": "same", "text": "It slips to "},
        {"kind": "old", "text": "May"},
        {"kind": "new", "text": "June"},
        {"kind": "same", "text": "."},
    ]
    assert found["title"] == [{"kind": "same", "text": "Moon landing off"}]


def test_captures_say_where_the_evidence_is(app: ASGIApp) -> None:
    [capture] = ask(app, "/api/articles/1/captures").json["captures"]
    assert (capture["filename"], capture["offset"], capture["captured_at"]) == (
        "test.warc.gz",
        0,
        "2025-06-01T12:00:00Z",
    )


def test_an_address_leads_to_its_article(app: ASGIApp) -> None:
    answer = ask(app, "/api/lookup?url=" + quote("https://www.esa.example/old"))
    assert (answer.status, answer.headers["location"]) == (302, "/api/articles/4")


def test_a_story_lists_its_copies_as_they_appeared(app: ASGIApp) -> None:
    found = ask(app, "/api/stories/1").json["articles"]
    assert [(each["id"], each["source_name"], each["behind_seconds"]) for each in found] == [
        (1, "The Wire", None),
        (2, "Daily Orbit", 5400.0),
        (3, "ESA", None),  # only its day is known
    ]


def test_facets_count_what_the_hits_have_in_common(app: ASGIApp) -> None:
    found = ask(app, "/api/facets?q=comet&fields=kind,tag&limit=1").json
    assert (found["counted"], found["is_exact"]) == (3, True)
    assert found["fields"] == [
        {
            "field": "kind",
            "values": [{"value": "trade", "label": "trade", "count": 2, "term": "kind:trade"}],
            "others": 1,
            "without": 0,
        },
        {
            "field": "tag",
            "values": [{"value": "comets", "label": "comets", "count": 1, "term": "tag:comets"}],
            "others": 0,
            "without": 2,
        },
    ]


def test_time_is_counted(app: ASGIApp) -> None:
    assert ask(app, "/api/timeline").json == {
        "query": "",
        "unit": "day",
        "periods": [{"period": "2025-03-12", "count": 3}],
        "undated": 1,
    }
    assert ask(app, "/api/timeline?unit=year&q=comet").json["periods"] == [{"period": "2025", "count": 3}]


def test_runs_have_a_line_a_source(app: ASGIApp) -> None:
    [listed] = ask(app, "/api/runs").json["results"]
    assert (listed["id"], listed["state"], listed["totals"]["announced"]) == (1, "finished", 4)
    [line] = ask(app, "/api/runs/1").json["sources"]
    assert (line["source_id"], line["announced"], line["archived"]) == ("esa", 4, 1)


def test_sources_say_what_is_held_and_when_they_publish(app: ASGIApp) -> None:
    found = ask(app, "/api/sources").json["results"]
    assert [(each["id"], each["articles"], each["latest_published_at"]) for each in found] == [
        ("daily", 1, "2025-03-12T09:30:00Z"),
        ("esa", 2, "2025-03-12T00:00:00Z"),
        ("wire", 1, "2025-03-12T08:00:00Z"),
    ]
    esa = ask(app, "/api/sources/esa").json
    assert [(each["url"], each["last_status"]) for each in esa["endpoints"]] == [("https://esa.example/feed", 200)]
    assert esa["cadence"]["weeks"][-1] == {"monday": "2025-03-10", "articles": 1}
    assert esa["cadence"]["weekdays"] == [0, 0, 1, 0, 0, 0, 0]
    assert sum(esa["cadence"]["hours"]) == 0  # only the day is known
    assert ask(app, "/api/sources/wire").json["cadence"]["hours"][8] == 1


def test_totals_are_counted(app: ASGIApp) -> None:
    found = ask(app, "/api/stats").json
    assert (found["articles"], found["duplicates"], found["stories"], found["revised_articles"]) == (4, 2, 2, 1)


def test_an_export_streams_what_answers(app: ASGIApp) -> None:
    answer = ask(app, "/api/export?q=comet&since_id=1")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["id"] for line in answer.text.splitlines()] == [2, 3]
    table = ask(app, "/api/export?format=csv").text.splitlines()
    assert table[0].startswith("id,source,url,")
    assert len(table) == 5


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        (
            "/api/articles?q=mars%20(rover",
            400,
            {
                "detail": "this parenthesis is never closed",
                "parameter": "q",
                "query": "mars (rover",
                "position": 5,
            },
        ),
        (
            "/api/articles?q=comet&after=7",
            400,
            {"detail": "not a place in this answer: '7'", "parameter": "after", "query": "comet", "position": 0},
        ),
        ("/api/articles?limit=0", 400, {"detail": "a whole number from 1 to 100, please", "parameter": "limit"}),
        ("/api/articles?limit=x", 400, {"detail": "a whole number from 1 to 100, please", "parameter": "limit"}),
        ("/api/articles?order=best", 400, {"detail": "one of relevance, recent, newest, please", "parameter": "order"}),
        (
            "/api/timeline?query=comet",
            400,
            {"detail": "no parameter of this address; it takes q, unit, as_of", "parameter": "query"},
        ),
        ("/api/stats?q=comet", 400, {"detail": "no parameter of this address; it takes none", "parameter": "q"}),
        ("/api/articles?by_story=maybe", 400, {"detail": "true or false, please", "parameter": "by_story"}),
        ("/api/timeline?unit=week", 400, {"detail": "one of auto, day, month, year, please", "parameter": "unit"}),
        (
            "/api/facets?fields=colour",
            400,
            {
                "detail": "a comma list of source, kind, country, language, author, tag, month, please",
                "parameter": "fields",
            },
        ),
        (
            "/api/export?format=xml",
            400,
            {"detail": "one of jsonl, csv, parquet, bibtex, ris, csl, please", "parameter": "format"},
        ),
        ("/api/lookup", 400, {"detail": "the address of an article, please", "parameter": "url"}),
        ("/api/lookup?url=https://no.example/", 404, {"detail": "No article was met under this address."}),
        ("/api/lookup?url=%00", 404, {"detail": "No article was met under this address."}),
        ("/api/articles/99", 404, {"detail": "There is no such article."}),
        ("/api/articles/x", 404, {"detail": "Not found."}),
        ("/api/articles/4/diff?from=1&to=9", 400, {"detail": "a whole number from 1 to 2, please", "parameter": "to"}),
        ("/api/stories/99", 404, {"detail": "There is no such story."}),
        ("/api/runs/99", 404, {"detail": "There is no such run."}),
        ("/api/sources/nobody", 404, {"detail": "There is no such source."}),
        ("/api/sources/..%2f..%2fetc", 404, {"detail": "Not found."}),
        ("/api/nothing", 404, {"detail": "Not found."}),
    ],
)
def test_what_cannot_be_answered_says_why(app: ASGIApp, target: str, status: int, body) -> None:
    answer = ask(app, target)
    assert (answer.status, answer.json) == (status, body)


def test_the_description_names_every_operation_and_parameter(app: ASGIApp) -> None:
    described = ask(app, "/api/openapi.json").json
    assert described["openapi"] == "3.1.0"
    assert list(described["paths"]) == [operation.path for operation in OPERATIONS]
    search = described["paths"]["/api/articles"]["get"]
    assert [each["name"] for each in search["parameters"]] == ["q", "order", "by_story", "as_of", "limit", "after"]
    assert described["paths"]["/api/articles/{id}"]["get"]["parameters"][0]["in"] == "path"
    assert [each["path"] for each in ask(app, "/api/").json["operations"]] == list(described["paths"])


ODD = [
    "",
    "0",
    "1",
    "-1",
    "9" * 30,
    "1e3",
    "x",
    "\x00",
    "\ud800",
    "💥",
    "'",
    '"',
    "(",
    "a OR",
    "r1_2",
    "n.1",
    "true",
    "../..",
    "%",
]


def test_no_request_that_the_description_allows_or_forbids_fails(app: ASGIApp) -> None:
    dice = random.Random(7)
    for _ in range(400):
        operation = dice.choice(OPERATIONS)
        path = operation.path
        query = []
        for parameter in operation.parameters:
            value = quote(dice.choice(ODD).encode("utf-8", "surrogatepass"), safe="")
            if f"{{{parameter.name}}}" in path:
                path = path.replace(f"{{{parameter.name}}}", dice.choice(["1", "4", value or "1"]))
            elif dice.random() < 0.6:
                query.append(f"{parameter.name}={value}")
        answer = ask(app, f"{path}?{'&'.join(query)}")
        assert answer.status in (200, 302, 400, 404), (path, query, answer.text)
