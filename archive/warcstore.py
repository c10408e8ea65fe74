"""A store of finished WARC files by URL, which several machines share: ``file:///srv/warc``, ``s3://bucket/warc``.

``mount`` says in which store the WARC folder of a home goes on, as a mounted disk would: whoever opens a file by its
name finds it in the folder or else in the store (:func:`archive.evidence.warc.opened_warc`). Every command mounts what
``PERILUNE_WARC_STORE`` names. Reading asks for ranges, so a record costs its own bytes and little more.

What S3 needs beside the bucket's name (keys, region, another endpoint) it takes from the environment as every AWS tool
does: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_ENDPOINT_URL``. So no secret stands in the URL.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from archive.errors import CaptureError, ConfigError
from archive.multipart import Draft, abort, drafts, upload

SCHEMES = ("file", "s3")
RECORD_BYTES = 256 << 10  # read at once where one record is wanted; nine of ten are smaller
WHOLE_BYTES = 8 << 20  # read at once where a file is read to its end
PIECE_BYTES = 1 << 20  # a digest is made of, and a file is copied by
PART = ".part"  # ends the name of a file that is being copied into a folder


class WarcStore:
    """One store. Connects when it is first asked. Every method raises ``CaptureError`` when it can't be reached or
    refuses."""

    def __init__(self, url: str) -> None:
        """Raises ``ConfigError`` for what names no store."""
        parts = urlsplit(url)
        if "@" in parts.netloc or parts.query or "::" in url:
            raise ConfigError("PERILUNE_WARC_STORE: keys belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        if parts.scheme not in SCHEMES or not (parts.path if parts.scheme == "file" else parts.netloc):
            raise ConfigError("PERILUNE_WARC_STORE: neither file:///folder nor s3://bucket/folder")  # may hold a secret
        self.url = url.rstrip("/")
        self.scheme = parts.scheme
        self._opened: tuple[Any, str] | None = None  # Any: fsspec's file system; and the folder as it calls it

    def names(self) -> list[str]:
        """Of the WARC files in it, in order."""
        with self.reached() as (files, folder):
            try:
                found = files.ls(folder, detail=False)
            except FileNotFoundError:
                return []
        return sorted(name for one in found if (name := str(one).rpartition("/")[2]).endswith(".warc.gz"))

    def size(self, name: str) -> int | None:
        """In bytes; None when it is not there."""
        with self.reached() as (files, folder):
            try:
                return int(files.info(f"{folder}/{name}")["size"])
            except FileNotFoundError:
                return None

    @contextmanager
    def opened(self, name: str, *, is_whole: bool = False) -> Iterator[BinaryIO]:
        """To be read: anywhere in it, or, where ``is_whole``, from its start to its end."""
        size = WHOLE_BYTES if is_whole else RECORD_BYTES
        with (
            self.reached() as (files, folder),
            files.open(f"{folder}/{name}", "rb", block_size=size, cache_type="readahead") as file,
        ):
            yield file

    def sha256_of(self, name: str) -> str:
        """Of its bytes as they come back: ``sha256:<hex>``."""
        found = hashlib.sha256()
        with self.opened(name, is_whole=True) as file:
            while piece := file.read(PIECE_BYTES):
                found.update(piece)
        return "sha256:" + found.hexdigest()

    def put(self, path: Path) -> None:
        """Copy a file into it, under its name once it is whole: a copy that was cut off is never seen. Into S3 a later
        one goes on where that was (:mod:`archive.multipart`)."""
        with self.reached() as (files, folder):
            place = f"{folder}/{path.name}"
            if self.scheme == "file":
                files.makedirs(folder, exist_ok=True)
                files.put_file(str(path), place + PART)
                sync(Path(place + PART))
                Path(place + PART).replace(place)
                sync(Path(folder))
            else:
                upload(files, place, path)

    def drafts(self) -> list[Draft]:
        """Copies into it that were begun and not finished, by name: under way, or left behind."""
        with self.reached() as (files, folder):
            if self.scheme == "s3":
                return list(drafts(files, folder))
            return [draft_of(path) for path in sorted(Path(folder).glob(f"*.warc.gz{PART}"))]

    def drop(self, draft: Draft) -> None:
        """Give up a copy that was begun."""
        with self.reached() as (files, folder):
            if self.scheme == "s3":
                abort(files, f"{folder}/{draft.name}", draft.upload_id)
            else:
                Path(f"{folder}/{draft.name}{PART}").unlink(missing_ok=True)

    def fetch(self, name: str, place: Path, *, sha256: str | None) -> None:
        """Copy a file out of it, under that name once it is whole. ``sha256``: the digest that it must have; None where
        nobody knows one. Raises ``CaptureError`` for another; then there is no copy."""
        draft, found = place.with_name(f".{place.name}{PART}"), hashlib.sha256()
        with self.opened(name, is_whole=True) as source, draft.open("wb") as target:
            while piece := source.read(PIECE_BYTES):
                target.write(piece)
                found.update(piece)
            target.flush()
            os.fsync(target.fileno())
        if sha256 is not None and f"sha256:{found.hexdigest()}" != sha256:
            draft.unlink()
            raise CaptureError(f"{self.url}/{name}: altered: its bytes are not those listed as {sha256}")
        draft.replace(place)

    @contextmanager
    def reached(self) -> Iterator[tuple[Any, str]]:
        """fsspec's file system and the folder. Raises ``ConfigError`` where the extra is missing."""
        try:
            if self._opened is None:
                self._opened = connected(self.url)
            yield self._opened
        except FileNotFoundError as exc:
            raise CaptureError(f"{self.url}: not there: {exc}") from exc
        except failures(self.scheme) as exc:
            lines = str(exc).strip().splitlines()
            raise CaptureError(f"{self.url}: {lines[0] if lines else type(exc).__name__}") from exc


