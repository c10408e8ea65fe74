"""Sitemaps: urlset, index, Google News, gzipped or plain text (https://www.sitemaps.org/protocol.html).

Read as a stream of parser events: no tree is built, so that memory depends on the URLs kept
and not on what a server sends. No entities, no network, no huge nodes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from spiders.discovery.dates import Stamp, w3c_stamp
from spiders.discovery.links import SURROGATE_REFERENCE, absolute_url, plain_text

MAX_URLS = 50_000  # a file; the protocol's own limit
MAX_BYTES = 52_428_800  # decompressed; the protocol's own limit, 50 MiB
MAX_VALUE_CHARS = 4_096  # of one loc, title or date
CHUNK = 1 << 16
MAX_ELEMENTS = 40 * MAX_URLS  # an entry with a dozen images has as many; more is a bomb
BARE_AMPERSAND = re.compile(rb"&(?!#?[A-Za-z0-9]{1,32};)")
BLANK = b" \t\r\n\xef\xbb\xbf"  # and the byte order mark of UTF-8
HTML_START = re.compile(rb"<(?:!doctype\s+)?html[\s>]", re.I)
FEED_ROOTS = frozenset({"rss", "feed", "rdf"})
OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapEntry:
    """A page of an urlset. Dates as printed, ``lastmod`` is of the last edit and never of publication."""

    url: str
    lastmod: Stamp | None = None
    published: Stamp | None = None
    """Google News ``publication_date``."""
    title: str | None = None
    """Google News ``title``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSitemap:
    """A sitemap that an index names."""

    url: str
    lastmod: Stamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapResult:
    """What a sitemap announced: entries in its own order, children newest first."""

    entries: tuple[SitemapEntry, ...] = ()
    children: tuple[ChildSitemap, ...] = ()
    problems: tuple[str, ...] = ()
    """What was odd, though the rest was read."""
    reason: str | None = None
    """Why nothing could be read: empty_body | not_a_sitemap | is_feed | unreadable."""


def parse_sitemap(
    body: bytes, *, url: str, content_type: str = "", max_urls: int = MAX_URLS, max_bytes: int = MAX_BYTES
) -> SitemapResult:
    """The pages or children of the sitemap found at ``url``; a body still gzipped is opened.

    Past ``max_urls``, ``max_bytes`` (decompressed) or ``MAX_ELEMENTS`` reading stops, and the result says so.
    XML that is not well-formed is read once more, mended.
    """
    reader, problems = Reader(url=url, max_urls=max_urls), list[str]()
    head, chunks = opened(body, max_bytes=max_bytes, problems=problems)
    if not head:
        return SitemapResult(problems=tuple(problems), reason="unreadable" if problems else "empty_body")
    if HTML_START.match(head):
        return SitemapResult(reason="not_a_sitemap")
    if is_plain_text(head, content_type):
        read_lines(chained(head, chunks), reader)
        return result_of(reader, problems)
    try:
        read_xml(chained(head, chunks), reader, is_mending=False)
    except etree.XMLSyntaxError as exc:
        problems = [f"not well-formed: {exc}"[:300]]
        return result_of(reread(body, url=url, max_urls=max_urls, max_bytes=max_bytes, problems=problems), problems)
    return result_of(reader, problems)


def reread(body: bytes, *, url: str, max_urls: int, max_bytes: int, problems: list[str]) -> Reader:
    """What can be had of XML that is not well-formed."""
    reader = Reader(url=url, max_urls=max_urls)
    head, chunks = opened(body, max_bytes=max_bytes, problems=problems)
    try:
        read_xml(mended(chained(head, chunks)), reader, is_mending=True)
    except (etree.XMLSyntaxError, UnicodeError) as exc:  # lxml hands half characters on and fails at them
        problems.append(f"unreadable from here: {exc}"[:300])
    return reader


def opened(body: bytes, *, max_bytes: int, problems: list[str]) -> tuple[bytes, Iterator[bytes]]:
    """The first chunk that says something, empty when none does, and the others."""
    chunks = decompressed(body, max_bytes=max_bytes, problems=problems)
    head = next((chunk for chunk in chunks if chunk.strip(BLANK + b"\x00")), b"")
    return head.lstrip(BLANK), chunks


