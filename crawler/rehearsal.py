"""A crawl that changes nothing: endpoints are polled for real, the archive is only looked at.

Whatever a run writes (its row, evidence of the polls, endpoint states) goes to a directory that is deleted at the end.
What is due is asked of the real archive, on a connection that can't write.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select

from archive.config import Config
from archive.database import archive_exists, open_engine, reading
from archive.errors import LockedError
from archive.frontier import (
    AnnounceResult,
    Frontier,
    discovered_of,
    held_as_alias,
    is_free,
    key_or_none,
    known_rows,
    living_owners,
)
from archive.migrate import current, ensure_schema
from archive.model import Discovered
from archive.schema import LockRow


class Rehearsal(Frontier):
    """What the frontier would answer this run, and nothing written down."""

    def __init__(self, engine: Engine, *, owner: str, now: Callable[[], datetime], is_forced: bool = False) -> None:
        super().__init__(engine, owner=owner, now=now, is_forced=is_forced)
        self.taken: set[str] = set()

    def announce(self, found: list[Discovered]) -> AnnounceResult:
        """Which of the URLs would be fetched; each is named once in a run."""
        by_key: dict[str, Discovered] = {}
        for one in found:
            if (key := key_or_none(one.url)) is not None:
                by_key.setdefault(key, one)
        now = self.now()
        with reading(self.engine) as session:
            rows, held = known_rows(session, by_key), held_as_alias(session, by_key)
            living = living_owners(session, now)
            due = {key for key, row in rows.items() if self.may_lease(row, now, living)}
        new = by_key.keys() - rows.keys() - held
        wanted = {key: one for key, one in by_key.items() if key in due | new and key not in self.taken}
        self.taken |= wanted.keys()
        return AnnounceResult(new=len(new), known=len(by_key) - len(new), due=list(wanted.values()))

    def lease_after(self, after: int, source_ids: list[str], limit: int) -> list[tuple[int, Discovered]]:
        """What earlier runs of these sources left, as :meth:`Frontier.lease_due` says it."""
        now = self.now()
        with reading(self.engine) as session:
            rows = self.due_rows(session, now, source_ids, after=after, limit=limit)
            self.taken |= {row.url_key for row in rows}
            return [(row.id, discovered_of(row)) for row in rows]

    def release_leases(self) -> int:
        """There are none."""
        return 0

    def hold(self, names: Iterable[str]) -> set[str]:
        """Those of ``names`` that no living run holds; raises ``LockedError`` when there are none."""
        wanted, now = sorted(set(names)), self.now()
        with reading(self.engine) as session:
            rows = {row.name: row for row in session.scalars(select(LockRow).where(LockRow.name.in_(wanted)))}
            free = {name for name in wanted if name not in rows or is_free(rows[name], now)}
        if wanted and not free:
            raise LockedError(f"another run holds {', '.join(wanted)}; nothing was done")
        return free

    def renew_locks(self) -> None:
        """There are none."""

    def release_locks(self) -> None:
        """There are none."""


@contextmanager
def scratch_home(config: Config) -> Iterator[Config]:
    """The same configuration with a home and a database that are deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="perilune-dry-run-") as directory:
        yield replace(config, home=Path(directory), database_url=f"sqlite:///{directory}/archive.db")


@contextmanager
def looked_at(config: Config, *, otherwise: Engine) -> Iterator[Engine]:
    """The archive on a connection that can't write; ``otherwise`` where there is no archive yet.

    Raises ``SchemaError`` for another schema, ``StoreError`` when it can't be opened.
    """
    if not archive_exists(config.database_url):
        yield otherwise
        return
    engine = open_engine(config.database_url, read_only=True)
    try:
        if current(engine) is None:
            yield otherwise
        else:
            ensure_schema(engine)
            yield engine
    finally:
        engine.dispose()
