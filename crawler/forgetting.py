"""``perilune forget``: an address and everything the archive has of it, out of the files and out of the database.

In this order, so that it can be ended at any moment and done again: the wish itself is kept (as digests) in a WARC
file; revisits of other addresses whose original goes are written anew, the first of them with the payload; tombstones
are put in the place of the records; the rows go. Feeds, sitemaps and listings that named the address go with it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive.config import Config
from archive.errors import CaptureError, ExtractionError, LockedError
from archive.evidence.account import read_exchange, read_parts
from archive.evidence.notes import forgotten_fields
from archive.evidence.records import parse_warc_date
from archive.evidence.requisites import requisites_of
from archive.evidence.tombstones import bury
from archive.evidence.warc import Exchange, Original, WarcWriter, read_record
from archive.evidence.warcfile import OPEN, repair_leftovers
from archive.model import Capture, Locator
from archive.rows.forgetting import (
    Held,
    endpoint_payloads,
    endpoints_with,
    forget_rows,
    held_of,
    locators_of,
    move_captures,
    requisites_held,
)
from archive.rows.forgotten import key_digest
from archive.shipping import brought_back, ship
from archive.store import Store
from archive.warcstore import names_in
from crawler.context import software
from crawler.run import closing_engine, utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

PICTURES = ("image/",)
STYLES = ("text/css", "font/", "application/font", "application/x-font", "application/vnd.ms-fontobject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgot:
    """What went."""

    articles: int = 0
    captures: int = 0
    files: int = 0
    moved: int = 0
    """Captures of other addresses that were written anew, since their payload stood with what went."""
    naming: int = 0
    """Captures of feeds, sitemaps and listings that named it."""

    def __add__(self, other: Forgot) -> Forgot:
        """What went with both, a file counted as often as it was rewritten."""
        return Forgot(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


def what_is_held(config: Config, url: str) -> Held:
    """What would go with this address, and what of it stays. Raises ``ValueError`` for what is no web address."""
    with closing_engine(config) as engine:
        held = held_with_naming(config, engine, url)
        shown = shown_by(config.warc_dir, engine, held)
        pictures = requisites_held(engine, shown, *PICTURES)
        return replace(held, pictures=pictures, beside=requisites_held(engine, shown, *STYLES))


def shown_by(warc_dir: Path, engine: Engine, held: Held) -> set[str]:
    """Addresses of the pictures, styles and fonts that the captures name; none of one that can't be read."""
    named: set[str] = set()
    for locator in locators_of(engine, [record_id for record_id, _ in held.captures]).values():
        try:
            record = read_record(warc_dir, locator)
            body, kind = record.http.decoded_body(), record.http.header("Content-Type")
        except (CaptureError, ExtractionError):  # verify names those
            continue
        named |= set(requisites_of(body, url=record.field("WARC-Target-URI") or "", content_type=kind))
    return named


def held_with_naming(config: Config, engine: Engine, url: str) -> Held:
    """What goes, with the feeds, sitemaps and listings that name it: a feed may hold all of its text."""
    held = held_of(engine, url)
    pattern = named(held.urls)
    digests = {
        digest
        for digest, locator in endpoint_payloads(engine, held.source_ids)
        if pattern.search(readable(config.warc_dir, locator))
    }
    return replace(held, naming=endpoints_with(engine, digests))


def named(urls: Iterable[str]) -> re.Pattern[bytes]:
    """Any of these addresses as a page, a feed or JSON writes it: whole or from its host on, or a link to its path."""
    forms: set[bytes] = set()
    for url in urls:
        _, _, place = url.partition("://")
        for form in (place, '="' + "/" + place.partition("/")[2], "='" + "/" + place.partition("/")[2]):
            if form.rstrip("/").count("/"):  # not a host's front page
                plain = form.rstrip("/").encode()
                forms |= {plain, plain.replace(b"&", b"&amp;"), plain.replace(b"/", b"\\/")}
    ends = rb")/?(?![\w%-])"
    return re.compile(b"(?:" + b"|".join(map(re.escape, sorted(forms))) + ends if forms else rb"(?!)")


def readable(warc_dir: Path, locator: Locator) -> bytes:
    """A capture's body decoded; empty for one that can't be, or is not there: ``verify`` names those."""
    try:
        return read_record(warc_dir, locator).http.decoded_body()
    except (CaptureError, ExtractionError):
        return b""


def run_forget(config: Config, url: str, *, reason: str) -> Forgot:
    """Forget the address, also when nothing is held of it: it will not be fetched, replayed or imported.

    Raises ``ValueError`` for what is no web address, ``LockedError`` when a run is still writing one of the files,
    ``CaptureError`` or ``StoreError`` when something can't be written; then do it again.
    """
    return carried_out(config, reason, lambda engine: held_with_naming(config, engine, url))


def forget_picture(config: Config, url: str, *, reason: str) -> Forgot:
    """Forget a picture; the pages, feeds and listings that show it stay. Raises as :func:`run_forget` does."""
    return carried_out(config, reason, lambda engine: held_of(engine, url))


