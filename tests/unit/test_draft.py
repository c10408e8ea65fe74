"""From an address to a source file: what is asked, and what is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from archive.errors import PeriluneError
from spiders.discovery.autodiscovery import Lead, SiteFacts, guesses, leads_in_page, leads_in_robots, site_facts
from spiders.discovery.endpoint import describe_endpoint
from spiders.discovery.scope import scope_of
from spiders.draft import Draft, draft_source, id_for, next_fetches
from spiders.registry import Endpoint, load_sources

HOME = "https://www.moon.example/"
TODAY = date(2026, 3, 1)
RSS = b"""<rss version="2.0"><channel><item><title>Lander lands</title><link>/1</link>
<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item>
<item><link>https://elsewhere.example/2</link></item></channel></rss>"""
SITEMAP = b"<urlset><url><loc>/news/1234</loc></url></urlset>"
PAGE = b"""<html lang="en_GB"><head><title>Moon Daily | Home</title><meta property="og:site_name" content="Moon Daily">
<link rel="alternate" type="application/rss+xml" title="Moon Daily" href="/feed/">
<link rel="alternate" type="application/rss+xml" title="Moon Daily Comments Feed" href="/comments/feed/">
<link rel="alternate" type="application/json+oembed" href="/wp-json/oembed">
<link rel="alternate" hreflang="de" href="/de/">
</head><body><a href="/news/">News</a><a href="/rss.xml">RSS</a>
<a href="https://elsewhere.example/news/">Friends</a></body></html>"""
BARE = b"<html><head><title>Moon</title></head><body><a href='/news/'>News</a></body></html>"
NEWS = b"<ul><li><a href='/news/lander-finds-ice'>Lander finds ice below the crater</a></li></ul>"


@dataclass
class An:
    """An answer, as the prober gives it."""

    url: str
    body: bytes = b""
    status: int | None = 200
    content_type: str = ""
    final_url: str = ""

    def __post_init__(self) -> None:
        self.final_url = self.final_url or self.url


def explored(site: dict[str, bytes], homepage: str = HOME) -> dict[str, An]:
    """All answers, asking as long as there is something to ask."""
    fetched: dict[str, An] = {}
    while wanted := next_fetches(homepage, fetched):
        for url in wanted:
            fetched[url] = An(url, site[url]) if url in site else An(url, status=404)
    return fetched


def drafted(site: dict[str, bytes]) -> Draft:
    return draft_source(HOME, explored(site), today=TODAY)


def test_leads_of_a_page() -> None:
    assert leads_in_page(PAGE, url=HOME) == (
        Lead(kind="feed", url="https://www.moon.example/feed/", how="link", title="Moon Daily"),
        Lead(kind="feed", url="https://www.moon.example/rss.xml", how="anchor", title="RSS"),
        Lead(kind="listing", url="https://www.moon.example/news/", how="anchor", title="News"),
    )


def test_leads_of_a_robots_txt() -> None:
    body = (
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /x\nSITEMAP: /a.xml\n"
        b"Sitemap: https://www.moon.example/b.xml # new\nSitemap: /a.xml"
    )
    found = leads_in_robots(body, url="https://www.moon.example/robots.txt")
    assert [(lead.kind, lead.url) for lead in found] == [
        ("sitemap", "https://www.moon.example/a.xml"),
        ("sitemap", "https://www.moon.example/b.xml"),
    ]


def test_guesses_are_below_the_page_and_below_the_root() -> None:
    found = [lead.url for lead in guesses("https://moon.example/space")]
    assert found[0] == "https://moon.example/space/feed/"
    assert "https://moon.example/feed/" in found
    assert "https://moon.example/sitemap.xml" in found


def test_facts_of_a_site() -> None:
    assert site_facts(PAGE) == SiteFacts(name="Moon Daily", language="en-GB")
    assert site_facts(b"<title> Moon </title>") == SiteFacts(name="Moon")
    assert site_facts(b"no page") == SiteFacts()


