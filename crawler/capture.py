"""Evidence first: every exchange that brought an answer is in WARC before anything reads it.

``CapturingHandler`` is Scrapy's HTTP/1.1 download handler over the tee of :mod:`crawler.wire`. It sits below
all middlewares, so endpoints, robots.txt, redirects, errors and retries pass through it, and cached
responses do not. The ``Capture`` goes to ``request.meta["capture"]`` and to the run's ``on_capture``. When
evidence can't be written the crawl is closed (``capture_failed``): no evidence, no crawl.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.utils.defer import _schedule_coro
from scrapy.utils.httpobj import urlparse_cached

from archive.digests import digest_of
from archive.errors import CaptureError, LockedError, StoreError
from archive.evidence.account import announcement
from archive.evidence.records import ContentType, http_message
from archive.evidence.warc import Exchange, Original
from archive.model import Capture, Discovered
from archive.wishes import header_wishes
from crawler.context import context_of
from crawler.guard import ForgottenError, PrivateAddressError, TooLargeError, refusals
from crawler.politeness import politeness_of
from crawler.wire import TeePool, Wire, current_wire

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.context import RunContext

log = logging.getLogger(__name__)

CLOSE_REASON = "capture_failed"
REMEMBERED = 20_000  # payloads of this run, for revisits; older ones are found through SQL. About 6 MB
FULL_S = 0.05  # between two looks whether there is room for another page
BROKEN: dict[type[Exception], str] = {
    DownloadTimeoutError: "time",
    DownloadCancelledError: "length",
    TooLargeError: "length",
    ResponseDataLossError: "disconnect",
    DownloadFailedError: "disconnect",
}  # WARC-Truncated, WARC 1.1 §5.13


class CapturingHandler(HTTP11DownloadHandler):
    """Downloads, and keeps what went over the wire. Waits first where politeness says so."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        from twisted.internet import reactor  # not before Scrapy has chosen one

        plain = self._pool
        self._pool = TeePool(reactor, persistent=True)  # type: ignore[no-untyped-call]  # Twisted's
        self._pool.maxPersistentPerHost = plain.maxPersistentPerHost
        self._scrapy = crawler
        self._allow_private = crawler.settings.getbool("PERILUNE_ALLOW_PRIVATE")
        self._politeness = politeness_of(crawler)
        self._recorder = recorder_of(crawler) if crawler.settings.getbool("PERILUNE_CAPTURE") else None

    async def download_request(self, request: Request) -> Response:
        """The response, its exchange recorded.

        Raises what Scrapy's handler raises, with ``PrivateAddressError`` and ``TooLargeError`` in the place
        of its general errors; ``RetryLaterError`` and ``HostUnavailableError`` before anything is sent;
        ``CaptureError`` when the evidence can't be written.
        """
        async with self._politeness.turn(str(request.meta.get("download_slot"))):
            return await self._downloaded(request)

    async def _downloaded(self, request: Request) -> Response:
        """The same, in the request's turn."""
        request.meta.pop("capture", None)
        host = str(urlparse_cached(request).hostname)
        await self._room()
        await self._politeness.admit(str(request.meta.get("download_slot")), host)
        if self._recorder:
            self._recorder.refuse_when_over()
            if self._recorder.run.is_forgotten(request.url):
                raise ForgottenError(f"{request.url}: forgotten on demand")
        max_bytes = request.meta.get("download_maxsize", self._default_maxsize)
        allowance = request.meta.get("allowance")  # of a requisite's page
        wire = Wire(max_body_bytes=max_bytes, allow_private=self._allow_private, allowance=allowance)
        try:
            response = await self._over_wire(request, wire)
        except tuple(BROKEN) as exc:
            await self._settle(host, request, wire, None, truncated=BROKEN[type(exc)])
            raise
        except (CannotResolveHostError, DownloadConnectionRefusedError):
            self._politeness.was_not_reached(host)
            raise
        await self._settle(host, request, wire, response, truncated=lost_end(response, wire))
        return response

    async def _room(self) -> None:
        """Return once what was fetched before is read and stored, but for some 5 MB (SCRAPER_SLOT_MAX_ACTIVE_SIZE).

        Scrapy takes nothing new from its queue then, yet sends what it had taken: 64 pages, of 32 MiB at the most.
        """
        engine = self._scrapy.engine
        while engine is not None and engine.scraper.slot is not None and engine.scraper.slot.needs_backout():
            await asyncio.sleep(FULL_S)

    async def _settle(
        self, host: str, request: Request, wire: Wire, response: Response | None, *, truncated: str | None
    ) -> None:
        """Keep the exchange, and note whether the host could be connected to."""
        if wire.ip_address is None:
            self._politeness.was_not_reached(host)
        else:
            self._politeness.was_reached(host)
        if wire.answered_s is not None:
            self._politeness.was_answered(str(request.meta.get("download_slot")), wire.answered_s)
        if self._recorder:
            await self._recorder.record(request, wire, response, truncated=truncated)

    async def _over_wire(self, request: Request, wire: Wire) -> Response:
        """Scrapy's download on a connection of ours; its errors made ours where we know better."""
        refused: list[str] = []
        refusals.set(refused)
        current_wire.set(wire)
        try:
            return await super().download_request(request)
        except CannotResolveHostError as exc:
            if refused:
                raise PrivateAddressError(f"{request.url}: not a public address: {', '.join(refused)}") from exc
            raise
        except DownloadFailedError as exc:
            if wire.fault is not None:
                raise wire.fault from exc
            raise
        except DownloadCancelledError as exc:
            raise TooLargeError(f"{request.url}: {exc}" if str(exc) else f"{request.url}: a body too large") from exc


