"""A run for a crawler that Scrapy itself started: ``scrapy crawl esa``, Scrapyd."""

from __future__ import annotations

import os
from contextlib import ExitStack

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from archive.config import load_config
from archive.store import Store
from crawler.context import RunContext
from crawler.plan import CrawlPlan, refuse_without_contact
from crawler.process import Watch, added_settings
from crawler.run import closed, closing_engine, frontier_of, held_sources, opened_run
from spiders.registry import load_sources
from spiders.source import SourceSpider


class RunSettings:
    """Scrapy add-on: the configuration and the source file also count where Scrapy itself was started."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RunSettings:
        return cls(crawler)

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """The address guard belongs to the process: Scrapy makes its resolver from the process's settings."""
        settings.set("PERILUNE_ALLOW_PRIVATE", load_config(os.environ).allow_private, priority="spider")

    def update_settings(self, settings: BaseSettings) -> None:
        """Below Scrapy's command line (``-s``), above ``crawler/settings.py``."""
        spider = self.crawler.spidercls
        if issubclass(spider, SourceSpider) and not hasattr(self.crawler, "perilune"):
            settings.update(added_settings(load_config(os.environ), list(spider.sources)), priority="spider")


def opened_for(crawler: Crawler) -> RunContext:
    """The run of a crawler that Scrapy started (``scrapy crawl esa``, Scrapyd); closed when the crawl is over.

    The environment configures it, as nothing else can. Raises what :func:`run_crawl` raises.
    """
    config = load_config(os.environ)
    source = load_sources(config.sources)[str(crawler.spidercls.name)]
    refuse_without_contact([source], config.contact)
    stack = ExitStack()
    frontier = frontier_of(config, stack.enter_context(closing_engine(config)))
    mine = stack.enter_context(held_sources(frontier, [source]))
    run = stack.enter_context(opened_run(config, CrawlPlan(named=(source.id,)), mine, Store(frontier.engine), frontier))
    watch = Watch(run, crawler)

    def finish() -> None:
        closed(run, mine, watch.seen())
        stack.close()

    crawler.signals.connect(finish, signal=signals.engine_stopped, weak=False)
    return run
