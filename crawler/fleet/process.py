"""A job's command in a process of its own: forked from a server that has everything imported already.

A fresh interpreter spends some three seconds of CPU on imports, more than many a poll; a fork of a warm one a
hundredth of it.
The server is Python's own (``multiprocessing``, method *forkserver*): single-threaded, no reactor, no connection.
When the worker dies, the job's process sees that its parent is gone and ends in order.
"""

from __future__ import annotations

import asyncio
import io
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection, resource_tracker
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, ForkServerProcess

TOLD_BYTES = 32 << 10  # of what a command prints its end is kept; a pipe holds 64 KiB before it is read
KILL_AFTER_S = 120.0  # s from the first SIGTERM: a request takes 60 s at most, then files are closed
WARM = (
    "crawler.run", "crawler.process", "crawler.commands.crawl", "crawler.report", "archive.store", "pipelines.workers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that is over; a negative code is the signal that killed it."""

    exit_code: int
    said: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON values
    """The last line of its JSON; empty when it printed none."""


class Nursery:
    """Starts processes; one a worker."""

    def __init__(self) -> None:
        self.context: ForkServerContext = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(list(WARM))
        self.living: set[ForkServerProcess] = set()

    async def carry_out(self, arguments: Sequence[str], environment: Mapping[str, str], *, limit_s: float) -> Ended:
        """Run a command of ours to its end. After ``limit_s``, and when this is cancelled, it is told to end, later
        made to."""
        reader, writer = self.context.Pipe(duplex=False)
        process = self.context.Process(target=run_command, args=(list(arguments), dict(environment), writer))
        await asyncio.to_thread(start, process)  # the server's own start takes seconds
        writer.close()
        self.living.add(process)
        try:
            await self.ended(process, limit_s)
        finally:
            self.living.discard(process)
            said = told(reader)
            reader.close()
        return Ended(exit_code=process.exitcode or 0, said=said)

    async def ended(self, process: ForkServerProcess, limit_s: float) -> None:
        """Wait for it."""
        over = asyncio.ensure_future(asyncio.to_thread(process.join))
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(over), limit_s)
        finally:
            if not over.done():
                end(process)
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(over), KILL_AFTER_S)
                process.kill()
                await asyncio.shield(over)

    def end_all(self) -> None:
        """Tell every job to end in order."""
        for process in self.living:
            end(process)

    def kill_all(self) -> None:
        for process in self.living:
            process.kill()


def start(process: ForkServerProcess) -> None:
    """Fork it, deaf to SIGTERM until it has a handler: one that came before would kill it, and cost a try.

    It has that from the server, which has it from the thread that starts the first process.
    """
    resource_tracker.ensure_running()  # started by the server's start, it would let SIGTERM through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(process: ForkServerProcess) -> None:
    """SIGTERM: a crawl finishes the requests in flight and gives the rest back. Once: a second one aborts."""
    if process.is_alive() and not getattr(process, "is_told", False):
        process.is_told = True  # type: ignore[attr-defined]  # ours, on Python's object
        process.terminate()


def told(reader: Connection) -> Mapping[str, Any]:
    """What the command's last line said, if it is a JSON object."""
    try:
        line = reader.recv_bytes(TOLD_BYTES) if reader.poll() else b"{}"
        found = json.loads(line)
    except (EOFError, OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


# In the process


def run_command(arguments: list[str], environment: dict[str, str], answer: Connection) -> None:
    """Be ``perilune`` with these arguments: leaves with its exit code, and hands its last line over."""
    os.setsid()  # a terminal's Ctrl-C is the worker's to hear
    os.environ.update(environment)
    signal.signal(signal.SIGTERM, interrupted)
    threading.Thread(target=end_with_parent, daemon=True).start()
    said = io.BytesIO()
    sys.stdout = io.TextIOWrapper(said, encoding="utf-8", write_through=True)
    code = obeyed(arguments)
    lines = said.getvalue().splitlines()
    with suppress(OSError):  # nobody listens any more
        answer.send_bytes(lines[-1] if lines and len(lines[-1]) <= TOLD_BYTES else b"{}")
    answer.close()
    sys.exit(code)


def obeyed(arguments: list[str]) -> int:
    """The command's exit code. SIGTERM is heard from here on, one that came before at once; not any more afterwards."""
    from crawler import cli

    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        code = cli.run(arguments)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except KeyboardInterrupt:
        return cli.INTERRUPTED
    return code


def interrupted(signum: int, frame: object) -> None:
    """SIGTERM ends a command as Ctrl-C does, undoing what it has not committed: it is given back, and costs no try.
    A crawl has a handler of its own, and finishes its requests."""
    raise KeyboardInterrupt


def end_with_parent() -> None:
    """Once the worker is gone: end in order, as if told to."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
