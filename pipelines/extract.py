"""One page to what it says. Pure; runs in a worker process.

decode → tree → metadata → chrome out → main text → what stands between its blocks → lines cleaned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from lxml.etree import XPath
from lxml.html import HtmlElement
from trafilatura.metadata import extract_metadata

from archive.model import DateCandidate, Extracted
from pipelines.body import paragraphs_of
from pipelines.chrome import prune_chrome, prune_selected
from pipelines.container import blocks_in, filled
from pipelines.decode import decoded
from pipelines.lines import cleaned
from pipelines.structured import StructuredData, structured_data
from pipelines.tree import tree_of

SHELL_BODY_MIN = 200  # characters; a shorter articleBody is a teaser
SHELL_SHARE = 0.5  # of the data's text; a page that shows less of it than this is a shell or a teaser
PRINTED_TITLES = XPath("//meta[@property='og:title' or @name='twitter:title']/@content | //title/text()")
HEADINGS = XPath("//h1")


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
    """What the page says; ``charset`` is the Content-Type header's.

    The text is empty when the page has none. Raises ``ExtractionError`` when the page can't be read at all.
    """
    root = tree_of(decoded(body, charset))
    data = structured_data(root)
    metadata = extract_metadata(root, url)
    titles = [metadata.title or hints.title or "", *printed_titles(root)]
    prune_selected(root, rules.prune_css)
    prune_chrome(root)
    recognised = paragraphs_of(root)
    blocks = cleaned(filled(blocks_in(root), recognised), titles=titles)
    text, origin = trusted("\n\n".join(blocks), data)
    day = datetime.fromisoformat(metadata.date).replace(tzinfo=UTC) if metadata.date else None
    dates = (
        (DateCandidate(value=day, precision="day", offset_minutes=None, origin="meta", role="published"),)
        if day
        else ()
    )
    return Extracted(
        title=titles[0],
        text=text,
        authors=tuple(name.strip() for name in (metadata.author or "").split(";") if name.strip()),
        dates=dates,
        lang=hints.language,
        description=metadata.description,
        lead_image_url=metadata.image,
        tags=tuple(metadata.tags or ()),
        extractor=f"perilune/{version('perilune')} trafilatura/{version('trafilatura')} ({origin})",
    )


def trusted(text: str, data: StructuredData) -> tuple[str, str]:
    """(the text, where it was read): the page's own, unless its data has far more, as pages built by scripts do.

    ``articleBody`` is often cut, and where it is whole the page shows the same: it is the second witness.
    """
    body = data.article_body or ""
    if len(body) >= SHELL_BODY_MIN and len(text) < SHELL_SHARE * len(body):
        return body, data.body_origin or "data"
    return text, "page"


def printed_titles(root: HtmlElement) -> list[str]:
    """Every form in which the page prints its title."""
    return [*map(str, PRINTED_TITLES(root)), *(" ".join(heading.text_content().split()) for heading in HEADINGS(root))]
