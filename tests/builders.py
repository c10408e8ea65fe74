"""Small values for tests: a test names only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from archive.digests import digest_of, text_digest
from archive.model import Article, Candidate, Capture, Discovered, Locator
from archive.store import SourceAtRest
from archive.urls import url_key

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PROSE = (
    "The rover drove forty metres to the rim of the crater and stopped there for the night because its batteries "
    "were low and the ground ahead was strewn with sharp rocks."
)
NAMESPACE = UUID(int=7)  # of record ids


def a_discovered(url: str = "https://alpha.example/news/rover", **changes: Any) -> Discovered:
    """An address as a feed announced it."""
    values = {
        "source_id": "alpha",
        "url": url,
        "discovered_via": "feed",
        "endpoint_url": "https://alpha.example/feed",
        "discovered_at": NOW,
    }
    return Discovered(**values | changes)


def a_capture(url: str = "https://alpha.example/news/rover", *, run_id: int = 1, **changes: Any) -> Capture:
    """A whole answer, in WARC since ``captured_at``; another address or moment is another record."""
    captured_at = changes.get("captured_at", NOW)
    values = {
        "source_id": "alpha",
        "run_id": run_id,
        "target_uri": url,
        "status": 200,
        "mime_type": "text/html",
        "captured_at": captured_at,
        "warc_record_id": f"<urn:uuid:{uuid5(NAMESPACE, f'{url} {captured_at.isoformat()}')}>",
        "payload_digest": digest_of(f"{url} {captured_at.isoformat()}".encode()),
        "locator": Locator(filename="test.warc.gz", offset=0, length=100),
    }
    return Capture(**values | changes)


def an_article(url: str = "https://alpha.example/news/rover", **changes: Any) -> Article:
    """A clean article met under one address."""
    text = changes.get("text", PROSE)
    source_id = changes.get("source_id", "alpha")
    values = {
        "source_id": source_id,
        "canonical_url": url,
        "url_key": url_key(url),
        "title": "Rover stops at the rim",
        "text": text,
        "word_count": len(text.split()),
        "text_digest": text_digest(text),
        "extractor": "test 1",
        "alias_urls": (("requested", url),),
        "capture": a_capture(url, source_id=source_id),
    }
    return Article(**values | changes)


def a_candidate(article: Article | None = None, **changes: Any) -> Candidate:
    """The article as it is held: id 1, captured at ``NOW``."""
    held = article or an_article()
    values = {
        "id": 1,
        "source_id": held.source_id,
        "url_key": held.url_key,
        "title": held.title,
        "text_digest": held.text_digest,
        "published_at": held.published_at,
        "published_at_precision": held.published_at_precision,
        "alias_keys": frozenset({held.url_key}),
        "captured_at": held.capture.captured_at,
    }
    return Candidate(**values | changes)


def a_source(source_id: str = "alpha") -> SourceAtRest:
    """What a source file says."""
    return SourceAtRest(
        id=source_id,
        name=source_id.title(),
        publisher_kind="trade",
        homepage=f"https://{source_id}.example/",
        language="en",
        country="US",
        status="active",
        host_group=source_id,
    )
