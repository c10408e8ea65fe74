"""The spider's callbacks: what each kind of answer becomes."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils.test import get_crawler
from twisted.python.failure import Failure

from archive.digests import digest_of
from archive.errors import CaptureError
from archive.model import Capture, Discovered, Fetched, Locator, Missed, Polled
from spiders.registry import Endpoint, Source, UrlRules
from spiders.source import SourceSpider
from spiders.visits import Limits

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOME = "https://moon.example/"
FEED = "https://moon.example/feed"
INDEX = "https://moon.example/sitemap.xml"
LIST = "https://moon.example/news/"


def a_source(*endpoints: Endpoint, **changes: Any) -> Source:
    given = endpoints or (Endpoint(kind="feed", url=FEED),)
    return Source(
        **{"id": "moon", "name": "Moon", "homepage": HOME, "host_group": "moon", "endpoints": given, **changes}
    )


def a_spider(*sources: Source, **arguments: Any) -> SourceSpider:
    crawler = get_crawler(SourceSpider, {"PERILUNE_CAPTURE": arguments.pop("is_capturing", False)})
    return SourceSpider.from_crawler(crawler, sources=sources or (a_source(),), now=lambda: NOW, **arguments)


def start_requests(spider: SourceSpider) -> list[Request]:
    async def collect() -> list[Request]:
        return [request async for request in spider.start()]

    return asyncio.run(collect())


def answer(
    request: Request,
    body: bytes = b"",
    *,
    status: int = 200,
    url: str = "",
    headers: Mapping[str, str] | None = None,
    **meta: Any,
) -> Response:
    request.meta.update(meta)
    return Response(url or request.url, status=status, body=body, headers=headers or {}, request=request)


def parsed(spider: SourceSpider, response: Response) -> list[Any]:
    async def collect() -> list[Any]:
        return [thing async for thing in spider.parse_endpoint(response)]

    return asyncio.run(collect())


def of_kind(things: list[Any], kind: type) -> list[Any]:
    return [thing for thing in things if isinstance(thing, kind)]


def rss(*links: str, date: str = "Sun, 01 Mar 2026 10:00:00 GMT") -> bytes:
    items = "".join(
        f"<item><title>T</title><guid>g{link}</guid><link>{link}</link><pubDate>{date}</pubDate></item>"
        for link in links
    )
    return f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()


def urlset(*links: str) -> bytes:
    return f"<urlset>{''.join(f'<url><loc>{link}</loc></url>' for link in links)}</urlset>".encode()


def index(**children: str) -> bytes:
    entries = "".join(
        f"<sitemap><loc>/{name}.xml</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>"
        for name, day in children.items()
    )
    return f"<sitemapindex>{entries}</sitemapindex>".encode()


def a_capture(request: Request) -> Capture:
    return Capture(
        source_id="moon",
        run_id=1,
        target_uri=request.url,
        status=200,
        mime_type="text/html",
        captured_at=NOW - timedelta(seconds=5),
        warc_record_id="<urn:uuid:1>",
        payload_digest="sha256:aa",
        locator=Locator(filename="a.warc.gz", offset=0, length=1),
    )


def test_endpoints_take_turns_and_share_their_groups_slot() -> None:
    other = a_source(Endpoint(kind="feed", url="https://sun.example/feed"), id="sun", homepage="https://sun.example/")
    moon = a_source(Endpoint(kind="feed", url=FEED), Endpoint(kind="sitemap", url=INDEX))

    requests = start_requests(a_spider(moon, other))

    assert [request.url for request in requests] == [FEED, "https://sun.example/feed", INDEX]
    assert [request.meta["source_id"] for request in requests] == ["moon", "sun", "moon"]
    assert {request.meta["kind"] for request in requests} == {"endpoint"}
    assert {request.meta["download_slot"] for request in requests} == {"moon"}
    assert all(request.dont_filter and request.meta["handle_httpstatus_all"] for request in requests)


def test_a_feed_becomes_discoveries_and_an_outcome() -> None:
    spider = a_spider()
    [request] = start_requests(spider)
    body = rss("https://moon.example/1?utm_source=rss")

    things = parsed(
        spider, answer(request, body, headers={"ETag": '"1"', "Last-Modified": "Sun, 01 Mar 2026 10:00:00 GMT"})
    )

    assert things == [
        Discovered(
            source_id="moon",
            url="https://moon.example/1?utm_source=rss",
            discovered_via="feed",
            endpoint_url=FEED,
            discovered_at=NOW,
            guid="ghttps://moon.example/1?utm_source=rss",
            title="T",
            published_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
        ),
        Polled(
            source_id="moon",
            endpoint_url=FEED,
            kind="feed",
            polled_at=NOW,
            status=200,
            announced=1,
            etag='"1"',
            last_modified="Sun, 01 Mar 2026 10:00:00 GMT",
            payload_digest=digest_of(body),
        ),
    ]


@pytest.mark.parametrize(
    ("status", "body"), [pytest.param(304, b"", id="304"), pytest.param(200, rss("/1"), id="same digest")]
)
def test_an_unchanged_endpoint_is_not_parsed(status: int, body: bytes) -> None:
    digest = digest_of(rss("/1"))
    spider = a_spider(endpoint_states={FEED: digest})
    [request] = start_requests(spider)

    [polled] = parsed(spider, answer(request, body, status=status))

    assert (polled.is_unchanged, polled.reason, polled.payload_digest) == (True, None, digest)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        pytest.param(404, b"", "http_404", id="404"),
        pytest.param(503, b"", "http_5xx", id="503"),
        pytest.param(418, b"", "http_4xx", id="418"),
        pytest.param(200, b"", "empty_body", id="empty"),
        pytest.param(200, b"<html><p>Hello", "not_a_feed", id="a page"),
    ],
)
def test_a_failing_endpoint_has_a_reason(status: int, body: bytes, reason: str) -> None:
    spider = a_spider()
    [request] = start_requests(spider)
    [polled] = parsed(spider, answer(request, body, status=status))
    assert (polled.status, polled.reason, polled.announced) == (status, reason, 0)


def test_an_endpoint_without_answer_has_a_reason() -> None:
    spider = a_spider()
    [request] = start_requests(spider)
    failure = Failure(DownloadTimeoutError("30 s"))
    failure.request = request

    assert list(spider.endpoint_failed(failure)) == [
        Polled(source_id="moon", endpoint_url=FEED, kind="feed", polled_at=NOW, status=None, reason="timeout")
    ]


def test_what_is_outside_of_the_source_is_counted_and_dropped() -> None:
    rules = UrlRules(allow=(re.compile("^/news/"),), deny=(re.compile("/live/"),))
    spider = a_spider(a_source(urls=rules))
    [request] = start_requests(spider)
    links = (
        "/news/1",
        "https://elsewhere.example/news/2",
        "/news/live/3",
        "/shop/4",
        "https://blog.moon.example/news/5",
    )

    things = parsed(spider, answer(request, rss(*links)))

    found = of_kind(things, Discovered)
    assert [one.url for one in found] == ["https://moon.example/news/1", "https://blog.moon.example/news/5"]
    assert things[-1].announced == 2
    stats = spider.crawler.stats.get_stats()
    assert {name: stats[name] for name in stats if name.startswith("discovery/")} == {
        "discovery/off_site": 1,
        "discovery/denied": 1,
        "discovery/not_allowed": 1,
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({}, 0, id="max_age of the source"),
        pytest.param({"since": datetime(2025, 1, 1, tzinfo=UTC)}, 1, id="since of the run wins"),
        pytest.param({"since": "2025-01-01"}, 1, id="since as text"),
    ],
)
def test_old_articles_are_dropped(arguments: dict[str, Any], expected: int) -> None:
    spider = a_spider(a_source(max_age=timedelta(days=30)), **arguments)
    [request] = start_requests(spider)
    things = parsed(spider, answer(request, rss("/1", date="Thu, 01 Jan 2026 10:00:00 GMT")))
    assert len(of_kind(things, Discovered)) == expected


def test_an_index_is_settled_when_its_children_are() -> None:
    spider = a_spider(a_source(Endpoint(kind="sitemap", url=INDEX)))
    [request] = start_requests(spider)

    first, second = parsed(spider, answer(request, index(a="2026-02-01", b="2026-02-02")))
    assert [first.url, second.url] == ["https://moon.example/b.xml", "https://moon.example/a.xml"]

    things = parsed(spider, answer(first, urlset("/2026/news-of-the-day")))
    assert [type(thing).__name__ for thing in things] == ["Discovered", "Polled"]
    assert (things[0].discovered_via, things[0].endpoint_url) == ("sitemap", "https://moon.example/b.xml")

    _, child, whole = parsed(spider, answer(second, urlset("/2026/news-of-that-day")))
    assert (child.endpoint_url, whole.endpoint_url) == ("https://moon.example/a.xml", INDEX)
    assert whole.payload_digest == digest_of(index(a="2026-02-01", b="2026-02-02"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(index(a="2026-02-01"), 500, id="a child failed"),
        pytest.param(index(a=""), 200, id="a child says no lastmod"),
    ],
)
def test_an_index_that_says_too_little_is_asked_in_full_next_time(body: bytes, status: int) -> None:
    spider = a_spider(a_source(Endpoint(kind="sitemap", url=INDEX)))
    [request] = start_requests(spider)
    [child] = parsed(spider, answer(request, body, headers={"ETag": '"1"'}))

    *_, whole = parsed(spider, answer(child, urlset("/a-b-c-d"), status=status))

    assert (whole.endpoint_url, whole.etag, whole.payload_digest, whole.reason) == (INDEX, None, None, None)


def test_children_not_modified_since_the_last_visit_are_left_out() -> None:
    visited = {"https://moon.example/a.xml": datetime(2026, 2, 20, tzinfo=UTC)}
    spider = a_spider(a_source(Endpoint(kind="sitemap", url=INDEX)), polled_at=visited)
    [request] = start_requests(spider)

    things = parsed(spider, answer(request, index(a="2026-02-01", b="2026-02-02")))

    assert [one.url for one in of_kind(things, Request)] == ["https://moon.example/b.xml"]


def test_children_are_limited_in_number_depth_and_place() -> None:
    limits = Limits(child_sitemaps=2, sitemap_depth=1)
    spider = a_spider(a_source(Endpoint(kind="sitemap", url=INDEX)), limits=limits)
    [request] = start_requests(spider)
    off_site = (
        b"<sitemap><loc>https://elsewhere.example/s.xml</loc><lastmod>2026-02-28</lastmod></sitemap></sitemapindex>"
    )
    body = index(a="2026-02-01", b="2026-02-02").replace(b"</sitemapindex>", off_site)

    things = parsed(spider, answer(request, body))
    assert [one.url for one in of_kind(things, Request)] == ["https://moon.example/b.xml"]

    deeper = parsed(spider, answer(of_kind(things, Request)[0], index(c="2026-02-01")))
    assert of_kind(deeper, Request) == []


def test_a_sitemap_that_names_itself_ends() -> None:
    spider = a_spider(a_source(Endpoint(kind="sitemap", url=INDEX)))
    [request] = start_requests(spider)
    things = parsed(spider, answer(request, index(sitemap="2026-02-01")))
    assert [type(thing) for thing in things] == [Polled]


def listing_page(number: int) -> bytes:
    link = f'<li><a href="/news/probe-finds-water-{number}">Probe finds water again, number {number}</a></li>'
    return f'<ul>{link}</ul><a rel="next" href="/news/?page={number + 1}">Next</a>'.encode()


def test_a_listing_is_walked_page_by_page_up_to_its_limit() -> None:
    spider = a_spider(a_source(Endpoint(kind="listing", url=LIST, max_pages=2)))
    [request] = start_requests(spider)

    found, second, polled = parsed(spider, answer(request, listing_page(1)))
    assert (found.url, found.discovered_via) == ("https://moon.example/news/probe-finds-water-1", "listing")
    assert (second.url, polled.endpoint_url) == ("https://moon.example/news/?page=2", LIST)

    [last] = parsed(spider, answer(second, listing_page(2)))
    assert last.url == "https://moon.example/news/probe-finds-water-2"


def test_a_missing_last_page_is_no_failure_of_the_listing() -> None:
    spider = a_spider(a_source(Endpoint(kind="listing", url=LIST, max_pages=2)))
    [request] = start_requests(spider)
    _, second, _ = parsed(spider, answer(request, listing_page(1)))
    assert parsed(spider, answer(second, b"", status=404)) == []


def of_article(spider: SourceSpider, response: Response) -> list[Any]:
    async def collect() -> list[Any]:
        return [thing async for thing in spider.parse_article(response)]

    return asyncio.run(collect())


def an_article(url: str = "https://moon.example/1") -> Discovered:
    return Discovered(source_id="moon", url=url, discovered_via="feed", endpoint_url=FEED, discovered_at=NOW)


def test_an_article_request_carries_what_others_need() -> None:
    request = a_spider().article_request(an_article())
    assert request.meta == {
        "source_id": "moon",
        "kind": "article",
        "discovered": an_article(),
        "download_slot": "moon",
        "download_timeout": 60.0,
        "handle_httpstatus_all": True,
    }


def test_a_page_is_fetched_with_its_capture_and_body() -> None:
    spider = a_spider(is_capturing=True)
    request = spider.article_request(an_article())
    capture = a_capture(request)

    [fetched] = of_article(spider, answer(request, b"<html>x", headers={"Content-Type": "text/html"}, capture=capture))

    assert isinstance(fetched, Fetched)
    assert fetched.discovered == an_article()
    assert (fetched.capture.warc_record_id, fetched.capture.body) == ("<urn:uuid:1>", b"<html>x")


def test_no_evidence_no_crawl() -> None:
    spider = a_spider(is_capturing=True)
    with pytest.raises(CaptureError, match=r"no capture of https://moon\.example/1"):
        of_article(spider, answer(spider.article_request(an_article()), b"<html>"))


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason"),
    [
        pytest.param(404, {}, b"x", "http_404", id="404"),
        pytest.param(410, {}, b"x", "http_410", id="gone"),
        pytest.param(403, {}, b"x", "http_403", id="forbidden"),
        pytest.param(429, {}, b"x", "http_429", id="too many requests"),
        pytest.param(451, {}, b"x", "http_451", id="legal reasons"),
        pytest.param(500, {}, b"x", "http_5xx", id="server error"),
        pytest.param(304, {}, b"", "not_modified", id="not modified"),
        pytest.param(302, {}, b"", "http_3xx", id="redirect to nowhere"),
        pytest.param(204, {}, b"", "http_2xx", id="no content"),
        pytest.param(200, {"Content-Type": "application/pdf"}, b"%PDF-1.7", "not_html", id="PDF"),
        pytest.param(200, {"Content-Type": "text/html"}, b"%PDF-1.7", "not_html", id="PDF served as HTML"),
        pytest.param(200, {"Content-Type": "image/png"}, b"", "not_html", id="empty image"),
        pytest.param(200, {"Content-Type": "application/json"}, b"{}", "not_html", id="JSON"),
        pytest.param(200, {"Content-Type": "text/html"}, b" \n", "empty_body", id="blank"),
        pytest.param(200, {"Content-Type": "TEXT/HTML; charset=x"}, b"<p>x", "not_captured", id="a page"),
        pytest.param(200, {}, b"<p>x", "not_captured", id="no type"),
        pytest.param(
            200, {"Content-Type": "application/octet-stream"}, b"<!DOCTYPE html>", "not_captured", id="sniffed"
        ),
    ],
)
def test_an_answer_that_is_no_page_has_a_reason(status: int, headers: dict[str, str], body: bytes, reason: str) -> None:
    spider = a_spider()
    [missed] = of_article(spider, answer(spider.article_request(an_article()), body, status=status, headers=headers))
    assert missed == Missed(discovered=an_article(), reason=reason, status=status, missed_at=NOW)


@pytest.mark.parametrize(
    ("ended_at", "reason"),
    [
        pytest.param("https://elsewhere.example/1", "redirect_off_site", id="another site"),
        pytest.param("http://moon.example", "redirect_to_homepage", id="the homepage"),
        pytest.param("https://www.moon.example/1/", "not_captured", id="the same site"),
    ],
)
def test_redirects_of_an_article(ended_at: str, reason: str) -> None:
    spider = a_spider()
    request = spider.article_request(an_article())
    response = answer(request, b"<html>x", url=ended_at, redirect_urls=["https://moon.example/1"])
    [missed] = of_article(spider, response)
    assert (missed.reason, missed.detail) == (reason, ended_at)


def test_an_article_without_answer_has_a_reason() -> None:
    spider = a_spider()
    failure = Failure(DownloadTimeoutError("30 s"))
    failure.request = spider.article_request(an_article())
    [missed] = spider.article_failed(failure)
    assert (missed.reason, missed.detail, missed.status) == ("timeout", "DownloadTimeoutError: 30 s", None)


def test_requisites_of_a_page_are_read_in_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop that fetches never waits for a page's markup."""
    seen: list[str] = []

    def named(body: bytes, **about: object) -> list[str]:
        seen.append(threading.current_thread().name)
        return ["https://moon.example/a.png"]

    monkeypatch.setattr("spiders.requisites.requisites_of", named)
    spider = a_spider(a_source(with_requisites=True), is_capturing=True)
    request = spider.article_request(an_article())
    answered = answer(request, b"<html>x", headers={"Content-Type": "text/html"}, capture=a_capture(request))
    _, asked = of_article(spider, answered)
    assert asked.url == "https://moon.example/a.png"
    assert [name.startswith("discovery") for name in seen] == [True]
