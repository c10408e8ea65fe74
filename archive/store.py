"""The only writer of articles. One item is one transaction: article, revision, aliases, capture link,
frontier state, search index, outcome and ledger stand or fall together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from archive.aliases import add_aliases, candidates
from archive.articles import apply_revision, new_article, revision_of
from archive.errors import StoreError
from archive.ledger import note
from archive.model import (
    Article,
    Candidate,
    Capture,
    Decision,
    Discovered,
    Duplicate,
    Missed,
    New,
    Polled,
    Rejected,
    Revision,
    Settled,
    Unchanged,
)
from archive.sanitise import clean, clean_all, clean_or_none
from archive.schema import ArticleRow, CaptureRow, EndpointRow, RunRow, SourceRow
from archive.settle import STATES, frontier_row, retry_at, settle
from archive.stories import new_story, refresh_story
from archive.textindex import write_index
from archive.urls import url_key

Decide = Callable[[Article, list[Candidate]], Decision]
T = TypeVar("T")
TRIES = 3  # of a transaction that met another writer's identical row; the second try sees that row


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAtRest:
    """What the archive keeps of a source file."""

    id: str
    name: str
    publisher_kind: str
    homepage: str
    language: str | None
    country: str | None
    status: str
    host_group: str


class Store:
    """Writes and the few look-ups that writing needs. Raises ``StoreError`` when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def _once(self, work: Callable[[Session], T]) -> T:
        """``work`` in one transaction; again when another writer was first with the same row."""
        for attempt in range(1, TRIES + 1):
            try:
                with Session(self.engine) as session, session.begin():
                    return work(session)
            except IntegrityError as exc:
                if attempt == TRIES:
                    raise StoreError(f"can't be stored: {first_line(exc)}") from exc
            except SQLAlchemyError as exc:
                raise StoreError(f"can't be stored: {first_line(exc)}") from exc
        raise AssertionError("unreachable")

    # Runs

    def start_run(self, command: str, *, software: str, now: datetime) -> int:
        """The new run's id."""

        def work(session: Session) -> int:
            run = RunRow(command=command, state="running", started_at=now, software=software, stats={})
            session.add(run)
            session.flush()
            return run.id

        return self._once(work)

    def finish_run(
        self, run_id: int, *, state: str, exit_code: int, reason: str | None, stats: Mapping[str, Any], now: datetime
    ) -> None:  # Any: JSON
        def work(session: Session) -> None:
            run = session.get_one(RunRow, run_id)
            run.state, run.exit_code, run.reason, run.ended_at = state, exit_code, clean_or_none(reason), now
            run.stats = dict(stats)

        self._once(work)

    def record_sources(self, sources: Iterable[SourceAtRest], now: datetime) -> None:
        """What the source files say now; a source whose file is gone keeps its row."""

        def work(session: Session) -> None:
            for source in sources:
                session.merge(SourceRow(**asdict(source), updated_at=now))

        self._once(work)

    # Evidence

    def record_capture(self, capture: Capture) -> int:
        """The capture's row id; the same record told twice is one row."""
        return self._once(lambda session: capture_row(session, capture).id)

    def original_of(self, payload_digest: str, target_uri: str) -> tuple[str, str, datetime] | None:
        """(record id, target URI, date) of the first whole response with this payload; None when there is none."""
        query = (
            select(CaptureRow.warc_record_id, CaptureRow.target_uri, CaptureRow.captured_at)
            .where(CaptureRow.payload_digest == payload_digest, CaptureRow.status == 200)
            .where(CaptureRow.revisit_of.is_(None), CaptureRow.truncated.is_(None))
            .order_by(CaptureRow.id)
            .limit(1)
        )
        with Session(self.engine) as session:
            row = session.execute(query).first()
        return (row[0], row[1], row[2]) if row else None

    def validators(self, url: str) -> tuple[str | None, str | None] | None:
        """(ETag, Last-Modified) of an endpoint's last answer that was read; None when there are none."""
        with Session(self.engine) as session:
            row = session.scalar(select(EndpointRow).where(EndpointRow.url == url))
        return (row.etag, row.last_modified) if row and (row.etag or row.last_modified) else None

    # Endpoints

    def record_poll(self, run_id: int, polled: Polled) -> Settled:
        """An endpoint's answer. What a failed poll said replaces nothing that a good one left."""

        def work(session: Session) -> Settled:
            row = session.scalar(select(EndpointRow).where(EndpointRow.url == clean(polled.endpoint_url)))
            if row is None:
                row = EndpointRow(
                    source_id=polled.source_id, url=clean(polled.endpoint_url), kind=polled.kind, announced=0
                )
                session.add(row)
            update_endpoint(row, polled)
            settled = Settled(
                source_id=polled.source_id,
                url=polled.endpoint_url,
                outcome="endpoint_failed" if polled.reason else "endpoint_ok",
                reason=polled.reason,
            )
            return note(session, run_id, settled, at=polled.polled_at, status=polled.status, announced=polled.announced)

        return self._once(work)

    def last_polled(self) -> dict[str, datetime]:
        """Source id → when one of its endpoints was last asked."""
        query = select(EndpointRow.source_id, func.max(EndpointRow.last_polled_at)).group_by(EndpointRow.source_id)
        with Session(self.engine) as session:
            return {source_id: at for source_id, at in session.execute(query) if at is not None}

    def endpoint_digests(self) -> dict[str, str]:
        """Endpoint URL → digest of its last answer that was read."""
        query = select(EndpointRow.url, EndpointRow.payload_digest).where(EndpointRow.payload_digest.is_not(None))
        with Session(self.engine) as session:
            return {url: digest for url, digest in session.execute(query) if digest}

    # Articles

    def save(self, run_id: int, discovered: Discovered, article: Article, decide: Decide, now: datetime) -> Settled:
        """Decide and store, in one transaction: what was looked up still holds when it is written."""

        def work(session: Session) -> Settled:
            capture = capture_row(session, article.capture)
            decision = decide(article, candidates(session, article))
            if isinstance(decision, Rejected):
                return self._reject(session, run_id, discovered, decision, now)
            row = self._store(session, article, decision, capture.id, now)
            capture.article_id = row.id
            add_aliases(session, row.id, article, now=now)
            if (frontier := frontier_row(session, discovered)) is not None:
                settle(frontier, state="archived", reason=None, status=article.capture.status, due_at=None, now=now)
                frontier.article_id = row.id
            settled = Settled(
                source_id=discovered.source_id, url=discovered.url, outcome=outcome_of(decision), article_id=row.id
            )
            return note(session, run_id, settled, at=now, status=article.capture.status)

        return self._once(work)

    def _store(
        self, session: Session, article: Article, decision: Decision, capture_id: int, now: datetime
    ) -> ArticleRow:
        """The article's row after the decision was carried out."""
        if isinstance(decision, Unchanged):
            row = session.get_one(ArticleRow, decision.of)
            row.last_seen_at = max(row.last_seen_at, article.capture.captured_at)
            return row
        if isinstance(decision, Revision):
            row = session.get_one(ArticleRow, decision.of)
            apply_revision(row, article, capture_id=capture_id)
            session.add(revision_of(row, kind="edit", changed=decision.changed))
        else:
            joined = session.get_one(ArticleRow, decision.of).story_id if isinstance(decision, Duplicate) else None
            row = new_article(article, capture_id=capture_id, story_id=joined or new_story(session, now=now), now=now)
            session.add(row)
            session.flush()
            session.add(revision_of(row, kind="first", changed=()))
        refresh_story(session, row.story_id)
        write_index(
            session.connection(),
            article_id=row.id,
            title=row.title,
            text=row.text,
            authors=row.authors,
            description=row.description,
            tags=row.tags,
            lang=row.lang,
        )
        return row

    def record_rejected(self, run_id: int, discovered: Discovered, rejected: Rejected, now: datetime) -> Settled:
        """A page that is no article: its capture stays, its URL is left alone."""
        return self._once(lambda session: self._reject(session, run_id, discovered, rejected, now))

    def _reject(
        self, session: Session, run_id: int, discovered: Discovered, rejected: Rejected, now: datetime
    ) -> Settled:
        if (row := frontier_row(session, discovered)) is not None:
            row.attempts += 1
            settle(row, state="rejected", reason=rejected.reason, status=200, due_at=None, now=now)
        settled = Settled(
            source_id=discovered.source_id, url=discovered.url, outcome="rejected", reason=rejected.reason
        )
        return note(session, run_id, settled, at=now, detail=rejected.detail, status=200)

    def record_missed(self, run_id: int, missed: Missed) -> Settled:
        """A URL that could not be fetched: due again after a pause that doubles, or left alone."""

        def work(session: Session) -> Settled:
            row = frontier_row(session, missed.discovered)
            if row is not None:
                row.attempts += 1
                due_at = retry_at(missed.reason, row.attempts, now=missed.missed_at)
                state = STATES.get(missed.reason, "failed")
                settle(
                    row, state=state, reason=missed.reason, status=missed.status, due_at=due_at, now=missed.missed_at
                )
            settled = Settled(
                source_id=missed.discovered.source_id, url=missed.discovered.url, outcome="failed", reason=missed.reason
            )
            return note(session, run_id, settled, at=missed.missed_at, detail=missed.detail, status=missed.status)

        return self._once(work)

    def observed(
        self, source_id: str, *, fields: Sequence[str], since: datetime
    ) -> tuple[datetime | None, int, dict[str, int]]:
        """(first article seen at, articles since, field → how many of those carry it)."""
        with Session(self.engine) as session:
            first = session.scalar(select(func.min(ArticleRow.first_seen_at)).where(ArticleRow.source_id == source_id))
            rows = session.scalars(
                select(ArticleRow).where(ArticleRow.source_id == source_id, ArticleRow.first_seen_at >= since)
            ).all()
            return first, len(rows), {name: sum(bool(getattr(row, name, None)) for row in rows) for name in fields}


