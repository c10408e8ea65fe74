"""Taking a source's template out: of the article in hand, of its stored self, and of those it makes recognisable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from archive.model import Article, Candidate
from archive.rows.articles import reworded
from archive.rows.kinship import Comparison
from archive.rows.templates import Cleaner, Knowledge, knowledge_for, learn, own_blocks, with_blocks
from archive.schema import ArticleRow


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What is known of the article's source, in the transaction that stores it."""

    session: Session
    knowledge: Knowledge
    cleaner: Cleaner
    comparison: Comparison
    now: datetime

    @classmethod
    def of(
        cls, session: Session, article: Article, cleaner: Cleaner, comparison: Comparison, *, now: datetime
    ) -> Cleaning | None:
        """None where nothing is to be done: an unknown source, or an article whose blocks are not known."""
        knowledge = knowledge_for(session, article)
        return None if knowledge is None else cls(session, knowledge, cleaner, comparison, now)

    def own(self, article: Article) -> Article:
        """The article without its site's blocks, as far as these are known."""
        kept = self.cleaner.own(article.blocks, self.knowledge.known, article_number=self.knowledge.number)
        if len(kept) == len(article.blocks):
            return article
        return replace(article, blocks=kept, **asdict(self.cleaner.wording(kept)))

    def clean_held(self, article: Article, held: Iterable[Candidate]) -> bool:
        """Clean stored articles of this source that differ from this one's words, by what is known today.

        Otherwise a page that did not change would seem edited once more of its site is recognised. True when any was.
        """
        others = [
            one.id for one in held if one.source_id == article.source_id and one.text_digest != article.text_digest
        ]
        cleaned = [self.clean(self.session.get_one(ArticleRow, number)) for number in others]
        return any(cleaned)

    def learn(self, article: Article) -> None:
        """Learn from a new article as it was extracted, and clean the source's latest of what that makes known."""
        texts = learn(self.session, article, self.knowledge, self.cleaner, now=self.now)
        self.session.flush()
        for row in with_blocks(self.session, article.source_id, texts):
            self.clean(row)

    def clean(self, row: ArticleRow) -> bool:
        """Take the site's blocks out of a stored article; False when it has none."""
        kept = own_blocks(self.session, row, self.cleaner, number=self.knowledge.number)
        if kept is None:
            return False
        wording = self.cleaner.wording(kept)
        reworded(self.session, row, kept, wording, comparison=self.comparison, now=self.now)
        return True
