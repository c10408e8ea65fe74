"""What is wrong with the workers and their queue: decisions on what was observed. Pure. For ``perilune health``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from archive.fleet.queue import Queue
from archive.fleet.roster import Member
from archive.health import Finding
from archive.timestamps import span

WAITED_LONG = timedelta(hours=1)  # that a job could have been started and was not: the workers don't keep up
NO_ONE = timedelta(minutes=15)  # that a job waits while nobody is there to take it
KINDS_THAT_SCHEDULE = ("scheduler", "both")
NAMED = 5  # of them in one finding


def fleet_findings(
    members: Sequence[Member], queue: Queue, paused: Mapping[str, str], *, now: datetime
) -> Iterator[Finding]:
    """Everything wrong, of an archive that has a queue; of another that sources are stopped, and no more."""
    if paused:
        yield finding(
            "source_paused",
            "warning",
            "sources that are active are crawled",
            f"stopped by hand: {listed(list(paused))}",
            "perilune workers resume --source SOURCE, when the reason is gone",
        )
    if not queue.has_engine or not members:
        return
    yield from lost(members)
    yield from nobody([one for one in members if one.is_living], queue)
    yield from behind(queue)
    if failed := [f"{one.failed} of {one.kind}" for one in queue.depths if one.failed]:
        yield finding(
            "jobs_failed",
            "warning",
            "jobs end",
            f"given up: {', '.join(failed)}",
            "perilune jobs list; then jobs retry ID",
        )


def lost(members: Sequence[Member]) -> Iterator[Finding]:
    """Workers that fell silent within a day."""
    if gone := [one for one in members if one.state == "lost"]:
        yield finding(
            "worker_lost",
            "warning",
            "every worker says when it ends",
            f"not heard of any more: {listed([one.name for one in gone])}",
            "look at that machine's log; its jobs have gone to others",
            since=min(one.seen_at for one in gone),
        )


def nobody(living: Sequence[Member], queue: Queue) -> Iterator[Finding]:
    """Jobs without workers, workers without a scheduler."""
    waited = timedelta(seconds=longest_wait_s(queue))
    if waited > NO_ONE and not any(one.kind != "scheduler" and one.state == "working" for one in living):
        yield finding(
            "no_worker",
            "alarm",
            "somebody takes the jobs",
            f"one waits for {span(waited)}, and nobody works",
            "start perilune worker, or perilune workers resume NAME",
        )
    if living and not any(one.kind in KINDS_THAT_SCHEDULE for one in living):
        yield finding(
            "no_scheduler",
            "alarm",
            "somebody queues what is due",
            f"no scheduler; workers: {len(living)}",
            "start perilune scheduler, best on two machines",
        )


def behind(queue: Queue) -> Iterator[Finding]:
    """Workers that don't keep up."""
    waited = timedelta(seconds=longest_wait_s(queue))
    if waited > WAITED_LONG:
        yield finding(
            "queue_behind",
            "warning",
            f"a job that can start does within {span(WAITED_LONG)}",
            f"the oldest waits for {span(waited)}",
            "more workers, or a higher --concurrency: docs/scale.md",
        )


def longest_wait_s(queue: Queue) -> float:
    return max((one.waited_s for one in queue.depths if one.waited_s is not None), default=0.0)


def summary(members: Sequence[Member], queue: Queue) -> str | None:
    """Who works, what waits, how the hosts stand, in one line; None where nobody works by a queue."""
    living = [one for one in members if one.is_living]
    if not (living or queue.depths):
        return None
    places = sum(one.capacity for one in living if one.kind != "scheduler")
    totals = {name: sum(getattr(one, name) for one in queue.depths) for name in ("doing", "todo", "later", "failed")}
    crawled = sum(one.owner is not None for one in queue.groups)
    silent = sum(one.held_until is not None for one in queue.groups)
    return (
        f"workers: {len(living)} with {places} places, jobs: {totals['doing']} under way, {totals['todo']} waiting, "
        f"{totals['later']} for later, {totals['failed']} failed, host groups: {crawled} crawled, {silent} left alone"
    )


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(sorted(names)[:NAMED]) + more


def finding(
    kind: str, severity: str, expected: str, observed: str, advice: str, *, since: datetime | None = None
) -> Finding:
    """One of the archive as a whole."""
    return Finding(
        source_id=None,
        kind=kind,
        severity="alarm" if severity == "alarm" else "warning",
        expected=expected,
        observed=observed,
        since=since,
        advice=advice,
    )
