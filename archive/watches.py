"""Saved searches: a query under a name, and up to which article its hits were seen.

A watch is a small JSON file under ``watches/`` in the home. A look gives what was archived since the last look, by id,
so nothing is missed and nothing comes twice, whatever date it carries.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from archive.errors import ConfigError, QueryError, StoreError
from archive.query import parse_query
from archive.schema import ArticleRow
from archive.search import Hit, archived_since
from archive.snapshots import NAME
from archive.timestamps import rfc3339

ENDING = ".json"
MAX_HITS = 1_000  # of one look; the next look gives the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A saved search. ``seen_id`` is the last article that was looked at, hit or not."""

    name: str
    query: str
    created_at: str
    looked_at: str | None
    seen_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """New hits in the order they were archived, and the watch as it is once they were shown."""

    hits: tuple[Hit, ...]
    watch: Watch


def add(connection: Connection, folder: Path, name: str, query: str, *, from_start: bool, now: datetime) -> Watch:
    """Save a search; what is there already counts as seen unless ``from_start``.

    Raises ``QueryError``, and ``ConfigError`` for a name that is none or taken.
    """
    parse_query(query)
    if path_of(folder, name).exists():
        raise ConfigError(f"there is a watch {name!r} already; perilune watch remove {name} forgets it")
    seen_id = 0 if from_start else newest_id(connection)
    watch = Watch(name=name, query=query, created_at=rfc3339(now), looked_at=None, seen_id=seen_id)
    save(folder, watch)
    return watch


def look(connection: Connection, watch: Watch, *, now: datetime) -> Look:
    """What was archived since the last look and answers. Writes nothing: :func:`save` does, once it was shown."""
    until = newest_id(connection)
    hits = archived_since(connection, parse_query(watch.query), after_id=watch.seen_id, limit=MAX_HITS)
    seen_id = hits[-1].id if len(hits) == MAX_HITS else max(until, watch.seen_id)
    return Look(hits=hits, watch=replace(watch, looked_at=rfc3339(now), seen_id=seen_id))


def newest_id(connection: Connection) -> int:
    return connection.execute(select(func.coalesce(func.max(ArticleRow.id), 0))).scalar_one()


def watches(folder: Path) -> list[Watch]:
    """Every watch by name. Raises ``StoreError`` for one that can't be read."""
    return [read(folder, path.stem) for path in sorted(folder.glob(f"*{ENDING}")) if NAME.fullmatch(path.stem)]


def read(folder: Path, name: str) -> Watch:
    """Raises ``ConfigError`` where there is none, ``StoreError`` when it can't be read."""
    path = path_of(folder, name)
    try:
        found = Watch(**json.loads(path.read_bytes()))
        parse_query(found.query)
        if not isinstance(found.seen_id, int):
            raise ValueError(found.seen_id)
    except FileNotFoundError as exc:
        raise ConfigError(f"no watch {name!r}. perilune watch list names them") from exc
    except (OSError, ValueError, TypeError, QueryError) as exc:
        raise StoreError(f"{path}: can't be read: {exc}") from exc
    return found


def save(folder: Path, watch: Watch) -> None:
    """Write a watch, whole or not at all. Raises ``StoreError``."""
    path = path_of(folder, watch.name)
    draft = path.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(watch), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as exc:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StoreError(f"{path}: can't be written: {exc.strerror or exc}") from exc


def remove(folder: Path, name: str) -> None:
    """Forget a watch. Raises ``ConfigError`` where there is none."""
    try:
        path_of(folder, name).unlink()
    except FileNotFoundError as exc:
        raise ConfigError(f"no watch {name!r}. perilune watch list names them") from exc
    except OSError as exc:
        raise StoreError(f"{path_of(folder, name)}: can't be removed: {exc.strerror or exc}") from exc


def path_of(folder: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise ConfigError(f"not a name: {name!r}; letters, digits, dots, hyphens, underscores, at most 64")
    return folder / f"{name}{ENDING}"
