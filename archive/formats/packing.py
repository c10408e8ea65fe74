"""Evidence out of the archive, as WARC or WACZ files: the captures of articles with all that their replay needs.

A file that would grow past ``MAX_PART_BYTES`` is followed by another, and then all of them are numbered. Nothing bears
a finished name before everything is written. Memory does not grow with the export.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection

from archive.errors import CaptureError, ConfigError, StoreError
from archive.formats.gathering import Gatherer
from archive.formats.scratch import Scratch
from archive.formats.wacz import WaczWriter
from archive.formats.warc import Origin, WarcCopy
from archive.query import Query
from archive.reading.exchanges import Evidence, Held, Shown, as_of, evidence, evidence_of, forgotten, holds_requisites

MAX_PART_BYTES = 1_800_000_000  # of a file; a ZIP of 2 GiB and more needs zip64 tables, which replay tools misread
SLACK_BYTES = 1 << 20  # for the records beside an answer and the tables at the end of a file
TOLD_EVERY = 200  # articles between two lines of progress
TITLE = "Perilune"
SUFFIXES = {"warc": ".warc.gz", "wacz": ".wacz"}

Progress = Callable[[str], None]
Unit = tuple[tuple[Held, ...], tuple[Shown, ...]]  # captures that stand in one file, and the pages they show


@dataclass(slots=True, kw_only=True)
class Packed:
    """What became of an export."""

    articles: int = 0
    captures: int = 0
    """Answers with the records beside them; of several parts all."""
    records: int = 0
    bytes: int = 0
    pages: int = 0
    forgotten: int = 0
    unreadable: list[str] = field(default_factory=list)
    """Captures that are left out because their record is missing or damaged, and why."""
    files: list[Path] = field(default_factory=list)


def pack(
    connection: Connection,
    warc_dir: Path,
    path: Path,
    *,
    format_: str,
    software: str,
    where: Query | None = None,
    since_id: int = 0,
    max_part_bytes: int = MAX_PART_BYTES,
    on_progress: Progress = lambda line: None,
) -> Packed:
    """Write the evidence of the articles that answer ``where`` (all when None) with an id above ``since_id``.

    Raises ``ConfigError`` when there is nothing to write, ``StoreError`` when it can't be read or written; then no
    file is left behind.
    """
    told = Packed()
    at = as_of(connection)
    if at is None:
        raise ConfigError("the archive holds no captures: nothing to export")
    origin = Origin(software=software, description=description(where, since_id), at=at)
    gatherer = Gatherer(
        connection, warc_dir, forgotten=forgotten(connection), has_requisites=holds_requisites(connection)
    )
    drafts = Drafts(path, format_)
    try:
        with Parts(drafts, origin, warc_dir=warc_dir, max_bytes=max_part_bytes, told=told) as parts:
            for unit in units(gatherer, evidence_of(connection, where=where, since_id=since_id), told, on_progress):
                parts.add(*unit)
        if not told.captures:
            raise ConfigError(f"nothing to export: {left_out(told) or 'no article answers'}")
        told.files = drafts.finish()
    except OSError as exc:
        raise StoreError(f"{path}: can't be written: {exc.strerror or exc}") from exc
    finally:
        drafts.discard()
    return told


def pack_capture(
    connection: Connection, warc_dir: Path, capture: Held, path: Path, *, format_: str, software: str, seconds: float
) -> Packed:
    """One capture with what belongs to it, as one file, of whatever size.

    Raises ``CaptureError`` when it can't be read, or was forgotten on demand; ``TooSlowError`` when finding what
    belongs to it takes longer than ``seconds``.
    """
    origin = Origin(software=software, description=f"Capture {capture.warc_record_id}", at=capture.captured_at)
    gatherer = Gatherer(connection, warc_dir, forgotten=forgotten(connection), has_requisites=True, seconds=seconds)
    if gatherer.is_forgotten(capture):
        raise CaptureError(f"{capture.warc_record_id}: forgotten on demand")
    together = gatherer.together(capture)
    told = Packed(articles=1)
    drafts = Drafts(path, format_)
    try:
        with Parts(drafts, origin, warc_dir=warc_dir, max_bytes=MAX_PART_BYTES, told=told) as parts:
            parts.add(together, [page_of(connection, capture)])
        if not told.pages:
            raise CaptureError(told.unreadable[0])
        told.files = drafts.finish()
    finally:
        drafts.discard()
    return told


def page_of(connection: Connection, capture: Held) -> Shown:
    """What a capture showed; by its address alone where it is no article's, or brought nothing new."""
    found = evidence(connection, capture.article_id).shown if capture.article_id is not None else ()
    plain = Shown(capture=capture, title=capture.target_uri, text="")
    return next((page for page in found if page.capture.id == capture.id), plain)


def description(where: Query | None, since_id: int) -> str:
    bounds = f" with an id above {since_id}" if since_id else ""
    which = f"that answer: {where.text}" if where is not None else "of the whole archive"
    return f"Captures of articles {which}{bounds}"


def units(gatherer: Gatherer, found: Iterable[Evidence], told: Packed, on_progress: Progress) -> Iterator[Unit]:
    """Each capture with what belongs to it, and the page that it shows; what can't be handed on is counted."""
    for one in found:
        shown = {page.capture.id: page for page in one.shown}
        for capture in one.captures:
            if gatherer.is_forgotten(capture):
                told.forgotten += 1
            elif together := read_or_told(gatherer, capture, told):
                yield together, tuple(filter(None, [shown.get(capture.id)]))
        told.articles += 1
        if told.articles % TOLD_EVERY == 0:
            on_progress(f"articles: {told.articles:,}, records: {told.records:,}, bytes: {told.bytes:,}")


