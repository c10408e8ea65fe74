"""From what a page says to an article. First version."""

from __future__ import annotations

from collections.abc import Sequence

from archive.digests import text_digest
from archive.model import Article, Capture, Discovered, Extracted
from archive.urls import canonical_url, url_key


def article_from(
    extracted: Extracted, *, discovered: Discovered, capture: Capture, strip_params: Sequence[str] = ()
) -> Article:
    """The article."""
    address = canonical_url(capture.target_uri, strip_params=strip_params)
    date = extracted.dates[0] if extracted.dates else None
    return Article(
        source_id=discovered.source_id,
        canonical_url=address,
        url_key=url_key(address),
        title=extracted.title,
        text=extracted.text,
        authors=extracted.authors,
        published_at=date.value if date else discovered.published_at,
        published_at_precision=date.precision if date else ("second" if discovered.published_at else "unknown"),
        published_at_origin=date.origin if date else None,
        lang=extracted.lang,
        description=extracted.description,
        tags=extracted.tags,
        word_count=len(extracted.text.split()),
        text_digest=text_digest(extracted.text),
        extractor=extracted.extractor,
        alias_urls=(("requested", discovered.url), *(("redirect", url) for url in capture.redirected_from)),
        capture=capture,
    )
