"""Sites on loopback in a process of their own, quick enough never to be what a crawl waits for.

    python -m benchmarks.farm [--corpus DIR] [--pages N]

Eight addresses, each with a feed, a sitemap and its share of the pages. Pages are kept as gzip and sent so to clients
that take it; nothing is computed for a request. Prints the base address of each site and ends with its standard input.
A client's ``If-None-Match`` is answered with 304 for endpoints alone: an archived page that is asked for again is sent
again, which is what a benchmark of known payloads needs.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpus_site import ADDRESS, FIRST_ADDRESS, SITES, feed, sitemap
from benchmarks.pages import ServedPage, served_pages

ETAG = b'"farm"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Farm:
    """The sites that run: base address and page addresses of each."""

    sites: Sequence[tuple[str, Sequence[str]]]

    @property
    def urls(self) -> list[str]:
        """All page addresses, the sites taking turns."""
        turns = max(len(urls) for _, urls in self.sites)
        return [urls[turn] for turn in range(turns) for _, urls in self.sites if turn < len(urls)]

    def write_sources(self, folder: Path) -> None:
        """A source file for each site, asked without a delay."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, (base, _) in enumerate(self.sites):
            lines = [
                f'name = "Farm {number}"',
                f'homepage = "{base}/"',
                "download_delay = 0.0  # seconds; served on loopback",
                "concurrency = 2",
                f'feeds = [{{ url = "{base}/feed.xml" }}]',
                f'sitemaps = [{{ url = "{base}/sitemap.xml" }}]',
            ]
            (folder / f"farm-{number}.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")


@contextmanager
def running(corpus: Path | None, pages: int) -> Iterator[Farm]:
    """The sites, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.farm", "--pages", str(pages)]
    command += ["--corpus", str(corpus)] if corpus else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the sites did not start")
        yield Farm(sites=[(base, tuple(urls)) for base, urls in json.loads(line)])
        process.communicate()  # closes its standard input


class Site:
    """One address: target → the answer's bytes."""

    base = ""
    urls: Sequence[str] = ()
    endpoints: Mapping[str, tuple[str, bytes]] = {}

    def __init__(self, pages: Sequence[ServedPage]) -> None:
        self.pages: Mapping[str, bytes] = {page.target: page.packed for page in pages}

    def settle(self, base: str) -> None:
        """Learn the address, which stands in feed and sitemap."""
        self.base = base
        self.urls = [base + target for target in self.pages]
        self.endpoints = {
            "/feed.xml": ("application/rss+xml", feed(self.urls[::2]).encode()),
            "/sitemap.xml": ("application/xml", sitemap(self.urls).encode()),
        }

    def answer(self, head: bytes) -> bytes:
        """The whole response to a request's head."""
        target = head.split(b" ", 2)[1].decode("latin-1")
        if target in self.endpoints:
            kind, body = self.endpoints[target]
            if ETAG in head:
                return b"HTTP/1.1 304 Not Modified\r\nETag: " + ETAG + b"\r\n\r\n"
            return response(kind, body, b"ETag: " + ETAG + b"\r\n")
        packed = self.pages.get(target)
        if packed is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        if b"gzip" in head:
            return response("text/html", packed, b"Content-Encoding: gzip\r\n")
        return response("text/html", gzip.decompress(packed))


def response(kind: str, body: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s" % (
        kind.encode(),
        len(body),
        more,
        body,
    )


class Connection(asyncio.Protocol):
    """Answers GET after GET; a request's head may come in pieces."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, _, self.pending = self.pending.partition(b"\r\n\r\n")
            self.transport.write(self.site.answer(head))


async def serve(pages: Sequence[ServedPage]) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    sites = []
    for number in range(SITES):
        address, mine = ADDRESS.format(FIRST_ADDRESS + number), [page for page in pages if page.site == number]
        site = Site(mine)
        server = await loop.create_server(lambda site=site: Connection(site), host=address, port=0)
        site.settle(f"http://{address}:{server.sockets[0].getsockname()[1]}")
        sites.append((site.base, site.urls))
    print(json.dumps([one for one in sites if one[1]]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--pages", type=int, default=200)
    options = parser.parse_args()
    asyncio.run(serve(served_pages(options.corpus, options.pages)))


if __name__ == "__main__":
    main()
