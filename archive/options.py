"""Options that several commands share, and a quiet end when a command's reader leaves.

``@archive_options`` gives a command ``--home`` and ``--database``; ``@crawl_options`` adds ``--sources`` and
``--allow-private``. The command receives one argument ``config`` in their place.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from archive.config import LOG_FORMATS, load_config
from archive.warcstore import mount

F = TypeVar("F", bound=Callable[..., Any])  # Any: click callbacks take whatever their options are


def archive_options(command: F) -> F:
    """For commands that read an archive."""

    @click.option("--home", metavar="DIR", help="Holds archive.db, warc/ and cdxj/.  [PERILUNE_HOME; ./perilune-data]")
    @click.option("--database", metavar="URL", help="Instead of SQLite in the home.  [PERILUNE_DATABASE_URL]")
    @wraps(command)
    def with_config(*args: Any, home: str | None, database: str | None, **kwargs: Any) -> Any:  # Any: passed through
        layers = {name: kwargs.pop(name, None) for name in ("sources", "allow_private", "log_format")}
        config = load_config(os.environ, home=home, database=database, **layers)
        mount(config.warc_dir, config.warc_store)
        try:
            result = command(*args, config=config, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:  # click would end with 1
            return reader_left()
        return result

    return with_config  # type: ignore[return-value]  # same callable with options instead of config


def crawl_options(command: F) -> F:
    """For commands that know of sources."""
    decorated = archive_options(command)
    decorated = click.option(
        "--sources", metavar="DIR", help="Source files instead of the packaged ones.  [PERILUNE_SOURCES]"
    )(decorated)
    return click.option(
        "--allow-private",
        is_flag=True,
        default=None,
        help="Let crawls reach loopback and private addresses.  [PERILUNE_ALLOW_PRIVATE]",
    )(decorated)


def log_options(command: F) -> F:
    """For commands that log; above ``archive_options`` or ``crawl_options``, which take the value."""
    return click.option(
        "--log-format", type=click.Choice(LOG_FORMATS), help="Of the log on stderr.  [PERILUNE_LOG_FORMAT; text]"
    )(command)


def reader_left() -> int:
    """Whoever read our output (``head``) has enough: nothing was lost, so nothing is said, and the exit code is 0."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
