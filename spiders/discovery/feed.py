"""Feeds: RSS 0.90 to 2.0, RDF, Atom and JSON Feed, from the bytes a server sent.

feedparser reads the XML ones. It is given a stream and never an address, so it opens nothing; what
makes it fail or crawl is taken out or bounded here.
"""

from __future__ import annotations

import html
import io
import json
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax import SAXException

import feedparser

from spiders.discovery.dates import SPUTNIK, Stamp, w3c_stamp
from spiders.discovery.floods import without_floods
from spiders.discovery.links import SURROGATE_REFERENCE, absolute_url, plain_text

MAX_BYTES = 16 << 20  # bytes; real feeds stay under 10 MB
MAX_ITEMS = 2_000  # 0.46 ms each in feedparser (2 cores, 2026): a second at most
MAX_TAGS = 200_000  # 28 µs each in feedparser at worst; 2,000 items with 100 tags of full text
MAX_TITLE_CHARS = 10_000  # with markup
MAX_CONTENT_CHARS = 1_000_000  # of one item's own full text
ITEM_START = re.compile(rb"<(?:[A-Za-z0-9_]+:)?(?:item|entry)[\s>]")
ITEM_END = re.compile(rb"</(?:[A-Za-z0-9_]+:)?(?:item|entry)\s*>")
CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
INLINE_MARKUP = re.compile(r"</?(?:a|b|br|em|font|i|p|small|span|strong|sub|sup|u)(?:\s[^<>]{0,500})?/?>", re.I)
HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
FEED_ROOT = re.compile(rb"<(?:[A-Za-z0-9_]+:)?(?:rss|feed|rdf|channel)[\s>]", re.I)
READER_ERRORS = (
    SAXException, ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError, NameError,
    RuntimeError,
)  # fmt: skip
"""What feedparser and json raise on hostile input: reported as a feed that can't be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One entry. ``url`` is absolute http(s); texts are plain; dates are aware UTC."""

    url: str
    guid: str | None = None
    title: str | None = None
    published: Stamp | None = None
    updated: Stamp | None = None
    content_html: str | None = None
    """``content:encoded``, Atom ``content`` or JSON ``content_html``; never the summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedResult:
    """What a feed announced, in its own order."""

    items: tuple[FeedItem, ...] = ()
    version: str = ""
    """feedparser's name of the format (``rss20``, ``atom10`` …) or ``json``; empty when it is no feed."""
    title: str | None = None
    next_url: str | None = None
    """The next older page, where the feed names one (RFC 5005)."""
    problems: tuple[str, ...] = ()
    """What was odd, though the rest was read."""
    reason: str | None = None
    """Why nothing could be read: empty_body | too_large | not_a_feed | unreadable."""


def parse_feed(
    body: bytes, *, url: str, content_type: str = "", max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS
) -> FeedResult:
    """The items of a feed found at ``url``; ``content_type`` is the header, its charset wins over the prolog.

    Broken XML gives what can be read of it. Items past ``max_items`` are left out and reported.
    """
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return FeedResult(reason="empty_body")
    if len(body) > max_bytes:
        return FeedResult(reason="too_large", problems=(f"{len(body)} bytes, {max_bytes} are allowed",))
    try:
        if looks_like_json(body, content_type):
            return parse_json_feed(body, url=url, max_items=max_items)
        return parse_xml_feed(body, url=url, content_type=content_type, max_items=max_items)
    except READER_ERRORS as exc:
        return FeedResult(reason="unreadable", problems=(f"{type(exc).__name__}: {exc}"[:300],))


def looks_like_json(body: bytes, content_type: str) -> bool:
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return start == b"{" or ("json" in content_type.lower() and start != b"<")


