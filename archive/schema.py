"""The tables, as SQLAlchemy 2.1 typed mappings. SQLite and PostgreSQL hold the same ones.

Column names are those of :mod:`archive.model`. Odd ones are explained where they stand.
The search index is not here: :mod:`archive.textindex` owns it, as each engine has its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, MetaData, TypeDecorator
from sqlalchemy import text as sql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows itself only for INTEGER


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps no zone: values go in and come out as UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {  # Any: SQLAlchemy's own signature
        datetime: UtcDateTime,
        list[str]: JSON,
        dict[str, Any]: JSON,
    }


class SourceRow(Base):
    """A source as its file said at the last crawl; the archive cites it after the file is gone."""

    __tablename__ = "source"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    publisher_kind: Mapped[str]
    homepage: Mapped[str]
    language: Mapped[str | None]
    country: Mapped[str | None]
    family: Mapped[str | None]
    """Sources of one publisher share it."""
    status: Mapped[str]
    host_group: Mapped[str]
    updated_at: Mapped[datetime]
    learned_articles: Mapped[int] = mapped_column(default=0, server_default="0")
    """Articles from which its template was learned."""


class EndpointRow(Base):
    """What we know of a feed, sitemap or listing: validators for the next conditional request, and its pace."""

    __tablename__ = "endpoint"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), index=True)
    url: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    payload_digest: Mapped[str | None]
    last_status: Mapped[int | None]
    last_reason: Mapped[str | None]
    last_polled_at: Mapped[datetime | None]
    last_changed_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    """The first of the polls that failed one after the other; None while it can be read."""
    next_due_at: Mapped[datetime | None]
    interval_s: Mapped[int | None]
    """Seconds between two polls, as :mod:`archive.pace` has it; None until a good answer."""
    fresh_per_day: Mapped[float | None]
    """URLs a day that it was the first to announce, older days fading."""
    read_at: Mapped[datetime | None]
    """When it was last answered in full."""
    is_lying: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """It gave one ETag or date to two bodies: it is asked in full from then on."""
    announced: Mapped[int] = mapped_column(default=0)
    """URLs announced at the last poll that was parsed."""


class RunRow(Base):
    __tablename__ = "crawl_run"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    command: Mapped[str]
    """crawl | recheck | replay | import | dedup rebuild."""
    state: Mapped[str]
    """running | finished | interrupted | failed."""
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    exit_code: Mapped[int | None]
    reason: Mapped[str | None]
    software: Mapped[str]
    stats: Mapped[dict[str, Any]] = mapped_column(default=dict)


class RunSourceRow(Base):
    """A source's line in a run's ledger: announced, fetched, archived, and why not."""

    __tablename__ = "run_source"
    run_id: Mapped[int] = mapped_column(ForeignKey("crawl_run.id"), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), primary_key=True)
    announced: Mapped[int] = mapped_column(default=0)
    fetched: Mapped[int] = mapped_column(default=0)
    archived: Mapped[int] = mapped_column(default=0)
    revised: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    endpoints_polled: Mapped[int] = mapped_column(default=0)
    endpoints_failed: Mapped[int] = mapped_column(default=0)


class OutcomeRow(Base):
    """What became of one URL in one run: every drop has a reason."""

    __tablename__ = "outcome"
    __table_args__ = (
        Index("ix_outcome_run_source", "run_id", "source_id"),
        Index("ix_outcome_capture_id", "capture_id"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("crawl_run.id"))
    source_id: Mapped[str]
    url: Mapped[str]
    outcome: Mapped[str]
    """new | revision | unchanged | duplicate | rejected | failed | endpoint_failed | deferred | gone."""
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    status: Mapped[int | None]
    at: Mapped[datetime]
    capture_id: Mapped[int | None] = mapped_column(ForeignKey("capture.id"))
    """The evidence: what was read, or refused; None when no answer came."""


class FrontierRow(Base):
    """Every URL ever announced, and what is to be done about it."""

    __tablename__ = "frontier"
    __table_args__ = (
        Index(
            "ix_frontier_due",
            "source_id",
            "id",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index("ix_frontier_recheck", "source_id", "recheck_at"),
        Index(
            "ix_frontier_leased",
            "lease_owner",
            sqlite_where=sql("lease_owner IS NOT NULL"),
            postgresql_where=sql("lease_owner IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    url_key: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    """As announced first: what is fetched."""
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"))
    state: Mapped[str]
    due_at: Mapped[datetime | None]
    """When it may be leased; None when nothing is to be done."""
    attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]
    reason: Mapped[str | None]
    discovered_via: Mapped[str]
    endpoint_url: Mapped[str]
    discovered_at: Mapped[datetime]
    guid: Mapped[str | None]
    title: Mapped[str | None]
    published_at: Mapped[datetime | None]
    content_html: Mapped[str | None]
    """The feed's full text, kept until the URL is settled, then emptied."""
    lease_owner: Mapped[str | None]
    """Run that is fetching it: ``host:pid:random``. The lease holds while the owner is alive: see archive.frontier."""
    lease_expires_at: Mapped[datetime | None]
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    updated_at: Mapped[datetime]
    recheck_at: Mapped[datetime | None]
    """When the article is looked at again; None for a URL that leads to none, or past its rechecks."""
    rechecks: Mapped[int] = mapped_column(default=0, server_default="0")
    """Times it was looked at again."""
    missing_since: Mapped[datetime | None]
    """When a recheck first found no page or was refused one; None after one that found it."""


