"""How often a host is asked: delays a slot, waits a server asked for, hosts that do not answer.

A slot is a source's ``host_group`` (request.meta ``download_slot``): sources on the same hosts share one.
Its delay starts as DOWNLOAD_SLOTS says (``download_slots``), is raised by Crawl-delay, and AutoThrottle may
raise it further but never takes it below either. Nothing here blocks: a held request waits in its slot.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.extensions.throttle import AutoThrottle

from crawler.guard import RefusedError

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

log = logging.getLogger(__name__)

OVERLOADED = (429, 503)  # RFC 6585 §4, RFC 9110 §15.6.4: the two that say "later"
UNREACHED_LIMIT = 3  # connections that failed in a row before a host is left alone for the run: one URL's attempts
POLL_S = 0.5  # how soon a held request notices that the run is being stopped
SLOW_S = 1.0  # latency from which a server is slow that may be asked without a delay
CLOCK_MARGIN_S = 0.05  # on a delay asked for: connecting takes a varying time, and the server measures arrivals


class RetryLaterError(RefusedError):
    """The server asked for a longer wait than a run takes; the URL stays due."""

    reason = "retry_after"

    def __init__(self, message: str, *, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class HostUnavailableError(RefusedError):
    """The host could not be connected to several times in a row; the rest of its URLs stay due."""

    reason = "host_unavailable"


def download_slots(asked: Mapping[str, tuple[float, int]]) -> dict[str, dict[str, float]]:
    """DOWNLOAD_SLOTS from each slot's delay (seconds; 0 is respected) and concurrency, as source files say.

    No jitter: a delay is a promise, and Scrapy's jitter goes both ways.
    """
    return {
        slot: {"delay": delay_s + CLOCK_MARGIN_S if delay_s else 0.0, "concurrency": concurrency, "jitter": 0.0}
        for slot, (delay_s, concurrency) in asked.items()
    }


def retry_after_s(value: str | None, *, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, in seconds or as an HTTP date (RFC 9110 §10.2.3).

    Never negative; None when there is none or it can't be read.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), timedelta(days=366).total_seconds())
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def backoff_s(attempt: int, *, base_s: float) -> float:
    """Wait after the ``attempt``-th overload (from 1) without Retry-After: the base, doubled each time."""
    return base_s * float(2 ** min(attempt - 1, 10))


class Politeness:
    """What one crawl knows of its slots. Made once a crawler: :func:`politeness_of`."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.longest_hold_s = crawler.settings.getfloat("PERILUNE_RETRY_AFTER_MAX_S")
        self.held_until: dict[str, float] = {}  # monotonic seconds; for the next run, too (crawler.hostmemory)
        self.spaced_until: dict[str, float] = {}  # the same, of this run's own delay
        self.unreached: dict[str, int] = {}
        self.turns: dict[str, asyncio.Semaphore] = {}

    def hold(self, slot: str, seconds: float) -> None:
        """Send nothing to the slot for so long; a longer hold already there stays."""
        self.held_until[slot] = max(self.held_until.get(slot, -math.inf), time.monotonic() + seconds)

    def was_answered(self, slot: str, answered_s: float) -> None:
        """Count the slot's delay from this moment (monotonic) too: by then the server surely had the request.

        It measures arrivals, and a request that was long on its way arrives with the next at its heels. An answer
        within ``CLOCK_MARGIN_S`` changes nothing.
        """
        if (delay_s := self.floor_s(slot)) > 0:
            until = answered_s + delay_s - CLOCK_MARGIN_S  # a long body is told of after the next one's first byte
            self.spaced_until[slot] = max(self.spaced_until.get(slot, -math.inf), until)

    def turn(self, slot: str) -> asyncio.Semaphore:
        """To be held while a request of the slot is under way: as many at once as its source file says.

        Scrapy 2.19 counts a request as sent when its coroutine begins, which is after it looked for the next one to
        send: without a delay between them all that it holds went out at once, 64 where 16 were asked for.
        """
        if slot not in self.turns:
            assert self.crawler.engine
            own = self.crawler.engine.downloader.per_slot_settings.get(slot, {})
            usual = self.crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
            self.turns[slot] = asyncio.Semaphore(int(own.get("concurrency", usual)))
        return self.turns[slot]

    async def admit(self, slot: str, host: str) -> None:
        """Return when the slot may be asked.

        Raises ``RetryLaterError`` when that is more than the longest hold away or the run is being stopped,
        ``HostUnavailableError`` when the host was given up.
        """
        if self.unreached.get(host, 0) >= UNREACHED_LIMIT:
            raise HostUnavailableError(f"{host}: no connection {UNREACHED_LIMIT} times in a row")
        while (wait_s := self.free_at(slot) - time.monotonic()) > 0:
            if wait_s > self.longest_hold_s or self.is_stopping:
                raise RetryLaterError(
                    f"{slot}: asked to wait {wait_s:.0f} s", retry_at=datetime.now(UTC) + timedelta(seconds=wait_s)
                )
            await asyncio.sleep(min(wait_s, POLL_S))

    def free_at(self, slot: str) -> float:
        """When the slot may be asked, monotonic seconds; long ago where nothing holds it."""
        return max(self.held_until.get(slot, -math.inf), self.spaced_until.get(slot, -math.inf))

    @property
    def is_stopping(self) -> bool:
        """True once the run is being ended, from outside (first SIGINT) or by itself: nothing is waited for then."""
        slot = self.crawler.engine._slot if self.crawler.engine else None
        return not self.crawler.crawling or slot is None or slot.closing is not None

    def was_reached(self, host: str) -> None:
        self.unreached.pop(host, None)

    def was_not_reached(self, host: str) -> None:
        """Count a connection that could not be made."""
        self.unreached[host] = self.unreached.get(host, 0) + 1
        if self.unreached[host] == UNREACHED_LIMIT:
            log.warning("host given up for this run", extra={"host": host})

    def floor_s(self, slot: str) -> float:
        """The least delay of a slot, in seconds."""
        assert self.crawler.engine
        own = self.crawler.engine.downloader.per_slot_settings.get(slot, {})
        return float(own.get("delay", self.crawler.settings.getfloat("DOWNLOAD_DELAY")))

    def slow_down(self, slot: str, delay_s: float) -> None:
        """Raise the slot's delay to ``delay_s`` and its concurrency to one at a time, for the rest of the run."""
        assert self.crawler.engine
        downloader = self.crawler.engine.downloader
        delay_s = max(self.floor_s(slot), delay_s + CLOCK_MARGIN_S)
        own = {**downloader.per_slot_settings.get(slot, {}), "delay": delay_s, "concurrency": 1, "jitter": 0.0}
        downloader.per_slot_settings[slot] = own  # Scrapy drops idle slots and makes them anew from this
        if running := downloader.slots.get(slot):
            running.delay, running.concurrency, running.jitter = max(running.delay, delay_s), 1, 0.0


