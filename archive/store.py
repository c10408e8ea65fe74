"""The only writer of articles. One item is one transaction: article, revision, aliases, capture link,
frontier state, search index, outcome and ledger stand or fall together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from archive.database import reading, writing
from archive.fleet.pauses import paused
from archive.model import (
    FEED_TEXT,
    Article,
    Candidate,
    Capture,
    Decision,
    Discovered,
    Duplicate,
    Groundwork,
    Missed,
    New,
    Outcome,
    Polled,
    Rejected,
    Revision,
    Settled,
    Unchanged,
)
from archive.pace import Published
from archive.rows import captures, endpoints, hosts, ledger, rechecks
from archive.rows.aliases import add_aliases, candidates, candidates_of, held_aliases
from archive.rows.articles import Held, carry_out, held_as, note_seen
from archive.rows.captures import kept, show
from archive.rows.cleaning import Cleaning
from archive.rows.forgotten import forgotten_among
from archive.rows.hosts import HostGroup
from archive.rows.kinship import Comparison, Kin, Sketched, WordForWord, is_version, kin_of, packed, relate
from archive.rows.ledger import Reconciled, note, noted
from archive.rows.settle import NOT_ASKED, frontier_row, settle, settle_missed
from archive.rows.stories import refresh_story
from archive.rows.stories import settle as settle_stories
from archive.rows.templates import Cleaner
from archive.sanitise import MAX_TEXT, clean_json, clean_or_none, sanitised
from archive.schema import ArticleRow, FrontierRow, RunRow, SourceRow

Similar: TypeAlias = tuple[Candidate, float]
Decide: TypeAlias = Callable[[Article, list[Candidate], Sequence[Similar]], Decision]
OUTCOMES: Mapping[type, Outcome] = {New: "new", Revision: "revision", Unchanged: "unchanged", Duplicate: "duplicate"}


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
    family: str | None = None


class Store:
    """Writes and the few look-ups that writing needs. Raises ``StoreError`` when the database fails."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # Runs

    def start_run(self, command: str, *, software: str, now: datetime) -> int:
        """The new run's id."""
        with writing(self.engine) as session:
            run = RunRow(command=command, state="running", started_at=now, software=software, stats={})
            session.add(run)
            session.flush()
            return run.id

    def finish_run(
        self,
        run_id: int,
        *,
        state: str,
        exit_code: int,
        reason: str | None,
        stats: Mapping[str, object],
        now: datetime,
    ) -> None:
        """Write down how the run ended."""
        with writing(self.engine) as session:
            run = session.get_one(RunRow, run_id)
            run.state, run.exit_code, run.reason, run.ended_at = state, exit_code, clean_or_none(reason), now
            run.stats = {str(name): clean_json(value) for name, value in stats.items()}

    def reconcile(self, run_id: int) -> Reconciled:
        """What is stored of a run, to hold against what was sent to be stored."""
        with reading(self.engine) as session:
            return ledger.reconcile(session, run_id)

    def record_sources(self, sources: Iterable[SourceAtRest], now: datetime) -> None:
        """What the source files say now; a source whose file is gone keeps its row."""
        with writing(self.engine) as session:
            for source in sources:
                session.merge(SourceRow(**asdict(source), updated_at=now))

    def paused_sources(self) -> dict[str, str]:
        """Source id → why an operator stopped it for the time being."""
        with reading(self.engine) as session:
            return paused(session)

    # Evidence

    def record_capture(self, capture: Capture) -> int:
        """The capture's row id; the same record told twice is one row."""
        with writing(self.engine) as session:
            return kept(session, capture).id

    def original_of(self, payload_digest: str, target_uri: str) -> tuple[str, str, datetime] | None:
        """(record id, target URI, date) of a whole response with this payload, this address's first; None for none."""
        with reading(self.engine) as session:
            return captures.original_of(session, payload_digest, target_uri)

    def holds_capture(self, url: str, since: datetime) -> bool:
        """Whether this address was captured whole since then."""
        with reading(self.engine) as session:
            return captures.is_held(session, url, since=since)

    # Endpoints

    def record_poll(self, run_id: int, polled: Polled) -> Settled:
        """An endpoint's answer. What a failed poll said replaces nothing that a good one left."""
        settled = Settled(
            source_id=polled.source_id,
            url=polled.endpoint_url,
            outcome="endpoint_failed" if polled.reason else "endpoint_ok",
            reason=polled.reason,
        )
        with writing(self.engine) as session:
            endpoints.update_endpoint(endpoints.endpoint_row(session, polled), polled)
            return note(session, run_id, settled, at=polled.polled_at, status=polled.status, announced=polled.announced)

    def validators(self, url: str, now: datetime) -> tuple[str | None, str | None] | None:
        """(ETag, Last-Modified) of an endpoint's last answer that was read; None when the whole is to be asked for."""
        with reading(self.engine) as session:
            return endpoints.validators(session, url, now=now)

    def published(self, source_ids: Iterable[str], now: datetime) -> dict[str, Published]:
        """What each source published while it was watched; sources without articles are left out."""
        with reading(self.engine) as session:
            found = {one: endpoints.published(session, one, now=now) for one in source_ids}
        return {one: said for one, said in found.items() if said is not None}

    def article_validators(self, url: str) -> tuple[str | None, str | None] | None:
        """(ETag, Last-Modified) of the last whole answer from this address; None when there are none."""
        with reading(self.engine) as session:
            return captures.validators(session, url)

    def due_rechecks(self, source_ids: Iterable[str], *, now: datetime, is_forced: bool = False) -> set[str]:
        """Those of the sources that have articles to look at again."""
        with reading(self.engine) as session:
            due = rechecks.due_counts(session, source_ids, now=now, is_forced=is_forced)
            return {one.source_id for one in due}

    def last_polled(self) -> dict[str, datetime]:
        """Source id → when one of its endpoints was last asked."""
        with reading(self.engine) as session:
            return endpoints.last_polled(session)

    def endpoints_read(self) -> dict[str, datetime]:
        """Endpoint URL → when it was last answered in full, where that still counts."""
        with reading(self.engine) as session:
            return endpoints.endpoints_read(session)

    def endpoint_digests(self) -> dict[str, str]:
        """Endpoint URL → digest of its last answer that was read."""
        with reading(self.engine) as session:
            return endpoints.endpoint_digests(session)

    # Hosts

    def host_groups(self, names: Iterable[str]) -> dict[str, HostGroup]:
        """What earlier runs know of these host groups."""
        with reading(self.engine) as session:
            return hosts.host_groups(session, names)

    def remember_hosts(self, groups: Iterable[HostGroup], now: datetime) -> None:
        """For the next run."""
        with writing(self.engine) as session:
            hosts.remember(session, groups, now=now)

    def robots_answer(self, origin: str, now: datetime) -> tuple[int, str] | None:
        """(status, text) of robots.txt as far as it still holds; None when it must be asked for."""
        with reading(self.engine) as session:
            return hosts.robots_answer(session, origin, now=now)

    def note_robots(self, origin: str, *, status: int, text: str, expires_at: datetime, now: datetime) -> None:
        """Keep an answer until it expires."""
        with writing(self.engine) as session:
            hosts.note_robots(session, origin, status=status, text=text, expires_at=expires_at, now=now)

    # Articles

    def candidates(self, article: Article) -> list[Candidate]:
        """Stored articles that share an address or the text with this one, oldest first; for showing a decision."""
        with reading(self.engine) as session:
            return candidates(session, sanitised(article), held_aliases(session, article))

    def save(
        self,
        run_id: int,
        discovered: Discovered,
        article: Article,
        decide: Decide,
        now: datetime,
        *,
        cleaner: Cleaner | None = None,
        comparison: Comparison | None = None,
        groundwork: Groundwork | None = None,
        article_id: int | None = None,
    ) -> Settled:
        """Decide and store, in one transaction: what was looked up still holds when it is written.

        With a ``cleaner`` the article is stored without its site's own blocks as far as they are known, a new one is
        learned from, and what it makes recognisable is taken out of earlier ones. Copies that are not word for word
        are known by the ``comparison``; None: only those that are.
        The same capture saved again in the same run changes nothing and returns what the first time did.
        ``groundwork`` is what was worked out of the article before; it is used where it still fits.
        ``article_id`` is the number a new article is given (a rebuild gives it the one it had); None: the next.
        """
        article, comparison = sanitised(article), comparison or WordForWord()
        with writing(self.engine) as session:
            capture = kept(session, article.capture)
            if (before := noted(session, run_id, capture.id, article_id=capture.article_id)) is not None:
                return before
            if forgotten_among(session, own_keys(article)):
                return reject(session, run_id, discovered, Rejected(reason="forgotten"), article.capture, now)
            cleaning = None if cleaner is None else Cleaning.of(session, article, cleaner, comparison, now=now)
            own = article if cleaning is None else cleaning.own(article)
            aliases = held_aliases(session, own)
            held = candidates(session, own, aliases)
            if cleaning is not None and cleaning.clean_held(own, held):
                held = candidates(session, own, aliases)
            ready = groundwork if groundwork is not None and groundwork.text_digest == own.text_digest else None
            if ready is not None:
                comparison = Sketched(comparison, own.text, ready.sketch)
            kin = kin_of(session, own.text, own.text_digest, word_count=own.word_count, comparison=comparison)
            decision = decide(own, held, similar(session, kin))
            if isinstance(decision, Rejected):
                return reject(session, run_id, discovered, decision, article.capture, now)
            signature = packed(comparison.sketch(own.text))
            row = carry_out(
                session, own, decision, capture.id, held=aliases, signature=signature, now=now, article_id=article_id,
                words=None if ready is None else ready.words,
            )  # fmt: skip
            show(session, capture.id, row.id)
            add_aliases(session, row.id, article, aliases, now=now)
            if is_reworded(decision):
                is_new = not isinstance(decision, Revision)
                touched = relate(session, row, kin, comparison, is_new=is_new)
                if len(touched) > 1 or not is_new:
                    settle_stories(session, touched, now=now)
            if not isinstance(decision, New):  # a new article was alone in its story, or that was just settled
                refresh_story(session, row.story_id)
            if cleaning is not None and isinstance(decision, New):
                cleaning.learn(article)
            outcome = OUTCOMES[type(decision)]
            archived(session, discovered, row, outcome, status=article.capture.status, now=now)
            settled = Settled(source_id=discovered.source_id, url=discovered.url, outcome=outcome, article_id=row.id)
            return note(session, run_id, settled, at=now, status=article.capture.status, capture_id=capture.id)

    def record_rejected(
        self, run_id: int, discovered: Discovered, rejected: Rejected, now: datetime, *, capture: Capture | None = None
    ) -> Settled:
        """A page that is no article: its capture stays, its URL is left alone."""
        with writing(self.engine) as session:
            return reject(session, run_id, discovered, rejected, capture, now)

    def record_known(
        self, run_id: int, discovered: Discovered, capture: Capture, now: datetime, *, reader: str
    ) -> Settled | None:
        """The article at this address was made of the same payload, by the same ``reader`` (beginning of its
        ``extractor``), and of nothing else: it is unchanged. None when that is not so, and nothing is written."""
        with writing(self.engine) as session:
            row = frontier_row(session, discovered)
            if row is None or row.article_id is None or row.state != "archived":
                return None
            held = held_as(session, row.article_id)
            if held.payload_digest != capture.payload_digest or not is_of_page(held.extractor, reader):
                return None
            known = kept(session, capture)
            show(session, known.id, held.id)
            note_seen(session, held, capture.captured_at)
            archived(session, discovered, held, "unchanged", status=capture.status, now=now)
            settled = Settled(
                source_id=discovered.source_id, url=discovered.url, outcome="unchanged", article_id=held.id
            )
            return note(session, run_id, settled, at=now, status=capture.status, capture_id=known.id)

    def record_missed(self, run_id: int, missed: Missed) -> Settled:
        """A URL that could not be fetched: due again after a pause that doubles, or left alone; ``deferred`` when it
        was not the URL's doing; ``unchanged`` when the server says so of an article that is held, ``gone`` when it says
        that such a one is no more."""
        found, now = missed.discovered, missed.missed_at
        with writing(self.engine) as session:
            capture = None if missed.capture is None else kept(session, missed.capture)
            row = frontier_row(session, found)
            article_id = row.article_id if row is not None and missed.reason == "not_modified" else None
            outcome: Outcome = "deferred" if missed.reason in NOT_ASKED else "failed"
            if article_id is not None:
                outcome = "unchanged"
                held = session.get_one(ArticleRow, article_id)
                held.last_seen_at, held.state = max(held.last_seen_at, now), "live"
                archived(session, found, held, outcome, status=missed.status, now=now)
            elif row is not None and rechecks.is_held(row):
                outcome = looked_in_vain(session, row, reason=missed.reason, status=missed.status, now=now)
            elif row is not None:
                settle_missed(row, reason=missed.reason, status=missed.status, now=now)
            settled = Settled(
                source_id=found.source_id, url=found.url, outcome=outcome, reason=missed.reason, article_id=article_id
            )
            capture_id = None if capture is None else capture.id
            return note(
                session, run_id, settled, at=now, detail=missed.detail, status=missed.status, capture_id=capture_id
            )

    def observed(
        self, source_id: str, *, fields: Sequence[str], since: datetime
    ) -> tuple[datetime | None, int, dict[str, int]]:
        """(first article seen at, articles since, field → how many of those carry it)."""
        columns = [getattr(ArticleRow, name) for name in fields if hasattr(ArticleRow, name)]
        of_source = ArticleRow.source_id == source_id
        with reading(self.engine) as session:
            first = session.scalar(select(func.min(ArticleRow.first_seen_at)).where(of_source))
            rows = session.execute(select(ArticleRow.id, *columns).where(of_source, ArticleRow.first_seen_at >= since))
            found = [row._mapping for row in rows]
        return first, len(found), {name: sum(bool(row.get(name)) for row in found) for name in fields}


