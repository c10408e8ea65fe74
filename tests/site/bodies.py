"""Misbehaviours of the body: encodings that lie, bombs, types that are no page, markup that hurts a parser."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from typing import ClassVar

from crawler.demo.server import Response
from tests.site.behaviour import HTML, Archived, Fault, Visit, article_page, html

MIB = 1 << 20
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # RFC 1952 §2.3: deflate, no name, no time


class TruncatedGzip(Fault):
    """A gzip stream that ends before its end, with a length that fits."""

    archived: ClassVar[Archived] = "either"

    def respond(self, visit: Visit) -> Response:
        packed = gzip.compress(visit.page, mtime=0)
        return encoded(packed[: len(packed) * 2 // 3])


class NotGzip(Fault):
    """Says gzip, is plain."""

    archived: ClassVar[Archived] = "either"

    def respond(self, visit: Visit) -> Response:
        return encoded(visit.page)


class GzipBomb(Fault):
    """Some 1 MB on the wire, 1 GB unpacked: one valid gzip member, made while it is sent."""

    def __init__(self, *, unpacked_bytes: int = 1 << 30) -> None:
        self.unpacked_bytes = unpacked_bytes

    def respond(self, visit: Visit) -> Response:
        return Response(headers=(HTML, ("Content-Encoding", "gzip")), body=lambda: gzip_bomb(self.unpacked_bytes))


class Chunked(Fault):
    """The page in chunks, as servers send what they are still making."""

    archived: ClassVar[Archived] = "yes"

    def respond(self, visit: Visit) -> Response:
        return Response(headers=(HTML,), body=lambda: pieces(visit.page, 700))


class ChunkedGzip(Fault):
    """The page gzipped, in chunks that split the gzip header."""

    archived: ClassVar[Archived] = "yes"

    def respond(self, visit: Visit) -> Response:
        packed = gzip.compress(visit.page, mtime=0)
        return Response(headers=(HTML, ("Content-Encoding", "gzip")), body=lambda: pieces(packed, 7))


class EmptyBody(Fault):
    """200 and nothing."""

    def respond(self, visit: Visit) -> Response:
        return html(b"")


class Pdf(Fault):
    """A press kit where an article was announced."""

    def respond(self, visit: Visit) -> Response:
        body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        return Response(headers=(("Content-Type", "application/pdf"),), body=body + b"trailer<</Root 1 0 R>>\n%%EOF\n")


class BinaryAsHtml(Fault):
    """Bytes of no text at all, called HTML."""

    def respond(self, visit: Visit) -> Response:
        return html(bytes(range(256)) * 64)


class NestedElements(Fault):
    """Sixty thousand elements, one in another, round the text."""

    archived: ClassVar[Archived] = "either"

    def __init__(self, *, depth: int = 60_000) -> None:
        self.depth = depth

    def respond(self, visit: Visit) -> Response:
        return html(
            article_page(visit.piece, extra="<div><b>" * (self.depth // 2) + "x" + "</b></div>" * (self.depth // 2))
        )


class ManyAttributes(Fault):
    """20 MB of attributes on one element."""

    archived: ClassVar[Archived] = "either"

    def __init__(self, *, size_bytes: int = 20 * MIB) -> None:
        self.size_bytes = size_bytes

    def respond(self, visit: Visit) -> Response:
        attributes = " ".join(f'data-a{number:07}="1"' for number in range(self.size_bytes // 17))
        return html(article_page(visit.piece, extra=f"<div {attributes}></div>"))


class LongLine(Fault):
    """A line of 5 MB after the text, without a blank."""

    archived: ClassVar[Archived] = "either"

    def __init__(self, *, size_bytes: int = 5 * MIB) -> None:
        self.size_bytes = size_bytes

    def respond(self, visit: Visit) -> Response:
        return html(article_page(visit.piece, extra=f"<p>{'x' * self.size_bytes}</p>"))


class NulsInText(Fault):
    """NUL bytes, and references to NUL and to a lone surrogate, in the text: archived with or without replacements."""

    archived: ClassVar[Archived] = "either"

    def respond(self, visit: Visit) -> Response:
        return html(
            visit.page.replace(b". In all", b". \x00In all").replace(b" were taken", b" &#0;&#xD800;were taken")
        )


class WrongCharset(Fault):
    """Called UTF-8 by the server, windows-1251 in truth, and right in the page's own ``meta``: bytes decide."""

    archived: ClassVar[Archived] = "either"

    def respond(self, visit: Visit) -> Response:
        page = visit.page.replace(b'<meta charset="utf-8">', b'<meta charset="windows-1251">')
        return html(
            page.replace(b"</div></article>", "<p>Привет с полигона.</p></div></article>".encode("windows-1251"))
        )


def encoded(body: bytes) -> Response:
    """An HTML response called gzip, whatever it is."""
    return Response(headers=(HTML, ("Content-Encoding", "gzip")), body=body)


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def gzip_bomb(unpacked_bytes: int) -> Iterator[bytes]:
    """A gzip member of an HTML page that goes on for ``unpacked_bytes`` (rounded down to whole MiB).

    A flushed deflate block needs nothing of the ones before it, so a MiB is packed once and sent again and again.
    """
    plain = (b"<p>" + b"a" * (MIB // 4 - 3)) * 4
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)
    yield GZIP_HEADER
    checksum = 0
    for _ in range(unpacked_bytes // MIB):
        checksum = zlib.crc32(plain, checksum)
        yield block
    yield packer.flush(zlib.Z_FINISH) + struct.pack("<II", checksum, unpacked_bytes // MIB * MIB & 0xFFFFFFFF)
