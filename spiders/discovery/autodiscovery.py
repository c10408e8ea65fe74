"""Where a site may announce its articles, told from its home page and robots.txt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement
from protego import Protego

from spiders.discovery.links import absolute_url, plain_text
from spiders.discovery.listing import MAX_ANCHORS, page_of
from spiders.registry import EndpointKind

FEED_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/xml",
    "text/xml",
})  # fmt: skip  # what autodiscovery links are typed as (https://www.rssboard.org/rss-autodiscovery)
FEED_ADDRESS = re.compile(
    r"(?:/feeds?/?|/rss/?|/atom/?|\.rss|\.rdf|\.atom|(?:rss|atom|feed|index)\.xml|feed\.json)(?:\?.*)?$", re.I
)
OTHER_FEED = re.compile(r"comments?[/_-]feed|/comments?/|podcast|oembed|wp-json|\?.*\bauthor=", re.I)
"""Feeds that announce other things than articles."""
LISTING_ADDRESS = re.compile(
    r"/(?:news(?:room)?|press(?:[-_]?(?:room|releases?|centre|center))?|blog|updates?|articles?|stories|media(?:[-_]cent(?:er|re))?"
    r"|actualites|noticias|novosti|aktuelles|xwzx|news_event)/?(?:index\.\w+)?$",
    re.I,
)
FEED_PLACES = ("feed/", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed.json")
"""Usual places, below the page and below the root: WordPress, Drupal, Hugo, Jekyll, Ghost, Substack."""
SITEMAP_PLACES = ("sitemap.xml", "sitemap_index.xml", "news-sitemap.xml", "sitemap-news.xml", "wp-sitemap.xml")
MAX_FOUND = 20  # of a kind; a page with more is a directory of feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """An address that may be an endpoint. ``how``: a typed link, robots.txt, an ordinary link, or a guess."""

    kind: EndpointKind
    url: str
    how: Literal["link", "robots", "anchor", "guess"]
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """What a home page says of its site; None for what it doesn't."""

    name: str | None = None
    language: str | None = None


def leads_in_page(body: bytes, *, url: str, content_type: str = "") -> tuple[Lead, ...]:
    """Feeds the page names (typed links first), then pages that by their address list news."""
    page = page_of(body, content_type)
    if page is None:
        return ()
    base = absolute_url(str(page.xpath("string(//base/@href)")), base=url) or url
    feeds = unique([*typed_links(page, base), *feed_anchors(page, base)])
    listings = unique([lead for lead in listing_anchors(page, base) if lead.url != url])
    return (*feeds[:MAX_FOUND], *listings[:MAX_FOUND])


def typed_links(page: HtmlElement, base: str) -> Iterator[Lead]:
    """``<link rel=alternate type=application/rss+xml>`` and its kin."""
    for link in islice(page.iter("link"), MAX_ANCHORS):
        rels = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        address = absolute_url(link.get("href") or "", base=base)
        title = plain_text(link.get("title") or "") or None
        is_other = OTHER_FEED.search(address or "") or re.search(r"\bcomments?\b", title or "", re.I)
        if address and ("alternate" in rels or "feed" in rels) and kind in FEED_TYPES and not is_other:
            yield Lead(kind="feed", url=address, how="link", title=title)


def feed_anchors(page: HtmlElement, base: str) -> Iterator[Lead]:
    """Ordinary links whose address ends as those of feeds do."""
    for anchor in islice(page.iter("a"), MAX_ANCHORS):
        address = absolute_url(anchor.get("href") or "", base=base)
        if address and FEED_ADDRESS.search(address) and not OTHER_FEED.search(address):
            yield Lead(kind="feed", url=address, how="anchor", title=plain_text(anchor.text_content()) or None)


def listing_anchors(page: HtmlElement, base: str) -> Iterator[Lead]:
    """Links on the same host to pages such as ``/news/``."""
    host = urlsplit(base).hostname
    for anchor in islice(page.iter("a"), MAX_ANCHORS):
        address = absolute_url(anchor.get("href") or "", base=base)
        if address and urlsplit(address).hostname == host and LISTING_ADDRESS.search(urlsplit(address).path):
            yield Lead(kind="listing", url=address, how="anchor", title=plain_text(anchor.text_content()) or None)


def unique(leads: list[Lead]) -> list[Lead]:
    """The first lead to each address."""
    return list({lead.url: lead for lead in reversed(leads)}.values())[::-1]


def leads_in_robots(body: bytes, *, url: str) -> tuple[Lead, ...]:
    """Sitemaps that a robots.txt found at ``url`` names (https://www.sitemaps.org/protocol.html#submit_robots)."""
    named = Protego.parse(body.decode("utf-8-sig", "replace").replace("\x00", "")).sitemaps
    found = [address for one in named if (address := absolute_url(one, base=url))]
    return tuple(Lead(kind="sitemap", url=address, how="robots") for address in dict.fromkeys(found[:MAX_FOUND]))


def crawl_delay(body: bytes, *, agent: str) -> float | None:
    """Seconds between requests that a robots.txt asks of us."""
    delay = Protego.parse(body.decode("utf-8-sig", "replace").replace("\x00", "")).crawl_delay(agent)
    return float(delay) if delay else None


def guesses(homepage: str) -> tuple[Lead, ...]:
    """Usual places of feeds (below the page, then below the root) and of sitemaps."""
    below = homepage if homepage.endswith("/") else homepage + "/"
    feeds = [urljoin(base, place) for base in dict.fromkeys((below, urljoin(homepage, "/"))) for place in FEED_PLACES]
    sitemaps = [urljoin(homepage, f"/{place}") for place in SITEMAP_PLACES]
    return (
        *(Lead(kind="feed", url=address, how="guess") for address in dict.fromkeys(feeds)),
        *(Lead(kind="sitemap", url=address, how="guess") for address in sitemaps),
    )


def site_facts(body: bytes, *, content_type: str = "") -> SiteFacts:
    """Name (``og:site_name``, else the title) and language (``<html lang>``) of the site."""
    page = page_of(body, content_type)
    if page is None:
        return SiteFacts()
    named = page.xpath("string(//meta[@property='og:site_name']/@content)") or page.xpath("string(//title)")
    language = plain_text(str(page.xpath("string(/html/@lang)")), limit=35).replace("_", "-")
    return SiteFacts(
        name=plain_text(str(named), limit=200) or None,
        language=language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", language) else None,
    )
