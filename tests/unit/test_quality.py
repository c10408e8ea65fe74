"""The quality gate: every kind of page that is no article has its name, and articles pass."""

from __future__ import annotations

import pytest

from pipelines.extract import extract
from pipelines.page import Hints, Rules
from pipelines.quality import LIST_TITLE, NOT_FOUND, assess
from tests.negatives import EXCERPT, HEADLINES, NEGATIVES, RECENT, Negative, page

URL = "https://perigee.example/2025/03/12/kestrel-lander-pictures"
PROSE = (
    "The lander came down on a plain between two craters and opened its covers an hour later.",
    "Its first picture showed a shadow that reached the horizon, and ground that nobody had expected to be so smooth.",
    "Engineers now plan to drive the small rover down its ramp on Thursday, when the Sun can charge its batteries.",
    "A second picture, taken with another filter, shows a bright band that nobody can explain so far.",
)


def judged(html: str, url: str = URL):
    read = extract(html.encode(), url=url, charset="utf-8", hints=Hints(), rules=Rules())
    return assess(read, url=url)


def article(*, paragraphs=PROSE, title=HEADLINES[0], more="", head="") -> str:
    body = f"<article><h1>{title}</h1>" + "".join(f"<p>{text}</p>" for text in paragraphs) + f"</article>{more}"
    return page(f"{title} - Perigee Post", body, head=head)


@pytest.mark.parametrize("negative", [pytest.param(one, id=f"{one.reason}: {one.name}") for one in NEGATIVES])
def test_a_page_that_is_no_article_is_refused_by_its_name(negative: Negative) -> None:
    refused = judged(negative.html, negative.url)
    assert refused is not None
    assert refused.reason == negative.reason


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(article(), id="plain"),
        pytest.param(article(paragraphs=PROSE[:2]), id="of two paragraphs"),
        pytest.param(article(more=RECENT), id="with recent stories below"),
        pytest.param(article(more='<iframe src="https://www.youtube.com/embed/abc"></iframe>'), id="with a video"),
        pytest.param(article(title="Access Denied: How a Probe Lost Its Ground Station"), id="about denied access"),
        pytest.param(article(title="Why the 404 Error of Deep Space Is Silence"), id="about 404"),
        pytest.param(article(title="News From the Edge of the Heliosphere"), id="called news"),
        pytest.param(
            article(more='<form><input type="password"></form><div class="cookie-banner">We use cookies.</div>'),
            id="with a log-in box and a cookie banner",
        ),
        pytest.param(
            article(
                paragraphs=(*PROSE, "The operator writes that we use cookies, and asks for your consent."), head=""
            ),
            id="that quotes a banner",
        ),
    ],
)
def test_an_article_passes(html: str) -> None:
    assert judged(html) is None


def test_a_short_japanese_report_passes() -> None:
    html = page(
        "着陸機が初の画像を送信",
        "<article><h1>着陸機が初の画像を送信</h1><p>着陸機は十二日、極地の平原に着陸し、最初の画像を地球に送った。"
        "探査車は木曜日に走行を始める。</p></article>",
        lang="ja",
    )
    assert judged(html) is None


def test_teasers_below_a_long_article_do_not_make_it_a_list() -> None:
    cards = "".join(f'<div><h3><a href="/s/{n}">{h}</a></h3><p>{EXCERPT}</p></div>' for n, h in enumerate(HEADLINES))
    assert judged(article(paragraphs=PROSE * 3, more=f"<section>{cards}</section>")) is None


@pytest.mark.parametrize(
    "line",
    [
        "Page not found",
        "404 - File or directory not found.",
        "Error 404",
        "Oops! That page can’t be found.",
        "页面不存在",
    ],
)
def test_lines_that_say_not_found(line: str) -> None:
    assert NOT_FOUND.match(line)


@pytest.mark.parametrize(
    "line",
    [
        "The spacecraft could not be found in its last known orbit",
        "Water not found at the landing site",
        "Gone too soon: a telescope's last night",
        "Launch pad page turned: operators retire 404 of 500 valves",
    ],
)
def test_lines_of_articles_that_do_not(line: str) -> None:
    assert not NOT_FOUND.match(line)


@pytest.mark.parametrize(
    "title", ["Category: Rockets", "Latest news", "Search results for: lander", "Новости", "Archives"]
)
def test_titles_of_lists(title: str) -> None:
    assert LIST_TITLE.match(title)


@pytest.mark.parametrize(
    "title", ["News from the Moon", "Search for life goes on", "Latest news on the lander disappoints"]
)
def test_titles_that_are_not(title: str) -> None:
    assert not LIST_TITLE.match(title)
