"""Scrapy's HTTP/1.1 client with a tee: every byte of an exchange, as sent and as received.

Leans on private names of Scrapy 2.19 (``_pool``, ``_LenientHTTP11ClientProtocol``,
``_LenientHTTPClientParser``) and of Twisted's client; pyproject pins the one, tests/integration/test_wire.py
is the contract and says which broke. The head is kept byte by byte; the body as Twisted's transfer decoder
gives it, so chunk sizes, chunk extensions and trailers are the only bytes not kept.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientProtocol, _LenientHTTPClientParser
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool, _HTTP11ClientFactory

from crawler.guard import PrivateAddressError, TooLargeError, is_refused

if TYPE_CHECKING:
    from collections.abc import Hashable

    from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
    from twisted.web.iweb import IResponse

    from spiders.requisites import Allowance

HEAD_BYTES = 32 << 10  # fastwarc reads heads up to here, Scrapy's own limit is 16 KiB a line and none in sum
HEAD_LINES = 500  # real servers send up to about sixty; 100,000 cost 140 MB
KEPT_BYTES = 4 << 20  # of a body that does not arrive whole; a whole one is taken from the response
OVERHEAD = 8  # bytes on the wire a byte of body: a chunk of one byte has six, and chunk extensions are endless

current_wire: ContextVar[Wire] = ContextVar("current_wire")
"""The exchange being started: set by the handler, read when the pool is asked for a connection."""


class Wire:
    """One exchange while it happens. A request sent again on a fresh connection starts it over."""

    def __init__(self, *, max_body_bytes: int, allow_private: bool, allowance: Allowance | None = None) -> None:
        """``allowance``: what is received is taken from it too, and ends where it ends."""
        self.allowance = allowance
        self.max_wire_bytes = HEAD_BYTES + OVERHEAD * max_body_bytes
        self.allow_private = allow_private
        self.ip_address: str | None = None
        self.protocols: tuple[str, ...] = ()
        self.cipher_suite: str | None = None
        self.fault: Exception | None = None
        self.begin()

    def begin(self) -> None:
        self.started_at = datetime.now(UTC)
        self.request = bytearray()
        self.head = bytearray()
        self.head_lines = 0
        self.has_head = False
        self.body = bytearray()
        self.body_bytes = 0
        self.received_bytes = 0
        self.ended_cleanly = True
        self.answered_s: float | None = None

    def connected(self, transport: Any) -> None:  # Any: a Twisted transport, TLS or not
        """Note who is at the other end. Raises ``PrivateAddressError``, should the resolver have been bypassed."""
        self.begin()
        self.ip_address = str(transport.getPeer().host)
        if is_refused(ip_address(self.ip_address), allow_private=self.allow_private):
            raise PrivateAddressError(f"connected to {self.ip_address}")
        handle = getattr(transport, "getHandle", None)
        tls: Any = handle() if handle else None  # Any: a socket, or an OpenSSL connection, which is asked below
        if hasattr(tls, "get_protocol_version_name"):
            self.protocols = (tls.get_protocol_version_name().lower().replace("v", "/"),)
            self.cipher_suite = tls.get_cipher_name()

    def refuse(self, reason: str) -> None:
        """End the exchange: raises, and leaves the error for the handler to raise in turn."""
        self.fault = TooLargeError(reason)
        raise self.fault

    def took(self, data: bytes) -> None:
        if self.answered_s is None:
            self.answered_s = time.monotonic()
        self.received_bytes += len(data)
        if self.received_bytes > self.max_wire_bytes:
            self.refuse(f"more than {self.max_wire_bytes} bytes on the wire")
        if self.allowance is not None:
            self.allowance.bytes_left -= len(data)
            if self.allowance.bytes_left < 0:
                self.refuse("the page's requisites are too large together")

    def took_line(self, line: bytes) -> None:
        """A line of the head, its line feed taken off."""
        self.head += line + b"\n"
        self.head_lines += 1
        if len(self.head) > HEAD_BYTES or self.head_lines > HEAD_LINES:
            self.refuse(f"head of more than {HEAD_BYTES} bytes or {HEAD_LINES} lines")

    def took_body(self, data: bytes) -> None:
        self.body_bytes += len(data)
        if len(self.body) < KEPT_BYTES:
            self.body += data[: KEPT_BYTES - len(self.body)]


class TeeTransport:
    """Notes what is written, then writes it; anything else is the transport's own."""

    def __init__(self, transport: Any, wire: Wire) -> None:  # Any: a Twisted transport
        self.transport = transport
        self.wire = wire

    def write(self, data: bytes) -> None:
        self.wire.request += data
        self.transport.write(data)

    def writeSequence(self, parts: list[bytes]) -> None:
        self.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:  # Any: whatever the transport has
        return getattr(self.transport, name)


