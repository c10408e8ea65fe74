"""How much a run may still request. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from archive.model import Discovered


@dataclass(kw_only=True)
class Allowance:
    """How many articles the run may still request, and from when on an announced article counts."""

    limit: int | None = None
    since: datetime | None = None
    of_source: dict[str, int] = field(default_factory=dict)
    """How many of each source, where its file bounds them."""
    is_dry_run: bool = False
    would_fetch: list[Discovered] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    """Source id → what was due and found no room; it stays due."""

    def wants(self, found: Discovered) -> bool:
        """False for what was published before ``since``; an undated URL is wanted."""
        return self.since is None or found.published_at is None or found.published_at >= self.since

    def take(self, due: Iterable[Discovered]) -> list[Discovered]:
        """As many of ``due`` as may still be fetched; a dry run fetches none and remembers them."""
        taken = [found for found in due if self.wants(found) and self.has_room(found.source_id)]
        if self.is_dry_run:
            self.would_fetch.extend(taken)
            return []
        return taken

    def has_room(self, source_id: str) -> bool:
        """Whether one more may be fetched; counts it."""
        if self.limit == 0 or self.of_source.get(source_id) == 0:
            self.left[source_id] += 1
            return False
        if self.limit is not None:
            self.limit -= 1
        if source_id in self.of_source:
            self.of_source[source_id] -= 1
        return True
