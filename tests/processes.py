"""What a process and those it started use of the machine, read from ``/proc``."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
LOOK_EVERY_S = 0.05  # s; a bomb's pages are there for longer


class MemoryWatch:
    """``with MemoryWatch(pid) as watch``: ``watch.peak_bytes`` is the most that all of them held at one moment."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak_bytes = 0
        self.has_ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self) -> MemoryWatch:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.has_ended.set()
        self.thread.join()

    def watch(self) -> None:
        while not self.has_ended.wait(LOOK_EVERY_S):
            self.peak_bytes = max(self.peak_bytes, sum(map(resident_bytes, family(self.pid))))


def family(pid: int) -> list[int]:
    """The process and its descendants that live now."""
    found = [pid]
    for one in found:
        for listed in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, listed.read_text().split())
            except OSError:  # it ended while we looked
                continue
    return found


def resident_bytes(pid: int) -> int:
    """What it holds in memory, shared libraries included. 0 once it is gone."""
    try:
        resident = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(resident) * PAGE_BYTES
