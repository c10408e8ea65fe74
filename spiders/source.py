"""The one spider: asks the endpoints of many sources, and fetches the articles it is told to.

It decides nothing: it yields what it saw (``Discovered``, ``Polled``, ``Fetched``, ``Missed``), and a
middleware turns the discovered URLs that are due into requests by :meth:`SourceSpider.article_request`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider

from archive.digests import digest_of
from archive.errors import CaptureError
from archive.model import Capture, Discovered, Fetched, Missed, Polled
from spiders.discovery.dates import w3c_stamp
from spiders.discovery.endpoint import Findings, Found, read_endpoint
from spiders.discovery.scope import Scope, scope_of
from spiders.failures import body_reason, failure_reason, status_reason
from spiders.registry import Source
from spiders.requisites import Requisites
from spiders.visits import Indexes, Limits, Visit, is_child_due, without_validators

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

log = logging.getLogger(__name__)
ENDPOINT_PRIORITY = 10_000_000  # before articles: what is new is known early, and fits the run's budget


class SourceSpider(Spider):
    """See the module. ``sources`` is a class attribute where the loader made a spider of one source."""

    name = "sources"
    sources: Sequence[Source] = ()

    def __init__(
        self,
        *,
        sources: Sequence[Source] | None = None,
        since: datetime | str | None = None,
        endpoint_states: Mapping[str, str] | None = None,
        polled_at: Mapping[str, datetime] | None = None,
        limits: Limits | None = None,
        now: Callable[[], datetime] | None = None,
        **kwargs: Any,  # Any: Scrapy's own, what -a and Scrapyd pass
    ) -> None:
        """``endpoint_states`` and ``polled_at`` say what is known of endpoint URLs: the payload digest of
        their last answer that was read, and when that was."""
        super().__init__(**kwargs)
        chosen = self.sources if sources is None else sources
        self.by_id = {source.id: source for source in chosen}
        self.scopes = {source.id: scope_of_source(source) for source in chosen}
        self.since = moment(since)
        self.endpoint_states = endpoint_states or {}
        self.polled_at = polled_at or {}
        self.limits = limits or Limits()
        self.now = now or (lambda: datetime.now(UTC))
        self.indexes = Indexes()
        self.visited: set[tuple[str, str]] = set()
        self.ranks: dict[str, int] = {}
        self.reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="discovery")
        self.requisites = Requisites(callback=self.parse_requisite, errback=self.requisite_failed, reader=self.reader)

    def closed(self, reason: str) -> None:
        """Called by Scrapy at the end."""
        self.reader.shutdown(wait=False, cancel_futures=True)

    async def start(self) -> AsyncIterator[Request]:
        """A request an endpoint; sources take turns, so that no host's queue holds up the others."""
        queues = [
            [Visit(source_id=one.id, endpoint=end, url=end.url) for end in one.endpoints] for one in self.by_id.values()
        ]
        for turn in zip_longest(*queues):
            for visit in turn:
                if visit is not None and (request := self.endpoint_request(visit)):
                    yield request

    def endpoint_request(self, visit: Visit) -> Request | None:
        """The request of a visit; None when this run was there already."""
        if (visit.source_id, visit.url) in self.visited:
            return None
        self.visited.add((visit.source_id, visit.url))
        return Request(
            visit.url,
            callback=self.parse_endpoint,
            errback=self.endpoint_failed,
            dont_filter=True,
            priority=ENDPOINT_PRIORITY,
            meta={**self.meta_of(visit.source_id), "kind": "endpoint", "visit": visit},
        )

    def article_request(self, discovered: Discovered) -> Request:
        """The request of an article that the frontier leased; its source is one of ours."""
        return Request(
            discovered.url,
            callback=self.parse_article,
            errback=self.article_failed,
            dont_filter=True,
            priority=self.ranks.pop(discovered.url, 0) or day_of(discovered.published_at),  # the newest first
            meta={**self.meta_of(discovered.source_id), "kind": "article", "discovered": discovered},
        )

    def meta_of(self, source_id: str) -> dict[str, Any]:  # Any: Scrapy's own
        return {
            "source_id": source_id,
            "download_slot": self.by_id[source_id].host_group,
            "download_timeout": self.by_id[source_id].request_timeout,
            "handle_httpstatus_all": True,
        }

    async def parse_endpoint(self, response: Response) -> AsyncIterator[Any]:  # Any: requests and values
        """``Discovered`` for each announced article, requests for children and next pages, then ``Polled``."""
        visit: Visit = response.meta["visit"]
        polled = self.polled(visit, response)
        if polled.reason or polled.is_unchanged:
            for settled in self.settled(visit, polled):
                yield settled
            return
        findings = await self.read(visit, response)
        announced = list(self.announced(visit, findings))
        for discovered in announced:
            yield discovered
        follow = list(self.follow(visit, findings))
        for request in follow:
            yield request
        polled = replace(polled, announced=len(announced), reason=findings.reason)
        if self.since is not None and not polled.reason:
            polled = without_validators(polled)  # what was left out is announced to a run without such a bound
        for problem in findings.problems:
            log.info("endpoint odd", extra={"source": visit.source_id, "url": visit.url, "problem": problem})
        for settled in self.settled(visit, polled, findings=findings, waiting=len(follow)):
            yield settled

    def polled(self, visit: Visit, response: Response) -> Polled:
        """The outcome as far as status and digest tell it."""
        capture = self.capture_of(response)
        digest = capture.payload_digest if capture else digest_of(response.body)
        is_unchanged = response.status == 304 or (
            response.status == 200 and self.endpoint_states.get(visit.url) == digest
        )
        return Polled(
            source_id=visit.source_id,
            endpoint_url=visit.url,
            kind=visit.endpoint.kind,
            polled_at=capture.captured_at if capture else self.now(),
            status=response.status,
            is_unchanged=is_unchanged,
            etag=header(response, "ETag"),
            last_modified=header(response, "Last-Modified"),
            payload_digest=self.endpoint_states.get(visit.url) if response.status == 304 else digest,
            reason=None if is_unchanged else status_reason(response.status),
        )

    async def read(self, visit: Visit, response: Response) -> Findings:
        """The answer's findings, read in a thread: a sitemap of 50,000 URLs takes half a second."""
        return await asyncio.get_running_loop().run_in_executor(
            self.reader,
            lambda: read_endpoint(
                visit.endpoint,
                response.body,
                url=response.url,
                content_type=header(response, "Content-Type") or "",
                scope=self.scopes[visit.source_id],
            ),
        )

    def announced(self, visit: Visit, findings: Findings) -> Iterator[Discovered]:
        """What is inside the source's scope and not too old; the rest is counted by reason."""
        since = self.since_of(visit.source_id)
        for number, found in enumerate(sorted(findings.found, key=rank_of, reverse=True)):
            reason = self.scopes[visit.source_id].reason_to_drop(found.url)
            if number >= self.limits.urls:
                reason_word = "over_limit"
            elif reason is None and since is not None and found.is_older_than(since):
                reason_word = "too_old"
            else:
                reason_word = reason or ""
            if reason_word:
                self.count(f"discovery/{reason_word}")
            else:
                self.ranks[found.url] = rank_of(found)
                yield self.discovered(visit, found)

    def discovered(self, visit: Visit, found: Found) -> Discovered:
        is_dated = found.published is not None and found.published.precision != "unknown"
        return Discovered(
            source_id=visit.source_id,
            url=found.url,
            discovered_via=visit.endpoint.kind,
            endpoint_url=visit.url,
            discovered_at=self.now(),
            guid=found.guid,
            title=found.title,
            published_at=found.published.at if found.published and is_dated else None,
            content_html=found.content_html,
        )

    def follow(self, visit: Visit, findings: Findings) -> Iterator[Request]:
        """Children of an index that may have changed, and the next page, within the limits."""
        since = self.since_of(visit.source_id)
        due = [
            one for one in findings.children if is_child_due(one, polled_at=self.polled_at.get(one.url), since=since)
        ]
        if visit.depth >= self.limits.sitemap_depth:
            due = []
        visits = [visit.child(child.url) for child in due[: self.limits.child_sitemaps]]
        if findings.next_url and visit.page < self.pages(visit) and has_newer(findings, since):
            visits.append(visit.page_after(findings.next_url))
        for following in visits:
            if not self.scopes[visit.source_id].is_on_site(following.url):
                self.count("discovery/endpoint_off_site")
            elif request := self.endpoint_request(following):
                yield request

    def pages(self, visit: Visit) -> int:
        """Pages of the visit's endpoint that this run walks."""
        if visit.endpoint.kind == "listing":
            return self.limits.listing_pages or visit.endpoint.max_pages
        return self.limits.feed_pages

    def settled(
        self, visit: Visit, polled: Polled, *, findings: Findings | None = None, waiting: int = 0
    ) -> Iterator[Polled]:
        """``polled`` now, or, for an index, when its children are settled; and the indexes this completes.

        Pages after the first have no outcome of their own: the one past the last is often a 404.
        """
        if findings and findings.children:
            is_telling = all(child.lastmod for child in findings.children)
            is_whole = is_telling and len(findings.children) <= self.limits.child_sitemaps
            self.indexes.add(
                polled if is_whole else without_validators(polled), waiting=waiting, parent_url=visit.index_url
            )
            if waiting:
                return
            yield from self.indexes.settle(visit.source_id, visit.url, is_read=True)
            return
        if visit.page == 1:
            yield polled
            yield from self.indexes.settle(visit.source_id, visit.index_url, is_read=polled.reason is None)

    def endpoint_failed(self, failure: Failure) -> Iterator[Polled]:
        """No answer came: the outcome says why, and nothing else stops."""
        visit: Visit = failure.request.meta["visit"]  # type: ignore[attr-defined]  # set by Scrapy
        reason, detail = failure_reason(value_of(failure))
        log.warning(
            "endpoint failed", extra={"source": visit.source_id, "url": visit.url, "reason": reason, "detail": detail}
        )
        polled = Polled(
            source_id=visit.source_id,
            endpoint_url=visit.url,
            kind=visit.endpoint.kind,
            polled_at=self.now(),
            status=None,
            reason=reason,
        )
        yield from self.settled(visit, polled)

    async def parse_article(self, response: Response) -> AsyncIterator[Fetched | Missed | Request]:
        """``Fetched`` for a page, ``Missed`` with its reason for anything else; requests for the page's requisites."""
        discovered: Discovered = response.meta["discovered"]
        capture = self.capture_of(response)
        reason = self.article_reason(discovered, response)
        if reason is None and capture is not None:
            yield Fetched(discovered=discovered, capture=replace(capture, body=response.body))
            if self.by_id[discovered.source_id].with_requisites:
                async for request in self.requisites.of_page(response, self.meta_of(discovered.source_id)):
                    yield request
        else:
            yield Missed(
                discovered=discovered,
                reason=reason or "not_captured",
                detail="" if response.url == discovered.url else response.url,
                status=response.status,
                missed_at=self.now(),
                capture=capture,
            )

    def article_reason(self, discovered: Discovered, response: Response) -> str | None:
        """Why the answer is no page of ours to extract; None when it may be one."""
        if response.status == 304:
            return "not_modified"
        if reason := status_reason(response.status):
            return reason
        if response.meta.get("redirect_urls"):
            source = self.by_id[discovered.source_id]
            if not self.scopes[source.id].is_on_site(response.url):
                return "redirect_off_site"
            if is_same_page(response.url, source.homepage) and not is_same_page(discovered.url, source.homepage):
                return "redirect_to_homepage"
        return body_reason(response)

    def article_failed(self, failure: Failure) -> Iterator[Missed]:
        """No answer came."""
        meta = failure.request.meta  # type: ignore[attr-defined]  # set by Scrapy
        reason, detail = failure_reason(value_of(failure))
        yield Missed(
            discovered=meta["discovered"],
            reason=reason,
            detail=detail,
            missed_at=self.now(),
            capture=meta.get("capture"),
        )

    async def parse_requisite(self, response: Response) -> AsyncIterator[Request]:
        """A picture or style is in the archive by now; a style may need more."""
        self.capture_of(response)
        async for request in self.requisites.of_style(response):
            yield request

    def requisite_failed(self, failure: Failure) -> None:
        """A page without one of its pictures is still evidence: said in the log, and nothing else."""
        request, (reason, _) = failure.request, failure_reason(value_of(failure))  # type: ignore[attr-defined]  # Scrapy's
        log.info(
            "requisite not captured",
            extra={"source": request.meta["source_id"], "url": request.url, "reason": reason},
        )

    def capture_of(self, response: Response) -> Capture | None:
        """The exchange as it was kept; None only where the setting PERILUNE_CAPTURE is off.

        Raises ``CaptureError`` when it is on and nothing was kept: no evidence, no crawl.
        """
        capture = response.meta.get("capture")
        if isinstance(capture, Capture):
            return capture
        if self.settings.getbool("PERILUNE_CAPTURE", True):
            raise CaptureError(f"no capture of {response.url}")
        return None

    def since_of(self, source_id: str) -> datetime | None:
        """The run's bound, or what the source's ``max_age`` makes it."""
        max_age = self.by_id[source_id].max_age
        if self.since is not None or max_age is None:
            return self.since
        return self.now() - max_age

    def count(self, name: str) -> None:
        if self.crawler.stats is not None:
            self.crawler.stats.inc_value(name)


