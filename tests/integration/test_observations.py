"""archive.reading.observations: what health judges, as read from either database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from archive.model import Polled
from archive.observed import Drop, EndpointState, Tally, Watched
from archive.reading.observations import ARTICLES, observe
from archive.schema import EndpointRow, LockRow, OutcomeRow, RunRow, RunSourceRow
from archive.store import Store
from tests.archived import an_archived
from tests.builders import NOW
from tests.builders import a_source as source_at_rest

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED = "https://alpha.example/feed"


def a_poll(reason: str | None = None, *, at: datetime = NOW, **changes) -> Polled:
    values = {"source_id": "alpha", "endpoint_url": FEED, "kind": "feed", "polled_at": at, "status": 200}
    return Polled(**values | {"reason": reason} | changes)


@pytest.fixture
def store(engine: Engine) -> Store:
    store = Store(engine)
    store.record_sources([source_at_rest()], NOW)
    return store


def failing_since(store: Store) -> datetime | None:
    with store.engine.connect() as connection:
        return connection.execute(select(EndpointRow.failing_since)).scalar_one()


def test_endpoint_remembers_since_when_it_fails(store: Store) -> None:
    run_id = store.start_run("crawl", software="test", now=NOW)
    for reason, at, since in (
        (None, NOW, None),
        ("not_a_feed", NOW + HOUR, NOW + HOUR),
        ("http_5xx", NOW + 2 * HOUR, NOW + HOUR),
        (None, NOW + 3 * HOUR, None),
        ("timeout", NOW + 4 * HOUR, NOW + 4 * HOUR),
    ):
        store.record_poll(run_id, a_poll(reason, at=at))
        assert failing_since(store) == since


def watched(*source_ids: str) -> list[Watched]:
    return [Watched(source_id=source_id, endpoints=frozenset({FEED})) for source_id in source_ids or ("alpha",)]


def seen(engine: Engine, **sources):
    """What is observed of these sources at ``NOW``."""
    with engine.connect() as connection:
        return observe(connection, watched(*sources), now=NOW)


def test_articles_come_newest_first_and_say_what_they_lack(engine: Engine) -> None:
    with engine.begin() as connection:
        an_archived(connection, text="One two three.", published_at=NOW - 300 * DAY, authors=["Jo"])
        an_archived(connection, text="One two.")  # first seen on 2025-06-01, 273 days before
        an_archived(connection, text="One.", published_at=NOW - 400 * DAY)
        an_archived(connection, source="beta", published_at=NOW)
    articles = seen(engine, alpha=1).sources["alpha"].articles
    assert [(one.words, one.has_date, one.has_authors) for one in articles] == [
        (2, False, False),
        (3, True, True),
        (1, True, False),
    ]
    assert articles[1].moment == NOW - 300 * DAY


def test_article_dated_after_it_was_seen_counts_from_when_it_was_seen(engine: Engine) -> None:
    with engine.begin() as connection:
        an_archived(connection, published_at=NOW + 300 * DAY)
    assert seen(engine, alpha=1).sources["alpha"].articles[0].moment == datetime.fromisoformat("2025-06-01T12:00:00Z")


def test_only_the_latest_articles_are_read(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(3):
            an_archived(connection, published_at=NOW - (400 + number) * DAY)
    assert ARTICLES == 400
    assert len(seen(engine, alpha=1).sources["alpha"].articles) == 3


def test_endpoints_are_those_the_file_names(store: Store) -> None:
    run_id = store.start_run("crawl", software="test", now=NOW)
    store.record_poll(run_id, a_poll("http_5xx", at=NOW - HOUR))
    store.record_poll(run_id, a_poll(endpoint_url="https://alpha.example/child.xml", kind="sitemap"))
    assert seen(store.engine, alpha=1).sources["alpha"].endpoints == (
        EndpointState(
            url=FEED,
            kind="feed",
            polled_at=NOW - HOUR,
            reason="http_5xx",
            failing_since=NOW - HOUR,
            announced=0,
        ),
    )


def a_ledger(engine: Engine, *, days_ago: float, **counts: int) -> int:
    """A crawl of alpha, with its line."""
    with engine.begin() as connection:
        run = {"command": "crawl", "state": "finished", "started_at": NOW - days_ago * DAY, "software": "", "stats": {}}
        run_id = connection.execute(insert(RunRow).values(**run)).inserted_primary_key[0]
        line = dict.fromkeys((column.name for column in RunSourceRow.__table__.columns), 0)
        connection.execute(insert(RunSourceRow).values(**line | counts | {"run_id": run_id, "source_id": "alpha"}))
    return run_id


def test_ledgers_of_seven_days_stand_beside_those_before(store: Store) -> None:
    a_ledger(store.engine, days_ago=80, fetched=1000)
    a_ledger(store.engine, days_ago=30, fetched=50, rejected=5)
    a_ledger(store.engine, days_ago=9, fetched=50, rejected=5)
    a_ledger(store.engine, days_ago=2, fetched=10, rejected=4, failed=1)
    a_ledger(store.engine, days_ago=1, fetched=10, rejected=3)
    found = seen(store.engine, alpha=1).sources["alpha"]
    assert found.recent == Tally(asked=21, fetched=20, rejected=7)
    assert found.before == Tally(asked=100, fetched=100, rejected=10)


def test_drops_of_the_week_are_one_a_reason(store: Store) -> None:
    old, new = a_ledger(store.engine, days_ago=9), a_ledger(store.engine, days_ago=2)
    said = (
        (old, "rejected", "listing", 9),
        (new, "rejected", "listing", 2),
        (new, "failed", "http_403", 2),
        (new, "failed", "http_403", 1),
        (new, "duplicate", "same_text", 1),
        (new, "new", None, 1),
    )
    with store.engine.begin() as connection:
        for number, (run_id, outcome, reason, days_ago) in enumerate(said):
            row = {"run_id": run_id, "source_id": "alpha", "url": f"https://alpha.example/{number}"}
            row |= {"outcome": outcome, "reason": reason, "at": NOW - days_ago * DAY}
            connection.execute(insert(OutcomeRow).values(**row))
    first, second = NOW - 2 * DAY, NOW - DAY
    assert seen(store.engine, alpha=1).sources["alpha"].drops == (
        Drop(reason="http_403", count=2, first_at=first, last_at=second, url="https://alpha.example/2"),
        Drop(reason="listing", count=1, first_at=first, last_at=first, url="https://alpha.example/1"),
    )


def test_runs_are_crawls_and_the_living_hold_a_lock(store: Store) -> None:
    for command in ("crawl", "replay", "recheck"):
        store.start_run(command, software="test", now=NOW)
    locks = (
        ("host_group:a", "elsewhere:1:x", NOW + HOUR),
        ("host_group:b", "elsewhere:1:x", NOW + HOUR),
        ("host_group:c", "elsewhere:2:x", NOW - HOUR),
        ("host_group:d", "", NOW + HOUR),
        ("articles:1-50", "elsewhere:3:x", NOW + HOUR),  # a rebuild of copies crawls nothing
    )
    with store.engine.begin() as connection:
        for name, owner, expires_at in locks:
            connection.execute(insert(LockRow).values(name=name, owner=owner, epoch=1, expires_at=expires_at))
    found = seen(store.engine, alpha=1)
    assert [(run.id, run.state) for run in found.runs] == [(3, "running"), (1, "running")]
    assert found.living == 1


def test_source_that_nobody_crawled_is_observed_as_empty(engine: Engine) -> None:
    found = seen(engine, alpha=1).sources["alpha"]
    assert (found.articles, found.endpoints, found.polled_at, found.drops) == ((), (), None, ())
