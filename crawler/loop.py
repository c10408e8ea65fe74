"""The foreground loop for containers: looks what is due, crawls in a child process, and never dies of a failed run.

A child a run, since Scrapy's reactor starts once a process, and since a crawl that is killed for its memory must not
take the loop along. The first SIGTERM or SIGINT goes on to the child, which ends in order; so does the second.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from archive.errors import PeriluneError

log = logging.getLogger(__name__)
INTERRUPTED = 130  # as cli
FINE = frozenset({0, 4, INTERRUPTED})  # 4: another run does the work
MAX_REASONS = 20  # of a run, in its line


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """``due`` says which sources there is work for now; ``command`` does it and ends with a line of JSON."""

    due: Callable[[], list[str]]
    command: Sequence[str]


class Loop:
    """Does what is due of its works, one after the other, then rests."""

    def __init__(self, *, every: timedelta, works: Sequence[Work], environment: Mapping[str, str]) -> None:
        self.every = every
        self.works = works
        self.environment = environment
        self.child: asyncio.subprocess.Process | None = None
        self.stopped = asyncio.Event()
        self.exit_code = 0

    async def run(self) -> int:
        """Until a signal: 0 after SIGTERM, which is how containers end; 130 after SIGINT."""
        running = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            running.add_signal_handler(signum, self.stop, signum)
        log.info("loop started", extra={"every_s": self.every.total_seconds(), "pid": os.getpid()})
        while not self.stopped.is_set():
            for work in self.works:
                if not self.stopped.is_set():
                    await self.turn(work)
            await self.rest()
        log.info("loop ended", extra={"exit_code": self.exit_code})
        return self.exit_code

    def stop(self, signum: signal.Signals) -> None:
        """End the loop; a crawl that is under way is told to end, and waited for."""
        self.exit_code = INTERRUPTED if signum == signal.SIGINT else self.exit_code
        self.stopped.set()
        if self.child is not None and self.child.returncode is None:
            self.child.send_signal(signal.SIGTERM)

    async def rest(self) -> None:
        """Wait for the next look, or for a signal."""
        try:
            await asyncio.wait_for(self.stopped.wait(), self.every.total_seconds())
        except TimeoutError:
            return

    async def turn(self, work: Work) -> None:
        """Look, and do the work if any is due. What can't be looked at is said, and looked at again next time."""
        try:
            sources = work.due()
        except PeriluneError as exc:
            log.error("look failed", extra={"error": str(exc)})
            return
        if not sources:
            return
        log.info("run started", extra={"sources": len(sources)})
        began = time.monotonic()
        try:
            exit_code, output = await self.carry_out(work)
        except OSError as exc:  # no memory or no process left: next time there may be
            log.error("run failed to start", extra={"error": str(exc)})
            return
        level = logging.INFO if exit_code in FINE else logging.WARNING
        ended = {"exit_code": exit_code, "seconds": round(time.monotonic() - began, 1), **summary(output)}
        log.log(level, "run ended", extra=ended)

    async def carry_out(self, work: Work) -> tuple[int, bytes]:
        """(exit code, results) of one run; a negative code is the signal that killed it. Its log is our log."""
        self.child = await asyncio.create_subprocess_exec(
            *work.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=dict(self.environment),
            start_new_session=True,  # a terminal's Ctrl-C reaches us alone: one signal ends it in order, two abort
        )
        if self.stopped.is_set():  # the signal came while it was being started
            self.child.send_signal(signal.SIGTERM)
        output, _ = await self.child.communicate()
        return self.child.returncode or 0, output


def summary(output: bytes) -> dict[str, object]:
    """What the last line of ``crawl --json`` says of the run; nothing when it ended without one."""
    lines = output.decode("utf-8", "replace").splitlines()
    try:
        said = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    if not isinstance(said, dict) or "run" not in said:
        return {}
    return {"run": said["run"], "state": said.get("state"), "reasons": list(said.get("reasons", ()))[:MAX_REASONS]}
