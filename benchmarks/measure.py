"""What a command costs: wall clock, CPU of every process it starts, memory; and on which machine that was."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.processes import MemoryWatch

PROGRAMS = ("perilune", "scrapy", "trafilatura", "lxml", "sqlalchemy", "fastwarc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one run of a command."""

    seconds: float
    """Wall clock, starting and ending it included."""
    cpu_seconds: float
    """User and system time of the process and of all that it started and waited for."""
    peak_bytes: int
    """The most that all its processes held at one moment; memory that they share counts once a process."""
    exit_code: int
    output: str


def cost_of(
    command: Sequence[str | Path], *, environ: Mapping[str, str] | None = None, cpus: set[int] | None = None
) -> Cost:
    """Run a command to its end. ``cpus``: the cores it may use; None for all. ``output`` is its standard output."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}
    started = time.monotonic()
    with subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**clean, **(environ or {})},
        preexec_fn=(lambda: os.sched_setaffinity(0, cpus)) if cpus else None,
    ) as process:
        assert process.stdout
        with MemoryWatch(process.pid) as memory:
            output = process.stdout.read().decode("utf-8", "replace")
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        seconds=time.monotonic() - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=memory.peak_bytes,
        exit_code=process.returncode,
        output=output,
    )


def perilune(*words: str | Path, home: Path, **how: object) -> Cost:
    """What a ``perilune`` command costs. Raises ``SystemExit`` with its words when it fails."""
    cost = cost_of([sys.executable, "-m", "crawler", *words, "--home", home], **how)  # type: ignore[arg-type]
    if cost.exit_code:
        raise SystemExit(f"perilune {words[0]} ended with {cost.exit_code}: {cost.output[-2000:]}")
    return cost


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def machine() -> str:
    """Processor, cores, memory, versions: what a figure is to be read with."""
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB, {platform.system()} {platform.release()}\n"
        + (f"Python {platform.python_version()}, " + ", ".join(f"{name} {version_of(name)}" for name in PROGRAMS))
    )


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
