"""Who holds a lock, a lease or a name: ``host:pid:random``, since process numbers come again."""

from __future__ import annotations

import os
import secrets
import socket

GROUP = "host_group:"  # the name of the lock on a host group begins so


def owner_name() -> str:
    """Of this process."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_dead(owner: str) -> bool:
    """True for a process of this machine that no longer runs; False for one that does, for other machines', and for
    an owner that names no process. Containers must not share a host name: each sees only its own processes."""
    host, _, rest = owner.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
