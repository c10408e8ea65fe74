"""A state of the archive under a name, so that a paper can cite it: which articles, which revisions, one digest of all.

A snapshot is a file under ``snapshots/`` in the home, plain enough to be attached to the paper:

    # perilune snapshot 1
    # name: comets-2026
    # created_at: 2026-03-01T12:00:00Z
    # query: comet lang:en
    1<TAB>2<TAB>sha256:…          an article's id, revision, digest of its text; by id
    # articles: 1
    # digest: sha256:…            of every line above this one
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, select

from archive.errors import ConfigError, StoreError
from archive.query import Query
from archive.reading.matching import condition
from archive.schema import ArticleRow
from archive.terminal import one_line
from archive.timestamps import rfc3339

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
ENDING = ".tsv"
BATCH_ROWS = 1_000
MAX_LISTED = 1_000  # articles that are named one by one when a snapshot is compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a snapshot's file says of itself."""

    name: str
    created_at: str
    query: str
    articles: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A snapshot beside the archive as it is now. ``changed`` and ``missing`` name ids, at most ``MAX_LISTED``."""

    snapshot: Snapshot
    same: int
    changed_count: int
    missing_count: int
    changed: tuple[int, ...]
    missing: tuple[int, ...]


def create(connection: Connection, folder: Path, name: str, query: Query | None, *, now: datetime) -> Snapshot:
    """Write a snapshot of what answers ``query`` (everything when None), whole or not at all.

    Raises ``ConfigError`` for a name that is none or taken, ``StoreError`` when it can't be written.
    """
    path = path_of(folder, name)
    if path.exists():
        raise ConfigError(f"there is a snapshot {name!r} already; a snapshot never changes: take another name")
    head = ["perilune snapshot 1", f"name: {name}", f"created_at: {rfc3339(now)}"]
    head.append(f"query: {one_line(query.text) if query else ''}")
    draft = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            digest = hashlib.sha256()
            articles = 0
            for line in (*(f"# {text}" for text in head), *rows(connection, query)):
                articles += not line.startswith("#")
                file.write(f"{line}\n")
                digest.update(f"{line}\n".encode())
            last = f"# articles: {articles}\n"
            digest.update(last.encode())
            file.write(f"{last}# digest: sha256:{digest.hexdigest()}\n")
        draft.rename(path)
    except OSError as exc:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StoreError(f"{path}: can't be written: {exc.strerror or exc}") from exc
    return read(folder, name)


def rows(connection: Connection, query: Query | None) -> Iterator[str]:
    """The lines of the articles, by id."""
    statement = select(ArticleRow.id, ArticleRow.revision_count, ArticleRow.text_digest).order_by(ArticleRow.id)
    if query is not None:
        statement = statement.where(condition(query.root, connection.dialect.name))
    for row in connection.execution_options(yield_per=BATCH_ROWS).execute(statement):
        yield f"{row.id}\t{row.revision_count}\t{row.text_digest}"


def read(folder: Path, name: str) -> Snapshot:
    """What a snapshot says of itself. Raises ``ConfigError`` where there is none, ``StoreError`` for an altered one."""
    facts = {"name": name, "created_at": "", "query": "", "articles": "", "digest": ""}
    digest = hashlib.sha256()
    for line in lines(folder, name):
        found = re.fullmatch(r"# (\w+): (.*)\n", line)
        if found and found[1] in facts:
            facts[found[1]] = found[2]
        if found is None or found[1] != "digest":
            digest.update(line.encode())
    if facts["digest"] != f"sha256:{digest.hexdigest()}" or not re.fullmatch(r"\d{1,18}", facts["articles"], re.ASCII):
        raise StoreError(f"{path_of(folder, name)}: does not agree with its digest: it was altered, or is not whole")
    return Snapshot(
        name=facts["name"],
        created_at=facts["created_at"],
        query=facts["query"],
        articles=int(facts["articles"]),
        digest=facts["digest"],
    )


def compare(connection: Connection, folder: Path, name: str) -> Difference:
    """What of a snapshot still reads as it did. Raises as :func:`read` does."""
    snapshot = read(folder, name)
    same, changed, missing = 0, [], []
    cited = (line.split("\t") for line in lines(folder, name) if not line.startswith("#"))
    while batch := {int(parts[0]): parts[2].strip() for parts in islice(cited, BATCH_ROWS)}:
        held = select(ArticleRow.id, ArticleRow.text_digest).where(ArticleRow.id.in_(batch))
        now = {row.id: row.text_digest for row in connection.execute(held)}
        missing += [article_id for article_id in batch if article_id not in now]
        changed += [article_id for article_id, text_digest in now.items() if batch[article_id] != text_digest]
        same += sum(batch[article_id] == text_digest for article_id, text_digest in now.items())
    return Difference(
        snapshot=snapshot,
        same=same,
        changed_count=len(changed),
        missing_count=len(missing),
        changed=tuple(sorted(changed)[:MAX_LISTED]),
        missing=tuple(missing[:MAX_LISTED]),
    )


def names(folder: Path) -> list[str]:
    """Names of the snapshots there are, in order."""
    return sorted(path.stem for path in folder.glob(f"*{ENDING}") if NAME.fullmatch(path.stem))


def lines(folder: Path, name: str) -> Iterator[str]:
    path = path_of(folder, name)
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            yield from file
    except FileNotFoundError as exc:
        raise ConfigError(f"no snapshot {name!r}. perilune snapshot list names them") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise StoreError(f"{path}: can't be read: {exc}") from exc


def path_of(folder: Path, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise ConfigError(f"not a name: {name!r}; letters, digits, dots, hyphens, underscores, at most 64")
    return folder / f"{name}{ENDING}"
