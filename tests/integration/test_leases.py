"""Which URLs a run is given, in which order, and how many at once: on both engines."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from archive.frontier import Frontier
from archive.model import Discovered, Missed
from archive.store import Store
from tests.builders import NOW, a_discovered, a_source

SOURCES = ["alpha", "beta"]
GONE = f"{socket.gethostname()}:{2**22 + 1}:gone"  # above Linux's highest process number


@pytest.fixture
def store(engine: Engine) -> Store:
    store = Store(engine)
    store.record_sources([a_source("alpha"), a_source("beta")], NOW)
    store.start_run("crawl", software="test", now=NOW)
    return store


def frontier(store: Store, owner: str = "here", *, after_min: int = 0, is_forced: bool = False) -> Frontier:
    return Frontier(store.engine, owner=owner, now=lambda: NOW + timedelta(minutes=after_min), is_forced=is_forced)


def announced(store: Store, owner: str, numbers: Iterable[int]) -> Frontier:
    """Even numbers are alpha's, odd ones beta's; all of them leased by the owner."""
    holder = frontier(store, owner)
    holder.announce([a_discovered(url(number), source_id=SOURCES[number % 2]) for number in numbers])
    return holder


def url(number: int) -> str:
    return f"https://{SOURCES[number % 2]}.example/news/{number}"


def numbers(found: Iterable[Discovered]) -> list[int]:
    return [int(one.url.rpartition("/")[2]) for one in found]


def test_urls_of_several_sources_come_in_the_order_announced_and_no_more_than_asked_for(store: Store) -> None:
    announced(store, "before", [4, 1, 2, 3, 6, 5]).release_leases()
    run = frontier(store)
    assert numbers(run.lease_due(SOURCES, 4)) == [4, 1, 2, 3]
    assert numbers(run.lease_due(["beta"], 4)) == [5]
    assert numbers(run.lease_due(SOURCES, 4)) == [6]
    assert run.lease_due(SOURCES, 4) == []
    assert run.lease_due([], 4) == []
    assert run.release_leases() == 6


def test_what_a_living_run_has_is_passed_over_and_what_a_dead_one_had_is_not(store: Store) -> None:
    here = f"{socket.gethostname()}:{os.getpid()}:living"
    announced(store, here, [0, 1])
    announced(store, GONE, [2, 3])
    announced(store, "elsewhere:1:a", [4])
    assert numbers(frontier(store).lease_due(SOURCES, 9)) == [2, 3]
    assert numbers(frontier(store, "later", after_min=6).lease_due(SOURCES, 9)) == [0, 1, 2, 3, 4]  # time ran out


def test_a_run_out_lease_holds_while_its_run_has_a_lock(store: Store) -> None:
    holder = announced(store, "elsewhere:1:a", [0])
    holder.lock_time = timedelta(hours=1)
    holder.hold(["alpha"])
    assert frontier(store, after_min=6).lease_due(SOURCES, 9) == []
    assert numbers(frontier(store, after_min=61).lease_due(SOURCES, 9)) == [0]


def test_left_over_urls_come_in_batches_each_once_though_forced_ones_fail_meanwhile(store: Store) -> None:
    announced(store, "before", range(5)).release_leases()
    run, batches = frontier(store, is_forced=True), []
    for batch in run.left_over(SOURCES, 2):
        batches.append(numbers(batch))
        for found in batch:
            store.record_missed(1, Missed(discovered=found, reason="http_500", status=500, missed_at=NOW))
    assert batches == [[0, 1], [2, 3], [4]]
    assert numbers(frontier(store, is_forced=True).lease_due(SOURCES, 9)) == [0, 1, 2, 3, 4]
    assert frontier(store, "later").lease_due(SOURCES, 9) == []
