"""The article's own text: what trafilatura finds in the pruned tree, as paragraphs."""

from __future__ import annotations

import trafilatura
from lxml.etree import _Element
from lxml.html import HtmlElement

DIVIDERS = frozenset({"lb", "item", "cell", "p", "row", "head"})  # tags of trafilatura's tree that part words


def paragraphs_of(root: HtmlElement, *, is_thorough: bool = False) -> list[str]:
    """The main text, a string a block; empty when there is none. The tree is left as it was.

    A thorough look also asks trafilatura's other extractors (readability, jusText) and takes the best: twice the cost.
    Of its formats ``txt`` is the one for which it does not serialise the result, a tenth of its time: we read the tree.
    """
    document = trafilatura.bare_extraction(
        root,
        output_format="txt",
        fast=not is_thorough,
        include_comments=False,
        include_tables=True,
        with_metadata=False,
    )
    if document is None or isinstance(document, dict) or document.body is None:
        return []
    return [block for block in blocks_of(document.body) if block]


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
    pieces = [element.text or ""]
    for child in element.iterdescendants():
        pieces += [
            " " if child.tag in DIVIDERS else "",
            child.text or "",
            child.tail or "",
        ]
    return " ".join("".join(pieces).split())
