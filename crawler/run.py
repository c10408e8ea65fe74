"""One crawl from start to exit code: opens what it needs, lets Scrapy work, closes and judges."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from archive.config import Config
from archive.database import grouped, open_engine, shared_clock
from archive.errors import CaptureError
from archive.evidence.notes import settlement_fields
from archive.evidence.warc import WarcWriter, repair_leftovers
from archive.frontier import Frontier
from archive.migrate import ensure_schema
from archive.model import Capture, Discovered, Settled
from archive.owners import GROUP, owner_name
from archive.rows.forgotten import forgotten_digests, is_forgotten
from archive.rows.hosts import HostGroup
from archive.shipping import ship
from archive.store import SourceAtRest, Store
from crawler.allowance import Allowance
from crawler.context import RunContext, software
from crawler.expectations import WEEK, Breach, Observed, breaches
from crawler.ledger import Ledger
from crawler.plan import CrawlPlan, chosen_sources, due_sources, refuse_without_contact
from crawler.rehearsal import Rehearsal, looked_at, scratch_home
from crawler.revisit import Validators
from crawler.stages import stage_counters
from crawler.verdict import FINE, Facts, Fetch, Verdict, judged
from pipelines.writer import Writer
from spiders.registry import Source, load_sources

if TYPE_CHECKING:
    from sqlalchemy import Engine


log = logging.getLogger(__name__)
FINISHED = Verdict(exit_code=FINE, state="finished")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run that is over. ``run_id`` is None when nothing was due, and after a dry run."""

    run_id: int | None
    verdict: Verdict
    ledger: Ledger
    would_fetch: tuple[Discovered, ...] | None = None
    """What a dry run would have fetched, in the order it would have asked; None for any other run."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def run_crawl(config: Config, plan: CrawlPlan) -> Outcome:
    """Crawl as planned; blocks until the run is over. Once a process: Scrapy's reactor can't start again.

    Raises ``ConfigError`` (unknown source, no contact), ``SourceError``, ``SchemaError``, ``StoreError``,
    ``LockedError`` and ``CaptureError`` before anything was fetched.
    """
    sources = chosen_sources(load_sources(config.sources), plan.named)
    if plan.with_requisites:
        sources = [replace(source, with_requisites=True) for source in sources]
    asked = sources if plan.named else [source for source in sources if source.status == "active"]
    refuse_without_contact(asked, config.contact)
    if plan.is_dry_run:
        return rehearse(config, plan, sources)
    with closing_engine(config) as engine:
        return crawl_archive(config, plan, sources, engine)


def rehearse(config: Config, plan: CrawlPlan, sources: list[Source]) -> Outcome:
    """Poll as a crawl would and say what it would fetch; the archive stays as it is."""
    load_scrapy()
    from crawler.process import fetch

    with (
        scratch_home(config) as elsewhere,
        closing_engine(elsewhere) as scratch,
        looked_at(config, otherwise=scratch) as engine,
    ):
        wanted = to_poll(sources, plan, Store(engine))
        frontier = Rehearsal(engine, owner=owner_name(), now=shared_clock(engine), is_forced=plan.is_forced)
        with held_sources(frontier, wanted) as mine, opened_run(elsewhere, plan, mine, Store(scratch), frontier) as run:
            verdict = closed(run, [], fetch(run, plan, mine)) if mine else FINISHED
    return Outcome(run_id=None, verdict=verdict, ledger=run.ledger, would_fetch=tuple(run.allowance.would_fetch))


@contextmanager
def closing_engine(config: Config) -> Iterator[Engine]:
    """The archive's engine, its connections given back at the end."""
    engine = opened_archive(config)
    try:
        yield engine
    finally:
        engine.dispose()


def opened_archive(config: Config) -> Engine:
    """The archive's database with the schema this program needs, made on first use."""
    engine = open_engine(config.database_url)
    ensure_schema(engine)
    return engine


