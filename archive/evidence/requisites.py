"""Page requisites: pictures, styles and fonts that a page needs to be seen as it was. Pure: bytes in, addresses out.

Not scripts, frames, sound or film: a page is replayed as it stands, and none of those is needed for its words and
pictures. Of a picture offered in several sizes (``srcset``) the one a browser of ordinary size takes. What crawls fetch
and what exports take along are one list, so that a page finds in an export what was captured for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from archive.evidence.records import ContentType

MAX_REQUISITES = 60  # of a page, and of a stylesheet; news pages have 10 to 40
MAX_URL = 2_000  # characters; longer ones carry data
MAX_NAMES = 5_000  # that a document writes, those that say nothing or the same again included; then it is given up
MAX_MARKUP_BYTES = 1 << 20  # of a page or stylesheet that is looked at; five times an ordinary one
WANTED_WIDTH = 1280  # CSS pixels of the window that a page is replayed in
LINK_KINDS = frozenset({"stylesheet", "icon", "apple-touch-icon"})
PRELOADED = frozenset({"style", "font", "image"})
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
CSS_TYPE = "text/css"
IN_CSS = re.compile(
    r"""url\(\s*(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s"'()]{1,2000}))\s*\)|@import\s+["']([^"']{1,2000})["']""",
    re.IGNORECASE,
)
CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


def has_requisites(mime_type: str) -> bool:
    """Whether a document of this type can name any."""
    return mime_type in HTML_TYPES or mime_type == CSS_TYPE


def requisites_of(body: bytes, *, url: str, content_type: str | None) -> list[str]:
    """Addresses (http and https, without fragment) that a page or stylesheet needs, in its order, each once.

    At most ``MAX_REQUISITES``, of the first ``MAX_NAMES`` names. Nothing for a document of another type, and for one
    that can't be read.
    """
    kind = ContentType.of(content_type)
    body = body[:MAX_MARKUP_BYTES]
    if kind.mime_type in HTML_TYPES:
        root = parsed(body, kind.charset)
        return [] if root is None else first_ones(in_page(root), base=base_of(root, url), but=url)
    if kind.mime_type == CSS_TYPE:
        return first_ones(in_css(body.decode("utf-8", "replace")), base=url, but=url)
    return []


def first_ones(names: Iterable[str], *, base: str, but: str) -> list[str]:
    """The addresses that the names stand for, each once, without the document's own."""
    kept: dict[str, None] = {}
    for name in dict.fromkeys(islice(names, MAX_NAMES)):
        address = joined(base, name)
        if address is not None and address != but:
            kept[address] = None
        if len(kept) >= MAX_REQUISITES:
            break
    return list(kept)


def base_of(root: HtmlElement, url: str) -> str:
    """The address that names of a page are relative to."""
    named = (base.get("href") for base in root.iter("base") if base.get("href"))
    return joined(url, next(named, None)) or url


def in_page(root: HtmlElement) -> Iterator[str]:
    """What a page names, as it is written."""
    for element in root.iter(etree.Element):
        yield from named_by(element)


def parsed(body: bytes, charset: str | None) -> HtmlElement | None:
    """The tree of a page; None where there is none. A charset nobody knows is guessed, like none."""
    for encoding in (charset, None):
        try:
            return document_fromstring(body, parser=HTMLParser(encoding=encoding))
        except LookupError:
            continue
        except (etree.LxmlError, ValueError, AssertionError):
            return None
    return None


def named_by(element: HtmlElement) -> Iterator[str]:
    """What one element needs, as it is written."""
    get, tag = element.get, element.tag
    if tag == "link":
        kinds = frozenset((get("rel") or "").lower().split())
        if kinds & LINK_KINDS or ("preload" in kinds and (get("as") or "").lower() in PRELOADED):
            yield get("href") or ""
    elif tag in ("img", "source"):
        yield chosen(get("srcset") or "")
        yield (get("src") or "") if tag == "img" else ""
    elif tag == "input" and (get("type") or "").lower() == "image":
        yield get("src") or ""
    elif tag == "video":
        yield get("poster") or ""
    elif tag == "image":  # in SVG
        yield get("href") or get("xlink:href") or ""
    elif tag == "style":
        yield from in_css(element.text or "")
    if "url(" in (get("style") or ""):
        yield from in_css(get("style") or "")


def chosen(srcset: str) -> str:
    """The candidate for a window of ``WANTED_WIDTH`` at one pixel a dot: the smallest that fills it, else the largest.

    https://html.spec.whatwg.org/multipage/images.html#parse-a-srcset-attribute; without ``sizes`` the width is the
    window's. Empty where there is none.
    """
    candidates = []
    for part in re.split(r",\s+|,(?=https?:)|,$", srcset.strip()[:20_000]):
        address, _, descriptor = part.strip().partition(" ")
        candidates.append((width_of(descriptor.strip()), address))
    wide = [one for one in candidates if one[0] >= WANTED_WIDTH]
    return (min(wide) if wide else max(candidates))[1]


def width_of(descriptor: str) -> float:
    """Pixels of a candidate: ``800w``; one with a density, or none, counts as that many windows."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,4})?)([wx])", descriptor)
    if found is None:
        return WANTED_WIDTH
    return float(found[1]) * (1 if found[2] == "w" else WANTED_WIDTH)


def in_css(text: str) -> Iterator[str]:
    """What a stylesheet names, as it is written."""
    for found in IN_CSS.finditer(CSS_COMMENT.sub("", text)):
        yield next(filter(None, found.groups()), "")


def joined(base: str, name: str | None) -> str | None:
    """The address that a name stands for; None for data, scripts and what is no address."""
    name = (name or "").strip()
    if not name or len(name) > MAX_URL:
        return None
    try:
        address = urljoin(base, name).partition("#")[0]
        parts = urlsplit(address)
        is_fetchable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return address if is_fetchable and len(address) <= MAX_URL else None
