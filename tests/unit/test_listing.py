"""Listings: which links are articles, and where the next page is."""

from __future__ import annotations

import pytest

from spiders.discovery.articlepaths import address_kind
from spiders.discovery.dates import w3c_stamp
from spiders.discovery.listing import ListedLink, parse_listing

URL = "https://moon.example/news/"
HEADLINE = "Lander finds ice below the crater floor"


def urls(body: str, **arguments: object) -> list[str]:
    return [
        link.url.removeprefix("https://moon.example")
        for link in parse_listing(body.encode(), url=URL, **arguments).links
    ]


def test_a_blog_page() -> None:
    body = """<html><body><header><a href="/">Moon</a>
    <nav><a href="/news/2024/05/in-the-menu-of-the-site">Menu entry</a></nav></header>
    <main><article><header><h2><a href="/2024/05/06/lander-finds-ice/">Lander finds ice</a></h2>
      <time datetime="2024-05-06T08:00:00Z">May 6</time></header><a href="/author/jane-doe/">Jane Doe</a>
      <a href="/category/moon/">Moon</a> <a href="/2024/05/06/lander-finds-ice/#comments">3 comments</a></article>
    <article><a href="/2024/05/05/probe/"><img src="x.jpg"></a>
      <h2><a href="/2024/05/05/probe/">Probe sleeps well</a></h2></article>
    </main><aside><a href="/2023/01/01/most-read-story-of-all/">Most read</a></aside>
    <div class="nav-links"><a class="next page-numbers" href="/news/page/2/">Next</a></div>
    <footer><a href="/about-us-and-our-team">About us</a><a href="https://twitter.example/moon/status/1234567">T</a></footer></body></html>"""

    result = parse_listing(body.encode(), url=URL)

    assert result.links == (
        ListedLink(
            url="https://moon.example/2024/05/06/lander-finds-ice/",
            title="Lander finds ice",
            published=w3c_stamp("2024-05-06T08:00:00Z"),
        ),
        ListedLink(url="https://moon.example/2024/05/05/probe/", title="Probe sleeps well"),
    )
    assert result.next_url == "https://moon.example/news/page/2/"


def test_a_table_layout_of_1999() -> None:
    body = f"""<HTML><BODY><TABLE><TR><TD><A HREF="index.html">Home</A><BR><A HREF="links.html">Links</A></TD>
    <TD><A HREF="glonass-k2.html">{HEADLINE}</A><BR><A HREF="/n990506.html">Probe</A></TD></TR></TABLE></BODY></HTML>"""
    assert urls(body) == ["/news/glonass-k2.html", "/n990506.html"]


def test_a_chinese_page_in_gb2312() -> None:
    body = (
        '<meta charset="gb2312"><ul><li><a href="../c/c10432/content.html">嫦娥六号探测器成功着陆月球背面</a></li></ul>'
    )
    result = parse_listing(body.encode("gb2312"), url="https://moon.example/n1/n2/")
    assert result.links == (
        ListedLink(url="https://moon.example/n1/c/c10432/content.html", title="嫦娥六号探测器成功着陆月球背面"),
    )


def test_link_css_chooses_and_nothing_else_counts() -> None:
    body = """<a class="card" href="/x">X</a><a href="/2024/05/06/other-story-of-today">Y</a>
    <div class="card"><b><a href="/z">Z</a></b></div>"""
    assert urls(body, link_css=".card") == ["/x", "/z"]


def test_base_and_charset_of_the_header_are_used() -> None:
    body = '<base href="https://moon.example/deep/"><a href="lander-finds-old-ice">Лёд</a>'.encode("koi8-r")
    result = parse_listing(body, url=URL, content_type="text/html; charset=koi8-r")
    assert result.links == (ListedLink(url="https://moon.example/deep/lander-finds-old-ice", title="Лёд"),)


