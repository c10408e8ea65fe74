"""What a job is: its kind, its words, the lock it needs, the command it means, and what becomes of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from archive.errors import ConfigError
from archive.idrange import id_range
from archive.owners import GROUP

FINE, ALARM, USAGE, FAULTS, LOCKED, INTERRUPTED = 0, 1, 2, 3, 4, 130  # as crawler.verdict; verify's 3 is faults
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")  # of a source, as its file's name
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")  # without a folder; never an option
EXPORTS = "exports"  # in a worker's home
MOST_TRIES = 8  # of a job that fails; with the pauses below that is some four hours
MOST_LOST = 5  # times that its worker vanished under it: such a job may be what kills them
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
LOCKED_PAUSE = timedelta(seconds=20)  # until another run gives the hosts back; also the time after which it is seen
Words: TypeAlias = Mapping[str, object]
Fate: TypeAlias = Literal["done", "again", "given back", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the worker that takes a job gives it: time, and a place for files."""

    budget: timedelta
    home: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job to be queued."""

    kind: str
    words: Mapping[str, str]
    lock: str | None
    queueing_lock: str
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job. ``command`` makes the command line of its words, or raises ``ConfigError``."""

    name: str
    help: str
    words: tuple[str, ...]
    command: Callable[[Words, Means], list[str]]
    priority: int
    needed: int = 0
    """How many of the words it can't do without, the first ones."""
    folder: str = ""
    """In the worker's home, made before it begins."""
    is_verdict: bool = False
    """Its 3 is what it found: asked again, it would say the same."""
    is_bounded: bool = False
    """It ends by itself when its time is up, and leaves the rest due."""

    def command_line(self, words: Words, means: Means) -> list[str]:
        """The command that the words mean. Raises ``ConfigError`` for wrong ones, and for any not in ``words``."""
        if strange := sorted(set(words) - set(self.words)):
            raise ConfigError(f"{self.name}: no such word: {', '.join(map(repr, strange))}")
        return self.command(words, means)


def a_source(words: Words) -> str:
    return matched("source", words, NAME)


def matched(name: str, words: Words, pattern: re.Pattern[str]) -> str:
    """The word, if it is what it should be. The queue is a table that others may write to. Raises ``ConfigError``."""
    word = words.get(name)
    if isinstance(word, str) and pattern.fullmatch(word):
        return word
    raise ConfigError(f"{name}: not a name: {word!r}")


def seconds(budget: timedelta) -> str:
    return f"{max(1, int(budget.total_seconds()))}s"


def crawl_command(words: Words, means: Means) -> list[str]:
    return ["crawl", "--quiet", "--json", "--max-time", seconds(means.budget), "--", a_source(words)]


def recheck_command(words: Words, means: Means) -> list[str]:
    return ["recheck", "--quiet", "--json", "--max-time", seconds(means.budget), "--", a_source(words)]


def replay_command(words: Words, means: Means) -> list[str]:
    return ["replay", "--quiet", "--json", "--", str(means.home / "warc" / matched("file", words, FILE))]


def dedup_command(words: Words, means: Means) -> list[str]:
    of = ["--articles", str(id_range(str(words["articles"])))] if words.get("articles") else []
    return ["dedup", "rebuild", "--quiet", "--json", *of]


def export_command(words: Words, means: Means) -> list[str]:
    where = ["--where", str(words["query"])] if words.get("query") else []
    return ["export", *where, "--", str(means.home / EXPORTS / matched("file", words, FILE))]


def verify_command(words: Words, means: Means) -> list[str]:
    return ["verify", "--json"]


KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="crawl", help="Poll a source and fetch what is new.", words=("source",), command=crawl_command,
             priority=10, needed=1, is_bounded=True),
        Kind(name="recheck", help="Look at a source's archived articles again.", words=("source",),
             command=recheck_command, priority=5, needed=1, is_bounded=True),
        Kind(name="replay", help="Rebuild rows from one WARC file.", words=("file",), command=replay_command,
             priority=0, needed=1),
        Kind(name="export", help="Write an export on the worker that takes it.", words=("file", "query"),
             command=export_command, priority=0, needed=1, folder=EXPORTS),
        Kind(name="dedup", help="Find copies anew in what is archived, or in a range of it.", words=("articles",),
             command=dedup_command, priority=-10),
        Kind(name="verify", help="Compare files, digests and rows.", words=(), command=verify_command, priority=-10,
             is_verdict=True),
    )
}  # fmt: skip


def order_of(kind: str, words: Mapping[str, str], *, host_group: str | None = None) -> Order:
    """A job of this kind; a crawl's lock is its host group, so that two of a group never run at once.

    Raises ``ConfigError`` for an unknown kind, and for words that are none of its.
    """
    if kind not in KINDS:
        raise ConfigError(f"no such kind of job: {kind!r}; there are {', '.join(KINDS)}")
    known = KINDS[kind]
    known.command_line(words, Means(budget=FIRST_PAUSE, home=Path()))  # raises for words that are wrong
    first = next((words[name] for name in known.words if name in words), "")
    lock = f"{GROUP}{host_group}" if host_group is not None else f"{kind}:{first}"
    return Order(kind=kind, words=dict(words), lock=lock, queueing_lock=f"{kind}:{first}", priority=known.priority)


def fate_of(exit_code: int) -> Fate:
    """What a job's command came to, by its exit code (docs/operate.md; negative: killed by that signal).

    An alarm (1) is done: its run says what was wrong, and the schedule asks again by itself. What could not be stored,
    or was killed, is tried again; what was interrupted or found its hosts held is given back; a wrong word never
    becomes right.
    """
    if exit_code in (FINE, ALARM):
        return "done"
    if exit_code in (LOCKED, INTERRUPTED):
        return "given back"
    return "refused" if exit_code == USAGE else "again"


def pause_before(attempt: int, exit_code: int, kind: str = "crawl") -> timedelta | None:
    """How long to wait before the next try, ``attempt`` counting from 0; None to give up, and keep it as failed.

    A job that was given back costs no try: an interrupted one may start at once elsewhere.
    """
    if exit_code == INTERRUPTED:
        return timedelta()
    if exit_code == LOCKED:
        return LOCKED_PAUSE
    is_said = exit_code == FAULTS and KINDS[kind].is_verdict
    if fate_of(exit_code) != "again" or is_said or attempt + 1 >= MOST_TRIES:
        return None
    return min(FIRST_PAUSE * (1 << attempt), LONGEST_PAUSE)
