"""From what a page says to the article that is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Capture, DateCandidate, Discovered, Extracted, Locator
from archive.words import word_count
from pipelines.normalise import article_from, chosen_date, clean_text, is_believable

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
URL = "https://news.example/2026/03/launch"


def a_capture(**changes) -> Capture:
    plain = Capture(
        source_id="example",
        run_id=1,
        target_uri=URL,
        status=200,
        mime_type="text/html",
        captured_at=NOW,
        warc_record_id="<urn:uuid:1>",
        payload_digest="sha256:0",
        locator=Locator(filename="a.warc.gz", offset=0, length=1),
    )
    return replace(plain, **changes)


def found_by(via="feed", **changes) -> Discovered:
    plain = Discovered(
        source_id="example",
        url=URL,
        discovered_via=via,
        endpoint_url="https://news.example/feed",
        discovered_at=NOW,
    )
    return replace(plain, **changes)


def a_page(**changes) -> Extracted:
    return replace(Extracted(title="Launch", text="It flew.\n\nIt landed."), **changes)


def a_date(when: datetime, origin="meta", precision="second", role="published", offset=None) -> DateCandidate:
    return DateCandidate(value=when, precision=precision, offset_minutes=offset, origin=origin, role=role)


def made(page=None, discovered=None, capture=None):
    return article_from(page or a_page(), discovered=discovered or found_by(), capture=capture or a_capture())


# Dates


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        pytest.param([], None, id="none"),
        pytest.param(
            [a_date(datetime(2026, 3, 1, 8, tzinfo=UTC), role="modified")], None, id="updated is not published"
        ),
        pytest.param([a_date(datetime(2027, 1, 1, tzinfo=UTC))], None, id="future"),
        pytest.param([a_date(datetime(1957, 10, 3, tzinfo=UTC))], None, id="before the first satellite"),
        pytest.param(
            [
                a_date(datetime(2026, 3, 5, tzinfo=UTC), "sitemap"),
                a_date(datetime(2026, 3, 2, 9, tzinfo=UTC), "json-ld"),
            ],
            datetime(2026, 3, 2, 9, tzinfo=UTC),
            id="structured data before sitemap",
        ),
        pytest.param(
            [
                a_date(datetime(2027, 3, 5, tzinfo=UTC), "json-ld"),
                a_date(datetime(2026, 3, 2, tzinfo=UTC), "url", "day"),
            ],
            datetime(2026, 3, 2, tzinfo=UTC),
            id="an impossible one leaves its place to the next",
        ),
        pytest.param(
            [
                a_date(datetime(2026, 3, 2, tzinfo=UTC), "text", "day"),
                a_date(datetime(2026, 3, 1, 22, 15, tzinfo=UTC), "time", "minute", offset=540),
            ],
            datetime(2026, 3, 1, 22, 15, tzinfo=UTC),
            id="an instant on the same day, by its own clock",
        ),
        pytest.param(
            [
                a_date(datetime(2026, 3, 2, tzinfo=UTC), "json-ld", "day"),
                a_date(datetime(2026, 3, 4, 22, 15, tzinfo=UTC), "feed"),
            ],
            datetime(2026, 3, 2, tzinfo=UTC),
            id="an instant on another day lends nothing",
        ),
    ],
)
def test_the_date_to_believe(candidates, expected) -> None:
    chosen = chosen_date(candidates, now=NOW)
    assert (chosen.value if chosen else None) == expected


def test_a_day_that_has_begun_farther_east_is_no_future() -> None:
    now = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)
    chosen = chosen_date([a_date(datetime(2026, 3, 11, tzinfo=UTC), "text", "day")], now=now)
    assert chosen is not None
    assert chosen.value == datetime(2026, 3, 11, tzinfo=UTC)


def test_a_feed_date_serves_where_the_page_has_none() -> None:
    article = made(discovered=found_by(published_at=datetime(2026, 3, 9, 7, 30, tzinfo=UTC)))
    assert (article.published_at, article.published_at_origin) == (datetime(2026, 3, 9, 7, 30, tzinfo=UTC), "feed")
    assert article.published_at_precision == "second"


def test_midnight_of_a_sitemap_is_a_day() -> None:
    article = made(discovered=found_by("sitemap", published_at=datetime(2026, 3, 9, tzinfo=UTC)))
    assert (article.published_at_precision, article.published_at_origin) == ("day", "sitemap")


def test_modified_is_kept_beside_published_and_never_before_it() -> None:
    published = a_date(datetime(2026, 3, 2, 9, tzinfo=UTC))
    later = a_date(datetime(2026, 3, 3, 9, tzinfo=UTC), role="modified")
    earlier = a_date(datetime(2026, 3, 1, 9, tzinfo=UTC), role="modified")
    assert made(a_page(dates=(published, later))).modified_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert made(a_page(dates=(published, earlier))).modified_at is None


# Addresses


@pytest.mark.parametrize(
    ("link", "is_believed"),
    [
        pytest.param("https://news.example/stories/launch", True, id="another path of the host"),
        pytest.param("https://www.news.example/2026/03/launch", True, id="with www"),
        pytest.param("https://news.example/", False, id="home page"),
        pytest.param("https://news.example/index.html", False, id="home page by its file"),
        pytest.param("https://news.example/2026", False, id="section above the page"),
        pytest.param("https://other.example/2026/03/launch", False, id="another host"),
    ],
)
def test_a_canonical_link_is_believed_or_not(link, is_believed) -> None:
    article = made(a_page(canonical_link=link))
    assert (article.canonical_url == link) is is_believed
    assert (("canonical", link) in article.alias_urls) is is_believed
    assert article.canonical_link == link


def test_the_variant_of_a_page_is_below_it() -> None:
    assert is_believable("https://news.example/launch", "https://news.example/launch/amp")
    assert is_believable("https://news.example/launch", "https://news.example/launch/2")
    assert not is_believable("https://news.example/launch", "https://news.example/launch/second-stage")


def test_every_address_is_an_alias_once() -> None:
    article = made(
        a_page(
            canonical_link="/2026/03/launch",
            variant_links=("https://amp.news.example/2026/03/launch", "https://spam.example/x", "/"),
        ),
        found_by(url="https://news.example/?p=7", guid="tag:7"),
        a_capture(redirected_from=("https://news.example/?p=7", "http://news.example/launch")),
    )
    assert article.alias_urls == (
        ("requested", "https://news.example/?p=7"),
        ("redirect", "http://news.example/launch"),
        ("redirect", URL),
        ("variant", "https://amp.news.example/2026/03/launch"),
        ("guid", "tag:7"),
    )


def test_an_address_that_is_none_is_dropped() -> None:
    article = made(a_page(canonical_link="javascript:void(0)", lead_image_url="http://[broken"))
    assert (article.canonical_url, article.canonical_link, article.lead_image_url) == (URL, None, None)


# Text


def test_text_holds_nothing_that_a_store_refuses() -> None:
    article = made(a_page(title="La\x00unch\ud800", text="Cafe\u0301\x00 opens.\r\n\r\n\r\n  It\u00a0 closes. \ud83d"))
    assert article.title == "Launch"
    assert article.text == "Café opens.\n\nIt closes."


@given(st.text())
def test_clean_text_is_idempotent_and_storable(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("", 0, id="none"),
        pytest.param("Don't panic: it's a re-entry, T-10.", 6, id="English"),
        pytest.param("火星へ飛ぶ。", 5, id="Japanese by characters"),
        pytest.param("探测器 Chang'e 6 着陆", 7, id="mixed"),
        pytest.param("달 착륙선이 도착했다", 3, id="Korean by spaces"),
    ],
)
def test_words_are_counted_as_a_language_writes_them(text, count) -> None:
    assert word_count(text) == count


def test_a_page_without_a_title_takes_the_announced_one() -> None:
    assert made(a_page(title=" "), found_by(title="Launch &\x00 landing")).title == "Launch & landing"