def lost_end(response: Response, wire: Wire) -> str | None:
    """WARC-Truncated for a response Scrapy took: None unless its connection broke.

    A body that ends with the connection (flag ``partial``) is whole as far as HTTP/1.0 can tell
    (RFC 9112 §6.3), provided that the connection was closed and not reset.
    """
    if "dataloss" in response.flags:
        return "disconnect"
    if "download_stopped" in response.flags:
        return "length"
    return "disconnect" if "partial" in response.flags and not wire.ended_cleanly else None


class Recorder:
    """Turns exchanges into WARC records and ``Capture`` values. One a crawl, shared by http and https."""

    def __init__(self, crawler: Crawler, run: RunContext) -> None:
        self.crawler = crawler
        self.run = run
        self.originals: OrderedDict[str, Original] = OrderedDict()
        self.failure: CaptureError | None = None

    async def record(self, request: Request, wire: Wire, response: Response | None, *, truncated: str | None) -> None:
        """Have the exchange written and tell of its capture; nothing when no head came. Raises ``CaptureError``.

        Compressing a body of 32 MiB takes a second, and a disk may take longer: the reactor does not wait.
        """
        self.refuse_when_over()
        if not wire.has_head:
            return
        body = bytes(wire.body) if response is None else response.body
        try:
            capture = await self.run.evidence.call(self.written, request, wire, body, truncated)
        except (CaptureError, LockedError, StoreError) as exc:
            raise self.fail(exc) from exc
        request.meta["capture"] = capture
        self.run.on_capture(capture)

    def refuse_when_over(self) -> None:
        """Raise ``CaptureError`` once evidence could not be written, or the run lost its hosts to another."""
        if self.failure is None:
            try:
                self.run.frontier.refuse_when_expired()
            except LockedError as exc:
                self.fail(exc)
        if self.failure:
            raise self.failure

    def written(self, request: Request, wire: Wire, body: bytes, truncated: str | None) -> Capture:
        """The capture of an exchange now in WARC: a revisit where the same payload is held already.

        Runs in the evidence's thread, one exchange at a time.
        """
        exchange, payload_digest = exchange_of(request, wire, body, truncated), digest_of(body)
        head = http_message(exchange.response_head)
        can_be_original = head.status == 200 and bool(exchange.response_body) and not exchange.truncated
        original = self.original_of(payload_digest, exchange.target_uri) if can_be_original else None
        written = self.run.warc.write_exchange(exchange, original=original, is_not_modified=head.status == 304)
        if can_be_original and original is None:
            self.remember(
                payload_digest,
                Original(record_id=written.record_id, target_uri=exchange.target_uri, captured_at=exchange.started_at),
            )
        content_type = ContentType.of(head.header("Content-Type"))
        return Capture(
            source_id=str(request.meta.get("source_id") or ""),
            run_id=self.run.run_id,
            target_uri=exchange.target_uri,
            redirected_from=tuple(request.meta.get("redirect_urls", ())),
            status=head.status,
            mime_type=content_type.mime_type,
            charset=content_type.charset,
            etag=head.header("ETag"),
            last_modified=head.header("Last-Modified"),
            captured_at=exchange.started_at,
            warc_record_id=written.record_id,
            payload_digest=payload_digest,
            locator=written.locator,
            revisit_of=written.revisit_of,
            truncated=exchange.truncated,
            wishes=header_wishes(head.headers),
        )

    def original_of(self, payload_digest: str, target_uri: str) -> Original | None:
        """The first response with this payload: of this run, else of the archive."""
        if known := self.originals.get(payload_digest):
            return known
        if held := self.run.original_of(payload_digest, target_uri):
            original = Original(record_id=held[0], target_uri=held[1], captured_at=held[2])
            self.remember(payload_digest, original)
            return original
        return None

    def remember(self, payload_digest: str, original: Original) -> None:
        self.originals[payload_digest] = original
        if len(self.originals) > REMEMBERED:
            self.originals.popitem(last=False)

    def fail(self, error: CaptureError | LockedError | StoreError) -> CaptureError:
        """Close the crawl; every later exchange raises the same error, which is returned."""
        if self.failure:
            return self.failure
        self.failure = error if isinstance(error, CaptureError) else CaptureError(str(error))
        log.error("evidence can't be written, the crawl ends", extra={"error": str(error)})
        assert self.crawler.engine
        _schedule_coro(self.crawler.engine.close_spider_async(reason=CLOSE_REASON))
        return self.failure


