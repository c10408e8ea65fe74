"""Whether the archive is whole: manifest ↔ files ↔ digests ↔ CDXJ ↔ rows ↔ revisions ↔ index. Changes nothing.

A *fault* means that something is lost, altered or contradicts something else. A *note* is what a crash leaves and
the next run mends, what another machine has not handed over yet, or evidence without a row. The rows of a file are
read before the file, so that a crawl at work beside this raises no false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from archive import textindex
from archive.digests import digest_of
from archive.errors import CaptureError, ExtractionError
from archive.evidence.cdxj import cdxj_line, index_lines, index_path, place_of
from archive.evidence.manifest import NAME, Listed, Manifest, read_manifest, sha256_of
from archive.evidence.records import StoredRecord, sha1_digest
from archive.evidence.warc import iter_records, read_record
from archive.evidence.warcfile import OPEN
from archive.indexing import words_of
from archive.model import Locator
from archive.schema import ArticleRow, CaptureRow, FrontierRow, RevisionRow, RunRow
from archive.shipping import stored_files
from archive.warcstore import store_of

BATCH_ROWS = 200  # articles compared with the index at once
SHIPPED_WITHIN = timedelta(days=1)  # from a file's last capture; a run ships when it ends, a killed worker's next one
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


def verify(
    connection: Connection,
    warc_dir: Path,
    *,
    is_full: bool = True,
    signer: str | None = None,
    on_progress: Progress = lambda step: None,
) -> Iterator[Finding]:
    """Every finding, files first.

    A file whose bytes are those the manifest lists is as it was when it was finished: its records are read only when
    ``is_full`` (some 50 MB a second instead of 1 GB), or when its rows are not as many. ``signer`` is a public key
    that must have signed the manifest.
    """
    manifest = read_manifest(warc_dir)
    yield from verify_manifest(manifest, signer)
    yield from verify_files(connection, warc_dir, manifest, on_progress, is_full=is_full)
    on_progress("rows")
    yield from verify_rows(connection)
    on_progress("search index")
    yield from verify_index(connection)


def verify_manifest(manifest: Manifest, signer: str | None) -> Iterator[Finding]:
    """The chain of its lines, and who signed it."""
    for broken in manifest.breaks:
        yield fault("manifest-broken", f"{NAME}:{broken.line}", broken.reason)
    signed_at = max((line for key, line in manifest.signatures if key == signer), default=None)
    if signer is not None and signed_at is None:
        yield fault("manifest-unsigned", NAME, f"no signature of {signer} holds")
    elif signer is not None and signed_at != manifest.lines:
        yield note("manifest-unsigned", f"{NAME}:{signed_at}", f"lines since: {manifest.lines - (signed_at or 0)}")


def verify_files(
    connection: Connection, warc_dir: Path, manifest: Manifest, on_progress: Progress, *, is_full: bool
) -> Iterator[Finding]:
    """Each file that is there or should be, by name."""
    stored = stored_files(connection)
    names = (
        set(connection.execute(select(CaptureRow.filename).distinct()).scalars()) | set(manifest.files) | set(stored)
    )
    names |= {
        path.name.removesuffix(OPEN) for path in (*warc_dir.glob("*.warc.gz"), *warc_dir.glob(f"*.warc.gz{OPEN}"))
    }
    for place, name in enumerate(sorted(names), start=1):
        on_progress(f"file {place} of {len(names)}: {name}")
        if name in stored and not is_in_folder(warc_dir, name):
            yield from verify_stored(connection, warc_dir, stored[name], is_full=is_full)
        else:
            yield from verify_file(connection, warc_dir, name, manifest.files.get(name), is_full=is_full)


def verify_file(
    connection: Connection, warc_dir: Path, name: str, listed: Listed | None, *, is_full: bool
) -> Iterator[Finding]:
    """One file, finished or in writing, against the manifest, the rows that name it, and its index."""
    rows = rows_of(connection, name)
    path = next((path for path in (warc_dir / name, warc_dir / (name + OPEN)) if path.is_file()), None)
    if path is None and is_in_store(warc_dir, name):
        yield note("file-unrecorded", name, "in the store, and no row says so: `perilune replay` notes it")
        return
    if path is None and listed is None and store_of(warc_dir) is not None and is_recent(rows.values()):
        yield note("file-unshipped", name, f"in the home of whoever wrote it, or lost; captures in it: {len(rows)}")
        return
    if path is None or Path(name).name != name:
        yield fault("file-missing", name, f"captures said to be in it: {len(rows)}")
        return
    if path.name.endswith(OPEN):
        yield from verify_records(connection, path, rows, is_open=True)
        yield note("file-unfinished", name, "a run is writing it, or was killed: the next crawl finishes it")
        return
    altered = None if listed is None else difference(path, listed)
    if altered:
        yield fault("file-altered", name, altered)
    if listed is None:
        yield note("file-unlisted", name, "not in the manifest: finished before there was one, or put here")
    if is_full or listed is None or altered or len(rows) != listed.captures:
        yield from verify_records(connection, path, dict(rows), is_open=False)
    elif "-meta." not in name:
        yield from verify_places(warc_dir, name, rows)


def is_in_store(warc_dir: Path, name: str) -> bool:
    store = store_of(warc_dir)
    return store is not None and store.size(name) is not None


def is_recent(rows: Collection[CaptureFacts]) -> bool:
    """The file's last capture is so new that another machine may be writing it, or has not shipped it yet."""
    last = max((row.captured_at for row in rows), default=None)
    return last is not None and datetime.now(UTC) - last < SHIPPED_WITHIN


