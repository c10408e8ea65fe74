"""One endpoint's answer in one form, whatever kind it is: what it announced, and where to go on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from spiders.discovery.articlepaths import address_kind
from spiders.discovery.dates import Stamp
from spiders.discovery.feed import FeedItem, parse_feed
from spiders.discovery.listing import ListedLink, parse_listing
from spiders.discovery.scope import Scope, scope_of
from spiders.discovery.sitemap import ChildSitemap, SitemapEntry, parse_sitemap
from spiders.registry import Endpoint

OTHER_SITEMAP = re.compile(
    r"(?:^|[-_./])(?:categor(?:y|ies)|(?:post_?)?tags?|authors?|users?|images?|videos?|pages?|taxonom\w*|attachments?)[-_.]?sitemap"
    r"|sitemap[-_.](?:categor(?:y|ies)|tags?|authors?|users?|images?|videos?|pages|taxonom\w*)(?:[-_.]|\b)",
    re.I,
)
"""Children that list no articles (Yoast, Rank Math, Jetpack, Ghost). One that does can be an endpoint itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An announced page, before anyone asked whether it is inside the source's scope."""

    url: str
    guid: str | None = None
    title: str | None = None
    published: Stamp | None = None
    changed: Stamp | None = None
    """Of the last edit; never taken for publication."""
    content_html: str | None = None

    def is_older_than(self, since: datetime) -> bool:
        """True when its newest date is before ``since``; False without any date."""
        dates = [stamp.at for stamp in (self.published, self.changed) if stamp]
        return bool(dates) and max(dates) < since


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one answer announced."""

    found: tuple[Found, ...] = ()
    children: tuple[ChildSitemap, ...] = ()
    """Sitemaps an index names that may list articles, newest first."""
    next_url: str | None = None
    """The next older page of a listing or feed."""
    version: str = ""
    """``rss20``, ``atom10``, ``json``, ``sitemap``, ``sitemapindex``, ``html`` …"""
    problems: tuple[str, ...] = ()
    """What was odd, though the rest was read."""
    reason: str | None = None
    """Why nothing could be read, one word."""


def read_endpoint(
    endpoint: Endpoint, body: bytes, *, url: str, content_type: str = "", scope: Scope | None = None
) -> Findings:
    """Findings of an answer that came from ``url`` (an endpoint's child or page has another than its own).

    A sitemap endpoint that serves a feed is read as one (sitemaps.org allows it).
    """
    if endpoint.kind == "listing":
        return from_listing(endpoint, body, url=url, content_type=content_type, scope=scope)
    if endpoint.kind == "sitemap":
        findings = from_sitemap(body, url=url, content_type=content_type)
        return findings if findings.reason != "is_feed" else from_feed(body, url=url, content_type=content_type)
    return from_feed(body, url=url, content_type=content_type)


def from_feed(body: bytes, *, url: str, content_type: str) -> Findings:
    result = parse_feed(body, url=url, content_type=content_type)
    return Findings(
        found=tuple(found_in_feed(item) for item in result.items),
        next_url=result.next_url,
        version=result.version,
        problems=result.problems,
        reason=result.reason,
    )


def found_in_feed(item: FeedItem) -> Found:
    return Found(
        url=item.url,
        guid=item.guid,
        title=item.title,
        published=item.published,
        changed=item.updated,
        content_html=item.content_html,
    )


def from_sitemap(body: bytes, *, url: str, content_type: str) -> Findings:
    """Entries whose address alone says that they are no article (homepage, tag, author) are left out."""
    result = parse_sitemap(body, url=url, content_type=content_type)
    found = tuple(found_in_sitemap(entry) for entry in result.entries if address_kind(entry.url) != "section")
    children = tuple(child for child in result.children if not OTHER_SITEMAP.search(child.url))
    problems = list(result.problems)
    if len(found) < len(result.entries):
        problems.append(f"{len(result.entries) - len(found)} addresses of sections")
    if len(children) < len(result.children):
        problems.append(f"{len(result.children) - len(children)} sitemaps of other things than articles")
    version = "" if result.reason else "sitemapindex" if result.children else "sitemap"
    return Findings(found=found, children=children, version=version, problems=tuple(problems), reason=result.reason)


def found_in_sitemap(entry: SitemapEntry) -> Found:
    return Found(url=entry.url, title=entry.title, published=entry.published, changed=entry.lastmod)


def from_listing(endpoint: Endpoint, body: bytes, *, url: str, content_type: str, scope: Scope | None) -> Findings:
    result = parse_listing(
        body,
        url=url,
        content_type=content_type,
        link_css=endpoint.link_css,
        next_css=endpoint.next_css,
        scope=scope or scope_of([url]),
    )
    return Findings(
        found=tuple(found_in_listing(link) for link in result.links),
        next_url=result.next_url,
        version="" if result.reason in ("not_html", "empty_body", "too_large") else "html",
        problems=result.problems,
        reason=result.reason,
    )


def found_in_listing(link: ListedLink) -> Found:
    return Found(url=link.url, title=link.title, published=link.published)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointReport:
    """What ``sources check`` tells about an endpoint. ``str()`` is one line for people."""

    url: str
    version: str
    announced: int
    dropped: int
    """Announced outside of the source's scope."""
    children: int
    newest_at: datetime | None
    sample: tuple[str, ...]
    """Titles, or addresses where there are none; three at most."""
    problems: tuple[str, ...]
    reason: str | None

    def __str__(self) -> str:
        if self.reason:
            return "; ".join((self.reason, *self.problems))
        said = [f"{self.version}: {self.announced} articles"]
        said += [f"{self.children} child sitemaps"] if self.children else []
        said += [f"newest {self.newest_at:%Y-%m-%d %H:%M} UTC"] if self.newest_at else []
        said += [f"{self.dropped} outside of the source"] if self.dropped else []
        return "; ".join((*said, *self.problems))


def describe_endpoint(
    endpoint: Endpoint, body: bytes, *, url: str = "", content_type: str = "", scope: Scope | None = None
) -> EndpointReport:
    """What an endpoint's answer holds, without keeping any of it. ``url`` is where redirects ended, if elsewhere."""
    findings = read_endpoint(endpoint, body, url=url or endpoint.url, content_type=content_type, scope=scope)
    inside = [one for one in findings.found if scope is None or scope.reason_to_drop(one.url) is None]
    dates = [stamp.at for one in inside if (stamp := one.published or one.changed)]
    return EndpointReport(
        url=endpoint.url,
        version=findings.version,
        announced=len(inside),
        dropped=len(findings.found) - len(inside),
        children=len(findings.children),
        newest_at=max(dates, default=None),
        sample=tuple(one.title or one.url for one in inside[:3]),
        problems=findings.problems,
        reason=findings.reason,
    )