def crawl_archive(config: Config, plan: CrawlPlan, sources: list[Source], engine: Engine) -> Outcome:
    """Crawl those of ``sources`` that are due and that no other run holds."""
    store = Store(engine)
    wanted = wanted_sources(sources, plan, store)
    if not wanted:
        return Outcome(run_id=None, verdict=FINISHED, ledger=Ledger([]))
    load_scrapy()  # not before: cron asks every few minutes, and Scrapy takes half a second to load
    from crawler.process import fetch

    frontier = frontier_of(config, engine, is_forced=plan.is_forced)
    with (
        held_sources(frontier, wanted) as mine,
        opened_run(config, plan, mine, Store(frontier.engine), frontier) as run,
    ):
        fetched = fetch(run, plan, mine)
        verdict = closed(run, mine, fetched)
    ship_finished(config, engine)
    return Outcome(run_id=run.run_id, verdict=verdict, ledger=run.ledger)


def load_scrapy() -> None:
    """Load the part of Scrapy that looks at the whole stack of whoever loads it (``inspect.stack``): it costs by the
    depth of that stack, so it is loaded from a thread's short one. 70 ms of 500."""
    loader = Thread(target=import_module, args=("scrapy.core.downloader.contextfactory",))
    loader.start()
    loader.join()


def ship_finished(config: Config, engine: Engine) -> None:
    """Bring the run's files to the store, where there is one. One that is away is said: the files stay in the home, and
    the next run ships them too."""
    try:
        ship(engine, config.warc_dir)
    except CaptureError as exc:
        log.warning("files not shipped", extra={"error": str(exc)})


def wanted_sources(sources: list[Source], plan: CrawlPlan, store: Store) -> list[Source]:
    """Those to poll, or those with articles to look at again; without those whose hosts asked for a wait."""
    now = utc_now()
    if not plan.named:
        stopped = store.paused_sources()
        sources = [source for source in sources if source.id not in stopped]
    if not plan.named and not plan.is_forced:
        groups = store.host_groups({source.host_group for source in sources})
        sources = [source for source in sources if not is_held(groups.get(source.host_group), now)]
    if not plan.is_recheck:
        return to_poll(sources, plan, store)
    asked = [source for source in sources if plan.named or source.status == "active"]
    due = store.due_rechecks([source.id for source in asked], now=now, is_forced=plan.is_forced)
    return [source for source in asked if source.id in due]


def to_poll(sources: list[Source], plan: CrawlPlan, store: Store) -> list[Source]:
    """Those whose endpoints are due by now."""
    now = utc_now()
    published = store.published([source.id for source in sources], now)
    return due_sources(sources, plan, store.last_polled(), published, now=now)


def is_held(group: HostGroup | None, now: datetime) -> bool:
    """A server asked for a wait that is not over: its sources are not due until then."""
    return group is not None and group.held_until is not None and group.held_until > now


def frontier_of(config: Config, engine: Engine, *, is_forced: bool = False) -> Frontier:
    """A run's own view of the URLs and locks; what is written through its ``engine`` is fenced."""
    return Frontier(engine, owner=owner_name(), now=shared_clock(engine), is_forced=is_forced, lock_time=config.lease)


@contextmanager
def held_sources(frontier: Frontier, wanted: list[Source]) -> Iterator[list[Source]]:
    """The sources whose host group this run could lock; the locks are given back at the end.

    Raises ``LockedError`` when other runs hold all of them.
    """
    held = frontier.hold(sorted({lock_name(source) for source in wanted}))
    try:
        yield [source for source in wanted if lock_name(source) in held]
    finally:
        frontier.release_locks()


def lock_name(source: Source) -> str:
    """Sources that share hosts share one lock, so that two runs never ask one host at once."""
    return f"{GROUP}{source.host_group}"