class TermsRow(Base):
    """One row: which programs may use this schema. A program knows versions up to its own; ``least_schema`` is the
    oldest version whose programs still read and write it rightly (:mod:`archive.migrate`)."""

    __tablename__ = "schema_terms"
    id: Mapped[int] = mapped_column(primary_key=True)
    least_schema: Mapped[str]


class WorkerRow(Base):
    """A worker or a scheduler, as it said of itself last."""

    __tablename__ = "worker"
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """worker | scheduler | both."""
    owner: Mapped[str]
    """``host:pid:random``: tells two processes of one name apart."""
    software: Mapped[str]
    schema_version: Mapped[str]
    """The newest schema that it knows."""
    state: Mapped[str]
    """working | paused | draining | left."""
    wish: Mapped[str | None]
    """What an operator asks of it: pause | drain. None: to work."""
    jobs: Mapped[int] = mapped_column(default=0)
    """Running now."""
    capacity: Mapped[int] = mapped_column(default=1)
    """At most at once."""
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """Its last heartbeat, by the database's clock."""


class PauseRow(Base):
    """A source that an operator has stopped for the time being, in the database and so for every machine; its file
    may say ``status = "paused"`` for good."""

    __tablename__ = "pause"
    source_id: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    paused_at: Mapped[datetime]