class TeeRequest:
    """A Twisted request on its way to a connection, with the exchange it belongs to."""

    def __init__(self, request: Any, wire: Wire) -> None:  # Any: twisted.web._newclient.Request
        self.request = request
        self.wire = wire

    def writeTo(self, transport: Any) -> Any:
        return self.request.writeTo(TeeTransport(transport, self.wire))

    def __getattr__(self, name: str) -> Any:  # Any: whatever the request has
        return getattr(self.request, name)


class TeeParser(_LenientHTTPClientParser):
    """Scrapy's parser; tells the wire each line of the head and each piece of the body."""

    wire: Wire
    MAX_LENGTH = HEAD_BYTES  # of a line; Twisted's is 16 KiB, and more than that it drops without a word

    def lineReceived(self, line: bytes) -> None:
        self.wire.took_line(line)
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.wire.refuse(f"a header line of more than {HEAD_BYTES} bytes")

    def allHeadersReceived(self) -> None:
        if 100 <= self.response.code < 200:
            self.wire.head.clear()  # an interim response: the one that counts follows
        else:
            self.wire.has_head = True
        super().allHeadersReceived()  # type: ignore[no-untyped-call]  # Twisted's

    def switchToBodyMode(self, decoder: Any) -> None:  # Any: one of Twisted's transfer decoders
        deliver = decoder.dataCallback

        def tee(data: bytes) -> None:
            self.wire.took_body(data)
            deliver(data)

        decoder.dataCallback = tee
        super().switchToBodyMode(decoder)  # type: ignore[no-untyped-call]  # Twisted's

    def connectionLost(self, reason: Any = None) -> None:  # Any: a Failure, or from Twisted itself a bare exception
        self.wire.ended_cleanly = isinstance(getattr(reason, "value", reason), ConnectionDone)
        super().connectionLost(reason)


class TeeProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's connection; gives each request's wire to the parser of its response."""

    wire: Wire | None = None

    def request(self, request: Any) -> Deferred[IResponse]:  # Any: a TeeRequest, or Twisted's own
        wire: Wire = request.wire
        transport: Any = self.transport  # Any: a Twisted transport, TLS or not
        try:
            wire.connected(transport)
        except PrivateAddressError as exc:
            transport.abortConnection()
            return fail(exc)
        answer = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = TeeParser  # as Scrapy's own request() does, and for its reason
            self._parser.wire = wire  # type: ignore[attr-defined]  # of TeeParser, which it is now
            self.wire = wire
        return answer

    def dataReceived(self, data: bytes) -> None:
        try:
            if self.wire is not None:
                self.wire.took(data)
        except TooLargeError as exc:
            self._giveUp(Failure(exc))  # type: ignore[no-untyped-call]  # Twisted's
            return
        super().dataReceived(data)  # type: ignore[no-untyped-call]  # Twisted's


class TeeFactory(_HTTP11ClientFactory):
    """Makes :class:`TeeProtocol` connections."""

    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> TeeProtocol:
        return TeeProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]  # Twisted's


class TeePool(HTTPConnectionPool):
    """A pool that binds each connection it gives out to the exchange being started."""

    _factory = TeeFactory

    def getConnection(self, key: Hashable, endpoint: IStreamClientEndpoint) -> Deferred[Any]:
        wire = current_wire.get()
        return super().getConnection(key, endpoint).addCallback(Bound, wire)


class Bound:
    """A connection that sends its one request with its wire."""

    def __init__(self, connection: Any, wire: Wire) -> None:  # Any: a TeeProtocol, or Twisted's retrying wrapper
        self.connection = connection
        self.wire = wire

    def request(self, request: Any) -> Any:
        return self.connection.request(TeeRequest(request, self.wire))
