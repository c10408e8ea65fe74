"""trafilatura's searches, remembered: the same elements as its own expressions find."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml.etree import XPath
from lxml.html import HtmlElement, fromstring
from trafilatura import xpaths

from pipelines.searches import LISTS, MOST_REMEMBERED, Search, search_for
from pipelines.tree import tree_of

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
EXPRESSIONS = [(name, place) for name in LISTS for place in range(len(getattr(xpaths, name)))]
NAMED = """<html><body>
<div id="a" class="share-bar">share</div> <p id="b" class="intro">one</p> <span id="c" class="byline">by</span>
<div id="cookie-note">cookies</div> <section id="d" style="display:none">hidden</section>
<div id="e" role="Navigation">n</div>
<div id="f" aria-hidden="true">unseen</div> <div class="post-content"><p class="share-bar">two</p><p>three</p></div>
<article><div class="entry-content">four</div></article> <div class="main-teaser">five</div>
<div class="wp-caption">six</div>
</body></html>"""


def ids(elements: list[HtmlElement]) -> list[str]:
    return [one.get("id") or one.text or "" for one in elements]


def trees() -> list[HtmlElement]:
    pages = [page.read_bytes().decode("utf-8", "replace") for page in sorted(PAGES.glob("*/page.html"))]
    return [tree_of(one) for one in (NAMED, *pages)]


@pytest.mark.parametrize(("name", "place"), EXPRESSIONS)
def test_a_search_finds_what_the_expression_finds(name: str, place: int) -> None:
    expression = getattr(xpaths, name)[place]
    search = search_for(expression)
    for tree in trees():
        for _ in range(2):  # asked, then remembered
            found, expected = search(tree), expression(tree)
            assert found == (expected[:1] if isinstance(search, Search) and search.is_first else expected)


def test_what_is_thrown_out_and_where_the_text_is_looked_for() -> None:
    tree = fromstring(NAMED)
    discards = [search_for(one) for one in xpaths.OVERALL_DISCARD_XPATH]
    assert ids(discards[0](tree)) == ["a", "c", "cookie-note", "e", "two"]
    assert ids(discards[1](tree)) == ["d", "f"]
    assert ids(search_for(xpaths.BODY_XPATH[0])(tree)[0].findall("p")) == ["two", "three"]


def test_most_of_the_expressions_are_remembered() -> None:
    searches = [search_for(getattr(xpaths, name)[place]) for name, place in EXPRESSIONS]
    assert sum(isinstance(one, Search) for one in searches) >= 7


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("(.//article)[1]", id="no attribute"),
        pytest.param(".//*[@class='a' and .//h1]", id="looks below the element"),
        pytest.param(".//*[@class='a' or following-sibling::p]", id="looks beside it"),
        pytest.param(".//*[not(@class='a')]", id="matches what has no names"),
        pytest.param("(.//*[@class='a'])[1]|(.//main)[1]", id="two searches"),
    ],
)
def test_an_expression_of_another_form_is_left_as_it_is(path: str) -> None:
    expression = XPath(path)
    assert search_for(expression) is expression


def test_a_site_of_endless_names_is_forgotten_in_time() -> None:
    search = search_for(xpaths.TEASER_DISCARD_XPATH[0])
    assert isinstance(search, Search)
    tree = fromstring("<div>" + "".join(f"<p class='n{n}'>x</p>" for n in range(MOST_REMEMBERED + 10)) + "</div>")
    assert search(tree) == []
    assert len(search.known) == 10
    long = fromstring(f"<div><p class='{'teaser ' * 100}'>x</p></div>")
    assert ids(search(long)) == ["x"]
    assert len(search.known) == 10
