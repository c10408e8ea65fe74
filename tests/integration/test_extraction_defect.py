"""A page on which our own code fails costs that page: neither the run nor a rebuild, which read through one pool."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.model import Discovered, Fetched, Rejected
from pipelines.page import Read
from pipelines.workers import ExtractionPool, ExtractPipeline
from tests.crawled import Crawl, config_of, other_body, page


@pytest.fixture
def fetched(tmp_path: Path) -> Fetched:
    crawl = Crawl(config_of(tmp_path))
    capture = crawl.answer("/ice", page("Ice on the far side", text=other_body(1)), is_settled=False)
    crawl.close()
    found = Discovered(
        source_id="alpha", url=capture.target_uri, discovered_via="feed", endpoint_url="https://alpha.example/feed",
        discovered_at=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    return Fetched(discovered=found, capture=capture)


def test_defect_is_logged_counted_and_costs_one_page(fetched: Fetched, caplog: pytest.LogCaptureFixture) -> None:
    broken = replace(fetched, capture=replace(fetched.capture, body=42))  # no bytes: that is the defect
    counted: dict[str, float] = {}

    async def read() -> list[Any]:
        pool = ExtractionPool(size=1, timeout_s=60, memory_bytes=2 << 30)
        pipeline = ExtractPipeline(pool, {}, lambda name, number: counted.update({name: number}))
        try:
            with caplog.at_level(logging.ERROR):
                return [await pipeline.process_item(broken), await pipeline.process_item(fetched)]
        finally:
            await pipeline.close_spider()

    failed, fine = asyncio.run(read())

    assert isinstance(failed, Read) and isinstance(failed.result, Rejected)
    assert failed.result.reason == "extraction_defect"
    assert failed.result.detail.startswith("AttributeError: ")
    assert failed.fetched.capture.body == b""
    assert counted["stage/extract/defects"] == 1
    assert [record.exc_info is not None for record in caplog.records if record.msg == "defect in extraction"] == [True]
    assert fine.result.title == "Ice on the far side"
