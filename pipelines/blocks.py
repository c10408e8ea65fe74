"""A page's blocks of text with their places in the tree, and what several steps ask of each."""

from __future__ import annotations

from functools import cached_property
from itertools import islice

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from pipelines.prose import squeezed
from pipelines.tree import words_in

BLOCK_TAGS = frozenset(
    """
    address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3
    h4 h5 h6 header hr label legend li main nav ol p pre section summary table tbody tfoot thead tr ul caption
    """.split()
)
APART_TAGS = frozenset({"br", "td", "th"})  # a row of a table is a block, its cells are words apart
SKIP_TAGS = frozenset(
    {"script", "style", "noscript", "template", "figure", "figcaption", "head", "title", "button", "select"}
)
MOST_LINKS = 0.5  # share of a block
LINK_DEPTH = 6  # ancestors in which the link around a block is looked for


class Placed(tuple[HtmlElement, str]):
    """(element, its text on one line). What is asked of it is found once: the tree must not change meanwhile."""

    @cached_property
    def link_share(self) -> float:
        """Share of the block that is links; 1 where it stands in one."""
        return link_share(*self)

    @property
    def is_content(self) -> bool:
        """True unless most of the block is links."""
        return self.link_share < MOST_LINKS

    @cached_property
    def squeezed(self) -> str:
        """The text without white space: extractors differ in where they put it."""
        return squeezed(self[1])


def blocks_in(root: HtmlElement) -> list[Placed]:
    """(element, text on one line) of every block with text of its own, in document order.

    Inline elements belong to their block; ``<br><br>`` divides one; captions and scripts are left out.
    """
    found: list[Placed] = []
    pieces: list[str] = []

    def close(block: HtmlElement) -> None:
        if pieces:
            text = " ".join("".join(pieces).split())
            pieces.clear()
            if text:
                found.append(Placed((block, text)))

    block = root
    around: list[HtmlElement] = []  # the block in which each element that is not over began
    walk = iterwalk(root, events=("start", "end"))
    for event, node in walk:
        tag = node.tag
        if event == "end":
            if block is node:
                close(node)
            block = around.pop()
            if tail := node.tail:
                pieces.append(tail)
            continue
        around.append(block)
        if (tag in SKIP_TAGS and is_skipped(node)) or not isinstance(tag, str):
            walk.skip_subtree()
            continue
        if tag in BLOCK_TAGS or (tag == "br" and is_double_break(node)):
            close(block)
            block = node if tag in BLOCK_TAGS else block
        if tag in APART_TAGS:
            pieces.append(" ")
        if text := node.text:
            pieces.append(text)
    return found


def is_skipped(node: HtmlElement) -> bool:
    """True for scripts, controls and pictures with their captions; a figure may also be a table or a listing."""
    return node.tag != "figure" or (node.find(".//table") is None and node.find(".//pre") is None)


def is_double_break(node: HtmlElement) -> bool:
    """A ``<br>`` with another right behind it."""
    following = node.getnext() if not (node.tail or "").strip() else None
    return following is not None and following.tag == "br"


def link_share(element: HtmlElement, text: str) -> float:
    """Share of the block that is links; 1 where it stands in one."""
    is_in_link = next(element.iterancestors("a"), None) is not None and any(
        one.tag == "a" and one.get("href") for one in islice(element.iterancestors(), LINK_DEPTH)
    )
    if is_in_link:
        return 1.0
    linked = [words_in(link).strip() for link in element.iter("a")]
    length = sum(map(len, linked))
    if length > len(text):  # of an element that holds more than this block
        length = sum(len(one) for one in linked if " ".join(one.split()) in text)
    return min(1.0, length / max(1, len(text)))
