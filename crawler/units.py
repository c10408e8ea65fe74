"""A crawl as a line of a crontab, or as systemd's service and timer: text that can be pasted. Pure.

Both have quoting of their own on top of the shell's. crontab(5): a ``%`` ends the command unless a backslash stands
before it. systemd.syntax(7), systemd.service(5): C escapes in double quotes, ``%%`` for ``%``, ``$$`` for ``$``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from archive.errors import ConfigError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CRON_MINUTE = 7  # of the hour for hourly and rarer jobs: at the full hour everybody's crawlers come
CRON_LINE_MAX = 998  # characters of a command that cron takes (MAX_COMMAND, less the line's end)
STOP_TIMEOUT_S = 120  # s between SIGTERM and SIGKILL: a request takes 60 s at most, then files are closed
LASTING_STOP_TIMEOUT_S = 150  # s of a worker: its jobs have those two minutes, and it says what became of them
RESTART_S = 5  # s before a lasting service that failed is started again
OFF_LIMITS = re.compile(r"[\"'\\]")  # in the name of a program: systemd starts none that has one
UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be run, and how often."""

    command: tuple[str, ...]
    """Program, by its whole path, and arguments."""
    environment: Mapping[str, str]
    every: timedelta
    name: str = "perilune"
    """Of its units."""
    does: str = "poll what is due, fetch what is new, archive it"
    user: str | None = None
    """Who runs a unit of the system; None for a unit of the user's own."""
    is_lasting: bool = False
    """It runs until it is told to end: a worker, a scheduler, the web pages. No timer then."""


def cron_line(job: Job) -> str:
    """One line for ``crontab -e``. Raises ``ConfigError`` for a pace or a path that cron can't express."""
    settings = [f"{name}={value}" for name, value in job.environment.items()]
    words = ["env", *settings, *job.command]
    for word in words:
        if UNSPEAKABLE.search(word) or "\\" in word:
            raise ConfigError(f"not for a crontab, which reads backslashes and control characters itself: {word!r}")
    command = " ".join(map(shlex.quote, words)).replace("%", r"\%")
    if len(command) > CRON_LINE_MAX:
        raise ConfigError(f"cron takes {CRON_LINE_MAX} characters a command, this one has {len(command)}")
    return f"{cron_times(job.every)} {command}"


def cron_times(every: timedelta) -> str:
    """The five fields. Raises ``ConfigError`` unless an hour or a day is a multiple of ``every``."""
    minutes, rest = divmod(every, timedelta(minutes=1))
    if minutes and not rest and HOUR % every == timedelta() and every < HOUR:
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    hours, rest = divmod(every, HOUR)
    if hours and not rest and DAY % every == timedelta():
        hour = {1: "*", 24: "4"}.get(hours, f"*/{hours}")
        return f"{CRON_MINUTE} {hour} * * *"
    raise ConfigError("--every: cron knows parts of an hour and of a day: 5m, 10m, 15m, 30m, 1h, 2h, 3h, 6h, 12h, 1d")


def systemd_units(job: Job) -> dict[str, str]:
    """File name → content of a service, called as the job, and its timer unless it lasts. Raises ``ConfigError``."""
    for word in (*job.command, *job.environment.values()):
        if UNSPEAKABLE.search(word):
            raise ConfigError(f"not for a unit file: {word!r}")
    timed = {} if job.is_lasting else {f"{job.name}.timer": timer(job)}
    return {f"{job.name}.service": service(job), **timed}


def service(job: Job) -> str:
    """One run, or a lasting service that is started again when it fails. While a run lasts systemd starts no second
    one; exit code 4 (locks held elsewhere) is no failure."""
    is_system = job.user is not None
    program, *arguments = job.command if not OFF_LIMITS.search(job.command[0]) else ("/usr/bin/env", *job.command)
    lines = ["[Unit]", f"Description=Perilune: {job.does}"]
    if is_system:
        lines += ["Wants=network-online.target", "After=network-online.target"]
    lines += ["", "[Service]", "Type=exec" if job.is_lasting else "Type=oneshot"]
    lines += [f"User={job.user}"] if is_system else []
    lines += [f"Environment={quoted(f'{name}={value}')}" for name, value in job.environment.items()]
    lines.append(" ".join([f"ExecStart={quoted(program)}", *(quoted(word, is_argument=True) for word in arguments)]))
    lines += ["SuccessExitStatus=4", "KillMode=mixed"]
    lines += [f"TimeoutStopSec={LASTING_STOP_TIMEOUT_S if job.is_lasting else STOP_TIMEOUT_S}", "Nice=10"]
    lines += ["Restart=on-failure", f"RestartSec={RESTART_S}"] if job.is_lasting else []
    lines += ["NoNewPrivileges=yes"] if is_system else []
    if job.is_lasting:
        lines += ["", "[Install]", f"WantedBy={'multi-user' if is_system else 'default'}.target"]
    return "\n".join(lines) + "\n"


def timer(job: Job) -> str:
    """Soon after boot, then ``every`` so often, counted from the start of the last crawl."""
    seconds = int(job.every.total_seconds())
    return (
        "[Unit]\n"
        f"Description=Perilune: when to {job.does}\n"
        "\n"
        "[Timer]\n"
        "OnBootSec=2min\n"
        f"OnUnitActiveSec={seconds}s\n"
        "AccuracySec=30s\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


def quoted(word: str, *, is_argument: bool = False) -> str:
    """The word for a unit file; a plain one stays as it is."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    if is_argument:  # of the program: there systemd puts variables in
        escaped = escaped.replace("$", "$$")
    return escaped if re.fullmatch(r"[A-Za-z0-9_./:=@,+$%-]+", escaped) else f'"{escaped}"'
