"""A source's template while its articles are read again, oldest first. Pure.

The archive's counts have faded, and those of a design that is gone are forgotten. So what is known counts as when it
was last seen, and beside it the blocks are counted anew on the way, as the crawl did. An article is decided on once
``AHEAD`` more of its source were counted, since a crawl cleans earlier articles of what later ones make known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from archive.digests import text_digest
from archive.model import Article, Block, TemplateBlock
from pipelines.template import Template

AHEAD = 10  # articles; a sentence counts as the site's from five on, a line from three
SWEEP_EVERY, SEEN_ONCE, OLD_ONCE, OLD = 100, 1.5, 80, 400  # as archive.rows.templates forgets


class Relearned:
    """What one source's articles taught so far."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.blocks: dict[str, TemplateBlock] = {}
        self.number = 0

    def learn(self, article: Article, *, now: datetime) -> None:
        """Count the blocks of an article as it was extracted."""
        self.number += 1
        blocks = self.template.learned(article.blocks, self.blocks, article_number=self.number, now=now)
        self.blocks.update((block.text_digest, block) for block in blocks)
        if self.number % SWEEP_EVERY == 0:
            self.blocks = {digest: block for digest, block in self.blocks.items() if not self.is_gone(block)}

    def is_gone(self, block: TemplateBlock) -> bool:
        age = self.number - block.counted_at_article
        return (block.article_count < SEEN_ONCE and age > OLD_ONCE) or age > OLD

    def own(self, article: Article, known: Mapping[str, TemplateBlock], *, learned_articles: int) -> Article:
        """The article without its site's blocks. ``known`` are those that the archive has, by digest."""
        if not article.blocks:
            return article
        number = learned_articles + 1
        lasting = {digest: replace(block, counted_at_article=number) for digest, block in known.items()}
        said = {digest: block for digest, block in known.items() if block.state != "learned"}
        kept = self.template.own(article.blocks, lasting, article_number=number)
        kept = self.template.own(kept, {**self.blocks, **said}, article_number=self.number)
        if len(kept) == len(article.blocks):
            return article
        return replace(article, blocks=kept, **asdict(self.template.wording(kept)))


def digests_of(blocks: tuple[Block, ...]) -> set[str]:
    """What the archive is asked for."""
    return {text_digest(block.text) for block in blocks}