def capture_row(session: Session, capture: Capture) -> CaptureRow:
    """The capture's row, made when it is not there yet."""
    row = session.scalar(select(CaptureRow).where(CaptureRow.warc_record_id == capture.warc_record_id))
    if row is not None:
        return row
    row = CaptureRow(
        run_id=capture.run_id,
        source_id=capture.source_id,
        target_uri=clean(capture.target_uri),
        url_key=clean(url_key(capture.target_uri)),
        redirected_from=clean_all(capture.redirected_from),
        status=capture.status,
        mime_type=clean(capture.mime_type),
        charset=clean_or_none(capture.charset),
        etag=clean_or_none(capture.etag),
        last_modified=clean_or_none(capture.last_modified),
        captured_at=capture.captured_at,
        warc_record_id=capture.warc_record_id,
        payload_digest=capture.payload_digest,
        filename=capture.locator.filename,
        offset=capture.locator.offset,
        length=capture.locator.length,
        revisit_of=capture.revisit_of,
        truncated=capture.truncated,
    )
    session.add(row)
    session.flush()
    return row


def update_endpoint(row: EndpointRow, polled: Polled) -> None:
    """The endpoint's row after a poll."""
    row.last_polled_at, row.last_status, row.last_reason = polled.polled_at, polled.status, clean_or_none(polled.reason)
    if polled.reason is not None:
        return
    row.etag, row.last_modified = (
        clean_or_none(polled.etag) or row.etag,
        clean_or_none(polled.last_modified) or row.last_modified,
    )
    if not polled.is_unchanged:
        row.etag, row.last_modified = clean_or_none(polled.etag), clean_or_none(polled.last_modified)
        row.payload_digest, row.last_changed_at, row.announced = (
            polled.payload_digest,
            polled.polled_at,
            polled.announced,
        )


def outcome_of(decision: Decision) -> Any:  # Any: a Literal of archive.model.Outcome
    """The decision in the ledger's words."""
    return {New: "new", Revision: "revision", Unchanged: "unchanged", Duplicate: "duplicate"}[type(decision)]


def first_line(exc: SQLAlchemyError) -> str:
    """The engine's own message, without the statement and its values."""
    return str(getattr(exc, "orig", None) or exc).strip().splitlines()[0]
