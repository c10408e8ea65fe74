"""Sections go as trafilatura itself lets them go."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import pytest
from lxml.etree import tostring
from lxml.html import HtmlElement, fromstring
from trafilatura.htmlprocessing import convert_tags, tree_cleaning
from trafilatura.main_extractor import TAG_CATALOG, prune_unwanted_sections

from pipelines.body import options
from pipelines.pruning import pruner
from pipelines.tree import tree_of

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
WORDS = "The probe fired its engine for three minutes and left for the moon. "
TAGS = {*TAG_CATALOG, "table", "td", "th", "tr"}
LEFT = [
    pytest.param(f"<p>{WORDS}</p><div class='share-bar'>Share</div>, he said", ", he said", "Share", id="share bar"),
    pytest.param(f"<div class='sidebar'>{WORDS * 9}</div><p>x</p>", WORDS.strip(), "none", id="nearly all the text"),
    pytest.param(f"<p>{WORDS}</p><div class='teaser'>Next</div>", WORDS.strip(), "Next", id="teaser"),
    pytest.param(f"<p>{WORDS}</p><div class='wp-caption'>At dawn</div>", WORDS.strip(), "dawn", id="caption"),
    pytest.param(
        f"<p>{WORDS}</p><div class='teaser'><p class='caption'>Up</p> next</div>.", WORDS.strip(), "next", id="nested"
    ),
    pytest.param(
        f"<p>{WORDS}</p><table><tr><td>{'<ref>Engine</ref> ' * 40}</td></tr></table>",
        WORDS.strip(),
        "Engine",
        id="table",
    ),
]


def pruned(prune: object, tree: HtmlElement, *, keep_teasers: bool) -> bytes:
    return tostring(prune(copy(tree), TAGS, options(is_fast=True), keep_teasers))  # type: ignore[operator]  # of the two


@pytest.mark.parametrize(("html", "kept", "gone"), LEFT)
def test_written_pages_keep_what_they_keep_there(html: str, kept: str, gone: str) -> None:
    ours, tree = pruner(), fromstring(f"<html><body>{html}</body></html>")
    left = pruned(ours, tree, keep_teasers=False)
    assert left == pruned(prune_unwanted_sections, tree, keep_teasers=False)
    assert kept in left.decode() and gone not in left.decode()
    assert pruned(ours, tree, keep_teasers=True) == pruned(prune_unwanted_sections, tree, keep_teasers=True)


@pytest.mark.parametrize("page", sorted(PAGES.glob("*/page.html")), ids=lambda page: page.parent.name)
def test_whole_pages_keep_what_they_keep_there(page: Path) -> None:
    ours, tree = pruner(), tree_of(page.read_bytes().decode("utf-8", "replace"))
    tree = convert_tags(tree_cleaning(tree, options(is_fast=True)), options(is_fast=True))
    for keep_teasers in (True, False):
        found = pruned(ours, tree, keep_teasers=keep_teasers)
        assert found == pruned(prune_unwanted_sections, tree, keep_teasers=keep_teasers)
