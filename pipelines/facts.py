"""What tells an article from other pages, measured on the tree before anything is cut. Rules on them: ``quality``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.etree import XPath
from lxml.html import HtmlElement

from archive.model import PageFacts
from pipelines.prose import squeezed
from pipelines.tree import words_in

TITLE = XPath("string(/descendant::title[not(ancestor::svg)])")
HEADINGS = XPath("//h1 | //h2")
HEADING_TAGS = frozenset({"h2", "h3", "h4", "h5"})
MARK_TAGS = (*HEADING_TAGS, "a", "li")
OG_TYPES = XPath("/descendant::meta[@property='og:type']/@content")
ITEM_TYPES = XPath("/descendant::*[@itemscope]/@itemtype")
LD_TYPE = re.compile(r'"@type"\s*:\s*\[?\s*"(?:https?://schema\.org/)?(\w+)"')
LD_SCRIPTS = XPath("/descendant::script[contains(@type, 'ld+json')]/text()")
ARTICLE_TYPES = re.compile(
    r"(?:^|/)(?:article|(?:News|Blog|Scholarly|Tech|Analysis|Reportage|Opinion)?\w*Article|BlogPosting)$", re.I
)
COLLECTION_TYPES = frozenset({"CollectionPage", "SearchResultsPage", "ItemList", "ProfilePage"})
COLLECTION_CLASSES = frozenset(
    "archive category tag author search search-results search-no-results blog home post-type-archive error404".split()
)  # body_class() of WordPress; other systems took the words over
PASSWORDS = XPath("boolean(/descendant::input[@type='password'])")
PLAYER_HOSTS = (
    "youtube.com",
    "youtube-nocookie.com",
    "vimeo.com",
    "rutube.ru",
    "dailymotion.com",
    "bilibili.com",
    "vk.com",
)
SHELL_IDS = frozenset({"root", "app", "__next", "__nuxt", "application"})
JAVASCRIPT_CALL = re.compile(
    r"(?:enable|turn on|activate|requires?|without|activer|activez|aktivieren|habilit\w+|attiva\w*|włącz\w*|включите)"
    r"\b.{0,40}\bJavaScript|JavaScript.{0,40}\b(?:enabled|disabled|required|aktivieren|to run this app)"
    r"|JavaScript\s?(?:を有効|が無効)|启用\s?JavaScript",
    re.IGNORECASE,
)
CLASSES, IDS, SOURCES = (XPath(f"/descendant::*/@{name}", smart_strings=False) for name in ("class", "id", "src"))
CHALLENGES = (
    (CLASSES, ("g-recaptcha", "h-captcha", "cf-turnstile", "smart-captcha")),
    (IDS, ("cf-challenge", "challenge-form", "px-captcha")),
    (SOURCES, ("_Incapsula_",)),
)  # parts of attributes
NAMED = XPath("/descendant::*[@id]")
MENU_TAGS = frozenset(
    {"nav", "aside", "header", "footer", "script", "style", "noscript", "template", "select", "svg", "head"}
)
HIDDEN_TAGS = ("script", "style", "noscript", "template")
PLAIN_PATH = re.compile(r"((?:/(?![/.])[\w.~%-]*)+)(?:[?#][!-~]*)?", re.ASCII)  # an address that need not be resolved
SEPARATOR = re.compile(r"\s+[|–—·•»›:-]\s+|\s*[|｜]\s*")
MAX_OPENING = 2000  # characters
SMALL_PAGE = 4000  # characters outside links; walls, errors and shells have fewer, so nothing is searched for on others
MAX_HEADINGS = 12
MAX_MARKS = 300  # linked headings of a page that are looked at
MAX_TEASERS = 60
LEAST_TEASERS = 4  # side by side; fewer are the related stories of an article
LINK_WORDS = 4  # words of a headline; a menu's entries are shorter (two characters of Chinese make one)


def facts_of(root: HtmlElement, url: str) -> PageFacts:
    """The facts of one page; what only small pages can be is not looked for on others. The tree is left as it was."""
    visible, linked = lengths(root)
    is_small = visible - linked < SMALL_PAGE
    opening = " ".join(" ".join(islice(shown(root), 400)).split())[:MAX_OPENING] if is_small else ""
    kinds = [str(kind) for kind in (*OG_TYPES(root), *ITEM_TYPES(root))]
    stated = {kind for script in LD_SCRIPTS(root)[:20] for kind in LD_TYPE.findall(str(script)[:200_000])}
    classes = {name.lower() for body in root.iter("body") for name in (body.get("class") or "")[:2000].split()}
    return PageFacts(
        visible_chars=visible,
        linked_chars=linked,
        headings=tuple(headings(root)),
        opening=opening,
        is_article=any(ARTICLE_TYPES.search(kind) for kind in (*kinds, *stated)),
        is_collection=bool(stated & COLLECTION_TYPES) or bool(classes & COLLECTION_CLASSES and "single" not in classes),
        has_password=is_small and bool(PASSWORDS(root)),
        players=sum(one.tag == "video" or is_player(one.get("src") or "") for one in root.iter("video", "iframe")),
        has_shell=is_small and (is_shell(root) or JAVASCRIPT_CALL.search(opening) is not None),
        has_challenge=is_small and is_challenged(root),
        teasers=tuple(islice(teasers(root, url), MAX_TEASERS)),
    )


def lengths(root: HtmlElement) -> tuple[int, int]:
    """Characters of visible text, and of links among them; white space does not count."""
    bodies = list(root.iter("body"))
    hidden = (
        one for body in bodies for one in body.iter(HIDDEN_TAGS) if next(one.iterancestors(HIDDEN_TAGS), None) is None
    )
    return max(0, squeezed_length(bodies) - squeezed_length(hidden)), squeezed_length(root.iter("a"))


def squeezed_length(elements: Iterable[HtmlElement]) -> int:
    """Characters of the elements' text without white space."""
    return len(squeezed("".join(map(words_in, elements))))


