"""A site's own blocks, learned from its articles: what recurs around the prose and is not the prose.

Pure: :func:`learned` counts, :func:`pruned` takes out. The archive keeps the counts a source.

A block (one paragraph, heading, list item; equal words are one block) is the site's when it stands where sites put
their lines, often enough for its kind:

- **at the edges** of an article, in an unbroken run of recurring blocks from the first or the last one; or
- **out of the flow**: at a place in the tree (tags and classes) where none of the article's own prose stands.

Between the article's own paragraphs nothing is ever taken out: a standing quotation, a refrain or the introduction
of a series is prose. A sentence is believed to be prose until half of the articles repeat it; a line without a
sentence's end is believed to be the site's from the third article on. The rule follows template detection by
counting of blocks (Bar-Yossef and Rajagopalan, "Template detection via data mining", WWW 2002) and adds position,
because an archive keeps sentences that a search engine may lose.

Counts fade: an article weighs half after ``HALF_LIFE`` later ones, so that a redesign is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from archive.digests import text_digest
from archive.model import Block, Extracted

TemplateState: TypeAlias = Literal["learned", "pinned", "released"]

HALF_LIFE = 50  # articles of the source, after which a sighting counts half
LEAST_SEEN = 2.5  # faded sightings: in three recent articles
LINE_SHARE = 0.15  # of the source's recent articles, for a line without a sentence's end
OUTSIDE_SHARE = 0.15  # for anything that stands out of the flow of prose: an author's box is on his articles only
PROSE_SHARE = 0.5  # for a sentence in the flow of prose, at an edge
HEAD_PROSE_SHARE = 0.8  # at the head, where series and columns have their introductions
SENTENCE_MIN = 60  # characters; a shorter block with a full stop may be a label
SENTENCE_ENDS = tuple('.!?…。！？」』”"»)')


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateBlock:
    """A block as a source's articles have shown it; ``text_digest`` folds case, white space and Unicode form."""

    text_digest: str
    text: str
    tag: str
    path: str
    article_count: float = 0.0
    """Sightings, faded, as of ``counted_at_article``."""
    counted_at_article: int = 0
    """Number of the source's article in which it was seen last, counted from 1."""
    last_seen_at: datetime | None = None
    state: TemplateState = "learned"
    """``pinned`` by a person: always the site's; ``released``: never."""


def learned(
    blocks: Sequence[Block], known: Mapping[str, TemplateBlock], *, article_number: int, now: datetime
) -> tuple[TemplateBlock, ...]:
    """The counts of this article's blocks, to be kept in place of those in ``known`` (by ``text_digest``).

    ``article_number`` is the source's, from 1, growing by one with each new article; an article learned twice
    counts twice, so revisions are not learned from.
    """
    found: dict[str, TemplateBlock] = {}
    for block in blocks:
        digest = text_digest(block.text)
        if digest in found:
            continue
        before = known.get(digest) or TemplateBlock(
            text_digest=digest, text=block.text, tag=block.tag, path=block.path, counted_at_article=article_number
        )
        found[digest] = replace(
            before,
            article_count=faded(before, article_number) + 1,
            counted_at_article=article_number,
            last_seen_at=now,
            path=block.path,
            tag=block.tag,
        )
    return tuple(found.values())


def faded(block: TemplateBlock, article_number: int) -> float:
    """Sightings as of the article of that number."""
    return float(block.article_count * 0.5 ** (max(0, article_number - block.counted_at_article) / HALF_LIFE))


def articles_weight(article_number: int) -> float:
    """What ``article_count`` of a block would be that stood in every article up to this one."""
    fade = 0.5 ** (1 / HALF_LIFE)
    return float((1 - fade**article_number) / (1 - fade)) if article_number > 0 else 0.0


def is_forgotten(block: TemplateBlock, article_number: int) -> bool:
    """True when the block's row may go: nobody pinned or released it, and its sightings have faded away."""
    return block.state == "learned" and faded(block, article_number) < 0.5


def pruned(extracted: Extracted, known: Mapping[str, TemplateBlock], *, article_number: int) -> Extracted:
    """The article without its site's blocks; itself when none is known.

    ``known`` by ``text_digest``, with this article learned or not. An article is never emptied: one that is all
    template is returned as it is.
    """
    kept = own_blocks(extracted.blocks, known, article_number=article_number)
    if len(kept) == len(extracted.blocks) or not kept:
        return extracted
    return replace(extracted, blocks=tuple(kept), text="\n\n".join(block.text for block in kept))


def own_blocks(blocks: Sequence[Block], known: Mapping[str, TemplateBlock], *, article_number: int) -> list[Block]:
    """The blocks that are the article's own, in order."""
    seen = [known.get(text_digest(block.text)) for block in blocks]
    shares = [share_of(one, article_number) for one in seen]
    homes = {block.path for block, share in zip(blocks, shares, strict=True) if is_sentence(block) and not share}
    marks = [
        mark_of(block, one, share, is_outside=bool(homes) and block.path not in homes)
        for block, one, share in zip(blocks, seen, shares, strict=True)
    ]
    first, last = edges(marks)
    return [
        block
        for place, (block, mark) in enumerate(zip(blocks, marks, strict=True))
        if (mark not in ("always", "outside") and first <= place < last) or mark == "never"
    ]


Mark: TypeAlias = Literal["always", "outside", "edge", "tail", "never", "own"]


def mark_of(block: Block, seen: TemplateBlock | None, share: float, *, is_outside: bool) -> Mark:
    """Where the block would be taken out: anywhere, at both edges, at the tail; or nowhere."""
    if seen is None:
        return "own"
    if seen.state != "learned":
        return "always" if seen.state == "pinned" else "never"
    if is_outside and share >= OUTSIDE_SHARE:
        return "outside"
    if not is_sentence(block):
        return "edge" if share >= LINE_SHARE else "own"
    if share >= HEAD_PROSE_SHARE:
        return "edge"
    return "tail" if share >= PROSE_SHARE else "own"


def edges(marks: Sequence[Mark]) -> tuple[int, int]:
    """(first, one past the last) of the article's own blocks: what recurs in one run from either end is outside."""
    first, last = 0, len(marks)
    while first < last and marks[first] in ("edge", "always", "outside"):
        first += 1
    while last > first and marks[last - 1] in ("edge", "tail", "always", "outside"):
        last -= 1
    return first, last


def share_of(block: TemplateBlock | None, article_number: int) -> float:
    """Share of the source's recent articles that have the block; 0 until enough of them do."""
    count = faded(block, article_number) if block is not None else 0.0
    return count / articles_weight(article_number) if count >= LEAST_SEEN else 0.0


def is_sentence(block: Block) -> bool:
    """True for prose: long enough, and with a sentence's end."""
    return len(block.text) >= SENTENCE_MIN and block.text.rstrip().endswith(SENTENCE_ENDS)


def by_digest(blocks: Iterable[TemplateBlock]) -> dict[str, TemplateBlock]:
    """The blocks by their ``text_digest``."""
    return {block.text_digest: block for block in blocks}
