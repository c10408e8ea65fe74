"""Articles out of the archive, as a stream: JSON lines and CSV, documented in docs/formats.md as a contract.

Rows are read through a server-side cursor in order of id, their addresses and captures in one look-up a batch:
memory does not grow with the archive, and the whole export sees one state of it.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from archive.errors import StoreError
from archive.query import Query
from archive.reading.matching import condition
from archive.reading.views import ArticleView
from archive.schema import AliasRow, ArticleRow, CaptureRow
from archive.timestamps import published, rfc3339

BATCH_ROWS = 200  # articles in memory at once; some 3 MB of ordinary ones
LIST_SEPARATOR = " | "  # between authors, tags and aliases in CSV
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # owasp.org/www-community/attacks/CSV_Injection

Exported: TypeAlias = dict[str, Any]  # Any: JSON values, as docs/formats.md lists them

PARTICULARS = (
    "lead_image_width", "lead_image_height", "lead_image_caption", "lead_image_credit", "section", "credit_line",
    "credit_url", "is_live_blog", "is_press_release",
)  # fmt: skip

CSV_COLUMNS = (
    "id", "source", "url", "aliases", "title", "authors", "published_at", "published_at_precision", "modified_at",
    "lang", "text", "description", "lead_image_url", *PARTICULARS, "tags", "word_count", "text_digest", "first_seen_at",
    "last_seen_at", "state", "revision_count", "story_id", "duplicate_of", "is_paywalled", "captured_at",
    "warc_record_id", "filename", "offset", "length", "payload_digest",
)  # fmt: skip


def articles(connection: Connection, *, where: Query | None = None, since_id: int = 0) -> Iterator[Exported]:
    """The articles that answer ``where`` (all when None) with an id above ``since_id``, by id, as in docs/formats.md.

    Raises ``StoreError`` when the database fails on the way.
    """
    statement = select(*COLUMNS).where(ArticleRow.id > since_id).order_by(ArticleRow.id)
    if where is not None:
        statement = statement.where(condition(where.root, connection.dialect.name))
    try:
        rows = connection.execution_options(yield_per=BATCH_ROWS).execute(statement).mappings()
        for batch in rows.partitions():
            yield from exported(connection, batch)
    except SQLAlchemyError as exc:
        raise StoreError(f"the archive can't be read any further: {exc}") from exc


def article(connection: Connection, article_id: int) -> Exported | None:
    """One article as it is exported; None when there is none."""
    row = connection.execute(select(*COLUMNS).where(ArticleRow.id == article_id)).mappings().one_or_none()
    return None if row is None else next(exported(connection, [row]))


def as_it_stood(item: Exported, view: ArticleView) -> Exported:
    """An exported article with what its view of an earlier moment says (:func:`archive.reading.asof.view_as_of`)."""
    records = {capture.warc_record_id for capture in view.captures}
    return item | {
        "title": view.title,
        "text": view.text,
        "authors": list(view.authors),
        "published_at": published(view.published_at, view.published_at_precision, view.published_at_offset_minutes),
        "modified_at": view.modified_at and rfc3339(view.modified_at),
        "word_count": view.word_count,
        "text_digest": view.text_digest,
        "last_seen_at": rfc3339(view.last_seen_at),
        "revision_count": view.revision_count,
        "captures": [capture for capture in item["captures"] if capture["warc_record_id"] in records],
    }


def json_lines(items: Iterable[Exported]) -> Iterator[bytes]:
    """One JSON object a line, UTF-8."""
    for item in items:
        yield json.dumps(item, ensure_ascii=False).encode() + b"\n"


def csv_lines(items: Iterable[Exported]) -> Iterator[bytes]:
    """A header and one record an article (RFC 4180, UTF-8). What a spreadsheet would run as a formula starts with '.

    The columns about a capture are those of the latest one.
    """
    yield csv_record(CSV_COLUMNS)
    for item in items:
        latest = item["captures"][-1] if item["captures"] else {}
        yield csv_record([csv_cell({**item, **latest}.get(name)) for name in CSV_COLUMNS])


FORMATS: Mapping[str, Callable[[Iterable[Exported]], Iterator[bytes]]] = {"jsonl": json_lines, "csv": csv_lines}


def write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write all of it or nothing: an earlier file stays until the new one is whole. A device or pipe is written to.

    Raises ``StoreError`` when it can't be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                stream.writelines(chunks)
            return
        write_whole(path.resolve(), chunks)
    except OSError as exc:
        raise StoreError(f"{path}: can't be written: {exc.strerror or exc}") from exc


def write_stream(stream: BinaryIO, chunks: Iterable[bytes]) -> None:
    """Write to standard output. Raises ``StoreError`` when it is full, ``BrokenPipeError`` when nobody reads on."""
    try:
        stream.writelines(chunks)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise StoreError(f"standard output: can't be written: {exc.strerror or exc}") from exc


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Beside its final name first, then renamed; nothing is left behind when that fails."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("xb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell
            draft.unlink(missing_ok=True)
        raise


def exported(connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> Iterator[Exported]:  # Any: columns
    """The rows as they are exported."""
    ids = [row["id"] for row in rows]
    aliases, captures = aliases_of(connection, ids), captures_of(connection, ids)
    for row in rows:
        url = row["canonical_url"]
        yield {
            "id": row["id"],
            "source": row["source_id"],
            "url": url,
            "aliases": [alias for alias in aliases[row["id"]] if alias != url],
            "title": row["title"],
            "authors": row["authors"],
            "published_at": published(
                row["published_at"], row["published_at_precision"], row["published_at_offset_minutes"]
            ),
            "published_at_precision": row["published_at_precision"],
            "modified_at": row["modified_at"] and rfc3339(row["modified_at"]),
            "lang": row["lang"],
            "text": row["text"],
            "description": row["description"],
            "lead_image_url": row["lead_image_url"],
            **{name: row[name] for name in PARTICULARS},
            "tags": row["tags"],
            "word_count": row["word_count"],
            "text_digest": row["text_digest"],
            "first_seen_at": rfc3339(row["first_seen_at"]),
            "last_seen_at": rfc3339(row["last_seen_at"]),
            "state": row["state"],
            "revision_count": row["revision_count"],
            "story_id": row["story_id"],
            "duplicate_of": row["duplicate_of"],
            "is_paywalled": row["is_paywalled"],
            "captures": captures[row["id"]],
        }


def aliases_of(connection: Connection, article_ids: Sequence[int]) -> defaultdict[int, list[str]]:
    """Article → its addresses, first met first; a feed's guid is none."""
    statement = select(AliasRow.article_id, AliasRow.url).where(AliasRow.article_id.in_(article_ids))
    found: defaultdict[int, list[str]] = defaultdict(list)
    for article_id, url in connection.execute(statement.where(AliasRow.kind != "guid").order_by(AliasRow.id)):
        found[article_id].append(url)
    return found


