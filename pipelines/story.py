"""An article as a page's data tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

NEWS = re.compile(r"NewsArticle$|^LiveBlogPosting$")  # types of articles of news
Origin: TypeAlias = Literal["json-ld", "payload", "microdata"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as data or page describe it; None for what they don't say."""

    url: str | None = None
    width: int | None = None
    """Pixels, as ``height``."""
    height: int | None = None
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article as one kind of data tells it; strings as found, white space collapsed, None where absent."""

    origin: Origin
    is_article: bool = True
    """False for a node of the page itself (``WebPage``), which may share facts with its article."""
    kinds: tuple[str, ...] = ()
    """Its types in schema.org's words (``NewsArticle``, ``LiveBlogPosting``), and its genre where one is named."""
    url: str | None = None
    headline: str | None = None
    article_body: str | None = None
    """Paragraphs joined by blank lines."""
    date_published: str | None = None
    date_modified: str | None = None
    authors: tuple[str, ...] = ()
    """Names as written, of persons where the data tells persons from organisations."""
    organisations: tuple[str, ...] = ()
    """Authors that the data calls organisations."""
    publisher: str | None = None
    description: str | None = None
    picture: Picture = Picture()
    based_on: str | None = None
    """Address of the work it is taken from: ``isBasedOn``."""
    keywords: tuple[str, ...] = ()
    section: str | None = None
    is_accessible_for_free: bool | None = None
    language: str | None = None
