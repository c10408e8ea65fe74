"""The element that holds the article, found from what an extractor recognised of it, and all of its blocks.

Extractors lose lists, accordions, quotes and table rows inside an article because no rule of theirs fits
them; but the paragraphs they do find say where the article is. Everything left in that element after the
chrome was taken out is the article.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from lxml import etree
from lxml.etree import XPath
from lxml.html import HtmlElement

from archive.words import weight_of
from pipelines.blocks import Placed, blocks_in
from pipelines.phrases import is_call, is_chrome_line
from pipelines.prose import squeezed

LEAST_GROWTH, MOST_GROWTH = 0.97, 1.4  # of the recognised text; outside, the container was not the article
MOST_BETWEEN = 2.5  # the same, where what was not recognised stands between paragraphs that were
TEXT_TAGS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "dt", "dd"})
FLOW_TAGS = frozenset(
    {"ul", "ol", "li", "dl", "blockquote", "table", "tbody", "thead", "tr", "td", "th", "details", "summary"}
)
INLINE_TAGS = frozenset({"font", "span", "b", "strong", "i", "em", "big", "small"})
TEASER_MIN, TEASER_SHARE = 30, 0.9  # characters; share of links: a shorter line may be a name in a list of sources
LABEL = re.compile(r"[^:：|»›→]{3,40}[:：|»›→]\s*(\S+(?: \S+){3,})")  # what leads to another story, and its headline
ANCHOR_MIN = 60  # of weight; a shorter block may stand anywhere in a page and anchors nothing
SHORT_LINE = 100  # of weight; lines of the head and foot of a page are shorter, a standfirst is longer
COLUMN_MIN, NEARLY_ALL = 80, 0.95  # of weight: a shorter block says nothing of where the article is; of sentences
LONG_PROSE_MIN = 120  # of weight; teasers are shorter
CALLOUT = re.compile(r"callout|admonition", re.IGNORECASE)
HEADING_TAGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", "»", "”", '"', ")", "」", "』")
MUCH_MISSED = 0.4  # of the weight of what was found; less may be anything
SAID_SHARE = 0.65  # of the weight of what was missed, in blocks that end as sentences do
MOST_BOXES = 60  # parts of a text that are looked at
MOST_PARTED = 50  # texts that are looked for block by block
ENOUGH = 0.75  # share of the recognised text that the container must hold; the rest may be a standfirst above it


def container_of(blocks: Sequence[Placed]) -> HtmlElement | None:
    """The deepest element that holds ``ENOUGH`` of the blocks, which were recognised; None when there are none."""
    direct: dict[HtmlElement, int] = {}
    total = 0
    for element, text in blocks:
        if len(text) > 20:
            total += len(text)
            direct[element] = direct.get(element, 0) + len(text)
    weights: dict[HtmlElement, int] = {}
    for element, length in direct.items():
        for ancestor in (element, *element.iterancestors()):
            weights[ancestor] = weights.get(ancestor, 0) + length
    enough = [element for element, weight in weights.items() if weight >= ENOUGH * total]
    return block_of(max(enough, key=depth, default=None))


def only_column(blocks: Sequence[Placed]) -> list[str]:
    """The sentences of the element that holds nearly all of the page's; empty when none does."""
    said = [one for one in blocks if weight_of(one[1]) >= COLUMN_MIN and one.is_content and is_said(*one)]
    column = container_of(said)
    inside = set(column.iter(etree.Element)) if column is not None else set()
    found = [text for element, text in said if element in inside]
    return found if sum(map(len, found)) >= NEARLY_ALL * sum(len(text) for _, text in said) else []


def boxes_of(container: HtmlElement) -> list[HtmlElement]:
    """The element; where the page calls it its article's body, all that bear its name as deep in the tree: inserts of
    advertising part a text into several.
    """
    name, tag = container.get("class") or "", str(container.tag)
    if not NAMED_BODY.search(name):
        return [container]
    deep = depth(container)
    named = ((one, one.get("class") or "") for one in container.getroottree().getroot().iter(tag))
    alike = (one for one, other in named if NAMED_BODY.search(other) and other.split()[0] == name.split()[0])
    return [one for one in islice(alike, MOST_BOXES) if depth(one) == deep]


def block_of(element: HtmlElement | None) -> HtmlElement | None:
    """The element, or what stands around it where it only sets a font."""
    while element is not None and element.tag in INLINE_TAGS:
        element = element.getparent()
    return element