def carried_out(config: Config, reason: str, found: Callable[[Engine], Held]) -> Forgot:
    """A run that forgets what is found."""
    repair_leftovers(config.warc_dir)
    with closing_engine(config) as engine:
        held = found(engine)
        refuse_files_in_writing(config.warc_dir, held)
        store, at = Store(engine), utc_now()
        run_id = store.start_run("forget", software=software(), now=at)
        try:
            told = forgotten(config, engine, held, run_id=run_id, reason=reason, at=at)
            ship(engine, config.warc_dir)
        except BaseException as exc:
            store.finish_run(run_id, state="failed", exit_code=3, reason=type(exc).__name__, stats={}, now=utc_now())
            raise
        stats = {"articles": told.articles, "captures": told.captures, "naming": told.naming}
        store.finish_run(run_id, state="finished", exit_code=0, reason=None, stats=stats, now=utc_now())
    return told


def refuse_files_in_writing(warc_dir: Path, held: Held) -> None:
    """Raises ``LockedError`` when a record stands in a file that is not finished."""
    for name in {file for _, file in (*held.captures, *held.naming)}:
        if (warc_dir / (name + OPEN)).exists():
            raise LockedError(f"{name}: a run is writing it; nothing was done, do it again when that is over")


def forgotten(config: Config, engine: Engine, held: Held, *, run_id: int, reason: str, at: datetime) -> Forgot:
    """The four steps; see the module."""
    digests = sorted(map(key_digest, held.keys))
    warc = WarcWriter(config.warc_dir, run_id=run_id, software=software(), operator=config.contact)
    try:
        warc.write_forgotten(forgotten_fields(digests, reason, at), at=at)
        moved = list(moved_heirs(config.warc_dir, engine, held, warc, run_id=run_id))
    finally:
        warc.close()
    old = locators_of(engine, [capture.warc_record_id for capture in moved])
    move_captures(engine, moved)
    doomed: defaultdict[str, set[str]] = defaultdict(set)
    for record_id, file in (*held.captures, *held.naming):
        doomed[file].add(record_id)
    heirs = {locator.filename for locator in old.values()}
    files = doomed.keys() | heirs | set(meta_files(config.warc_dir))
    ids, moved_ids = set().union(*doomed.values()), set(old)
    gone = 0
    for name in sorted(files) if ids or moved_ids else ():
        also = moved_ids if name in heirs else set()
        if (path := brought_back(engine, config.warc_dir, name, ids, moved=also, at=at)) is not None:
            gone += bool(bury(path, ids, moved=also, digests=digests, reason=reason, at=at))
    forget_rows(engine, held, reason=reason, at=at)
    return Forgot(
        articles=len(held.article_ids),
        captures=len(held.captures),
        files=gone,
        moved=len(moved),
        naming=len(held.naming),
    )


def meta_files(warc_dir: Path) -> Iterator[str]:
    """Finished files that may say what became of a capture."""
    return (name for name in names_in(warc_dir) if name.endswith("-meta.warc.gz"))


def moved_heirs(warc_dir: Path, engine: Engine, held: Held, warc: WarcWriter, *, run_id: int) -> Iterator[Capture]:
    """Revisits that stay, written anew under their own ids: the first of each original as a response with its payload,
    the others as revisits of that one. The captures as they stand now."""
    places = locators_of(engine, {record_id for pair in held.heirs for record_id in pair})
    successors: dict[str, Original] = {}
    for record_id, original_id in held.heirs:
        payload = read_record(warc_dir, places[original_id]).http.body
        successor = successors.get(original_id)
        exchange = exchange_at(warc_dir, places[record_id], payload)
        written = warc.write_exchange(exchange, original=successor, record_id=record_id)
        if successor is None:
            successors[original_id] = Original(
                record_id=record_id, target_uri=exchange.target_uri, captured_at=exchange.started_at
            )
        capture = read_exchange(warc_dir, written.locator, run_id=run_id)[0].capture
        yield replace(capture, revisit_of=successor.record_id if successor else None)


def exchange_at(warc_dir: Path, locator: Locator, payload: bytes) -> Exchange:
    """The exchange of a revisit, with the payload that it had."""
    answer, request, said = read_parts(warc_dir, locator)
    head = answer.block
    date, target_uri = answer.field("WARC-Date"), answer.field("WARC-Target-URI")
    if date is None or target_uri is None:
        raise CaptureError(f"{locator.filename}@{locator.offset}: not a capture")
    return Exchange(
        target_uri=target_uri,
        started_at=parse_warc_date(date),
        request=request,
        response_head=head,
        response_body=payload,
        ip_address=answer.field("WARC-IP-Address"),
        protocols=tuple(value for name, value in answer.fields if name == "WARC-Protocol"),
        cipher_suite=answer.field("WARC-Cipher-Suite"),
        truncated=answer.field("WARC-Truncated"),
        found=said,
    )
