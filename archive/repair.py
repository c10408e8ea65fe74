"""Mending what ``verify`` finds, where nothing can be lost by it: made again from the WARC files and the articles.

A torn end that a crash left is cut off and its file finished; files that no manifest lists are listed as *found*;
indexes are written again; captures without a row get one; articles are indexed as they read. What is missing or
altered stays so: it comes back from a backup, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select

from archive.database import reading, writing
from archive.errors import CaptureError
from archive.evidence.account import Exchanged, read_back
from archive.evidence.cdxj import cdxj_line, index_lines, write_index
from archive.evidence.manifest import list_file, read_manifest, sha256_of
from archive.evidence.warc import iter_records, repair_leftovers
from archive.rows.articles import index
from archive.rows.rebuilding import record_captures
from archive.schema import ArticleRow, CaptureRow, SourceRow
from archive.store import Store
from archive.verify import stale_articles


def repair(engine: Engine, warc_dir: Path, *, software: str) -> Iterator[str]:
    """Mend what can be mended; a line for each thing that was done.

    Raises ``CaptureError`` or ``StoreError`` when something can't be written.
    """
    for done in repair_leftovers(warc_dir):
        yield f"{done.path.name}: finished, {done.records} records kept, {done.cut_bytes} torn bytes cut off"
    listed = read_manifest(warc_dir).files
    for path in sorted(warc_dir.glob("*.warc.gz")):
        if path.name in listed and sha256_of(path) != listed[path.name].sha256:
            continue  # altered: what it says now is not to be believed
        try:
            yield from repair_file(engine, path, is_listed=path.name in listed, software=software)
        except CaptureError as exc:
            yield f"{path.name}: left as it is: {exc}"
    yield from repair_index(engine)


def repair_file(engine: Engine, path: Path, *, is_listed: bool, software: str) -> Iterator[str]:
    """One finished file: its line in the manifest, its index, its rows."""
    records = captures = 0
    lines: list[str] = []
    for record in iter_records(path):
        records, captures = records + 1, captures + (record.warc_type in ("response", "revisit"))
        if line := cdxj_line(record):
            lines.append(line)
    if not is_listed:
        now, size = datetime.now(UTC), path.stat().st_size
        list_file(path.parent, path.name, sha256=sha256_of(path), size=size, captures=captures, at=now, kind="found")
        yield f"{path.name}: listed in the manifest, {records} records"
    if "-meta." not in path.name and index_lines(path.parent, path.name) != sorted(lines):
        write_index(path.parent.parent / "cdxj", path.name, lines)
        yield f"{path.name}: index written, {len(lines)} lines"
    if added := add_rows(engine, path, software=software):
        yield f"{path.name}: {added} captures had no row and have one now"


def add_rows(engine: Engine, path: Path, *, software: str) -> int:
    """Write the rows of captures that have none; how many there were. Those of unknown sources stay without."""
    with reading(engine) as session:
        held = set(session.scalars(select(CaptureRow.warc_record_id).where(CaptureRow.filename == path.name)))
        sources = set(session.scalars(select(SourceRow.id)))
    orphans = [
        told.capture
        for told in read_back(path, run_id=0)
        if isinstance(told, Exchanged) and told.capture.warc_record_id not in held and told.capture.source_id in sources
    ]
    if not orphans:
        return 0
    store, now = Store(engine), datetime.now(UTC)
    run_id = store.start_run("repair", software=software, now=now)
    left = record_captures(engine, [replace(one, run_id=run_id) for one in orphans])
    store.finish_run(run_id, state="finished", exit_code=0, reason=None, stats={"captures": len(orphans)}, now=now)
    return len(orphans) - len(left)


def repair_index(engine: Engine) -> Iterator[str]:
    """Index the articles that are not indexed as they read."""
    with engine.connect() as connection:
        stale = stale_articles(connection)
    for article_id in stale:
        with writing(engine) as session:
            index(session, session.get_one(ArticleRow, article_id))
    if stale:
        yield f"search index: {len(stale)} articles written again"
