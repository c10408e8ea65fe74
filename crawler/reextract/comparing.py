"""Archived pages read again by today's extraction, and what differs. Writes nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from archive.config import Config
from archive.errors import CaptureError
from archive.model import Article, Duplicate, Fetched, Missed, New, Rejected
from archive.rows.reextraction import (
    Compared,
    Difference,
    Held,
    compared,
    count_articles,
    held_articles,
    rejected_captures,
    template_known,
)
from archive.sanitise import sanitised
from archive.store import Store
from crawler.feeding import feed
from crawler.reextract.told import WORST, Asked, Example, Kind, Reread
from crawler.run import utc_now
from crawler.stored import stored_item
from crawler.verdict import FINE, INTERRUPTED, STORAGE
from pipelines.dedup import decide
from pipelines.page import Read
from pipelines.persist import CLEANER
from pipelines.relearning import AHEAD, Relearned, digests_of
from pipelines.workers import SourceGuide

if TYPE_CHECKING:
    from sqlalchemy import Engine

TOLD_EVERY = 100  # articles between two lines of progress

Progress: TypeAlias = Callable[[str], None]


class Rereading:
    """One reading at work, which writes nothing."""

    def __init__(
        self, config: Config, engine: Engine, asked: Asked, guides: Mapping[str, SourceGuide], on_progress: Progress
    ) -> None:
        self.config, self.engine, self.asked, self.guides = config, engine, asked, guides
        self.on_progress = on_progress
        self.store = Store(engine)
        self.told = Reread(run_id=None)
        self.through: tuple[str, int] = ("", 0)
        self.rejected_through = 0
        self.relearned = Relearned(CLEANER)
        self.waiting: deque[tuple[Held, Article | Rejected]] = deque()
        self.source_id = ""
        self.total = count_articles(engine, source_ids=asked.source_ids, since=asked.since)

    def finished(self) -> Reread:
        """The articles, source by source, then the pages that were rejected; ended by an interrupt it says so."""
        ids, since = self.asked.source_ids, self.asked.since
        articles = held_articles(self.engine, source_ids=ids, since=since, after=self.through)
        rejected = rejected_captures(self.engine, source_ids=ids, since=since, after=self.rejected_through)
        try:
            self.read(chain(articles, rejected))
            self.decide_waiting()
            self.told.exit_code = STORAGE if self.told.problems else FINE
        except KeyboardInterrupt:
            self.told.exit_code = INTERRUPTED
        return self.told

    def read(self, held: Iterable[Held]) -> None:
        items = ((one, item) for one in held if (item := self.item(one)) is not None)
        feed(items, guide_of=lambda source_id: self.guides.get(source_id, SourceGuide()), keep=self.keep)

    def item(self, held: Held) -> Fetched | Missed | None:
        """The page as a crawl would hand it on; None, and a problem told, when its evidence can't be read."""
        try:
            return stored_item(self.engine, self.config.warc_dir, held.locator, run_id=0)
        except CaptureError as exc:
            self.told.problems.append(str(exc))
            return None

    def keep(self, held: Held, result: Read | Missed) -> None:
        """One page as read. An article is decided on once enough of its source were counted."""
        if held.source_id != self.source_id or held.article_id is None:
            self.decide_waiting()
            self.source_id, self.relearned = held.source_id, Relearned(CLEANER)
        if held.article_id is None:
            self.keep_rejected(held, result)
            return
        article = read_as(result)
        if isinstance(article, Article) and not held.is_copy:
            self.relearned.learn(article, now=utc_now())
        self.waiting.append((held, article))
        while len(self.waiting) > AHEAD:
            self.decide_on(*self.waiting.popleft())

    # Articles

    def decide_waiting(self) -> None:
        while self.waiting:
            self.decide_on(*self.waiting.popleft())

    def decide_on(self, held: Held, met: Article | Rejected) -> None:
        """What becomes of one article."""
        self.told.of(held.source_id).articles += 1
        if isinstance(met, Rejected):
            self.lose(held, met)
        else:
            self.compare(held, met)
        self.done(held)
        done = self.told.total("articles")
        if done % TOLD_EVERY == 0 or done == self.total:
            self.on_progress(f"article {done:,} of {self.total:,}: {held.source_id}")

    def compare(self, held: Held, met: Article) -> None:
        """Hold an article against what is stored."""
        own = self.own(met)
        found = compared(self.engine, held, own)
        if found is None:
            return  # forgotten, or edited by its publisher, while this was at work
        of_source = self.told.of(held.source_id)
        of_source.words_before += found.words
        of_source.words_after += own.word_count
        if found.differences and self.put(held, own, met):
            self.change(held, found, own)
        else:
            of_source.unchanged += 1

    def own(self, met: Article) -> Article:
        """The article without its site's own blocks."""
        known, learned = template_known(self.engine, met.source_id, digests_of(met.blocks))
        return self.relearned.own(met, known, learned_articles=learned)

    def change(self, held: Held, found: Compared, own: Article) -> None:
        of_source = self.told.of(held.source_id)
        of_source.changed += 1
        of_source.fields.update(f"{one.name} {one.manner}" for one in found.differences)
        weight = abs(own.word_count - found.words) / max(found.words, 1)
        self.show(held, "changed", differences=found.differences, weight=weight)

    def lose(self, held: Held, rejected: Rejected) -> None:
        """Told, and left as it is."""
        of_source = self.told.of(held.source_id)
        of_source.lost += 1
        of_source.reasons[rejected.reason] += 1
        self.show(held, "lost", reason=": ".join(filter(None, (rejected.reason, rejected.detail))))

    def show(
        self,
        held: Held,
        kind: Kind,
        *,
        reason: str = "",
        differences: tuple[Difference, ...] = (),
        weight: float = WORST,
    ) -> None:
        """Keep the example where it is among the weightiest of its source and kind."""
        example = Example(
            kind=kind,
            source_id=held.source_id,
            article_id=held.article_id,
            url=held.url,
            title=held.title,
            reason=reason,
            differences=differences,
            weight=weight,
        )
        shown = self.told.examples.setdefault((held.source_id, kind), [])
        shown.append(example)
        shown.sort(key=lambda one: -one.weight)
        del shown[self.asked.examples :]

    # Pages that were rejected

    def keep_rejected(self, held: Held, result: Read | Missed) -> None:
        article = read_as(result)
        if isinstance(result, Read) and isinstance(article, Article):
            is_gained, number = self.gain(result, article)
            if is_gained:
                self.told.of(held.source_id).gained += 1
                page = replace(held, article_id=number, title=article.title, url=article.canonical_url)
                self.show(page, "gained", reason=f"{article.word_count} words")
        self.done_rejected(held)

    def gain(self, result: Read, article: Article) -> tuple[bool, int | None]:
        """Whether the page would be an article not held before, and the number that it was given."""
        return isinstance(decide(article, self.store.candidates(article), ()), New | Duplicate), None

    # What a reading that commits does besides

    def put(self, held: Held, own: Article, met: Article) -> bool:
        """Write the article; True when it counts as changed."""
        return True

    def done(self, held: Held) -> None:
        """The article was decided on."""

    def done_rejected(self, held: Held) -> None:
        """The page was decided on."""


def read_as(result: Read | Missed) -> Article | Rejected:
    """What a page is now; one whose bytes hold no page is none."""
    if isinstance(result, Missed):
        return Rejected(reason=result.reason, detail=result.detail)
    return sanitised(result.result) if isinstance(result.result, Article) else result.result
