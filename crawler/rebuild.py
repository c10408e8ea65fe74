"""``perilune replay``: the database again, from the WARC files alone. No network.

Two passes. The first reads every record, writes the rows of the captures and notes which pages there are; the
second gives those pages to the pipelines in the order in which the archive settled them: extraction in processes,
a few pages ahead, and one transaction a page. What is settled already is passed over, so a replay that was ended
goes on where it was. Memory: some 500 bytes a page.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive.config import Config
from archive.database import writing
from archive.errors import CaptureError, ConfigError
from archive.evidence.account import Exchanged, Unreadable, read_back
from archive.evidence.cdxj import cdxj_line, write_index
from archive.evidence.notes import Forgotten, Reextraction, Settlement, SourceNote, TemplateWord
from archive.evidence.tombstones import bury
from archive.evidence.warc import iter_records, repair_leftovers
from archive.frontier import Frontier
from archive.model import Article, Capture, Discovered, Fetched, Groundwork, Missed, Settled
from archive.owners import owner_name
from archive.rows.earlier import put_back
from archive.rows.forgotten import forgotten_digests, is_forgotten, remember_to_forget
from archive.rows.kinship import Comparison
from archive.rows.rebuilding import (
    article_ids,
    continue_numbering,
    record_captures,
    settled_records,
)
from archive.rows.templates import Cleaner, take_word
from archive.shipping import brought_back, note_unknown
from archive.store import SourceAtRest, Store
from archive.warcstore import names_in
from crawler.context import software
from crawler.feeding import feed
from crawler.process import guide_of
from crawler.run import at_rest, closing_engine, utc_now
from crawler.stored import stored_item
from crawler.verdict import FINE, INTERRUPTED, STORAGE
from pipelines.page import Read
from pipelines.persist import Decide, unit_of_work
from pipelines.workers import SourceGuide
from spiders.registry import load_sources
from spiders.replay import Step, in_order, step_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

Progress = Callable[[str], None]
BATCH = 200  # captures a transaction; pages announced at once
TOLD_EVERY = 100  # pages between two lines of progress
LOCK = "replay"  # two replays into one archive would take each other's numbers


@dataclass(kw_only=True)
class Replayed:
    """What came of a replay. ``problems`` are files that could not be read to their end."""

    run_id: int
    captures: int = 0
    pages: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    exit_code: int = FINE


def run_replay(
    config: Config,
    *,
    files: Sequence[Path] = (),
    source_ids: Sequence[str] = (),
    since: datetime | None = None,
    on_progress: Progress = lambda line: None,
) -> Replayed:
    """Replay ``files`` (all of the archive's own when empty) into the database, and note those that the store has.

    Raises ``ConfigError`` for a file that is not one of ours and a source that nothing names,
    ``LockedError`` when another replay is at work, ``StoreError`` when the database fails.
    """
    for path in files:
        if path.exists() or path.name not in names_in(config.warc_dir):
            adopt(path, config.warc_dir)
    repair_leftovers(config.warc_dir)
    names = sorted({path.name for path in files}) or names_in(config.warc_dir)
    with closing_engine(config) as engine:
        frontier = Frontier(engine, owner=owner_name(), now=utc_now)
        frontier.hold([LOCK])
        try:
            run = Replay(config, engine, frontier, source_ids=source_ids, since=since, on_progress=on_progress)
            told = run.finished(names)
            if not told.problems:
                note_unknown(engine, config.warc_dir, names, on_progress=on_progress)
            return told
        finally:
            frontier.release_locks()


def adopt(path: Path, warc_dir: Path) -> None:
    """Have a file of ours that lies elsewhere under ``warc/``: linked where possible, else copied.

    Raises ``ConfigError`` when it is not one of ours, can't be read, or another of its name is there.
    """
    try:
        with path.open("rb"):
            first = next(iter_records(path), None)
    except (OSError, CaptureError) as exc:
        raise ConfigError(f"{path}: can't be read: {exc}") from exc
    if first is None or first.warc_type != "warcinfo" or b"software: Perilune/" not in first.block:
        raise ConfigError(f"{path}: not a WARC file of this program; `perilune import` takes in foreign ones")
    place = warc_dir / path.name
    if place.exists():
        if not place.samefile(path) and place.stat().st_size != path.stat().st_size:
            raise ConfigError(f"{path}: another file of this name is in {warc_dir}")
        return
    warc_dir.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, place)
    except OSError:
        draft = place.with_name(f".{place.name}.part")
        shutil.copyfile(path, draft)
        draft.replace(place)


class Replay:
    """One replay at work."""

    def __init__(
        self,
        config: Config,
        engine: Engine,
        frontier: Frontier,
        *,
        source_ids: Sequence[str],
        since: datetime | None,
        on_progress: Progress,
    ) -> None:
        self.config, self.engine, self.frontier = config, engine, frontier
        self.source_ids, self.since, self.on_progress = frozenset(source_ids), since, on_progress
        self.store = Store(engine)
        self.registry = load_sources(config.sources)
        self.guides: dict[str, SourceGuide] = {source.id: guide_of(source) for source in self.registry.values()}
        self.known: set[str] = set()
        self.seen: set[str] = set()
        self.forgotten = set(forgotten_digests(engine))
        self.returned: set[str] = set()
        self.settlements: dict[str, Settlement] = {}
        self.words: deque[TemplateWord | Reextraction] = deque()
        self.run_id = self.store.start_run("replay", software=software(), now=utc_now())
        self.told = Replayed(run_id=self.run_id)

    def finished(self, names: Sequence[str]) -> Replayed:
        """Both passes, and how it ended written down."""
        state, exit_code, reason = "failed", STORAGE, None
        try:
            found = list(self.steps(names))
            if unknown := sorted(self.source_ids - self.guides.keys() - self.seen):
                raise ConfigError(f"no source {unknown[0]!r}, neither in the registry nor in these files")
            self.bury_returned(names)
            steps = in_order(found, self.settlements)
            self.feed(steps)
            exit_code = STORAGE if self.told.problems else FINE
            state, reason = "finished", "; ".join(self.told.problems) or None
        except KeyboardInterrupt:
            state, exit_code = "interrupted", INTERRUPTED
        finally:
            continue_numbering(self.engine)
            self.frontier.release_leases()
            self.store.finish_run(
                self.run_id,
                state=state,
                exit_code=exit_code,
                reason=reason,
                stats={"captures": self.told.captures, "outcomes": self.told.outcomes},
                now=utc_now(),
            )
        self.told.exit_code = exit_code
        return self.told

    # First pass

    def steps(self, names: Sequence[str]) -> Iterator[Step]:
        """The pages of all files; the rows of their captures are written on the way. What became of pages, and what
        sources there were, is in the ``-meta`` files: they come first."""
        done = settled_records(self.engine)
        late: list[Capture] = []
        for place, name in enumerate(sorted(names, key=lambda name: ("-meta." not in name, name)), start=1):
            self.on_progress(f"file {place} of {len(names)}: {name}")
            batch: list[Exchanged] = []
            for exchanged in self.exchanges(name):
                batch.append(exchanged)
                if len(batch) >= BATCH:
                    late += self.written(batch)
                    batch = []
                step = step_of(exchanged)
                if step is not None and step.record_id not in done:
                    yield step
            late += self.written(batch)
            self.index(name)
        for capture in record_captures(self.engine, late):
            self.told.problems.append(f"{capture.locator.filename}: a revisit's original is not held")
            self.told.captures -= 1

    def exchanges(self, name: str) -> Iterator[Exchanged]:
        """Those of one file that are asked for; the rest of what it tells is remembered."""
        try:
            for thing in read_back(self.config.warc_dir / name, run_id=self.run_id):
                if isinstance(thing, Settlement):
                    self.settlements[thing.record_id] = thing
                elif isinstance(thing, SourceNote):
                    self.know(source_at_rest(thing))
                elif isinstance(thing, Forgotten):
                    self.forget(thing)
                elif isinstance(thing, TemplateWord | Reextraction):
                    self.words.append(thing)
                elif isinstance(thing, Unreadable):
                    self.told.problems.append(thing.reason)
                elif is_forgotten(self.forgotten, thing.capture.target_uri):
                    self.returned.add(thing.capture.warc_record_id)
                elif self.is_wanted(thing.capture):
                    self.know(unknown_source(thing.capture.source_id))
                    yield thing
        except CaptureError as exc:
            self.told.problems.append(str(exc))

    def forget(self, thing: Forgotten) -> None:
        """Addresses that must not come back; what there is of them in the files is buried at the end of the pass."""
        self.forgotten |= set(thing.digests)
        with writing(self.engine) as session:
            remember_to_forget(session, thing.digests, reason=thing.reason, at=thing.forgotten_at)

    def bury_returned(self, names: Sequence[str]) -> None:
        """Take out of the files what was forgotten and came back with a copy from before."""
        for name in names if self.returned else ():
            at = utc_now()
            if (path := brought_back(self.engine, self.config.warc_dir, name, self.returned, at=at)) is not None:
                bury(path, self.returned, digests=(), reason="forgotten, and brought back by a copy", at=at)

    def is_wanted(self, capture: Capture) -> bool:
        self.seen.add(capture.source_id)
        is_asked_for = not self.source_ids or capture.source_id in self.source_ids
        return is_asked_for and (self.since is None or capture.captured_at >= self.since)

    def know(self, source: SourceAtRest) -> None:
        """Have the source's row: as its file says today, else as the WARC says, else by its id alone."""
        if source.id in self.known:
            return
        self.known.add(source.id)
        if source.id in self.guides:
            source = at_rest(self.registry[source.id])
        else:
            self.guides[source.id] = SourceGuide(name=source.name, language=source.language, country=source.country)
        self.store.record_sources([source], utc_now())

    def written(self, batch: Sequence[Exchanged]) -> list[Capture]:
        """Write the rows, and announce the articles' URLs as the crawl did; captures that could not be written yet
        come back."""
        self.told.captures += len(batch)
        self.frontier.announce([one.discovered for one in batch if one.discovered is not None])
        self.frontier.renew_locks()
        return record_captures(self.engine, [one.capture for one in batch])

    def index(self, name: str) -> None:
        """The file's CDXJ, where it has none."""
        path = self.config.cdxj_dir / (name.removesuffix(".warc.gz") + ".cdxj")
        if "-meta." in name or path.exists() or any(name in problem for problem in self.told.problems):
            return
        lines = (cdxj_line(record) for record in iter_records(self.config.warc_dir / name))
        write_index(self.config.cdxj_dir, name, [line for line in lines if line])

    # Second pass

    def feed(self, steps: Sequence[Step]) -> None:
        """Every page through the pipelines; what people said of templates, and what was read anew, when that was."""
        self.words = deque(sorted(self.words, key=lambda word: word.decided_at))
        keeper = Numbered(self.store, taken=article_ids(self.engine), given=self.settlements.values())

        def keep(step: Step, result: Read | Missed) -> None:
            self.keep(keeper, step, result, total=len(steps))

        items = ((step, item) for step in steps if (item := self.item(step)) is not None)
        feed(items, guide_of=lambda source_id: self.guides.get(source_id, SourceGuide()), keep=keep)
        self.take_words(utc_now())

    def take_words(self, until: datetime) -> None:
        """What was decided by then; of a source that is not replayed it is left."""
        while self.words and self.words[0].decided_at <= until:
            word = self.words.popleft()
            if isinstance(word, Reextraction):
                put_back(self.engine, word)
            elif word.source_id in self.known:
                take_word(self.engine, word.source_id, word.text_digest, word.text, word.state, now=word.decided_at)

    def item(self, step: Step) -> Fetched | Missed | None:
        """What the crawl's spider yielded; None when its record can't be read any more."""
        try:
            return stored_item(
                self.engine, self.config.warc_dir, step.locator, run_id=self.run_id, settlement=step.settlement
            )
        except CaptureError as exc:
            self.told.problems.append(str(exc))
            return None

    def keep(self, keeper: Numbered, step: Step, result: Read | Missed, *, total: int) -> None:
        """Store one page, under the number it had."""
        self.take_words(step.at)
        keeper.wanted = step.settlement.article_id if step.settlement else None
        write = unit_of_work(result, store=keeper, run_id=self.run_id, at=step.at)
        assert write is not None  # both are ours
        self.told.outcomes[write().outcome] += 1
        self.told.pages += 1
        if self.told.pages % TOLD_EVERY == 0 or self.told.pages == total:
            self.frontier.renew_locks()
            self.on_progress(f"page {self.told.pages} of {total}")


class Numbered:
    """The store, giving a new article ``wanted`` as its number where that is free, else one nobody ever had."""

    def __init__(self, store: Store, *, taken: set[int], given: Iterable[Settlement]) -> None:
        self.store = store
        self.taken = taken
        self.free = max([0, *taken, *(one.article_id or 0 for one in given)]) + 1
        self.wanted: int | None = None
        self.record_rejected = store.record_rejected
        self.record_missed = store.record_missed
        self.record_poll = store.record_poll

    def save(
        self,
        run_id: int,
        discovered: Discovered,
        article: Article,
        decide: Decide,
        now: datetime,
        *,
        cleaner: Cleaner,
        comparison: Comparison,
        groundwork: Groundwork | None = None,
    ) -> Settled:
        number = self.free if self.wanted is None or self.wanted in self.taken else self.wanted
        settled = self.store.save(
            run_id, discovered, article, decide, now, cleaner=cleaner, comparison=comparison, groundwork=groundwork,
            article_id=number,
        )  # fmt: skip
        if settled.article_id == number:
            self.taken.add(number)
            self.free = max(self.free, number + 1)
        return settled


def source_at_rest(note: SourceNote) -> SourceAtRest:
    """The source as the WARC says; a fact it does not name is empty."""
    facts = {one.name: note.facts.get(one.name) for one in fields(SourceAtRest)}
    return SourceAtRest(**{**asdict(unknown_source(str(facts["id"]))), **{k: v for k, v in facts.items() if v}})


def unknown_source(source_id: str) -> SourceAtRest:
    """A source of which nothing but its id is known."""
    return SourceAtRest(
        id=source_id,
        name=source_id,
        publisher_kind="",
        homepage="",
        language=None,
        country=None,
        status="ended",
        host_group=source_id,
    )
