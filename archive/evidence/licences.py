"""What a page states of its licence: ``rel=license``, the data it ships, its ``<meta>``. Pure: an answer in, words out.

Sources: HTML §4.6.7.8 and RFC 4946 (``rel=license``, also as a ``Link`` header), Dublin Core (``dcterms.license``,
``dc.rights``), schema.org (``license``, ``copyrightNotice``, ``usageInfo``, ``acquireLicensePage``). Quoted as they
stand, with who says it: what they come to for an article is nothing that a program could say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from archive.evidence.records import ContentType, HttpMessage
from archive.evidence.requisites import HTML_TYPES, MAX_MARKUP_BYTES, joined, parsed

MAX_STATEMENTS = 20  # of a page; one with a licence a picture has more
MAX_CHARS = 500  # of a statement
MAX_NODES = 20_000  # of a page's JSON-LD that are looked at
METAS = frozenset(
    {"license", "licence", "copyright", "rights", "dc.rights", "dcterms.rights", "dcterms.license", "dc.rights.license"}
)
IN_DATA = ("license", "copyrightNotice", "usageInfo", "acquireLicensePage")
LINK = re.compile(r"<([^<>]{1,2000})>([^<]{0,500})")
IS_LICENCE = re.compile(r";\s*rel\s*=\s*(?:\"(?:[^\"]*\s)?license(?:\s[^\"]*)?\"|license\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """One statement: ``rel=license``, ``Link``, ``meta dc.rights``, ``JSON-LD ImageObject license``; an address or
    words."""

    said_by: str
    says: str


def licences_of(answer: HttpMessage, *, url: str) -> tuple[Licence, ...]:
    """The statements of an answer in its order, each once, at most ``MAX_STATEMENTS``; none of what is no page.

    Raises ``ExtractionError`` for a body whose encoding can't be undone.
    """
    found: dict[Licence, None] = {}
    for said_by, words in said(answer, url):
        if says := " ".join(words.split())[:MAX_CHARS]:
            found[Licence(said_by=said_by, says=says)] = None
        if len(found) >= MAX_STATEMENTS:
            break
    return tuple(found)


def said(answer: HttpMessage, url: str) -> Iterator[tuple[str, str]]:
    for target, parameters in LINK.findall((answer.header("Link") or "")[:MAX_MARKUP_BYTES]):
        if IS_LICENCE.search(parameters):
            yield "Link", joined(url, target) or target
    kind = ContentType.of(answer.header("Content-Type"))
    if kind.mime_type not in HTML_TYPES:
        return
    root = parsed(answer.decoded_body()[:MAX_MARKUP_BYTES], kind.charset)
    if root is None:
        return
    bases = (joined(url, base.get("href")) for base in root.iter("base") if base.get("href"))
    base = next(bases, None) or url
    for element in root.iter("link", "a", "area", "meta", "script"):
        yield from stated(element, base)


def stated(element: HtmlElement, base: str) -> Iterator[tuple[str, str]]:
    """By one element."""
    if element.tag == "meta":
        name = (element.get("name") or element.get("property") or "").strip().lower()
        if name in METAS:
            yield f"meta {name}", element.get("content") or ""
    elif element.tag == "script":
        if (element.get("type") or "").partition(";")[0].strip().lower() == "application/ld+json":
            yield from in_data(element.text or "")
    elif "license" in (element.get("rel") or "").lower().split() and (target := element.get("href")):
        yield "rel=license", joined(base, target) or target


def in_data(text: str) -> Iterator[tuple[str, str]]:
    """By the JSON-LD of one script; nothing where it can't be read."""
    try:
        waiting: list[Any] = [json.loads(text)]  # Any: JSON values
    except (ValueError, RecursionError):
        return
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, dict):
            kind = f"{one} " if isinstance(one := node.get("@type"), str) else ""
            yield from ((f"JSON-LD {kind[:60]}{name}", words) for name in IN_DATA for words in named(node.get(name)))
            waiting += reversed(node.values())
        elif isinstance(node, list):
            waiting += reversed(node)


def named(value: Any) -> Iterator[str]:  # Any: JSON values
    """A statement's words: a text, or the address or name of what stands there."""
    for one in value if isinstance(value, list) else [value]:
        words = (one.get("url") or one.get("@id") or one.get("name")) if isinstance(one, dict) else one
        if isinstance(words, str):
            yield words
