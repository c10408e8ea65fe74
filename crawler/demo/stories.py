"""Article files of the sample: TOML between ``+++`` lines, then paragraphs.

A paragraph is a run of lines; ``## `` makes it a heading, ``> `` a quotation. Inside, ``*word*`` is emphasis,
``**word**`` strong and ``[word](url)`` a link. The same file yields the page's HTML and the text an archive must keep.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from html import escape
from importlib.resources.abc import Traversable
from typing import Literal, TypeAlias

from archive.errors import ConfigError

Kind: TypeAlias = Literal["p", "h2", "quote"]
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
STRONG = re.compile(r"\*\*([^*]+)\*\*")
EMPHASIS = re.compile(r"\*([^*]+)\*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph of a story; ``markup`` is as written in the file."""

    kind: Kind
    markup: str

    @property
    def text(self) -> str:
        """What a reader sees."""
        return EMPHASIS.sub(r"\1", STRONG.sub(r"\1", LINK.sub(r"\1", self.markup)))

    @property
    def inline_html(self) -> str:
        """The markup as HTML, without an element around it."""
        linked = LINK.sub(r'<a href="\2">\1</a>', escape(self.markup, quote=False))
        return EMPHASIS.sub(r"<em>\1</em>", STRONG.sub(r"<strong>\1</strong>", linked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A paragraph as it reads from ``edition`` on."""

    edition: int
    paragraph: int
    """Counted from 0."""
    text: str
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article, as its publisher wrote it."""

    key: str
    """``<publisher>/<slug>`` of the outlet that wrote it."""
    slug: str
    title: str
    authors: tuple[str, ...]
    published_at: datetime
    """Aware, with the offset that the page prints."""
    section: str
    tags: tuple[str, ...]
    description: str
    blocks: tuple[Block, ...]
    edition: int = 1
    """The first edition of the sample in which the story is out."""
    modified_at: datetime | None = None
    is_paywalled: bool = False
    facts: frozenset[str] = frozenset()
    """What is odd about how it is served, in words that only its publisher reads (``meta-charset-only``)."""
    correction: Correction | None = None

    @property
    def day(self) -> date:
        """The day of publication in the publisher's zone."""
        return self.published_at.date()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Paragraphs and headings in reading order, as plain text."""
        return tuple(block.text for block in self.blocks)

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def changed_at(self) -> datetime:
        """When the page last changed."""
        return self.modified_at or self.published_at


def read_story(file: Traversable, publisher_id: str) -> Story:
    """The story of one file; its slug is the file's name unless the file says otherwise.

    Raises ``ConfigError`` for a file without a head, ``KeyError`` for a missing key: both are bugs of the sample.
    """
    _, head, body = ("\n" + file.read_text(encoding="utf-8")).split("\n+++\n", 2)
    if not head.strip():
        raise ConfigError(f"{file.name}: no TOML head")
    facts = tomllib.loads(head)
    slug = facts.get("slug", file.name.removesuffix(".md"))
    blocks = tuple(read_block(part) for part in re.split(r"\n\s*\n", body.strip()))
    correction = facts.get("correction")
    return Story(
        key=f"{publisher_id}/{slug}",
        slug=slug,
        title=facts["title"],
        authors=tuple(facts["authors"]),
        published_at=facts["published"],
        section=facts["section"],
        tags=tuple(facts.get("tags", ())),
        description=facts.get("description", first_sentence(blocks[0].text)),
        blocks=blocks,
        edition=facts.get("edition", 1),
        is_paywalled=facts.get("paywalled", False),
        facts=frozenset(facts.get("facts", ())),
        correction=Correction(**correction) if correction else None,
    )


def read_block(part: str) -> Block:
    """One paragraph of a file; its lines are joined by a blank, or by nothing between CJK characters."""
    joined = re.sub(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])", "", part.strip())
    line = " ".join(joined.split("\n"))
    if line.startswith("## "):
        return Block(kind="h2", markup=line[3:])
    if line.startswith("> "):
        return Block(kind="quote", markup=line[2:])
    return Block(kind="p", markup=line)


def first_sentence(text: str) -> str:
    """Up to the first full stop (also 。), for description tags."""
    return re.split(r"(?<=[.!?])\s|(?<=。)", text, maxsplit=1)[0]


def in_edition(story: Story, edition: int) -> Story:
    """The story as it reads in an edition: corrected, if its correction is out."""
    fix = story.correction
    if fix is None or fix.edition > edition:
        return story
    blocks = list(story.blocks)
    blocks[fix.paragraph] = replace(blocks[fix.paragraph], markup=fix.text)
    return replace(story, blocks=tuple(blocks), modified_at=fix.modified_at)


def html_body(blocks: Iterable[Block], *, heading: str = "h2") -> str:
    """Blocks as an editor's HTML: one element a line."""
    wrap = {"p": "<p>{}</p>", "h2": f"<{heading}>{{}}</{heading}>", "quote": "<blockquote><p>{}</p></blockquote>"}
    return "\n".join(wrap[block.kind].format(block.inline_html) for block in blocks)
