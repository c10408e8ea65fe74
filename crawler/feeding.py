"""Pages through the pipelines without a crawl: extracted in processes, a few ahead, and kept one by one in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from archive.model import Fetched, Missed
from crawler import settings
from pipelines.page import Read
from pipelines.workers import ExtractionPool, SourceGuide

K = TypeVar("K")
AHEAD = 4  # pages a worker that may be read before their turn: bounds the bodies in memory


def feed(
    items: Iterable[tuple[K, Fetched | Missed]],
    *,
    guide_of: Callable[[str], SourceGuide],
    keep: Callable[[K, Read | Missed], None],
) -> None:
    """Read each item in the pool, and hand the results to ``keep`` in the order of ``items``. Blocks."""
    asyncio.run(fed(items, guide_of=guide_of, keep=keep))


async def fed(
    items: Iterable[tuple[K, Fetched | Missed]],
    *,
    guide_of: Callable[[str], SourceGuide],
    keep: Callable[[K, Read | Missed], None],
) -> None:
    pool = ExtractionPool(
        size=settings.PERILUNE_EXTRACT_WORKERS,
        timeout_s=settings.PERILUNE_EXTRACT_TIMEOUT_S,
        memory_bytes=settings.PERILUNE_EXTRACT_MEMORY_BYTES,
    )
    waiting: deque[tuple[K, Awaitable[Read | Missed]]] = deque()

    async def read(item: Fetched | Missed) -> Read | Missed:
        return item if isinstance(item, Missed) else await pool.read(guide_of(item.discovered.source_id).page(item))

    async def keep_first() -> None:
        key, reading = waiting.popleft()
        keep(key, await reading)

    try:
        for key, item in items:
            waiting.append((key, asyncio.ensure_future(read(item))))
            await asyncio.sleep(0)  # let it reach the pool before the next page is read from disk
            while len(waiting) > AHEAD * pool.size:
                await keep_first()
        while waiting:
            await keep_first()
    finally:
        pool.close()
