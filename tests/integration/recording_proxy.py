"""A TCP proxy that keeps every byte of both directions, and what HTTP makes of them: read by a parser of its own.

It stands between a crawl and a server, so that what the crawl says it saw can be held against what was on the wire.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

CHUNK = re.compile(rb"([0-9A-Fa-f]+)[^\r\n]*\r\n")


@dataclass
class Link:
    """One connection: what went up and what came down."""

    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Seen:
    """One request and what came back on the wire: ``head`` as sent, ``body`` without chunks. Empty where none came."""

    request: bytes
    head: bytes
    body: bytes
    is_chunked: bool = False

    @property
    def path(self) -> str:
        return self.request.split(b" ", 2)[1].decode()


class RecordingProxy:
    """``with RecordingProxy(port) as proxy``: ``proxy.links`` hold what was seen."""

    def __init__(self, port: int) -> None:
        self.server = ("127.0.0.1", port)
        self.links: list[Link] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self) -> RecordingProxy:
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.server)
            link = Link()
            self.links.append(link)
            threading.Thread(target=carry, args=(near, far, link.up), daemon=True).start()
            threading.Thread(target=carry, args=(far, near, link.down), daemon=True).start()

    def seen(self) -> list[Seen]:
        """Every exchange of every connection."""
        return [one for link in self.links for one in exchanges(bytes(link.up), bytes(link.down))]


def carry(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    """Hand bytes on until one side ends; a reset is handed on as one."""
    try:
        while piece := source.recv(65536):
            kept += piece
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except ConnectionResetError:
        target.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        target.close()
    except OSError:
        source.close()


def exchanges(up: bytes, down: bytes) -> Iterator[Seen]:
    """The requests in order (none has a body), each with its part of what came down (RFC 9112 §6.3)."""
    for request in re.findall(rb".*?\r\n\r\n", up, re.DOTALL):
        head, down = next_head(down)
        while re.match(rb"HTTP/1\.1 1\d\d ", head):
            head, down = next_head(down)  # interim
        body, down, is_chunked = next_body(request, head, down)
        yield Seen(request, head, body, is_chunked)


def next_head(down: bytes) -> tuple[bytes, bytes]:
    end = re.search(rb"\r?\n\r?\n", down)
    return (down[: end.end()], down[end.end() :]) if end else (b"", b"")


def next_body(request: bytes, head: bytes, down: bytes) -> tuple[bytes, bytes, bool]:
    """(body, what follows, whether it was chunked); as far as it came."""
    fields = head.lower()
    if request.startswith(b"HEAD ") or re.match(rb"HTTP/1\.\d (204|304)", head):
        return b"", down, False
    if re.search(rb"^transfer-encoding: *chunked", fields, re.MULTILINE):
        return *dechunked(down), True
    if length := re.search(rb"^content-length: *(\d+)", fields, re.MULTILINE):
        size = int(length.group(1))
        return down[:size], down[size:], False
    return down, b"", False


def dechunked(down: bytes) -> tuple[bytes, bytes]:
    parts, place = [], 0
    while found := CHUNK.match(down, place):
        size = int(found.group(1), 16)
        if size == 0:
            end = re.compile(rb"(?:[^\r\n]+\r\n)*\r\n").match(down, found.end())  # trailers
            return b"".join(parts), down[end.end() :] if end else b""
        parts.append(down[found.end() : found.end() + size])
        place = found.end() + size + 2
    return b"".join(parts), b""
