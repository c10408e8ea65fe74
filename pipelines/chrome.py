"""The site's chrome, told from the tree alone: what is navigation, widget, form or call, not article.

These rules need no history of the site. Each names a class of elements; an element that holds a good
part of the page's prose is never taken out, whatever its name says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, pairwise

from lxml import etree
from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.phrases import MAX_HEADING, is_chrome_heading, is_date_line
from pipelines.prose import begin_of_line
from pipelines.tree import words_in

# The second line: components of AMP that hold no text of an article (amp.dev, catalogue of components).
ALWAYS_TAGS = """
    script style noscript iframe form button select textarea input template dialog nav aside
    amp-ad amp-auto-ads amp-consent amp-embed amp-list amp-next-page amp-sidebar amp-social-share amp-sticky-ad
    amp-user-notification
    """.split()
ALWAYS_ROLES = frozenset("navigation search banner contentinfo complementary dialog alertdialog menu".split())
ARTICLES = XPath("/descendant::article[.//h1]")
ARTICLE_MIN = 500  # characters outside links; less may be a teaser
NAMED = XPath("/descendant::body/descendant::*[@class or @id]")
# Words of class and id names; each names a kind of chrome.
WORDS = frozenset(
    """
    ad ads advert adverts advertisement adsense breadcrumb breadcrumbs crumbs comments commentlist disqus respond
    cookie cookies cookielaw cookielawinfo consent gdpr modal popup share sharing sharedaddy social socials addtoany
    addthis sharethis sharebar
    sharebox related relatedposts yarpp recommended recommendations outbrain taboola newsletter newsletters
    subscribe subscription signup optin mailchimp sidebar popular trending mostread tags tagcloud taglist
    pagination pager paging breadcrumbs menu navbar topbar masthead colophon toolbar searchform searchbox donate
    factbox faktaboks infobox faktabox donation promo byline dateline webring republish republication caption captions
    credit login signin
    captcha tooltip toast readmore factoid ticker poll
    """.split()
)
TOKENS = frozenset({"widget", "widgets", "widget-area"})  # whole names: page builders call every paragraph some-widget
# Neighbouring words that together name chrome.
PAIRS = frozenset(
    """
    author-box author-bio author-info author-card about-author read-next read-more also-like more-stories
    more-news most-read most-viewed most-popular top-stories site-header site-footer page-footer post-navigation
    nav-links nav-previous nav-next prev-next entry-meta post-meta article-meta entry-date posted-on post-date
    post-info article-info reading-time read-time post-views cat-links tags-links tag-list tag-cloud post-tags
    post-categories search-form search-box mailing-list email-signup sign-up follow-us entry-footer post-footer
    article-footer screen-reader visually-hidden sr-only skip-link print-only print-link comment-form comment-list
    related-posts twitter-tweet instagram-media tiktok-embed fb-post bluesky-embed reddit-embed show-comments
    ai-summary image-description no-access access-wall identity-screen
    """.split()
)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
PLAIN_NAME = re.compile(r"[_-]*[a-z]+(?:[_-][a-z]+)*[_-]*")  # lower case with single marks between: most names
MAX_NAMES = 1000  # characters of class and id that are read
HASHED = 3  # letters; a word no longer than this beside a digit is part of a hash ("2638ad0")
# Words of an element that holds a picture and what is said of it.
PICTURE_WORDS = frozenset("image images img photo photos picture foto bild absatzbild".split())
PICTURE_PART = re.compile("ima?ge?|photo|picture|foto|bild", re.IGNORECASE)
MOST_PICTURES, PICTURE_DEPTH = 300, 6  # looked at; elements around each
KINDS = frozenset({"format", "category", "tag", "type", "day"})  # beside them, of whole posts: "format-image"
MOST_CAPTIONS = 2  # paragraphs: what the picture shows, whose it is
MAX_CAPTIONS = 600  # characters of all captions in such an element; one that holds more holds text
MODIFIERS = frozenset({"has", "have", "with", "without", "no", "hide", "hidden", "show", "enabled", "disabled"})
LAYOUTS = frozenset({"content-sidebar", "sidebar-content"})
# What readers say, or another form of the article, may well be longer than the article.
READERS = frozenset({"comments", "commentlist", "comment-list", "disqus", "respond", "republish", "republication"})
KEEP_TAGS = frozenset({"html", "body", "main", "article", "h1", "p"})
PLAIN = 9  # level of a line that is no heading by its tags
BROKEN_TAGS = frozenset({"p", "div", "td"})
MAX_BROKEN = 600  # characters of a heading with lines under it, parted by line breaks
SHORT_LINE = 40  # characters; names of categories and labels of forms are shorter
PROSE_MIN = 80  # characters; a block of text of this length outside links reads as prose
MAX_PLAIN_SHARE = 0.25  # of the page's text outside links; what holds more is no chrome, whatever its name says
LEAST_WITHOUT_READERS = 150  # characters outside links that must remain of the page
DATE_TAGS = ("time", "span", "i", "small")
CROSSHEADS = ("h2", "h3", "h4", "h5", "h6")
ANCHOR_MARKS = frozenset({"#", "¶", "§", "🔗", "†", "∞"})
UNCOUNTED = frozenset({"a", "script", "style", "noscript", "template", "select", "button"})
HEADING_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "dt", "legend", "div")


def prune_chrome(root: HtmlElement) -> None:
    """Take the chrome out of the tree."""
    bare_headings(root)
    drop_leading_dates(root)
    lengths = plain_lengths(root)
    drop_captions(root, lengths)
    for article in further_articles(root, lengths):
        drop(article)
    limit = MAX_PLAIN_SHARE * lengths.get(root, 0)
    for element in always_chrome(root):
        if lengths.get(element, 0) <= limit:
            drop(element)
    for word, elements in named_chrome(root).items():
        most = lengths.get(root, 0) - LEAST_WITHOUT_READERS if word in READERS else limit
        if sum(lengths.get(element, 0) for element in topmost(elements)) <= most:
            for element in elements:
                drop(element)
    for block in dict.fromkeys(one.getparent() for one in root.iter("br")):
        if block is not None and block.tag in BROKEN_TAGS and is_broken_chrome(block):
            drop(block)
    for heading in possible_headings(root):
        if heading.getparent() is not None and is_chrome_heading(begin_of(heading, MAX_HEADING)):
            drop_section(heading)


def always_chrome(root: HtmlElement) -> list[HtmlElement]:
    """Elements whose tag or role says that they are chrome, or that readers do not see."""
    marked = (one for one in root.iter("*") if one.get("role") in ALWAYS_ROLES or one.get("aria-hidden") == "true")
    return [*root.iter(ALWAYS_TAGS), *marked]


def possible_headings(root: HtmlElement) -> list[HtmlElement]:
    """What may be a heading: headings, paragraphs, labels, and a ``<div>`` that holds no blocks."""
    return [
        one
        for one in root.iter(HEADING_TAGS)
        if one.tag != "div" or next(one.iterchildren("div", "p", "ul"), None) is None
    ]


def bare_headings(root: HtmlElement) -> None:
    """Headings without the controls in them: the button that opens an accordion, the mark that links to the heading."""
    inside = (element for heading in root.iter(CROSSHEADS) for element in heading.iter("button", "a"))
    for element in list(dict.fromkeys(inside)):
        if element.tag == "button":
            element.drop_tag()
        elif words_in(element).strip() in ANCHOR_MARKS:
            drop(element)


def drop_leading_dates(root: HtmlElement) -> None:
    """The date in an element of its own at the head of a text, which would else begin its first paragraph."""
    dated = [one for one in root.iter(DATE_TAGS) if one.tag == "time" or "date" in (one.get("class") or "")]
    for element in dated:
        parent = element.getparent()
        is_first = parent is not None and element.getprevious() is None and not (parent.text or "").strip()
        if is_first and is_date_line(text_of(element)):
            drop(element)


def drop_captions(root: HtmlElement, lengths: dict[HtmlElement, int]) -> None:
    """Paragraphs beside a picture in an element that its class calls one."""
    most = min(MAX_CAPTIONS, MAX_PLAIN_SHARE * lengths.get(root, 0))  # of a picture of the day it is the text
    pictures = islice(root.iter("img", "picture"), MOST_PICTURES)
    around = (one for picture in pictures for one in islice(picture.iterancestors(), PICTURE_DEPTH))
    for element in dict.fromkeys(around):
        is_named = element.tag not in KEEP_TAGS and is_picture_name((element.get("class") or "")[:MAX_NAMES])
        is_short = 0 < lengths.get(element, 0) <= most
        if is_named and is_short and next(element.iter("h1", *CROSSHEADS), None) is None:
            paragraphs = [one for one in element.iter("p") if words_in(one).strip()]
            for paragraph in paragraphs if len(paragraphs) <= MOST_CAPTIONS else ():
                drop(paragraph)


@lru_cache(maxsize=5_000)
def is_picture_name(names: str) -> bool:
    if not PICTURE_PART.search(names):  # most names
        return False
    named = (frozenset(words_of(name)) for name in names.split())
    return any(PICTURE_WORDS & words and not (MODIFIERS | KINDS) & words for words in named)


def further_articles(root: HtmlElement, lengths: dict[HtmlElement, int]) -> list[HtmlElement]:
    """Whole articles below the page's own, as sites load them for readers who scroll on."""
    articles = [one for one in topmost(ARTICLES(root)) if lengths.get(one, 0) >= ARTICLE_MIN]
    return articles[1:]