def connected(url: str) -> tuple[Any, str]:
    """fsspec's file system and folder. Nothing is remembered of an earlier one, nor of what it listed."""
    extra = "s3" if url.startswith("s3:") else "workers"
    try:
        core = importlib.import_module("fsspec.core")
        files, folder = core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
    except ImportError as exc:
        raise ConfigError(f"PERILUNE_WARC_STORE={url} needs more: pip install 'perilune[workers,{extra}]'") from exc
    return files, str(folder).rstrip("/")


def failures(scheme: str) -> tuple[type[Exception], ...]:
    """What a store raises that is away or refuses."""
    if scheme == "file":
        return (OSError,)
    found: type[Exception] = importlib.import_module("botocore.exceptions").BotoCoreError
    return (OSError, found)


def draft_of(path: Path) -> Draft:
    """Of a file that is being copied into a folder. Its time is that of the last byte."""
    facts = path.stat()
    begun_at = datetime.fromtimestamp(facts.st_mtime, UTC)
    return Draft(name=path.name.removesuffix(PART), begun_at=begun_at, bytes=facts.st_size)


def sync(path: Path) -> None:
    """To the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Where a folder goes on

_mounted: dict[Path, WarcStore] = {}


def mount(warc_dir: Path, url: str | None) -> None:
    """Let the folder go on in a store, for this process; None: in none. Raises ``ConfigError``."""
    if url is None:
        _mounted.pop(warc_dir, None)
    elif (known := _mounted.get(warc_dir)) is None or known.url != url.rstrip("/"):
        _mounted[warc_dir] = WarcStore(url)


def store_of(warc_dir: Path) -> WarcStore | None:
    """In which the folder goes on."""
    return _mounted.get(warc_dir)


def names_in(warc_dir: Path) -> list[str]:
    """Of all finished WARC files, in the folder and in its store. Raises ``CaptureError``."""
    store = store_of(warc_dir)
    local = {path.name for path in warc_dir.glob("*.warc.gz")}
    return sorted(local | set(store.names() if store else ()))
