"""Hits as a feed: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1. Pure; what XML can't hold is left out.

An entry links to the publisher. Its id is a tag URI (RFC 4151) made of what never changes: the publisher's host, the
day the archive first saw the article, and its number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

from lxml import etree

from archive.search import Hit
from archive.timestamps import rfc3339

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # an empty feed has to say when it changed


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHead:
    """What a feed says of itself: ``self_url`` is its own address, ``page_url`` that of the same search for people."""

    title: str
    self_url: str
    page_url: str


def atom(head: FeedHead, hits: Sequence[Hit]) -> bytes:
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    add(feed, "title", head.title, ns=ATOM)
    add(feed, "id", head.self_url, ns=ATOM)
    add(feed, "link", rel="self", type="application/atom+xml", href=head.self_url, ns=ATOM)
    add(feed, "link", rel="alternate", type="text/html", href=head.page_url, ns=ATOM)
    add(feed, "updated", rfc3339(latest(hits)), ns=ATOM)
    for hit in hits:
        entry = add(feed, "entry", ns=ATOM)
        add(entry, "title", hit.title, ns=ATOM)
        add(entry, "id", tag_uri(hit), ns=ATOM)
        add(entry, "link", rel="alternate", href=hit.url, ns=ATOM)
        add(entry, "updated", rfc3339(moment(hit)), ns=ATOM)
        if hit.published_at:
            add(entry, "published", rfc3339(hit.published_at), ns=ATOM)
        for author in hit.authors or (hit.source_name,):
            add(add(entry, "author", ns=ATOM), "name", author, ns=ATOM)
        add(entry, "summary", hit.excerpt.text, ns=ATOM)
        source = add(entry, "source", ns=ATOM)
        add(source, "id", f"tag:{host(hit)},{hit.first_seen_at:%Y}:{hit.source_id}", ns=ATOM)
        add(source, "title", hit.source_name, ns=ATOM)
        add(source, "updated", rfc3339(moment(hit)), ns=ATOM)
    return written(feed)


def rss(head: FeedHead, hits: Sequence[Hit]) -> bytes:
    feed = etree.Element("rss", nsmap={"atom": ATOM, "dc": DC})
    feed.set("version", "2.0")
    channel = add(feed, "channel")
    add(channel, "title", head.title)
    add(channel, "link", head.page_url)
    add(channel, "description", head.title)
    add(channel, "link", rel="self", type="application/rss+xml", href=head.self_url, ns=ATOM)
    add(channel, "lastBuildDate", rfc822(latest(hits)))
    for hit in hits:
        item = add(channel, "item")
        add(item, "title", hit.title)
        add(item, "link", hit.url)
        add(item, "guid", tag_uri(hit), isPermaLink="false")
        add(item, "pubDate", rfc822(moment(hit)))
        for author in hit.authors or (hit.source_name,):
            add(item, "creator", author, ns=DC)
        add(item, "description", hit.excerpt.text)
    return written(feed)


def json_feed(head: FeedHead, hits: Sequence[Hit]) -> bytes:
    items = []
    for hit in hits:
        item: dict[str, object] = {
            "id": tag_uri(hit),
            "url": hit.url,
            "title": hit.title,
            "content_text": hit.excerpt.text,
            "date_published": rfc3339(moment(hit)),
            "authors": [{"name": author} for author in hit.authors or (hit.source_name,)],
        }
        items.append(item | ({"language": hit.lang} if hit.lang else {}))
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
        "home_page_url": head.page_url,
        "feed_url": head.self_url,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False).encode("utf-8", "replace")


FORMATS: Mapping[str, tuple[str, Callable[[FeedHead, Sequence[Hit]], bytes]]] = {
    "atom": ("application/atom+xml", atom),
    "rss": ("application/rss+xml", rss),
    "json": ("application/feed+json", json_feed),
}


def moment(hit: Hit) -> datetime:
    """When it was published; when the archive first saw it, where nobody knows."""
    return hit.published_at or hit.first_seen_at


def latest(hits: Sequence[Hit]) -> datetime:
    return max((moment(hit) for hit in hits), default=NEVER)


def host(hit: Hit) -> str:
    return re.sub(r"[^a-z0-9.-]", "", (urlsplit(hit.url).hostname or "").lower()) or "unknown"


def tag_uri(hit: Hit) -> str:
    return f"tag:{host(hit)},{hit.first_seen_at:%Y-%m-%d}:{hit.id}"


def rfc822(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC).replace(microsecond=0), usegmt=True)


def add(parent: etree._Element, name: str, text: str | None = None, *, ns: str = "", **values: str) -> etree._Element:
    """A child element; what XML can't hold is left out."""
    child = etree.SubElement(parent, f"{{{ns}}}{name}" if ns else name)
    if text is not None:
        child.text = NOT_XML.sub("", text)
    for key, value in values.items():
        child.set(key, NOT_XML.sub("", value))
    return child


def written(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
