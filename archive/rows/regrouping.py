"""Articles compared with all others anew: sketches, likenesses and stories as today's rules make them.

All of them, or a range of their numbers, which one process has to itself. Batch by batch, a transaction each, beside a
crawl if need be; how far it came is kept in its run, so that one that was ended goes on there. Likeness is a property
of two texts, whoever is compared first: ranges in any order, and beside each other, come to what a whole rebuild does.
Articles, revisions and evidence are not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import Session

from archive.database import reading, writing
from archive.errors import StoreError
from archive.idrange import IdRange
from archive.rows.claims import Claim, claim, give_back, renew
from archive.rows.kinship import Comparison, kin_of, neighbours, relate
from archive.rows.stories import settle, stories_of
from archive.schema import ArticleRow, RunRow

COMMAND = "dedup rebuild"
BATCH = 100  # articles a transaction: writers wait for each other less than a second
EVERYTHING = IdRange()
MOST = 2**63 - 1  # no number is larger
Ties: TypeAlias = Mapping[int, tuple[int | None, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrouped:
    """What became of the articles, all parts of one rebuild together."""

    run_id: int
    ids: str
    """The range that was asked for."""
    articles: int
    """Looked at so far."""
    joined: int
    """Became copies of another."""
    left: int
    """Were copies, and are none any more."""
    changed: int
    """Are copies still, of another article or in another manner."""


def regroup(
    engine: Engine,
    comparison: Comparison,
    *,
    software: str,
    owner: str,
    now: Callable[[], datetime],
    ids: IdRange = EVERYTHING,
    is_from_start: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Regrouped:
    """Go through the articles of ``ids``, from where the last rebuild of the same range that was ended stopped unless
    ``is_from_start``.

    ``on_progress`` is told how many articles are done, of how many. ``now`` is the archive's
    (:func:`archive.database.shared_clock`). Raises ``StoreError``; ``LockedError`` when another process is at work on
    some of them, and when it was away for so long that its lease ran out.
    """
    with claimed(engine, ids, owner=owner, now=now) as held:
        run_id = run_to_go_on(engine, ids, software=software, now=now(), is_from_start=is_from_start)
        with reading(engine) as session:
            total = session.scalar(select(func.count()).select_from(ArticleRow).where(within(ids))) or 0
        while True:
            with writing(engine) as session:
                renew(session, held, now=now())
                told, is_done = go_on(session, run_id, ids, comparison, now=now())
            on_progress(told.articles, total)
            if is_done:
                return told


@contextmanager
def claimed(engine: Engine, ids: IdRange, *, owner: str, now: Callable[[], datetime]) -> Iterator[Claim]:
    """The range is this process's alone while the block lasts."""
    with writing(engine) as session:
        held = claim(session, ids, owner=owner, now=now())
    try:
        yield held
    finally:
        with suppress(StoreError), writing(engine) as session:  # the database is away: it runs out
            give_back(session, held, now=now())


def within(ids: IdRange) -> ColumnElement[bool]:
    """It is one of these articles."""
    return ArticleRow.id.between(ids.first, MOST if ids.last is None else ids.last)


def run_to_go_on(engine: Engine, ids: IdRange, *, software: str, now: datetime, is_from_start: bool) -> int:
    """The id of the latest rebuild of this range when that was never finished; else of a new one."""
    with writing(engine) as session:
        runs = session.scalars(select(RunRow).where(RunRow.command == COMMAND).order_by(RunRow.id.desc()))
        latest = next((run for run in runs if run.stats.get("ids", str(EVERYTHING)) == str(ids)), None)
        if latest is not None and latest.state != "finished" and not is_from_start:
            latest.state = "running"
            return latest.id
        stats = {"ids": str(ids)}
        run = RunRow(command=COMMAND, state="running", started_at=now, software=software, stats=stats)
        session.add(run)
        session.flush()
        return run.id


def go_on(
    session: Session, run_id: int, ids: IdRange, comparison: Comparison, *, now: datetime
) -> tuple[Regrouped, bool]:
    """The next batch: what is told of all so far, and whether that was the last."""
    run = session.get_one(RunRow, run_id)
    done = {name: int(run.stats.get(name, 0)) for name in ("through", "articles", "joined", "left", "changed")}
    left = (within(ids), ArticleRow.id > done["through"])
    rows = session.scalars(select(ArticleRow).where(*left).order_by(ArticleRow.id).limit(BATCH)).all()
    for row in rows:
        for name, count in compared(session, row, comparison, now=now).items():
            done[name] += count
    if rows:
        done["through"] = rows[-1].id
        done["articles"] += len(rows)
    ahead = (within(ids), ArticleRow.id > done["through"])
    is_done = session.scalar(select(ArticleRow.id).where(*ahead).limit(1)) is None
    run.stats = {**done, "ids": str(ids)}
    if is_done:
        run.state, run.exit_code, run.ended_at = "finished", 0, now
    counts = {name: count for name, count in done.items() if name != "through"}
    return Regrouped(run_id=run_id, ids=str(ids), **counts), is_done


def compared(session: Session, row: ArticleRow, comparison: Comparison, *, now: datetime) -> dict[str, int]:
    """Compare one article anew; how many that were or are linked with it joined, left or changed."""
    kin = kin_of(session, row.text, row.text_digest, word_count=row.word_count, comparison=comparison)
    near = {row.id} | neighbours(session, row.id) | {one.article_id for one in kin}
    before = ties(session, near)
    settle(session, relate(session, row, kin, comparison), now=now)
    after = ties(session, before.keys())
    counts = {"joined": 0, "left": 0, "changed": 0}
    for number in before:
        if before[number] != after[number]:
            counts[kind_of_change(before[number][0], after[number][0])] += 1
    return counts


def ties(session: Session, ids: Collection[int]) -> Ties:
    """Article → (original, relation), of these and of the others in their stories."""
    numbers = stories_of(session, ids).keys()
    query = select(ArticleRow.id, ArticleRow.duplicate_of, ArticleRow.relation).where(ArticleRow.id.in_(numbers))
    return {number: (original, relation) for number, original, relation in session.execute(query)}


def kind_of_change(before: int | None, after: int | None) -> str:
    if before is None:
        return "joined"
    return "left" if after is None else "changed"
