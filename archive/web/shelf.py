"""Single captures packed to be sent: made when first asked for, kept while they are in use."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from importlib.metadata import version
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, func, select

from archive.errors import StoreError
from archive.formats.packing import pack_capture
from archive.reading.exchanges import Held, capture_of
from archive.schema import CaptureRow, ForgottenRow
from archive.web.answers import NotFoundError
from archive.web.reading import Reading

ROOM = 24  # packed captures on disk; some 2 MB each
PACK_S = 30  # s that packing one may take; a page with 60 requisites takes one

Key = tuple[int, str, int, int]


class Shelf:
    """Files in a temporary folder, the least recently used thrown out. For use from many threads."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.folder = tempfile.TemporaryDirectory(prefix="perilune-replay-")
        self.paths: OrderedDict[Key, Path] = OrderedDict()
        self.lock = Lock()

    def capture(self, capture_id: int) -> Held:
        """A capture by its number. Raises ``NotFoundError``."""
        with self.reading.connection() as connection:
            return existing(connection, capture_id)

    def path(self, capture_id: int, format_: str) -> Path:
        """The capture as a file: ``warc`` or ``wacz``. Raises ``NotFoundError``, ``CaptureError``, ``StoreError``."""
        with self.reading.connection(seconds=PACK_S) as connection, self.lock:
            held = existing(connection, capture_id)
            key = (capture_id, format_, *state(connection))
            if key not in self.paths:
                self.paths[key] = self.packed(connection, held, format_)
            self.paths.move_to_end(key)
            while len(self.paths) > ROOM:
                self.paths.popitem(last=False)[1].unlink(missing_ok=True)
            return self.paths[key]

    def packed(self, connection: Connection, held: Held, format_: str) -> Path:
        suffix = {"warc": ".warc.gz", "wacz": ".wacz"}[format_]
        with tempfile.NamedTemporaryFile(dir=self.folder.name, suffix=suffix, delete=False) as file:
            path = Path(file.name)
        software = f"Perilune/{version('perilune')}"
        try:
            pack_capture(connection, self.reading.warc_dir, held, path, format_=format_, software=software)
        except OSError as exc:
            raise StoreError(f"no room for a packed capture: {exc.strerror or exc}") from exc
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