def is_in_folder(warc_dir: Path, name: str) -> bool:
    return any((warc_dir / one).is_file() for one in (name, name + OPEN))


def verify_stored(connection: Connection, warc_dir: Path, listed: Listed, *, is_full: bool) -> Iterator[Finding]:
    """A file in the store: its size, and its bytes and records where ``is_full``, since reading them is a transfer."""
    store = store_of(warc_dir)
    if store is None:
        yield note("file-stored", listed.file, "lies in a store that PERILUNE_WARC_STORE does not name: not looked at")
        return
    size = store.size(listed.file)
    if size is None:
        yield fault("file-missing", listed.file, f"not in {store.url}; captures said to be in it: {listed.captures}")
    elif size != listed.bytes:
        yield fault("file-altered", listed.file, f"is {size} bytes long in {store.url}, not {listed.bytes}")
    elif is_full:
        if store.sha256_of(listed.file) != listed.sha256:
            yield fault(
                "file-altered", listed.file, f"its bytes in {store.url} are not those listed as {listed.sha256}"
            )
        yield from verify_records(connection, warc_dir / listed.file, rows_of(connection, listed.file), is_open=False)


def rows_of(connection: Connection, name: str) -> dict[int, CaptureFacts]:
    """Offset → what the rows say of the captures in a file."""
    columns = (
        "offset", "length", "filename", "warc_record_id", "payload_digest", "revisit_of", "run_id", "captured_at",
    )  # fmt: skip
    statement = select(*(getattr(CaptureRow, column) for column in columns)).where(CaptureRow.filename == name)
    return {row.offset: row for row in connection.execute(statement)}


def difference(path: Path, listed: Listed) -> str | None:
    """How a file differs from what the manifest lists; None when it does not. Raises ``CaptureError``."""
    size = path.stat().st_size
    if size != listed.bytes:
        return f"is {size} bytes long, not {listed.bytes}"
    return None if sha256_of(path) == listed.sha256 else f"its bytes are not those listed as {listed.sha256}"


def verify_places(warc_dir: Path, name: str, rows: Mapping[int, CaptureFacts]) -> Iterator[Finding]:
    """A file's index against its rows: the same records at the same places."""
    lines = index_lines(warc_dir, name)
    if lines is None:
        yield fault("cdxj-missing", index_path(warc_dir, name).name, "the file has no index")
        return
    places = sorted((row.offset, row.length) for row in rows.values())
    if sorted(filter(None, map(place_of, lines))) != places or lines != sorted(lines):
        yield fault("cdxj-stale", index_path(warc_dir, name).name, "does not name the records that the rows name")