def depth(element: HtmlElement) -> int:
    return sum(1 for _ in element.iterancestors())


def filled(blocks: Sequence[Placed], recognised: Sequence[str]) -> list[str]:
    """The article's blocks: those that stand where the recognised prose stands, and what lies between.

    ``recognised`` as it is where no element holds it together, or where the result would differ too much.
    """
    exact = set(map(squeezed, recognised))
    whole = squeezed(" ".join(recognised))
    known = [len(one.squeezed) > 1 and (one.squeezed in exact or one.squeezed in whole) for one in blocks]
    container = container_of([block for block, is_known in zip(blocks, known, strict=True) if is_known])
    if container is None:
        return list(recognised)
    inside = {one for box in boxes_of(container) for one in box.iter(etree.Element)}
    anchors = [
        place
        for place, (element, text) in enumerate(blocks)
        if known[place] and element in inside and weight_of(text) > ANCHOR_MIN
    ]
    if not anchors:
        return list(recognised)
    homes = {home_of(blocks[place][0]) for place in anchors}
    cards = cards_in(container)
    kept = [False] * len(blocks)
    for place, one in enumerate(blocks):
        element, text = one
        if element not in inside or is_teaser(one, cards) or is_link_line(one):
            continue
        is_between = anchors[0] <= place <= anchors[-1]
        is_ours = one.is_content and (home_of(element) in homes or (known[place] and flows(element)))
        kept[place] = is_ours or (is_between and (known[place] or is_long_prose(element, text)))
    for place in reversed(range(anchors[0], anchors[-1])):
        kept[place] = kept[place] or (kept[place + 1] and is_heading(blocks[place]))
    lost = [text for place, (_, text) in enumerate(blocks) if known[place] and not kept[place]]
    found = [one for place, one in enumerate(blocks) if kept[place]]
    between = blocks[anchors[0] : anchors[-1] + 1]
    added = {
        text
        for (element, text), is_known in zip(between, known[anchors[0] :], strict=False)
        if not is_known and home_of(element) in homes
    }
    texts = [text for _, text in found]
    if not is_plausible(found, lost, len(whole), beside=[one for one in found if one[1] not in added]):
        teasers = {one.squeezed for one in blocks if is_teaser(one, cards)}
        texts = parted([text for text in recognised if squeezed(text) not in teasers], blocks)
    return whole_of([one for one in blocks if one[0] in inside], texts) or texts


def parted(texts: Sequence[str], blocks: Sequence[Placed]) -> list[str]:
    """The texts; one that is made of several of the page's blocks, as extractors run paragraphs together, as those."""
    known = {one.squeezed for one in blocks}
    found: list[str] = []
    budget = MOST_PARTED
    for text in texts:
        whole = squeezed(text)
        budget -= whole not in known
        parts = [text] if whole in known or budget < 0 else parts_of(whole, blocks)
        found += parts or [text]
    return found


def parts_of(whole: str, blocks: Sequence[Placed]) -> list[str]:
    """The blocks that follow one another in the text; empty when something else stands in it."""
    place = 0
    found: list[str] = []
    for one in blocks:
        if whole.startswith(one.squeezed, place):
            found.append(one[1])
            place += len(one.squeezed)
    return found if place == len(whole) else []


def whole_of(blocks: Sequence[Placed], found: Sequence[str]) -> list[str]:
    """All that the container holds, where most of it was not recognised and reads as prose; else nothing.

    Extractors take one section of an article that is built of many: a page builder's columns, a list of products,
    questions and answers. What lies around articles has no sentences: names, labels, teasers, prices.
    """
    content = [one for one in blocks if one.is_content]
    known = set(found)
    unknown = [one for one in content if one[1] not in known]
    if not unknown:
        return []
    whole = squeezed(" ".join(found))
    missing = [one for one in unknown if one.squeezed not in whole]
    weight = sum(weight_of(text) for _, text in missing)
    if weight < MUCH_MISSED * sum(map(weight_of, found)):
        return []
    said = sum(weight_of(text) for element, text in missing if is_said(element, text))
    return [text for _, text in content] if said >= SAID_SHARE * weight else []


def is_said(element: HtmlElement, text: str) -> bool:
    """True for what ends as a sentence does, and is neither code nor a call of the site."""
    return text.endswith(SENTENCE_END) and element.tag != "pre" and not is_call(text)


def flows(element: HtmlElement) -> bool:
    """True inside a list or a table."""
    parent = element.getparent()
    return element.tag in FLOW_TAGS or (parent is not None and parent.tag in FLOW_TAGS)


