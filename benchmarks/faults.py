"""What does a publisher with every fault cost, under the limits that a real crawl has?

    python benchmarks/faults.py [--good N]

Serves good articles between one of each fault (bombs, drips, loops, lies) on loopback, one request at a time as a
polite crawl asks, and prints what each address came to, the seconds, and the most memory all processes held.
The silent and the dripping server cost their whole minute each.
"""

from __future__ import annotations

import argparse
import inspect
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import select

from archive.database import open_engine
from archive.schema import OutcomeRow
from tests.processes import MemoryWatch
from tests.site import bodies, network, pages
from tests.site.behaviour import Fault
from tests.site.faultsite import FaultSite
from tests.site.fixtures import served


def every_fault() -> list[Fault]:
    """One of each kind."""
    return [
        kind()
        for module in (network, bodies, pages)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Fault) and kind.__module__ == module.__name__
    ]


def crawl(home: Path) -> tuple[int, float, int]:
    """(exit code, seconds, bytes at the highest) of one crawl with the ordinary command."""
    command = [sys.executable, "-m", "crawler", "crawl", "--all", "--quiet", "--home", str(home)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}
    started = time.monotonic()
    process = subprocess.Popen([*command, "--sources", str(home / "sources"), "--allow-private"], env=environ)
    with MemoryWatch(process.pid) as watch:
        code = process.wait()
    return code, time.monotonic() - started, watch.peak_bytes


def main() -> None:
    """Crawl, print, and end with 1 when an article is missing that must be there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--good", type=int, default=20, metavar="N", help="good articles beside the faults")
    good = parser.parse_args().good
    site = FaultSite(every_fault(), good=good)
    with tempfile.TemporaryDirectory() as directory, served(site) as server:
        home = Path(directory)
        site.write_source(home / "sources", server.base_url)
        code, seconds, peak_bytes = crawl(home)
        engine = open_engine(f"sqlite:///{home}/archive.db", read_only=True)
        with engine.connect() as connection:
            rows = connection.execute(select(OutcomeRow.url, OutcomeRow.outcome, OutcomeRow.reason)).all()
        engine.dispose()
        missing = {one.url for one in site.truth(server.base_url)} - {
            url for url, outcome, _ in rows if outcome == "new"
        }
    for url, outcome, reason in sorted(rows):
        if outcome != "new":
            print(f"{outcome:<10} {reason:<22} {url.rpartition('/')[2]}")
    print(f"\nexit code {code}, {seconds:.0f} s, {peak_bytes / 2**20:.0f} MB, missing: {sorted(missing) or 'none'}")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
