"""The Scrapy side of a run: settings, crawler, signals. Returns facts; judges nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.logformatter import LogFormatter
from scrapy.settings import Settings

from archive.config import Config
from crawler.capture import CLOSE_REASON
from crawler.context import RunContext, user_agent
from crawler.plan import CrawlPlan
from crawler.politeness import download_slots
from crawler.stages import PREFIX
from crawler.verdict import Fetch
from pipelines.workers import SiteRule, SourceGuide
from spiders.discovery.scope import registrable_domain
from spiders.registry import Source
from spiders.source import SourceSpider
from spiders.visits import BACKFILL

if TYPE_CHECKING:
    from twisted.python.failure import Failure


def fetch(run: RunContext, plan: CrawlPlan, sources: list[Source]) -> Fetch:
    """Run Scrapy until everything that was due is settled, or something ends it. Blocks."""
    settings = run_settings(run, plan, sources)
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(SourceSpider)
    crawler.perilune = run  # type: ignore[attr-defined]  # read by crawler.context.context_of
    watch = Watch(run, crawler)
    registrable_domain("example.org")  # reads the list of suffixes, 80 ms, before there is an event loop to hold up
    process.crawl(crawler, sources=sources, since=plan.since, now=run.now, **walk(run, plan))
    process.start()
    return replace(watch.seen(), has_started=watch.has_opened and not process.bootstrap_failed)


def walk(run: RunContext, plan: CrawlPlan) -> dict[str, Any]:  # Any: the spider's arguments
    """How far endpoints are followed: in a backfill back in time, as if they had never been read."""
    if plan.is_backfill:
        return {"limits": BACKFILL}
    return {"endpoint_states": run.store.endpoint_digests(), "polled_at": run.store.endpoints_read()}


def run_settings(run: RunContext, plan: CrawlPlan, sources: list[Source]) -> Settings:
    """``crawler/settings.py`` with what this run adds to it."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.update(
        {
            "LOG_LEVEL": plan.log_level,
            "LOG_INSTALL_ROOT_HANDLER": False,  # crawler.logs has put one there
            "LOG_FORMATTER": ItemsUnseen,
            "CLOSESPIDER_TIMEOUT": plan.max_time.total_seconds() if plan.max_time else 0,
            **added_settings(run.config, sources),
        },
        priority="cmdline",
    )
    return settings


def added_settings(config: Config, sources: list[Source]) -> dict[str, Any]:  # Any: Scrapy settings are of every type
    """What the configuration and the source files say to Scrapy."""
    return {
        "USER_AGENT": user_agent(config.contact),
        "PERILUNE_ALLOW_PRIVATE": config.allow_private,
        "PERILUNE_SOURCES": str(config.sources) if config.sources else None,
        "DOWNLOAD_SLOTS": download_slots(
            {source.host_group: (source.download_delay, source.concurrency) for source in sources}
        ),
        "PERILUNE_HOST_GROUPS": {host: source.host_group for source in sources for host in source.host_keys},
        "PERILUNE_GUIDE": {source.id: guide_of(source) for source in sources},
        **({"PERILUNE_EXTRACT_WORKERS": config.extract_workers} if config.extract_workers else {}),
        "PERILUNE_BUDGETS": {source.id: source.max_time.total_seconds() for source in sources if source.max_time},
    }


def guide_of(source: Source) -> SourceGuide:
    """What extraction may know of a source."""
    return SourceGuide(
        name=source.name,
        language=source.language,
        country=source.country,
        rules=tuple(SiteRule(**asdict(rule)) for rule in source.extract),
        strip_params=source.urls.strip_params,
        obey=source.obey,
    )


class ItemsUnseen(LogFormatter):
    """Scrapy prints the item that a pipeline failed on, and ours hold what a feed said: the log names its address."""

    def item_error(self, item: Any, exception: BaseException, response: Any, spider: Any) -> Any:  # Any: Scrapy's own
        address = getattr(getattr(item, "discovered", item), "url", None) or getattr(item, "endpoint_url", "-")
        return {"level": logging.ERROR, "msg": "item not processed: %(kind)s of %(address)s",
                "args": {"kind": type(item).__name__, "address": address}}  # fmt: skip


class Watch:
    """What is seen of the run from outside: whether it opened, why it closed, what went wrong in a callback."""

    def __init__(self, run: RunContext, crawler: Crawler) -> None:
        self.crawler = crawler
        self.has_opened = False
        self.close_reason = "never opened"
        self.errors = 0
        self.began = time.thread_time()
        self.cpu_seconds = 0.0
        run.writer.on_failure = self.store_failed
        run.evidence.on_failure = self.capture_failed
        crawler.signals.connect(self.opened, signal=signals.spider_opened)
        crawler.signals.connect(self.closed, signal=signals.spider_closed)
        crawler.signals.connect(self.failed, signal=signals.spider_error)
        crawler.signals.connect(self.failed, signal=signals.item_error)

    def seen(self) -> Fetch:
        """How the Scrapy side of the run ended."""
        said = self.crawler.stats.get_stats() if self.crawler.stats else {}
        counters = {name: float(value) for name, value in said.items() if name.startswith(PREFIX)}
        counters[f"{PREFIX}fetch/seconds"] = self.cpu_seconds
        counters[f"{PREFIX}fetch/responses"] = float(said.get("downloader/response_count", 0))
        errors = self.errors + int(said.get(f"{PREFIX}extract/defects", 0))
        return Fetch(close_reason=self.close_reason, has_started=self.has_opened, errors=errors, counters=counters)

    def opened(self) -> None:
        self.has_opened = True
        self.began = time.thread_time()

    def closed(self, reason: str) -> None:
        self.close_reason = reason
        self.cpu_seconds = time.thread_time() - self.began

    def failed(self, failure: Failure) -> None:
        self.errors += 1

    def store_failed(self, error: BaseException) -> None:
        """Called from the writing thread: end the crawl, since nothing more can be kept."""
        from twisted.internet import reactor  # here, since importing it installs one

        reactor.callFromThread(self.stop, "store_failed")

    def capture_failed(self, error: BaseException) -> None:
        """Called from the evidence's thread, for what nobody waits for; see ``crawler.capture``."""
        from twisted.internet import reactor  # as above

        reactor.callFromThread(self.stop, CLOSE_REASON)

    def stop(self, reason: str) -> None:
        """End the crawl; what is in flight finishes."""
        if self.crawler.engine is not None and self.crawler.engine.spider is not None:
            closing = self.crawler.engine.close_spider_async(reason=reason)
            self.closing = asyncio.ensure_future(closing)  # kept: a task nobody holds may be collected
