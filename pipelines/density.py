"""trafilatura's pruning of link lists, by the same rules (2.3.1) and with the same answers, in a third of the time.

Its ``delete_by_link_density`` searches every ``<div>``, list and paragraph for links and measures all of their text,
with those inside them again. Here links name what is around them, and a text is measured as far as the rule asks.
tests/unit/test_density.py holds the trees that are left against trafilatura's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from lxml.html import HtmlElement
from trafilatura.htmlprocessing import is_paragraph_listing
from trafilatura.utils import LINK_FARM_RATIO
from trafilatura.xml import delete_element

from pipelines.prose import begin_of_line

LONE_LINK, LONE_SHARE = 100, 0.9  # characters, and share of the text, of a lone link that is all there is
MOST_LINKED, SHORT_LINK = 0.8, 10  # share of a short element that is links, or that short links are of all; characters
FARM_MIN, FARM_LINK = 4, 100  # a farm has more links; the mean length of those in a catalogue
SHORT_BLOCK, BLOCK_PARTS = 100, 3  # of a block with links: fewer characters, in so many elements or more
KEPT_IN = ("item", "td", "th")  # a paragraph that is all of an item stays: the list is judged as a whole


def prune_links(tree: HtmlElement) -> None:
    """Take out what trafilatura does in two rounds of ``delete_by_link_density``, over blocks, lists and paragraphs."""
    for _ in range(2):
        if not sum([prune_tag(tree, tagname) for tagname in ("div", "list", "p")]):
            return  # a second round would find no more than the first


def prune_tag(tree: HtmlElement, tagname: str) -> int:
    """How many elements of the tag were lists of links, and are gone."""
    held: dict[HtmlElement, list[HtmlElement]] = {}
    for link in tree.iter("ref"):
        for around in link.iterancestors(tagname):
            held.setdefault(around, []).append(link)
    if not held:
        return 0
    lengths = {link: trimmed_length(link.text_content()) for link in dict.fromkeys(chain(*held.values()))}
    pictured = {around for picture in tree.iter("graphic") for around in picture.iterancestors()}
    judged = [one for one in tree.iter(tagname) if one in held and one not in pictured]
    gone = [one for one in judged if is_chrome(one, held[one], lengths, is_block=tagname == "div")]
    for element in gone:
        delete_element(element)
    return len(gone)


def is_chrome(
    element: HtmlElement, links: Sequence[HtmlElement], lengths: dict[HtmlElement, int], *, is_block: bool
) -> bool:
    """True for an element to be deleted: a list of links, or a block that is little more than a few."""
    text = element.text_content()
    is_list, is_short = link_density(element, text, [lengths[link] for link in links], links)
    is_scrap = is_block and is_short and len(element) >= BLOCK_PARTS and is_shorter(text, SHORT_BLOCK)
    if not (is_list or is_scrap):
        return False
    parent = element.getparent()
    return not (element.tag == "p" and parent is not None and parent.tag in KEPT_IN)


def link_density(
    element: HtmlElement, text: str, lengths: Sequence[int], links: Sequence[HtmlElement]
) -> tuple[bool, bool]:
    """(it is a list of links, it is short): trafilatura's ``link_density_test``."""
    if len(links) == 1 and lengths[0] > LONE_LINK and lengths[0] > trimmed_length(text) * LONE_SHARE:
        return True, False
    said = [length for length in lengths if length]
    linked = sum(said)
    if is_shorter(text, limit_of(element)):
        if not said:
            return True, False
        short = sum(length < SHORT_LINK for length in said)
        is_list = linked > trimmed_length(text) * MOST_LINKED
        return is_list or (len(said) > 1 and short / len(said) > MOST_LINKED), True
    is_farm = len(links) > FARM_MIN and linked < FARM_LINK * len(said)
    if is_farm and linked > trimmed_length(text, enough=2 * linked) * LINK_FARM_RATIO:
        return not is_paragraph_listing(list(links)), False
    return False, False


def limit_of(element: HtmlElement) -> int:
    """Characters below which an element is short; the last of its parent may have more."""
    is_last = element.getnext() is None
    if element.tag == "p":
        return 60 if is_last else 30
    return 300 if is_last else 100


def is_shorter(text: str, limit: int) -> bool:
    return trimmed_length(text, enough=limit) < limit


def trimmed_length(text: str, *, enough: int | None = None) -> int:
    """Characters of the text, white space collapsed; of a text that has ``enough``, perhaps not all of them."""
    return len(" ".join(text.split()) if enough is None else begin_of_line(text, enough))
