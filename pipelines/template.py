"""A site's own blocks, learned from its articles: what recurs around the prose and is not the prose.

Pure: :class:`Template` counts and decides; the archive keeps the counts of each source (``archive/rows/templates.py``).

A block (one paragraph, heading, list item; equal words are one block) is the site's when it stands where sites put
their lines, in enough of the source's articles for its kind:

- **at the edges** of an article, in an unbroken run of recurring blocks from its first or its last one;
- **out of the flow**: at a place in the tree (tags and classes) where none of the article's own prose stands;
- **anywhere**, when it is a label: a few words without a sentence's end, no heading, in most articles.

Between the article's own paragraphs no sentence is ever taken out: a standing quotation, a refrain or the introduction
of a series is prose. At the edges a sentence is believed to be prose until half of the articles end with it, or four
fifths begin with it; a line of label and value ("Rocket: Vega-C") is a fact until four fifths have it.
The rule follows template detection by counting of blocks (Bar-Yossef and Rajagopalan, "Template detection via data
mining and its applications", WWW 2002) and adds position, because an archive keeps sentences that a search engine may
lose.

Counts fade: an article weighs half after ``HALF_LIFE`` later ones, so that a redesign is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from archive.digests import text_digest
from archive.model import Block, TemplateBlock, Wording
from archive.words import weight_of, word_count

Mark: TypeAlias = Literal["anywhere", "outside", "edge", "tail", "never", "own"]

HALF_LIFE = 50  # articles of the source, after which a sighting counts half
LEAST_SEEN = 2.5  # faded sightings: in three recent articles
LEAST_SEEN_PROSE = 4.5  # the same, of a sentence in the flow of prose: three articles of a beat may end alike
LINE_SHARE = 0.3  # of the source's recent articles, for a line without a sentence's end
OUTSIDE_SHARE = 0.15  # for what stands out of the flow of prose: an author's box is on that author's articles only
LABEL_SHARE = 0.6  # for a label between paragraphs
PROSE_SHARE = 0.5  # for a sentence, or a line of label and value out of the flow
HEAD_PROSE_SHARE = 0.8  # for a sentence at the head, where series have their introductions; for label and value
SENTENCE_MIN = 60  # Latin characters (a Japanese one counts as two); a shorter block with a full stop may be a label
LABEL_MAX = 40  # Latin characters
SENTENCE_ENDS = tuple('.!?…。！？」』”"»)')
LABEL_AND_VALUE = re.compile(r"[^:：]{2,40}[:：]\s*\S")
HEADING_TAGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
HEAD_BLOCKS, TAIL_BLOCKS = 6, 12  # blocks at either end that are counted whatever they are
MAX_TEXT = 500  # characters of a block that are kept to show it


class Template:
    """What a page's blocks teach, and which of them are the article's own."""

    def learned(
        self, blocks: Sequence[Block], known: Mapping[str, TemplateBlock], *, article_number: int, now: datetime
    ) -> tuple[TemplateBlock, ...]:
        """The counts of this article's blocks, to be kept in place of those in ``known`` (by ``text_digest``).

        ``article_number`` is the source's, from 1, growing by one with each new article. Blocks between paragraphs
        are not counted when they are sentences: nothing is ever decided about those.
        """
        found: dict[str, TemplateBlock] = {}
        for block in countable(blocks):
            digest = text_digest(block.text)
            if digest not in found:
                found[digest] = counted(block, digest, known.get(digest), article_number=article_number, now=now)
        return tuple(found.values())

    def own(
        self, blocks: Sequence[Block], known: Mapping[str, TemplateBlock], *, article_number: int
    ) -> tuple[Block, ...]:
        """The blocks that are the article's own, in order; all of them when none would be left."""
        if all(one.state == "learned" and not share_of(one, article_number) for one in known.values()):
            return tuple(blocks)  # none recurs enough: no mark but "own"
        seen = [known.get(text_digest(block.text)) for block in blocks]
        shares = [share_of(one, article_number) for one in seen]
        homes = {block.path for block, share in zip(blocks, shares, strict=True) if is_sentence(block) and not share}
        marks = [
            mark_of(block, one, share, is_outside=bool(homes) and bool(block.path) and block.path not in homes)
            for block, one, share in zip(blocks, seen, shares, strict=True)
        ]
        first, last = edges(marks)
        kept = tuple(
            block
            for place, (block, mark) in enumerate(zip(blocks, marks, strict=True))
            if mark == "never" or (mark not in ("anywhere", "outside") and first <= place < last)
        )
        return kept or tuple(blocks)

    def wording(self, blocks: Sequence[Block]) -> Wording:
        """The text of these blocks, and what follows from it."""
        text = "\n\n".join(block.text for block in blocks)
        return Wording(text=text, word_count=word_count(text), text_digest=text_digest(text))


