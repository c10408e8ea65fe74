"""What is wrong with an archive that nobody watches: decisions on what was observed. Pure.

Judges what :mod:`archive.reading.observations` read. A source is held against its own past, never against others:
how long it is usually quiet, how long its texts are, how many of its articles have a date. Only what a crawl looked at
counts: where nobody asked, nothing is silent. docs/operate.md has a line for every kind of finding.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, TypeAlias

from archive.observed import Archive, Drop, EndpointState, Observation, RunSeen, SeenArticle, Watched
from archive.urls import host_of

Severity: TypeAlias = Literal["alarm", "warning"]

DAY, WEEK = timedelta(days=1), timedelta(days=7)
HISTORY = timedelta(days=365)  # further back a publisher was another one
MIN_HISTORY = timedelta(days=14)  # of publishing days, before a pause can be called unusual
MIN_PAUSES = 5  # same
OUTLIERS = 20  # of so many pauses the longest is left out: a holiday, or an outage of ours
QUIET_FACTOR = 1.5  # times the longest usual pause: a warning; twice that: an alarm
QUIET_LEAST = timedelta(days=2)  # no shorter silence is worth a mail
RECENT_MIN, REFERENCE_MIN = 10, 30  # articles; fewer say nothing about a rate or a median
STALE = timedelta(days=60)  # when the newest article is older, its text and fields are no news
SHRUNK, SHRUNK_BADLY = 0.5, 0.3  # median words, as a share of what they were
FALLEN, FALLEN_BADLY = 0.3, 0.6  # share of articles with a field, less by so much
RISEN, RISEN_BADLY = 0.25, 0.5  # share of pages rejected, more by so much
BLOCKS = ("block_page", "http_403", "http_429", "retry_after")  # reasons that mean: not you, or not so often
BLOCKS_MIN = 3  # of them in a week; one is chance
UNPARSED = frozenset({"not_a_feed", "not_a_sitemap", "not_html", "unreadable", "no_links", "empty_body"})
FAILING_LONG = DAY  # an endpoint that fails for less may be in maintenance
LATE_FACTOR, LATE_LEAST = 3, DAY  # a poll is late after so many intervals, and never before
DIED_IN_A_ROW = 3  # runs; one is a reboot


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: with a source, or (``source_id`` None) with the archive as a whole."""

    source_id: str | None
    kind: str
    severity: Severity
    expected: str
    observed: str
    since: datetime | None
    """When it began, as far as is known."""
    advice: str
    """What to do, a sentence or a command."""


def findings(archive: Archive, watched: Sequence[Watched], *, now: datetime) -> list[Finding]:
    """Everything wrong, alarms first, then by source. ``watched`` are the sources that should be crawled."""
    found = list(of_runs(archive, watched, now=now))
    is_idle = any(one.kind == "no_runs" for one in found)
    for source in watched:
        observation = archive.sources.get(source.source_id, Observation())
        late = None if is_idle else not_looked_at(source, observation, now=now)
        if late is not None:
            found.append(late)
        if observation.polled_at is not None:
            found += of_source(source, observation, now=now)
    return ordered(found)


def ordered(found: Sequence[Finding]) -> list[Finding]:
    """Alarms first; the archive's own before the sources', by id."""
    return sorted(found, key=lambda one: (one.severity != "alarm", one.source_id or "", one.kind))


def of_source(source: Watched, observation: Observation, *, now: datetime) -> Iterator[Finding]:
    """What is wrong with a source that is crawled."""
    checks: tuple[Callable[..., Finding | None], ...] = (silent, shrunk, blocked, rejects_rising)
    for check in checks:
        found = check(source, observation, now=now)
        if found is not None:
            yield found
    yield from endpoints_failing(source, observation, now=now)
    yield from fields_missing(source, observation, now=now)


# Runs


def of_runs(archive: Archive, watched: Sequence[Watched], *, now: datetime) -> Iterator[Finding]:
    """Crawls that stopped coming, that died, that could not store."""
    if not archive.runs or not watched:
        return
    last = archive.runs[0]
    patience = max(LATE_LEAST, LATE_FACTOR * min(source.interval for source in watched))
    if now - last.started_at > patience:
        yield Finding(
            source_id=None,
            kind="no_runs",
            severity="alarm",
            expected=f"a crawl within {span(patience)}",
            observed=f"none for {span(now - last.started_at)}; the last was run {last.id}",
            since=last.started_at,
            advice="is cron or the timer alive, and does its command start? perilune schedule print writes the line",
        )
    dead = died(archive.runs, archive.living)
    if dead and now - dead[0].started_at <= WEEK:
        ended = [run for run in archive.runs if run.state != "running" or run in dead]
        is_row = len(dead) >= DIED_IN_A_ROW and ended[:DIED_IN_A_ROW] == dead[:DIED_IN_A_ROW]
        yield Finding(
            source_id=None,
            kind="run_died",
            severity="alarm" if is_row else "warning",
            expected="every run writes down how it ended",
            observed=f"{plural(len(dead), 'run')} did not: {', '.join(str(run.id) for run in dead[:5])}",
            since=dead[-1].started_at,
            advice="killed, out of memory, or a reboot: see the system's log; the next run takes over what was left",
        )
    over = next((run for run in archive.runs if run.state != "running"), None)
    if over is not None and over.state == "failed":
        yield Finding(
            source_id=None,
            kind="run_failed",
            severity="alarm",
            expected="the last run could store what it fetched",
            observed=f"run {over.id} ended with {over.exit_code}: {over.reason or 'no reason'}",
            since=over.started_at,
            advice=f"perilune runs {over.id}; then disk space, permissions, the database",
        )


