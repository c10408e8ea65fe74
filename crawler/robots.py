"""robots.txt: who may fetch what (RFC 9309), and how slowly (Crawl-delay, Request-rate).

Asked once an origin and day (§2.4; sooner where its Cache-Control says so), with a short budget of its own, and kept
in WARC like any other exchange.
An answer of 4xx allows everything (RFC 9309 §2.3.1.3); 5xx, 429 and no answer at all forbid everything for
this run (§2.3.1.4), and the URLs stay due. What lies behind more than ``REDIRECT_MAX_TIMES`` redirects
counts as 4xx (§2.3.1.2), and only the first 500 KiB are read (§2.5).
"""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protego import Protego
from protego._utils import _quote_path
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotConfigured,
    ResponseDataLossError,
)
from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK

from archive.errors import CaptureError
from archive.model import Capture
from crawler.context import context_of
from crawler.guard import PrivateAddressError, RedirectLimitError, RefusedError
from crawler.politeness import politeness_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

log = logging.getLogger(__name__)

DAY_S, LEAST_LIFETIME_S = 86_400.0, 3_600.0
MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d+)")
READ_BYTES = 500 << 10  # RFC 9309 §2.5: parsers must read at least 500 KiB
NO_RULE = "none"  # speaks of the URL
RULE_CHARS = 500  # of a rule as it is written down
FETCH_BYTES = 5 << 20  # beyond this it is no robots.txt; the exchange is cut off
NO_ANSWER = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    OSError,
)


class RobotsForbiddenError(RefusedError):
    """robots.txt forbids the URL to us."""

    reason = "robots_forbidden"


class RobotsUnreachableError(RefusedError):
    """robots.txt could not be had, so nothing is fetched from the host in this run."""

    reason = "robots_unreachable"


class Rules:
    """One origin's robots.txt as it concerns us. ``text`` None: unreachable, everything is forbidden."""

    def __init__(self, text: str | None, agent: str) -> None:
        self.parsed = None if text is None else Protego.parse(text)
        self.agent = agent
        self.record_id: str | None = None
        """The WARC record that they were read from; None for those that an earlier run asked for."""

    @property
    def is_reachable(self) -> bool:
        return self.parsed is not None

    def allows(self, url: str) -> bool:
        return self.parsed is not None and bool(self.parsed.can_fetch(url, self.agent))

    def rule_for(self, url: str) -> str | None:
        """The rule that decides, as ``allow: /news/``; None when none speaks of the URL, which allows it.

        Protego tells only the verdict, so this reads its rules in the order in which it tries them.
        """
        ours = self.parsed._get_matching_rule_set(self.agent) if self.parsed is not None else None
        path = _quote_path(url)
        rule = next((rule for rule in (ours._rules if ours else ()) if rule.value.match(path)), None)
        return None if rule is None else f"{rule.field}: {rule.value._pattern}"[:RULE_CHARS]

    @property
    def delay_s(self) -> float:
        """The longer of Crawl-delay and what Request-rate comes to; 0 when neither is given."""
        if self.parsed is None:
            return 0.0
        rate = self.parsed.request_rate(self.agent)
        per_request = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(float(self.parsed.crawl_delay(self.agent) or 0.0), per_request, 0.0)


def rules_of(status: int, body: bytes, agent: str) -> Rules:
    """The rules an answer means."""
    if status == 429 or status >= 500:
        return Rules(None, agent)
    text = body[:READ_BYTES].decode("utf-8-sig", "replace") if 200 <= status < 300 else ""
    return Rules(text.replace("\0", ""), agent)


