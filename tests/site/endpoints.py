"""Feeds, sitemaps, listings and robots.txt: the good ones and the bad."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar

from crawler.demo.publishers import xml
from crawler.demo.server import Connection, Raw, Response
from tests.site.behaviour import XML, Endpoint, EndpointKind, Robots, Visit, html, tagged
from tests.site.bodies import gzip_bomb
from tests.site.network import head_with_length
from tests.site.pages import listing_page


class GoodFeed(Endpoint):
    """RSS that announces every article."""

    def respond(self, visit: Visit) -> Response:
        return tagged(Response(headers=(XML,), body=feed(visit).encode()))


class GoodSitemap(Endpoint):
    """A sitemap that announces every article."""

    kind: ClassVar[EndpointKind] = "sitemaps"
    path: ClassVar[str] = "/sitemap.xml"

    def respond(self, visit: Visit) -> Response:
        return Response(
            headers=(XML,), body=xml.urlset((visit.base_url + path, None) for _, path in visit.links).encode()
        )


class GoodListing(Endpoint):
    """A page of headlines that announces every article."""

    kind: ClassVar[EndpointKind] = "listings"
    path: ClassVar[str] = "/news/"

    def respond(self, visit: Visit) -> Response:
        return tagged(html(listing_page(visit.links)))


class HtmlFeed(Endpoint):
    """A front page where the feed was."""

    path: ClassVar[str] = "/feeds/html.xml"

    def respond(self, visit: Visit) -> Response:
        return html(listing_page(()))


class BrokenFeed(Endpoint):
    """A feed that ends in the middle of an element."""

    path: ClassVar[str] = "/feeds/broken.xml"

    def respond(self, visit: Visit) -> Response:
        text = feed(visit)
        return Response(headers=(XML,), body=text[: len(text) * 2 // 3].encode())


class EntityBomb(Endpoint):
    """A feed whose title expands to ten billion laughs."""

    path: ClassVar[str] = "/feeds/laughs.xml"

    def respond(self, visit: Visit) -> Response:
        entities = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
        document = f'<?xml version="1.0"?><!DOCTYPE rss [{entities}]><rss version="2.0"><channel><title>&l10;</title>'
        return Response(headers=(XML,), body=f"{document}</channel></rss>".encode())


class EmptyFeed(Endpoint):
    """A feed without entries."""

    path: ClassVar[str] = "/feeds/empty.xml"

    def respond(self, visit: Visit) -> Response:
        return Response(headers=(XML,), body=xml.rss("Nothing", visit.base_url, [], language="en").encode())


class ErrorFeed(Endpoint):
    """500 for ever."""

    path: ClassVar[str] = "/feeds/error.xml"

    def respond(self, visit: Visit) -> Response:
        return html("<h1>Error establishing a database connection</h1>", status=500)


class EndlessListing(Endpoint):
    """Each page leads to an older one, with one headline that is nowhere else (and answers 404)."""

    kind: ClassVar[EndpointKind] = "listings"
    path: ClassVar[str] = "/archive"
    facts: ClassVar[dict[str, object]] = {"max_pages": 4}

    def respond(self, visit: Visit) -> Response:
        number = int(visit.request.query.get("page", "1"))
        lost = (f"Old Story Number {number} That Was Never Moved", f"/old/story-{number}-that-was-never-moved.html")
        return html(listing_page((lost,), next_target=f"{self.path}?page={number + 1}"))


class EnormousSitemap(Endpoint):
    """A sitemap of ``count`` addresses that answer 404, made while it is sent: 70 MB for a million."""

    kind: ClassVar[EndpointKind] = "sitemaps"
    path: ClassVar[str] = "/sitemaps/enormous.xml"

    def __init__(self, *, count: int = 1_000_000) -> None:
        self.count = count

    def respond(self, visit: Visit) -> Response:
        return Response(headers=(XML,), body=lambda: self.lines(visit.base_url))

    def lines(self, base_url: str) -> Iterator[bytes]:
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{xml.SITEMAP}">\n'.encode()
        for start in range(0, self.count, 1000):
            numbers = range(start, min(start + 1000, self.count))
            yield "".join(f"<url><loc>{base_url}/old/{n}.html</loc></url>\n" for n in numbers).encode()
        yield b"</urlset>\n"


class SitemapBomb(Endpoint):
    """A ``.xml.gz`` of 2 MB that unpacks to 2 GB."""

    kind: ClassVar[EndpointKind] = "sitemaps"
    path: ClassVar[str] = "/sitemaps/bomb.xml.gz"

    def __init__(self, *, unpacked_bytes: int = 2 << 30) -> None:
        self.unpacked_bytes = unpacked_bytes

    def respond(self, visit: Visit) -> Response:
        return Response(headers=(("Content-Type", "application/gzip"),), body=lambda: gzip_bomb(self.unpacked_bytes))


class SelfReferringSitemap(Endpoint):
    """A sitemap index that lists itself, and another that lists the first."""

    kind: ClassVar[EndpointKind] = "sitemaps"
    path: ClassVar[str] = "/sitemaps/self.xml"

    def respond(self, visit: Visit) -> Response:
        children = (self.path, f"{self.path}?page={int(visit.request.query.get('page', '0')) + 1}")
        return Response(headers=(XML,), body=xml.sitemap_index((visit.base_url + c, None) for c in children).encode())


class CrawlDelay(Robots):
    """Asks for a pause between requests."""

    def __init__(self, seconds: float = 1) -> None:
        self.text = f"User-agent: *\nCrawl-delay: {seconds:g}\nDisallow: /private/\n"


class Disallow(Robots):
    """Forbids paths to everyone."""

    def __init__(self, *paths: str) -> None:
        self.text = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in paths)


class RobotsError(Robots):
    """A robots.txt that fails: by RFC 9309 §2.3.1.4 everything is forbidden for now (5xx), or allowed (4xx)."""

    def __init__(self, status: int = 500) -> None:
        self.status = status

    def respond(self, visit: Visit) -> Response:
        return html("<h1>Error</h1>", status=self.status)


class SlowRobots(Robots):
    """A robots.txt of a byte every ``interval_s`` seconds."""

    def __init__(self, *, interval_s: float = 1.0) -> None:
        self.interval_s = interval_s

    def respond(self, visit: Visit) -> Raw:
        def write(connection: Connection) -> None:
            connection.sendall(head_with_length(len(self.text)))
            for char in self.text:
                connection.sendall(char.encode())
                time.sleep(self.interval_s)

        return Raw(write=write, status=200)


class HtmlRobots(Robots):
    """The front page where robots.txt was asked for: no rule can be read from it."""

    def respond(self, visit: Visit) -> Response:
        return html(listing_page(()))


def feed(visit: Visit) -> str:
    """RSS of everything the site announces, in its order."""
    entries = [
        xml.Entry(
            title=piece.title, link=visit.base_url + path, published_at=piece.published_at, guid=visit.base_url + path
        )
        for path, piece in visit.announced
    ]
    return xml.rss("The Test Range", visit.base_url, entries, language="en")
