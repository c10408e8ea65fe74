"""One reading of archived pages from start to end: over which engine, under which lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from archive.config import Config
from archive.errors import ConfigError
from archive.frontier import Frontier
from archive.opening import reading_engine
from archive.owners import owner_name
from archive.rows.reextraction import source_names
from crawler.process import guide_of
from crawler.rebuild import LOCK
from crawler.reextract.committing import Committing
from crawler.reextract.comparing import Progress, Rereading
from crawler.reextract.told import Asked, Reread
from crawler.run import closing_engine, utc_now
from pipelines.workers import SourceGuide
from spiders.registry import load_sources

if TYPE_CHECKING:
    from sqlalchemy import Engine


def run_reextract(config: Config, asked: Asked, *, on_progress: Progress = lambda line: None) -> Reread:
    """Read again as asked. Raises ``ConfigError`` for an unknown source or where there is no archive, ``LockedError``
    when a replay or another one is at work, ``StoreError`` and ``CaptureError`` when something can't be written.
    """
    registry = load_sources(config.sources)
    with closing(reading_engine(config)) as engine:
        guides = {**guides_at_rest(engine), **{source.id: guide_of(source) for source in registry.values()}}
        if unknown := [source_id for source_id in asked.source_ids if source_id not in guides]:
            raise ConfigError(f"no source {unknown[0]!r}, neither in the registry nor in the archive")
        if not asked.is_committing:
            return Rereading(config, engine, asked, guides, on_progress).finished()
    with closing_engine(config) as engine:
        frontier = Frontier(engine, owner=owner_name(), now=utc_now)
        frontier.hold([LOCK])
        try:
            return Committing(config, engine, asked, guides, on_progress, frontier).finished()
        finally:
            frontier.release_locks()


@contextmanager
def closing(engine: Engine) -> Iterator[Engine]:
    """The engine, its connections given back at the end."""
    try:
        yield engine
    finally:
        engine.dispose()


def guides_at_rest(engine: Engine) -> dict[str, SourceGuide]:
    """What the archive knows of sources whose files are gone, or that never had one (imports)."""
    return {
        source_id: SourceGuide(name=name, language=language, country=country)
        for source_id, name, language, country in source_names(engine)
    }