def decompressed(body: bytes, *, max_bytes: int, problems: list[str]) -> Iterator[bytes]:
    """Chunks of the body, un-gzipped (twice, where a server did it twice), ``max_bytes`` in all.

    A damaged or endless stream ends early and leaves a line in ``problems``.
    """
    stream = pieces(body)
    for _ in range(2):
        first = next(stream, b"")
        stream = chained(first, stream)
        if first.startswith(b"\x1f\x8b"):
            stream = gunzipped(stream, problems)
    given = 0
    for chunk in stream:
        if given + len(chunk) > max_bytes:
            problems.append(f"larger than {max_bytes} bytes: the rest was not read")
            yield chunk[: max_bytes - given]
            return
        given += len(chunk)
        yield chunk


def pieces(body: bytes) -> Iterator[bytes]:
    return (body[start : start + CHUNK] for start in range(0, len(body), CHUNK))


def chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def gunzipped(stream: Iterator[bytes], problems: list[str]) -> Iterator[bytes]:
    """Members one after another, at most ``CHUNK`` bytes at once, whatever the ratio."""
    opener, is_open = zlib.decompressobj(wbits=31), False
    try:
        for piece in stream:
            data = piece
            while data:
                yield opener.decompress(data, CHUNK)
                is_open, data = not opener.eof, opener.unconsumed_tail
                if opener.eof:
                    data, opener = opener.unused_data.lstrip(b"\x00"), zlib.decompressobj(wbits=31)
        while out := opener.decompress(b"", CHUNK) if is_open else b"":
            yield out
    except zlib.error as exc:
        problems.append(f"damaged gzip: {exc}")
        return
    if is_open and not opener.eof:
        problems.append("gzip ends early")


def is_plain_text(head: bytes, content_type: str) -> bool:
    start = head.lstrip(BLANK)
    return start[:4].lower() == b"http" or (content_type.lower().startswith("text/plain") and b"<" not in head[:1024])


def read_lines(chunks: Iterator[bytes], reader: Reader) -> None:
    """One URL a line (https://www.sitemaps.org/protocol.html#otherformats)."""
    reader.root, tail = "text", b""
    for chunk in chunks:
        *lines, tail = (tail + chunk).split(b"\n")
        tail = tail[-MAX_VALUE_CHARS:]
        for line in lines:
            reader.add_line(line)
        if reader.is_full:
            return
    reader.add_line(tail)


def read_xml(chunks: Iterator[bytes], reader: Reader, *, is_mending: bool) -> None:
    """Feed the parser until the stream ends or the reader has all it may take. Raises ``XMLSyntaxError``."""
    parser: Any = etree.XMLParser(  # Any: the stubs know no parser whose target returns nothing
        target=reader,  # type: ignore[call-overload]  # as above
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=is_mending,
    )
    for chunk in chunks:
        parser.feed(chunk)
        if reader.is_full or reader.is_foreign:
            return
    parser.close()


