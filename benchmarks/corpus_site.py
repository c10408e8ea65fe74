"""A corpus of real pages as a set of loopback sites, each with a feed, a sitemap and a source file.

Pages lie below ``/<id>/`` followed by the path they had, because dates and sections are read from it. They are
sent as ``text/html`` without a charset, which is what a page's own declaration is there for. Feed and sitemap
announce addresses alone: a title or a date would give away what the benchmark asks for.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from benchmarks.scores import Truth
from crawler.demo.server import Request, Response, SiteServer, bind_all

SITES = 8  # loopback addresses; each is asked one page at a time, so this is how many pages are under way at once
ADDRESS = "127.0.0.{}"
FIRST_ADDRESS = 101
ID_OF_PATH = re.compile(r"^/([^/?]+)/")


class CorpusSite:
    """Some of a corpus's pages behind one address. The feed announces every second page, the sitemap all."""

    def __init__(self, pages: Sequence[Truth], base_url: str) -> None:
        self.pages: Mapping[str, Truth] = {page.id: page for page in pages}
        self.urls = [base_url + path_of(page) for page in pages]

    def respond(self, request: Request) -> Response:
        if request.path == "/feed.xml":
            return typed("application/rss+xml", feed(self.urls[::2]))
        if request.path == "/sitemap.xml":
            return typed("application/xml", sitemap(self.urls))
        found = ID_OF_PATH.match(request.path)
        page = self.pages.get(found[1]) if found else None
        if page is None:
            return Response(status=404)
        return Response(headers=(("Content-Type", "text/html"),), body=page.body)


def path_of(page: Truth) -> str:
    """Where the page is served: its id, then the path and query of its real address, all of it ASCII."""
    parts = urlsplit(page.url)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"/{page.id}{path}" + (f"?{quote(parts.query, safe='%&=+;,:@!$()*~-._/?')}" if parts.query else "")


def typed(mime_type: str, text: str) -> Response:
    return Response(headers=(("Content-Type", mime_type),), body=text.encode())


def feed(urls: Sequence[str]) -> str:
    """RSS 2.0 with nothing but links."""
    items = "".join(f"<item><link>{escape(url)}</link><guid>{escape(url)}</guid></item>" for url in urls)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Corpus</title>{items}</channel></rss>'


def sitemap(urls: Sequence[str]) -> str:
    entries = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


@contextmanager
def served(pages: Sequence[Truth]) -> Iterator[dict[str, SiteServer]]:
    """Source id → server, until the block ends. The pages of one real host stay together."""
    shares = [[page for page in pages if site_of(page) == number] for number in range(SITES)]
    servers = bind_all([ADDRESS.format(FIRST_ADDRESS + number) for number in range(SITES)], port=0)
    with ExitStack() as stack:
        for server, share in zip(servers, shares, strict=True):
            server.site = CorpusSite(share, server.base_url)
            stack.enter_context(server)
        yield {f"corpus-{number}": server for number, server in enumerate(servers) if shares[number]}


def site_of(page: Truth) -> int:
    """Which of the sites serves the page: the same one in every run."""
    return zlib.crc32((urlsplit(page.url).hostname or "").encode()) % SITES


def write_sources(folder: Path, servers: Mapping[str, SiteServer]) -> None:
    """A source file for each site."""
    folder.mkdir(parents=True, exist_ok=True)
    for source_id, server in servers.items():
        lines = [
            f"name = {json.dumps(source_id)}",
            f'homepage = "{server.base_url}/"',
            "download_delay = 0.0  # seconds; served on loopback",
            f'feeds = [{{ url = "{server.base_url}/feed.xml" }}]',
            f'sitemaps = [{{ url = "{server.base_url}/sitemap.xml" }}]',
        ]
        (folder / f"{source_id}.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
