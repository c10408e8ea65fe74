"""What reads otherwise kept as revisions, with a note of how far it came for one that is ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archive.config import Config
from archive.evidence.notes import Reextraction, reextraction_fields, settlement_fields
from archive.evidence.warc import WarcWriter
from archive.frontier import Frontier
from archive.model import Article
from archive.rows.reextraction import Held, put_in_place
from archive.rows.resuming import note_stats, resume_run
from crawler.context import software
from crawler.reextract.comparing import Progress, Rereading
from crawler.reextract.told import Asked, OfSource, Reread
from crawler.run import utc_now
from crawler.verdict import INTERRUPTED, STORAGE
from pipelines.page import Read
from pipelines.persist import comparison, unit_of_work
from pipelines.workers import SourceGuide

if TYPE_CHECKING:
    from sqlalchemy import Engine

COMMAND = "reextract"
SAVED_EVERY = 20  # pages between two notes of how far it came: what is read once more after a kill


class Committing(Rereading):
    """One that writes what differs, and goes on where one that was ended stopped."""

    def __init__(
        self,
        config: Config,
        engine: Engine,
        asked: Asked,
        guides: Mapping[str, SourceGuide],
        on_progress: Progress,
        frontier: Frontier,
    ) -> None:
        super().__init__(config, engine, asked, guides, on_progress)
        self.frontier = frontier
        self.unsaved = 0
        self.writer: WarcWriter | None = None
        run_id, stats = resume_run(
            engine, COMMAND, asked.scope, software=software(), now=utc_now(), is_from_start=asked.is_from_start
        )
        self.told.run_id = self.run_id = run_id
        self.go_on(stats)

    def go_on(self, stats: Mapping[str, Any]) -> None:  # Any: JSON values
        """Take up what an earlier part came to."""
        if "through" not in stats:
            return
        source_id, article_id, self.rejected_through = stats["through"]
        self.through = (source_id, article_id)
        self.told.sources = {source_id: OfSource.of(counts) for source_id, counts in stats["of_source"].items()}
        self.on_progress(f"going on behind article {self.through[1]} of {self.through[0]}")

    def stats(self) -> dict[str, object]:
        return {
            "scope": dict(self.asked.scope),
            "through": [*self.through, self.rejected_through],
            "of_source": {source_id: asdict(counts) for source_id, counts in self.told.sources.items()},
            "problems": self.told.problems[:20],
        }

    def finished(self) -> Reread:
        """As without committing, and how it ended written down."""
        state, exit_code = "failed", STORAGE
        try:
            super().finished()
            exit_code = self.told.exit_code
            state = "interrupted" if exit_code == INTERRUPTED else "finished"
        finally:
            if self.writer is not None:
                self.writer.close()
            reason = "; ".join(self.told.problems[:20]) or None
            self.store.finish_run(
                self.run_id, state=state, exit_code=exit_code, reason=reason, stats=self.stats(), now=utc_now()
            )
        return self.told

    def put(self, held: Held, own: Article, met: Article) -> bool:
        """Written; what it said before is noted beside the evidence first."""
        at = utc_now()

        def keep(note: Reextraction) -> None:
            said = reextraction_fields(note)
            self.warc().write_settlement(note.record_id, held.target_uri, said, settled_at=at)

        return put_in_place(self.engine, held, own, met=met, comparison=comparison(), keep=keep, now=at)

    def gain(self, result: Read, article: Article) -> tuple[bool, int | None]:
        """Stored as a crawl would, and noted beside the evidence."""
        at, capture = utc_now(), result.fetched.capture
        write = unit_of_work(result, store=self.store, run_id=self.run_id, at=at)
        assert write is not None  # a Read is ours
        settled = write()
        said = settlement_fields(settled, at)
        self.warc().write_settlement(capture.warc_record_id, capture.target_uri, said, settled_at=at)
        return settled.outcome in ("new", "duplicate"), settled.article_id

    def warc(self) -> WarcWriter:
        if self.writer is None:
            self.writer = WarcWriter(
                self.config.warc_dir, run_id=self.run_id, software=software(), operator=self.config.contact
            )
        return self.writer

    def done(self, held: Held) -> None:
        self.through = (held.source_id, held.article_id or 0)
        self.save_when_due()

    def done_rejected(self, held: Held) -> None:
        self.rejected_through = held.capture_id
        self.save_when_due()

    def save_when_due(self) -> None:
        self.unsaved += 1
        if self.unsaved >= SAVED_EVERY:
            self.unsaved = 0
            self.frontier.renew_locks()
            note_stats(self.engine, self.run_id, self.stats())