def similar(session: Session, kin: Iterable[Kin]) -> list[Similar]:
    """Near copies as ``decide`` takes them; a text that holds several others is a copy of none."""
    found = {one.article_id: one.likeness for one in kin if one.likeness.resemblance < 1.0}
    parts = [number for number, said in found.items() if said.contained < said.containing and not is_version(said)]
    near = found if len(parts) < 2 else {number: said for number, said in found.items() if number not in parts}
    return [(one, near[one.id].resemblance) for one in candidates_of(session, near)] if near else []


def is_of_page(extractor: str, reader: str) -> bool:
    """The text was read from the page, by this reader."""
    return extractor.startswith(f"{reader} ") and not extractor.endswith(FEED_TEXT)


def is_reworded(decision: Decision) -> bool:
    """The article's text is to be compared with what is held."""
    return isinstance(decision, New | Duplicate) or (isinstance(decision, Revision) and "text" in decision.changed)


def own_keys(article: Article) -> set[str]:
    """Under which the article itself was met, or says it is."""
    asked = (url for kind, url in article.alias_urls if kind == "requested")
    return {article.url_key, captures.key_of(article.capture.target_uri), *map(captures.key_of, asked)}


def archived(
    session: Session,
    found: Discovered,
    article: ArticleRow | Held,
    outcome: Outcome,
    *,
    status: int | None,
    now: datetime,
) -> None:
    """The URL leads to an article that is held: it is looked at again from time to time.

    Where its text is the feed's, what the feed said is kept: without it the next look would find the page's teaser.
    """
    if (row := frontier_row(session, found)) is not None:
        (rechecks.looked if rechecks.is_held(row) else rechecks.first_look)(row, outcome, now=now)
        settle(row, state="archived", reason=None, status=status, due_at=None, now=now)
        row.article_id = article.id
        if article.extractor.endswith(FEED_TEXT):
            row.content_html = clean_or_none(found.content_html, limit=MAX_TEXT)


