"""The list of finished WARC files, so that a changed or removed one can be proved: ``manifest.jsonl`` beside ``warc/``.

Append only, one JSON object a line. Each line has the sha256 of the line before it (``previous``) and of itself
(``hash``: of its own JSON without that key), so that no line can be changed, removed or put in without breaking
the chain. Who could rewrite the file could write a whole new chain; so a line ``signed`` carries an Ed25519 signature
over the hash before it, made with a key that need not be on this machine. Anybody with the public key can check it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

from archive.errors import CaptureError, ConfigError

NAME = "manifest.jsonl"
FIRST = "sha256:" + "0" * 64  # what the first line has before it
READ_BYTES = 1 << 20

Line: TypeAlias = Mapping[str, Any]  # Any: JSON values
Kind: TypeAlias = Literal["finished", "found", "rewritten", "signed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A finished file as the manifest has it: the last line that names it."""

    file: str
    bytes: int
    sha256: str
    captures: int
    """Response and revisit records in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A place where the chain does not hold. Lines count from 1."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The manifest as it reads."""

    files: Mapping[str, Listed]
    breaks: tuple[Break, ...]
    signatures: tuple[tuple[str, int], ...]
    """(public key in hex, number of the line it was signed in), of those that hold."""
    lines: int


def manifest_path(warc_dir: Path) -> Path:
    return warc_dir.parent / NAME


def list_file(
    warc_dir: Path,
    name: str,
    *,
    sha256: str,
    size: int,
    captures: int,
    at: datetime,
    kind: Kind = "finished",
    **more: str,
) -> None:
    """Append a file. Raises ``CaptureError`` when that can't be written."""
    facts = {"kind": kind, "file": name, "bytes": size, "sha256": sha256, "captures": captures, **more}
    with opened_to_append(manifest_path(warc_dir)) as file:
        append(file, facts, at=at)


def sign(warc_dir: Path, key_file: Path, *, at: datetime) -> str:
    """Sign everything listed so far; the public key in hex. A missing key file is made, readable by its owner only.

    Raises ``ConfigError`` when the key can't be read or made, or there is nothing to sign.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = signing_key(key_file)
    public: str = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    with opened_to_append(manifest_path(warc_dir)) as file:
        last = last_line(file)
        if last is None:
            raise ConfigError(f"{manifest_path(warc_dir)}: nothing is listed yet")
        signature = key.sign(str(last["hash"]).encode("ascii")).hex()
        append(file, {"kind": "signed", "public_key": public, "signature": signature}, at=at)
    return public


def signing_key(path: Path) -> Any:  # Any: cryptography's Ed25519PrivateKey, imported only where it is used
    """The private key of a PEM file, made where there is none. Raises ``ConfigError``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    try:
        if not path.exists():
            made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(made)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as exc:
        raise ConfigError(f"{path}: no key to sign with: {exc}") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path}: not an Ed25519 key")
    return key


def read_manifest(warc_dir: Path) -> Manifest:
    """Every line, checked. An archive without a manifest has an empty one. Raises ``CaptureError``."""
    files: dict[str, Listed] = {}
    breaks: list[Break] = []
    signatures: list[tuple[str, int]] = []
    previous, number = FIRST, 0
    for number, raw in enumerate(raw_lines(manifest_path(warc_dir)), start=1):
        line = parsed(raw)
        if line is None:
            breaks.append(Break(line=number, reason="not a line of a manifest"))
            continue
        if reason := fault_of(line, previous):
            breaks.append(Break(line=number, reason=reason))
        elif line["kind"] == "signed":
            signatures.append((str(line["public_key"]), number))
        previous = str(line["hash"])
        if (listed := listed_in(line)) is not None:
            files[listed.file] = listed
    return Manifest(files=files, breaks=tuple(breaks), signatures=tuple(signatures), lines=number)


def fault_of(line: Line, previous: str) -> str | None:
    """Why a line does not hold; None when it does."""
    if line["hash"] != hash_of(line):
        return "changed: its hash is not that of its content"
    if line.get("previous") != previous:
        return "the line before it was changed, removed or put in"
    if line["kind"] == "signed" and not is_signed(line):
        return "its signature is not that of its key"
    return None


def is_signed(line: Line) -> bool:
    """The signature is one over the hash before it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(line.get("public_key"))))
        key.verify(bytes.fromhex(str(line.get("signature"))), str(line.get("previous")).encode("ascii"))
    except (InvalidSignature, ValueError):
        return False
    return True


def sha256_of(path: Path) -> str:
    """``sha256:<hex>`` of a file's bytes. Raises ``CaptureError``."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(READ_BYTES):
                found.update(piece)
    except OSError as exc:
        raise CaptureError(f"{path}: can't be read: {exc.strerror}") from exc
    return "sha256:" + found.hexdigest()


# Lines


def hash_of(line: Line) -> str:
    """sha256 of the line's JSON without its ``hash``: keys in order, no spaces, ASCII."""
    facts = {name: value for name, value in line.items() if name != "hash"}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()


def append(file: IO[bytes], facts: Line, *, at: datetime) -> None:
    """One more line, on the disk when this returns."""
    last = last_line(file)
    line = {**facts, "at": at.isoformat(), "previous": FIRST if last is None else str(last["hash"])}
    file.seek(0, os.SEEK_END)
    file.write(json.dumps({**line, "hash": hash_of(line)}, ensure_ascii=True).encode("ascii") + b"\n")
    file.flush()
    os.fsync(file.fileno())


def last_line(file: IO[bytes]) -> Line | None:
    """The last line that is one; what a crash left of a line after it is cut off. None in an empty manifest."""
    file.seek(0)
    found, end = None, 0
    for raw in file:
        if raw.endswith(b"\n"):
            found, end = parsed(raw) or found, end + len(raw)
    file.truncate(end)
    return found


def parsed(raw: bytes) -> Line | None:
    """The line as JSON; None for what is none of ours."""
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    is_ours = isinstance(line, dict) and isinstance(line.get("hash"), str) and isinstance(line.get("kind"), str)
    return line if is_ours else None


def listed_in(line: Line) -> Listed | None:
    """The file a line names; None for a signature."""
    try:
        return Listed(
            file=str(line["file"]),
            bytes=int(line["bytes"]),
            sha256=str(line["sha256"]),
            captures=int(line["captures"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def raw_lines(path: Path) -> Sequence[bytes]:
    """Whole lines; what a crash left of one at the end is none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as exc:
        raise CaptureError(f"{path}: can't be read: {exc.strerror}") from exc
    return content.split(b"\n")[:-1]


@contextmanager
def opened_to_append(path: Path) -> Iterator[IO[bytes]]:
    """The manifest, locked against other runs. Raises ``CaptureError``."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
    except OSError as exc:
        raise CaptureError(f"{path}: can't be written: {exc.strerror}") from exc
