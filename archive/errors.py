"""Every error an operator may meet, and the exit code it ends a command with (docs/operate)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class PeriluneError(Exception):
    """Base of ours. ``exit_code`` is what the command returns when it ends here."""

    exit_code = 1


class ConfigError(PeriluneError):
    """Usage or configuration is wrong; nothing was done."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with one file: ``key`` is dotted (``feeds[0].url``), empty for the whole file."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.reason) if part)


class SourceError(ConfigError):
    """Source files are wrong. Carries every problem found, not the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CaptureError(PeriluneError):
    """Evidence can't be written. No evidence, no crawl."""

    exit_code = 3
    reason = "not_captured"  # of a URL that was being fetched when it happened; it stays due


class ExtractionError(PeriluneError):
    """One page can't be read: counted, its capture kept, replayable. Never ends a run."""


class StoreError(PeriluneError):
    """The database can't be opened, read or written."""

    exit_code = 3


class TooSlowError(StoreError):
    """A question costs more time than it may: the web pages answer 400."""


class SchemaError(StoreError):
    """The database has another schema than this program. Says which command to run."""

    exit_code = 2


class LockedError(PeriluneError):
    """Another run holds every lock asked for."""

    exit_code = 4


class QueryError(PeriluneError):
    """A query can't be understood. ``position`` counts characters from 0 in ``query``; ``parameter`` is what a program
    calls that which was at fault: the query, or the place to go on from."""

    exit_code = 2

    def __init__(self, reason: str, *, query: str, position: int, parameter: str = "q") -> None:
        self.reason, self.query, self.position, self.parameter = reason, query, position, parameter
        super().__init__(f"{reason}\n  {query}\n  {' ' * position}^")
