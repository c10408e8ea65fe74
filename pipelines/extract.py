"""One page to what it says. First version: trafilatura with metadata."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import trafilatura

from archive.errors import ExtractionError
from archive.model import DateCandidate, Extracted


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known of a page from outside it."""

    title: str | None = None
    published_at: datetime | None = None
    content_html: str | None = None
    language: str | None = None
    source_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the source file says of its pages."""

    prune_css: tuple[str, ...] = ()


def extract(body: bytes, *, url: str, charset: str | None, hints: Hints, rules: Rules) -> Extracted:
    """What the page says; raises ``ExtractionError`` when it can't be read."""
    document = trafilatura.bare_extraction(body, url=url, with_metadata=True, include_comments=False, prune_xpath=None)
    if document is None:
        raise ExtractionError("no main text")
    day = datetime.fromisoformat(document.date).replace(tzinfo=UTC) if document.date else None
    dates = (
        (DateCandidate(value=day, precision="day", offset_minutes=None, origin="meta", role="published"),)
        if day
        else ()
    )
    return Extracted(
        title=document.title or hints.title or "",
        text="\n\n".join(line for line in (document.text or "").split("\n") if line.strip()),
        authors=tuple(name.strip() for name in (document.author or "").split(";") if name.strip()),
        dates=dates,
        lang=hints.language,
        description=document.description,
        lead_image_url=document.image,
        tags=tuple(document.tags or ()),
        extractor=f"trafilatura/{trafilatura.__version__}",
    )
