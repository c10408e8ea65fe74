"""The archive as the web reads it: few questions at a time, each with an end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from sqlalchemy import Connection, Engine
from starlette.requests import Request

from archive.errors import PeriluneError
from archive.opening import limited

PARALLEL = 8  # questions at once; SQLAlchemy's pool holds 15, and two cores gain nothing from more
WAIT_S = 10  # s a request waits for its turn
ANSWER_S = 5  # s an answer may take
STREAM_S = 3_600  # s an export may take: its reader sets the pace


class BusyError(PeriluneError):
    """Too many questions at once; the pages answer 503."""


class Reading:
    """Hands out connections that end by themselves. ``warc_dir`` is where captures are, for replay's address only."""

    def __init__(self, engine: Engine, *, warc_dir: Path, answer_s: float = ANSWER_S) -> None:
        self.engine = engine
        self.warc_dir = warc_dir
        self.answer_s = answer_s
        self.turns = BoundedSemaphore(PARALLEL)

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


def reading_of(request: Request) -> Reading:
    """The archive that answers a request."""
    found = request.app.state.reading
    assert isinstance(found, Reading)
    return found
