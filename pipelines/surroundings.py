"""Where an element stands: with the headline, or in a list, a sidebar or a card that speaks of other articles."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

APART = re.compile(
    r"(?:^|[\s_-])(?:related|sidebar|aside|(?<!elementor-)widget|recommend\w*|popular|trending|latest|recent|more|next"
    r"|prev\w*|comments?|comment-?(?:list|meta\w*)|nav\w*"
    r"|teasers?|cards?|carousel|slider|promos?|promotions?|upcoming|events?|search|archive|list|feed|ticker|also"
    r"|suggest\w*|similar|read-?next"
    r"|kanren|ranking|newest|hot)(?=$|[\s_-])",
    re.IGNORECASE,
)
FOOTER = re.compile(r"(?:^|[\s_-])footer(?=$|[\s_-])", re.IGNORECASE)
APART_TAGS = frozenset({"aside", "nav", "form", "select"})
BANNER_TAGS = frozenset({"header", "nav", "form"})
TEASER_DEPTH = 5  # elements around a date that may be the card of another article
HEADLINE_WORDS = 4  # of a link: names and sections have fewer
DIGITS = re.compile(r"\d{2}")
MAX_NAMES = 1000  # characters of class and id that are read


def branch(heading: HtmlElement | None) -> list[HtmlElement]:
    """The headline and what contains it."""
    return [] if heading is None else [heading, *heading.iterancestors()]


def is_apart(element: HtmlElement, near: set[HtmlElement], *, is_aside_ok: bool = False) -> bool:
    """True inside a list, a sidebar or a card that doesn't hold the headline too.

    ``is_aside_ok`` lets an ``<aside>`` of the article pass: bylines stand in some.
    """
    for one in (element, *element.iterancestors()):
        if one in near or one.tag == "body":
            return False
        says_apart, says_footer = said_by(f"{one.get('class') or ''} {one.get('id') or ''}"[:MAX_NAMES])
        if (one.tag in APART_TAGS and not (is_aside_ok and one.tag == "aside" and in_article(one))) or (
            (one.tag == "footer" or says_footer) and not in_article(one)
        ):
            return True
        if says_apart:
            return True
    return False


@lru_cache(maxsize=5_000)  # an element's names are asked for with every date and name in it
def said_by(names: str) -> tuple[bool, bool]:
    """Whether class and id say that an element is apart, and that it is a footer."""
    return APART.search(names) is not None, FOOTER.search(names) is not None


def in_article(element: HtmlElement) -> bool:
    return any(one.tag in ("article", "main") for one in element.iterancestors())


def is_in_teaser(element: HtmlElement, near: set[HtmlElement]) -> bool:
    """True inside a link that says more than the date, or a row with a headline's link among rows like it."""
    words, own_links = len((element.text_content() or "").split()), set(element.iter("a"))
    for one in islice(element.iterancestors(), TEASER_DEPTH):
        if one in near or one.tag in ("body", "article", "main"):
            return False
        if one.tag == "a" and len(one.text_content().split()) - words >= HEADLINE_WORDS:
            return True
        alike = [other for other in (one.getprevious(), one.getnext()) if other is not None and is_like(one, other)]
        if not alike:
            continue
        links = [link for link in islice(one.iter("a"), 6) if link is not one and link not in own_links]
        if any(len((link.text_content() or "").split()) >= HEADLINE_WORDS for link in links):
            return True
        if element.get("class") and any(has_such(other, element) for other in alike):
            return True
    return False


def is_like(row: HtmlElement, other: HtmlElement) -> bool:
    """True for a row of the same kind that links somewhere too."""
    return other.tag == row.tag and other.get("class") == row.get("class") and next(other.iter("a"), None) is not None


def has_such(row: HtmlElement, element: HtmlElement) -> bool:
    """The row has a date of its own, in an element of the same tag and class."""
    such = (one for one in row.iter(str(element.tag)) if one.get("class") == element.get("class"))
    return any(DIGITS.search(one.text_content() or "") for one in such)


def is_in_banner(element: HtmlElement, near: set[HtmlElement]) -> bool:
    """True in a menu, a form or a header that is not the article's."""
    apart = {one for one in element.iterancestors() if one.tag in BANNER_TAGS}
    return bool(apart - near) and not in_article(element)
