"""A query as a feed, read back by a feed reader."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest
from lxml import etree
from sqlalchemy import Engine
from starlette.types import ASGIApp

from archive.web.app import create_app
from tests.archived import a_source, an_archived
from tests.web import ask

HOSTILE = "<b>&amp; \x0b]]> \ufffe 火星 \"'"


@pytest.fixture
def app(engine: Engine) -> ASGIApp:
    with engine.begin() as connection:
        a_source(connection, "wire", name="The Wire")
        an_archived(
            connection,
            source="wire",
            title="Comet seen",
            text="A comet was seen.",
            authors=["Jane Doe", "Ann Lee"],
            published_at=datetime(2025, 3, 12, 8, 30, 0, 5, tzinfo=UTC),
        )
        an_archived(connection, source="wire", title=f"Comet {HOSTILE}", text="Undated.", authors=[HOSTILE], lang=None)
        an_archived(
            connection, source="wire", title="Moon", text="No tail.", published_at=datetime(2025, 1, 1, tzinfo=UTC)
        )
    return create_app(engine, warc_dir=Path("warc"))


@pytest.mark.parametrize(("name", "version"), [("atom", "atom10"), ("rss", "rss20")])
def test_a_feed_reader_reads_what_answers_newest_first(app: ASGIApp, name: str, version: str) -> None:
    answer = ask(app, f"/feed?q=comet&format={name}")
    assert answer.headers["content-type"] == f"application/{name}+xml"
    found = feedparser.parse(answer.body)
    assert (found.bozo, found.version) == (False, version)
    assert found.feed.title == "Space news: comet"
    assert [entry.link for entry in found.entries] == ["https://wire.example/1", "https://wire.example/2"]
    assert [entry.id for entry in found.entries] == ["tag:wire.example,2025-06-01:1", "tag:wire.example,2025-06-01:2"]
    assert found.entries[0].title == "Comet seen"
    assert found.entries[0].published_parsed[:6] == (2025, 3, 12, 8, 30, 0)
    assert found.entries[0].summary == "A comet was seen."
    assert [author.name for author in found.entries[0].authors] in (["Jane Doe", "Ann Lee"], ["Jane Doe"], ["Ann Lee"])


def test_atom_has_what_the_rules_ask_for(app: ASGIApp) -> None:
    """RFC 4287 §4.1: id, title, updated of the feed and of every entry, an author of each, a link to itself."""
    root = etree.fromstring(ask(app, "/feed").body)
    names = {"a": "http://www.w3.org/2005/Atom"}
    for element in [root, *root.findall("a:entry", names)]:
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"a:{name}", names)) == 1
    for entry in root.findall("a:entry", names):
        assert entry.findtext("a:author/a:name", namespaces=names)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", entry.findtext("a:updated", namespaces=names))
    assert root.find("a:link[@rel='self']", names).get("href") == "http://here:8000/feed"


def test_rss_has_what_the_rules_ask_for(app: ASGIApp) -> None:
    channel = etree.fromstring(ask(app, "/feed?format=rss").body).find("channel")
    assert [channel.findtext(name) for name in ("title", "link", "description")] == [
        "Space news",
        "http://here:8000/?order=newest",
        "Space news",
    ]
    assert [item.findtext("pubDate") for item in channel.findall("item")] == [
        "Wed, 12 Mar 2025 08:30:00 GMT",
        "Wed, 01 Jan 2025 00:00:00 GMT",
        "Sun, 01 Jun 2025 12:00:00 GMT",  # nobody says when: first seen
    ]
    assert {item.find("guid").get("isPermaLink") for item in channel.findall("item")} == {"false"}


def test_json_feed_holds_the_same(app: ASGIApp) -> None:
    answer = ask(app, "/feed?q=comet&format=json")
    assert answer.headers["content-type"] == "application/feed+json"
    found = json.loads(answer.body)
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["items"][0] == {
        "id": "tag:wire.example,2025-06-01:1",
        "url": "https://wire.example/1",
        "title": "Comet seen",
        "content_text": "A comet was seen.",
        "date_published": "2025-03-12T08:30:00.000005Z",
        "authors": [{"name": "Jane Doe"}, {"name": "Ann Lee"}],
        "language": "en",
    }
    assert "language" not in found["items"][1]


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_hostile_titles_stay_text(app: ASGIApp, name: str) -> None:
    found = feedparser.parse(ask(app, f"/feed?q={quote('火星')}&format={name}").body)
    assert not found.bozo
    text = etree.fromstring(ask(app, f"/feed?q={quote('火星')}&format={name}").body)
    titles = [element.text for element in text.iter() if etree.QName(element).localname == "title"]
    assert "Comet <b>&amp; ]]>  火星 \"'" in titles


def test_an_empty_feed_is_valid_and_a_wrong_query_is_refused(app: ASGIApp) -> None:
    assert feedparser.parse(ask(app, "/feed?q=nothing").body).bozo is False
    assert ask(app, "/feed?q=(").status == 400
    assert ask(app, "/feed?format=xml").json["parameter"] == "format"


def test_a_feed_that_did_not_change_is_not_sent_again(app: ASGIApp) -> None:
    first = ask(app, "/feed?q=comet")
    assert ask(app, "/feed?q=comet", headers={"if-none-match": first.headers["etag"]}).status == 304
