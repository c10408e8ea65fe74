"""The article's own text: what trafilatura finds in the pruned tree, as paragraphs.

The quick look calls trafilatura's own steps (2.3.1) instead of ``bare_extraction``, which does round them what is done
here already or is read by nobody: comments and appended articles by XPath, a measure of the page, the result as text.
A third of its time, for the same blocks (tests/unit/test_slow_path.py holds one against the other).
"""

from __future__ import annotations

import re
from copy import copy
from functools import cache, lru_cache

import trafilatura
from lxml.etree import _Element
from lxml.html import HtmlElement
from trafilatura.htmlprocessing import convert_tags, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.settings import Extractor

from pipelines.pruning import remember_searches
from pipelines.rescue import remember_rescues

DIVIDERS = frozenset({"lb", "item", "cell", "p", "row", "head"})  # tags of trafilatura's tree that part words
# Comments and appended articles, by names at the root of their list; trafilatura.xpaths has the same.
SECTIONS = ("div", "section", "details", "aside", "ol", "ul")
MOST_REMEMBERED = 1000  # characters of class and id
COMMENTS_ID = re.compile(r"[Cc]omment(?!ary)|comol|disqus_thread|dsq-comments")
COMMENTS_CLASS = re.compile(r"^[Cc]omment(?!ary)|(?:article|post)-comments")
APPENDED = re.compile(r"mvp-post-add-(?:box|wrap)|infinite-?scroll")


def paragraphs_of(root: HtmlElement, *, is_thorough: bool = False) -> list[str]:
    """The main text, a string a block; empty when there is none. The tree is left as it was.

    A thorough look also asks trafilatura's other extractors (readability, jusText) and takes the best: thrice the cost.
    """
    body = thorough_look(root) if is_thorough else quick_look(root)
    return [block for block in blocks_of(body) if block] if body is not None else []


def quick_look(root: HtmlElement) -> _Element | None:
    """What trafilatura's rules recognise; None for a tree that they can't read."""
    tree = copy(root)
    for section in list(tree.iter(SECTIONS)):
        if is_foreign(section) and section.getparent() is not None:
            section.drop_tree()
    try:
        cleaned = convert_tags(tree_cleaning(tree, options(is_fast=True)), options(is_fast=True))
        body, _ = extract_content(cleaned, options(is_fast=True))
    except (TypeError, ValueError):  # what bare_extraction takes for an unreadable page; the thorough look comes next
        return None
    return body


def is_foreign(section: HtmlElement) -> bool:
    """Readers' comments, or other articles appended to this one."""
    names, id_ = section.get("class"), section.get("id")
    if names is None and id_ is None:
        return False
    told = (names or "", id_ or "")
    is_long = sum(map(len, told)) > MOST_REMEMBERED  # a hostile page's names are not kept
    is_comments, is_appended = foreign_names.__wrapped__(*told) if is_long else foreign_names(*told)
    return (is_comments and section.tag != "aside") or (is_appended and section.find(".//h1") is None)


@lru_cache(maxsize=5_000)  # sections of a page share their names
def foreign_names(names: str, id_: str) -> tuple[bool, bool]:
    """Whether class and id say that an element is comments, and that it is appended."""
    return (
        bool(COMMENTS_ID.match(id_) or COMMENTS_CLASS.search(names)),
        bool(APPENDED.search(names) or APPENDED.search(id_)),
    )


def thorough_look(root: HtmlElement) -> _Element | None:
    """What the best of trafilatura's extractors recognises; None when none finds a text."""
    remember_rescues()
    document = trafilatura.bare_extraction(root, options=options(is_fast=False))
    return None if document is None or isinstance(document, dict) else document.body


@cache
def options(*, is_fast: bool) -> Extractor:
    """Built once: it reads a configuration. Of the formats, ``txt`` is the one that serialises nothing."""
    remember_searches()
    return Extractor(output_format="txt", fast=is_fast, comments=False, tables=True)


def blocks_of(body: _Element) -> list[str]:
    """Blocks of trafilatura's result: paragraphs, headings, quotes, list items, rows of tables."""
    found: list[str] = []
    for element in body:
        if element.tag in ("list", "quote", "table") and len(element):
            found += inner_blocks(element)
        else:
            found.append(flat(element))
    return found


def inner_blocks(element: _Element) -> list[str]:
    """Items of a list, paragraphs of a quote, rows of a table."""
    if element.tag == "table":
        return [" ".join(flat(cell) for cell in row.iter("cell")).strip() for row in element.iter("row")]
    blocks = [child for child in element if child.tag in ("item", "p", "head", "list", "quote")]
    if not blocks:
        return [flat(element)]
    found = [" ".join((element.text or "").split())]
    for child in element:
        found += inner_blocks(child) if child.tag in ("list", "quote") and len(child) else [flat(child)]
    return [block for block in found if block]


def flat(element: _Element) -> str:
    """Text of a block on one line; a line break in it is a space."""
    if not len(element):
        return " ".join((element.text or "").split())
    pieces = [element.text or ""]
    for child in element.iterdescendants():
        pieces += [
            " " if child.tag in DIVIDERS else "",
            child.text or "",
            child.tail or "",
        ]
    return " ".join("".join(pieces).split())
