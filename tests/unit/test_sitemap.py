"""Sitemaps: protocol, Google News, gzip, and what hostile ones may cost."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from spiders.discovery.dates import Stamp, w3c_stamp
from spiders.discovery.sitemap import ChildSitemap, SitemapEntry, SitemapResult, parse_sitemap

URL = "https://moon.example/sitemap.xml"
NS = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def at(*parts: int, precision: str = "second") -> Stamp:
    return Stamp(at=datetime(*parts, tzinfo=UTC), precision=precision)


def urlset(*entries: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {NS}>{"".join(entries)}</urlset>'.encode()


def index(*entries: str) -> bytes:
    return f"<sitemapindex {NS}>{''.join(entries)}</sitemapindex>".encode()


ONE = "<url><loc>https://moon.example/1</loc></url>"
ONE_RESULT = SitemapResult(entries=(SitemapEntry(url="https://moon.example/1"),))


def test_news_sitemap_entry_with_everything() -> None:
    body = urlset(
        "<url><loc>\n https://moon.example/a?x=1&amp;y=2 </loc><lastmod>2024-05-07</lastmod>"
        "<image:image><image:loc>https://moon.example/i.jpg</image:loc><image:title>I</image:title></image:image>"
        "<news:news><news:publication><news:name>Moon</news:name></news:publication>"
        "<news:publication_date>2024-05-06T10:00:00+02:00</news:publication_date>"
        "<news:title>Lander &amp; rover</news:title></news:news></url>"
    )
    assert parse_sitemap(body, url=URL).entries == (
        SitemapEntry(
            url="https://moon.example/a?x=1&y=2",
            lastmod=at(2024, 5, 7, precision="day"),
            published=at(2024, 5, 6, 8, 0),
            title="Lander & rover",
        ),
    )


def test_index_gives_children_newest_first() -> None:
    body = index(
        "<sitemap><loc>/posts-1.xml</loc></sitemap>",
        "<sitemap><loc>/posts-12.xml</loc></sitemap>",
        "<sitemap><loc>/a.xml</loc><lastmod>2023-01-01</lastmod></sitemap>",
        "<sitemap><loc>/b.xml</loc><lastmod>2024-01-01T00:00:00Z</lastmod></sitemap>",
    )
    result = parse_sitemap(body, url=URL)
    assert [child.url.rpartition("/")[2] for child in result.children] == [
        "b.xml",
        "a.xml",
        "posts-12.xml",
        "posts-1.xml",
    ]
    assert result.children[0] == ChildSitemap(url="https://moon.example/b.xml", lastmod=at(2024, 1, 1, 0, 0))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(urlset(ONE), id="plain"),
        pytest.param(gzip.compress(urlset(ONE)), id="gzip"),
        pytest.param(gzip.compress(gzip.compress(urlset(ONE))), id="gzip twice"),
        pytest.param(gzip.compress(urlset(ONE)[:99]) + gzip.compress(urlset(ONE)[99:]), id="two gzip members"),
        pytest.param(b"\xef\xbb\xbf\n" + urlset(ONE), id="byte order mark and blank line"),
        pytest.param(f"<urlset>{ONE}</urlset>".encode(), id="no namespace"),
        pytest.param(urlset(ONE).replace(b"sitemap/0.9", b"sitemap/0.84"), id="old namespace"),
        pytest.param(urlset("<url><loc><![CDATA[https://moon.example/1]]></loc></url>"), id="CDATA"),
        pytest.param(
            urlset("<!-- c -->", "<url><loc>https://moon.example/1</loc><loc>/2</loc></url>"), id="first loc counts"
        ),
        pytest.param(b"https://moon.example/1\r\n\n", id="plain text"),
    ],
)
def test_forms_of_one_sitemap(body: bytes) -> None:
    assert parse_sitemap(body, url=URL) == ONE_RESULT


def test_bare_ampersands_are_mended() -> None:
    result = parse_sitemap(urlset("<url><loc>https://moon.example/?a=1&b=2&amp;c=3</loc></url>"), url=URL)
    assert [entry.url for entry in result.entries] == ["https://moon.example/?a=1&b=2&c=3"]
    assert result.problems[0].startswith("not well-formed")


def test_half_characters_do_no_harm() -> None:
    bad = "<url><loc>https://moon.example/&#xD800;</loc></url>"
    assert parse_sitemap(urlset(ONE, bad), url=URL).entries[0] == ONE_RESULT.entries[0]
    raw = urlset(ONE, bad).replace(b"&#xD800;", b"\xed\xa0\x80")
    assert parse_sitemap(raw, url=URL).entries[:1] == ONE_RESULT.entries


def test_a_cut_sitemap_gives_what_came() -> None:
    body = urlset(ONE, "<url><loc>https://moon.example/2</loc></url>")
    assert [entry.url for entry in parse_sitemap(body[:-30], url=URL).entries] == ["https://moon.example/1"]
    cut = parse_sitemap(gzip.compress(body)[:-12], url=URL)
    assert cut.entries[0].url == "https://moon.example/1"
    assert "gzip ends early" in cut.problems


def test_entries_without_address_are_counted() -> None:
    result = parse_sitemap(urlset("<url><loc>mailto:x@moon.example</loc></url>", "<url/>", ONE), url=URL)
    assert (result.entries, result.problems) == (ONE_RESULT.entries, ("2 entries without an http URL",))


def test_reading_stops_at_the_limit_of_urls() -> None:
    result = parse_sitemap(urlset(*(ONE.replace("/1<", f"/{n}<") for n in range(4))), url=URL, max_urls=3)
    assert [entry.url[-1] for entry in result.entries] == ["0", "1", "2"]
    assert result.problems == ("more than 3 URLs or 2000000 elements: the rest was not read",)


def test_reading_stops_at_the_limit_of_bytes() -> None:
    bomb = gzip.compress(urlset(ONE, " " * 20_000_000))
    result = parse_sitemap(bomb, url=URL, max_bytes=100_000)
    assert result.entries == ONE_RESULT.entries
    assert "larger than 100000 bytes: the rest was not read" in result.problems


def test_entities_are_neither_opened_nor_multiplied(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    doctype = f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY a0 "ha">{laughs}]>'
    for reference in ("&x;", "&a11;"):
        body = f"{doctype}<urlset><url><loc>https://moon.example/{reference}</loc></url>{ONE}</urlset>".encode()
        result = parse_sitemap(body, url=URL)
        assert "hush" not in repr(result)
        assert len(repr(result)) < 10_000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty_body", id="empty"),
        pytest.param(b"<html><body>Not found</body></html>", "not_a_sitemap", id="HTML"),
        pytest.param(b"<!doctype html><html lang=en><p>Not found", "not_a_sitemap", id="HTML5"),
        pytest.param(b'<rss version="2.0"><channel/></rss>', "is_feed", id="RSS"),
        pytest.param(b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "is_feed", id="Atom"),
        pytest.param(b"\x1f\x8b\x08 nonsense", "unreadable", id="damaged gzip"),
    ],
)
def test_what_is_no_sitemap_has_a_reason(body: bytes, reason: str) -> None:
    result = parse_sitemap(body, url=URL)
    assert (result.entries, result.children, result.reason) == ((), (), reason)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("2024", at(2024, 1, 1, precision="unknown"), id="year"),
        pytest.param("2024-05", at(2024, 5, 1, precision="unknown"), id="month"),
        pytest.param("2024-05-07", at(2024, 5, 7, precision="day"), id="day"),
        pytest.param("2024-05-07T10:30Z", at(2024, 5, 7, 10, 30, precision="minute"), id="minute"),
        pytest.param("2024-05-07T10:30:15.123+0900", at(2024, 5, 7, 1, 30, 15), id="fraction and offset"),
        pytest.param("2024-02-30", None, id="no such day"),
        pytest.param("0001-01-01T00:00:00+01:00", None, id="before time"),
        pytest.param("1950-01-01", None, id="before Sputnik"),
        pytest.param("yesterday", None, id="words"),
    ],
)
def test_w3c_dates(printed: str, expected: Stamp | None) -> None:
    assert w3c_stamp(printed) == expected
