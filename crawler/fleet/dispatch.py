"""Which jobs are wanted now: what the schedule says is due, less what is paused, held by a host's wish, or queued."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
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

MOST_OF_A_GROUP = 5  # jobs of one host group in the queue: they run one by one, and who looks for work steps over them


def due_orders(engine: Engine, registry: Mapping[str, Source], *, now: datetime) -> list[Order]:
    """Polls first, then rechecks, each by source; none that waits or runs already, and of a host group a few: the next
    look brings more."""
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
    known, locks = queued(engine)
    return few_of_each([order for order in orders if order.queueing_lock not in known], locks)


def few_of_each(orders: Iterable[Order], locks: Mapping[str, int]) -> list[Order]:
    """As many of each lock as there is room for, beside those ``locks`` says wait already."""
    counts = Counter(locks)
    wanted = []
    for order in orders:
        if order.lock is None or counts[order.lock] < MOST_OF_A_GROUP:
            wanted.append(order)
            counts[order.lock or ""] += 1
    return wanted


def queued(engine: Engine) -> tuple[set[str], dict[str, int]]:
    """Queueing locks of the jobs that wait or run; and lock → how many of them wait."""
    query = text(f"""
        SELECT queueing_lock, lock, status = 'todo' AS waits FROM {SCHEMA}.procrastinate_jobs
         WHERE status IN ('todo', 'doing') AND queueing_lock IS NOT NULL
    """)  # noqa: S608  # a constant of ours
    with reading(engine) as session:
        rows = session.execute(query).all()
    return {row.queueing_lock for row in rows}, Counter(row.lock for row in rows if row.waits and row.lock)
