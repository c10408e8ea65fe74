"""What a crawl is asked to do, and which sources that means."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.errors import ConfigError
from archive.pace import Bounds, Published, pace_of
from archive.urls import host_of
from crawler.schedule import Due, Timing, due
from spiders.registry import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlan:
    """What was asked for on the command line."""

    named: tuple[str, ...] = ()
    is_all: bool = False
    is_forced: bool = False
    limit: int | None = None
    since: datetime | None = None
    max_time: timedelta | None = None
    is_dry_run: bool = False
    is_recheck: bool = False
    """Look at archived articles again instead of polling."""
    with_requisites: bool = False
    """Also what pages need to be seen as they were, of every source; else of those whose file says so."""

    is_quiet: bool = False
    log_level: str = "WARNING"

    @property
    def is_backfill(self) -> bool:
        """Walk back in time: a bound for dates, and sources named one by one."""
        return self.since is not None and bool(self.named)


def chosen_sources(registry: Mapping[str, Source], named: Iterable[str]) -> list[Source]:
    """The sources named, in any case of letters; every source when none is named.

    Raises ``ConfigError`` that lists every unknown name.
    """
    wanted = [name.lower() for name in named]
    unknown = [name for name in wanted if name not in registry]
    if unknown:
        raise ConfigError(
            f"unknown source: {', '.join(sorted(unknown))}. `perilune sources list` shows the {len(registry)} known."
        )
    return [registry[name] for name in dict.fromkeys(wanted)] if wanted else list(registry.values())


def due_sources(
    sources: list[Source],
    plan: CrawlPlan,
    last_polled: Mapping[str, datetime],
    published: Mapping[str, Published],
    *,
    now: datetime,
) -> list[Source]:
    """Those to poll now."""
    judged = verdicts(sources, plan, last_polled, published, now=now)
    wanted = {verdict.source_id for verdict in judged if verdict.is_due}
    return [source for source in sources if source.id in wanted]


def verdicts(
    sources: list[Source],
    plan: CrawlPlan,
    last_polled: Mapping[str, datetime],
    published: Mapping[str, Published],
    *,
    now: datetime,
) -> list[Due]:
    """Whether each source is due, and why."""
    timings = [timing_of(source, published.get(source.id)) for source in sources]
    named = frozenset(source.id for source in sources) if plan.named else frozenset()
    return due(timings, last_polled, now=now, named=named, is_all=plan.is_all or plan.is_forced)


def timing_of(source: Source, published: Published | None) -> Timing:
    """The source's own pace, within its file's bounds."""
    bounds = Bounds(interval=source.interval, shortest=source.min_interval, longest=source.max_interval)
    pace = pace_of(bounds, published)
    return Timing(source_id=source.id, status=source.status, interval=pace.interval, why=pace.reason)


def refuse_without_contact(sources: Iterable[Source], contact: str | None) -> None:
    """A publisher must be able to reach who crawls it: raises ``ConfigError`` unless there is a contact
    or everything to be crawled is on loopback."""
    if contact:
        return
    elsewhere = sorted(source.id for source in sources if not all(is_loopback(url) for url in addresses(source)))
    if elsewhere:
        shown = ", ".join(elsewhere[:3]) + (" …" if len(elsewhere) > 3 else "")
        raise ConfigError(
            f"PERILUNE_CONTACT is not set: {shown} would be crawled without an address to complain to. "
            "Set it to a web page or a mail address of yours; it goes into the user agent."
        )


def addresses(source: Source) -> list[str]:
    """Every address the source file names."""
    return [source.homepage, *(endpoint.url for endpoint in source.endpoints)]


def is_loopback(url: str) -> bool:
    """True for ``localhost`` and loopback address literals."""
    host = host_of(url)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
