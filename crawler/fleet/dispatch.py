"""Which jobs are wanted now: what the schedule says is due, less what is paused, held by a host's wish, or queued."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, text

from archive.database import reading
from archive.fleet.engine import SCHEMA
from archive.fleet.pauses import paused
from archive.store import Store
from crawler.fleet.jobs import Order, order_of
from crawler.plan import CrawlPlan, due_sources
from crawler.run import is_held
from spiders.registry import Source


def due_orders(engine: Engine, registry: Mapping[str, Source], *, now: datetime) -> list[Order]:
    """Polls first, then rechecks, each by source; none that waits or runs already."""
    store = Store(engine)
    with reading(engine) as session:
        stopped = paused(session)
    active = [one for one in registry.values() if one.status == "active" and one.id not in stopped]
    groups = store.host_groups({one.host_group for one in active})
    free = [one for one in active if not is_held(groups.get(one.host_group), now)]
    published = store.published([one.id for one in free], now)
    polls = due_sources(free, CrawlPlan(), store.last_polled(), published, now=now)
    rechecks = store.due_rechecks([one.id for one in free], now=now)
    orders = [order_of("crawl", {"source": one.id}, host_group=one.host_group) for one in polls]
    orders += [order_of("recheck", {"source": one.id}, host_group=one.host_group) for one in free if one.id in rechecks]
    known = queued(engine)
    return [order for order in orders if order.queueing_lock not in known]


def queued(engine: Engine) -> set[str]:
    """Queueing locks of the jobs that wait or run."""
    query = text(f"""
        SELECT queueing_lock FROM {SCHEMA}.procrastinate_jobs
         WHERE status IN ('todo', 'doing') AND queueing_lock IS NOT NULL
    """)  # noqa: S608  # a constant of ours
    with reading(engine) as session:
        return set(session.execute(query).scalars())