def recorder_of(crawler: Crawler) -> Recorder:
    """The crawl's one ``Recorder``, made when first asked for."""
    found = getattr(crawler, "perilune_recorder", None)
    if not isinstance(found, Recorder):
        found = Recorder(crawler, context_of(crawler))
        crawler.perilune_recorder = found  # type: ignore[attr-defined]  # ours, on Scrapy's object
    return found


def exchange_of(request: Request, wire: Wire, body: bytes, truncated: str | None) -> Exchange:
    """What the tee saw, as a value to be written."""
    version = http_message(bytes(wire.head)).start_line.split(" ", 1)[0].lower()
    return Exchange(
        target_uri=request.url.partition("#")[0],
        started_at=wire.started_at,
        request=bytes(wire.request),
        response_head=bytes(wire.head),
        response_body=body,
        ip_address=wire.ip_address,
        protocols=(version, *wire.protocols) if version in ("http/1.0", "http/1.1") else wire.protocols,
        cipher_suite=wire.cipher_suite,
        truncated=truncated,
        found=found_fields(request),
    )


def found_fields(request: Request) -> tuple[tuple[str, str], ...]:
    """How the URL was found: what a rebuild from WARC alone needs to know of it."""
    fields = [("source", request.meta.get("source_id")), ("kind", request.meta.get("kind"))]
    fields += [("robotsTxt", request.meta.get("robots_record")), ("robotsRule", request.meta.get("robots_rule"))]
    discovered = request.meta.get("discovered")
    if isinstance(discovered, Discovered):
        fields += [("via", discovered.endpoint_url), ("announcement", announcement(discovered))]
    fields += [("redirectedFrom", url) for url in request.meta.get("redirect_urls", ())]
    return tuple((name, str(value)) for name, value in fields if value)
