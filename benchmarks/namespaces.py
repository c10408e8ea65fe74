"""Network namespaces with addresses of their own: each worker as on a machine of its own, on one kernel.

The benchmark starts itself again in a namespace of its own, from which nothing leads out; there a bridge carries the
publishers' addresses, and each worker has a namespace, an end of a cable and an address. All of it is gone with the
benchmark. Needs root (``CAP_NET_ADMIN``, ``CAP_SYS_ADMIN``) and iproute2.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

PREFIX = "10.203"  # publishers have 10.203.1 and up, workers 10.203.255
MARK = "PERILUNE_IN_NAMESPACE"


def enter(module: str, words: Sequence[str]) -> None:
    """Go on in a network namespace of our own: starts the module again, once. Raises ``SystemExit`` where this machine
    forbids it, with its own words."""
    if os.environ.get(MARK):
        return
    with allowed():
        run("unshare", "--net", "true")
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", "--net", sys.executable, "-m", module, *words])


class Network:
    """A bridge, and namespaces on it; entered, it is there."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """Of whoever joined → of the namespace."""

    def __enter__(self) -> Network:
        with allowed():
            run("ip", "link", "set", "lo", "up")
            run("ip", "link", "add", "town", "type", "bridge")
            run("ip", "link", "set", "town", "up")
            self.inside("nobody")
        return self

    def __exit__(self, *raised: object) -> None:
        for space in self.names.values():
            with suppress(subprocess.CalledProcessError):
                run("ip", "netns", "del", space)

    def address(self, number: int) -> str:
        """Of the publisher with this number, from 1; it may be listened on from now on."""
        found = f"{PREFIX}.{1 + number // 250}.{1 + number % 250}"
        run("ip", "addr", "add", f"{found}/16", "dev", "town")
        return found

    def inside(self, name: str) -> list[str]:
        """The words before a command that is to run as this one; its namespace is made when it is not there."""
        if name not in self.names:
            space, number = f"perilune-{os.getpid()}-{len(self.names)}", 10 + len(self.names)
            self.names[name] = space
            run("ip", "netns", "add", space)
            run("ip", "link", "add", f"cable{number}", "type", "veth", "peer", "name", "eth0", "netns", space)
            run("ip", "link", "set", f"cable{number}", "master", "town", "up")
            run("ip", "-n", space, "addr", "add", f"{PREFIX}.255.{number}/16", "dev", "eth0")
            run("ip", "-n", space, "link", "set", "eth0", "up")
            run("ip", "-n", space, "link", "set", "lo", "up")
        return ["ip", "netns", "exec", self.names[name]]


@contextmanager
def allowed() -> Iterator[None]:
    """Raises ``SystemExit`` with the machine's own words when something inside is refused."""
    try:
        yield
    except OSError as exc:
        raise SystemExit(f"no network namespaces here: {exc}") from exc
    except subprocess.CalledProcessError as exc:
        raise SystemExit(f"no network namespaces here: {' '.join(exc.cmd)}: {exc.stderr.strip()}") from exc


def run(*words: str) -> None:
    """Raises ``CalledProcessError``, ``OSError`` where the program is missing."""
    subprocess.run(words, check=True, capture_output=True, text=True)
