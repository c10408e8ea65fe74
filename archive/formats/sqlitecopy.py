"""Articles as an SQLite file of plain tables, for people who ask in SQL: no search index, nothing of ours to know.

``article`` has the columns of the CSV export; ``author``, ``tag`` and ``alias`` a row a value with its ``place``;
``capture`` the evidence. Written beside its place and renamed when it is whole.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from archive.errors import StoreError
from archive.export import CSV_COLUMNS

BATCH_ROWS = 500
LISTS = {"authors": "author", "tags": "tag", "aliases": "alias"}
CAPTURE = ("captured_at", "status", "warc_record_id", "filename", "offset", "length", "payload_digest")
NUMBERS = (
    "id", "lead_image_width", "lead_image_height", "is_live_blog", "is_press_release", "word_count", "revision_count",
    "story_id", "duplicate_of", "is_paywalled", "status", "offset", "length",
)  # fmt: skip
COLUMNS = tuple(name for name in CSV_COLUMNS if name not in LISTS and name not in CAPTURE)


def write_sqlite(path: Path, items: Iterable[dict[str, Any]]) -> None:  # Any: JSON values
    """Write the articles; an earlier file stays until this one is whole. Raises ``StoreError``."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with closing(sqlite3.connect(f"{draft.resolve().as_uri()}?mode=rwc", uri=True)) as copy:
            fill(copy, items)
        draft.replace(path)
    except (OSError, sqlite3.Error) as exc:
        raise StoreError(f"{path}: can't be written: {exc}") from exc
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def fill(copy: sqlite3.Connection, items: Iterable[dict[str, Any]]) -> None:
    copy.execute("PRAGMA journal_mode = OFF")  # a file that fails is thrown away
    for statement in tables():
        copy.execute(statement)
    remaining = iter(items)
    while batch := list(islice(remaining, BATCH_ROWS)):
        copy.executemany(inserting("article", COLUMNS), [[item[name] for name in COLUMNS] for item in batch])
        for name, table in LISTS.items():
            copy.executemany(inserting(table, ("article_id", "place", table)), values(batch, name))
        rows = [[item["id"], *(capture[name] for name in CAPTURE)] for item in batch for capture in item["captures"]]
        copy.executemany(inserting("capture", ("article_id", *CAPTURE)), rows)
        copy.commit()


def tables() -> Iterator[str]:
    """Names are ours alone."""
    yield f"CREATE TABLE article ({typed(COLUMNS)}, PRIMARY KEY (id))"
    for table in LISTS.values():
        yield f"CREATE TABLE {table} (article_id INTEGER REFERENCES article, place INTEGER, {table} TEXT)"
    yield f"CREATE TABLE capture (article_id INTEGER REFERENCES article, {typed(CAPTURE)})"
    for table in (*LISTS.values(), "capture"):
        yield f"CREATE INDEX {table}_of ON {table} (article_id)"


def typed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}" {"INTEGER" if name in NUMBERS else "TEXT"}' for name in names)


def inserting(table: str, names: Iterable[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    return f"INSERT INTO {table} ({', '.join(quoted)}) VALUES ({', '.join('?' * len(quoted))})"  # noqa: S608  # ours


def values(batch: Iterable[dict[str, Any]], name: str) -> Iterator[tuple[int, int, str]]:  # Any: JSON values
    return ((item["id"], place, value) for item in batch for place, value in enumerate(item[name], 1))
