"""What was seen of an archive and its sources, for :mod:`archive.health` to judge. Values only.

:mod:`archive.reading.observations` reads them; ``Watched`` comes from the source files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the source file says, as far as it matters here."""

    source_id: str
    homepage: str = ""
    interval: timedelta = timedelta(hours=3)
    per_week_min: float | None = None
    """``articles_per_week.min``: a pause this allows is not silence; 0 means that silence is never an alarm."""
    unsure: frozenset[str] = frozenset()
    """Endpoints of low confidence: that they fail is no news."""
    endpoints: frozenset[str] = frozenset()
    """All endpoints the file names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenArticle:
    """An article, as far as health looks at it."""

    moment: datetime
    """When it was published; when it was first seen, if that is earlier or no date is known."""
    words: int
    has_date: bool
    has_authors: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointState:
    """An endpoint's last answer."""

    url: str
    kind: str
    polled_at: datetime | None
    reason: str | None
    """Why it could not be read; None when it could."""
    failing_since: datetime | None
    announced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A source's ledger over some time."""

    asked: int = 0
    """Pages fetched and pages that could not be."""
    fetched: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """One reason of one source over the last week."""

    reason: str
    count: int
    first_at: datetime
    last_at: datetime
    url: str
    """One of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the archive knows of one source."""

    articles: tuple[SeenArticle, ...] = ()
    """The latest, newest first."""
    endpoints: tuple[EndpointState, ...] = ()
    recent: Tally = Tally()
    """The last seven days."""
    before: Tally = Tally()
    """The weeks before those."""
    drops: tuple[Drop, ...] = ()

    @property
    def polled_at(self) -> datetime | None:
        """When an endpoint was last asked; None for never."""
        return max((state.polled_at for state in self.endpoints if state.polled_at), default=None)

    @property
    def read_at(self) -> datetime | None:
        """When an endpoint that works now was last asked."""
        return max((state.polled_at for state in self.endpoints if state.polled_at and not state.reason), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSeen:
    """A run's row."""

    id: int
    state: str
    started_at: datetime
    exit_code: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What is looked at: the latest crawls (newest first), who is alive, and each source."""

    runs: tuple[RunSeen, ...] = ()
    living: int = 0
    """Runs that hold a lock now."""
    sources: Mapping[str, Observation] = field(default_factory=dict)
