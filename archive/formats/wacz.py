"""Captures as WACZ 1.1.1: a ZIP file with the WARC, its index, the list of pages with their text, and digests of all.

https://specs.webrecorder.net/wacz/1.1.1/. WARC and compressed index are stored, so that a reader of the ZIP reaches a
record by range requests; page list and the rest are deflated. Sizes are left for ``zipfile`` to fill in and no file
passes 2 GB: with zip64 tables or a forced zip64 header a WACZ validates and does not replay.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from archive.formats.scratch import Scratch
from archive.formats.warc import Origin, WarcCopy
from archive.reading.exchanges import Shown
from archive.timestamps import rfc3339

VERSION = "1.1.1"
WARC_NAME = "data.warc.gz"
INDEX_NAME = "index.cdx.gz"
BLOCK_LINES = 1_024  # of the index a gzip member; half of what other writers take, so that a look-up reads 60 kB
COPY_BYTES = 1 << 20
PAGES_IN_MEMORY = 8 << 20  # bytes of the page list; a larger one goes to disk
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
MAX_TITLE = 500  # characters of a page's title


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A file of the package, as ``datapackage.json`` lists it."""

    path: str
    digest: str
    size: int

    def listed(self) -> dict[str, object]:
        return {"name": Path(self.path).name, "path": self.path, "hash": f"sha256:{self.digest}", "bytes": self.size}


class WaczWriter:
    """Writes one WACZ into a file that can be sought in: captures go to ``warc``; ``finish`` makes it whole.

    Raises ``OSError`` when it can't be written.
    """

    def __init__(self, stream: IO[bytes], *, warc_dir: Path, origin: Origin, title: str, scratch: Scratch) -> None:
        self.archive = ZipFile(stream, "w")
        self.origin, self.title, self.scratch = origin, title, scratch
        self.moment = max(origin.at.utctimetuple()[:6], ZIP_EPOCH)
        self.member = self.archive.open(self.info(f"archive/{WARC_NAME}"), "w")
        self.warc = WarcCopy(self.member, filename=WARC_NAME, warc_dir=warc_dir, origin=origin, scratch=scratch)
        self.pages = tempfile.SpooledTemporaryFile(max_size=PAGES_IN_MEMORY)  # noqa: SIM115  # closed by finish
        self.page_bytes = self.pages.write(
            line_of({"format": "json-pages-1.0", "id": "pages", "title": title, "hasText": True})
        )
        self.main: Shown | None = None

    @property
    def size(self) -> int:
        """Bytes so far, at most: what is still to be compressed counts in full."""
        return self.warc.size + self.page_bytes + self.scratch.line_bytes

    def list_pages(self, pages: Iterable[Shown]) -> None:
        """Put into the list of pages what captures in ``warc`` show."""
        for page in pages:
            self.main = self.main or page
            self.page_bytes += self.pages.write(line_of(page_of(page)))

    def finish(self) -> None:
        """Index, page list, digests, and the ZIP's own table. What can't be finished is let go of."""
        try:
            self.complete()
        except BaseException:
            self.abandon()
            raise

    def complete(self) -> None:
        self.member.close()
        warc = Resource(path=f"archive/{WARC_NAME}", digest=self.warc.digest.hexdigest(), size=self.warc.size)
        resources = [warc, *self.index()]
        self.pages.seek(0)
        chunks = iter(lambda: self.pages.read(COPY_BYTES), b"")
        resources.append(self.put("pages/pages.jsonl", chunks, is_deflated=True))
        self.pages.close()
        package = json_bytes(self.package(resources))
        self.put("datapackage.json", [package], is_deflated=True)
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}
        self.put("datapackage-digest.json", [json_bytes(digest)], is_deflated=True)
        self.archive.close()

    def abandon(self) -> None:
        """Let go of a file that will not be whole. The error that led here is the one to tell."""
        for part in (self.member, self.archive, self.pages):
            with suppress(OSError, ValueError):
                part.close()

    def index(self) -> Iterator[Resource]:
        """The compressed index, then the table of its blocks."""
        blocks = Blocks(self.scratch.lines())
        yield self.put(f"indexes/{INDEX_NAME}", blocks)
        yield self.put("indexes/index.idx", blocks.table(), is_deflated=True)

    def package(self, resources: Sequence[Resource]) -> dict[str, object]:
        main = {} if self.main is None else {
            "mainPageUrl": self.main.capture.target_uri, "mainPageDate": second(self.main.capture.captured_at)
        }  # fmt: skip
        return {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": self.title,
            "description": self.origin.description,
            "created": second(self.origin.at),
            "software": self.origin.software,
            **main,
            "resources": [resource.listed() for resource in resources],
        }

    def put(self, path: str, chunks: Iterable[bytes], *, is_deflated: bool = False) -> Resource:
        digest, size = hashlib.sha256(), 0
        with self.archive.open(self.info(path, is_deflated=is_deflated), "w") as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return Resource(path=path, digest=digest.hexdigest(), size=size)

    def info(self, path: str, *, is_deflated: bool = False) -> ZipInfo:
        info = ZipInfo(path, self.moment)
        info.compress_type = ZIP_DEFLATED if is_deflated else ZIP_STORED
        info.create_system = 3  # Unix, wherever it is written: the bytes stay the same
        info.external_attr = 0o644 << 16
        return info


class Blocks:
    """An index's lines as gzip members of ``BLOCK_LINES``; iterated once. ``table`` is known then."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.places: list[tuple[str, int, int, str]] = []

    def __iter__(self) -> Iterator[bytes]:
        offset = 0
        while block := list(islice(self.lines, BLOCK_LINES)):
            packer = zlib.compressobj(wbits=31)
            member = packer.compress("".join(f"{line}\n" for line in block).encode("ascii")) + packer.flush()
            key = block[0].partition("{")[0].strip()
            self.places.append((key, offset, len(member), hashlib.sha256(member).hexdigest()))
            offset += len(member)
            yield member

    def table(self) -> Iterator[bytes]:
        """The first key of each member and where it is: the ``.idx`` of a compressed CDXJ."""
        yield b"!meta 0 " + line_of({"format": "cdxj-gzip-1.0", "filename": INDEX_NAME})
        for key, offset, length, digest in self.places:
            place = {"offset": offset, "length": length, "digest": f"sha256:{digest}", "filename": INDEX_NAME}
            yield f"{key} ".encode() + line_of(place)


def page_of(page: Shown) -> dict[str, object]:
    """A line of the page list."""
    return {
        "id": page.capture.warc_record_id.strip("<>").rpartition(":")[2],
        "url": page.capture.target_uri,
        "ts": second(page.capture.captured_at),
        "title": page.title[:MAX_TITLE],
        "text": page.text,
    }


def second(moment: datetime) -> str:
    """RFC 3339 to the second, as the index has it."""
    return rfc3339(moment.replace(microsecond=0))


def line_of(value: dict[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def json_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "replace")
