"""Single captures packed to be sent: made when first asked for, kept while they are in use."""

from __future__ import annotations

import tempfile
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import BinaryIO

from sqlalchemy import Connection, func, select

from archive.errors import StoreError
from archive.formats.packing import pack_capture
from archive.reading.exchanges import Held, capture_of
from archive.schema import CaptureRow, ForgottenRow
from archive.web.answers import NotFoundError
from archive.web.reading import WAIT_S, BusyError, Reading

ROOM = 24  # packed captures on disk; some 2 MB each
PACK_S = 30  # s that packing one may take; a page with 60 requisites takes one
STEADY_S = 60  # s that a packed capture is handed out though others came in: a crawl brings some every second
BENCHES = 2  # captures packed at once; the other turns at the archive are for pages
MAX_PACKING = 8  # requests that pack or wait for it, each in a thread of the server

Key = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A file on the shelf, and what may outdate it."""

    path: Path
    at: float
    """Of the clock that never goes back, in s."""
    newest: int
    """The last capture in the archive: requisites may come in later."""
    forgotten: int
    """Addresses forgotten by then; when there are others, all that is packed goes: it may hold one of them."""

    def is_good(self, newest: int) -> bool:
        return self.newest == newest or time.monotonic() - self.at < STEADY_S


class Shelf:
    """Files in a temporary folder, the least recently used thrown out. For use from many threads."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.folder = tempfile.TemporaryDirectory(prefix="perilune-replay-")
        self.kept: OrderedDict[Key, Packed] = OrderedDict()
        self.lock = Lock()  # around ``kept`` alone: nothing is read or packed under it
        self.benches = tuple(Lock() for _ in range(BENCHES))
        self.packing = BoundedSemaphore(MAX_PACKING)

    def capture(self, capture_id: int) -> Held:
        """A capture by its number. Raises ``NotFoundError``."""
        with self.reading.connection() as connection:
            return existing(connection, capture_id)

    def file(self, capture_id: int, format_: str) -> BinaryIO:
        """The capture as a file, ``warc`` or ``wacz``; open, since another thread may throw it out at any moment.

        Raises ``NotFoundError``, ``CaptureError``, ``StoreError``; ``BusyError`` when too many are being packed.
        """
        key = (capture_id, format_)
        found = self.found(key)
        if found is None:
            with self.bench(key):
                found = self.found(key) or self.made(key)
        return found

    def found(self, key: Key) -> BinaryIO | None:
        """What is on the shelf and good still."""
        with self.reading.connection() as connection:
            existing(connection, key[0])
            newest, forgotten = state(connection)
        with self.lock:
            self.throw_out([each for each, packed in self.kept.items() if packed.forgotten != forgotten])
            packed = self.kept.get(key)
            if packed is None or not packed.is_good(newest):
                return None
            self.kept.move_to_end(key)
            return packed.path.open("rb")

    def made(self, key: Key) -> BinaryIO:
        with self.reading.connection(seconds=PACK_S) as connection:
            newest, forgotten = state(connection)
            path = self.packed(connection, existing(connection, key[0]), key[1])
        with self.lock:
            self.throw_out([key])
            self.kept[key] = Packed(path=path, at=time.monotonic(), newest=newest, forgotten=forgotten)
            self.throw_out(list(self.kept)[:-ROOM])
            return path.open("rb")

    @contextmanager
    def bench(self, key: Key) -> Iterator[None]:
        """A place to pack at, the same for the same capture. No turn at the archive is held while waiting for it."""
        bench = self.benches[hash(key) % BENCHES]
        if not self.packing.acquire(blocking=False):
            raise BusyError(f"{MAX_PACKING} captures are being packed already: ask again in a moment")
        try:
            if not bench.acquire(timeout=WAIT_S):
                raise BusyError("captures are being packed already: ask again in a moment")
            try:
                yield
            finally:
                bench.release()
        finally:
            self.packing.release()

    def throw_out(self, keys: Iterable[Key]) -> None:
        for key in keys:
            if (packed := self.kept.pop(key, None)) is not None:
                packed.path.unlink(missing_ok=True)

    def packed(self, connection: Connection, held: Held, format_: str) -> Path:
        suffix = {"warc": ".warc.gz", "wacz": ".wacz"}[format_]
        with tempfile.NamedTemporaryFile(dir=self.folder.name, suffix=suffix, delete=False) as file:
            path = Path(file.name)
        software = f"Perilune/{version('perilune')}"
        try:
            pack_capture(
                connection, self.reading.warc_dir, held, path, format_=format_, software=software, seconds=PACK_S
            )
        except BaseException as exc:
            path.unlink(missing_ok=True)
            if isinstance(exc, OSError):
                raise StoreError(f"no room for a packed capture: {exc.strerror or exc}") from exc
            raise
        return path

    def close(self) -> None:
        self.folder.cleanup()


def existing(connection: Connection, capture_id: int) -> Held:
    held = capture_of(connection, capture_id)
    if held is None:
        raise NotFoundError("There is no such capture.")
    return held


def state(connection: Connection) -> tuple[int, int]:
    """What may change a packed capture: requisites that came in, and addresses that were forgotten."""
    newest = connection.execute(select(func.max(CaptureRow.id))).scalar() or 0
    return newest, connection.execute(select(func.count()).select_from(ForgottenRow)).scalar() or 0
