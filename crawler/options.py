"""Options that several commands share: ``--home``, ``--database``, ``--sources``, ``--allow-private``."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from archive.config import Config, load_config

F = TypeVar("F", bound=Callable[..., Any])  # Any: click callbacks take whatever their options are


def configured(command: F) -> F:
    """Give the command a ``config`` in place of the four options."""

    @click.option("--home", metavar="DIR", help="Holds archive.db, warc/ and cdxj/.  [PERILUNE_HOME; ./perilune-data]")
    @click.option(
        "--database", metavar="URL", help="Another database than SQLite in the home.  [PERILUNE_DATABASE_URL]"
    )
    @click.option("--sources", metavar="DIR", help="Source files instead of the packaged ones.  [PERILUNE_SOURCES]")
    @click.option(
        "--allow-private",
        is_flag=True,
        default=None,
        help="Let crawls reach loopback and private addresses.  [PERILUNE_ALLOW_PRIVATE]",
    )
    @wraps(command)
    def with_config(
        *args: Any,  # Any: passed through
        home: str | None,
        database: str | None,
        sources: str | None,
        allow_private: bool | None,
        **kwargs: Any,  # Any: passed through
    ) -> Any:  # Any: whatever the command returns
        config: Config = load_config(
            os.environ, home=home, database=database, sources=sources, allow_private=allow_private
        )
        return command(*args, config=config, **kwargs)

    return with_config  # type: ignore[return-value]  # same callable with options instead of config
