"""Finished WARC files on their way from a home to the store that the machines share.

A file is copied, read back and compared by its digest with what the manifest lists; then its row says where it lies;
then the copy in the home goes. Killed anywhere in between, the next shipping goes on: a copy without a row is compared
again, a file with a row that is still in the home only has to go. Readers look into the home first and into the store
else, so nothing is ever out of reach. A large file that was cut off on its way into S3 goes on with the parts that are
there.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from archive.database import reading, writing
from archive.errors import CaptureError
from archive.evidence.manifest import Listed, list_file, read_manifest, sha256_of
from archive.evidence.tombstones import doomed_spans
from archive.evidence.warc import iter_records
from archive.schema import WarcFileRow
from archive.warcstore import WarcStore, store_of

log = logging.getLogger(__name__)
LOCK = ".shipping"  # in the home: one process ships at a time
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """``left`` stay in the home: altered, unlisted, or another process is shipping."""

    files: int = 0
    bytes: int = 0
    left: int = 0


def ship(engine: Engine, warc_dir: Path, *, on_progress: Progress = lambda line: None) -> Shipped:
    """Ship every finished file; nothing where the folder goes on in no store, or another process is at it.

    Raises ``CaptureError`` when the store can't be reached or gives back other bytes; what was shipped till then is.
    """
    store = store_of(warc_dir)
    if store is None:
        return Shipped()
    with alone(warc_dir) as is_alone:
        if not is_alone:
            return Shipped(left=len(finished_files(warc_dir)))
        files = size = left = 0
        listed = read_manifest(warc_dir).files
        for path in finished_files(warc_dir):
            facts = listed.get(path.name)
            if facts is None or not is_as_listed(path, facts):
                left += 1
                continue
            on_progress(f"{path.name}: {facts.bytes:,} bytes")
            ship_file(engine, store, path, facts)
            files, size = files + 1, size + facts.bytes
    return Shipped(files=files, bytes=size, left=left)


def ship_file(engine: Engine, store: WarcStore, path: Path, facts: Listed) -> None:
    """One file: copy, compare, note, remove."""
    held = row_of(engine, path.name)
    if held is None or held.sha256 != facts.sha256 or store.size(path.name) != facts.bytes:
        came_back = store.sha256_of(path.name) if store.size(path.name) == facts.bytes else None
        if came_back != facts.sha256:  # not a copy that was made whole and not noted
            store.put(path)
            came_back = store.sha256_of(path.name)
        if came_back != facts.sha256:
            raise CaptureError(
                f"{store.url}/{path.name}: gives back {came_back}, not {facts.sha256}; nothing is removed"
            )
        note_file(engine, store, facts)
    path.unlink()
    log.info("file shipped", extra={"file": path.name, "bytes": facts.bytes, "store": store.url})


def note_file(engine: Engine, store: WarcStore, facts: Listed) -> None:
    """Say in the database that the store has the file."""
    with writing(engine) as session:
        session.merge(
            WarcFileRow(
                name=facts.file,
                bytes=facts.bytes,
                sha256=facts.sha256,
                captures=facts.captures,
                store=store.url,
                stored_at=datetime.now(UTC),
            )
        )


def note_unknown(
    engine: Engine, warc_dir: Path, names: Collection[str], *, on_progress: Progress = lambda line: None
) -> int:
    """Note those of the files that are in the store and the database does not know, as after the restore of an older
    dump; how many.

    Each is read whole, for its digest; one whose digest is not the one that this home's manifest lists is left out.
    Of one that it doesn't list nobody knows an earlier digest: it may have been altered before, which the log says.
    Raises ``CaptureError`` when the store can't be reached or a file can't be read.
    """
    store = store_of(warc_dir)
    if store is None:
        return 0
    with reading(engine) as session:
        known = set(session.scalars(select(WarcFileRow.name)))
    listed, count = read_manifest(warc_dir).files, 0
    for name in sorted(set(names) & set(store.names()) - known):
        on_progress(f"{name}: in the store, not in the database")
        digest = store.sha256_of(name)
        if name in listed and listed[name].sha256 != digest:
            log.error("file altered", extra={"file": name, "store": store.url})
            continue
        if name not in listed:
            facts = {"file": name, "sha256": digest, "store": store.url, "reason": "its digest was not known before"}
            log.warning("file taken as it is", extra=facts)
        captures = sum(one.warc_type in ("response", "revisit") for one in iter_records(warc_dir / name))
        size = store.size(name) or 0
        note_file(engine, store, Listed(file=name, bytes=size, sha256=digest, captures=captures))
        count += 1
    return count


def is_as_listed(path: Path, facts: Listed) -> bool:
    """Its bytes are those of the manifest; one that is not stays where ``verify`` finds it."""
    if path.stat().st_size == facts.bytes and sha256_of(path) == facts.sha256:
        return True
    log.error("file not shipped", extra={"file": path.name, "reason": "its bytes are not those listed"})
    return False


def finished_files(warc_dir: Path) -> list[Path]:
    return sorted(warc_dir.glob("*.warc.gz"))


def row_of(engine: Engine, name: str) -> WarcFileRow | None:
    with reading(engine) as session:
        return session.get(WarcFileRow, name)


def stored_files(connection: Connection) -> dict[str, Listed]:
    """Name → what the database says of each file in a store."""
    columns = (WarcFileRow.name, WarcFileRow.bytes, WarcFileRow.sha256, WarcFileRow.captures)
    rows = connection.execute(select(*columns))
    return {row.name: Listed(file=row.name, bytes=row.bytes, sha256=row.sha256, captures=row.captures) for row in rows}


def brought_back(
    engine: Engine, warc_dir: Path, name: str, record_ids: Collection[str], *, moved: Collection[str] = (), at: datetime
) -> Path | None:
    """The file in the home, to take these captures out of it; None for one that is not
    there, or in the store and holds none of them. The next shipping replaces the one in the store.

    Raises ``CaptureError`` when the store can't be reached, or gives other bytes than were shipped: rewritten, an
    altered file would be listed as a whole one.
    """
    path, store = warc_dir / name, store_of(warc_dir)
    if path.exists():
        return path
    if store is None:
        return None
    spans, captures = doomed_spans(path, record_ids, moved)
    if not spans:
        return None
    warc_dir.mkdir(parents=True, exist_ok=True)
    row, known = row_of(engine, name), read_manifest(warc_dir).files.get(name)
    store.fetch(name, path, sha256=row.sha256 if row is not None else known.sha256 if known is not None else None)
    size, digest = path.stat().st_size, sha256_of(path)
    if known is None or known.sha256 != digest:
        list_file(warc_dir, name, sha256=digest, size=size, captures=captures, at=at, kind="found")
    return path


@contextmanager
def alone(warc_dir: Path) -> Iterator[bool]:
    """True while no other process ships from this home."""
    try:
        warc_dir.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(warc_dir.parent / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as exc:
        raise CaptureError(f"{warc_dir.parent}: can't be written to: {exc.strerror}") from exc
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
