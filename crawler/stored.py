"""A capture that is archived already, as what the crawl's spider had of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import CaptureError
from archive.evidence.account import read_exchange
from archive.evidence.notes import Settlement
from archive.evidence.records import StoredRecord
from archive.evidence.warc import read_record
from archive.model import Fetched, Locator, Missed
from archive.rows.rebuilding import locator_of, payload_digest_of
from spiders.replay import Original, item_of

if TYPE_CHECKING:
    from sqlalchemy import Engine


def stored_item(
    engine: Engine, warc_dir: Path, locator: Locator, *, run_id: int, settlement: Settlement | None = None
) -> Fetched | Missed:
    """What the spider yielded of an article's capture.

    Raises ``CaptureError`` when its record can't be read any more, or nothing says how its address was found.
    """
    exchanged, answer = read_exchange(warc_dir, locator, run_id=run_id)
    if exchanged.discovered is None:
        raise CaptureError(f"{locator.filename}@{locator.offset}: nothing says how it was found")
    if not exchanged.capture.payload_digest:
        digest = payload_digest_of(engine, exchanged.capture.revisit_of or "")
        exchanged = replace(exchanged, capture=replace(exchanged.capture, payload_digest=digest))
    return item_of(exchanged, answer, settlement, originals(engine, warc_dir))


def originals(engine: Engine, warc_dir: Path) -> Original:
    """What finds the response that a revisit stands for, by its record's id; None when it is not held."""

    def original(record_id: str) -> StoredRecord | None:
        locator = locator_of(engine, record_id)
        return None if locator is None else read_record(warc_dir, locator)

    return original
