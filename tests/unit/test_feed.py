"""Feeds of every kind, as servers really send them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from spiders.discovery.dates import Stamp
from spiders.discovery.feed import FeedItem, FeedResult, parse_feed

URL = "https://moon.example/feed/"


def at(*parts: int, precision: str = "second") -> Stamp:
    return Stamp(at=datetime(*parts, tzinfo=UTC), precision=precision)


def rss(*items: str, head: str = "") -> bytes:
    spaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    channel = f"<channel><title>Moon</title>{head}{''.join(items)}</channel>"
    return f'<?xml version="1.0"?><rss version="2.0" {spaces}>{channel}</rss>'.encode()


def only(result: FeedResult) -> FeedItem:
    assert len(result.items) == 1, result
    return result.items[0]


def test_rss_item_with_everything() -> None:
    body = rss(
        "<item><title>Lander touches down</title><link>https://moon.example/2024/05/lander/?utm_source=rss</link>"
        '<guid isPermaLink="false">moon-17</guid><pubDate>Mon, 06 May 2024 10:00:00 +0200</pubDate>'
        "<description>Short.</description><content:encoded><![CDATA[<p>All of it.</p>]]></content:encoded></item>"
    )

    result = parse_feed(body, url=URL)

    assert only(result) == FeedItem(
        url="https://moon.example/2024/05/lander/?utm_source=rss",
        guid="moon-17",
        title="Lander touches down",
        published=at(2024, 5, 6, 8, 0),
        content_html="<p>All of it.</p>",
    )
    assert (result.version, result.title, result.problems, result.reason) == ("rss20", "Moon", (), None)


def test_rss_091_without_dates_or_guids() -> None:
    body = b'<rss version="0.91"><channel><title>Old</title><item><title>A</title><link>http://moon.example/a.html</link></item></channel></rss>'
    assert only(parse_feed(body, url=URL)) == FeedItem(url="http://moon.example/a.html", title="A")


def test_rdf_in_windows_1251_takes_dc_date_as_publication() -> None:
    body = (
        '<?xml version="1.0" encoding="windows-1251"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<item rdf:about="http://luna.example/1"><title>Запуск «Союза»</title><link>http://luna.example/1</link>'
        "<dc:date>2024-05-06</dc:date></item></rdf:RDF>"
    ).encode("cp1251")

    item = only(parse_feed(body, url=URL, content_type="text/xml"))

    assert (item.title, item.published) == ("Запуск «Союза»", at(2024, 5, 6, precision="day"))


def test_charset_of_the_header_is_used_where_the_prolog_has_none() -> None:
    body = rss("<item><title>PLACE</title><link>/1</link></item>").replace(b"PLACE", "Луна".encode("koi8-r"))
    assert only(parse_feed(body, url=URL, content_type="application/rss+xml; charset=koi8-r")).title == "Луна"


def test_utf_16_feed() -> None:
    item = "<item><title>é</title><link>/1</link></item>"
    text = f'<?xml version="1.0" encoding="utf-16"?><rss version="2.0"><channel>{item}</channel></rss>'
    assert only(parse_feed(text.encode("utf-16"), url=URL)).title == "é"


def test_atom_resolves_links_by_xml_base_and_never_takes_updated_for_published() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://moon.example/blog/">
      <title>Moon</title><link rel="next" href="?page=2"/>
      <entry xml:base="2024/"><title type="html">&lt;b&gt;Bold&lt;/b&gt; claim</title><id>tag:moon,1</id>
      <link rel="self" href="self.xml"/><link rel="alternate" href="one.html"/>
      <updated>2024-05-06T10:00:00Z</updated><content type="html">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>"""

    result = parse_feed(body, url=URL)

    assert only(result) == FeedItem(
        url="https://moon.example/blog/2024/one.html",
        guid="tag:moon,1",
        title="Bold claim",
        updated=at(2024, 5, 6, 10, 0),
        content_html="<p>x</p>",
    )
    assert (result.version, result.next_url) == ("atom10", "https://moon.example/blog/?page=2")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param("<link>/news/1</link>", "https://moon.example/news/1", id="relative"),
        pytest.param("<link>\n  https://moon.example/a b \n</link>", "https://moon.example/a%20b", id="white space"),
        pytest.param("<guid>https://moon.example/g</guid>", "https://moon.example/g", id="guid is the address"),
        pytest.param(
            "<link>https://proxy.example/~r/1</link><feedburner:origLink>https://moon.example/o</feedburner:origLink>",
            "https://moon.example/o",
            id="FeedBurner",
        ),
        pytest.param("<link>https://moon.example/x#comments</link>", "https://moon.example/x", id="fragment"),
    ],
)
def test_address_of_an_item(item: str, expected: str) -> None:
    assert only(parse_feed(rss(f"<item><title>T</title>{item}</item>"), url=URL)).url == expected