@pytest.mark.parametrize(
    "anchor",
    [
        pytest.param('<a href="https://elsewhere.example/2024/05/06/a-b-c">x</a>', id="off the site"),
        pytest.param('<a href="mailto:press@moon.example">x</a>', id="mail"),
        pytest.param('<a href="javascript:void(0)">x</a>', id="script"),
        pytest.param('<a href="/news/">x</a>', id="this page"),
        pytest.param('<a href="/tag/launch-vehicles/">x</a>', id="tag"),
        pytest.param('<a href="/news/page/3/">x</a>', id="page"),
        pytest.param('<a href="/images/2024/05/06/moon.jpg">x</a>', id="image"),
        pytest.param('<a href="/privacy-policy">Read our privacy policy now please</a>', id="legal"),
        pytest.param('<div class="site-menu"><a href="/2024/05/06/a-b-c">x</a></div>', id="menu by class"),
        pytest.param('<div role="navigation"><a href="/2024/05/06/a-b-c">x</a></div>', id="menu by role"),
        pytest.param('<ul class="breadcrumb"><li><a href="/2024/05/06/a-b-c">x</a></li></ul>', id="breadcrumb"),
        pytest.param('<a href="/missions">Missions</a>', id="a word"),
        pytest.param("<a>no address</a>", id="no href"),
    ],
)
def test_links_that_are_no_articles(anchor: str) -> None:
    assert urls(f"<html><body>{anchor}</body></html>") == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/2024/05/06/lander/", "article", id="date in folders"),
        pytest.param("/a/20240506_x.html", "article", id="date in digits"),
        pytest.param("/art/t20240506_123456.html", "article", id="Chinese CMS"),
        pytest.param("/c6758824/c10432/content.html", "article", id="content.html in a numbered folder"),
        pytest.param("/lander-finds-ice", "article", id="slug of three words"),
        pytest.param("/news/12345", "article", id="number"),
        pytest.param("/node/7", "article", id="Drupal node"),
        pytest.param("/node/add", "unclear", id="Drupal, no node"),
        pytest.param("/?p=123", "article", id="WordPress id"),
        pytest.param("/news.asp?id=55", "article", id="id in the query"),
        pytest.param("/новости-дня", "article", id="slug in Cyrillic"),
        pytest.param("/lander-finds-more-ice/2024/05/", "article", id="slug before its month"),
        pytest.param("/", "section", id="home"),
        pytest.param("/en/", "section", id="language"),
        pytest.param("/index.html", "section", id="index"),
        pytest.param("/news", "section", id="section"),
        pytest.param("/category/launch/", "section", id="category"),
        pytest.param("/author/jane-doe/", "section", id="author"),
        pytest.param("/news/page/12/", "section", id="page"),
        pytest.param("/?s=moon", "section", id="search"),
        pytest.param("/2024/", "section", id="year"),
        pytest.param("/2024/05/", "section", id="month"),
        pytest.param("/2024/05/06/", "section", id="day"),
        pytest.param("/feed/", "section", id="feed"),
        pytest.param("/press/kit.pdf", "file", id="PDF"),
        pytest.param("/launch", "unclear", id="a word"),
        pytest.param("/news/glonass-k2.html", "unclear", id="two words"),
    ],
)
def test_what_an_address_says(path: str, kind: str) -> None:
    assert address_kind(f"https://moon.example{path}") == kind


@pytest.mark.parametrize(
    ("body", "next_css", "expected"),
    [
        pytest.param('<link rel="next" href="/news/2"><a href="/news/9">Next</a>', None, "/news/2", id="link rel"),
        pytest.param('<a rel="nofollow next" href="?page=2">2</a>', None, "/news/?page=2", id="a rel"),
        pytest.param(
            '<li class="pager-next"><a href="?page=1">go</a></li>', None, "/news/?page=1", id="class of the item"
        ),
        pytest.param('<a href="?p=2">Older posts »</a>', None, "/news/?p=2", id="words"),
        pytest.param('<a href="?p=2" aria-label="Next page"><svg></svg></a>', None, "/news/?p=2", id="label"),
        pytest.param('<a href="?p=2">下一页</a>', None, "/news/?p=2", id="Chinese"),
        pytest.param('<a href="?p=2">›</a>', None, "/news/?p=2", id="arrow"),
        pytest.param(
            '<b class="n"><a href="?p=2">x</a></b><a rel="next" href="?p=3">3</a>', ".n", "/news/?p=2", id="next_css"
        ),
        pytest.param('<a rel="next" href="?p=3">3</a>', ".n", None, id="next_css finds nothing"),
        pytest.param('<a rel="next" href="https://elsewhere.example/2">2</a>', None, None, id="off the site"),
        pytest.param('<a rel="next" href="/news/">again</a>', None, None, id="this page"),
        pytest.param('<a href="/what-comes-next">What comes next for Artemis</a>', None, None, id="a headline"),
    ],
)
def test_next_page(body: str, next_css: str | None, expected: str | None) -> None:
    found = parse_listing(body.encode(), url=URL, next_css=next_css).next_url
    assert found == (expected and f"https://moon.example{expected}")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b" ", "empty_body", id="empty"),
        pytest.param(b"plain words", "not_html", id="text"),
        pytest.param(b"<p>Nothing here</p>", "no_links", id="no links"),
        pytest.param(b"<a>" * 2_000_000, "too_large", id="too large"),
    ],
)
def test_what_is_no_listing_has_a_reason(body: bytes, reason: str) -> None:
    assert parse_listing(body, url=URL).reason == reason


def test_hostile_pages_do_no_harm() -> None:
    deep = b"<div>" * 60_000 + b'<a href="/2024/05/06/deep-in-the-page">x</a>'
    assert parse_listing(deep, url=URL).reason in (None, "no_links")
    odd = '<a href="/2024/05/06/a-b-c\x00">\ud800</a>'.encode("utf-8", "surrogatepass")
    assert parse_listing(odd, url=URL).links[0].url == "https://moon.example/2024/05/06/a-b-c"


@pytest.mark.parametrize("declared", ["text/html; charset=hex", "text/html; charset=rot13", "text/html; charset=\xff"])
def test_codecs_that_are_no_encodings_do_no_harm(declared: str) -> None:
    page = b'<meta charset="rot13"><a href="/2024/05/06/a-b-c">x</a>'
    assert len(parse_listing(page, url=URL, content_type=declared).links) == 1
