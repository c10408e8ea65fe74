"""A page of every family of systems that space news runs on, read to the letter; each written for this test."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.model import Article
from archive.timestamps import published
from pipelines.extract import extract
from pipelines.normalise import article_from
from pipelines.page import Hints, Rules
from tests.builders import a_capture, a_discovered

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
FETCHED = datetime(2026, 7, 1, tzinfo=UTC)
FAMILIES = sorted(path.parent.name for path in PAGES.glob("*/expected.json"))


def read(family: str, expected: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """What is read from the family's page, of what is expected."""
    url = expected["url"]
    page = extract(
        (PAGES / family / "page.html").read_bytes(),
        url=url,
        charset=None,
        hints=Hints(captured_at=FETCHED),
        rules=Rules(),
    )
    found = a_discovered(url, discovered_via="listing")
    article = article_from(page, discovered=found, capture=a_capture(url, captured_at=FETCHED))
    named = {name: getattr(article, name, None) for name in expected}
    named |= {name: value.isoformat() for name, value in named.items() if isinstance(value, datetime)}
    named |= {name: list(value) for name, value in named.items() if isinstance(value, tuple)}
    extra = {"url": url, "text": article.text.split("\n\n"), "published_day": day_of(article)}
    return named | {name: value for name, value in extra.items() if name in expected}


def day_of(article: Article) -> str:
    """The day as the page prints it; for pages that give an hour and no zone."""
    date = published(article.published_at, article.published_at_precision, article.published_at_offset_minutes)
    return (date or "")[:10]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_page_of_the_family_is_read_to_the_letter(family: str) -> None:
    expected = json.loads((PAGES / family / "expected.json").read_text(encoding="utf-8"))
    assert read(family, expected) == expected


def test_there_is_a_page_of_every_family() -> None:
    assert len(FAMILIES) == 14
