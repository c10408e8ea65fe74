"""A page as a tree: parsed once, as a browser would, within bounds, and shared by every step.

Steps ask it by XPath as ``/descendant::a[…]``, not ``//a[…]``: for that libxml2 looks at the children of every node,
which takes up to five times as long (a predicate keeps it from making the one of the other).

libxml2 mis-nests what HTML5 defines (a ``<p>`` in an ``<a>`` in a ``<nav>``); an HTML5 parser first and
lxml on what it serialises costs 2.5 ms a page and lifts body F1 (docs/extraction.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lxml.etree import ElementDefaultClassLookup, XPath
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from selectolax.lexbor import LexborHTMLParser

from archive.errors import ExtractionError

MAX_CHARACTERS = 16_000_000  # of a page; the largest real one measured has 3.3 million
UNREAD = ["style", "svg", "canvas", "object", "embed", "applet", "audio", "map"]
DATA_TYPES = ("application/ld+json", "application/json")
DATA_WORDS = (
    "__NEXT_DATA__",
    "__NUXT",
    "Fusion.globalContent",
    "__APOLLO_STATE__",
    "__PRELOADED_STATE__",
    "__INITIAL_STATE__",
)
# XML 1.0 §2.2: no tree holds them. Bytes of UTF-8 are translated, since that is forty times as fast as a pattern.
# A frame that nothing closes, for readers without scripts: browsers read <noscript> as text and never see it, a parser
# takes all that follows for the frame's text (HTML §13.2.6.4.4).
OPEN_FRAME = re.compile(
    rb"<noscript[^<>]{0,200}>\s{0,200}<iframe[^<>]{0,2000}>\s{0,200}</noscript\s{0,20}>", re.IGNORECASE
)
CONTROL = bytes(32 if code < 32 and code not in b"\t\n\r" else code for code in range(256))
NONCHARACTER = re.compile(b"\xef\xbf[\xbe\xbf]")  # U+FFFE, U+FFFF
LAYOUT_MIN = 2  # blocks in one cell; a cell of data has one at most
LAYOUT_BLOCKS = XPath(".//p | .//h1 | .//h2 | .//h3 | .//h4 | .//table | .//form | .//hr | .//article | .//blockquote")
BROKEN_MIN, LONG_MIN = 4, 600  # line breaks, characters: a cell with so many of both is a column of prose
BREAKS = XPath("count(.//br)")
CELLS = XPath("(./tr | ./tbody/tr | ./thead/tr)/*[self::td or self::th]")
PARTS = XPath("./tbody | ./thead | ./tfoot | ./tr | ./*/tr | ./tr/td | ./tr/th | ./*/tr/td | ./*/tr/th")
HIDDEN_FRAGMENTS = XPath("/descendant::div[@hidden and starts-with(@id, 'S:')]")


def tree_of(html: str) -> HtmlElement:
    """The root of the page's tree. Raises ``ExtractionError`` for a page too large or with nothing in it."""
    if len(html) > MAX_CHARACTERS:
        raise ExtractionError(f"a page of {len(html)} characters")
    try:
        root = document_fromstring(light(sound(html)), parser=parser())
    except (ValueError, SyntaxError) as exc:
        raise ExtractionError(f"no tree: {exc}") from exc
    place_fragments(root)
    flatten_layout_tables(root)
    return root


def words_in(element: HtmlElement) -> str:
    """All text of the element; most have no elements in them, and then nothing need be collected."""
    return element.text_content() if len(element) else element.text or ""


@contextmanager
def held(root: HtmlElement) -> Iterator[None]:
    """Inside, every element keeps its object, which lxml else makes anew for each step that comes by.

    Six per cent of an extraction.
    """
    elements = list(root.iter())
    yield
    elements.clear()


def parser() -> HTMLParser:
    """A parser whose elements are all ``HtmlElement``: choosing a class by tag costs a tenth of an extraction."""
    made = HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True)
    made.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
    return made


def sound(html: str) -> bytes:
    """The page in UTF-8, spaces for characters that no tree holds."""
    encoded = html.encode("utf-8", "replace").translate(CONTROL)
    return NONCHARACTER.sub(b" ", encoded) if b"\xef\xbf" in encoded else encoded


def light(html: bytes) -> bytes:
    """The page as an HTML5 parser reads it, without what no step reads; UTF-8."""
    parser = LexborHTMLParser(OPEN_FRAME.sub(b"", html) if b"<noscript" in html else html)
    parser.strip_tags(UNREAD, recursive=True)
    for script in parser.css("script"):
        if not is_data(script.attributes.get("type") or "", script.attributes.get("id") or "", script.text() or ""):
            script.decompose()
    return (parser.html or "").encode("utf-8", "replace")


def is_data(kind: str, name: str, text: str) -> bool:
    """True for a script that holds the page's data instead of its behaviour."""
    return kind.lower() in DATA_TYPES or name in DATA_WORDS or any(word in text[:2000] for word in DATA_WORDS)


def place_fragments(root: HtmlElement) -> None:
    """Move React's streamed fragments (``<div hidden id="S:1">``) to where their template (``B:1``) waits."""
    for fragment in HIDDEN_FRAGMENTS(root):
        name = fragment.get("id", "")[2:]
        places = root.xpath("//template[@id=$place]", place=f"B:{name}")
        if places and places[0].getparent() is not None:
            fragment.attrib.pop("hidden")
            places[0].getparent().replace(places[0], fragment)


def flatten_layout_tables(root: HtmlElement) -> None:
    """Turn tables that lay out the page, as sites did before CSS, into ``<div>``: a cell of theirs is a column.

    A table of data has short cells; one whose cell holds paragraphs, headings, forms or another table is layout, and
    so is one whose cell holds prose that line breaks divide.
    """
    for table in list(root.iter("table")):
        if any(
            len(cell) and (len(LAYOUT_BLOCKS(cell)) >= LAYOUT_MIN or is_broken_prose(cell)) for cell in CELLS(table)
        ):
            for part in PARTS(table):
                part.tag = "div"
            table.tag = "div"


def is_broken_prose(cell: HtmlElement) -> bool:
    return BREAKS(cell) >= BROKEN_MIN and len(cell.text_content()) >= LONG_MIN