def test_a_site_that_names_its_feed_and_sitemap() -> None:
    robots = b"User-agent: *\nCrawl-delay: 7\nSitemap: https://www.moon.example/map.xml\n"
    site = {
        HOME: PAGE,
        "https://www.moon.example/robots.txt": robots,
        "https://www.moon.example/feed/": RSS,
        "https://www.moon.example/map.xml": SITEMAP,
    }

    draft = drafted(site)

    assert draft.source_id == "moon"
    assert draft.text == (
        "# Drafted by perilune sources new from https://www.moon.example/ on 2026-03-01.\n"
        'name = "Moon Daily"\n'
        'publisher_kind = "trade" # agency | trade | science | astronomy | defence | company | enthusiast\n'
        'homepage = "https://www.moon.example/"\n'
        'language = "en-GB"\n'
        "download_delay = 7.0 # Crawl-delay in robots.txt, 2026-03-01\n"
        "verified_on = 2026-03-01\n"
        "\n[[feeds]]\n"
        'url = "https://www.moon.example/feed/" # 2026-03-01: rss20: 1 articles; newest 2026-03-01 10:00 UTC; '
        "1 outside of the source\n"
        "\n[[sitemaps]]\n"
        'url = "https://www.moon.example/map.xml" # 2026-03-01: sitemap: 1 articles\n'
    )
    assert [(report.url, report.reason) for report in draft.tried if report.reason != "no_links"] == [
        ("https://www.moon.example/rss.xml", "http_404")
    ]


def test_usual_places_are_asked_only_where_nothing_named_works() -> None:
    fetched = explored(
        {HOME: BARE, "https://www.moon.example/feed/": RSS, "https://www.moon.example/sitemap.xml": SITEMAP}
    )
    draft = draft_source(HOME, fetched, today=TODAY)
    assert [report.url for report in draft.kept] == [
        "https://www.moon.example/feed/",
        "https://www.moon.example/sitemap.xml",
    ]
    assert "https://www.moon.example/news/" not in fetched


def test_a_site_with_nothing_but_a_page_of_news() -> None:
    draft = drafted({HOME: BARE, "https://www.moon.example/news/": NEWS})
    assert [report.url for report in draft.kept] == ["https://www.moon.example/news/"]
    assert "[[listings]]" in draft.text


def test_the_draft_is_a_valid_source_file(tmp_path: Path) -> None:
    draft = drafted(
        {HOME: PAGE.replace(b'"Moon Daily"', b'"Moon &quot;Daily&quot; \\"'), "https://www.moon.example/feed/": RSS}
    )
    (tmp_path / f"{draft.source_id}.toml").write_text(draft.text, encoding="utf-8")
    source = load_sources(tmp_path)["moon"]
    assert (source.name, source.verified_on) == ('Moon "Daily" \\', TODAY)


def test_one_place_is_written_once() -> None:
    fetched = explored({HOME: PAGE, "https://www.moon.example/feed/": RSS})
    fetched["https://www.moon.example/rss.xml"] = An(
        "https://www.moon.example/rss.xml", RSS, final_url="https://www.moon.example/feed/"
    )
    assert [report.url for report in draft_source(HOME, fetched, today=TODAY).kept] == [
        "https://www.moon.example/feed/"
    ]


@pytest.mark.parametrize(
    ("site", "message"),
    [
        pytest.param({}, "https://www.moon.example/: HTTP 404", id="no page"),
        pytest.param({HOME: b"<p>Hello"}, "no feed, no sitemap and no page that lists articles", id="nothing found"),
    ],
)
def test_a_site_that_can_not_be_drafted_is_told(site: dict[str, bytes], message: str) -> None:
    with pytest.raises(PeriluneError, match=message):
        drafted(site)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.spacenews.com/", "spacenews"),
        ("https://blogs.esa.int/rocketscience/", "blogs-esa"),
        ("http://127.0.0.5:8001/", "127-0-0-5-8001"),
        ("http://localhost/", "localhost"),
    ],
)
def test_id_from_the_host(url: str, expected: str) -> None:
    assert id_for(url) == expected


def test_what_check_says_of_an_endpoint() -> None:
    feed = Endpoint(kind="feed", url="https://www.moon.example/feed/")
    good = describe_endpoint(feed, RSS, scope=scope_of([HOME]))
    assert (good.version, good.announced, good.dropped, good.sample) == ("rss20", 1, 1, ("Lander lands",))
    assert str(good) == "rss20: 1 articles; newest 2026-03-01 10:00 UTC; 1 outside of the source"
    assert str(describe_endpoint(feed, b"<html>")) == "not_a_feed"
    index = describe_endpoint(
        Endpoint(kind="sitemap", url=HOME), b"<sitemapindex><sitemap><loc>/posts.xml</loc></sitemap></sitemapindex>"
    )
    assert str(index) == "sitemapindex: 0 articles; 1 child sitemaps"
