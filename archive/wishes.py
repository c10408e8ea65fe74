"""What a publisher asks of robots and miners: ``noarchive``, ``noindex``, ``tdm_reserved``. Pure.

Said in headers (``X-Robots-Tag``, ``tdm-reservation``) or in the page (``<meta name="robots">``, a tag of our name,
``<meta name="tdm-reservation">``). Sources: Google's "Robots meta tag, data-nosnippet, and X-Robots-Tag
specifications" (2024), Bing's ``nocache``, and the W3C community group's TDM Reservation Protocol (2024).
A wish said once counts: where two rules speak, the stricter one wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias, get_args

Wish: TypeAlias = Literal["noarchive", "noindex", "tdm_reserved"]
WISHES: tuple[str, ...] = get_args(Wish)
OUR_NAME = "perilune"  # as robots.txt would name us
MEANINGS: dict[str, frozenset[str]] = {
    "noarchive": frozenset({"noarchive"}),
    "nocache": frozenset({"noarchive"}),
    "noindex": frozenset({"noindex"}),
    "none": frozenset({"noindex"}),  # = noindex, nofollow
}
WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
READ_CHARS = 4_000  # of one header or tag; honest ones have fifty


def header_wishes(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What a response's headers ask of us, in the order of ``WISHES``; empty when nothing."""
    found: set[str] = set()
    for name, value in headers:
        if name.lower() == "x-robots-tag":
            found |= meant(rules_for_us(value[:READ_CHARS]))
        elif name.lower() == "tdm-reservation" and is_reserved(value):
            found.add("tdm_reserved")
    return ordered(found)


def page_wishes(tags: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What a page's ``<meta>`` tags, as (name, content), ask of us."""
    found: set[str] = set()
    for name, content in tags:
        if name.strip().lower() in ("robots", OUR_NAME):
            found |= meant(content[:READ_CHARS].lower().split(","))
        elif name.strip().lower() == "tdm-reservation" and is_reserved(content):
            found.add("tdm_reserved")
    return ordered(found)


def rules_for_us(value: str) -> Iterator[str]:
    """The rules of one ``X-Robots-Tag`` that speak to every robot or to us: ``otherbot: noindex`` does not.

    A name holds for the rules after it, up to the next name.
    """
    is_ours = True
    for part in value.lower().split(","):
        name, colon, rule = part.strip().partition(":")
        if colon and name.strip() not in WITH_VALUE:
            is_ours = name.strip() == OUR_NAME
            part = rule
        if is_ours:
            yield part


def meant(rules: Iterable[str]) -> set[str]:
    """The wishes behind rules; others (``nofollow``, ``max-snippet``) are no matter of ours."""
    return {wish for rule in rules for wish in MEANINGS.get(rule.strip(), ())}


def is_reserved(value: str) -> bool:
    return value.strip() == "1"


def ordered(found: Iterable[str]) -> tuple[str, ...]:
    """Each wish once, in the order of ``WISHES``."""
    wanted = set(found)
    return tuple(wish for wish in WISHES if wish in wanted)
