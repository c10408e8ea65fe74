"""The sample publishers: what they serve is what they say the truth is."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest

from crawler.demo.catalogue import outlets, stories
from crawler.demo.publishers.publisher import Publisher
from crawler.demo.sample import Sample, serve_publishers, write_sources
from crawler.demo.server import Request, Response
from crawler.demo.stories import Block, in_edition
from spiders.registry import load_sources

FEEDS = {
    "gazette": ("/feed/", 7),
    "halcyon": ("/news/rss.xml", 7),
    "skyward": ("/rss", 6),
    "vestnik": ("/rss/news.xml", 6),
    "hoshimi": ("/rss/index.rdf", 6),
    "relay": ("/atom.xml", 7),
    "downrange": ("/feeds/daily.rss", 9),
}


@pytest.fixture(scope="module")
def sample() -> Iterator[Sample]:
    with serve_publishers(edition=2, port=0) as running:
        yield running


def page(publisher: Publisher, url: str) -> Response:
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    answer = publisher.respond(Request(method="GET", target=target, headers={}))
    if answer.status == 301:
        return page(publisher, answer.header("Location") or "")
    return answer


def text_of(publisher: Publisher, url: str) -> str:
    body = page(publisher, url).body
    assert isinstance(body, bytes)
    return body.decode(publisher.charset)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unescape(re.sub(r"<[^>]+>", "", text)))


def test_ten_publishers_of_six_to_twelve_articles(sample: Sample) -> None:
    counts = {publisher_id: len(publisher.carried) for publisher_id, publisher in sample.publishers.items()}
    assert len(counts) == 10
    assert min(counts.values()) >= 6
    assert sum(counts.values()) == 65


def test_every_true_article_is_on_its_page(sample: Sample) -> None:
    for article in sample.truth:
        publisher = sample.publishers[article.source_id]
        served = squeezed(text_of(publisher, article.url).replace("\\n", "\n").replace('\\"', '"'))
        assert page(publisher, article.url).status == 200, article.url
        for paragraph in (article.title, *article.paragraphs):
            assert squeezed(paragraph) in served, (article.url, paragraph)


def test_articles_are_of_many_lengths() -> None:
    words = [story.words for story in stories().values() if not story.key.startswith("hoshimi/")]
    assert min(words) >= 100
    assert max(words) > 750


def test_the_second_edition_has_what_is_new() -> None:
    def keys(edition: int) -> set[tuple[str, str]]:
        with serve_publishers(edition=edition, port=0) as running:
            return {(article.source_id, article.title) for article in running.truth}

    assert keys(1) < keys(2)
    assert keys(2) - keys(1) == {
        ("gazette", "Saltmarsh Point Opens a Second Pad"),
        ("halcyon", "Glider Takara Returns From the Edge of Space"),
        ("vestnik", "Ночной пуск увидели жители пяти областей"),
    }


def test_a_correction_is_out_in_its_edition() -> None:
    story = stories()["perigee/how-to-lose-a-probe"]
    assert "by the ninth day there was a room" in in_edition(story, 1).text
    assert "by the tenth day there was a room" in in_edition(story, 2).text
    assert in_edition(story, 1).modified_at is None


@pytest.mark.parametrize(
    ("source_id", "chrome"),
    [
        ("gazette", '<h2 class="widget-title">Popular Categories</h2>'),
        ("relay", '<div class="w widget widget-cats"><h4>Popular Categories</h4>'),
        ("downrange", "<p><strong>Popular Categories</strong></p>"),
        ("padpage", "<H3>Popular Categories</H3>"),
    ],
)
def test_the_page_that_started_this_project_is_there_in_four_placements(
    sample: Sample, source_id: str, chrome: str
) -> None:
    (article,) = [one for one in sample.truth if one.source_id == source_id and "COPUOS" in one.title]
    served = text_of(sample.publishers[source_id], article.url)
    assert article.text.startswith("At the recent 68th session")
    assert article.text.endswith("future scientific endeavors.")
    assert chrome in served
    assert "Search the website" in served
    heading = rf"<(?:h1|h2|h3|b)\b[^>]*>{re.escape(article.title)}<"
    assert len(re.findall(heading, unescape(served), re.I)) == 2


def test_the_truth_names_day_authors_and_originals(sample: Sample) -> None:
    by_path = {urlsplit(article.url).path: article for article in sample.truth}
    rocket = by_path["/stories/static_fire_at_dry_lake.html"]
    assert (rocket.day, rocket.authors, rocket.original_url) == (date(1999, 3, 3), ("Hank Dollard",), None)
    copy = by_path["/relay/tides-in-rock"]
    assert copy.links_original
    assert copy.original_url == f"{sample.publishers['perigee'].base_url}/tides-in-rock/"
    assert copy.day == date(2025, 12, 5)
    assert by_path["/what-a-gram-costs/"].is_paywalled


@pytest.mark.parametrize(("source_id", "path", "count"), [(key, *value) for key, value in FEEDS.items()])
def test_feeds_announce_pages_that_are_there(sample: Sample, source_id: str, path: str, count: int) -> None:
    publisher = sample.publishers[source_id]
    feed = feedparser.parse(page(publisher, path).body)
    assert len(feed.entries) == count
    for entry in feed.entries:
        link = urljoin(publisher.url("/"), entry.link)
        if link.startswith(publisher.base_url):
            assert page(publisher, link).status == 200, link
            assert squeezed(entry.title) in squeezed(text_of(publisher, link))


def test_sitemaps_announce_pages_that_are_there(sample: Sample) -> None:
    seen = 0
    for publisher_id, path in [
        ("perigee", "/post-sitemap.xml.gz"), ("perigee", "/news-sitemap.xml"), ("halcyon", "/sitemap.xml"),
        ("skyward", "/sitemap.xml"), ("lagrange", "/sitemap-posts.xml"), ("downrange", "/sitemap.xml"),
    ]:  # fmt: skip
        publisher = sample.publishers[publisher_id]
        body = page(publisher, path).body
        assert isinstance(body, bytes)
        xml = (gzip.decompress(body) if path.endswith(".gz") else body).decode()
        for url in re.findall("<loc>([^<]+)</loc>", xml):
            seen += 1
            assert page(publisher, url).status == 200, url
    assert seen == 6 + 3 + 7 + 6 + 6 + 9


def test_listings_lead_to_every_article(sample: Sample) -> None:
    publisher, found, target = sample.publishers["padpage"], set(), "/index.html"
    while target:
        served = text_of(publisher, target)
        found.update(re.findall(r'HREF="(/stories/[^"]+)"', served))
        older = re.search(r'HREF="([^"]+)">Older news', served)
        target = older.group(1) if older else ""
    assert found == {carried.path for carried in publisher.carried}


def test_charsets_are_what_the_sites_are_about(sample: Sample) -> None:
    russian, japanese = sample.publishers["vestnik"], sample.publishers["hoshimi"]
    kinds = {page(russian, carried.path).header("Content-Type") for carried in russian.carried}
    assert kinds == {"text/html", "text/html; charset=windows-1251"}
    assert "Спутник".encode("windows-1251") in page(russian, "/rss/news.xml").body
    assert "小型赤外線衛星".encode("shift_jis") in page(japanese, "/rss/index.rdf").body
    assert page(japanese, japanese.carried[0].path).header("Content-Type") == "text/html"


def test_a_javascript_shell_has_its_text_in_json_only(sample: Sample) -> None:
    publisher = sample.publishers["skyward"]
    served = text_of(publisher, publisher.carried[0].path)
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', served, re.S)
    assert found
    assert json.loads(found.group(1))["articleBody"] == publisher.carried[0].story.text
    assert re.search(r'<body><div id="__next"></div>', served)


def test_unknown_addresses_get_a_styled_404(sample: Sample) -> None:
    for publisher in sample.publishers.values():
        answer = page(publisher, "/no/such/page")
        assert answer.status == 404
        assert isinstance(answer.body, bytes)
        assert publisher.outlet.name in answer.body.decode(publisher.charset) or "__next" in answer.body.decode()


def test_the_source_files_are_good_sources(tmp_path: Path) -> None:
    paths = write_sources(tmp_path / "sources", port=8611)
    registry = load_sources(tmp_path / "sources")
    assert [path.stem for path in paths] == [outlet.id for outlet in outlets()]
    assert set(registry) == {outlet.id for outlet in outlets()}
    assert registry["perigee"].sitemaps[0].url == "http://127.0.0.12:8611/sitemap_index.xml"
    assert registry["padpage"].listings[0].max_pages == 5
    assert registry["downrange"].download_delay == 0


@pytest.mark.parametrize(
    ("markup", "text", "html"),
    [
        ("a *b* **c** [d](http://e/)", "a b c d", 'a <em>b</em> <strong>c</strong> <a href="http://e/">d</a>'),
        ("1 < 2 & 3", "1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ],
)
def test_markup_becomes_text_and_html(markup: str, text: str, html: str) -> None:
    block = Block(kind="p", markup=markup)
    assert (block.text, block.inline_html) == (text, html)
