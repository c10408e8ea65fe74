"""What a run counts while it goes: announced, fetched, archived, and why not, a source at a time. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from archive.model import Fetched, Missed, Polled, Settled

ARCHIVED = frozenset({"new", "revision", "duplicate"})


@dataclass(kw_only=True)
class SourceCount:
    """One source's line. ``outcomes`` and ``reasons`` count URLs; announced counts addresses once each."""

    announced: int = 0
    resumed: int = 0
    fetched: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def archived(self) -> int:
        return sum(self.outcomes[outcome] for outcome in ARCHIVED)

    @property
    def has_failed(self) -> bool:
        """Endpoints were asked and none of them answered with something to read."""
        return self.outcomes["endpoint_failed"] > 0 and self.outcomes["endpoint_ok"] == 0


class Ledger:
    """Counts a run keeps in memory while it goes; the rows in SQL are the lasting ones."""

    def __init__(self, source_ids: list[str]) -> None:
        self.sources: dict[str, SourceCount] = {source_id: SourceCount() for source_id in source_ids}
        self.sent = 0
        self.settled = 0
        self.stored = 0
        self._addresses: set[int] = set()

    def of(self, source_id: str) -> SourceCount:
        return self.sources.setdefault(source_id, SourceCount())

    def announced(self, source_id: str, url: str) -> None:
        """Count an announced address once, however many endpoints name it."""
        address = hash((source_id, url))
        if address not in self._addresses:
            self._addresses.add(address)
            self.of(source_id).announced += 1

    def resumed(self, source_id: str) -> None:
        self.of(source_id).resumed += 1

    def put_off(self, source_id: str, count: int) -> None:
        """So many were due and not asked for, since the run or the source had no room for more."""
        self.of(source_id).reasons["over_budget"] += count

    def took(self, item: object) -> None:
        """An item left the spider and is on its way to the store."""
        if isinstance(item, Fetched):
            self.of(item.discovered.source_id).fetched += 1
        if isinstance(item, Fetched | Missed | Polled):
            self.sent += 1

    def settle(self, settled: Settled) -> None:
        """An item's end."""
        count = self.of(settled.source_id)
        count.outcomes[settled.outcome] += 1
        self.settled += 1
        if settled.outcome in ("new", "revision", "duplicate", "unchanged"):
            self.stored += 1
        if settled.reason:
            count.reasons[settled.reason] += 1

    @property
    def lost(self) -> int:
        """Items that left the spider and never came to an end: must be 0, or the run says so."""
        return self.sent - self.settled

    def as_json(self) -> Mapping[str, object]:
        """One object a source, for ``--json`` and ``crawl_run.stats``."""
        return {
            source_id: {
                "announced": count.announced,
                "resumed": count.resumed,
                "fetched": count.fetched,
                "archived": count.archived,
                "outcomes": dict(sorted(count.outcomes.items())),
                "reasons": dict(sorted(count.reasons.items())),
            }
            for source_id, count in sorted(self.sources.items())
        }
