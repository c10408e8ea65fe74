"""``/v4/``: the manners of the Spaceflight News API 4.33, over both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine
from starlette.types import ASGIApp

from archive.web.app import create_app
from tests.archived import a_revision, a_source, an_archived
from tests.web import ask

BASE = "http://here:8000/v4"


@pytest.fixture
def app(engine: Engine) -> ASGIApp:
    """Articles 1 to 4 (NASA, SpaceNews), blog 5, report 6."""
    with engine.begin() as connection:
        a_source(connection, "nasa", name="NASA", kind="agency")
        a_source(connection, "spacenews", name="SpaceNews", kind="trade")
        a_source(connection, "blog", name="A Blog", kind="enthusiast")
        a_source(connection, "daily", name="Daily Report", kind="report")
        an_archived(
            connection,
            source="nasa",
            title="Artemis rolls out",
            text="The rocket left its building.",
            description="To the  pad,\nslowly.",
            authors=["Jane Doe"],
            published_at=datetime(2026, 1, 4, 10, 0, 0, 123456, tzinfo=UTC),
            image="https://nasa.example/i.jpg",
        )
        an_archived(
            connection,
            source="spacenews",
            title="100% of a Moon_lander",
            text="Insurers paid for the lander. " * 20,
            published_at=datetime(2026, 1, 3, tzinfo=UTC),
        )
        an_archived(
            connection,
            source="nasa",
            title="Moon rock weighed",
            text="It is heavy.",
            published_at=datetime(2026, 1, 2, 12, 0, tzinfo=UTC),
        )
        third = an_archived(connection, source="spacenews", title="No date here", text="Seen in June 2025.")
        a_revision(connection, third, text="Seen in June.", seen_at=datetime(2026, 2, 1, 8, tzinfo=UTC))
        an_archived(
            connection,
            source="blog",
            title="I saw a launch",
            text="Loud.",
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        an_archived(
            connection,
            source="daily",
            title="Report of the day",
            text="All is well.",
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    return create_app(engine, warc_dir=Path("warc"))


def ids(app: ASGIApp, query: str, name: str = "articles") -> list[int]:
    answer = ask(app, f"/v4/{name}/{query}")
    assert answer.status == 200, answer.text
    assert answer.json["count"] == len(answer.json["results"])
    return [each["id"] for each in answer.json["results"]]


def test_an_article_has_that_services_fields_in_their_order(app: ASGIApp) -> None:
    found = ask(app, "/v4/articles/1/").json
    assert list(found.items()) == [
        ("id", 1),
        ("title", "Artemis rolls out"),
        ("authors", [{"name": "Jane Doe", "socials": None}]),
        ("url", "https://nasa.example/1"),
        ("image_url", "https://nasa.example/i.jpg"),
        ("news_site", "NASA"),
        ("summary", "To the pad, slowly."),
        ("published_at", "2026-01-04T10:00:00.123456Z"),
        ("updated_at", "2025-06-01T12:00:00Z"),
        ("featured", False),
        ("launches", []),
        ("events", []),
    ]


def test_a_report_has_fewer_fields(app: ASGIApp) -> None:
    assert list(ask(app, "/v4/reports/6/").json) == [
        "id", "title", "authors", "url", "image_url", "news_site", "summary", "published_at", "updated_at",
    ]  # fmt: skip


def test_an_article_without_a_date_has_the_moment_it_was_first_seen(app: ASGIApp) -> None:
    found = ask(app, "/v4/articles/4/").json
    assert (found["published_at"], found["updated_at"]) == ("2025-06-01T12:00:00Z", "2026-02-01T08:00:00Z")


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/v4/articles/99/", 404, {"detail": "No Article matches the given query."}),
        ("/v4/blogs/1/", 404, {"detail": "No Blog matches the given query."}),
        ("/v4/reports/1/", 404, {"detail": "No Report matches the given query."}),
        ("/v4/articles/one/", 404, {"detail": "Not found."}),
        ("/v4/articles/99999999999999999999/", 404, {"detail": "No Article matches the given query."}),
        ("/v4/articles.json", 404, {"detail": "Not found."}),
        ("/v4/articles/?format=xml", 404, {"detail": "Not found."}),
        ("/v4/articles/?published_at_gte=soon", 400, {"published_at_gte": ["Enter a valid date/time."]}),
        (
            "/v4/articles/?ordering=title",
            400,
            {"ordering": ["Select a valid choice. title is not one of the available choices."]},
        ),
        ("/v4/articles/?launch=5", 400, {"launch": ["Enter a valid UUID."]}),
        ("/v4/articles/?event=x", 400, {"event": ["Enter a number."]}),
        ("/v4/articles/?title_contains=%00", 400, {"title_contains": ["Null characters are not allowed."]}),
        ("/v4/articles/?search=%00", 400, ["Null characters are not allowed."]),
        (
            "/v4/articles/?event=x&updated_at_lt=y",
            400,
            {"updated_at_lt": ["Enter a valid date/time."], "event": ["Enter a number."]},
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_in_that_services_words(
    app: ASGIApp, target: str, status: int, body
) -> None:
    answer = ask(app, target)
    assert (answer.status, answer.json) == (status, body)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("?format=json&unknown=1&search=&news_site=&ordering=", [1, 2, 3, 4]),
        ("?search=moon", [2, 3]),
        ("?search=moon,rock", [3]),
        ("?search=moon+nasa", [3]),
        ("?search=%22moon+rock%22", [3]),
        ("?search=%22rock+moon%22", []),
        ("?search=100%25", [2]),
        ("?search=n_l", [2]),
        ("?search=insurers", [2]),
        ("?title_contains=moon", [2, 3]),
        ("?title_contains_one=rock,artemis", [1, 3]),
        ("?title_contains_one=rock,", [1, 2, 3, 4]),
        ("?title_contains_all=moon,rock", [3]),
        ("?summary_contains=PAD", [1]),
        ("?summary_contains_one=pad,heavy", [1, 3]),
        ("?news_site=nasa", [1, 3]),
        ("?news_site=SpaceNews%2C+NASA", [1, 2, 3, 4]),
        ("?news_site=nobody", []),
        ("?news_site_exclude=nasa", [2, 4]),
        ("?published_at_gte=2026-01-03", [1, 2]),
        ("?published_at_gt=2026-01-03T00:00:00Z", [1]),
        ("?published_at_lte=2026-01-03T01:00:00%2B01:00", [2, 3, 4]),
        ("?published_at_lt=2026-01-02T12:00:00Z", [4]),
        ("?updated_at_gte=2026-01-01", [4]),
        ("?ordering=published_at", [4, 3, 2, 1]),
        ("?ordering=-updated_at,published_at", [4, 3, 2, 1]),
        ("?has_launch=true", []),
        ("?has_launch=maybe", [1, 2, 3, 4]),
        ("?has_event=false&is_featured=false", [1, 2, 3, 4]),
        ("?launch=0b8ce9a1-4b5b-4bd1-9c53-5a0b7d6b4c11", []),
        ("?event=1", []),
        ("?limit=0", [1, 2, 3, 4]),
        ("?limit=x&offset=-3", [1, 2, 3, 4]),
        ("?limit=99999999999999999999999", [1, 2, 3, 4]),
    ],
)
def test_filters_of_articles(app: ASGIApp, query: str, expected: list[int]) -> None:
    assert ids(app, query) == expected


def test_blogs_and_reports_are_lists_of_their_own(app: ASGIApp) -> None:
    assert ids(app, "", "blogs") == [5]
    assert ids(app, "?has_launch=true", "blogs") == []
    assert ids(app, "?has_launch=true&launch=no-uuid", "reports") == [6]


@pytest.mark.parametrize(
    ("query", "following", "previous", "found"),
    [
        ("?limit=1&news_site=SpaceNews%2C+NASA", "?limit=1&news_site=SpaceNews%2C+NASA&offset=1", None, [1]),
        ("?limit=2&offset=1", "?limit=2&offset=3", "?limit=2", [2, 3]),
        ("?offset=3&x=y&limit=1", None, "?limit=1&offset=2&x=y", [4]),
        ("?offset=20", None, "?limit=10&offset=10", []),
        ("?limit=999", None, None, [1, 2, 3, 4]),
        ("?limit=999&offset=600", None, "?limit=500&offset=100", []),
    ],
)
def test_pages_link_to_their_neighbours(app: ASGIApp, query: str, following, previous, found) -> None:
    answer = ask(app, f"/v4/articles/{query}").json
    assert list(answer) == ["count", "next", "previous", "results"]
    assert answer["count"] == 4
    assert answer["next"] == (following and f"{BASE}/articles/{following}")
    assert answer["previous"] == (previous and f"{BASE}/articles/{previous}")
    assert [each["id"] for each in answer["results"]] == found


def test_a_summary_is_the_beginning_of_the_text_where_the_page_had_none(app: ASGIApp) -> None:
    summary = ask(app, "/v4/articles/2/").json["summary"]
    assert summary == ("Insurers paid for the lander. " * 10).strip()


def test_information_names_the_sites_in_order(app: ASGIApp) -> None:
    found = ask(app, "/v4/info/").json
    assert found == {"version": "4.33.0", "news_sites": ["A Blog", "Daily Report", "NASA", "SpaceNews"]}


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/v4/articles", 301, "/v4/articles/"),
        ("/v4/articles?limit=1", 301, "/v4/articles/?limit=1"),
        ("/v4/blogs/5", 301, "/v4/blogs/5/"),
        ("/v4/info", 301, "/v4/info/"),
        ("/v4/", 302, "docs/"),
        ("/v4/docs/", 302, "/about#v4"),
    ],
)
def test_addresses_without_their_slash_move(app: ASGIApp, target: str, status: int, location: str) -> None:
    answer = ask(app, target)
    assert (answer.status, answer.headers["location"]) == (status, location)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(app: ASGIApp, method: str) -> None:
    answer = ask(app, "/v4/articles/", method=method)
    assert answer.status == 405
    assert answer.json == {"detail": f'Method "{method}" not allowed.'}
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_scripts_of_other_origins_may_read(app: ASGIApp) -> None:
    answer = ask(app, "/v4/articles/")
    assert answer.headers["access-control-allow-origin"] == "*"
    asked = ask(app, "/v4/articles/", method="OPTIONS", headers={"access-control-request-method": "GET"})
    assert (asked.status, asked.headers["access-control-allow-methods"]) == (204, "GET, HEAD, OPTIONS")


def test_head_has_the_headers_and_no_body(app: ASGIApp) -> None:
    answer = ask(app, "/v4/articles/", method="HEAD")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert int(answer.headers["content-length"]) > 100


def test_an_answer_that_the_asker_has_is_not_sent_again(app: ASGIApp) -> None:
    first = ask(app, "/v4/articles/")
    again = ask(app, "/v4/articles/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert ask(app, "/v4/articles/?limit=1", headers={"if-none-match": first.headers["etag"]}).status == 200


@pytest.mark.parametrize("host", ["", "a b", "evil\"'>", "x/y", "a@b"])
def test_a_host_that_is_none_is_refused(app: ASGIApp, host: str) -> None:
    assert ask(app, "/v4/articles/?limit=1", host=host).status == 400


@pytest.mark.parametrize(
    "name", ["search", "title_contains", "news_site", "published_at_gte", "ordering", "limit", "id"]
)
@pytest.mark.parametrize(
    "value", ["'; DROP TABLE article; --", "\x00", "％_\\", "\ud800", "💥" * 50, "١٢", "1e9", '"', "9" * 500]
)
def test_hostile_values_are_answered_or_refused(app: ASGIApp, name: str, value: str) -> None:
    answer = ask(app, f"/v4/articles/?{name}={quote(value.encode('utf-8', 'surrogatepass'))}")
    assert answer.status in (200, 400)
