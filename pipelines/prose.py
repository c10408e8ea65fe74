"""Text and HTML fragments from data to lines and paragraphs."""

from __future__ import annotations

import re
from html import unescape

from lxml.etree import ParserError
from lxml.html import HtmlElement, fragment_fromstring

MAX_FRAGMENT = 2_000_000  # characters of HTML in a data value
SPARE = 4  # times as many characters are looked at as are asked for: much white space stands in some markup
ASCII_SPACES = bytes(code for code in range(128) if chr(code).isspace())
TAG = re.compile(
    r"<(?:/?(?:p|br|div|h[1-6]|li|ul|ol|blockquote|a|em|strong|b|i|span|figure|img)\b[^<>]{0,2000}|/[a-z]+)>",
    re.IGNORECASE,
)
BREAK = re.compile(r"\n\s*\n|\r\n?|\n")
BLOCKS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 li ul ol blockquote pre table tr section article figure figcaption dl dt dd".split()
)
UNREAD = frozenset("script style template noscript iframe svg button form nav aside".split())


def one_line(text: str) -> str:
    """The text on one line: entities decoded (twice written ones too), white space collapsed, tags gone."""
    found = text
    if "&" in found:
        found = unescape(unescape(found))
    if "<" in found:
        found = TAG.sub(" ", found)
    if not found.isascii():
        found = found.replace("\u200b", "").replace("\ufeff", "").replace("\u00ad", "")
    return " ".join(found.split())


def squeezed(text: str) -> str:
    """The text without white space."""
    bare = text.encode("utf-8", "surrogatepass").translate(None, ASCII_SPACES).decode("utf-8", "surrogatepass")
    return bare if bare.isascii() else "".join(bare.split())  # splitting is quick where few spaces are left


def begin_of_line(text: str, length: int) -> str:
    """The text, white space collapsed; of a longer one its beginning, at least so many characters of it."""
    if len(text) > SPARE * length:
        begin = " ".join(text[: SPARE * length].split())
        if len(begin) >= length:
            return begin
    return " ".join(text.split())


def paragraphs_from(source: str | HtmlElement) -> list[str]:
    """Paragraphs of a body given as plain text, as HTML or as an element; empty when there is no text."""
    if not isinstance(source, str):
        return lines_of(source)
    text = source[:MAX_FRAGMENT]
    if "&lt;" in text and "<" not in text:
        text = unescape(text)
    if not TAG.search(text):
        return [line for part in BREAK.split(text) if (line := one_line(part))]
    try:
        root = fragment_fromstring(text, create_parent="div")
    except (ParserError, ValueError):
        return [line for part in BREAK.split(TAG.sub("\n", text)) if (line := one_line(part))]
    return lines_of(root)


def lines_of(root: HtmlElement) -> list[str]:
    """The element's text, a line for every block in it."""
    parts: list[str] = []
    stack: list[HtmlElement | str | None] = [root]
    while stack:
        node = stack.pop()
        if node is None or isinstance(node, str):
            parts.append(node or "")
            continue
        is_block = node.tag in BLOCKS
        tail = node.tail if node is not root else None
        if node.tag in UNREAD or not isinstance(node.tag, str):
            stack.append(tail)
            continue
        edge = "\x00" if is_block or node.tag == "br" else ""
        parts += [edge, node.text or ""]
        stack += [tail, edge, *reversed(node)]
    lines = "".join(parts).split("\x00")
    return [line for one in lines if (line := " ".join(one.split()))]
