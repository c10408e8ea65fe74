"""A large file on its way into S3, in parts: what was sent already need not be sent again after a kill.

An object comes into being when its last part is there and the upload is completed, so nobody ever takes half of one for
the whole. Until then S3 keeps the parts, invisible and paid for, under an upload's number. The next sending of the same
file goes on with that upload: it keeps the parts whose MD5 is that of the file's own bytes, and sends the others.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html

Going on needs rights that a key may lack (docs/workers.md lists them): then every sending begins anew.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)
PART_BYTES = 16 << 20  # 5 MiB is S3's least; what a kill costs at most, and what each sender holds in memory
MOST_PARTS = 10_000  # of one object, S3's limit; a larger file has larger parts
SENDERS = 4  # parts on their way at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A copy into a store that was begun and not finished. ``upload_id``: S3's; empty in a folder."""

    name: str
    begun_at: datetime
    bytes: int
    upload_id: str = ""


def upload(files: Any, place: str, path: Path, *, part_bytes: int = PART_BYTES) -> None:  # Any: s3fs' file system
    """Send the file to ``bucket/folder/name``. Raises what s3fs does; what was sent till then is kept for next time.

    Earlier uploads to the same place that were left unfinished are gone afterwards. Where the key may not list or drop
    those, the whole file is sent, and they stay.
    """
    bucket, key, _ = files.split_path(place)
    size = path.stat().st_size
    part_bytes = max(part_bytes, -(-size // MOST_PARTS))
    if size <= part_bytes:
        files.call_s3("put_object", Bucket=bucket, Key=key, Body=path.read_bytes())
        return
    begun: list[dict[str, Any]] = []
    with spared("s3:ListBucketMultipartUploads", key):
        begun = [one for one in uploads(files, bucket, key) if one["Key"] == key]
    if begun:
        number = str(max(begun, key=lambda one: one["Initiated"])["UploadId"])
    else:
        number = str(files.call_s3("create_multipart_upload", Bucket=bucket, Key=key)["UploadId"])
    target = {"Bucket": bucket, "Key": key, "UploadId": number}
    parts = sent_parts(files, target, path, size, part_bytes)
    files.call_s3("complete_multipart_upload", **target, MultipartUpload={"Parts": parts})
    with spared("s3:AbortMultipartUpload", key):
        for one in begun:
            if one["UploadId"] != number:
                abort(files, place, one["UploadId"])


@contextmanager
def spared(right: str, key: str) -> Iterator[None]:
    """What a sending can do without: left out, and said, where the store refuses it."""
    try:
        yield
    except PermissionError as exc:
        log.warning("store refuses", extra={"right": right, "file": key.rpartition("/")[2], "error": str(exc)})


def sent_parts(files: Any, target: dict[str, str], path: Path, size: int, part_bytes: int) -> list[dict[str, Any]]:
    """Number and tag of every part of the file, those that S3 lacked sent now."""
    held: dict[int, dict[str, Any]] = {}
    with spared("s3:ListMultipartUploadParts", target["Key"]):
        held = {part["PartNumber"]: part for part in parts_of(files, target)}
    descriptor = os.open(path, os.O_RDONLY)

    def sent(number: int) -> dict[str, Any]:
        body = os.pread(descriptor, part_bytes, (number - 1) * part_bytes)
        if is_the_same(held.get(number), body):
            return {"PartNumber": number, "ETag": held[number]["ETag"]}
        told = files.call_s3("upload_part", **target, PartNumber=number, Body=body)
        return {"PartNumber": number, "ETag": told["ETag"]}

    pool = ThreadPoolExecutor(SENDERS)
    try:
        return list(pool.map(sent, range(1, -(-size // part_bytes) + 1)))
    finally:
        pool.shutdown(cancel_futures=True)
        os.close(descriptor)


def is_the_same(part: dict[str, Any] | None, body: bytes) -> bool:
    """S3 holds these bytes: by their number and MD5, which is a part's tag unless the bucket encrypts with a key."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return part is not None and part["Size"] == len(body) and part["ETag"].strip('"') == digest


def drafts(files: Any, folder: str) -> Iterator[Draft]:
    """Uploads into the folder that were begun and not finished, in S3's order: by name, then by age."""
    bucket, prefix, _ = files.split_path(folder + "/")
    for one in uploads(files, bucket, prefix):
        target = {"Bucket": bucket, "Key": one["Key"], "UploadId": one["UploadId"]}
        size = sum(part["Size"] for part in parts_of(files, target))
        name = one["Key"].removeprefix(prefix)
        yield Draft(name=name, begun_at=one["Initiated"], bytes=size, upload_id=one["UploadId"])


def abort(files: Any, place: str, upload_id: str) -> None:
    """Have S3 drop the parts of an upload."""
    bucket, key, _ = files.split_path(place)
    files.call_s3("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=upload_id)


def uploads(files: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Every unfinished upload to a key that begins so."""
    place: dict[str, str] = {}
    while True:
        told = files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=prefix, **place)
        yield from told.get("Uploads", ())
        if not told.get("IsTruncated"):
            return
        place = {"KeyMarker": told["NextKeyMarker"], "UploadIdMarker": told["NextUploadIdMarker"]}


def parts_of(files: Any, target: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Every part that S3 holds of an upload; a thousand come at once."""
    place: dict[str, int] = {}
    while True:
        told = files.call_s3("list_parts", **target, **place)
        yield from told.get("Parts", ())
        if not told.get("IsTruncated"):
            return
        place = {"PartNumberMarker": int(told["NextPartNumberMarker"])}
