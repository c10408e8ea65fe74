"""The article's title: what its heading, its data and its ``<title>`` agree on, without the site's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.agreement import agree, folded
from pipelines.prose import one_line

MAX_TITLE = 400  # characters
MAX_HEADINGS = 40  # looked at on a page without h1
HEADINGS_1 = XPath("//h1")
OTHER_HEADINGS = XPath(
    "//h2 | //h3 | //h4 | /descendant::font[@size] | //b | //strong | //big | /descendant::*[contains(@class, 'title')"
    " or contains(@class, 'headline') or contains(@itemprop, 'headline')]"
)
SAME_TEXT = XPath("/descendant::body/descendant::*[normalize-space(text()) = $title][not(self::a)]")
SEPARATOR = re.compile(r"\s+[|–—·•«»:›‹/\-~―－｜→⋆*]{1,2}\s+|\s*[|｜»«]\s*|\s+::\s+|:\s+|\s*[_＿]\s*(?=\D{0,40}$)")
MAX_PARTS = 60  # children of a heading that are read
BESIDE = re.compile(
    r"overline|kicker|topline|eyebrow|offscreen|sr-only|screen-reader|badge|sourcelnk|comment", re.IGNORECASE
)
TICKER = " +++ "
LEAST_TOLD = 2  # words of a title that can gainsay a heading
OPEN_ENDS = ":：|-–—,."  # a line that starts so has lost its beginning
ENDING = re.compile(r"\s*[#¶§🔗]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """The title, and the heading it stands in (None when only the head of the page has it)."""

    text: str
    heading: HtmlElement | None


def title_of(tree: HtmlElement, *, head_titles: Sequence[str], sites: Iterable[str], url: str) -> Title:
    """The title of the page's article; empty text when the page has none at all.

    ``head_titles`` are what data and head call the page, the most trusted first; ``sites`` names of the site.
    The h1 that most of them agree with, else a sole h1, else the first of them without the site's name, in the
    words of a heading that agrees (85 % exact on real pages; docs/extraction.md).
    """
    names = site_forms(sites, url)
    bare = [without_site(one, names) for one in head_titles if one]
    told = [one for one in bare if folded(one) not in names]
    headings = [(heading_text(one), one) for one in HEADINGS_1(tree)[:MAX_HEADINGS] if not leads_home(one, url)]
    headings = [(text, one) for text, one in headings if text and len(text) <= MAX_TITLE]
    if chosen := agreed(headings, bare):
        return Title(text=respaced(without_end(chosen[0], names), bare), heading=chosen[1])
    if len(headings) == 1 and is_akin(headings[0][0], told) and folded(headings[0][0]) not in names:
        return Title(text=respaced(without_end(headings[0][0], names), bare), heading=headings[0][1])
    others = ((heading_text(one), one) for one in OTHER_HEADINGS(tree)[: MAX_HEADINGS * 3])
    named = [(text, one) for text, one in others if text and len(text) <= MAX_TITLE and folded(text) not in names]
    if bare and (chosen := agreed(named, bare)):
        return Title(text=chosen[0], heading=chosen[1])
    if headings and len(headings[0][0].split()) > 2 and is_akin(headings[0][0], told):
        return Title(text=headings[0][0], heading=headings[0][1])
    fallback = (told or bare)[0] if bare else headings[0][0] if headings else ""
    if headings or not fallback:
        return Title(text=fallback, heading=headings[0][1] if headings else None)
    return Title(text=fallback, heading=next(iter(SAME_TEXT(tree, title=fallback)), None))


def leads_home(heading: HtmlElement, url: str) -> bool:
    """The heading is a link to the site's first page, as the site's own name above its pages is."""
    links = heading.findall(".//a[@href]")
    if len(links) != 1 or one_line(links[0].text_content()) != one_line(heading.text_content()):
        return False
    try:
        target, here = urlsplit(urljoin(url, links[0].get("href", ""))), urlsplit(url)
    except ValueError:
        return False
    is_first = target.path in ("", "/") and not target.query
    return is_first and target.netloc == here.netloc and here.path not in ("", "/")


def agreed(headings: Sequence[tuple[str, HtmlElement]], titles: Sequence[str]) -> tuple[str, HtmlElement] | None:
    """The heading that most titles agree with, the first of equals; None when none agrees with any."""
    best: tuple[float, tuple[str, HtmlElement] | None] = (0.0, None)
    keys = [folded(title) for title in titles]
    for text, element in headings:
        key = folded(text)
        score = sum(2.0 if key == other else 1.0 if agree(key, other) else 0.0 for other in keys)
        score += min(len(key), 200) / 1000 if score else 0.0
        if score > best[0]:
            best = (score, (text, element))
    return best[1]


def without_end(heading: str, names: frozenset[str]) -> str:
    """The heading without the site's name behind it; before it, a short one may have the name of a series."""
    bare = without_site(heading, names)
    is_end = heading.startswith(bare) and len(bare.split()) > 2
    return bare if folded(bare) != folded(heading) and (is_end or len(heading) > 60) else heading