def plain_lengths(root: HtmlElement) -> dict[HtmlElement, int]:
    """Characters of text outside links, scripts and styles in each element; 0 for links."""
    lengths: dict[HtmlElement, int] = {}
    inside: dict[HtmlElement | None, int] = {}  # an element's children with what follows them, so far
    for element in reversed(list(root.iter(etree.Element))):
        total = inside.pop(element, 0)
        if text := element.text:
            total += len(text.strip())
        lengths[element] = total = 0 if element.tag in UNCOUNTED else total
        if tail := element.tail:
            total += len(tail.strip())
        if total:
            parent = element.getparent()
            inside[parent] = inside.get(parent, 0) + total
    return lengths


def prune_selected(root: HtmlElement, selectors: Iterable[str]) -> None:
    """Take out what the source file names; unconditionally, since a person looked."""
    for selector in selectors:
        for element in root.cssselect(selector):
            drop(element)


def named_chrome(root: HtmlElement) -> dict[str, list[HtmlElement]]:
    """Word → the elements whose class or id name that kind of chrome, in document order."""
    found: dict[str, list[HtmlElement]] = {}
    for element in NAMED(root):
        if element.tag not in KEEP_TAGS and (word := chrome_word(element)):
            found.setdefault(word, []).append(element)
    return found