def shown(root: HtmlElement) -> Iterator[str]:
    """Text outside menus, in document order."""
    stack: list[HtmlElement | str | None] = [root]
    while stack:
        node = stack.pop()
        if node is None or isinstance(node, str):
            if node and node.strip():
                yield node
            continue
        if isinstance(node.tag, str) and node.tag not in MENU_TAGS:
            for child in reversed(node):
                stack += [child.tail, child]
            stack.append(node.text)


def is_shell(root: HtmlElement) -> bool:
    """A framework's element for the page is there, and nothing in it."""
    return any(one.get("id") in SHELL_IDS and not words_in(one).strip(" \t\r\n") for one in NAMED(root))


def is_challenged(root: HtmlElement) -> bool:
    """A captcha, or what stands before a page while a visitor is examined."""
    texts = (("\n".join(values(root)), parts) for values, parts in CHALLENGES)
    return any(part in text for text, parts in texts for part in parts)


def headings(root: HtmlElement) -> Iterator[str]:
    """Parts of the page's title, then its first headings."""
    title = " ".join(str(TITLE(root)).split())[:400]
    yield from dict.fromkeys([title, *SEPARATOR.split(title)])
    for heading in islice(HEADINGS(root), MAX_HEADINGS):
        if text := " ".join("".join(heading.itertext()).split())[:300]:
            yield text


def is_player(src: str) -> bool:
    try:
        host = urlsplit(src).hostname or ""
    except ValueError:
        return False
    return host.endswith(PLAYER_HOSTS)


def teasers(root: HtmlElement, url: str) -> Iterator[str]:
    """Text of every card of a list of cards: linked headlines outside menus, with what is under them.

    A card is the largest element around one linked headline and no other; cards stand side by side, at least
    ``LEAST_TEASERS`` of them.
    """
    marks = []
    around: dict[HtmlElement, int] = {}
    for mark in islice(linked_headings(root), MAX_MARKS):
        if is_headline(mark, url) and next(mark.iterancestors(*MENU_TAGS), None) is None:
            marks.append(mark)
            around.update((ancestor, around.get(ancestor, 0) + 1) for ancestor in mark.iterancestors())
    cards = [card_of(mark, around) for mark in marks]
    siblings: dict[HtmlElement, int] = {}
    for card in cards:
        parent = card.getparent()
        if parent is not None:
            siblings[parent] = siblings.get(parent, 0) + 1
    for card in dict.fromkeys(cards):
        parent = card.getparent()
        if parent is not None and siblings[parent] >= LEAST_TEASERS:
            yield " ".join("".join(card.itertext(etree.Element)).split())[:600]


def linked_headings(root: HtmlElement) -> Iterator[HtmlElement]:
    """Headings with a link in them, links with a heading in them, items of lists with one link, in document order."""
    for mark in root.iter(MARK_TAGS):
        tag = mark.tag
        if tag == "a":
            is_one = bool(len(mark)) and mark.get("href") is not None and any(one.tag in HEADING_TAGS for one in mark)
        elif tag == "li":
            is_one = sum(link.get("href") is not None for link in mark.iterchildren("a")) == 1
        else:
            is_one = any(link.get("href") is not None for link in mark.iter("a"))
        if is_one:
            yield mark


def is_headline(mark: HtmlElement, url: str) -> bool:
    """It links to another page of the site, in as many words as a headline has."""
    link = mark if mark.tag == "a" else next(mark.iter("a"), None)
    if link is None:
        return False
    text = " ".join(words_in(link).split())
    words = text.count(" ") + 1 if text.isascii() or " " in text else len(text) // 2
    return words >= LINK_WORDS and leads_elsewhere(link.get("href") or "", url)


def leads_elsewhere(href: str, url: str) -> bool:
    """To another page of the same host."""
    try:
        here = urlsplit(url)
        if plain := PLAIN_PATH.fullmatch(href):
            return plain[1].rstrip("/") != here.path.rstrip("/")
        target = urlsplit(urljoin(url, href))
    except ValueError:
        return False
    return target.hostname == here.hostname and target.path.rstrip("/") != here.path.rstrip("/")


def card_of(mark: HtmlElement, around: dict[HtmlElement, int]) -> HtmlElement:
    """The largest element around the headline that holds no other headline."""
    card = mark
    for ancestor in mark.iterancestors():
        if around[ancestor] > 1:
            break
        card = ancestor
    return card
