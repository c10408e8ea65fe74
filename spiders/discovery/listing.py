"""HTML pages that list articles: the links to them, and the next page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from w3lib.encoding import html_to_unicode

from spiders.discovery.articlepaths import address_kind, is_below_news
from spiders.discovery.dates import Stamp, w3c_stamp
from spiders.discovery.floods import without_floods
from spiders.discovery.links import absolute_url, plain_text
from spiders.discovery.scope import Scope, scope_of

MAX_BYTES = 4 << 20  # bytes; a listing of more is a dump
MAX_LINKS = 2_000  # a page
MAX_ANCHORS = 10_000  # looked at on a page
MAX_ITEM_ELEMENTS = 200  # of a list item, looked through for its date
MAX_DEPTH = 64  # ancestors looked at above a link
CHROME_TAGS = frozenset({"nav", "footer", "aside", "form", "select"})
CHROME_NAMES = re.compile(
    r"(?:^|[-_ ])(?:nav|navbar|navigation|menu|menubar|breadcrumbs?|footer|sidebar|widget|pagination|pager|social|share"
    r"|cookies?|tagcloud|tags|related|popular|trending|skip-link|lang(?:uage)?-switch\w*)(?:$|[-_ ])",
    re.I,
)
ITEM_TAGS = frozenset({"article", "h1", "h2", "h3", "h4", "h5", "li", "td", "dt", "dd", "main"})
NEXT_WORDS = (
    "next", "next page", "older", "older posts", "older entries", "older articles", "older news", "previous posts",
    "previous entries", "more news", "下一页", "下一頁", "下页", "次へ", "次のページ", "далее", "следующая",
    "следующая страница", "вперед", "вперёд", "weiter", "nächste", "nächste seite", "ältere beiträge", "suivant",
    "suivante", "page suivante", "siguiente", "página siguiente", "entradas antiguas", "successivo", "successiva",
    "avanti", "następna", "다음",
)  # fmt: skip  # what the paging link says, in the languages of our sources
NEXT_ARROW = re.compile(r"\s*[›»→>]{1,2}$")
NEXT_NAMES = re.compile(r"(?:^|[-_ ])next(?:$|[-_ ])|(?:^|[-_ ])(?:older|nav-previous)(?:$|[-_ ])", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLink:
    """A link to what looks like an article; the title is the longest text that links there."""

    url: str
    title: str | None = None
    published: Stamp | None = None
    """From a ``<time datetime>`` in the same item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingResult:
    """What one page of a listing announced, in its own order."""

    links: tuple[ListedLink, ...] = ()
    next_url: str | None = None
    problems: tuple[str, ...] = ()
    reason: str | None = None
    """Why nothing could be read: empty_body | too_large | not_html | no_links."""


def parse_listing(
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    link_css: str | None = None,
    next_css: str | None = None,
    scope: Scope | None = None,
) -> ListingResult:
    """Article links of the page at ``url``, and its next page.

    With ``link_css`` every link it selects counts (an element that is no link: the first one in it). Without,
    links are recognised: on this site (``scope``, or the page's own domain), outside of navigation, footers
    and the like, to an address that looks like an article's.
    """
    if not body.strip():
        return ListingResult(reason="empty_body")
    if len(body) > MAX_BYTES:
        return ListingResult(reason="too_large")
    page = page_of(body, content_type)
    if page is None:
        return ListingResult(reason="not_html")
    base = absolute_url(str(page.xpath("string(//base/@href)")), base=url) or url
    anchors = selected(page, link_css) if link_css else page.iter("a", "area")
    territory = scope or scope_of([url])
    found: dict[str, ListedLink] = {}
    for anchor in islice(anchors, MAX_ANCHORS):
        link = listed_link(anchor, base=base, page_url=url, scope=territory, is_chosen=bool(link_css))
        if link is not None and len(found) < MAX_LINKS:
            found[link.url] = merged(found.get(link.url), link)
    links = tuple(found.values())
    return ListingResult(
        links=links,
        next_url=next_page(page, base=base, url=url, next_css=next_css),
        reason=None if links else "no_links",
    )