def chrome_word(element: HtmlElement) -> str | None:
    """The first word of class and id that names a kind of chrome; None when none does."""
    names, id_ = element.get("class") or "", element.get("id") or ""
    if len(names) + len(id_) > MAX_NAMES:
        return chrome_word_in(f"{names} {id_}"[:MAX_NAMES])
    return chrome_word_in(names) or (chrome_word_in(id_) if id_ else None)


@lru_cache(maxsize=5_000)  # elements of a page share their names
def chrome_word_in(names: str) -> str | None:
    return next(filter(None, map(chrome_word_of, names.split())), None)


@lru_cache(maxsize=10_000)  # sites share single names
def chrome_word_of(name: str) -> str | None:
    if name.lower() in TOKENS or name.startswith("widget_"):
        return "widget"
    words = words_of(name)
    pairs = ["-".join(pair) for pair in pairwise(words)]
    if PAIRS.isdisjoint(pairs) and WORDS.isdisjoint(words):
        return None
    is_layout = MODIFIERS.intersection(words) or LAYOUTS.intersection(pairs)  # "has-sidebar" is not the sidebar
    singles = [] if is_layout else words
    return next((word for word in (*pairs, *singles) if word in PAIRS or word in WORDS), None)


def words_of(name: str) -> list[str]:
    """Words of a class or id in lower case, without those of a hash."""
    if PLAIN_NAME.fullmatch(name):
        return name.replace("_", "-").strip("-").split("-")
    pieces: list[str] = WORD.findall(name)
    if not any(map(str.isdigit, pieces)):
        return [piece.lower() for piece in pieces]
    return [
        piece.lower()
        for place, piece in enumerate(pieces)
        if not (len(piece) <= HASHED and any(map(str.isdigit, pieces[max(0, place - 1) : place + 2])))
    ]


