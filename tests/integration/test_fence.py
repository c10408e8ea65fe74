"""A run that lost its hosts writes nothing: the fence of ``archive.frontier``, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from archive.database import grouped, open_engine, reading, shared_clock, writing
from archive.errors import LockedError, StoreError
from archive.frontier import Frontier
from archive.migrate import upgrade
from archive.model import Discovered
from archive.schema import FrontierRow, LockRow, RunRow
from archive.store import SourceAtRest, Store

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOSTS = ["host_group:alpha"]


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **time: int) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def holder(engine: Engine, clock: Clock) -> Iterator[Frontier]:
    """Holds the hosts of alpha, from a machine that is not this one."""
    Store(engine).record_sources([alpha()], START)
    frontier = Frontier(engine, owner="elsewhere:1:a", now=clock)
    frontier.hold(HOSTS)
    yield frontier


def alpha() -> SourceAtRest:
    return SourceAtRest(
        id="alpha", name="Alpha", publisher_kind="trade", homepage="https://alpha.example/", language="en",
        country="US", status="active", host_group="alpha",
    )  # fmt: skip


def an_address(path: str) -> Discovered:
    return Discovered(
        source_id="alpha", url=f"https://alpha.example{path}", discovered_via="feed",
        endpoint_url="https://alpha.example/feed", discovered_at=START,
    )  # fmt: skip


def count(engine: Engine, table: type) -> int:
    with reading(engine) as session:
        return len(session.scalars(select(table)).all())


def test_holder_writes_while_its_lease_is_good(holder: Frontier, clock: Clock) -> None:
    clock.tick(minutes=4)
    assert [one.url for one in holder.announce([an_address("/one")]).due] == ["https://alpha.example/one"]


def test_a_lease_renewed_in_time_goes_on(holder: Frontier, clock: Clock) -> None:
    clock.tick(minutes=4)
    holder.renew_locks()
    clock.tick(minutes=4)
    assert holder.announce([an_address("/one")]).new == 1


@pytest.mark.parametrize("is_taken", [False, True], ids=["nobody took it", "another run took it"])
def test_a_run_frozen_beyond_its_lease_writes_nothing(
    engine: Engine, holder: Frontier, clock: Clock, is_taken: bool
) -> None:
    clock.tick(minutes=6)
    if is_taken:
        Frontier(engine, owner="elsewhere:2:b", now=clock).hold(HOSTS)

    store = Store(holder.engine)
    for write in (
        lambda: holder.announce([an_address("/late")]),
        lambda: store.start_run("crawl", software="test", now=clock()),
        holder.renew_locks,
        holder.release_leases,
    ):
        with pytest.raises(LockedError, match="lease of host_group:alpha ran out"):
            write()
    assert (count(engine, FrontierRow), count(engine, RunRow)) == (0, 0)
    with pytest.raises(LockedError, match="nothing more is fetched"):
        holder.refuse_when_expired()


def test_a_lock_that_came_back_to_its_old_owner_is_another_epoch(
    engine: Engine, holder: Frontier, clock: Clock
) -> None:
    """Two leases under one name: what the first began, the second did not."""
    clock.tick(minutes=6)
    Frontier(engine, owner="elsewhere:1:a", now=clock).hold(HOSTS)
    with pytest.raises(LockedError):
        holder.announce([an_address("/late")])


def test_giving_locks_back_leaves_those_of_others(engine: Engine, holder: Frontier, clock: Clock) -> None:
    clock.tick(minutes=6)
    other = Frontier(engine, owner="elsewhere:2:b", now=clock)
    other.hold(HOSTS)
    holder.release_locks()
    with reading(engine) as session:
        assert [(row.owner, row.epoch) for row in session.scalars(select(LockRow))] == [("elsewhere:2:b", 2)]
    assert other.announce([an_address("/one")]).new == 1


@pytest.mark.postgres
def test_writer_frozen_in_its_transaction_does_not_keep_others_waiting_for_ever(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL undoes what holds the write lock and says nothing for too long."""
    engine = open_engine(postgres_url)
    upgrade(engine)
    monkeypatch.setattr("archive.database.MOST_IDLE_S", 1)
    with pytest.raises(StoreError), writing(engine) as frozen:
        frozen.add(LockRow(name="late", owner="", epoch=1, expires_at=START))
        frozen.flush()
        with writing(engine) as session:  # waits until the other is undone
            session.add(LockRow(name="in time", owner="", epoch=1, expires_at=START))
    with reading(engine) as session:
        assert session.scalars(select(LockRow.name)).all() == ["in time"]
    engine.dispose()


def test_shared_clock_is_the_databases(engine: Engine) -> None:
    assert abs(shared_clock(engine)() - datetime.now(UTC)) < timedelta(seconds=5)


def test_an_unfenced_engine_asks_nobody(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(RunRow(command="crawl", state="running", started_at=START, software="test", stats={}))
    assert count(engine, RunRow) == 1


def test_a_group_of_writes_is_fenced_as_one(engine: Engine, holder: Frontier, clock: Clock) -> None:
    with grouped(holder.engine):
        holder.announce([an_address("/one")])
        holder.announce([an_address("/two")])
    clock.tick(minutes=6)
    with pytest.raises(LockedError), grouped(holder.engine):
        holder.announce([an_address("/late")])
    assert count(engine, FrontierRow) == 2
