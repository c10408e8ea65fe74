"""A small HTTP/1.1 server for sites made in memory: one site an address, a thread a connection, a log of every request.

A :class:`Site` maps a request to a :class:`Response`; this module adds what web servers add (304, gzip, HEAD, chunks)
and writes it. A site that needs to misbehave below HTTP returns :class:`Raw` and writes to the connection itself.
Meant for loopback: there is no TLS, no limit on clients, and request bodies are read and dropped.
"""

from __future__ import annotations

import errno
import gzip
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Protocol, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

from archive.errors import ConfigError

PORT = 8611  # fixed, so that the sample's URLs are the same between runs; unassigned at IANA
BIND_ATTEMPTS = 20  # tries to find one port that is free on several addresses
GZIP_MIN_BYTES = 256  # below that a gzip header costs more than it saves
TEXT_TYPES = ("text/", "application/xml", "application/rss+xml", "application/atom+xml", "application/rdf+xml",
              "application/json", "application/feed+json", "application/ld+json", "application/javascript")  # fmt: skip

Header: TypeAlias = tuple[str, str]
Connection: TypeAlias = socket.socket
Pieces: TypeAlias = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asked for; ``target`` is path and query as sent, header names are lower-case."""

    method: str
    target: str
    headers: Mapping[str, str]
    seen: int = 0
    """How many requests for this target the server had before this one."""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """Query fields, the first value of each."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer; a ``body`` that is a function gives pieces, which are sent chunked as they come."""

    status: int = 200
    headers: tuple[Header, ...] = ()
    body: bytes | Pieces = b""
    is_final: bool = False
    """Send as it stands: no 304, no gzip, no Content-Length of ours."""

    def header(self, name: str) -> str | None:
        """The first value of a header, None where it isn't set."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """An answer below HTTP: ``write`` gets the connection, which is closed afterwards."""

    write: Callable[[Connection], None]
    status: int = 0
    """For the log only."""


class Site(Protocol):
    """What the server serves."""

    def respond(self, request: Request) -> Response | Raw: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One request as the server saw it; ``*_s`` are seconds of the monotonic clock, comparable within the process."""

    at: datetime
    address: str
    method: str
    target: str
    headers: Mapping[str, str]
    status: int
    started_s: float
    client: str = ""
    """The address that asked."""
    finished_s: float | None = None
    """None while the answer is still being written."""


class NotFound:
    """A site without pages."""

    def respond(self, request: Request) -> Response:
        return Response(status=404, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=b"Not found\n")


class SiteServer:
    """One site on one loopback address; bound when made, serving inside ``with``.

    Port 0 takes a free one; ``base_url`` tells which, so that a site can be made for the port and assigned to ``site``
    before the server is entered. Raises ``ConfigError`` when the address can't be bound.
    """

    def __init__(self, site: Site | None = None, *, address: str = "127.0.0.1", port: int = 0) -> None:
        self.site: Site = site or NotFound()
        self.address = address
        self._entries: list[LogEntry] = []
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        try:
            self._httpd = _Httpd((address, port), self)
        except OSError as exc:
            hint = "; choose another port" if exc.errno == errno.EADDRINUSE else ""
            raise ConfigError(f"can't serve on {address}:{port}: {exc.strerror}{hint}") from exc
        self.port = int(self._httpd.server_address[1])
        self._thread = threading.Thread(
            target=self._httpd.serve_forever, args=(0.02,), name=f"site {address}", daemon=True
        )

    @property
    def base_url(self) -> str:
        """Scheme, address and port, without a slash at the end."""
        return f"http://{self.address}:{self.port}"

    @property
    def log(self) -> list[LogEntry]:
        """Every request so far, in order of arrival; an entry is there before its answer's first byte is sent."""
        with self._lock:
            return list(self._entries)

    def clear_log(self) -> None:
        """Forget the requests so far, also for ``Request.seen``."""
        with self._lock:
            self._entries.clear()
            self._seen.clear()

    def close(self) -> None:
        """Give the port back; answers that are still being written lose their connection at the process's end."""
        if self._thread.is_alive():
            self._httpd.shutdown()
            self._thread.join()
        self._httpd.server_close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self.close()

    def count(self, target: str) -> int:
        """How often ``target`` was asked for before; this request is counted."""
        with self._lock:
            self._seen[target] += 1
            return self._seen[target] - 1

    def enter_in_log(self, entry: LogEntry) -> int:
        """The entry's number, to finish it with."""
        with self._lock:
            self._entries.append(entry)
            return len(self._entries) - 1

    def finish_in_log(self, number: int, entry: LogEntry) -> None:
        """Note when an answer was written, unless the log was cleared meanwhile."""
        with self._lock:
            if number < len(self._entries) and self._entries[number] is entry:
                self._entries[number] = replace(entry, finished_s=time.monotonic())


