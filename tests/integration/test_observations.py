"""archive.observations: what health judges, as read from either database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from archive.model import Polled
from archive.schema import EndpointRow
from archive.store import Store
from tests.builders import NOW
from tests.builders import a_source as source_at_rest

HOUR = timedelta(hours=1)
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