def looked_in_vain(session: Session, row: FrontierRow, *, reason: str, status: int | None, now: datetime) -> Outcome:
    """A look at an archived article that brought no page of it: what it was stays, and is given back."""
    outcome = rechecks.looked_in_vain(session, row, reason=reason, now=now)
    settle(row, state=row.state, reason=reason, status=status, due_at=None, now=now)
    return outcome


def reject(
    session: Session, run_id: int, found: Discovered, rejected: Rejected, capture: Capture | None, now: datetime
) -> Settled:
    """The URL holds no article: it is left alone. An article that it held before stays as it was."""
    status = 200 if capture is None else capture.status
    capture_id = None if capture is None else kept(session, capture).id
    if capture_id is not None and (before := noted(session, run_id, capture_id, article_id=None)) is not None:
        return before
    row = frontier_row(session, found)
    if row is not None and rechecks.is_held(row):
        looked_in_vain(session, row, reason=rejected.reason, status=status, now=now)
    elif row is not None:
        row.attempts += 1
        settle(row, state="rejected", reason=rejected.reason, status=status, due_at=None, now=now)
    settled = Settled(source_id=found.source_id, url=found.url, outcome="rejected", reason=rejected.reason)
    return note(session, run_id, settled, at=now, detail=rejected.detail, status=status, capture_id=capture_id)