def died(runs: Sequence[RunSeen], living: int) -> list[RunSeen]:
    """Runs that call themselves running though nobody runs them: all but the latest ``living``. Latest first."""
    return [run for run in runs if run.state == "running"][living:]


def not_looked_at(source: Watched, observation: Observation, *, now: datetime) -> Finding | None:
    """Never crawled, or not for a long time."""
    polled_at = observation.polled_at
    if polled_at is None:
        return Finding(
            source_id=source.source_id,
            kind="never_crawled",
            severity="warning",
            expected=f"polled every {span(source.interval)}",
            observed="never polled",
            since=None,
            advice=f'perilune crawl {source.source_id}; or set status = "paused" in its file',
        )
    patience = max(LATE_LEAST, LATE_FACTOR * source.interval)
    late = now - polled_at
    if late <= patience:
        return None
    return Finding(
        source_id=source.source_id,
        kind="overdue",
        severity="alarm" if late > max(WEEK, 2 * patience) else "warning",
        expected=f"polled within {span(patience)}",
        observed=f"not polled for {span(late)}",
        since=polled_at,
        advice=f"perilune sources show {source.source_id} says when it is due; do runs end before its turn comes?",
    )


# What came


def silent(source: Watched, observation: Observation, *, now: datetime) -> Finding | None:
    """Nothing new for longer than this source is ever quiet; only while one of its endpoints can be read."""
    usual = longest_usual_pause([article.moment for article in observation.articles], now=now)
    if usual is None or observation.read_at is None:
        return None
    newest = observation.articles[0].moment
    quiet = observation.read_at - newest
    allowed = timedelta(weeks=1 / source.per_week_min) if source.per_week_min else timedelta()
    patience = max(QUIET_FACTOR * usual, usual + DAY, QUIET_LEAST, LATE_FACTOR * source.interval, allowed)
    if quiet <= patience:
        return None
    return Finding(
        source_id=source.source_id,
        kind="silent",
        severity="alarm" if quiet > 2 * patience and source.per_week_min != 0 else "warning",
        expected=f"an article within {span(patience)}; its longest usual pause is {span(usual)}",
        observed=f"none for {span(quiet)}",
        since=newest,
        advice=f"look at {source.homepage or 'its site'}: if there is news, perilune sources check {source.source_id}",
    )