def page_of(body: bytes, content_type: str) -> HtmlElement | None:
    """The page's tree, read in the encoding of header, meta or bytes; None for what is not HTML."""
    text = decoded(body, content_type)
    text = re.sub(r"[\x00\ud800-\udfff]", "", text)
    text = without_floods(text)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)  # lxml refuses text that declares an encoding
    if not re.search(r"<[a-z!]", text[:10_000], re.I):
        return None
    try:
        return document_fromstring(text, parser=HTMLParser(no_network=True, huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def decoded(body: bytes, content_type: str) -> str:
    """The page's text, in the encoding of header, byte order mark or meta, else UTF-8; never fails."""
    for declared in (content_type or None, None):
        try:
            return html_to_unicode(declared, body, default_encoding="utf-8")[1]
        except LookupError:  # charset=hex: Python has codecs that are no encodings of text
            continue
    return body.decode("utf-8", "replace")


def selected(page: HtmlElement, css: str) -> Iterator[HtmlElement]:
    """Links the selector finds: the element itself, or the first link in it."""
    for element in CSSSelector(css, translator="html")(page):
        yield from [element] if element.tag in ("a", "area") else element.xpath("(.//a[@href])[1]")


def listed_link(anchor: HtmlElement, *, base: str, page_url: str, scope: Scope, is_chosen: bool) -> ListedLink | None:
    """The link an anchor makes; None when it is not to an article of this site."""
    link = absolute_url(anchor.get("href") or "", base=base)
    if link is None or link == page_url:
        return None
    title = plain_text(anchor.text_content() or anchor.get("title") or "", limit=500)
    if not is_chosen and not (scope.is_on_site(link) and is_recognised(anchor, link, title)):
        return None
    return ListedLink(url=link, title=title or None, published=item_stamp(anchor))


def is_recognised(anchor: HtmlElement, link: str, title: str) -> bool:
    """True for a link outside of the page's chrome to what looks like an article.

    An address that decides nothing by itself needs a headline (see :func:`is_headline`), and a place: below
    ``/news/`` or a year, or inside a heading, list item, table cell or ``<article>``.
    """
    kind = address_kind(link)
    if kind in ("section", "file") or "nofollow author" in (anchor.get("rel") or "") or is_chrome(anchor):
        return False
    if kind == "article":
        return True
    is_item = any(above.tag in ITEM_TAGS for above in ancestors(anchor)) or has_heading(anchor)
    return is_headline(title) and (is_item or is_below_news(link))


def is_headline(title: str) -> bool:
    """Long enough to be one: four words, or eight characters of a script without spaces."""
    return len(title.split()) >= 4 or len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", title)) >= 8


def has_heading(anchor: HtmlElement) -> bool:
    return any(True for _ in anchor.iter("h1", "h2", "h3", "h4", "h5"))


def is_chrome(anchor: HtmlElement) -> bool:
    """True inside of navigation, footer, sidebar, form, or a header that is not an article's."""
    for above in ancestors(anchor):
        if above.tag in ("article", "main", "body"):
            return False
        names = f"{above.get('class') or ''} {above.get('id') or ''}"
        role = above.get("role") or ""
        if above.tag in CHROME_TAGS or above.tag == "header" or CHROME_NAMES.search(names):
            return above.tag != "header" or not any(one.tag == "article" for one in ancestors(above))
        if role in ("navigation", "banner", "contentinfo", "search", "complementary"):
            return True
    return False


def ancestors(element: HtmlElement) -> Iterator[HtmlElement]:
    """Elements around, nearest first, ``MAX_DEPTH`` at most."""
    for depth, above in enumerate(element.iterancestors()):
        if depth >= MAX_DEPTH:
            return
        yield above


def item_stamp(anchor: HtmlElement) -> Stamp | None:
    """Date of the item the link stands in, where it prints one for machines."""
    for above in ancestors(anchor):
        if above.tag in ("article", "li", "tr", "dd"):
            inside = (one for one in islice(above.iter(), MAX_ITEM_ELEMENTS) if one.tag == "time")
            return next((stamp for one in inside if (stamp := w3c_stamp(one.get("datetime") or ""))), None)
    return None


def merged(known: ListedLink | None, link: ListedLink) -> ListedLink:
    """One link of two to the same address: the longer title, the first date."""
    if known is None:
        return link
    title = max(known.title or "", link.title or "", key=len) or None
    return ListedLink(url=link.url, title=title, published=known.published or link.published)


def next_page(page: HtmlElement, *, base: str, url: str, next_css: str | None) -> str | None:
    """Address of the next older page: what ``next_css`` selects, ``rel=next``, or a link that says so.

    Only on the same host, and never this page again.
    """
    host = scope_of([url])
    for anchor in selected(page, next_css) if next_css else next_anchors(page):
        link = absolute_url(anchor.get("href") or "", base=base)
        if link and link != url and host.is_on_site(link):
            return link
    return None


def next_anchors(page: HtmlElement) -> Iterator[HtmlElement]:
    """Candidates, surest first."""
    yield from page.xpath("//link[@href][contains(concat(' ', normalize-space(@rel), ' '), ' next ')]")
    yield from page.xpath("//a[@href][contains(concat(' ', normalize-space(@rel), ' '), ' next ')]")
    anchors = page.xpath("//a[@href]")[:MAX_ANCHORS]
    yield from (one for one in anchors if NEXT_NAMES.search(f"{one.get('class') or ''} {parent_class(one)}"))
    for one in anchors:
        said = plain_text(one.text_content() or one.get("aria-label") or one.get("title") or "", limit=60)
        if NEXT_ARROW.fullmatch(said) or NEXT_ARROW.sub("", said).lower() in NEXT_WORDS:
            yield one


def parent_class(element: HtmlElement) -> str:
    parent = element.getparent()
    return "" if parent is None else parent.get("class") or ""
