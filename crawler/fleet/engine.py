"""Procrastinate as we use it: the connection, the tasks, when a job is tried again, and what is done now and then.

https://procrastinate.readthedocs.io/
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import procrastinate
import psycopg_pool
from procrastinate import exceptions, jobs, manager
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from archive.config import Config
from archive.database import CONNECT_TIMEOUT_S, known_url
from archive.errors import ConfigError, StoreError
from archive.fleet.engine import SCHEMA
from crawler.fleet.jobs import KINDS, MOST_LOST, Order, fate_of, pause_before

if TYPE_CHECKING:
    from procrastinate.job_context import JobContext

    from crawler.fleet.process import Ended

T = TypeVar("T")
log = logging.getLogger(__name__)
WORK, SCHEDULE = "work", "schedule"  # queues: of workers, and of schedulers
STALLED = timedelta(seconds=60)  # without a sign of life from a job's worker the job is another's; a lease at most
BATCH = 500  # jobs queued in one statement
FAILED_KEPT_H = 24 * 7  # hours a failed job is kept to be looked at


class Carrier(Protocol):
    """What carries a job out; and what a scheduler is asked for now and then."""

    async def carry_out(self, kind: str, words: dict[str, object]) -> Ended: ...
    async def due_orders(self) -> list[Order]: ...


class UnfinishedError(Exception):
    """A job's command that did not do it all; the engine hears what to do from ``exit_code``."""

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(f"exit code {exit_code}")


class Patience(BaseRetryStrategy):
    """When a job is tried again: :func:`crawler.fleet.jobs.pause_before`."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        exit_code = exception.exit_code if isinstance(exception, UnfinishedError) else 3
        pause = pause_before(job.attempts, exit_code, job.task_name)
        return None if pause is None else RetryDecision(retry_at=datetime.now(UTC) + pause)


class Expected(logging.Filter):
    """Drops the engine's traceback of a job that did not do it all: the worker says so in a line of its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], UnfinishedError))


class FencedJobs(manager.JobManager):
    """The engine's own, for a job that may have been given to another worker while this one was away: what became of
    it is then that one's to say; and for a worker that takes none for a while, and finishes those it has."""

    def __init__(self, connector: procrastinate.BaseConnector, takes: Callable[[str], bool]) -> None:
        """``takes``: whether jobs of a queue are wanted now."""
        super().__init__(connector)
        self.takes = takes

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        wanted = [queue for queue in queues or () if self.takes(queue)]
        return await super().fetch_job(wanted, worker_id) if wanted else None

    async def is_ours(self, job: Job) -> bool:
        row = await self.connector.execute_query_all_async(
            "SELECT 1 FROM procrastinate_jobs WHERE id = %(id)s AND status = 'doing'"
            " AND worker_id IS NOT DISTINCT FROM %(worker_id)s",
            id=job.id,
            worker_id=job.worker_id,
        )
        if not row:
            log.warning("job is another's", extra={"job": job.id, "kind": job.task_name})
        return bool(row)

    async def finish_job(self, job: Job, status: jobs.Status, delete_job: bool) -> None:
        if await self.is_ours(job):
            await super().finish_job(job, status, delete_job)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        if not await self.is_ours(job):
            return
        try:
            await super().retry_job(job, retry_at, priority, queue, lock)
        except exceptions.UniqueViolation:  # the same was queued meanwhile: once is enough
            await super().finish_job(job, jobs.Status.FAILED, delete_job=True)


def app_of(
    config: Config, *, every: timedelta | None = None, takes: Callable[[str], bool] = lambda queue: True
) -> procrastinate.App:
    """The engine on the archive's database. With ``every`` it also queues what is due so often: a scheduler's.
    ``takes`` is asked before a job of a queue is.

    Raises ``ConfigError`` for a pace the engine's clock can't express.
    """
    url = known_url(config.database_url)
    theirs = url.query.get("options", "")
    options = " ".join([*([theirs] if isinstance(theirs, str) else theirs), f"-c search_path={SCHEMA}"]).strip()
    connector = procrastinate.PsycopgConnector(
        conninfo=url.set(drivername="postgresql").render_as_string(hide_password=False),
        kwargs={"options": options, "connect_timeout": CONNECT_TIMEOUT_S},
        min_size=1,
        max_size=4 if every is None else 6,  # one listens for each queue
        timeout=CONNECT_TIMEOUT_S,
    )
    app = procrastinate.App(connector=connector)
    app.job_manager = FencedJobs(connector, takes)
    for kind in KINDS:
        app.task(name=kind, queue=WORK, pass_context=True, retry=Patience())(task_of(kind))
    if every is not None:
        add_clockwork(app, every, stalled=stalled_after(config))
    return app


def stalled_after(config: Config) -> timedelta:
    """How long a job's worker may be silent: not longer than its hosts stay its own, or nobody would have them then."""
    return min(STALLED, config.lease)


def task_of(kind: str) -> Any:  # Any: the engine's own
    """What the engine calls for a job of this kind."""

    async def task(context: JobContext, **words: object) -> dict[str, Any]:  # Any: JSON values
        carrier: Carrier = context.additional_context["carrier"]
        ended = await carrier.carry_out(kind, words)
        fate = fate_of(ended.exit_code)
        if fate != "done":
            raise UnfinishedError(ended.exit_code)
        if KINDS[kind].is_bounded and ended.said.get("is_cut_short"):
            await queue_again(context)
        return dict(ended.said)

    task.__name__ = kind
    return task


