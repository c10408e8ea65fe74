"""A crawl in miniature for tests: what one does with an answer, without a network."""

from __future__ import annotations

import gzip
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from archive.config import Config, load_config
from archive.database import open_engine
from archive.digests import digest_of
from archive.evidence.account import announcement
from archive.evidence.notes import settlement_fields
from archive.evidence.records import ContentType
from archive.evidence.warc import Exchange, Original, WarcWriter
from archive.export import articles
from archive.frontier import Frontier
from archive.migrate import ensure_schema
from archive.model import Capture, Discovered, Fetched, Missed, Settled
from archive.store import SourceAtRest, Store
from pipelines.persist import unit_of_work
from pipelines.reading import read_page
from pipelines.workers import SourceGuide
from tests.builders import PROSE
from tests.site.prose import a_piece

DAY = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BODY = " ".join([PROSE] * 4)


def other_body(number: int) -> str:
    """A text that has nothing in common with ``BODY``, nor with that of another number."""
    return " ".join(a_piece(number).paragraphs)


def page(title: str, text: str = BODY, head: str = "") -> bytes:
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>"
        f"<p>{text}</p></article></body></html>"
    ).encode()


def config_of(home: Path, url: str | None = None) -> Config:
    return load_config({}, home=str(home), database=url)


class Crawl:
    """What a crawl does with an answer, without a network: WARC first, then the pipelines, then what became of it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.engine = open_engine(config.database_url)
        ensure_schema(self.engine)
        self.store = Store(self.engine)
        source = SourceAtRest(
            id="alpha", name="Alpha", publisher_kind="trade", homepage="https://alpha.example/", language="en",
            country="US", status="active", host_group="alpha",
        )  # fmt: skip
        self.store.record_sources([source], DAY)
        self.run_id = self.store.start_run("crawl", software="test", now=DAY)
        self.warc = WarcWriter(config.warc_dir, run_id=self.run_id, software="Perilune/test", sources=[asdict(source)])
        self.frontier = Frontier(self.engine, owner="test", now=lambda: DAY)
        self.at = DAY

    def answer(
        self,
        path: str,
        body: bytes = b"",
        *,
        status: int = 200,
        found: Discovered | None = None,
        original: Capture | None = None,
        missed: str | None = None,
        redirected_from: tuple[str, ...] = (),
        is_settled: bool = True,
        is_gzipped: bool = False,
    ) -> Capture:
        """One article's answer, a minute after the one before."""
        self.at += timedelta(minutes=1)
        url = f"https://alpha.example{path}"
        found = found or Discovered(
            source_id="alpha", url=url, discovered_via="feed", endpoint_url="https://alpha.example/feed",
            discovered_at=self.at,
        )  # fmt: skip
        self.frontier.announce([found])
        sent = gzip.compress(body) if is_gzipped else body
        coding = "Content-Encoding: gzip\r\n" if is_gzipped else ""
        head = f'HTTP/1.1 {status} OK\r\nContent-Type: text/html; charset=utf-8\r\nETag: "v1"\r\n{coding}\r\n'
        fields = [("source", "alpha"), ("kind", "article"), ("announcement", announcement(found))]
        exchange = Exchange(
            target_uri=url,
            started_at=self.at,
            request=b"GET / HTTP/1.1\r\n\r\n",
            response_head=head.encode(),
            response_body=sent,
            found=(*fields, *(("redirectedFrom", one) for one in redirected_from)),
        )
        first = original and Original(
            record_id=original.warc_record_id, target_uri=original.target_uri, captured_at=original.captured_at
        )
        written = self.warc.write_exchange(exchange, original=first, is_not_modified=status == 304)
        kind = ContentType.of("text/html; charset=utf-8")
        capture = Capture(
            source_id="alpha", run_id=self.run_id, target_uri=url, redirected_from=redirected_from, status=status,
            mime_type=kind.mime_type, charset=kind.charset, etag='"v1"', captured_at=self.at,
            warc_record_id=written.record_id, payload_digest=digest_of(sent), locator=written.locator,
            revisit_of=written.revisit_of, body=body,
        )  # fmt: skip
        self.store.record_capture(capture)
        if is_settled:
            self.settle(found, capture, missed)
        return capture

    def requisite(self, url: str, body: bytes, mime_type: str, *, status: int = 200, location: str = "") -> Capture:
        """A picture or style of a page, ten seconds after what came before."""
        self.at += timedelta(seconds=10)
        more = f"Location: {location}\r\n" if location else ""
        exchange = Exchange(
            target_uri=url,
            started_at=self.at,
            request=b"GET / HTTP/1.1\r\n\r\n",
            response_head=f"HTTP/1.1 {status} OK\r\nContent-Type: {mime_type}\r\n{more}\r\n".encode(),
            response_body=body,
            found=(("source", "alpha"), ("kind", "requisite")),
        )
        written = self.warc.write_exchange(exchange)
        capture = Capture(
            source_id="alpha", run_id=self.run_id, target_uri=url, status=status, mime_type=mime_type,
            captured_at=self.at, warc_record_id=written.record_id, payload_digest=digest_of(body),
            locator=written.locator,
        )  # fmt: skip
        self.store.record_capture(capture)
        return capture

    def endpoint(self, path: str, body: bytes, *, original: Capture | None = None, is_gzipped: bool = False) -> Capture:
        """One feed's or listing's answer: evidence, and nothing made of it."""
        self.at += timedelta(minutes=1)
        url = f"https://alpha.example{path}"
        sent = gzip.compress(body, mtime=0) if is_gzipped else body
        coding = "Content-Encoding: gzip\r\n" if is_gzipped else ""
        exchange = Exchange(
            target_uri=url,
            started_at=self.at,
            request=b"GET / HTTP/1.1\r\n\r\n",
            response_head=f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n{coding}\r\n".encode(),
            response_body=sent,
            found=[("source", "alpha"), ("kind", "endpoint")],
        )
        first = original and Original(
            record_id=original.warc_record_id, target_uri=original.target_uri, captured_at=original.captured_at
        )
        written = self.warc.write_exchange(exchange, original=first)
        capture = Capture(
            source_id="alpha", run_id=self.run_id, target_uri=url, status=200, mime_type="application/xml",
            captured_at=self.at, warc_record_id=written.record_id, payload_digest=digest_of(sent),
            locator=written.locator, revisit_of=written.revisit_of,
        )  # fmt: skip
        self.store.record_capture(capture)
        return capture

    def settle(self, found: Discovered, capture: Capture, missed: str | None) -> Settled:
        at = self.at + timedelta(seconds=5)
        fetched = Fetched(discovered=found, capture=capture)
        item = (
            Missed(discovered=found, reason=missed, status=capture.status, missed_at=at, capture=capture)
            if missed
            else read_page(SourceGuide(name="Alpha", language="en").page(fetched))
        )
        settled = unit_of_work(item, store=self.store, run_id=self.run_id, at=at)()
        said = settlement_fields(settled, at)
        self.warc.write_settlement(capture.warc_record_id, capture.target_uri, said, settled_at=at)
        return settled

    def close(self) -> None:
        self.warc.close()
        self.frontier.release_leases()
        self.engine.dispose()


