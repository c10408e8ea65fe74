"""Lists of links go as trafilatura itself lets them go."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import pytest
from lxml.etree import tostring
from lxml.html import HtmlElement, fromstring
from trafilatura.htmlprocessing import convert_tags, delete_by_link_density, tree_cleaning

from pipelines.body import options
from pipelines.density import prune_links, trimmed_length
from pipelines.tree import tree_of

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
WORDS = "The probe fired its engine for three minutes and left for the moon. "
LINK = "<ref>Engine fired for three minutes</ref> "
PARTS = [
    pytest.param(f"<div><p>{LINK}</p></div><p>{WORDS}</p>", "<p>" + WORDS.strip(), id="a paragraph that is a link"),
    pytest.param(f"<div>{LINK * 12}</div><p>{WORDS}</p>", "<body><p>", id="a farm of links"),
    pytest.param(f"<div>{f'<p>{LINK}</p>' * 12}</div><p>x</p>", "<p>x</p>", id="a listing, a link in each paragraph"),
    pytest.param(f"<div>{WORDS * 20}{LINK * 6}</div>", "<div>" + WORDS.strip(), id="links in prose"),
    pytest.param(f"<div>{' ' * 5000}{LINK * 12}{' ' * 5000}</div><p>x</p>", "<p>x</p>", id="links in white space"),
    pytest.param("<div><b>1</b><b>2</b><ref>home</ref></div><p>x</p>", "<p>x</p>", id="a scrap of a menu"),
    pytest.param(f"<list><item><p>{LINK}</p></item></list><p>{WORDS}</p>", "<p>", id="a list of one link"),
    pytest.param(f"<list><item><p>{LINK}</p>{WORDS * 9}</item></list>", "<p><ref>", id="a paragraph of an item"),
    pytest.param("<p><ref></ref></p><p>x</p>", "<body><p>x</p>", id="a link without a word"),
    pytest.param(f"<div><ref>{WORDS * 3}</ref></div><p>x</p>", "<body><p>x</p>", id="all of it is one long link"),
    pytest.param(f"<div>{LINK}<graphic/></div><p>x</p>", "<graphic/>", id="a picture"),
]


def ours(tree: HtmlElement) -> bytes:
    left = copy(tree)
    prune_links(left)
    return tostring(left)


def theirs(tree: HtmlElement) -> bytes:
    """What is left after the passes that trafilatura makes."""
    left = copy(tree)
    for _ in range(2):
        for tagname in ("div", "list", "p"):
            delete_by_link_density(left, tagname, backtracking=tagname == "div")
    return tostring(left)


@pytest.mark.parametrize(("html", "kept"), PARTS)
def test_written_pages_keep_what_they_keep_there(html: str, kept: str) -> None:
    tree = fromstring(f"<html><body>{html}</body></html>")
    assert ours(tree) == theirs(tree)
    assert kept in ours(tree).decode()


@pytest.mark.parametrize("page", sorted(PAGES.glob("*/page.html")), ids=lambda page: page.parent.name)
def test_whole_pages_keep_what_they_keep_there(page: Path) -> None:
    tree = tree_of(page.read_bytes().decode("utf-8", "replace"))
    tree = convert_tags(tree_cleaning(tree, options(is_fast=True)), options(is_fast=True))
    assert ours(tree) == theirs(tree)


def test_a_text_is_measured_as_far_as_is_asked() -> None:
    assert trimmed_length("  a \n b ") == 3
    assert trimmed_length(" x" * 1000, enough=10) >= 10
    assert trimmed_length(" " * 1000 + "abc", enough=10) == 3