def parse_xml_feed(body: bytes, *, url: str, content_type: str, max_items: int) -> FeedResult:
    """RSS, RDF and Atom. Raises ``READER_ERRORS`` where feedparser does."""
    body, problems = made_readable(body, max_items=max_items)
    headers = {"content-location": url} | ({"content-type": content_type} if content_type else {})
    parsed = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False)
    if not parsed.version and not parsed.entries:
        return FeedResult(reason="unreadable" if FEED_ROOT.search(body[:4096]) else "not_a_feed")
    if parsed.bozo and not isinstance(parsed.bozo_exception, HARMLESS):
        problems.append(f"not well-formed: {parsed.bozo_exception}"[:300])
    items = [item for entry in parsed.entries[:max_items] if (item := xml_item(entry, url=url, version=parsed.version))]
    linkless = min(len(parsed.entries), max_items) - len(items)
    if linkless:
        problems.append(f"{linkless} items without an http link")
    return FeedResult(
        items=tuple(items),
        version=parsed.version or "unknown",
        title=plain_title(parsed.feed.get("title_detail"), parsed.feed.get("title")),
        next_url=next_page(parsed.feed, url=url),
        problems=tuple(problems),
    )


def made_readable(body: bytes, *, max_items: int) -> tuple[bytes, list[str]]:
    """The body without what breaks or stalls feedparser, and what was changed.

    ``&#xD800;`` raises in it, control bytes throw it back to its slow parser, and its time grows with
    the items, so those past ``max_items`` go before parsing; what closes the document stays.
    """
    problems = []
    body, lone = SURROGATE_REFERENCE.subn(b"&#xFFFD;", body)
    if lone:
        problems.append(f"{lone} references to lone surrogates")
    body = without_floods(body)
    if b"\x00" not in body[:4]:  # UTF-16 and UTF-32 are full of NULs, and read well as they are
        body, controls = CONTROL_BYTES.subn(b"", body)
        if controls:
            problems.append(f"{controls} control characters")
    starts = [hit.start() for hit in ITEM_START.finditer(body)]
    kept = affordable(body, starts, max_items=max_items)
    if kept < len(starts):
        closing = max([hit.end() for hit in ITEM_END.finditer(body, starts[kept])], default=len(body))
        body = body[: starts[kept]] + body[closing:]
        problems.append(f"{len(starts) - kept} items past the first {kept}")
    return body, problems


def affordable(body: bytes, starts: list[int], *, max_items: int) -> int:
    """How many of the items that begin at ``starts`` hold no more than ``MAX_TAGS`` tags together.

    Raises ``ValueError`` when what stands before them holds more.
    """
    ends = [*starts[1:], len(body)][:max_items]
    left = MAX_TAGS - body.count(b"<", 0, starts[0] if starts else len(body))
    if left < 0:
        raise ValueError(f"more than {MAX_TAGS} tags outside of items")
    for number, (start, end) in enumerate(zip(starts, ends, strict=False)):
        left -= body.count(b"<", start, end)
        if left < 0:
            return number
    return len(ends) if starts else 0


def xml_item(entry: Any, *, url: str, version: str) -> FeedItem | None:  # Any: feedparser's dict, untyped
    """The item an entry makes; None without an address."""
    link = entry_link(entry, url=url)
    if link is None:
        return None
    published, updated = stamp_of(entry, "published"), stamp_of(entry, "updated")
    if published is None and not version.startswith("atom"):
        published = updated  # dc:date, in RSS and RDF the date of publication, which feedparser calls updated
    return FeedItem(
        url=link,
        guid=plain_text(str(entry.get("id") or "")) or None,
        title=plain_title(entry.get("title_detail"), entry.get("title")),
        published=published,
        updated=updated,
        content_html=entry_content(entry),
    )


def entry_link(entry: Any, *, url: str) -> str | None:  # Any: as above
    """The page's own address: FeedBurner's original, the link, an alternate, or a guid that is one."""
    alternates = [link.get("href") for link in entry.get("links", ()) if link.get("rel") in (None, "alternate")]
    for candidate in (entry.get("feedburner_origlink"), entry.get("link"), *alternates):
        if candidate and (found := absolute_url(str(candidate), base=url)):
            return found
    guid = str(entry.get("id") or "")
    return absolute_url(guid, base=url) if re.match(r"https?://", guid) else None


