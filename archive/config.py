"""The one place that reads the environment (``PERILUNE_*``) and puts flags above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from archive.errors import ConfigError

Layer: TypeAlias = Literal["default", "environment", "flag"]
LEASE_S = (5, 86_400)  # s; renewed five times in it, so a shorter one would be lost to a slow disk
MOST_PROCESSES = 64  # more than any machine has use for
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
LOG_FORMATS = ("text", "json")
FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Effective configuration; ``layers`` says for each field where its value came from."""

    home: Path
    database_url: str
    """SQLAlchemy URL; by default SQLite in ``home``."""
    sources: Path | None
    """Folder of source files; None means the packaged registry."""
    contact: str | None
    allow_private: bool
    log_format: str = "text"
    """Of the log on stderr: text | json."""
    lease: timedelta = timedelta(minutes=5)
    """How long a run's hosts stay its own without a sign of life."""
    warc_store: str | None = None
    """URL of a store that finished WARC files are shipped to; None: they stay in ``home``."""
    extract_workers: int | None = None
    """Processes that read pages; None: as ``crawler/settings.py`` has it."""
    layers: Mapping[str, Layer]

    @property
    def warc_dir(self) -> Path:
        return self.home / "warc"

    @property
    def cdxj_dir(self) -> Path:
        return self.home / "cdxj"


def load_config(
    environ: Mapping[str, str],
    *,
    home: str | None = None,
    database: str | None = None,
    sources: str | None = None,
    allow_private: bool | None = None,
    log_format: str | None = None,
) -> Config:
    """Flags (None where not given) over environment over defaults. Touches no file.

    Raises ``ConfigError`` when a value can't be read.
    """
    layers: dict[str, Layer] = {}

    def pick(name: str, flag: str | None, variable: str, default: str | None) -> str | None:
        if flag is not None:
            layers[name] = "flag"
            return flag
        layers[name] = "environment" if environ.get(variable) else "default"
        return environ.get(variable) or default

    home_path = Path(pick("home", home, "PERILUNE_HOME", "perilune-data") or "").absolute()
    database_url = pick("database_url", database, "PERILUNE_DATABASE_URL", f"sqlite:///{home_path}/archive.db") or ""
    sources_dir = pick("sources", sources, "PERILUNE_SOURCES", None)
    contact = pick("contact", None, "PERILUNE_CONTACT", None)
    private_word = pick(
        "allow_private", None if allow_private is None else str(allow_private), "PERILUNE_ALLOW_PRIVATE", ""
    )
    return Config(
        home=home_path,
        database_url=database_url,
        sources=Path(sources_dir).absolute() if sources_dir else None,
        contact=contact,
        allow_private=read_flag("PERILUNE_ALLOW_PRIVATE", private_word or ""),
        log_format=read_log_format(pick("log_format", log_format, "PERILUNE_LOG_FORMAT", "text") or ""),
        warc_store=pick("warc_store", None, "PERILUNE_WARC_STORE", None),
        lease=read_seconds("PERILUNE_LEASE_S", pick("lease", None, "PERILUNE_LEASE_S", "300") or "", LEASE_S),
        extract_workers=read_count(
            "PERILUNE_EXTRACT_WORKERS", pick("extract_workers", None, "PERILUNE_EXTRACT_WORKERS", None)
        ),
        layers=layers,
    )


def read_count(name: str, word: str | None) -> int | None:
    """1 to 64; None where nothing is said. Raises ``ConfigError``."""
    if word is None:
        return None
    if word.isascii() and word.isdecimal() and len(word) < 3 and 1 <= int(word) <= MOST_PROCESSES:
        return int(word)
    raise ConfigError(f"{name}: not a number from 1 to {MOST_PROCESSES}: {word!r}")


def read_seconds(name: str, word: str, bounds: tuple[int, int]) -> timedelta:
    """A whole number of seconds within ``bounds``, both included; raises ``ConfigError`` for any other word."""
    least, most = bounds
    if word.isascii() and word.isdecimal() and len(word) < 10 and least <= int(word) <= most:
        return timedelta(seconds=int(word))
    raise ConfigError(f"{name}: not a number of seconds from {least} to {most}: {word!r}")


def read_log_format(word: str) -> str:
    """``text`` or ``json``; raises ``ConfigError`` for any other."""
    if word in LOG_FORMATS:
        return word
    raise ConfigError(f"PERILUNE_LOG_FORMAT: neither text nor json: {word!r}")


def read_flag(name: str, word: str) -> bool:
    """True or False for the usual words; raises ``ConfigError`` for any other."""
    if word.strip().lower() in TRUE_WORDS:
        return True
    if word.strip().lower() in FALSE_WORDS:
        return False
    raise ConfigError(f"{name}: not a yes or no: {word!r}")
