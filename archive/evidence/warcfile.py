"""One WARC file while it is written, and after a crash: see :mod:`archive.evidence.warc` for what goes into it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive.errors import CaptureError, LockedError
from archive.evidence.cdxj import cdxj_line, write_index
from archive.evidence.manifest import list_file, read_manifest, sha256_of
from archive.evidence.records import Fields, field_block, members, record_member, warc_date
from archive.model import Locator

FSYNC_BYTES = 64 << 20  # about a thousand pages
FSYNC_SECONDS = 30.0  # looked at when a record is written; an idle writer has nothing to lose
OPEN = ".open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What :func:`repair_torn` did to one file. ``records`` 0 means nothing was left to keep."""

    path: Path
    records: int
    kept_bytes: int
    cut_bytes: int


def new_record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


class WarcFile:
    """One file in writing: starts with its warcinfo record, ends by being renamed."""

    def __init__(self, path: Path, info: Fields) -> None:
        self.path = path
        self.draft = path.with_name(path.name + OPEN)
        self.info_id = new_record_id()
        self.index: list[str] = []
        self.captures = 0
        self.hash = hashlib.sha256()
        self.size = self.synced_size = 0
        self.synced_at = time.monotonic()
        self.descriptor = locked_new_file(self.draft)
        fields = [
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", self.info_id),
            ("WARC-Date", warc_date(datetime.now(UTC))),
            ("WARC-Filename", path.name),
            ("Content-Type", "application/warc-fields"),
        ]
        try:
            self.append([record_member(fields, field_block(info))])
        except CaptureError:
            os.close(self.descriptor)  # the empty draft is removed by the next repair
            raise

    def append(self, parts: list[bytes]) -> Locator:
        """Write the members after one another; the locator is that of the first. Raises ``CaptureError``."""
        data, offset = b"".join(parts), self.size
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self.descriptor, view) :]
            self.size += len(data)
            self.hash.update(data)
            self.sync_when_due()
        except OSError as exc:
            self.cut_back(offset)
            raise CaptureError(f"{self.draft}: can't be written: {exc.strerror}") from exc
        return Locator(filename=self.path.name, offset=offset, length=len(parts[0]))

    def cut_back(self, offset: int) -> None:
        """Take off what a failed write left, so that the file ends with a whole record."""
        self.size = offset
        try:
            os.ftruncate(self.descriptor, offset)
            os.lseek(self.descriptor, offset, os.SEEK_SET)
        except OSError as exc:
            raise CaptureError(f"{self.draft}: ends in a torn record, run `perilune verify`: {exc.strerror}") from exc

    def sync_when_due(self) -> None:
        now = time.monotonic()
        if self.size - self.synced_size >= FSYNC_BYTES or now - self.synced_at >= FSYNC_SECONDS:
            os.fsync(self.descriptor)
            self.synced_size, self.synced_at = self.size, now

    def close(self, cdxj_dir: Path | None = None) -> None:
        """To the disk, its index into ``cdxj_dir`` where it has one, into the manifest, and last to its final name: a
        file that has it is whole, listed and indexed. Raises ``CaptureError``; a repair finishes the rest."""
        try:
            os.fsync(self.descriptor)
            if cdxj_dir is not None:
                write_index(cdxj_dir, self.path.name, self.index)
            list_file(
                self.path.parent,
                self.path.name,
                sha256="sha256:" + self.hash.hexdigest(),
                size=self.size,
                captures=self.captures,
                at=datetime.now(UTC),
            )
            finished(self.draft, self.path)
        except OSError as exc:
            raise CaptureError(f"{self.draft}: can't be finished: {exc.strerror}") from exc
        finally:
            os.close(self.descriptor)


def locked_new_file(draft: Path) -> int:
    """Descriptor of a new file that no repair will touch while we hold it. Raises ``CaptureError``."""
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    except OSError as exc:
        raise CaptureError(f"{draft}: can't be made: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(descriptor)
        raise CaptureError(f"{draft}: can't be locked: {exc.strerror}") from exc
    return descriptor


def finished(draft: Path, path: Path) -> None:
    """Rename, and make the new name last."""
    if path.exists():
        raise FileExistsError(17, "exists already", str(path))
    draft.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def repair_leftovers(warc_dir: Path, cdxj_dir: Path | None = None) -> list[Repair]:
    """Finish every file a crash left in ``warc_dir``; files another run is writing are passed over."""
    repairs = []
    for draft in sorted(warc_dir.glob(f"*.warc.gz{OPEN}")):
        try:
            repairs.append(repair_torn(draft, cdxj_dir))
        except LockedError:
            continue
    return repairs


def repair_torn(draft: Path, cdxj_dir: Path | None = None) -> Repair:
    """Cut a torn end off a file that was being written when its writer died, and finish it.

    Reads every record, so that what stays is whole; a file in which nothing but its warcinfo is whole is removed,
    unless the manifest lists it. Raises ``LockedError`` when a run is writing it, ``CaptureError`` when it can't be
    read or cut.
    """
    path = draft.with_name(draft.name.removesuffix(OPEN))
    try:
        with draft.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            records, captures, kept, lines = whole_part(draft, path.name)
            size = os.fstat(file.fileno()).st_size
            file.truncate(kept)
            os.fsync(file.fileno())
            is_kept = records > 1 or path.name in read_manifest(path.parent).files
            if is_kept:
                account_for(draft, path, captures, cdxj_dir or path.parent.parent / "cdxj", lines)
                finished(draft, path)
            else:
                draft.unlink()
    except BlockingIOError as exc:
        raise LockedError(f"{draft}: another run is writing it") from exc
    except OSError as exc:
        raise CaptureError(f"{draft}: can't be repaired: {exc.strerror}") from exc
    return Repair(path=path, records=records, kept_bytes=kept if is_kept else 0, cut_bytes=size - kept)


def account_for(draft: Path, path: Path, captures: int, cdxj_dir: Path, lines: list[str]) -> None:
    """Index and list a file that is whole and has not got its name; not again when its writer died just before that."""
    if not path.name.endswith("-meta.warc.gz"):
        write_index(cdxj_dir, path.name, lines)
    digest, known = sha256_of(draft), read_manifest(path.parent).files.get(path.name)
    if known is None or known.sha256 != digest:
        size = draft.stat().st_size
        list_file(path.parent, path.name, sha256=digest, size=size, captures=captures, at=datetime.now(UTC))


def whole_part(draft: Path, name: str) -> tuple[int, int, int, list[str]]:
    """How many whole records a file starts with, how many of them are captures, where the last of them ends, and
    their index lines."""
    records, captures, kept, lines = 0, 0, 0, []
    try:
        with draft.open("rb") as file:
            for record in members(file, name):
                records, kept = records + 1, record.locator.offset + record.locator.length
                captures += record.warc_type in ("response", "revisit")
                if line := cdxj_line(record):
                    lines.append(line)
    except CaptureError:
        pass  # the end we came to cut off
    return records, captures, kept, lines
