"""What a page says of its article as data: JSON-LD, microdata and the state that a framework ships with the page.

Data written by strangers: sizes, depth and numbers of nodes are bounded, and what can't be read counts as absent.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.jsonld import json_ld_nodes, json_ld_story, site_names
from pipelines.microdata import microdata_story
from pipelines.payloads import payload_stories
from pipelines.prose import one_line
from pipelines.story import Origin, Story

SHORT_PAGE = 1500  # characters in <p>: below, the body may exist only in the framework's state
PARAGRAPHS = XPath("/descendant::p[string-length(.) > 60]")
PAGE_TITLES = XPath("//head/title/text() | /descendant::meta[@property='og:title']/@content | //h1")


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredData:
    """All that a page's data says of its main article; one story an origin, the most trusted first."""

    stories: tuple[Story, ...] = ()
    site_names: tuple[str, ...] = ()

    @property
    def headline(self) -> str | None:
        return next((one.headline for one in self.stories if one.headline and one.is_article), None)

    @property
    def article_body(self) -> str | None:
        """The longest body that any origin gives, as paragraphs joined by blank lines."""
        return max((one.article_body for one in self.stories if one.article_body), key=len, default=None)

    @property
    def body_origin(self) -> Origin | None:
        """Where ``article_body`` was found."""
        body = self.article_body
        return next((one.origin for one in self.stories if body and one.article_body == body), None)

    @property
    def is_accessible_for_free(self) -> bool | None:
        found = [one.is_accessible_for_free for one in self.stories if one.is_accessible_for_free is not None]
        return found[0] if found else None


def structured_data(tree: HtmlElement, *, url: str = "") -> StructuredData:
    """The page's main article as its data tells it. ``url`` helps to tell it from others on the page."""
    nodes = list(json_ld_nodes(tree))
    titles = page_titles(tree)
    found = [story for story in (json_ld_story(nodes, titles, url), microdata_story(tree)) if story]
    if wants_payload(tree, found):
        found += payload_story(tree, titles)
    return StructuredData(stories=tuple(found), site_names=tuple(dict.fromkeys(site_names(nodes))))


def page_titles(tree: HtmlElement) -> list[str]:
    """What the page calls itself: ``<title>``, og:title and its h1s."""
    return [one_line(one if isinstance(one, str) else one.text_content()) for one in PAGE_TITLES(tree)[:6]]


def wants_payload(tree: HtmlElement, found: list[Story]) -> bool:
    """True where other data is incomplete or the page shows little text: reading a framework's state costs time."""
    if not any(one.is_article and one.headline and one.date_published for one in found):
        return True
    length = 0
    for paragraph in PARAGRAPHS(tree):
        length += len(paragraph.text_content())
        if length >= SHORT_PAGE:
            return False
    return True


def payload_story(tree: HtmlElement, titles: list[str]) -> list[Story]:
    """The article in the framework's state whose headline the page repeats, at most one."""
    told = payload_stories(tree, titles)
    best = max(told, key=lambda one: (len(one.article_body or ""), bool(one.date_published)), default=None)
    return [best] if best else []
