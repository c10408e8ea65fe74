"""``perilune import``: pages of foreign WARC and WACZ files into this archive, as evidence first and then as articles.

A page is written into a WARC file of ours with its own date and what the foreign file says of it, so that verify,
replay and rebuild need nothing else. Memory does not grow with the file. No network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive.config import Config
from archive.digests import digest_of
from archive.errors import ConfigError
from archive.evidence.account import announcement, read_exchange
from archive.evidence.foreign import ForeignPage, pages
from archive.evidence.notes import settlement_fields
from archive.evidence.records import http_message
from archive.evidence.warc import Exchange, Original, WarcWriter
from archive.frontier import Frontier
from archive.model import Capture, Discovered, Fetched, Missed
from archive.owners import owner_name
from archive.rows.forgotten import forgotten_digests, is_forgotten
from archive.rows.rebuilding import is_held
from archive.store import SourceAtRest, Store
from crawler.context import software
from crawler.feeding import feed
from crawler.process import guide_of
from crawler.rebuild import unknown_source
from crawler.run import at_rest, closing_engine, report_repairs, utc_now
from crawler.stored import originals
from crawler.verdict import ALARM, FINE, INTERRUPTED, STORAGE
from pipelines.page import Read
from pipelines.persist import unit_of_work
from pipelines.workers import SourceGuide
from spiders.registry import load_sources
from spiders.replay import item_of, page_in
from spiders.territory import Territory

if TYPE_CHECKING:
    from sqlalchemy import Engine

Progress = Callable[[str], None]
TOLD_EVERY = 100  # pages between two lines of progress


@dataclass(kw_only=True)
class Imported:
    """What came of an import. ``passed`` counts records that were not taken, by why."""

    run_id: int
    pages: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    exit_code: int = FINE


def run_import(
    config: Config,
    files: Sequence[Path],
    *,
    is_any: bool = False,
    source_ids: Sequence[str] = (),
    since: datetime | None = None,
    on_progress: Progress = lambda line: None,
) -> Imported:
    """Take in the pages of these files that belong to the registry's sources, or to anybody (``is_any``), and were
    captured on or after ``since``.

    Raises ``ConfigError`` for an unknown source or a file that is neither WARC nor WACZ, ``StoreError`` and
    ``CaptureError`` when something can't be written.
    """
    registry = load_sources(config.sources)
    if unknown := [source_id for source_id in source_ids if source_id not in registry]:
        raise ConfigError(f"no source {unknown[0]!r}; perilune sources list names them")
    mine = [source for source in registry.values() if not source_ids or source.id in source_ids]
    territory = Territory(mine, is_any=is_any)
    guides = {source.id: guide_of(source) for source in mine}
    report_repairs(config)
    with closing_engine(config) as engine:
        facts = {source.id: at_rest(source) for source in mine}
        return Import(config, engine, territory, facts, guides, on_progress, since=since).finished(files)


class Import:
    """One import at work."""

    def __init__(
        self,
        config: Config,
        engine: Engine,
        territory: Territory,
        facts: dict[str, SourceAtRest],
        guides: dict[str, SourceGuide],
        on_progress: Progress,
        *,
        since: datetime | None,
    ) -> None:
        self.config, self.engine, self.territory, self.since = config, engine, territory, since
        self.facts, self.guides, self.on_progress = facts, guides, on_progress
        self.store = Store(engine)
        self.original = originals(engine, config.warc_dir)
        self.frontier = Frontier(engine, owner=owner_name(), now=utc_now)
        self.known: set[str] = set()
        self.forgotten = forgotten_digests(engine)
        self.run_id = self.store.start_run("import", software=software(), now=utc_now())
        self.warc = WarcWriter(
            config.warc_dir,
            run_id=self.run_id,
            software=software(),
            operator=config.contact,
            info={"description": "pages taken over from foreign files, with their own dates"},
            sources=[asdict(one) for one in facts.values()],
        )
        self.told = Imported(run_id=self.run_id)

    def finished(self, files: Sequence[Path]) -> Imported:
        """All files, and how it ended written down."""
        state, exit_code = "failed", STORAGE
        try:
            feed(
                self.items(files), guide_of=lambda source_id: self.guides.get(source_id, SourceGuide()), keep=self.keep
            )
            state, exit_code = "finished", ALARM if self.told.passed["damaged"] else FINE
        except KeyboardInterrupt:
            state, exit_code = "interrupted", INTERRUPTED
        finally:
            self.warc.close()
            self.frontier.release_leases()
            self.store.finish_run(
                self.run_id,
                state=state,
                exit_code=exit_code,
                reason="a file is damaged" if exit_code == ALARM else None,
                stats={"outcomes": self.told.outcomes, "passed": self.told.passed},
                now=utc_now(),
            )
        self.told.exit_code = exit_code
        return self.told

    def items(self, files: Sequence[Path]) -> Iterator[tuple[Capture, Fetched | Missed]]:
        """Each wanted page, its evidence written."""
        for place, path in enumerate(files, start=1):
            self.on_progress(f"file {place} of {len(files)}: {path.name}")
            for page in pages(path, lambda url: self.territory.owner(url) is not None, self.told.passed):
                if self.since is not None and page.captured_at < self.since:
                    self.told.passed["older"] += 1
                elif is_forgotten(self.forgotten, page.target_uri):
                    self.told.passed["forgotten"] += 1
                elif is_held(self.engine, page.target_uri, page.captured_at):
                    self.told.passed["held"] += 1
                elif reason := page_in(replace(http_message(page.head), body=page.body))[0]:
                    self.told.passed[reason] += 1
                else:
                    yield self.taken_in(page)

    def taken_in(self, page: ForeignPage) -> tuple[Capture, Fetched | Missed]:
        """The page's evidence in our WARC, its rows, and what the pipelines are given."""
        source_id = self.territory.owner(page.target_uri) or ""
        self.know(source_id)
        found = Discovered(
            source_id=source_id,
            url=page.target_uri,
            discovered_via="import",
            endpoint_url=f"import:{page.file}",
            discovered_at=page.captured_at,
        )
        self.frontier.announce([found])
        digest = digest_of(page.body)
        held = self.store.original_of(digest, page.target_uri) if page.body else None
        original = Original(record_id=held[0], target_uri=held[1], captured_at=held[2]) if held else None
        if original is not None and original.captured_at > page.captured_at:
            original = None  # a revisit tells of something earlier
        written = self.warc.write_exchange(exchange_of(page, found), original=original)
        exchanged, answer = read_exchange(self.config.warc_dir, written.locator, run_id=self.run_id)
        exchanged = replace(exchanged, capture=replace(exchanged.capture, payload_digest=digest))
        self.store.record_capture(exchanged.capture)
        return exchanged.capture, item_of(exchanged, answer, None, self.original)

    def know(self, source_id: str) -> None:
        """Have the row of a page's source."""
        if source_id not in self.known:
            self.known.add(source_id)
            self.store.record_sources([self.facts.get(source_id) or unknown_source(source_id)], utc_now())

    def keep(self, capture: Capture, result: Read | Missed) -> None:
        """Store one page, and what became of it beside the evidence."""
        at = result.missed_at if isinstance(result, Missed) else utc_now()
        write = unit_of_work(result, store=self.store, run_id=self.run_id, at=at)
        assert write is not None  # both are ours
        settled = write()
        said = settlement_fields(settled, at)
        self.warc.write_settlement(capture.warc_record_id, capture.target_uri, said, settled_at=at)
        self.told.outcomes[settled.outcome] += 1
        self.told.pages += 1
        if self.told.pages % TOLD_EVERY == 0:
            self.on_progress(f"pages: {self.told.pages}")


def exchange_of(page: ForeignPage, found: Discovered) -> Exchange:
    """The page as an exchange of ours, with where it came from."""
    return Exchange(
        target_uri=page.target_uri,
        started_at=page.captured_at,
        request=page.request,
        response_head=page.head,
        response_body=page.body,
        ip_address=page.ip_address,
        found=(
            ("source", found.source_id),
            ("kind", "article"),
            ("via", found.endpoint_url),
            ("announcement", announcement(found)),
            ("importedFrom", page.file),
            ("importedRecord", page.record_id),
        ),
    )
