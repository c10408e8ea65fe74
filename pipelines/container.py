"""The element that holds the article, found from what an extractor recognised of it, and all of its blocks.

Extractors lose lists, accordions, quotes and table rows inside an article because no rule of theirs fits
them; but the paragraphs they do find say where the article is. Everything left in that element after the
chrome was taken out is the article.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree
from lxml.html import HtmlElement

BLOCK_TAGS = frozenset(
    """
    address article blockquote body center dd details div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5
    h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr ul caption
    """.split()
)
SKIP_TAGS = frozenset(
    {"script", "style", "noscript", "template", "figure", "figcaption", "head", "title", "button", "select"}
)
LEAST_GROWTH, MOST_GROWTH = 0.97, 1.4  # of the recognised text; outside, the container was not the article
TEXT_TAGS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "dt", "dd"})
FLOW_TAGS = frozenset(
    {"ul", "ol", "li", "dl", "blockquote", "table", "tbody", "thead", "tr", "td", "th", "details", "summary"}
)
ANCHOR_MIN = 40  # characters; a shorter block may stand anywhere in a page and anchors nothing
LONG_PROSE_MIN = 120  # characters; teasers are shorter
ENOUGH = 0.9  # share of the recognised text that the container must hold; the rest may be a standfirst above it


def blocks_in(root: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """(element, text on one line) of every block with text of its own, in document order.

    Inline elements belong to their block; ``<br><br>`` divides one; captions and scripts are left out.
    """
    found: list[tuple[HtmlElement, str]] = []
    pieces: list[str] = []

    def close(block: HtmlElement) -> None:
        text = " ".join("".join(pieces).split())
        pieces.clear()
        if text:
            found.append((block, text))

    stack: list[tuple[HtmlElement, HtmlElement, bool]] = [(root, root, False)]  # element, its block, is it the end
    while stack:
        node, block, is_end = stack.pop()
        if is_end or not isinstance(node.tag, str) or node.tag in SKIP_TAGS:
            if is_end and node.tag in BLOCK_TAGS:
                close(node)
            pieces.append(node.tail or "")
            continue
        if node.tag in BLOCK_TAGS or is_double_break(node):
            close(block)
        inner = node if node.tag in BLOCK_TAGS else block
        pieces += [" " if node.tag == "br" else "", node.text or ""]
        stack.append((node, block, True))
        stack.extend((child, inner, False) for child in reversed(node))
    return found


def is_double_break(node: HtmlElement) -> bool:
    """``<br>`` with another right behind it."""
    following = node.getnext() if node.tag == "br" and not (node.tail or "").strip() else None
    return following is not None and following.tag == "br"


def squeezed(text: str) -> str:
    """Without white space: extractors differ in where they put it."""
    return "".join(text.split())


def container_of(blocks: Sequence[tuple[HtmlElement, str]], recognised: Sequence[str]) -> HtmlElement | None:
    """The deepest element that holds ``ENOUGH`` of the recognised text; None when nothing matches."""
    whole = squeezed(" ".join(recognised))
    weights: dict[HtmlElement, int] = {}
    total = 0
    for element, text in blocks:
        if len(text) > 20 and squeezed(text) in whole:
            total += len(text)
            for ancestor in (element, *element.iterancestors()):
                weights[ancestor] = weights.get(ancestor, 0) + len(text)
    enough = [element for element, weight in weights.items() if weight >= ENOUGH * total]
    return max(enough, key=depth, default=None)


def depth(element: HtmlElement) -> int:
    return sum(1 for _ in element.iterancestors())


def filled(blocks: Sequence[tuple[HtmlElement, str]], recognised: Sequence[str]) -> list[str]:
    """The recognised blocks with what lies between them in the page; ``recognised`` where it can't be told."""
    whole = squeezed(" ".join(recognised))
    known = [len(text) > 1 and squeezed(text) in whole for _, text in blocks]
    container = container_of(blocks, recognised)
    if container is None:
        return list(recognised)
    inside = set(container.iter(etree.Element))
    places = [
        place for place, (element, text) in enumerate(blocks) if known[place] and element in inside and len(text) > 40
    ]
    if not places:
        return list(recognised)
    first, last = places[0], places[-1]
    homes = {home_of(blocks[place][0]) for place in places}
    kept = []
    for place in range(first, last + 1):
        element, text = blocks[place]
        wanted = home_of(element) in homes or is_long_prose(element, text)
        if element in inside and (known[place] or (wanted and is_content(element, text))):
            kept.append(text)
    growth = len(squeezed(" ".join(kept))) / max(1, len(whole))
    return kept if LEAST_GROWTH <= growth <= MOST_GROWTH else list(recognised)


def home_of(element: HtmlElement) -> HtmlElement:
    """What the block stands in, lists, quotes and tables taken as part of the flow of text."""
    home = element.getparent() if element.tag in FLOW_TAGS or element.tag in TEXT_TAGS else element
    while home is not None and home.tag in FLOW_TAGS:
        home = home.getparent()
    return element if home is None else home


def is_long_prose(element: HtmlElement, text: str) -> bool:
    """A sentence or more, without a link: an accordion's answer, not a teaser."""
    return (
        len(text) >= 120 and text.endswith((".", "!", "?", "。", "»", "”", '"', ")")) and element.find(".//a") is None
    )


def is_content(element: HtmlElement, text: str) -> bool:
    """True unless most of the block is links."""
    linked = sum(len("".join(link.itertext()).strip()) for link in element.iter("a"))
    return linked < 0.5 * len(text)
