"""trafilatura's searches, remembered: the same elements as its own expressions find."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml.etree import XPath
from lxml.html import HtmlElement, fromstring
from trafilatura import xpaths
from trafilatura.xpaths import REGEXP_NS

from pipelines.searches import MOST_REMEMBERED, Marks, Search, rule_of, search_for
from pipelines.tree import tree_of

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
LISTS = ("BODY_XPATH", "OVERALL_DISCARD_XPATH", "TEASER_DISCARD_XPATH", "DISCARD_IMAGE_ELEMENTS")
EXPRESSIONS = [(name, place) for name in LISTS for place in range(len(getattr(xpaths, name)))]
NAMED = """<html><body>
<div id="a" class="share-bar">share</div> <p id="b" class="intro">one</p> <span id="c" class="byline">by</span>
<div id="cookie-note">cookies</div> <section id="d" style="display:none">hidden</section>
<div class="cookie" id="x">names in this order</div> <div id="x" class="cookie">names in that order</div>
<div id="e" role="Navigation">n</div> <div id="hidden" style="color:red">h</div>
<div id="f" aria-hidden="true">unseen</div> <div class="post-content"><p class="share-bar">two</p><p>three</p></div>
<article><div class="entry-content">four</div></article> <div class="main-teaser">five</div>
<div class="wp-caption">six</div> <div class="FullText">seven</div> <div class="Main-content">eight</div>
<div data-lp-replacement-content="">nine</div> <p data-component="MostPopularStories">ten</p>
<h2 class="comments-title">x</h2>
</body></html>"""


def ids(elements: list[HtmlElement]) -> list[str]:
    return [one.get("id") or one.text or "" for one in elements]


def trees() -> list[HtmlElement]:
    pages = [page.read_bytes().decode("utf-8", "replace") for page in sorted(PAGES.glob("*/page.html"))]
    return [tree_of(one) for one in (NAMED, *pages)]


def found_by(expression: XPath, tree: HtmlElement) -> list[HtmlElement]:
    """What the expression finds, its conditions asked and remembered."""
    known = rule_of(expression)
    assert known is not None
    marks = Marks([known[0]])
    return [one for one in marks.named(tree) if marks(one)]


@pytest.mark.parametrize(("name", "place"), EXPRESSIONS)
def test_a_search_finds_what_the_expression_finds(name: str, place: int) -> None:
    expression = getattr(xpaths, name)[place]
    search = search_for(expression)
    for tree in trees():
        for _ in range(2):  # asked, then remembered
            found, expected = search(tree), expression(tree)
            assert found == (expected[:1] if isinstance(search, Search) else expected)
            if rule_of(expression) and not isinstance(search, Search):
                assert found_by(expression, tree) == expected


def test_what_is_thrown_out_and_where_the_text_is_looked_for() -> None:
    tree = fromstring(NAMED)
    overall = [found_by(one, tree) for one in xpaths.OVERALL_DISCARD_XPATH]
    assert ids(overall[0]) == ["a", "c", "cookie-note", "x", "e", "two", "nine", "ten"]
    assert overall[0][3].text == "names in this order"
    assert ids(overall[1]) == ["d", "hidden", "f", "x"]
    assert ids(search_for(xpaths.BODY_XPATH[0])(tree)[0].findall("p")) == ["two", "three"]


def test_most_of_the_expressions_are_remembered() -> None:
    known = [rule_of(getattr(xpaths, name)[place]) for name, place in EXPRESSIONS]
    assert sum(one is not None for one in known) >= 7


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("(.//article)[1]", id="no attribute"),
        pytest.param(".//*[@class='a' and .//h1]", id="looks below the element"),
        pytest.param(".//*[@class='a' or following-sibling::p]", id="looks beside it"),
        pytest.param(".//*[not(@class='a')]", id="matches what has no names"),
        pytest.param(".//*[contains(@class, '')]", id="matches what has no name"),
        pytest.param("(.//*[@class='a'])[1]|(.//main)[1]", id="two searches"),
        pytest.param(".//*[@class='a' and @id='b']", id="two names at once"),
        pytest.param(".//*[re:test(@class, 'a', 'g')]", id="another way to match"),
    ],
)
def test_an_expression_of_another_form_is_left_as_it_is(path: str) -> None:
    expression = XPath(path, namespaces={"re": REGEXP_NS})
    assert rule_of(expression) is None
    assert search_for(expression) is expression


def test_a_site_of_endless_names_is_forgotten_in_time() -> None:
    rule = rule_of(xpaths.TEASER_DISCARD_XPATH[0])
    assert rule is not None
    marks = Marks([rule[0]])
    tree = fromstring("<div>" + "".join(f"<p class='n{n}'>x</p>" for n in range(MOST_REMEMBERED + 10)) + "</div>")
    assert [one for one in tree if marks(one)] == []
    assert len(marks.values["class"].known) == 10
    long = fromstring(f"<div><p class='{'teaser ' * 100}'>x</p></div>")
    assert [marks(one) for one in long] == [1]
    assert len(marks.values["class"].known) == 10