def captures_of(connection: Connection, article_ids: Sequence[int]) -> defaultdict[int, list[Exported]]:
    """Article → its captures, oldest first."""
    names = ("captured_at", "status", "warc_record_id", "filename", "offset", "length", "payload_digest")
    statement = select(CaptureRow.article_id, *(getattr(CaptureRow, name) for name in names))
    statement = statement.where(CaptureRow.article_id.in_(article_ids)).order_by(CaptureRow.captured_at, CaptureRow.id)
    found: defaultdict[int, list[Exported]] = defaultdict(list)
    for row in connection.execute(statement).mappings():
        capture = {name: row[name] for name in names}
        found[row["article_id"]].append({**capture, "captured_at": rfc3339(row["captured_at"])})
    return found


def csv_cell(value: object) -> str:
    """A value as one cell: lists joined by ``LIST_SEPARATOR``, nothing for none, true and false in lower case."""
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return str(value).lower()
    cell = LIST_SEPARATOR.join(value) if isinstance(value, list) else str(value)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def csv_record(cells: Sequence[str]) -> bytes:
    record = io.StringIO()
    csv.writer(record).writerow(cells)
    return record.getvalue().encode()


COLUMNS = (
    ArticleRow.id,
    ArticleRow.source_id,
    ArticleRow.canonical_url,
    ArticleRow.title,
    ArticleRow.text,
    ArticleRow.authors,
    ArticleRow.published_at,
    ArticleRow.published_at_precision,
    ArticleRow.published_at_offset_minutes,
    ArticleRow.modified_at,
    ArticleRow.lang,
    ArticleRow.description,
    ArticleRow.lead_image_url,
    *(getattr(ArticleRow, name) for name in PARTICULARS),
    ArticleRow.tags,
    ArticleRow.is_paywalled,
    ArticleRow.word_count,
    ArticleRow.text_digest,
    ArticleRow.first_seen_at,
    ArticleRow.last_seen_at,
    ArticleRow.state,
    ArticleRow.revision_count,
    ArticleRow.story_id,
    ArticleRow.duplicate_of,
)
