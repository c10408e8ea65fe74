"""The lead picture of a page: its address, size, caption and credit. Never changes the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import parse_qs, unquote, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.jsonld import pixels
from pipelines.prose import one_line
from pipelines.story import Picture

ADDRESSES = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
IMAGES = XPath("/descendant::img | /descendant::source[parent::picture]")
SOURCES = ("src", "data-src", "srcset", "data-srcset", "data-lazy-src")
CAPTIONS = XPath(
    "(descendant::*[self::figcaption or contains(@class, 'caption') or contains(@itemprop, 'caption')"
    " or contains(@class, 'Caption')])[1]"
)
CREDITS = XPath(
    "descendant::*[contains(@class, 'credit') or contains(@class, 'Credit')"
    " or contains(@class, 'attribution') or @itemprop = 'copyrightHolder' or @itemprop = 'creditText']"
)
WHOLE_PAGE = frozenset("body main article html section".split())
MAX_IMAGES, MAX_STEPS = 200, 5  # images looked at; elements around an image in which its caption may stand
MAX_PIECES = 100  # of text in a caption
MIN_CAPTION = 60  # characters; a shorter one that claims rights says nothing else
MAX_CAPTION, MAX_CREDIT = 1000, 200  # characters
SIZE_SUFFIX = re.compile(r"(?:[-_]\d{2,5}x\d{2,5}|-scaled|@\dx)+$")  # WordPress's and others' smaller versions
EXTENSION = re.compile(r"\.\w{2,5}$")
MIN_NAME = 4  # characters of a file's name; "1" and "pic" are of any picture
NOUN = (
    r"(?:images?|photos?|photographs?|pictures?|illustrations?|graphics?|artwork|videos?|foto(?:graf)?s?|bild(?:er)?"
    r"|grafik|fot\.|zdjęcie|фото|изображение|иллюстрация|写真|画像|图片?|图源|사진|이미지)"
)
CREDIT = re.compile(
    rf"""(?:^|[\s(\[/|–—-]|(?<=[.。]))
    (?:{NOUN}\s*[:：]|(?:{NOUN}\s+)?(?:credits?|cr[ée]dit[os]?(?:\s+photo)?|crediti)\s*[:：]|{NOUN}\s+(?:credits?|by|courtesy(?:\sof)?)\s
    |courtesy(?:\sof\s|\s?[:：])|(?:quelle|source|источник|fuente|fonte|źródło|出典|来源|提供|출처)\s?[:：]|(?:©|\(c\)|copyright\s))
    \s*(?P<name>[^()\[\]]{{2,{MAX_CREDIT}}}?(?:\s\([^()]{{1,60}}\))?)\s*[)\]]?\.?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
LEAD_WORD = re.compile(
    rf"^(?:(?:{NOUN}\s+)?(?:credits?|courtesy)(?:\s+of)?\s*[:：]?\s+|{NOUN}\s+by\s+|{NOUN}\s*[:：]\s*|(?:©|\(c\))\s*)",
    re.IGNORECASE,
)
RIGHTS = re.compile(
    r"all rights|droits réservés|rechte vorbehalten|^copyright$|^credits?$|©\s*\d{4}\s*$", re.IGNORECASE
)
PLAIN_ENDS = " \t\n[]|/–—-·"


def lead_picture(tree: HtmlElement, meta: dict[str, str], told: Iterable[Picture]) -> Picture:
    """The picture that the page's head names, else the first that its data tells of; empty when neither does.

    Size, caption and credit are the data's and the head's; what they leave open is read off the page, where the same
    file is shown: the caption around it, and the size that its attributes give.
    """
    pictures = [one for one in told if one.url]
    name = next((key for key in ADDRESSES if key in meta), None)
    url = meta[name] if name else next((one.url for one in pictures), None)
    if not url:
        return Picture()
    found = Picture(url=url)
    for one in pictures:
        if file_name(one.url or "") == file_name(url):
            found = completed(found, one)
    if name and name.startswith("og:"):
        found = completed(
            found, Picture(width=pixels(meta.get("og:image:width")), height=pixels(meta.get("og:image:height")))
        )
    if found.caption is None or found.credit is None or found.width is None:
        found = completed(found, shown(tree, url))
    return with_credit(found)


