"""What an export must remember while it writes: in a file of its own, so that memory does not grow with the export."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

CACHE_KB = 16_384  # of pages in memory; what is beyond that is on disk


class Scratch:
    """Which records a file holds, and lines to be sorted. Gone when the block ends.

    Raises ``OSError`` where no temporary file can be made.
    """

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="perilune-export-")
        self.database = sqlite3.connect(Path(self.folder.name) / "scratch.db", isolation_level=None)
        self.database.execute("PRAGMA journal_mode = OFF")
        self.database.execute("PRAGMA synchronous = OFF")
        self.database.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        self.database.execute("CREATE TABLE written (name TEXT PRIMARY KEY) WITHOUT ROWID")
        self.database.execute("CREATE TABLE line (text TEXT PRIMARY KEY) WITHOUT ROWID")
        self.line_bytes = 0

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.database.close()
        self.folder.cleanup()

    def has(self, name: str) -> bool:
        return self.database.execute("SELECT 1 FROM written WHERE name = ?", (name,)).fetchone() is not None

    def remember(self, name: str) -> None:
        self.database.execute("INSERT OR IGNORE INTO written VALUES (?)", (name,))

    def add_line(self, line: str) -> None:
        self.database.execute("INSERT OR IGNORE INTO line VALUES (?)", (line,))
        self.line_bytes += len(line) + 1

    def lines(self) -> Iterator[str]:
        """The lines in order of their characters, each once."""
        for (line,) in self.database.execute("SELECT text FROM line ORDER BY text"):
            yield line
