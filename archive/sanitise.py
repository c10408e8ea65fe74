"""The storage boundary: what no database takes is taken out here, once; what has no end is cut.

NUL: PostgreSQL refuses it and SQLite's ``length()`` stops at it. Lone surrogates: neither stores them.
Feeds, JSON and headers of strangers carry both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from archive.model import Article, Block

BAD = re.compile("[\x00\ud800-\udfff]")
MAX_TEXT = 5_000_000  # characters of a text or a feed's own full text; the longest book is shorter
MAX_FIELD = 10_000  # characters of a title, a name, an address, a description
MAX_ITEMS = 200  # authors of a paper, tags of a page; more is a page gone wrong


def clean(text: str, *, limit: int = MAX_FIELD) -> str:
    """The text without NUL and lone surrogates, cut to ``limit`` characters."""
    if text.isascii() and "\x00" not in text:  # most are: a look at the bytes, no pattern
        return text[:limit]
    return BAD.sub("", text)[:limit]


def clean_or_none(text: str | None, *, limit: int = MAX_FIELD) -> str | None:
    """Same; None stays None."""
    return None if text is None else clean(text, limit=limit)


def clean_all(texts: Sequence[str]) -> list[str]:
    """Same, for lists; at most ``MAX_ITEMS`` of them."""
    return [clean(text) for text in texts[:MAX_ITEMS]]


def clean_json(value: object) -> object:
    """Same, for what becomes a JSON column: every string and key of it. Mappings become dicts, the rest lists."""
    if isinstance(value, str):
        return clean(value, limit=MAX_TEXT)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean_json(inner) for key, inner in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [clean_json(inner) for inner in value]
    return value


def sanitised(article: Article) -> Article:
    """The article as a database can hold it; what is decided on is what is stored."""
    return replace(
        article,
        section=clean_or_none(article.section),
        lead_image_url=clean_or_none(article.lead_image_url),
        lead_image_caption=clean_or_none(article.lead_image_caption),
        lead_image_credit=clean_or_none(article.lead_image_credit),
        credit_line=clean_or_none(article.credit_line),
        credit_url=clean_or_none(article.credit_url),
        canonical_url=clean(article.canonical_url),
        url_key=clean(article.url_key),
        title=clean(article.title),
        text=clean(article.text, limit=MAX_TEXT),
        authors=tuple(clean_all(article.authors)),
        lang=clean_or_none(article.lang),
        description=clean_or_none(article.description),
        canonical_link=clean_or_none(article.canonical_link),
        tags=tuple(clean_all(article.tags)),
        extractor=clean(article.extractor),
        alias_urls=tuple((kind, clean(url)) for kind, url in article.alias_urls),
        blocks=tuple(sanitised_block(block) for block in article.blocks),
    )


def sanitised_block(block: Block) -> Block:
    """The block as a database can hold it: mostly itself."""
    text = clean(block.text, limit=MAX_TEXT)
    return block if text == block.text else replace(block, text=text)
