"""What the web remembers of the archive, and for whom it waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Connection, create_engine

from archive.errors import TooSlowError
from archive.web.reading import BusyError, Reading


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Reading]:
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    yield Reading(engine, warc_dir=tmp_path)
    engine.dispose()


def test_what_took_too_long_is_not_tried_again_at_once(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def make(_: Connection) -> int:
        tried.append("once")
        if len(tried) == 1:
            raise TooSlowError("this takes longer than 20 s: ask for less")
        return 7

    for _ in range(2):
        with pytest.raises(TooSlowError, match="longer than 20 s"):
            reading.remembered("health", make)
    assert len(tried) == 1
    monkeypatch.setattr("archive.web.reading.REMEMBERED_S", 0)
    assert reading.remembered("health", make) == 7


def test_who_waits_for_another_too_long_is_sent_away(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.web.reading.WAIT_S", 0.1)
    has_begun, is_over = Event(), Event()

    def make(_: Connection) -> int:
        has_begun.set()
        is_over.wait(5)
        return 7

    first = Thread(target=reading.remembered, args=("health", make))
    first.start()
    assert has_begun.wait(5)
    with pytest.raises(BusyError):
        reading.remembered("health", lambda _: 8)
    is_over.set()
    first.join()
    assert reading.remembered("health", lambda _: 8) == 7


def test_who_asks_while_it_is_read_anew_is_told_what_was(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.web.reading.REMEMBERED_S", 0)
    assert reading.remembered("health", lambda _: 6) == 6
    has_begun, is_over = Event(), Event()

    def make(_: Connection) -> int:
        has_begun.set()
        is_over.wait(30)
        return 7

    first = Thread(target=reading.remembered, args=("health", make))
    first.start()
    assert has_begun.wait(30)
    assert reading.remembered("health", lambda _: 8) == 6
    is_over.set()
    first.join()


def test_nobody_is_told_what_was_long_ago(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody asked for hours, the second to ask was told what was hours ago."""
    assert reading.remembered("health", lambda _: 6) == 6
    made_at, found = reading.memory["health"]
    reading.memory["health"] = (made_at - 601, found)
    monkeypatch.setattr("archive.web.reading.WAIT_S", 0.1)
    reading.remembering.acquire()  # as if another read it anew
    with pytest.raises(BusyError):
        reading.remembered("health", lambda _: 8)
    reading.memory["health"] = (made_at - 300, found)
    assert reading.remembered("health", lambda _: 8) == 6


def test_few_wait_for_what_nobody_has_remembered(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.web.reading.WAIT_S", 60)
    while reading.waiting.acquire(blocking=False):  # as if so many waited
        pass
    reading.remembering.acquire()
    with pytest.raises(BusyError):
        reading.remembered("health", lambda _: 8)
