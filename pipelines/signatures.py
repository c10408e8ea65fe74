"""Names that no word introduces: beside the headline, or in bold at an edge of the article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from lxml.etree import Comment, XPath
from lxml.html import HtmlElement

from pipelines.agreement import folded
from pipelines.calendars import WRITTEN
from pipelines.datelines import is_sentence
from pipelines.names import ROLE, looks_personal, parts_of, person

MAX_BYLINE = 120  # characters of an element that is a byline
SIGNED = XPath(
    "/descendant::p[count(*) = 1 and (strong or b or em or i)][string-length(normalize-space(.)) < 60]"
    "[normalize-space(.) = normalize-space(*)]"
)
UNSEEN = ("script", "style", "template", "noscript", "head", "title", Comment)
BESIDE_DATE = re.compile(
    r"#\s*[|·•–—-]\s*(?P<after>[^#|·•–—]{5,40})|(?P<before>[^#|·•–—:]{5,40}?)\s*[|·•]\s*#(?:[^#]{0,24}#)?"
)  # a date or two, and a name


def names_alone(tree: HtmlElement, lines: Sequence[str]) -> list[str]:
    """A name beside the headline that no word introduces, where a role follows it or the page names the person again.

    Names of sections look the same (``Space Weather``): a picture or an address with the name tells them apart, and so
    does a line of nothing but a date and a name whose words the page uses nowhere else.
    """
    short = [line for line in lines if len(line) <= MAX_BYLINE and not is_sentence(line)]
    pieces = [piece for line in short for piece in parts_of(WRITTEN.sub(" | ", line)) if piece]
    for piece, following in pairwise([*pieces, ""]):
        name = person(piece)
        if name and looks_personal(name) and (ROLE.match(following.strip()) or is_named_again(tree, name)):
            return [name]
    dated = filter(None, (BESIDE_DATE.fullmatch(WRITTEN.sub("#", line)) for line in short))
    beside = (hit["after"] or hit["before"] for hit in dated)
    return [name for name in beside if looks_personal(name) and stands_alone(tree, name)][:1]


def stands_alone(tree: HtmlElement, name: str) -> bool:
    """True where the page has the name once, and none of its words in lower case."""
    text = "".join(piece for element in tree.iter() if element.tag not in UNSEEN for piece in own_texts(element))
    return text.count(name) == 1 and not any(
        re.search(rf"\b{re.escape(word.lower())}\b", text) for word in name.split()
    )


def own_texts(element: HtmlElement) -> tuple[str, str]:
    """What stands at an element's beginning and behind its children, those left out."""
    return element.text or "", "".join(child.tail or "" for child in element)


def is_named_again(tree: HtmlElement, name: str) -> bool:
    """True when a picture shows, or an address names, the person."""
    slug = "-".join(folded(name).split())
    pictures = (one.get("alt") or "" for one in tree.iter("img"))
    if any(alt == name or f"of {name}" in alt or alt.startswith(f"{name},") for alt in pictures):
        return True
    addresses = (one.get("href") or "" for one in tree.iter("a"))
    return any(f"/in/{slug}" in one or (f"/{slug}" in one and "author" in one) for one in addresses)


def signatures(tree: HtmlElement) -> list[str]:
    """Names in bold that are a whole paragraph before the article's prose, or behind it on the right, where the page
    has one such and their words nowhere else: who signs where the site's data names only the site.
    """
    found: dict[str, str] = {}
    for element in SIGNED(tree)[:20]:
        text = short_text(element)
        names = [name.strip() for name in text.split("/")]
        if is_at_an_edge(element) and all(looks_personal(name) and stands_alone(tree, name) for name in names):
            found.setdefault(folded(text), text)
    return list(found.values()) if len(found) == 1 else []


def is_at_an_edge(element: HtmlElement) -> bool:
    before = any(len(one.text_content()) >= MAX_BYLINE for one in element.itersiblings("p", preceding=True))
    following = any(len(one.text_content()) >= MAX_BYLINE for one in element.itersiblings("p"))
    return (following and not before) or (before and not following and "right" in (element.get("style") or ""))


def short_text(element: HtmlElement) -> str:
    """The element's text when it is short enough for a byline; empty otherwise."""
    text = " ".join(" ".join(islice(element.itertext(), 60)).split())
    return text if len(text) <= MAX_BYLINE else ""