def verify_records(
    connection: Connection, path: Path, rows: dict[int, CaptureFacts], *, is_open: bool
) -> Iterator[Finding]:
    """Every record of a file, then the rows that the reading did not come to, then the index."""
    name = path.name.removesuffix(OPEN)
    lines: list[str] = []
    is_damaged = False
    is_settled = was_settled(connection, {row.run_id for row in rows.values()})
    try:
        for record in iter_records(path):
            yield from verify_record(
                record, rows.pop(record.locator.offset, None), is_open=is_open, is_settled=is_settled
            )
            lines += filter(None, [cdxj_line(record)])
    except CaptureError as exc:
        is_damaged = True
        if not is_open:
            yield fault("file-damaged", name, str(exc))
    for row in rows.values():
        yield from verify_single(path.parent, row)
    if is_open or is_damaged or "-meta." in name:
        return
    held = index_lines(path.parent, name)
    if held is None and not is_in_folder(path.parent, name):
        return  # a stored file's index is with whoever wrote it
    if held is None:
        yield fault("cdxj-missing", index_path(path.parent, name).name, "the file has no index")
    elif held != sorted(lines):
        yield fault("cdxj-stale", index_path(path.parent, name).name, "is not the index of the file's records")


def was_settled(connection: Connection, run_ids: Collection[int]) -> bool:
    """The runs that wrote a file came to their end, so that each of its captures had its row."""
    states = connection.execute(select(RunRow.state).where(RunRow.id.in_(run_ids))).scalars().all()
    return bool(states) and all(state in ("finished", "interrupted") for state in states)


def verify_single(warc_dir: Path, row: CaptureFacts) -> Iterator[Finding]:
    """One capture's record, read by its locator."""
    locator = Locator(filename=row.filename, offset=row.offset, length=row.length)
    try:
        record = read_record(warc_dir, locator)
    except CaptureError as exc:
        yield fault("record-missing", place(locator), f"{row.warc_record_id}: {exc}")
        return
    yield from verify_record(record, row, is_open=True)


def verify_record(
    record: StoredRecord, row: CaptureFacts | None, *, is_open: bool, is_settled: bool = False
) -> Iterator[Finding]:
    """A record against its own digest and its row. A record in a file still being written may not have its row yet;
    one whose run was killed in between has none; in any other file a row was lost."""
    where = place(record.locator)
    if (stated := record.field("WARC-Block-Digest")) and stated != sha1_digest(record.block):
        yield fault("record-altered", where, "its bytes are not those of its WARC-Block-Digest")
    if row is None:
        if record.warc_type in ("response", "revisit") and not is_open:
            say = fault if is_settled else note
            yield say("record-orphaned", where, f"no capture row for {record.field('WARC-Record-ID')}")
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
            yield fault(kind, "database", f"{reason} {enumerated(ids)}")


def verify_index(connection: Connection) -> Iterator[Finding]:
    """Articles whose words in the search index are not theirs, and index rows without an article."""
    if stale := stale_articles(connection):
        yield fault("index-stale", "database", f"not indexed as they read: articles {enumerated(stale)}")
    if orphans := textindex.orphans(connection):
        yield fault("index-stale", "database", f"indexed, but not held: articles {enumerated(orphans)}")


def stale_articles(connection: Connection) -> list[int]:
    """Articles that are not indexed as they read."""
    stale = textindex.strayed(connection)
    after = 0
    while rows := connection.execute(INDEXED.where(ArticleRow.id > after)).all():
        after = rows[-1].id
        held = textindex.indexed(connection, [row.id for row in rows])
        for row in rows:
            words = words_of(
                title=row.title,
                text=row.text,
                authors=row.authors,
                description=row.description,
                tags=row.tags,
                lang=row.lang,
            )
            if held.get(row.id) != textindex.fingerprint(connection, words):
                stale.append(row.id)
    return sorted(set(stale))


def enumerated(ids: Sequence[int]) -> str:
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
        ArticleRow.id,
        ArticleRow.title,
        ArticleRow.text,
        ArticleRow.authors,
        ArticleRow.description,
        ArticleRow.tags,
        ArticleRow.lang,
    )
    .order_by(ArticleRow.id)
    .limit(BATCH_ROWS)
)