def read_or_told(gatherer: Gatherer, capture: Held, told: Packed) -> tuple[Held, ...]:
    """What belongs to a capture; nothing, and a line in ``told``, when it can't be read."""
    try:
        return gatherer.together(capture)
    except CaptureError as exc:
        told.unreadable.append(str(exc))
        return ()


class Parts:
    """The files one after the other: the next one begins when the next capture would not fit."""

    def __init__(self, drafts: Drafts, origin: Origin, *, warc_dir: Path, max_bytes: int, told: Packed) -> None:
        self.drafts, self.origin, self.warc_dir, self.max_bytes, self.told = drafts, origin, warc_dir, max_bytes, told
        self.part: Part | None = None
        self.earlier = (0, 0, 0)  # captures, records and bytes of the files before

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end(is_whole=kind is None)

    def add(self, captures: Sequence[Held], pages: Sequence[Shown]) -> None:
        """What can't be read is left out and told: a requisite alone, a page, or an original with its revisits."""
        needed = sum(one.locator.length for one in captures) + sum(4 * len(one.text) for one in pages) + SLACK_BYTES
        if self.part is not None and self.part.size + needed > self.max_bytes:
            self.end(is_whole=True)
        if self.part is None:
            origin = replace(self.origin, part=len(self.drafts.paths) + 1)
            self.part = Part(self.drafts.next(), self.drafts.format_, origin, warc_dir=self.warc_dir)
        lost: set[str | None] = set()
        for capture in captures:
            try:
                if capture.revisit_of not in lost or capture.revisit_of is None:
                    self.part.warc.add(capture)
                    continue
            except CaptureError as exc:
                self.told.unreadable.append(str(exc))
            lost.add(capture.warc_record_id)
        written = [page for page in pages if page.capture.warc_record_id not in lost]
        self.part.list_pages(written)
        self.told.pages += len(written)
        self.tell(self.part.warc)

    def tell(self, warc: WarcCopy) -> None:
        """Bring the sums up to date with the file in writing."""
        captures, records, size = self.earlier
        self.told.captures = captures + warc.captures
        self.told.records = records + warc.records
        self.told.bytes = size + warc.size

    def end(self, *, is_whole: bool) -> None:
        if self.part is not None:
            self.part.close(is_whole=is_whole)
        self.part = None
        self.earlier = (self.told.captures, self.told.records, self.told.bytes)


class Part:
    """One file in writing, of either format."""

    def __init__(self, draft: Path, format_: str, origin: Origin, *, warc_dir: Path) -> None:
        self.closing = ExitStack()
        scratch = self.closing.enter_context(Scratch())
        self.file = self.closing.enter_context(draft.open("xb"))
        self.wacz: WaczWriter | None = None
        if format_ == "wacz":
            self.wacz = WaczWriter(self.file, warc_dir=warc_dir, origin=origin, title=TITLE, scratch=scratch)
            self.warc = self.wacz.warc
        else:
            self.warc = WarcCopy(self.file, filename=draft.name, warc_dir=warc_dir, origin=origin, scratch=scratch)

    @property
    def size(self) -> int:
        return self.warc.size if self.wacz is None else self.wacz.size

    def list_pages(self, pages: Sequence[Shown]) -> None:
        """A WARC file has no such list."""
        if self.wacz is not None:
            self.wacz.list_pages(pages)

    def close(self, *, is_whole: bool) -> None:
        with self.closing:
            if self.wacz is not None:
                self.wacz.finish() if is_whole else self.wacz.abandon()
            self.file.flush()
            os.fsync(self.file.fileno())


class Drafts:
    """Files beside their final names, which they get together."""

    def __init__(self, path: Path, format_: str) -> None:
        self.path, self.format_ = path.resolve(), format_
        self.paths: list[Path] = []

    def next(self) -> Path:
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.{len(self.paths) + 1}.part")
        self.paths.append(draft)
        return draft

    def finish(self) -> list[Path]:
        """One file bears the name asked for; several are numbered before the ending: ``mars-00001.wacz``."""
        names = (
            [self.path] if len(self.paths) == 1 else [self.numbered(place) for place in range(1, len(self.paths) + 1)]
        )
        for draft, name in zip(self.paths, names, strict=True):
            draft.replace(name)
        self.paths = []
        return names

    def numbered(self, place: int) -> Path:
        name, suffix = self.path.name, SUFFIXES[self.format_]
        stem = name[: -len(suffix)] if name.lower().endswith(suffix) else name
        return self.path.with_name(f"{stem}-{place:05d}{name[len(stem) :] or suffix}")

    def discard(self) -> None:
        """What did not get its name; nothing after ``finish``."""
        for draft in self.paths:
            with suppress(OSError):  # the first error is the one to tell
                draft.unlink(missing_ok=True)


def left_out(told: Packed) -> str:
    """What an export leaves out, as words; empty when it is nothing."""
    counts = (
        (told.forgotten, "captures forgotten on demand"),
        (len(told.unreadable), "captures that can't be read (perilune verify)"),
    )
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)
