"""A payload that an article was made of is not read again: same bytes, same reader, same text.

A look at an archived article mostly brings the page as it was. The evidence says so (its record is a revisit), the
article's row says by what it was read; where both agree the page is settled as unchanged without extraction. What a
source file's rules would make of it today is for ``perilune reextract`` to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from archive.model import Capture, Discovered, Fetched, Settled
from pipelines.page import versions
from pipelines.persist import Note
from pipelines.writer import Writer

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Keeper(Protocol):
    """What this pipeline needs of ``archive.store.Store``."""

    def record_known(
        self, run_id: int, discovered: Discovered, capture: Capture, now: datetime, *, reader: str
    ) -> Settled | None: ...


class KnownPipeline:
    """Scrapy item pipeline: ``Fetched`` whose payload is known → ``Settled``; everything else passes."""

    def __init__(self, *, run_id: int, store: Keeper, writer: Writer, now: Callable[[], datetime], note: Note) -> None:
        self.run_id = run_id
        self.store = store
        self.writer = writer
        self.now = now
        self.note = note

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> KnownPipeline:
        run = crawler.perilune  # type: ignore[attr-defined]  # set by crawler.run on every crawler it makes
        return cls(run_id=run.run_id, store=run.store, writer=run.writer, now=run.now, note=run.note)

    async def process_item(self, item: object) -> object:
        if not isinstance(item, Fetched) or item.capture.revisit_of is None:
            return item
        at = self.now()
        asked = self.writer.submit(
            self.store.record_known, self.run_id, item.discovered, item.capture, at, reader=versions()
        )
        settled = await asyncio.wrap_future(asked)
        if settled is None:
            return item
        self.note(item.capture, settled, at)
        return settled