def day_of(at: datetime | None) -> int:
    """Days since the year 1; 0 where nothing says when."""
    return 0 if at is None else at.toordinal()


def rank_of(found: Found) -> int:
    """The day of its publication; of its last change where no list says more. A newer one goes first."""
    stamp = found.published or found.changed
    return day_of(stamp.at if stamp else None)


def scope_of_source(source: Source) -> Scope:
    """Where this source's articles may be: its hosts, and what its file allows and denies."""
    urls = [source.homepage, *(endpoint.url for endpoint in source.endpoints)]
    return scope_of(urls, hosts=source.urls.hosts, allow=source.urls.allow, deny=source.urls.deny)


def moment(since: datetime | str | None) -> datetime | None:
    """``since`` as a moment; a string is a day or an RFC 3339 time. Raises ``ValueError`` for any other."""
    if not isinstance(since, str):
        return since
    stamp = w3c_stamp(since)
    if stamp is None:
        raise ValueError(f"since: not a date: {since!r}")
    return stamp.at


def value_of(failure: Failure) -> BaseException:
    """The exception an errback is called with; Twisted types it as optional."""
    return failure.value or RuntimeError("a failure without an exception")


def header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def has_newer(findings: Findings, since: datetime | None) -> bool:
    """False when everything on this page is older than ``since``: then older pages bring nothing."""
    return since is None or not findings.found or not all(found.is_older_than(since) for found in findings.found)


def is_same_page(one: str, other: str) -> bool:
    return one.split("://")[-1].rstrip("/") == other.split("://")[-1].rstrip("/")
