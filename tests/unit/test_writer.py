"""Writes in order, several to a transaction, none told of before it is committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from archive.database import grouped, open_engine, writing
from archive.errors import LockedError, StoreError
from pipelines.writer import MOST, Writer


class Group:
    """A transaction that is no database's: says what stood when it was committed."""

    def __init__(self) -> None:
        self.committed: list[list[int]] = []
        self.written: list[int] = []
        self.fails = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self.written = []
        yield
        if self.fails:
            raise StoreError("the disk is full")
        self.committed.append(self.written)

    def write(self, number: int) -> int:
        self.written.append(number)
        return number


def test_writes_asked_for_at_once_share_transactions_in_order() -> None:
    group, gate = Group(), threading.Event()
    writer = Writer(group=group)
    first = writer.submit(gate.wait)
    asked = [writer.submit(group.write, number) for number in range(40)]
    gate.set()
    assert [one.result(timeout=10) for one in asked] == list(range(40))
    writer.close()
    assert first.result() is True
    assert [number for group in group.committed for number in group] == list(range(40))
    assert len(group.committed) <= 5
    assert max(map(len, group.committed)) <= MOST
    assert (writer.writes, writer.groups) == (41, len(group.committed))


def test_nothing_is_told_before_the_commit() -> None:
    group = Group()
    group.fails = True
    told: list[BaseException] = []
    writer = Writer(told.append, group=group)
    asked = writer.submit(group.write, 1)
    with pytest.raises(StoreError, match="disk is full"):
        asked.result(timeout=10)
    assert [str(error) for error in told] == ["the disk is full"]
    later = writer.submit(group.write, 2)
    with pytest.raises(StoreError, match="nothing is written after a failure: the disk is full"):
        later.result(timeout=10)
    writer.close()
    assert group.committed == []


def test_nothing_is_begun_once_it_may_not_write() -> None:
    """A process that was frozen wakes in the middle of its batch."""
    done: list[int] = []

    def permit() -> None:
        if len(done) == 2:
            raise LockedError("this run's lease ran out")

    gate = threading.Event()
    writer = Writer(permit=permit)
    writer.submit(gate.wait)
    asked = [writer.submit(done.append, number) for number in range(4)]
    gate.set()
    with pytest.raises(LockedError, match="lease ran out"):
        asked[2].result(timeout=10)
    with pytest.raises(StoreError, match="nothing is written after a failure: this run's lease ran out"):
        asked[3].result(timeout=10)
    writer.close()
    assert done == [0, 1]


def test_what_is_urgent_does_not_wait_for_company() -> None:
    import asyncio

    async def asked() -> list[int]:
        return [await writer.call(group.write, number) for number in range(20)]

    group = Group()
    writer = Writer(group=group)
    assert asyncio.run(asked()) == list(range(20))
    writer.close()
    assert group.committed == [[number] for number in range(20)]


def test_a_closed_writer_takes_nothing_more() -> None:
    writer = Writer()
    writer.close()
    writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        writer.submit(print)


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/notes.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))
    yield engine
    engine.dispose()


def insert(engine: Engine, number: int, *, then_fail: bool = False) -> None:
    with writing(engine) as session:
        session.execute(text("INSERT INTO note VALUES (:number)"), {"number": number})
        if then_fail:
            raise StoreError("the article can't be stored")


def numbers(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT number FROM note ORDER BY number")).scalars())


def test_a_write_that_fails_is_undone_alone_and_ends_the_writing(notes: Engine) -> None:
    gate = threading.Event()
    writer = Writer(group=lambda: grouped(notes))
    writer.submit(gate.wait)
    before = writer.submit(insert, notes, 1)
    failing = writer.submit(insert, notes, 2, then_fail=True)
    after = writer.submit(insert, notes, 3)
    gate.set()
    assert before.result(timeout=10) is None
    with pytest.raises(StoreError, match="can't be stored"):
        failing.result(timeout=10)
    with pytest.raises(StoreError, match="nothing is written after a failure"):
        after.result(timeout=10)
    writer.close()
    assert numbers(notes) == [1]


def test_a_group_that_raises_leaves_nothing(notes: Engine) -> None:
    with pytest.raises(RuntimeError), grouped(notes):
        insert(notes, 1)
        insert(notes, 2)
        raise RuntimeError("killed")
    assert numbers(notes) == []
    insert(notes, 3)
    assert numbers(notes) == [3]