def politeness_of(crawler: Crawler) -> Politeness:
    """The crawl's one ``Politeness``, made when first asked for."""
    found = getattr(crawler, "perilune_politeness", None)
    if not isinstance(found, Politeness):
        found = Politeness(crawler)
        crawler.perilune_politeness = found  # type: ignore[attr-defined]  # ours, on Scrapy's object
    return found


class PoliteRetryMiddleware(RetryMiddleware):
    """Scrapy's retries, after the wait the server asked for. A wait longer than a run takes ends the attempt."""

    def __init__(self, settings: Any) -> None:  # Any: Scrapy's BaseSettings
        super().__init__(settings)
        self.base_s = settings.getfloat("PERILUNE_BACKOFF_S")

    def process_response(  # type: ignore[override]  # today's form, without spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """The retry, or the response when there is none. Raises ``RetryLaterError``."""
        if response.status in OVERLOADED and "cached" not in response.flags:
            self.hold(request, response)
        return super().process_response(request, response)

    def hold(self, request: Request, response: Response) -> None:
        politeness = politeness_of(self.crawler)
        slot = str(request.meta.get("download_slot"))
        header = response.headers.get("Retry-After")
        now = datetime.now(UTC)
        wait_s = retry_after_s(header.decode("latin-1") if header else None, now=now)
        if wait_s is None:
            wait_s = backoff_s(request.meta.get("retry_times", 0) + 1, base_s=self.base_s)
        politeness.hold(slot, wait_s)
        log.info("host asked us to wait", extra={"slot": slot, "seconds": round(wait_s), "status": response.status})
        if wait_s > politeness.longest_hold_s:
            raise RetryLaterError(
                f"{request.url}: HTTP {response.status}, retry after {wait_s:.0f} s",
                retry_at=now + timedelta(seconds=wait_s),
            )


class PoliteThrottle(AutoThrottle):
    """AutoThrottle that keeps each slot's own floor instead of one DOWNLOAD_DELAY for all.

    A slot that a source file asks without a delay has none while its server answers within ``SLOW_S``: what such a
    latency measures is mostly how busy this machine is.
    """

    def _min_delay(self) -> float:
        return 0.0

    def _start_delay(self) -> float:
        return self.crawler.settings.getfloat("DOWNLOAD_DELAY")

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        super()._response_downloaded(response, request, spider)
        key, slot = self._get_slot(request, spider)
        if key is not None and slot is not None:
            slot.delay = throttled_s(slot.delay, floor_s=politeness_of(self.crawler).floor_s(key))


def throttled_s(delay_s: float, *, floor_s: float) -> float:
    """A slot's delay from what AutoThrottle makes of its server's latency, and from the least that it is to be."""
    if floor_s == 0 and delay_s < SLOW_S:
        return 0.0
    return max(delay_s, floor_s)
