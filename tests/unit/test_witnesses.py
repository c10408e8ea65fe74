"""Whom to believe: the page, its data, or the feed that announced it."""

from __future__ import annotations

from pipelines.extract import Extracted, extract
from pipelines.page import Hints, Rules

SENTENCES = [
    "The probe sent its first picture of the crater on Monday, and engineers had waited for it since March.",
    "Nobody expected so much ice below the rim, said the head of the survey at a meeting on the coast.",
    "A second probe follows in autumn, when the sun stands high enough to charge its batteries each day.",
]
FEED = "".join(f"<p>{one}</p>" for one in SENTENCES)
SHELL = "<div id=root></div><noscript>Please turn JavaScript on.</noscript>"


def read(body: str, feed: str | None) -> Extracted:
    page = f"<html><head><title>Ice below the rim</title></head><body>{body}</body></html>".encode()
    return extract(page, url="https://moon.example/1", charset=None, hints=Hints(content_html=feed), rules=Rules())


def test_the_feed_s_text_stands_in_for_a_page_that_shows_none() -> None:
    found = read(SHELL, FEED + "<p>Share this article</p>")
    assert found.text.split("\n\n") == SENTENCES
    assert found.extractor.endswith("(feed)")


def test_a_page_that_shows_its_text_is_believed() -> None:
    found = read(f"<article><h1>Ice below the rim</h1>{FEED}</article>", "<p>Something else entirely.</p>" * 3)
    assert found.text.split("\n\n") == SENTENCES
    assert found.extractor.endswith("(page)")


def test_a_teaser_in_the_feed_is_no_witness() -> None:
    assert read(SHELL, f"<p>{SENTENCES[0]}</p>").text == ""
    assert read(SHELL, None).text == ""
    assert read(SHELL, "<p>" * 1000).text == ""