def everything(crawl: Crawl) -> None:
    """Each thing a crawl can meet, once."""
    first = crawl.answer("/news/one", page("One rover"))
    crawl.answer("/news/one?print=1", page("One rover"), original=first)
    crawl.answer("/news/two", page("Two landers", text=other_body(2)), is_gzipped=True)
    crawl.answer("/news/one", page("One rover, corrected", text=BODY + " It was not the rim."))
    crawl.answer("/news/two", status=304, missed="not_modified")
    crawl.answer("/news/none", b"<p>Not found", status=404, missed="http_404")
    crawl.answer("/news/short", page("Too short", text="Soon."))
    crawl.answer("/short/4", b"", status=301, is_settled=False)
    crawl.answer(
        "/news/four",
        page("Four orbits", text=other_body(4), head='<link rel=canonical href="/news/4">'),
        redirected_from=("https://alpha.example/short/4",),
        found=Discovered(
            source_id="alpha", url="https://alpha.example/short/4", discovered_via="feed",
            endpoint_url="https://alpha.example/feed", discovered_at=DAY, guid="tag:alpha\x7f,4", title="Four\torbits",
            published_at=DAY - timedelta(hours=3), content_html="<p>Feed's own\r\nwords.</p>",
        ),
    )  # fmt: skip
    crawl.answer("/other/one", page("Elsewhere", text=BODY + " It was not the rim."))


def exported(engine: Engine) -> list[dict]:
    with engine.connect() as connection:
        return list(articles(connection))