def bind_all(addresses: Sequence[str], port: int = PORT) -> list[SiteServer]:
    """A server an address, all on one port; with port 0, on one that is free on all of them.

    Raises ``ConfigError`` when there is none; servers bound until then are closed.
    """
    for attempt in range(BIND_ATTEMPTS):
        servers: list[SiteServer] = []
        try:
            for address in addresses:
                servers.append(SiteServer(address=address, port=servers[0].port if servers else port))
        except ConfigError:
            for server in servers:
                server.close()
            if port or attempt == BIND_ATTEMPTS - 1:
                raise
        else:
            return servers
    raise ConfigError("no address to serve on")


def negotiated(request: Request, response: Response) -> Response:
    """``response`` as this client should get it: 304 where its copy is current, gzip where it takes that."""
    if response.is_final or response.status != 200:
        return response
    if is_current(request, response):
        kept = tuple(pair for pair in response.headers if pair[0].lower() in ("etag", "last-modified", "cache-control"))
        return Response(status=304, headers=kept)
    if not callable(response.body) and is_worth_gzip(request, response):
        headers = (*response.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return replace(response, headers=headers, body=gzip.compress(response.body, mtime=0))
    return response


def is_current(request: Request, response: Response) -> bool:
    """Whether the client's validators match, ETag before date (RFC 9110 §13.2.2), ETags compared weakly."""
    if asked := request.headers.get("if-none-match"):
        etag = response.header("ETag")
        offered = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        return etag is not None and (etag.removeprefix("W/") in offered or "*" in offered)
    since, modified = request.headers.get("if-modified-since"), response.header("Last-Modified")
    if not since or not modified:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except ValueError:  # a date we can't read is ignored (RFC 9110 §13.1.3)
        return False


def is_worth_gzip(request: Request, response: Response) -> bool:
    """Whether the client takes gzip and the body is text, long enough and not encoded yet."""
    return (
        "gzip" in request.headers.get("accept-encoding", "")
        and response.header("Content-Encoding") is None
        and (response.header("Content-Type") or "").startswith(TEXT_TYPES)
        and not callable(response.body)
        and len(response.body) >= GZIP_MIN_BYTES
    )


def http_date(moment: datetime) -> str:
    """A moment as HTTP writes it (RFC 9110 §5.6.7)."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def head_bytes(response: Response) -> bytes:
    """Status line and headers, with the empty line."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unnamed"
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in response.headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """``pieces`` in HTTP/1.1 chunks (RFC 9112 §7.1); an empty piece would end the body, so it is left out."""
    for piece in pieces:
        if piece:
            yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def reset(connection: Connection) -> None:
    """Close with RST instead of FIN: what a crashed server or an angry firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class _Httpd(ThreadingHTTPServer):
    """The standard server; a client that goes away in the middle is no event here."""

    daemon_threads = True
    block_on_close = False  # a slow drip must not hold the end of a test
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, bind_to: tuple[str, int], owner: SiteServer) -> None:
        self.owner = owner
        super().__init__(bind_to, _Handler)

    def server_bind(self) -> None:
        """Bind without the standard server's reverse look-up of the address: it can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the site, writes the answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Httpd

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr: requests are in the log."""

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET

    def _answer(self) -> None:
        started_s, at, owner = time.monotonic(), datetime.now(UTC), self.server.owner
        request = self._request(owner)
        answer = owner.site.respond(request)
        if isinstance(answer, Response):
            answer = negotiated(request, answer)
        entry = LogEntry(
            at=at, address=owner.address, method=request.method, target=request.target, headers=request.headers,
            status=answer.status, started_s=started_s, client=str(self.client_address[0]),
        )  # fmt: skip
        number = owner.enter_in_log(entry)
        try:
            self._write(request, answer)
        except (ConnectionError, TimeoutError):  # the client went away: its right
            self.close_connection = True
        finally:
            owner.finish_in_log(number, entry)

    def _request(self, owner: SiteServer) -> Request:
        length = self.headers.get("Content-Length", "0")
        self.rfile.read(int(length) if length.isdigit() else 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(method=self.command, target=self.path, headers=headers, seen=owner.count(self.path))

    def _write(self, request: Request, answer: Response | Raw) -> None:
        if isinstance(answer, Raw):
            self.close_connection = True
            answer.write(self.connection)
            return
        body = answer.body
        if not answer.is_final:
            answer = replace(answer, headers=(*self._own_headers(answer), *answer.headers))
        if (answer.header("Connection") or "").lower() == "close":
            self.close_connection = True
        if request.method == "HEAD" or answer.status == 304:
            self.connection.sendall(head_bytes(answer))
        elif callable(body):
            self.connection.sendall(head_bytes(answer))
            for piece in chunked(body()):
                self.connection.sendall(piece)
        else:
            self.connection.sendall(head_bytes(answer) + body)

    def _own_headers(self, answer: Response) -> tuple[Header, ...]:
        named = (("Date", http_date(datetime.now(UTC))), ("Server", "perilune-sample"))
        if callable(answer.body):
            return (*named, ("Transfer-Encoding", "chunked"))
        return named if answer.status == 304 else (*named, ("Content-Length", str(len(answer.body))))
