"""What a reading of archived pages is asked, and what it tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from archive.rows.reextraction import Difference
from crawler.verdict import FINE

WORST = 100.0  # weight of an example that says more than any number of words

Kind: TypeAlias = Literal["gained", "lost", "changed"]


@dataclass(kw_only=True)
class OfSource:
    """What came of one source's pages. ``fields``: "text changed" → articles; ``reasons``: why lost → articles."""

    articles: int = 0
    unchanged: int = 0
    changed: int = 0
    lost: int = 0
    gained: int = 0
    words_before: int = 0
    """Of the articles read again without loss."""
    words_after: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, counts: Mapping[str, Any]) -> OfSource:  # Any: JSON values
        """As :func:`dataclasses.asdict` gave it and a database kept it."""
        counters = {name: Counter(counts[name]) for name in ("fields", "reasons")}
        return cls(**{**counts, **counters})


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One page that reads otherwise. ``weight``: share of its words that came or went."""

    kind: Kind
    source_id: str
    article_id: int | None
    url: str
    title: str
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    weight: float = WORST


@dataclass(kw_only=True)
class Reread:
    """What came of it. ``run_id`` is None when nothing was to be written; ``problems`` is evidence not readable."""

    run_id: int | None
    sources: dict[str, OfSource] = field(default_factory=dict)
    examples: dict[tuple[str, Kind], list[Example]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    exit_code: int = FINE

    def of(self, source_id: str) -> OfSource:
        return self.sources.setdefault(source_id, OfSource())

    def total(self, name: str) -> int:
        return sum(getattr(one, name) for one in self.sources.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be read again. Without ``is_committing`` nothing is written."""

    source_ids: tuple[str, ...] = ()
    since: datetime | None = None
    """Pages captured on or after it."""
    is_committing: bool = False
    is_from_start: bool = False
    examples: int = 3
    """Told of a source and kind."""

    @property
    def scope(self) -> Mapping[str, object]:
        """What must be the same for a run to go on where another was ended."""
        return {"sources": sorted(self.source_ids), "since": self.since.isoformat() if self.since else None}