async def queue_again(context: JobContext) -> None:
    """The rest of a job whose time ran out, behind everybody else who waits."""
    job = context.job.evolve(id=None, status=None, attempts=0, scheduled_at=None, worker_id=None)
    await queue_jobs(context.app, [job])


def add_clockwork(app: procrastinate.App, every: timedelta, *, stalled: timedelta) -> None:
    """What a scheduler does now and then; however many schedulers there are, the engine starts each once a time."""

    @app.periodic(cron=cron_of(every))
    @app.task(name="dispatch", queue=SCHEDULE, queueing_lock="dispatch", pass_context=True)
    async def dispatch(context: JobContext, timestamp: int) -> None:
        carrier: Carrier = context.additional_context["carrier"]
        orders = await carrier.due_orders()
        count = await queue(context.app, orders)
        if count:
            log.info("jobs queued", extra={"jobs": count})

    @app.periodic(cron=cron_of(min(every, timedelta(minutes=1))))
    @app.task(name="rescue", queue=SCHEDULE, queueing_lock="rescue", pass_context=True)
    async def rescue(context: JobContext, timestamp: int) -> None:
        await rescue_stalled(context.app, stalled.total_seconds())

    @app.periodic(cron="17 * * * *")
    @app.task(name="sweep", queue=SCHEDULE, queueing_lock="sweep", pass_context=True)
    async def sweep(context: JobContext, timestamp: int) -> None:
        await context.app.job_manager.delete_old_jobs(
            nb_hours=FAILED_KEPT_H, include_failed=True, include_cancelled=True, include_aborted=True
        )


def cron_of(every: timedelta) -> str:
    """The engine's cron line, with seconds as its sixth field. Raises ``ConfigError``."""
    whole = int(every.total_seconds())
    if 1 <= whole < 60 and 60 % whole == 0:
        return f"* * * * * */{whole}"
    if whole % 60 == 0 and 1 <= whole // 60 <= 30 and 60 % (whole // 60) == 0:
        return f"*/{whole // 60} * * * *"
    raise ConfigError("--every: a part of a minute or of an hour: 5s, 10s, 30s, 1m, 5m, 10m, 15m, 30m")


async def rescue_stalled(app: procrastinate.App, silent_s: float) -> int:
    """Give jobs whose worker fell silent to another; how many there were. One that was lost too often is given up."""
    await app.job_manager.prune_stalled_workers(silent_s)
    count = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_s):
        count += 1
        if job.attempts >= MOST_LOST:
            log.error("job given up", extra={"job": job.id, "kind": job.task_name})
            await app.job_manager.finish_job(job, jobs.Status.FAILED, delete_job=False)
        else:
            log.warning("job of a lost worker", extra={"job": job.id, "kind": job.task_name})
            await app.job_manager.retry_job(job=job, retry_at=datetime.now(UTC))
    return count


async def queue(app: procrastinate.App, orders: Iterable[Order]) -> int:
    """Queue them; how many were new. What is queued already is left as it is."""
    wanted = [
        Job(
            queue=WORK,
            priority=order.priority,
            lock=order.lock,
            queueing_lock=order.queueing_lock,
            task_name=order.kind,
            task_kwargs=dict(order.words),
        )
        for order in orders
    ]
    count = sum([await queue_jobs(app, wanted[at : at + BATCH]) for at in range(0, len(wanted), BATCH)])
    if count >= BATCH:  # or the look for the next job is planned for the empty queue that it was: seconds, not ms
        await app.connector.execute_query_async("ANALYZE procrastinate_jobs")
    return count


async def queue_jobs(app: procrastinate.App, wanted: Sequence[Job]) -> int:
    """All at once; one by one where one of them is queued already."""
    try:
        return len(await app.job_manager.batch_defer_jobs_async(list(wanted)))
    except exceptions.AlreadyEnqueued:
        if len(wanted) == 1:
            return 0
        return sum([await queue_jobs(app, [one]) for one in wanted])


async def asked(config: Config, ask: Callable[[procrastinate.App], Awaitable[T]]) -> T:
    """What the engine answers to an operator. Raises ``StoreError``."""
    app = app_of(config)
    try:
        async with app.open_async():
            return await ask(app)
    except (exceptions.ConnectorException, psycopg_pool.PoolTimeout) as exc:
        cause = str(exc.__cause__ or exc).strip().splitlines()
        raise StoreError(f"the queue refused: {cause[0] if cause else type(exc).__name__}") from exc


async def retry_now(app: procrastinate.App, job_id: int) -> None:
    """Put a failed job back into the queue, and let one that waits for its time go at once; no worker waits longer than
    its poll. Raises ``ConfigError`` for any other."""
    hurried = (
        "UPDATE procrastinate_jobs SET scheduled_at = NULL"
        " WHERE id = %(id)s AND status = 'todo' AND scheduled_at > now() RETURNING id"
    )
    if await app.connector.execute_query_all_async(hurried, id=job_id):
        return
    failed = "SELECT 1 FROM procrastinate_jobs WHERE id = %(id)s AND status = 'failed'"
    if not await app.connector.execute_query_all_async(failed, id=job_id):
        raise ConfigError(f"no job {job_id} failed or waits for its time; `perilune jobs list` shows them")
    await app.job_manager.retry_job_by_id_async(job_id, retry_at=datetime.now(UTC))
