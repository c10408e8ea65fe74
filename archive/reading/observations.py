"""What the archive knows of its sources and runs, read for :mod:`archive.health`. Every read is bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from archive.health import WEEK
from archive.observed import Archive, Drop, EndpointState, Observation, RunSeen, SeenArticle, Tally, Watched
from archive.owners import GROUP, is_dead
from archive.rows.endpoints import stored_url
from archive.schema import ArticleRow, EndpointRow, LockRow, OutcomeRow, RunRow, RunSourceRow

ARTICLES = 400  # a source; twenty a day make three weeks
RUNS = 50
REFERENCE = timedelta(days=60)  # of ledgers before the last seven days
LOSSES = ("rejected", "failed", "deferred", "endpoint_failed")
CRAWLS = ("crawl", "recheck")
CHUNK = 400  # names a look-up


def observe(connection: Connection, watched: Iterable[Watched], *, now: datetime) -> Archive:
    """Everything that health judges, as it is at ``now``."""
    watched = list(watched)
    ids = [source.source_id for source in watched]
    endpoints = endpoint_states(connection, watched)
    recent = tallies(connection, ids, since=now - WEEK, before=now)
    earlier = tallies(connection, ids, since=now - WEEK - REFERENCE, before=now - WEEK)
    drops = drops_of_week(connection, now=now)
    return Archive(
        runs=latest_runs(connection),
        living=living_runs(connection, now=now),
        sources={
            source_id: Observation(
                articles=latest_articles(connection, source_id),
                endpoints=endpoints.get(source_id, ()),
                recent=recent.get(source_id, Tally()),
                before=earlier.get(source_id, Tally()),
                drops=drops.get(source_id, ()),
            )
            for source_id in ids
        },
    )


def latest_runs(connection: Connection) -> tuple[RunSeen, ...]:
    """The latest crawls, latest first."""
    columns = (RunRow.id, RunRow.state, RunRow.started_at, RunRow.exit_code, RunRow.reason)
    rows = connection.execute(select(*columns).where(RunRow.command.in_(CRAWLS)).order_by(RunRow.id.desc()).limit(RUNS))
    return tuple(RunSeen(**row) for row in rows.mappings())


def living_runs(connection: Connection, *, now: datetime) -> int:
    """How many crawls hold their hosts."""
    is_held = LockRow.name.startswith(GROUP, autoescape=True), LockRow.owner != "", LockRow.expires_at > now
    owners = select(LockRow.owner).where(*is_held).distinct()
    return sum(not is_dead(owner) for owner in connection.scalars(owners))


def latest_articles(connection: Connection, source_id: str) -> tuple[SeenArticle, ...]:
    """Newest first. Dated ones by date of publication, so that a backfill does not look like news; the others by when
    they were first seen."""
    row = ArticleRow
    of_source = select(row.published_at, row.first_seen_at, row.word_count, row.authors).where(
        row.source_id == source_id
    )
    dated = of_source.where(ArticleRow.published_at.is_not(None)).order_by(ArticleRow.published_at.desc())
    undated = of_source.where(ArticleRow.published_at.is_(None)).order_by(ArticleRow.first_seen_at.desc())
    rows = [row for query in (dated, undated) for row in connection.execute(query.limit(ARTICLES))]
    articles = [
        SeenArticle(
            moment=first_seen_at if published_at is None else min(published_at, first_seen_at),
            words=words,
            has_date=published_at is not None,
            has_authors=bool(authors),
        )
        for published_at, first_seen_at, words, authors in rows
    ]
    return tuple(sorted(articles, key=lambda article: article.moment, reverse=True)[:ARTICLES])


def endpoint_states(connection: Connection, watched: Iterable[Watched]) -> dict[str, tuple[EndpointState, ...]]:
    """Source → the endpoints its file names, as they were last polled; not the sitemaps those name."""
    named = {stored_url(url): (source.source_id, url) for source in watched for url in source.endpoints}
    columns = (EndpointRow.kind, EndpointRow.announced, EndpointRow.failing_since)
    query = select(EndpointRow.url, EndpointRow.last_polled_at, EndpointRow.last_reason, *columns)
    found: defaultdict[str, list[EndpointState]] = defaultdict(list)
    urls = sorted(named)
    for start in range(0, len(urls), CHUNK):
        part = query.where(EndpointRow.url.in_(urls[start : start + CHUNK])).order_by(EndpointRow.id)
        for stored, polled_at, reason, kind, announced, failing_since in connection.execute(part):
            source_id, url = named[stored]
            found[source_id].append(
                EndpointState(
                    url=url,
                    kind=kind,
                    polled_at=polled_at,
                    reason=reason,
                    failing_since=failing_since,
                    announced=announced,
                )
            )
    return {source_id: tuple(states) for source_id, states in found.items()}


def tallies(
    connection: Connection, source_ids: Iterable[str], *, since: datetime, before: datetime
) -> dict[str, Tally]:
    """Source → the sums of its ledgers in runs that began in that time."""
    line = RunSourceRow
    sums = (func.sum(line.fetched + line.failed), func.sum(line.fetched), func.sum(line.rejected))
    query = (
        select(line.source_id, *sums)
        .join(RunRow, RunRow.id == line.run_id)
        .where(RunRow.started_at >= since, RunRow.started_at < before, RunRow.command.in_(CRAWLS))
        .group_by(line.source_id)
    )
    wanted = set(source_ids)
    return {
        source_id: Tally(asked=int(asked), fetched=int(fetched), rejected=int(rejected))
        for source_id, asked, fetched, rejected in connection.execute(query)
        if source_id in wanted
    }


def drops_of_week(connection: Connection, *, now: datetime) -> Mapping[str, tuple[Drop, ...]]:
    """Source → why its addresses were dropped in crawls of the last seven days; a reason a source, once."""
    first_run = connection.execute(select(func.min(RunRow.id)).where(RunRow.started_at >= now - WEEK)).scalar()
    if first_run is None:
        return {}
    outcome = OutcomeRow
    query = (
        select(
            outcome.source_id, outcome.reason, func.count(), func.min(outcome.at), func.max(outcome.at),
            func.min(outcome.url),
        )
        .where(outcome.run_id >= first_run, outcome.reason.is_not(None), outcome.outcome.in_(LOSSES))
        .group_by(outcome.source_id, outcome.reason)
        .order_by(outcome.source_id, func.count().desc(), outcome.reason)
    )  # fmt: skip
    found: defaultdict[str, list[Drop]] = defaultdict(list)
    for source_id, reason, count, first_at, last_at, url in connection.execute(query):
        found[source_id].append(Drop(reason=reason or "", count=count, first_at=first_at, last_at=last_at, url=url))
    return {source_id: tuple(drops) for source_id, drops in found.items()}
