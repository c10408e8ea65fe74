"""What do we keep, and how is it read?

Words, frontier, WARC files, SQL, search, export and web pages. Never imports Scrapy, Twisted or
trafilatura: an archive can be read on a machine that never crawls. ``archive.open`` is the way in from Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.library import Library


def open(home: str | Path | None = None, *, database: str | None = None) -> Library:
    """An archive to ask questions of: ``with archive.open("perilune-data") as news: news.search("moon")``.

    ``home`` and ``database`` as in the options ``--home`` and ``--database``, with the same defaults. Raises
    ``ConfigError`` where there is no archive, ``SchemaError`` for another schema.
    """
    from archive.library import open_library  # SQLAlchemy takes a second to load

    return open_library(home, database=database)
