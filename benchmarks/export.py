"""How much memory an export takes, and how long: every format over one archive, each in a process of its own.

``python -m benchmarks.export HOME [--formats jsonl,csv]``; HOME as ``python -m benchmarks.load sqlite:///HOME/archive.db
--articles 100000`` makes one. Afterwards JSON lines and Parquet are read back side by side: every article must be the
same. Prints one table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import zip_longest
from pathlib import Path

BAR_MB = 300
FORMATS = ("jsonl", "csv", "parquet", "sqlite", "bibtex", "ris", "csl")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--formats", default=",".join(FORMATS))
    given = parser.parse_args()
    print(f"{'format':<9}{'seconds':>9}{'peak MB':>9}{'file MB':>9}")
    with tempfile.TemporaryDirectory(dir=given.home) as folder:
        peaks = [measured(given.home, Path(folder), name) for name in given.formats.split(",")]
        if {"jsonl", "parquet"} <= set(given.formats.split(",")):
            print(f"read back: {same_articles(Path(folder)):,} articles equal in JSON lines and Parquet")
    print(f"bar: {BAR_MB} MB; most: {max(peaks):.0f} MB")
    return int(max(peaks) >= BAR_MB)


def measured(home: Path, folder: Path, name: str) -> float:
    """Export and print a line; the process's peak of resident memory in MB."""
    file = folder / f"all.{name}"
    command = [sys.executable, "-m", "crawler", "export", str(file), "--format", name, "--home", str(home)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{name}: the export ended with {os.waitstatus_to_exitcode(status)}")
    peak = usage.ru_maxrss / 1024
    print(f"{name:<9}{seconds:>9.1f}{peak:>9.0f}{file.stat().st_size / 1e6:>9.0f}", flush=True)
    return peak


def same_articles(folder: Path) -> int:
    """How many articles both files hold; ends the run at the first that differs."""
    from pyarrow.parquet import ParquetFile

    table = ParquetFile(folder / "all.parquet")
    rows = (row for batch in table.iter_batches(batch_size=500) for row in batch.to_pylist())
    count = 0
    with (folder / "all.jsonl").open(encoding="utf-8") as lines:
        for line, row in zip_longest(lines, rows):
            if line is None or json.loads(line) != row:
                raise SystemExit(f"article {count + 1} differs: {line!r:.200} {row!r:.200}")
            count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
