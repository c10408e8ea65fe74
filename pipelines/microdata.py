"""Microdata: the article that ``itemprop`` attributes describe (https://html.spec.whatwg.org/#microdata)."""

from __future__ import annotations

import re
from itertools import islice, takewhile

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.jsonld import claim
from pipelines.prose import one_line, paragraphs_from
from pipelines.story import Story

MAX_PROPERTIES = 400  # of a page
PROPERTIES = XPath("/descendant::*[@itemprop]")
ARTICLES = XPath("/descendant::*[@itemscope][contains(@itemtype, 'Article') or contains(@itemtype, 'Posting')]")
OF_ARTICLE = ("WebPage", "CreativeWork", "Report", "Blog")
COMMENTS = re.compile(r"(?:^|[\s_-])comments?(?:$|[\s_-])", re.IGNORECASE)
BESIDE = 4  # elements around the first author in which the others stand
KINDS = XPath("//@itemtype[contains(., 'Article') or contains(., 'Posting')]")


def microdata_story(tree: HtmlElement) -> Story | None:
    """The article that ``itemprop`` attributes describe; properties of comments and of listed items are left out."""
    first: dict[str, HtmlElement] = {}
    authors: list[HtmlElement] = []
    properties = PROPERTIES(tree)[:MAX_PROPERTIES]
    others = other_articles(tree) if properties else set()
    for element in properties:
        if others and any(one in others for one in (element, *element.iterancestors())):
            continue
        for name in element.get("itemprop", "").split():
            if name == "author" and len(authors) < 12 and is_of_article(element):
                authors.append(element)
            first.setdefault(name, element)
    if not {"headline", "datePublished", "articleBody", "author"} & first.keys():
        return None

    def value(name: str) -> str | None:
        return property_text(first[name]) if name in first else None

    body = first.get("articleBody")
    return Story(
        origin="microdata",
        kinds=tuple(kind.rsplit("/", 1)[-1] for kind in KINDS(tree)[:1]),
        headline=value("headline"),
        article_body="\n\n".join(paragraphs_from(body)) if body is not None else None,
        date_published=value("datePublished") or value("dateCreated"),
        date_modified=value("dateModified"),
        authors=tuple(dict.fromkeys(name for one in side_by_side(authors) if (name := property_name(one)))),
        description=value("description"),
        section=value("articleSection"),
        is_accessible_for_free=claim(value("isAccessibleForFree")),
        language=value("inLanguage"),
    )


def other_articles(tree: HtmlElement) -> set[HtmlElement]:
    """The articles a page describes beside its own: where it describes several, its own is the one with the page's
    headline, else the longest.
    """
    items = ARTICLES(tree)[:MAX_PROPERTIES]
    if len(items) < 2:
        return set()
    headed = [one for one in items if next(one.iter("h1"), None) is not None]
    own = headed[0] if len(headed) == 1 else max(items, key=lambda one: len(one.text_content()))
    around = {own, *own.iterancestors()}
    return {one for one in items if one not in around}


def side_by_side(authors: list[HtmlElement]) -> list[HtmlElement]:
    """Those that stand with the first: the authors of one article do, others on the page are of other articles."""
    near = islice(authors[0].iterancestors(), BESIDE) if authors else ()
    around = set(takewhile(lambda one: one.tag not in ("article", "main", "body"), near))
    return [one for one in authors if one is authors[0] or not around.isdisjoint(one.iterancestors())]


def is_of_article(element: HtmlElement) -> bool:
    """False for a property of a comment, a review, a picture or whatever else stands inside the article."""
    for one in element.iterancestors():
        if COMMENTS.search(f"{one.get('class') or ''} {one.get('id') or ''}"):
            return False
        if one.get("itemscope") is not None and (kind := one.get("itemtype")):
            return "Article" in kind or "Posting" in kind or kind.endswith(OF_ARTICLE)
    return True


def property_text(element: HtmlElement) -> str | None:
    """A property's value as HTML defines it: ``content``, ``datetime``, else the text."""
    found = element.get("content") or element.get("datetime") or (element.text_content() or "")[:2000]
    return one_line(found) or None


def property_name(element: HtmlElement) -> str:
    """The name of a person: its ``name`` property where it has one."""
    inner = element.xpath(".//*[@itemprop='name'][1]")
    return property_text(inner[0] if inner else element) or ""