@contextmanager
def opened_run(
    config: Config, plan: CrawlPlan, sources: list[Source], store: Store, frontier: Frontier
) -> Iterator[RunContext]:
    """A run with its rows, WARC writer and writing thread; all closed at the end, whatever happened."""
    noted = [at_rest(source) for source in sources]
    store.record_sources(noted, utc_now())
    report_repairs(config)
    run_id = store.start_run("recheck" if plan.is_recheck else "crawl", software=software(), now=utc_now())
    log.info("run started", extra={"run": run_id, "sources": len(sources)})
    writer = Writer(group=partial(grouped, store.engine))
    evidence = Writer(name="evidence", permit=frontier.refuse_when_expired)
    warc = WarcWriter(
        config.warc_dir,
        run_id=run_id,
        software=software(),
        operator=config.contact,
        sources=[asdict(source) for source in noted],
    )

    def on_capture(capture: Capture) -> None:
        writer.submit(store.record_capture, capture)

    def note(capture: Capture, settled: Settled, at: datetime) -> None:
        said = settlement_fields(settled, at)
        evidence.submit(warc.write_settlement, capture.warc_record_id, capture.target_uri, said, settled_at=at)

    try:
        yield RunContext(
            run_id=run_id,
            config=config,
            warc=warc,
            on_capture=on_capture,
            original_of=store.original_of,
            validators=validators_of(plan, store),
            now=utc_now,
            store=store,
            frontier=frontier,
            writer=writer,
            evidence=evidence,
            ledger=Ledger([source.id for source in sources]),
            note=note,
            is_forgotten=partial(is_forgotten, forgotten_digests(store.engine)),
            allowance=Allowance(
                limit=plan.limit,
                since=plan.since,
                is_dry_run=plan.is_dry_run,
                of_source={source.id: source.max_articles for source in sources if source.max_articles},
            ),
            source_ids=[source.id for source in sources],
            is_quiet=plan.is_quiet,
            is_recheck=plan.is_recheck,
        )
    finally:
        writer.close()
        evidence.close()
        warc.close()


def validators_of(plan: CrawlPlan, store: Store) -> Callable[[str], Validators | None]:
    """What makes a request conditional; a backfill asks for everything in full."""
    if plan.is_backfill:
        return lambda url: None
    return store.article_validators if plan.is_recheck else lambda url: store.validators(url, utc_now())


def report_repairs(config: Config) -> None:
    """Finish files that a crash left behind, and say what had to be cut off."""
    for repair in repair_leftovers(config.warc_dir):
        if repair.cut_bytes:
            log.error(
                "torn record cut off",
                extra={"file": str(repair.path), "records": repair.records, "cut_bytes": repair.cut_bytes},
            )


def closed(run: RunContext, sources: list[Source], fetched: Fetch) -> Verdict:
    """Drain the writer, reconcile what was sent with what is stored, judge, and write the verdict down."""
    run.writer.close()
    run.evidence.close()
    facts = Facts(
        fetch=fetched,
        failure=run.writer.failure or run.evidence.failure,
        lost=run.ledger.lost,
        failed_sources=tuple(source_id for source_id, count in run.ledger.sources.items() if count.has_failed),
        breaches=() if run.is_recheck else tuple(breaches_of(run, sources)),
    )
    for source_id, count in run.allowance.left.items():
        run.ledger.put_off(source_id, count)
    verdict = judged(facts)
    run.frontier.release_leases()
    run.store.finish_run(
        run.run_id,
        state=verdict.state,
        exit_code=verdict.exit_code,
        reason="; ".join(verdict.reasons) or None,
        stats={**run.ledger.as_json(), **stage_counters(fetched, writer=run.writer, evidence=run.evidence)},
        now=utc_now(),
    )
    ended = {"run": run.run_id, "exit_code": verdict.exit_code, "state": verdict.state, "reasons": verdict.reasons}
    log.info("run ended", extra=ended)
    return verdict


def breaches_of(run: RunContext, sources: list[Source]) -> Iterator[Breach]:
    """Every expectation of these sources that does not hold now."""
    now = utc_now()
    for source in sources:
        first_seen_at, count, filled = run.store.observed(
            source.id, fields=tuple(source.expect.fill_rate), since=now - WEEK
        )
        observed = Observed(first_seen_at=first_seen_at, articles_in_week=count, filled=filled)
        yield from breaches(source.id, source.expect, observed, now=now)


def at_rest(source: Source) -> SourceAtRest:
    """What the archive keeps of a source file."""
    return SourceAtRest(
        id=source.id,
        name=source.name,
        publisher_kind=source.publisher_kind,
        homepage=source.homepage,
        language=source.language,
        country=source.country,
        family=source.family,
        status=source.status,
        host_group=source.host_group,
    )
