"""The archive as the web reads it: few questions at a time, each with an end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TypeVar

from sqlalchemy import Connection, Engine
from starlette.requests import Request

from archive.errors import PeriluneError, TooSlowError
from archive.opening import limited

PARALLEL = min(8, max(4, 2 * (os.cpu_count() or 1)))  # questions at once: with more, threads wait for each other
WAIT_S = 10  # s a request waits for its turn
ANSWER_S = 5  # s an answer may take
DEAR_S = 20  # s an answer may take that is then remembered
REMEMBERED_S = 60
TOLD_S = 600  # s; what is older is told nobody, while it is read anew they wait
MAX_WAITING = 4  # for what nobody has remembered yet
STREAM_S = 3_600  # s an export may take: its reader sets the pace
NOTHING = (float("-inf"), None)  # remembered, and when it was made


T = TypeVar("T")


class BusyError(PeriluneError):
    """Too many questions at once; the pages answer 503."""


class Reading:
    """Hands out connections that end by themselves. ``warc_dir`` is where captures are, for replay's address only."""

    def __init__(self, engine: Engine, *, warc_dir: Path, answer_s: float = ANSWER_S) -> None:
        self.engine = engine
        self.warc_dir = warc_dir
        self.answer_s = answer_s
        self.turns = BoundedSemaphore(PARALLEL)
        self.remembering = Lock()
        self.waiting = BoundedSemaphore(MAX_WAITING)
        self.memory: dict[str, tuple[float, object]] = {}

    def remembered(self, name: str, make: Callable[[Connection], T]) -> T:
        """What ``make`` reads, as it was at most ``REMEMBERED_S`` ago: for what is dear and changes slowly. While it is
        read anew, everybody else is told what was remembered, as it was at most ``TOLD_S`` ago.

        Raises ``BusyError`` where nothing so young is remembered and another is still at it after ``WAIT_S`` or too
        many wait already (each holds a thread of the server), ``TooSlowError``, which is remembered too, and
        ``StoreError``.
        """
        if not self.remembering.acquire(blocking=False):
            made_at, found = self.memory.get(name, NOTHING)
            if time.monotonic() - made_at <= TOLD_S:
                return told(found)
            self.wait_for_the_first()
        try:
            made_at, found = self.memory.get(name, NOTHING)
            if time.monotonic() - made_at > REMEMBERED_S:
                found = self.made(make)
                self.memory[name] = (time.monotonic(), found)
        finally:
            self.remembering.release()
        return told(found)

    def wait_for_the_first(self) -> None:
        """Until nobody else remembers. Raises ``BusyError``."""
        is_among_them = self.waiting.acquire(blocking=False)
        try:
            if not is_among_them or not self.remembering.acquire(timeout=WAIT_S):
                raise BusyError("this is being reckoned already: ask again in a moment")
        finally:
            if is_among_them:
                self.waiting.release()

    def made(self, make: Callable[[Connection], T]) -> T | TooSlowError:
        try:
            with self.connection(seconds=DEAR_S) as connection:
                return make(connection)
        except TooSlowError as exc:
            return exc

    @contextmanager
    def connection(self, *, seconds: float | None = None) -> Iterator[Connection]:
        """Raises ``BusyError``, ``TooSlowError``, ``StoreError``."""
        if not self.turns.acquire(timeout=WAIT_S):
            raise BusyError(f"{PARALLEL} questions are being answered already: ask again in a moment")
        try:
            with limited(self.engine, seconds=seconds or self.answer_s) as connection:
                yield connection
        finally:
            self.turns.release()


def told(found: object) -> T:  # type: ignore[type-var]  # what make gave under this name
    """What was remembered; raises ``TooSlowError`` where it is that."""
    if isinstance(found, TooSlowError):
        raise TooSlowError(str(found))
    return found  # type: ignore[return-value]


def reading_of(request: Request) -> Reading:
    """The archive that answers a request."""
    found = request.app.state.reading
    assert isinstance(found, Reading)
    return found
