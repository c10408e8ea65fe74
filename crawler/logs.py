"""The log on stderr: one event a line, as text for people or JSON for programs.

An event is a fixed sentence; what differs stands in ``extra`` and becomes ``name=value`` or a key. Nothing that was
fetched is logged, values are cut, and what may be a secret in an address is hidden.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from archive.terminal import escaped, plain

FIRST = ("at", "level", "logger", "event", "traceback")  # keys of every line in JSON
MAX_VALUE = 2_000  # characters of a value or an event; a URL has 2,083 at most
MAX_TRACEBACK = 20_000  # characters
NOISY = ("scrapy", "twisted", "asyncio", "filelock", "alembic", "sqlalchemy")  # they tell about themselves
OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "spider", "crawler"}
PLAIN_VALUE = re.compile(r"https?://[^\s\"]+|[^\s\"=]+")
USER_INFO = re.compile(r"(?<=://)[^/\s@'\"]+@")
SECRET = re.compile(
    r"([?&;](?:[\w.-]*(?:token|secret|passw(?:or)?d|passwd|api_?key|access_?key|signature)|key|sig|auth|sid)=)[^&;#\s'\"]+",
    re.IGNORECASE,
)


def configure(*, level: str, log_format: str) -> None:
    """Send what this process logs to stderr, from ``level`` up; replaces what was set up before.

    Of others' words only errors come through, and with ``INFO`` warnings: what Scrapy warns of is a URL that was
    dropped, and the ledger has its reason. Asked of each record, since Scrapy sets its loggers' levels when it starts.
    """
    handler = Stderr()
    handler.setLevel(level)
    least = logging.WARNING if level == "INFO" else logging.ERROR
    handler.addFilter(lambda record: record.levelno >= least or not record.name.startswith(NOISY))
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


class Stderr(logging.StreamHandler[TextIO]):
    """Whatever stderr is at the moment of the event: a live display puts itself in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class TextLines(logging.Formatter):
    """``2026-03-01T12:00:00Z WARNING crawler.robots robots.txt can't be had origin=https://…``; a traceback follows,
    each of its lines indented."""

    def format(self, record: logging.LogRecord) -> str:
        at, event, data, traceback = parts(record, self)
        pairs = "".join(f" {name}={shown(value)}" for name, value in data.items())
        trace = "".join(f"\n    {plain(line)}" for line in traceback.splitlines())
        return f"{at} {record.levelname} {record.name} {event}{pairs}{trace}"


class JsonLines(logging.Formatter):
    """One object: ``at``, ``level``, ``logger``, ``event``, then what came with it, then ``traceback``."""

    def format(self, record: logging.LogRecord) -> str:
        at, event, data, traceback = parts(record, self)
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "logger": record.name, "event": event}
        line |= {f"{name}_" if name in FIRST else name: value for name, value in data.items()}
        return escaped(json.dumps(line | ({"traceback": traceback} if traceback else {}), ensure_ascii=False))


def parts(record: logging.LogRecord, formatter: logging.Formatter) -> tuple[str, str, dict[str, Any], str]:
    """(moment, event, what came with it, traceback or nothing), cut and without secrets."""
    at = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = {name: clean(value) for name, value in vars(record).items() if name not in OWN}
    trace = formatter.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
    return at, str(clean(" ".join(record.getMessage().split()))), data, redacted(trace)[:MAX_TRACEBACK]


def clean(value: object) -> Any:  # Any: JSON
    """The value as JSON holds it: short, plain, without secrets."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): clean(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(one) for one in value]
    return redacted(plain(str(value)[:MAX_VALUE]))


def shown(value: object) -> str:
    """A value in a line of text: words with white space are quoted."""
    if isinstance(value, list):
        return ",".join(shown(one) for one in value) or "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if PLAIN_VALUE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def redacted(text: str) -> str:
    """Names and passwords before a host, and values of parameters that sound secret, as ``***``."""
    return SECRET.sub(r"\1***", USER_INFO.sub("***@", text))
