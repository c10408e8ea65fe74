"""How the sources are, as the archive alone can tell: what ``perilune health`` judges, without the source files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from archive.health import Finding, findings
from archive.observed import Watched
from archive.reading.observations import observe
from archive.schema import EndpointRow, SourceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a source's endpoints answered when they were last asked."""

    endpoints: int
    failing: int
    polled_at: datetime | None


def condition_of(connection: Connection, *, now: datetime, source_id: str | None = None) -> list[Finding]:
    """Everything wrong with the active sources (or with one) and the runs, alarms first.

    Source files may allow what looks wrong here (a quiet source, an endpoint of low confidence), and ask for more.
    """
    watched = watched_sources(connection, source_id)
    found = findings(observe(connection, watched, now=now), watched, now=now)
    return [one for one in found if source_id is None or one.source_id == source_id]


def watched_sources(connection: Connection, source_id: str | None) -> list[Watched]:
    """The active sources that were ever asked, with the endpoints that were."""
    statement = (
        select(SourceRow.id, SourceRow.homepage, EndpointRow.url)
        .join(EndpointRow, EndpointRow.source_id == SourceRow.id)
        .where(SourceRow.status == "active", EndpointRow.kind != "sitemap")  # those name further ones
        .order_by(SourceRow.id, EndpointRow.id)
    )
    if source_id is not None:
        statement = statement.where(SourceRow.id == source_id)
    endpoints: dict[tuple[str, str], set[str]] = {}
    for found_id, homepage, url in connection.execute(statement):
        endpoints.setdefault((found_id, homepage), set()).add(url)
    return [
        Watched(source_id=found_id, homepage=homepage, endpoints=frozenset(urls))
        for (found_id, homepage), urls in endpoints.items()
    ]


def standings(connection: Connection) -> dict[str, Standing]:
    """Source → how its endpoints answered."""
    failing = func.sum(case((EndpointRow.last_reason.is_not(None), 1), else_=0))
    statement = select(EndpointRow.source_id, func.count(), failing, func.max(EndpointRow.last_polled_at))
    return {
        source_id: Standing(endpoints=count, failing=int(failed), polled_at=polled_at)
        for source_id, count, failed, polled_at in connection.execute(statement.group_by(EndpointRow.source_id))
    }