class WarcFileRow(Base):
    """A finished WARC file that lies in a store, beside or instead of the home it was written in."""

    __tablename__ = "warc_file"
    name: Mapped[str] = mapped_column(primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    captures: Mapped[int]
    store: Mapped[str]
    """URL of the folder it lies in, without credentials."""
    stored_at: Mapped[datetime]


class LockRow(Base):
    """A named lease (``host_group:<name>``): held until ``expires_at``; ``epoch`` fences a holder that lost it."""

    __tablename__ = "lock"
    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    epoch: Mapped[int]
    expires_at: Mapped[datetime]


class HostRow(Base):
    """What a host, or a host group, was last asked and asked of us: the next run keeps to it."""

    __tablename__ = "host"
    name: Mapped[str] = mapped_column(primary_key=True)
    """``host:<name>`` or ``host_group:<name>``."""
    held_until: Mapped[datetime | None]
    """Nothing is sent before."""
    reason: Mapped[str | None]
    """retry_after (its own wish) | host_unavailable (it did not answer)."""
    failures: Mapped[int] = mapped_column(default=0)
    """Times in a row that it was given up."""
    asked_at: Mapped[datetime | None]
    """When the last request was sent; of a run that is at work or was killed, a day after it began."""
    delay_s: Mapped[float] = mapped_column(default=0.0)
    """Seconds between two requests then."""
    updated_at: Mapped[datetime]


class RobotsRow(Base):
    """The robots.txt of an origin (``https://example.org``) as it was last answered."""

    __tablename__ = "robots_txt"
    origin: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[int]
    text: Mapped[str]
    fetched_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class CaptureRow(Base):
    """A response or revisit record in WARC: the CDX fields."""

    __tablename__ = "capture"
    __table_args__ = (Index("ix_capture_url_key_captured_at", "url_key", "captured_at"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("crawl_run.id"), index=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"))
    target_uri: Mapped[str]
    url_key: Mapped[str]
    redirected_from: Mapped[list[str]] = mapped_column(default=list)
    status: Mapped[int]
    mime_type: Mapped[str]
    charset: Mapped[str | None]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    captured_at: Mapped[datetime]
    warc_record_id: Mapped[str] = mapped_column(unique=True)
    payload_digest: Mapped[str] = mapped_column(index=True)
    filename: Mapped[str]
    offset: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int] = mapped_column(BigInteger)
    revisit_of: Mapped[str | None]
    truncated: Mapped[str | None]
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    """The article this capture shows; None for endpoints, robots.txt, redirects and rejected pages."""
    wishes: Mapped[list[str] | None]
    """What its headers ask of robots and miners: see :mod:`archive.wishes`. None before schema 0004."""


class ForgottenRow(Base):
    """An address forgotten on demand: the digest of its key alone, so that it never comes in again."""

    __tablename__ = "forgotten"
    key_digest: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    forgotten_at: Mapped[datetime]


class StoryRow(Base):
    """A cluster of copies. The representative is the copy others are duplicates of."""

    __tablename__ = "story"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    created_at: Mapped[datetime]


FACTS = (
    "id", "source_id", "published_at", "first_seen_at", "lang", "state", "story_id", "duplicate_of", "word_count",
    "revision_count", "authors", "tags",
)  # fmt: skip


class ArticleRow(Base):
    """An article as it was last seen; earlier states are its revisions."""

    __tablename__ = "article"
    __table_args__ = (
        Index("ix_article_source_published", "source_id", "published_at", "story_id"),
        Index("ix_article_published_id", "published_at", "id"),
        # What filters, facets and counts ask, without the text: a row of SQLite is read from its start, and the text
        # lies before most of it. PostgreSQL keeps long texts elsewhere.
        Index("ix_article_facts", *FACTS).ddl_if(dialect="sqlite"),
        Index("ix_article_source_seen", "source_id", "first_seen_at", "published_at"),
        Index(  # which stories have copies
            "ix_article_copies",
            "story_id",
            "duplicate_of",
            sqlite_where=sql("duplicate_of IS NOT NULL"),
            postgresql_where=sql("duplicate_of IS NOT NULL"),
        ),
        Index("ix_article_moment", sql("coalesce(published_at, first_seen_at)"), "id"),  # /v4/ takes either as the date
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"))
    canonical_url: Mapped[str]
    url_key: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    text: Mapped[str]
    authors: Mapped[list[str]] = mapped_column(default=list)
    published_at: Mapped[datetime | None]
    published_at_precision: Mapped[str]
    published_at_origin: Mapped[str | None]
    published_at_offset_minutes: Mapped[int | None]
    modified_at: Mapped[datetime | None]
    lang: Mapped[str | None]
    description: Mapped[str | None]
    lead_image_url: Mapped[str | None]
    lead_image_width: Mapped[int | None]
    lead_image_height: Mapped[int | None]
    lead_image_caption: Mapped[str | None]
    lead_image_credit: Mapped[str | None]
    section: Mapped[str | None]
    credit_line: Mapped[str | None]
    credit_url: Mapped[str | None]
    is_live_blog: Mapped[bool | None]
    """None before schema 0009, as is_press_release."""
    is_press_release: Mapped[bool | None]
    canonical_link: Mapped[str | None]
    """rel=canonical as the page gave it, also where we did not follow it (another outlet's address)."""
    tags: Mapped[list[str]] = mapped_column(default=list)
    is_paywalled: Mapped[bool | None]
    wishes: Mapped[list[str] | None]
    """What page and headers ask of robots and miners: see :mod:`archive.wishes`. None before schema 0004."""
    word_count: Mapped[int]
    text_digest: Mapped[str] = mapped_column(index=True)
    signature: Mapped[bytes]
    """The text's sketch as in the index, big-endian 64 bits a hash; empty before schema 0007, and for short texts."""
    layout: Mapped[dict[str, Any] | None]
    """Places of the text's paragraphs on the page: ``paths``, and in ``blocks`` one index a paragraph."""
    extractor: Mapped[str]
    state: Mapped[str]
    first_seen_at: Mapped[datetime] = mapped_column(index=True)
    last_seen_at: Mapped[datetime]
    revision_count: Mapped[int] = mapped_column(default=1)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    """The story's representative when that is another article."""
    duplicate_reason: Mapped[str | None]
    """same_text | near_text."""
    relation: Mapped[str | None]
    """What it is to the representative: identical | light_edit | excerpt | contains | related (by other copies)."""
    similarity: Mapped[float | None]
    """Resemblance to the representative's text; None where they are related by other copies alone."""
    capture_id: Mapped[int] = mapped_column(ForeignKey("capture.id", use_alter=True))
    """The capture the present text was read from."""


class SketchRow(Base):
    """The index of copies: the smallest hashes of every article's shingles."""

    __tablename__ = "sketch"
    __table_args__ = ({"sqlite_with_rowid": False},)
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class LikenessRow(Base):
    """Two articles whose texts are alike, the one held longer first: see :class:`archive.model.Likeness`."""

    __tablename__ = "likeness"
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True, index=True)
    contained: Mapped[float]
    """Share of the article's text in the other's."""
    containing: Mapped[float]
    """Share of the other's text in the article's."""
    resemblance: Mapped[float]
    is_joining: Mapped[bool]
    """It makes them one story; a round-up is like its parts and of none of their stories."""


class AliasRow(Base):
    """An address (or a feed's guid) under which an article was met. One key leads to one article."""

    __tablename__ = "alias"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    url_key: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    kind: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)
    first_seen_at: Mapped[datetime]


class RevisionRow(Base):
    """A state of an article. Number 1 is the first seen; the highest equals the article row."""

    __tablename__ = "revision"
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """first | edit (the publisher's) | extraction (ours: better cleaning of the same capture)."""
    changed: Mapped[list[str]] = mapped_column(default=list)
    title: Mapped[str]
    text: Mapped[str]
    text_digest: Mapped[str]
    authors: Mapped[list[str]] = mapped_column(default=list)
    published_at: Mapped[datetime | None]
    modified_at: Mapped[datetime | None]
    extractor: Mapped[str]
    capture_id: Mapped[int] = mapped_column(ForeignKey("capture.id"))
    seen_at: Mapped[datetime]
    replaced: Mapped[dict[str, Any] | None]
    """Of an extraction: what stood before in those of its ``changed`` fields that have no column here."""


class TemplateBlockRow(Base):
    """A block that recurs across a source's articles: its chrome, not its news."""

    __tablename__ = "template_block"
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), primary_key=True)
    text_digest: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    """The first characters, to show it."""
    tag: Mapped[str]
    path: Mapped[str]
    article_count: Mapped[float]
    """Articles that carried it, faded, as of the source's article ``counted_at_article``."""
    counted_at_article: Mapped[int]
    state: Mapped[str]
    """learned | pinned | released."""
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