def is_akin(heading: str, titles: Sequence[str]) -> bool:
    """True when the heading shares a word with a title of the page, or none says enough to tell.

    The name of a section, of the site or of a call shares none; a ticker's latest entries (``A +++ B``) are no title.
    """
    if TICKER in heading and titles:
        return False
    words, titled = telling(heading), [found for title in titles if len(found := telling(title)) >= LEAST_TOLD]
    return not words or not titled or any(words & found for found in titled)


def telling(text: str) -> set[str]:
    """The words of four letters and more; pairs of characters where writing has no spaces."""
    words = folded(text).split()
    pairs = {word[place : place + 2] for word in words if not word.isascii() for place in range(len(word) - 1)}
    return pairs | {word for word in words if len(word) >= 4}


def respaced(text: str, titles: Sequence[str]) -> str:
    """The heading in the words of a title that differs in white space only: blocks of a heading run together."""
    key = folded(text)
    same = (one for one in titles if folded(one) != key and folded(one).replace(" ", "") == key.replace(" ", ""))
    return max(same, key=len, default=text)


def heading_text(element: HtmlElement) -> str:
    """A heading on one line; line breaks read as spaces, marks and kickers left out.

    A kicker with a colon behind it (``Moon: Ice below the rim``) is part of the title.
    """
    whole, bare = one_line(spoken(element, None)), one_line(spoken(element, BESIDE))
    is_part = (
        not bare or bare[0] in OPEN_ENDS or bare[-1] == ":" or whole.removesuffix(bare).rstrip().endswith((":", "："))
    )
    return ENDING.sub("", whole if is_part else bare)


def spoken(element: HtmlElement, beside: re.Pattern[str] | None) -> str:
    """The element's text without parts whose class matches ``beside``."""
    pieces = [element.text or ""]
    for child in islice(element, MAX_PARTS):
        if not isinstance(child.tag, str) or child.tag in ("script", "style", "button", "svg"):
            pieces.append(child.tail or "")
            continue
        is_beside = beside is not None and beside.search(child.get("class") or "")
        space = " " if child.tag in ("br", "div", "p") else ""
        pieces += [space, "" if is_beside else spoken(child, beside), space, child.tail or ""]
    return "".join(pieces)


def site_forms(sites: Iterable[str], url: str) -> frozenset[str]:
    """The site's names in folded form, with its host's."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    labels = host.split(".")
    stems = {host, labels[0], labels[-2] if len(labels) > 1 else "", ".".join(labels[-2:])}
    forms = {folded(one) for one in (*sites, *stems)}
    return frozenset(one for one in forms if len(one) > 1)


def without_site(title: str, names: frozenset[str]) -> str:
    """The title without the site's name before or behind it; a title that is nothing else stays as it is."""
    spans = pieces_of(title)
    said = [place for place, span in enumerate(spans) if title[slice(*span)].strip()]
    begin, end = 0, len(title)
    while len(said) > 1:
        if is_site(title[slice(*spans[said[-1]])], names, is_last=True):
            end = spans[said.pop() - 1][1]
        elif is_site(title[slice(*spans[said[0]])], names, is_last=False):
            begin = spans[said.pop(0) + 1][0]
        else:
            break
    return title[begin:end].strip()


def pieces_of(title: str) -> list[tuple[int, int]]:
    """Where the pieces of the title between its separators begin and end; some are empty."""
    edges = [(hit.start(), hit.end()) for hit in SEPARATOR.finditer(title)]
    return list(zip([0, *(end for _, end in edges)], [*(start for start, _ in edges), len(title)], strict=True))


def is_site(piece: str, names: frozenset[str], *, is_last: bool) -> bool:
    """True for a piece that is a name of the site, also run together (``spacenews`` for Space News)."""
    key = folded(piece)
    joined = key.replace(" ", "")
    if key in names or joined in names:
        return True
    for name in names:
        plain = name.replace(" ", "")
        if joined == plain or (
            len(plain) > 3 and joined in (f"{plain}com", f"the{plain}", f"{plain}blog", f"{plain}news")
        ):
            return True
        if f"the {key}" == name or (
            len(name) > 5 and len(key) < 3 * len(name) and f" {name} " in f" {key} " and is_last
        ):
            return True
    return False
