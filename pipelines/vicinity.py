"""The lines around a page's headline: where bylines and datelines stand when no class says so."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from pipelines.prose import BLOCKS

AFTER = 1500  # characters read after the headline
BEFORE = 300  # characters read before it
MAX_STEPS = 600  # elements looked at in each direction
PROSE = 220  # characters; two lines as long are the article's text
UNREAD = frozenset("script style template noscript svg select option button textarea head".split())
BREAKING = BLOCKS | {
    "br",
    "hr",
    "td",
    "th",
    "tbody",
    "center",
    "header",
    "footer",
    "main",
    "aside",
    "nav",
    "form",
    "time",
}


def lines_after(element: HtmlElement) -> list[str]:
    """Lines that follow an element, until the article's text is well begun."""
    lines: list[str] = []
    length = long_lines = 0
    for line in joined(events_after(element)):
        lines.append(line)
        length += len(line)
        long_lines += len(line) >= PROSE
        if length > AFTER or long_lines == 2:
            break
    return lines


def lines_before(element: HtmlElement) -> list[str]:
    """Lines that stand before an element, the nearest last."""
    parts: list[str | None] = []
    length = 0
    for part in events_before(element):
        parts.append(part)
        length += len(part or "")
        if length > BEFORE:
            break
    return list(joined(reversed(parts)))


def joined(events: Iterator[str | None]) -> Iterator[str]:
    """Lines out of pieces of text, None standing for an edge of a block."""
    pieces: list[str] = []
    for piece in events:
        if piece is not None:
            pieces.append(piece)
            continue
        if line := " ".join("".join(pieces).split()):
            yield line
        pieces = []
    if line := " ".join("".join(pieces).split()):
        yield line


def events_after(element: HtmlElement) -> Iterator[str | None]:
    """Text in document order from the element's end on, with None at the edges of blocks."""
    yield None
    node: HtmlElement | None = element
    steps = 0
    while node is not None and steps < MAX_STEPS:
        yield node.tail or ""
        following = node.getnext()
        if following is None:
            node = node.getparent()
            if node is not None and node.tag in BREAKING:
                yield None
            continue
        yield None if following.tag in BREAKING else ""
        for piece in inside(following):
            steps += 1
            yield piece
        yield None if following.tag in BREAKING else ""
        steps += 1
        node = following


def inside(root: HtmlElement) -> Iterator[str | None]:
    """Text of an element in order, its tail left out."""
    stack: list[tuple[HtmlElement, bool]] = [(root, False)]
    while stack:
        node, is_done = stack.pop()
        if not isinstance(node.tag, str) or node.tag in UNREAD:
            if node is not root:
                yield node.tail or ""
            continue
        if is_done:
            yield None if node.tag in BREAKING else ""
            if node is not root:
                yield node.tail or ""
            continue
        yield None if node.tag in BREAKING else ""
        yield node.text or ""
        stack.append((node, True))
        stack += [(child, False) for child in reversed(node)]


def events_before(element: HtmlElement) -> Iterator[str | None]:
    """Text before an element, the nearest first, with None at the edges of blocks."""
    node: HtmlElement | None = element
    for _ in range(MAX_STEPS):
        if node is None or node.tag == "body":
            return
        earlier = node.getprevious()
        if earlier is None:
            node = node.getparent()
            if node is not None:
                yield None if node.tag in BREAKING else ""
                yield node.text or ""
            continue
        yield earlier.tail or ""
        yield from islice(backwards(earlier), MAX_STEPS)
        node = earlier


def backwards(root: HtmlElement) -> Iterator[str | None]:
    """Text of an element from its end, its tail left out."""
    stack: list[tuple[HtmlElement, bool]] = [(root, False)]
    while stack:
        node, is_done = stack.pop()
        edge = None if node.tag in BREAKING else ""
        if is_done:
            yield node.text or ""
            yield edge
            continue
        if node is not root:
            yield node.tail or ""
        if isinstance(node.tag, str) and node.tag not in UNREAD:
            yield edge
            stack.append((node, True))
            stack += [(child, False) for child in node]