@pytest.mark.parametrize(
    "item",
    [
        "<guid isPermaLink='false'>7</guid>",
        "<link>javascript:alert(1)</link>",
        "<link>ftp://moon.example/x</link>",
        "<link></link>",
    ],
)
def test_items_without_an_http_address_are_left_out_and_counted(item: str) -> None:
    result = parse_feed(rss(f"<item><title>T</title>{item}</item>"), url=URL)
    assert (result.items, result.problems, result.reason) == ((), ("1 items without an http link",), None)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("Tue, 07 May 2024 23:30:00 -0500", at(2024, 5, 8, 4, 30), id="offset"),
        pytest.param("Tue, 07 May 2024 12:00:00 EST", at(2024, 5, 7, 17, 0), id="zone name"),
        pytest.param("2024-05-07T12:00+09:00", at(2024, 5, 7, 3, 0, precision="minute"), id="minutes only"),
        pytest.param("07 May 2024", at(2024, 5, 7, precision="day"), id="a day"),
        pytest.param("Thu, 01 Jan 1970 00:00:00 +0000", at(1970, 1, 1), id="epoch"),
        pytest.param("Mon, 01 Jan 0001 00:00:00 GMT", None, id="before Sputnik"),
        pytest.param("вчера", None, id="not a date"),
    ],
)
def test_date_of_an_item(printed: str, expected: Stamp | None) -> None:
    item = only(parse_feed(rss(f"<item><link>/1</link><pubDate>{printed}</pubDate></item>"), url=URL))
    assert item.published == expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("A &amp;#8217; B", "A ’ B", id="escaped twice"),
        pytest.param("&lt;em&gt;Starship&lt;/em&gt; flies", "Starship flies", id="markup"),
        pytest.param("Launch cost &lt; $5 million", "Launch cost < $5 million", id="less than"),
        pytest.param("  two\n lines ", "two lines", id="white space"),
        pytest.param("R&amp;D", "R&D", id="ampersand"),
        pytest.param("", None, id="empty"),
    ],
)
def test_title_of_an_item(printed: str, expected: str | None) -> None:
    assert only(parse_feed(rss(f"<item><title>{printed}</title><link>/1</link></item>"), url=URL)).title == expected


def test_lone_surrogate_references_do_no_harm() -> None:
    body = rss("<item><title>a&#xD800;b&#56320;c</title><link>/1</link></item>")
    result = parse_feed(body, url=URL)
    assert only(result).title == "a\ufffdb\ufffdc"
    assert result.problems == ("2 references to lone surrogates",)


def test_control_characters_do_no_harm() -> None:
    result = parse_feed(rss("<item><title>a\x00b\x0bc</title><link>/1</link></item>"), url=URL)
    assert (only(result).title, result.problems) == ("abc", ("2 control characters",))


def test_broken_xml_gives_what_can_be_read() -> None:
    body = rss("<item><title>One & two</title><link>/1</link></item><item><title>Cut")[:-20]
    result = parse_feed(body, url=URL)
    assert [item.url for item in result.items] == ["https://moon.example/1"]
    assert result.problems[0].startswith("not well-formed")


def test_external_entities_are_not_opened(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    result = parse_feed(doctype + rss("<item><title>t &x;</title><link>/1</link></item>")[21:], url=URL)
    assert "hush" not in repr(result)


def test_items_past_the_limit_are_left_out_and_counted() -> None:
    body = rss(*(f"<item><link>/{number}</link></item>" for number in range(5)))
    result = parse_feed(body, url=URL, max_items=2)
    assert [item.url for item in result.items] == ["https://moon.example/0", "https://moon.example/1"]
    assert result.problems == ("3 items past the first 2",)


def test_a_flood_of_tags_is_not_parsed() -> None:
    result = parse_feed(rss("<item><link>/1</link>" + "<a>" * 300_000 + "</item>"), url=URL)
    assert result.items == ()
    assert "1 items past the first 0" in result.problems


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty_body", id="empty"),
        pytest.param(b" \n\xef\xbb\xbf", "empty_body", id="blank"),
        pytest.param(b"<html><head><title>Moved</title></head><body>hello</body></html>", "not_a_feed", id="HTML"),
        pytest.param(b"Not found", "not_a_feed", id="text"),
        pytest.param(b'{"error": 404}', "not_a_feed", id="other JSON"),
        pytest.param(b'{"version":', "unreadable", id="cut JSON"),
        pytest.param(b'{"a":' * 100_000, "unreadable", id="deep JSON"),
    ],
)
def test_what_is_no_feed_has_a_reason(body: bytes, reason: str) -> None:
    result = parse_feed(body, url=URL)
    assert (result.items, result.reason) == ((), reason)


def test_a_feed_without_items_is_a_feed() -> None:
    assert parse_feed(rss(), url=URL) == FeedResult(version="rss20", title="Moon")


def test_a_body_over_the_limit_is_not_parsed() -> None:
    assert parse_feed(rss(), url=URL, max_bytes=10).reason == "too_large"


def test_json_feed() -> None:
    body = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "Moon", "next_url": "/feed.json?p=2", "items": [
      {"id": 1, "url": "/x", "title": "T \\ud800", "date_published": "2024-05-06T10:00:00+09:00",
       "date_modified": "2024-05-07T10:00:00Z", "content_html": "<p>x"},
      {"id": "https://moon.example/2", "title": 5, "content_text": "y"}, {"id": "none"}, 3]}"""

    result = parse_feed(body, url=URL, content_type="application/feed+json")

    assert result.items == (
        FeedItem(
            url="https://moon.example/x",
            guid="1",
            title="T",
            published=at(2024, 5, 6, 1, 0),
            updated=at(2024, 5, 7, 10, 0),
            content_html="<p>x",
        ),
        FeedItem(url="https://moon.example/2", guid="https://moon.example/2"),
    )
    assert (result.version, result.next_url) == ("json", "https://moon.example/feed.json?p=2")
    assert result.problems == ("2 items without an http link",)