def completed(picture: Picture, other: Picture) -> Picture:
    """What the first leaves open, from the other; a size is taken whole."""
    has_size = picture.width is not None and picture.height is not None
    return replace(
        picture,
        width=picture.width if has_size else other.width,
        height=picture.height if has_size else other.height,
        caption=picture.caption or other.caption,
        credit=picture.credit or other.credit,
    )


def shown(tree: HtmlElement, url: str) -> Picture:
    """The same file as the page shows it; empty when it doesn't."""
    wanted = file_name(url)
    if len(wanted) < MIN_NAME:
        return Picture()
    for image in islice(IMAGES(tree), MAX_IMAGES):
        if any(is_of_file(address, wanted) for address in addresses(image)):
            caption, credit = caption_of(image)
            width, height = pixels(image.get("width")), pixels(image.get("height"))
            return Picture(url=url, width=width, height=height, caption=caption, credit=credit)
    return Picture()


def addresses(image: HtmlElement) -> Iterator[str]:
    """Every address an image may be loaded from."""
    for name in SOURCES:
        for part in (image.get(name) or "")[:4000].split(", "):
            if address := part.strip().split(" ")[0]:
                yield address


def is_of_file(address: str, wanted: str) -> bool:
    """True where ``file_name`` gives the wanted name; most addresses need not be taken apart to see that it doesn't."""
    is_plain = address.isascii() and address.isprintable() and "%" not in address and "=" not in address
    return not (is_plain and wanted not in address.lower()) and file_name(address) == wanted


def file_name(url: str) -> str:
    """Name of the picture's file without ending and size, also where a resizer carries its address in a query."""
    try:
        parts = urlsplit(url[:4000])
        inner = parse_qs(parts.query, max_num_fields=20).get("url") if parts.query else None
        path = urlsplit(inner[0]).path if inner and inner[0].startswith(("/", "http")) else parts.path
    except ValueError:
        return ""
    name = EXTENSION.sub("", unquote(path).rstrip("/").rsplit("/", 1)[-1].lower())
    return SIZE_SUFFIX.sub("", name)


def caption_of(image: HtmlElement) -> tuple[str | None, str | None]:
    """(caption, credit) that stand around an image."""
    for element in islice(image.iterancestors(), MAX_STEPS):
        if element.tag in WHOLE_PAGE:
            break
        if captions := CAPTIONS(element):
            outer = captions[0]
            credits = [line_of(one) for one in CREDITS(element)[:3]]
            caption = line_of(outer)
            for credit in credits:
                caption = caption.replace(credit, "", 1)
            return trimmed(caption), trimmed(next(filter(None, credits), ""))
    return None, None


def with_credit(picture: Picture) -> Picture:
    """The credit taken out of the caption's end, where it stands there: "… at dawn (Image credit: NASA)"."""
    caption, credit = picture.caption, picture.credit
    if caption and (found := CREDIT.search(caption)):
        caption, credit = trimmed(caption[: found.start()]), credit or found["name"]
    if caption and len(caption) < MIN_CAPTION and RIGHTS.search(caption):
        caption = None
    return replace(picture, caption=caption, credit=named(credit or ""))


def named(credit: str) -> str | None:
    """``NASA`` out of "Image credit: NASA"; None for what claims rights and names nobody."""
    found = CREDIT.search(credit)
    name = trimmed(LEAD_WORD.sub("", found["name"] if found else credit))
    return name[:MAX_CREDIT] if name and not RIGHTS.search(name) else None


def trimmed(text: str) -> str | None:
    """Without marks at its ends; a parenthesis that is closed within stays. None when nothing is left."""
    found = text.strip(PLAIN_ENDS)
    if found.count("(") != found.count(")") or (found.startswith("(") and found.endswith(")")):
        found = found.strip("()" + PLAIN_ENDS)
    return found or None


def line_of(element: HtmlElement) -> str:
    """The text on one line; elements side by side are words side by side."""
    return one_line(" ".join(islice(element.itertext(), MAX_PIECES))[: 2 * MAX_CAPTION])[:MAX_CAPTION]