def longest_usual_pause(moments: Sequence[datetime], *, now: datetime) -> timedelta | None:
    """Between two days with news, over the last year; None when too little is known."""
    days = sorted({moment.date() for moment in moments if now - moment <= HISTORY})
    pauses = sorted(later - earlier for earlier, later in pairwise(days))
    if len(pauses) < MIN_PAUSES or days[-1] - days[0] < MIN_HISTORY:
        return None
    return pauses[-1 - len(pauses) // OUTLIERS]


def shrunk(source: Watched, observation: Observation, *, now: datetime) -> Finding | None:
    """Texts are much shorter than they were: cut bodies, teasers, a wall."""
    recent, reference = halves(observation.articles, now=now)
    if not recent:
        return None
    median, was = (statistics.median(article.words for article in part) for part in (recent, reference))
    if was == 0 or median >= SHRUNK * was:
        return None
    return Finding(
        source_id=source.source_id,
        kind="text_shrunk",
        severity="alarm" if median < SHRUNK_BADLY * was else "warning",
        expected=f"some {was:.0f} words an article, the median of {len(reference)}",
        observed=f"{median:.0f}, the median of the latest {len(recent)}",
        since=recent[-1].moment,
        advice=f"compare one with its page: perilune search source:{source.source_id} --newest",
    )


def fields_missing(source: Watched, observation: Observation, *, now: datetime) -> Iterator[Finding]:
    """Dates or authors that articles of this source used to have."""
    recent, reference = halves(observation.articles, now=now)
    for kind, name, attribute in (
        ("dates_missing", "date", "has_date"),
        ("authors_missing", "author", "has_authors"),
    ):
        rate, was = (share([getattr(article, attribute) for article in part]) for part in (recent, reference))
        if recent and was - rate >= FALLEN:
            without = [article.moment for article in recent if not getattr(article, attribute)]
            yield Finding(
                source_id=source.source_id,
                kind=kind,
                severity="alarm" if was - rate >= FALLEN_BADLY else "warning",
                expected=f"{was:.0%} with {name}, as {len(reference)} before",
                observed=f"{rate:.0%} of the latest {len(recent)}",
                since=min(without),
                advice=f"perilune search source:{source.source_id} --newest, then the page: where is its {name} now?",
            )


def halves(articles: Sequence[SeenArticle], *, now: datetime) -> tuple[Sequence[SeenArticle], Sequence[SeenArticle]]:
    """The latest articles and those before them; both empty when there are too few, or none of late.

    The latest are those of the last seven days, and never fewer than ``RECENT_MIN``.
    """
    if not articles or now - articles[0].moment > STALE:
        return (), ()
    cut = max(RECENT_MIN, sum(now - article.moment <= WEEK for article in articles))
    recent, reference = articles[:cut], articles[cut:]
    return (recent, reference) if len(reference) >= REFERENCE_MIN else ((), ())


def share(claims: Sequence[bool]) -> float:
    """How many are true, 0 to 1; 0 of none."""
    return sum(claims) / len(claims) if claims else 0.0


# What was refused


def rejects_rising(source: Watched, observation: Observation, *, now: datetime) -> Finding | None:
    """More pages than before are no articles: listings announced as news, shells, walls."""
    recent, before = observation.recent, observation.before
    if recent.fetched < RECENT_MIN or before.fetched < REFERENCE_MIN:
        return None
    rate, was = recent.rejected / recent.fetched, before.rejected / before.fetched
    if rate - was < RISEN:
        return None
    rejects = [drop for drop in observation.drops if drop.reason not in BLOCKS]
    return Finding(
        source_id=source.source_id,
        kind="rejects_rising",
        severity="alarm" if rate - was >= RISEN_BADLY else "warning",
        expected=f"{was:.0%} of pages rejected, as of {before.fetched} before",
        observed=f"{rate:.0%} of {recent.fetched} in seven days{reasons_in(rejects)}",
        since=min((drop.first_at for drop in rejects), default=None),
        advice=f"perilune runs names the pages; [urls] deny in the file of {source.source_id} keeps listings out",
    )


def blocked(source: Watched, observation: Observation, *, now: datetime) -> Finding | None:
    """The host answers with refusals or bot checks."""
    drops = [drop for drop in observation.drops if drop.reason in BLOCKS]
    count = sum(drop.count for drop in drops)
    if count < BLOCKS_MIN:
        return None
    asked = max(observation.recent.asked, count)
    hosts = ", ".join(sorted({host_of(drop.url) for drop in drops}))
    return Finding(
        source_id=source.source_id,
        kind="blocked",
        severity="alarm" if 2 * count >= asked else "warning",
        expected="pages, when asked at its pace",
        observed=f"{hosts} refused {count} of {asked} in seven days{reasons_in(drops)}",
        since=min(drop.first_at for drop in drops),
        advice="raise download_delay in its file; if that does not help, write to the publisher or set it to paused",
    )


def reasons_in(drops: Sequence[Drop]) -> str:
    """``: listing 12, login 2``, most first; empty for none."""
    most = sorted(drops, key=lambda drop: (-drop.count, drop.reason))[:4]
    return ": " + ", ".join(f"{drop.reason} {drop.count}" for drop in most) if most else ""


def endpoints_failing(source: Watched, observation: Observation, *, now: datetime) -> Iterator[Finding]:
    """Endpoints that can't be read for a day, an alarm when none of the source's can; and empty ones."""
    states = [state for state in observation.endpoints if state.url in source.endpoints and state.polled_at]
    is_down = bool(states) and all(state.reason for state in states)
    for state in states:
        if state.reason is None:
            if state.announced == 0 and state.kind in ("feed", "listing"):
                yield empty_endpoint(source, state)
            continue
        since = state.failing_since or state.polled_at or now
        if now - since < FAILING_LONG or (state.url in source.unsure and not is_down):
            continue
        is_parsed = state.reason not in UNPARSED
        yield Finding(
            source_id=source.source_id,
            kind="endpoint_failing" if is_parsed else "endpoint_unparsed",
            severity="alarm" if is_down else "warning",
            expected=f"a {state.kind} that can be read at {state.url}",
            observed=state.reason,
            since=since,
            advice=f"perilune sources check {source.source_id}; perilune sources new {source.homepage} finds others",
        )


def empty_endpoint(source: Watched, state: EndpointState) -> Finding:
    """It answers, and announces nothing."""
    return Finding(
        source_id=source.source_id,
        kind="endpoint_empty",
        severity="warning",
        expected=f"articles in the {state.kind} at {state.url}",
        observed="it can be read, and announces none",
        since=None,
        advice=f"perilune sources check {source.source_id}; do [urls] allow and deny in its file keep everything out?",
    )


# Words


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def span(time: timedelta) -> str:
    """``90 min``, ``5 h``, ``9.3 days``."""
    hours = time / timedelta(hours=1)
    if hours < 3:
        return f"{hours * 60:.0f} min"
    if hours < 48:
        return f"{hours:.0f} h"
    return f"{hours / 24:.1f} days".replace(".0 ", " ")
