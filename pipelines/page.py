"""A page on its way to whoever reads it, what is known of it beforehand, and what comes back. Loads no extractor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version

from archive.model import Article, Fetched, Groundwork, Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known of a page from outside it."""

    title: str | None = None
    published_at: datetime | None = None
    content_html: str | None = None
    language: str | None = None
    country: str | None = None
    """Of the source, ISO 3166-1: it settles which number of ``03/04/2025`` is the month."""
    source_name: str | None = None
    captured_at: datetime | None = None
    """When the page was fetched: nothing on it is later. None means now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the source file says of its pages."""

    prune_css: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A fetched page on its way to a worker."""

    fetched: Fetched
    hints: Hints
    rules: Rules
    strip_params: tuple[str, ...] = ()
    obey: tuple[str, ...] = ()
    """Wishes of publishers (archive.wishes) for which a page is not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the worker made of it: an article, or why it is none."""

    fetched: Fetched
    result: Article | Rejected
    seconds: float
    """CPU time of the worker for this page."""
    groundwork: Groundwork | None = None
    """Of an article."""


@cache
def versions() -> str:
    """Who extracts; asked once, for it reads files."""
    return f"perilune/{version('perilune')} trafilatura/{version('trafilatura')}"