def is_heading(block: Placed) -> bool:
    """A crosshead: of the article, when the next block is."""
    element, text = block
    return element.tag in HEADING_TAGS and block.is_content and not is_chrome_line(text)


def is_plausible(found: Sequence[Placed], lost: Sequence[str], length: int, *, beside: Sequence[Placed]) -> bool:
    """Not much more than was recognised, and nothing lost of it but a little, or short lines.

    ``length`` counts the characters that were recognised, white space left out. ``beside`` is what was found without
    lists and crossheads that stand between recognised paragraphs, side by side with them: of those an article may have
    as much as prose.
    """
    growth = squeezed_length(found) / max(1, length)
    if growth > MOST_BETWEEN or squeezed_length(beside) / max(1, length) > MOST_GROWTH:
        return False
    return growth >= LEAST_GROWTH or (bool(lost) and all(weight_of(text) < SHORT_LINE for text in lost))


def squeezed_length(blocks: Sequence[Placed]) -> int:
    return sum(len(one.squeezed) for one in blocks)


def is_link_line(block: Placed) -> bool:
    """A line that leads to another story ("Related: …", "Read more: …"), between an article's paragraphs."""
    return not block.is_content and is_chrome_line(block[1])


def is_teaser(block: Placed, cards: frozenset[HtmlElement]) -> bool:
    """A line that is one link, reads as a headline and stands between an article's paragraphs or in a list there; and
    whatever stands in a card of another article.
    """
    element, text = block
    if cards and block.link_share == 1 and next(element.iterancestors("a"), None) in cards:
        return True
    return (
        len(text) >= TEASER_MIN
        and not text.endswith(SENTENCE_END)
        and element.tag not in HEADING_TAGS
        and (block.link_share >= TEASER_SHARE or is_labelled_link(element, text))
    )


def cards_in(root: HtmlElement) -> frozenset[HtmlElement]:
    """Links around a headline, and more, of other articles."""
    around = (next(heading.iterancestors("a"), None) for heading in root.iter(*HEADING_TAGS))
    return frozenset(link for link in around if link is not None and link.get("href") is not None)


def is_labelled_link(element: HtmlElement, text: str) -> bool:
    """A paragraph of a label and a headline that is a link: ``Les også: <a>…</a>``, ``READ MORE | <a>…</a>``."""
    match = LABEL.match(text) if element.tag == "p" else None
    return match is not None and any(squeezed(link.text_content()) == squeezed(match[1]) for link in element.iter("a"))


def home_of(element: HtmlElement) -> HtmlElement:
    """What the block stands in; lists, quotes and tables are part of the flow of text, and so is what sets a font."""
    home = element.getparent() if element.tag in FLOW_TAGS or element.tag in TEXT_TAGS else element
    while home is not None and (home.tag in FLOW_TAGS or home.tag in INLINE_TAGS):
        home = home.getparent()
    return element if home is None else home


def is_long_prose(element: HtmlElement, text: str) -> bool:
    """A sentence or more, without a link: an accordion's answer, not a teaser; a shorter one in a named callout."""
    around = (element, *islice(element.iterancestors(), 2))
    is_callout = any(CALLOUT.search(one.get("class") or "") for one in around)
    return (
        weight_of(text) >= (ANCHOR_MIN if is_callout else LONG_PROSE_MIN)
        and text.endswith((".", "!", "?", "。", "»", "”", '"', ")"))
        and element.find(".//a") is None
        and not is_call(text)
    )


MARKED = XPath("/descendant::*[@itemprop or @class]")
NAMED_BODY = re.compile(
    r"(^|[ _-])(entry|post|article|story|news|detail|node|field--name|single)[_-]*(content|body|text|copy)($|[ _-])",
    re.IGNORECASE,
)


def named_body(root: HtmlElement) -> list[str]:
    """Blocks of the element that the page itself calls the article's body; empty when none or several are.

    For short articles: an extractor needs some length to tell an article from what surrounds it.
    """
    named = (
        element
        for element in MARKED(root)
        if element.get("itemprop") == "articleBody" or NAMED_BODY.search(element.get("class") or "")
    )
    found = [element for element in named if element.text_content().strip()]
    outermost = [element for element in found if not any(other in found for other in element.iterancestors())]
    if len(outermost) != 1:
        return []
    return [one[1] for one in blocks_in(outermost[0]) if one.is_content]