def stamp_of(entry: Any, name: str) -> Stamp | None:  # Any: as above
    """feedparser's parsed date, with the precision of what was printed."""
    parsed = dict.get(entry, f"{name}_parsed")  # not entry.get: it would answer "updated" with "published"
    if not parsed:
        return None
    try:
        at = datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    printed = str(dict.get(entry, name) or "")
    exact = w3c_stamp(printed)
    has_clock = bool(re.search(r"\d:\d\d", printed))
    precision = exact.precision if exact else "second" if has_clock else "day"
    return Stamp(at=at, precision=precision) if at >= SPUTNIK else None


def entry_content(entry: Any) -> str | None:  # Any: as above
    """The longest full text the entry carries, as HTML; None when it carries none."""
    texts = [str(part.get("value") or "") for part in entry.get("content", ())]
    longest = max(texts, key=len, default="")
    return longest[:MAX_CONTENT_CHARS] if longest.strip() else None


def plain_title(detail: Any, title: Any) -> str | None:  # Any: as above
    """Title without markup; entities that were escaped twice are read."""
    text = INLINE_MARKUP.sub("", str(title or "")[:MAX_TITLE_CHARS])
    if isinstance(detail, Mapping) and "html" in str(detail.get("type")):
        text = html.unescape(MARKUP.sub("", text))
    return (
        plain_text(
            re.sub(r"&(#\d{2,6}|#x[0-9a-fA-F]{2,5}|amp|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip);", unescaped, text)
        )
        or None
    )


def unescaped(hit: re.Match[str]) -> str:
    return html.unescape(hit.group())


def next_page(feed: Any, *, url: str) -> str | None:  # Any: as above
    hrefs = (str(link.get("href") or "") for link in feed.get("links", ()) if link.get("rel") == "next")
    return next((found for href in hrefs if (found := absolute_url(href, base=url))), None)


def parse_json_feed(body: bytes, *, url: str, max_items: int) -> FeedResult:
    """JSON Feed 1 and 1.1 (https://www.jsonfeed.org/version/1.1/). Raises ``ValueError`` for what is not JSON."""
    feed = json.loads(body.decode("utf-8-sig", "replace"))
    entries = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(entries, list) or "jsonfeed.org" not in str(feed.get("version")):
        return FeedResult(reason="not_a_feed")
    items = [item for entry in entries[:max_items] if (item := json_item(entry, url=url))]
    problems = list(json_problems(entries, items, max_items))
    return FeedResult(
        items=tuple(items),
        version="json",
        title=text_of(feed, "title"),
        next_url=absolute_url(next_url, base=url) if isinstance(next_url := feed.get("next_url"), str) else None,
        problems=tuple(problems),
    )


def json_problems(entries: list[Any], items: list[FeedItem], max_items: int) -> Iterator[str]:  # Any: JSON
    if len(entries) > max_items:
        yield f"{len(entries) - max_items} items past the first {max_items}"
    if linkless := min(len(entries), max_items) - len(items):
        yield f"{linkless} items without an http link"


def json_item(entry: Any, *, url: str) -> FeedItem | None:  # Any: JSON of strangers
    if not isinstance(entry, dict):
        return None
    guid = entry.get("id") if isinstance(entry.get("id"), (str, int)) else None
    links = [entry.get("url"), guid if str(guid).startswith("http") else None, entry.get("external_url")]
    link = next((found for one in links if isinstance(one, str) and (found := absolute_url(one, base=url))), None)
    if link is None:
        return None
    content = entry.get("content_html")
    return FeedItem(
        url=link,
        guid=plain_text(str(guid)) if guid is not None else None,
        title=text_of(entry, "title"),
        published=w3c_stamp(str(entry.get("date_published") or "")),
        updated=w3c_stamp(str(entry.get("date_modified") or "")),
        content_html=content[:MAX_CONTENT_CHARS] if isinstance(content, str) and content.strip() else None,
    )


def text_of(table: Mapping[str, Any], key: str) -> str | None:  # Any: JSON of strangers
    value = table.get(key)
    return plain_text(value) or None if isinstance(value, str) else None