def mended(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The document with bare ampersands escaped, the usual fault (libxml2 would drop what follows them), and
    without references to half characters."""
    held = b""
    for chunk in chunks:
        whole = held + chunk
        cut = whole.rfind(b"&", max(0, len(whole) - 12))  # 12 bytes: the longest reference one meets, &#1114111;
        whole, held = (whole[:cut], whole[cut:]) if cut >= 0 else (whole, b"")
        yield SURROGATE_REFERENCE.sub(b"&#xFFFD;", BARE_AMPERSAND.sub(b"&amp;", whole))
    yield BARE_AMPERSAND.sub(b"&amp;", held)


def result_of(reader: Reader, problems: list[str]) -> SitemapResult:
    if reader.root in FEED_ROOTS:
        return SitemapResult(reason="is_feed")
    if reader.is_foreign or not reader.root:
        is_damaged = bool(problems) and not reader.root
        return SitemapResult(problems=tuple(problems), reason="unreadable" if is_damaged else "not_a_sitemap")
    if reader.is_full:
        problems.append(f"more than {reader.max_urls} URLs or {MAX_ELEMENTS} elements: the rest was not read")
    if reader.linkless:
        problems.append(f"{reader.linkless} entries without an http URL")
    children = sorted(reader.children, key=newest_first, reverse=True)
    return SitemapResult(entries=tuple(reader.entries), children=tuple(children), problems=tuple(problems))


def newest_first(child: ChildSitemap) -> tuple[datetime, list[int]]:
    """Sort key: ``lastmod``, then the numbers in the address (``sitemap-2024-05.xml``, ``post-sitemap12.xml``)."""
    numbers = [int(number) for number in re.findall(r"\d{1,9}", child.url)]
    return (child.lastmod.at if child.lastmod else OLDEST), numbers


class Reader:
    """Takes the parser's events and keeps entries and children. ``root`` is the first element's local name."""

    def __init__(self, *, url: str, max_urls: int) -> None:
        self.url, self.max_urls = url, max_urls
        self.root = ""
        self.entries: list[SitemapEntry] = []
        self.children: list[ChildSitemap] = []
        self.linkless = 0
        self.elements = 0
        self.is_full = False
        """True when there was more than we may take."""
        self.opened: tuple[str, str] | None = None
        """Namespace and local name of the ``url`` or ``sitemap`` element we are in."""
        self.values: dict[str, str] = {}
        self.wanted: str | None = None

    @property
    def is_foreign(self) -> bool:
        """True once the root is known and is none of a sitemap's."""
        return bool(self.root) and self.root not in ("urlset", "sitemapindex", "text")

    def start(self, tag: str, attrib: object) -> None:
        namespace, local = split_tag(tag)
        self.elements += 1
        self.is_full = self.is_full or self.elements > MAX_ELEMENTS
        if not self.root:
            self.root = local
        elif self.opened is None and local in ("url", "sitemap"):
            self.opened, self.values = (namespace, local), {}
        elif self.opened is not None:
            is_own, is_news = namespace == self.opened[0], "news" in namespace
            wanted = (is_own and local in ("loc", "lastmod")) or (is_news and local in ("publication_date", "title"))
            self.wanted = local if wanted and local not in self.values else None
            if self.wanted:
                self.values[local] = ""

    def data(self, text: str) -> None:
        if self.wanted and len(self.values[self.wanted]) < MAX_VALUE_CHARS:
            self.values[self.wanted] += text[:MAX_VALUE_CHARS]

    def end(self, tag: str) -> None:
        self.wanted = None
        if self.opened == split_tag(tag):
            self.add(self.opened[1], self.values)
            self.opened = None

    def close(self) -> None:
        """Part of lxml's parser target interface; nothing to hand over."""

    def add_line(self, line: bytes) -> None:
        if line.strip(b" \t\r\xef\xbb\xbf"):
            self.add("url", {"loc": line.decode("utf-8", "replace").lstrip("\ufeff")})

    def add(self, kind: str, values: dict[str, str]) -> None:
        """Keep one entry or child, unless it has no address or the limit is reached."""
        if len(self.entries) + len(self.children) >= self.max_urls:
            self.is_full = True
            return
        url = absolute_url(values.get("loc", ""), base=self.url)
        lastmod = w3c_stamp(values.get("lastmod", ""))
        if url is None:
            self.linkless += 1
        elif kind == "sitemap":
            self.children.append(ChildSitemap(url=url, lastmod=lastmod))
        else:
            published = w3c_stamp(values.get("publication_date", ""))
            title = plain_text(values.get("title", "")) or None
            self.entries.append(SitemapEntry(url=url, lastmod=lastmod, published=published, title=title))


def split_tag(tag: str) -> tuple[str, str]:
    """Namespace (or an undeclared prefix) and local name, the latter in lower case."""
    namespace, _, local = tag.rpartition("}")
    prefix, _, name = local.rpartition(":")
    return namespace.lstrip("{") or prefix, name.lower()
