"""Whether the archive is whole: files ↔ digests ↔ rows, and rows ↔ revisions ↔ index. Changes nothing.

A *fault* means that something is lost, altered or contradicts something else. A *note* is what a crash leaves and
the next run mends, or evidence without a row. The rows of a file are read before the file, so that a crawl at work
beside this raises no false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from archive import textindex
from archive.digests import digest_of
from archive.errors import CaptureError, ExtractionError
from archive.model import Locator
from archive.records import StoredRecord, sha1_digest
from archive.schema import ArticleRow, CaptureRow, FrontierRow, RevisionRow
from archive.warc import iter_records, read_record
from archive.warcfile import OPEN

BATCH_ROWS = 200  # articles compared with the index at once
SHOWN = 10  # rows a finding names before it only counts

Progress: TypeAlias = Callable[[str], None]
CaptureFacts: TypeAlias = Row[*tuple[Any, ...]]  # Any: the columns verify_file selects


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be; ``kind`` is one of the names in docs/operate, ``where`` a file or row."""

    kind: str
    is_fault: bool
    where: str
    detail: str


def verify(connection: Connection, warc_dir: Path, *, on_progress: Progress = lambda step: None) -> Iterator[Finding]:
    """Every finding, files first. Reads the whole archive: some 50 MB of WARC a second."""
    yield from verify_files(connection, warc_dir, on_progress)
    on_progress("rows")
    yield from verify_rows(connection)
    on_progress("search index")
    yield from verify_index(connection)


def verify_files(connection: Connection, warc_dir: Path, on_progress: Progress) -> Iterator[Finding]:
    """Each file that is there or should be, by name."""
    names = set(connection.execute(select(CaptureRow.filename).distinct()).scalars())
    names |= {
        path.name.removesuffix(OPEN) for path in (*warc_dir.glob("*.warc.gz"), *warc_dir.glob(f"*.warc.gz{OPEN}"))
    }
    for place, name in enumerate(sorted(names), start=1):
        on_progress(f"file {place} of {len(names)}: {name}")
        yield from verify_file(connection, warc_dir, name)


def verify_file(connection: Connection, warc_dir: Path, name: str) -> Iterator[Finding]:
    """One file, finished or in writing, against the rows that name it."""
    columns = ("offset", "length", "filename", "warc_record_id", "payload_digest", "revisit_of")
    statement = select(*(getattr(CaptureRow, column) for column in columns)).where(CaptureRow.filename == name)
    rows = {row.offset: row for row in connection.execute(statement)}
    path = next((path for path in (warc_dir / name, warc_dir / (name + OPEN)) if path.is_file()), None)
    if path is None or Path(name).name != name:
        yield fault("file-missing", name, f"captures said to be in it: {len(rows)}")
        return
    is_open = path.name.endswith(OPEN)
    try:
        for record in iter_records(path):
            yield from verify_record(record, rows.pop(record.locator.offset, None), is_open=is_open)
    except CaptureError as exc:
        if not is_open:
            yield fault("file-damaged", name, str(exc))
    if is_open:
        yield note("file-unfinished", name, "a run is writing it, or was killed: the next crawl finishes it")
    for row in rows.values():  # those the reading did not come to
        yield from verify_single(warc_dir, row)


def verify_single(warc_dir: Path, row: CaptureFacts) -> Iterator[Finding]:
    """One capture's record, read by its locator."""
    locator = Locator(filename=row.filename, offset=row.offset, length=row.length)
    try:
        record = read_record(warc_dir, locator)
    except CaptureError as exc:
        yield fault("record-missing", place(locator), f"{row.warc_record_id}: {exc}")
        return
    yield from verify_record(record, row, is_open=True)


def verify_record(record: StoredRecord, row: CaptureFacts | None, *, is_open: bool) -> Iterator[Finding]:
    """A record against its own digest and its row. A record in a file still being written may not have its row yet."""
    where = place(record.locator)
    if (stated := record.field("WARC-Block-Digest")) and stated != sha1_digest(record.block):
        yield fault("record-altered", where, "its bytes are not those of its WARC-Block-Digest")
    if row is None:
        if record.warc_type in ("response", "revisit") and not is_open:
            yield note("record-orphaned", where, f"no capture row for {record.field('WARC-Record-ID')}")
        return
    if record.field("WARC-Record-ID") != row.warc_record_id:
        yield fault("record-missing", where, f"holds {record.field('WARC-Record-ID')}, not {row.warc_record_id}")
    elif record.warc_type == "response" and payload_digest(record) != row.payload_digest:
        yield fault("record-altered", where, f"its payload is not {row.payload_digest}")
    elif record.warc_type == "revisit" and record.field("WARC-Refers-To") != row.revisit_of:
        yield fault("revisit-broken", where, f"refers to {record.field('WARC-Refers-To')}, not {row.revisit_of}")
    elif record.locator.length != row.length:
        yield fault("record-altered", where, f"is {record.locator.length} bytes long, not {row.length}")


