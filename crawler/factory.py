"""A run for a crawler that Scrapy itself started: ``scrapy crawl esa``, Scrapyd."""

from __future__ import annotations

import os
from contextlib import ExitStack

from scrapy import signals
from scrapy.crawler import Crawler

from archive.config import load_config
from archive.frontier import Frontier
from archive.store import Store
from crawler.context import RunContext
from crawler.plan import CrawlPlan, refuse_without_contact
from crawler.process import Watch
from crawler.run import closed, closing_engine, held_sources, opened_run, owner_name, utc_now
from crawler.verdict import Fetch
from spiders.registry import load_sources


def opened_for(crawler: Crawler) -> RunContext:
    """The run of a crawler that Scrapy started (``scrapy crawl esa``, Scrapyd); closed when the crawl is over.

    The environment configures it, as nothing else can. Raises what :func:`run_crawl` raises.
    """
    config = load_config(os.environ)
    source = load_sources(config.sources)[str(crawler.spidercls.name)]
    refuse_without_contact([source], config.contact)
    stack = ExitStack()
    store = Store(stack.enter_context(closing_engine(config)))
    frontier = Frontier(store.engine, owner=owner_name(), now=utc_now)
    mine = stack.enter_context(held_sources(frontier, [source]))
    run = stack.enter_context(opened_run(config, CrawlPlan(named=(source.id,)), mine, store, frontier))
    watch = Watch(run, crawler)

    def finish() -> None:
        closed(run, mine, Fetch(close_reason=watch.close_reason, has_started=watch.has_opened, errors=watch.errors))
        stack.close()

    crawler.signals.connect(finish, signal=signals.engine_stopped, weak=False)
    return run
