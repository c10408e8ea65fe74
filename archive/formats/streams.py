"""Every format that is a stream of bytes, by its name: for the command line and for ``/api/export``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection

from archive.export import FORMATS, articles
from archive.formats import citations
from archive.formats.parquet import arrow, parquet
from archive.query import Query
from archive.reading.citable import citables

Items = Iterator[dict[str, Any]]  # Any: JSON values

MEDIA_TYPES = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    **{name: media_type for name, (media_type, _) in citations.FORMATS.items()},
}
NAMES = tuple(MEDIA_TYPES)
ENDINGS = {"bibtex": "bib", "csl": "json"}  # where it is not the name


def require(name: str) -> None:
    """Raises ``ConfigError`` where a format needs what is not installed: before the first article is read."""
    if name == "parquet":
        arrow()


def stream(
    connection: Connection,
    name: str,
    *,
    where: Query | None,
    since_id: int,
    through: Callable[[Items], Items] = lambda items: items,
) -> Iterator[bytes]:
    """The articles that answer, by id. ``through`` sees each on its way (a policy, a count); citations hold no text."""
    if name in citations.FORMATS:
        return citations.stream(citables(connection, where, since_id=since_id), name)
    items = through(articles(connection, where=where, since_id=since_id))
    return parquet(items) if name == "parquet" else FORMATS[name](items)