def topmost(elements: list[HtmlElement]) -> list[HtmlElement]:
    """Those that lie in no other of them."""
    members = set(elements)
    return [element for element in elements if members.isdisjoint(element.iterancestors())]


def is_broken_chrome(block: HtmlElement) -> bool:
    """A heading of chrome, and short lines or links under it, with nothing but line breaks between them."""
    if block.getparent() is None or len(block.text_content()) > MAX_BROKEN:
        return False
    lines = broken_lines(block)
    is_short = all(len(line) < SHORT_LINE and not line.endswith(".") for line in lines[1:])
    return is_chrome_heading(lines[0]) and (is_short or is_linked(block))


def broken_lines(block: HtmlElement) -> list[str]:
    """The block's lines as ``<br>`` parts them, empty ones left out; at least one."""
    pieces = [block.text or ""]
    for child in block:
        pieces.append("\n" if child.tag == "br" else child.text_content())
        pieces.append(child.tail or "")
    return [line for part in "".join(pieces).split("\n") if (line := " ".join(part.split()))] or [""]


def drop_section(heading: HtmlElement) -> None:
    """Take out a heading of chrome and what follows it, up to the next heading or to prose.

    A plain line that reads as a heading takes with it lines of links, and other short lines where no prose follows.
    """
    level = heading_level(heading)
    following = [sibling for sibling in heading.itersiblings() if isinstance(sibling.tag, str)]
    is_tail = not any(is_prose(sibling) for sibling in following)
    drop(heading)
    for sibling in following:
        if level == PLAIN and not (is_linked(sibling) or (is_tail and is_short_line(sibling))):
            return
        if (heading_level(sibling) <= level and level != PLAIN) or is_prose(sibling):
            return
        drop(sibling)


def is_linked(element: HtmlElement) -> bool:
    """True where most of the text is links, or there is none."""
    text = text_of(element)
    return 2 * sum(len(text_of(link)) for link in element.iter("a")) >= len(text)


def is_short_line(element: HtmlElement) -> bool:
    """True for a line too short for a sentence, and without a sentence's end."""
    text = text_of(element)
    return len(text) < SHORT_LINE and not text.endswith((".", "!", "?", "。", "！", "？", "”", '"'))


def heading_level(element: HtmlElement) -> int:
    """1 to 6 for h1 to h6; 7 for a heading that is none (a bold paragraph) and for everything else ``PLAIN``."""
    if isinstance(element.tag, str) and re.fullmatch("h[1-6]", element.tag):
        return int(element.tag[1])
    is_bold = element.tag in ("p", "div") and len(element) == 1 and element[0].tag in ("b", "strong")
    return 7 if is_bold else PLAIN


def is_prose(element: HtmlElement) -> bool:
    """True for a block whose text is long and not mostly links."""
    text = text_of(element)
    linked = sum(len(text_of(link)) for link in element.iter("a"))
    return len(text) - linked >= PROSE_MIN and linked < 0.5 * len(text)


def text_of(element: HtmlElement) -> str:
    """All text in the element, white space collapsed."""
    return " ".join(words_in(element).split())


def begin_of(element: HtmlElement, length: int) -> str:
    """All text in the element, white space collapsed; of a longer one at least so many characters."""
    return begin_of_line(words_in(element), length)


def drop(element: HtmlElement) -> None:
    """Out of the tree; the text after it stays."""
    if element.getparent() is not None:
        element.drop_tree()