def payload_digest(record: StoredRecord) -> str | None:
    """Digest of the body as SQL keeps it; None for a record without an HTTP message."""
    try:
        return digest_of(record.http.body)
    except ExtractionError:
        return None


def verify_rows(connection: Connection) -> Iterator[Finding]:
    """Rows that contradict one another."""
    original, last = aliased(CaptureRow), aliased(RevisionRow)
    revisions = select(func.count()).where(RevisionRow.article_id == ArticleRow.id).scalar_subquery()
    latest = select(last.number).where(
        last.article_id == ArticleRow.id,
        last.number == ArticleRow.revision_count,
        last.title == ArticleRow.title,
        last.text_digest == ArticleRow.text_digest,
    )
    first = select(ArticleRow.id).where(ArticleRow.id == FrontierRow.article_id)
    checks: tuple[tuple[str, str, Any, ColumnElement[bool]], ...] = (  # Any: an id column
        (
            "revisit-broken",
            "revisits whose original response is not held, or is itself a revisit: captures",
            CaptureRow.id,
            and_(
                CaptureRow.revisit_of.is_not(None),
                ~select(original.id)
                .where(original.warc_record_id == CaptureRow.revisit_of, original.revisit_of.is_(None))
                .exists(),
            ),
        ),
        (
            "article-broken",
            "the latest revision is not what the article says, or one is missing: articles",
            ArticleRow.id,
            or_(revisions != ArticleRow.revision_count, ~latest.exists()),
        ),
        (
            "article-broken",
            "the capture the text was read from is not held: articles",
            ArticleRow.id,
            ~select(CaptureRow.id).where(CaptureRow.id == ArticleRow.capture_id).exists(),
        ),
        (
            "frontier-broken",
            "archived, but leading to no article: frontier rows",
            FrontierRow.id,
            and_(FrontierRow.state == "archived", ~first.exists()),
        ),
    )
    for kind, reason, column, is_wrong in checks:
        ids = connection.execute(select(column).where(is_wrong).order_by(column)).scalars().all()
        if ids:
            yield fault(kind, "database", f"{reason} {listed(ids)}")


def verify_index(connection: Connection) -> Iterator[Finding]:
    """Articles whose words in the search index are not theirs, and index rows without an article."""
    stale: list[int] = []
    after = 0
    while rows := connection.execute(INDEXED.where(ArticleRow.id > after)).all():
        after = rows[-1].id
        held = textindex.indexed(connection, [row.id for row in rows])
        for row in rows:
            words = textindex.words_of(
                title=row.title, text=row.text, authors=row.authors, description=row.description, tags=row.tags
            )
            if held.get(row.id) != textindex.fingerprint(connection, words):
                stale.append(row.id)
    if stale:
        yield fault("index-stale", "database", f"not indexed as they read: articles {listed(stale)}")
    if orphans := textindex.orphans(connection):
        yield fault("index-stale", "database", f"indexed, but not held: articles {listed(orphans)}")


def listed(ids: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in ids[:SHOWN])
    return shown if len(ids) <= SHOWN else f"{shown} and {len(ids) - SHOWN} more"


def place(locator: Locator) -> str:
    return f"{locator.filename}@{locator.offset}"


def fault(kind: str, where: str, detail: str) -> Finding:
    return Finding(kind=kind, is_fault=True, where=where, detail=detail)


def note(kind: str, where: str, detail: str) -> Finding:
    return Finding(kind=kind, is_fault=False, where=where, detail=detail)


INDEXED = (
    select(
        ArticleRow.id, ArticleRow.title, ArticleRow.text, ArticleRow.authors, ArticleRow.description, ArticleRow.tags
    )
    .order_by(ArticleRow.id)
    .limit(BATCH_ROWS)
)