def countable(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that may turn out to be the site's: at the ends, out of the flow, or no sentence."""
    homes = {block.path for block in blocks[HEAD_BLOCKS:-TAIL_BLOCKS] if is_sentence(block)}
    return [
        block
        for place, block in enumerate(blocks)
        if place < HEAD_BLOCKS
        or place >= len(blocks) - TAIL_BLOCKS
        or not is_sentence(block)
        or block.path not in homes
    ]


def counted(
    block: Block, digest: str, before: TemplateBlock | None, *, article_number: int, now: datetime
) -> TemplateBlock:
    """The block with one sighting more."""
    return TemplateBlock(
        text_digest=digest,
        text=block.text[:MAX_TEXT],
        tag=block.tag,
        path=block.path,
        article_count=faded(before, article_number) + 1,
        counted_at_article=article_number,
        first_seen_at=now if before is None else before.first_seen_at,
        last_seen_at=now,
        state="learned" if before is None else before.state,
    )


def faded(block: TemplateBlock | None, article_number: int) -> float:
    """Sightings as of the article of that number; 0 for a block never seen."""
    if block is None:
        return 0.0
    return float(block.article_count * 0.5 ** (max(0, article_number - block.counted_at_article) / HALF_LIFE))


def articles_weight(article_number: int) -> float:
    """What ``article_count`` of a block would be that stood in every article up to this one."""
    fade = 0.5 ** (1 / HALF_LIFE)
    return float((1 - fade**article_number) / (1 - fade)) if article_number > 0 else 0.0


def share_of(block: TemplateBlock | None, article_number: int) -> float:
    """Share of the source's recent articles that have the block; 0 until enough of them do."""
    count = faded(block, article_number)
    return count / articles_weight(article_number) if count >= LEAST_SEEN else 0.0


def mark_of(block: Block, seen: TemplateBlock | None, share: float, *, is_outside: bool) -> Mark:
    """Where the block would be taken out: anywhere, out of the flow, at both edges, at the tail; or nowhere."""
    if seen is None:
        return "own"
    if seen.state != "learned":
        return "anywhere" if seen.state == "pinned" else "never"
    if is_fact(block):
        return fact_mark(share, is_outside=is_outside)
    if is_outside and share >= OUTSIDE_SHARE:
        return "outside"
    if is_sentence(block):
        return sentence_mark(seen, share)
    if is_label(block) and share >= LABEL_SHARE:
        return "anywhere"
    return "edge" if share >= LINE_SHARE else "own"


def sentence_mark(seen: TemplateBlock, share: float) -> Mark:
    """For a sentence in the flow of prose."""
    if seen.article_count < LEAST_SEEN_PROSE:
        return "own"
    return "edge" if share >= HEAD_PROSE_SHARE else "tail" if share >= PROSE_SHARE else "own"


def fact_mark(share: float, *, is_outside: bool) -> Mark:
    """For label and value: the site's when most articles have it, out of the flow, or nearly all at an edge."""
    if is_outside and share >= HEAD_PROSE_SHARE:
        return "outside"
    return "edge" if share >= HEAD_PROSE_SHARE else "own"


def edges(marks: Sequence[Mark]) -> tuple[int, int]:
    """(first, one past the last) of the article's own blocks: what recurs in one run from either end is outside."""
    first, last = 0, len(marks)
    while first < last and marks[first] in ("edge", "anywhere", "outside"):
        first += 1
    while last > first and marks[last - 1] in ("edge", "tail", "anywhere", "outside"):
        last -= 1
    return first, last


def is_sentence(block: Block) -> bool:
    """True for prose: long enough, and with a sentence's end."""
    return weight_of(block.text) >= SENTENCE_MIN and block.text.rstrip().endswith(SENTENCE_ENDS)


def is_fact(block: Block) -> bool:
    """True for a line of label and value."""
    return not is_sentence(block) and bool(LABEL_AND_VALUE.match(block.text))


def is_label(block: Block) -> bool:
    """True for a few words that are neither a sentence nor a heading."""
    is_short = weight_of(block.text) <= LABEL_MAX
    return is_short and block.tag not in HEADING_TAGS and not block.text.endswith(SENTENCE_ENDS)


def is_of_the_site(block: TemplateBlock, article_number: int) -> bool:
    """True when the block is taken out somewhere, as things stand: to show it."""
    shown = Block(text=block.text, tag=block.tag, path=block.path)
    return mark_of(shown, block, share_of(block, article_number), is_outside=False) not in ("own", "never")


def by_digest(blocks: Iterable[TemplateBlock]) -> dict[str, TemplateBlock]:
    """The blocks by their ``text_digest``."""
    return {block.text_digest: block for block in blocks}