class PoliteRobotsMiddleware:
    """Downloader middleware in the place of Scrapy's own, which lets everything through when robots.txt fails."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured("ROBOTSTXT_OBEY is off")
        self.crawler = crawler
        self.politeness = politeness_of(crawler)
        self.agent = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self.timeout_s = crawler.settings.getfloat("PERILUNE_ROBOTS_TIMEOUT_S")
        self.longest_delay_s = crawler.settings.getfloat("PERILUNE_CRAWL_DELAY_MAX_S")
        self.rules: dict[str, asyncio.Future[Rules]] = {}
        self.run = context_of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PoliteRobotsMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """None when the URL may be fetched. Raises ``RobotsForbiddenError`` or ``RobotsUnreachableError``."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = await self.rules_for(request)
        if not rules.is_reachable:
            raise RobotsUnreachableError(f"{request.url}: robots.txt can't be had")
        if not rules.allows(request.url):
            raise RobotsForbiddenError(f"{request.url}: forbidden by robots.txt")
        request.meta["robots_record"] = rules.record_id  # over those of the stop that redirected here
        request.meta["robots_rule"] = rules.rule_for(request.url) or NO_RULE

    async def rules_for(self, request: Request) -> Rules:
        """The rules of the request's origin; the first request of an origin fetches them, others wait for it."""
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin in self.rules:
            return await asyncio.shield(self.rules[origin])
        arriving = self.rules[origin] = asyncio.get_running_loop().create_future()
        rules = Rules(None, self.agent)
        try:
            rules = await self.fetched_rules(origin, request)
        finally:
            arriving.set_result(rules)
        return rules

    async def fetched_rules(self, origin: str, request: Request) -> Rules:
        """The rules, asked for unless an answer still holds; slows the slot down as they say.

        Raises ``PrivateAddressError`` only.
        """
        rules = await self.kept_rules(origin) or await self.asked_rules(origin, request)
        if rules.delay_s > 0:
            slot = str(request.meta.get("download_slot") or urlsplit(origin).hostname)
            self.politeness.slow_down(slot, min(rules.delay_s, self.longest_delay_s))
        return rules

    async def kept_rules(self, origin: str) -> Rules | None:
        """Those of an earlier run; None when there are none that still hold."""
        kept = await self.run.writer.call(self.run.store.robots_answer, origin, self.run.now())
        return None if kept is None else rules_of(kept[0], kept[1].encode(), self.agent)

    async def asked_rules(self, origin: str, request: Request) -> Rules:
        """Those of the answer that is given now."""
        assert self.crawler.engine
        asked = robots_request(origin, request, timeout_s=self.timeout_s)
        try:
            response = await self.crawler.engine.download_async(asked)
        except (PrivateAddressError, CaptureError):
            raise
        except RedirectLimitError:
            return Rules("", self.agent)
        except (RefusedError, *NO_ANSWER) as exc:
            log.warning("robots.txt can't be had", extra={"origin": origin, "error": type(exc).__name__})
            return Rules(None, self.agent)
        rules = rules_of(response.status, response.body, self.agent)
        if isinstance(capture := response.meta.get("capture"), Capture):
            rules.record_id = capture.warc_record_id
        if rules.is_reachable:
            now = self.run.now()
            text = response.body[:READ_BYTES].decode("utf-8-sig", "replace")
            holds = timedelta(seconds=lifetime_s(response.headers.get("Cache-Control")))
            keep = partial(self.run.store.note_robots, status=response.status, text=text)
            self.run.writer.submit(keep, origin, expires_at=now + holds, now=now)
        return rules


def lifetime_s(cache_control: bytes | None) -> float:
    """Seconds an answer holds: as Cache-Control says (RFC 9111 §5.2); an hour at least, a day at most (RFC 9309)."""
    said = MAX_AGE.search((cache_control or b"").decode("latin-1").lower())
    return min(max(float(said[1][:9]), LEAST_LIFETIME_S), DAY_S) if said else DAY_S


def robots_request(origin: str, request: Request, *, timeout_s: float) -> Request:
    """The request for an origin's robots.txt, on behalf of ``request`` and in its slot."""
    meta = {
        "kind": "robots",
        "source_id": request.meta.get("source_id"),
        "dont_obey_robotstxt": True,
        "handle_httpstatus_all": True,
        "download_timeout": timeout_s,
        "download_maxsize": FETCH_BYTES,
        "max_retry_times": 1,
    }
    if slot := request.meta.get("download_slot"):
        meta["download_slot"] = slot
    return Request(f"{origin}/robots.txt", priority=1000, meta=meta, callback=NO_CALLBACK, dont_filter=True)
