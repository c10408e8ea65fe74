"""How long it takes, and how large it gets: an archive of made-up articles, a million by default.

``python -m benchmarks.load DATABASE_URL --articles 1000000``. COPY on PostgreSQL, many rows a statement on SQLite, a
batch a transaction. Ended, it goes on where it was. For a database of its own: foreign keys are not checked while it
loads (on PostgreSQL that takes a superuser), and SQLite does not wait for the disk.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, func, insert, select, text

from archive.database import open_engine
from archive.digests import digest_of, text_digest
from archive.indexing import BREAK, Words, packed
from archive.migrate import upgrade
from archive.schema import (
    AliasRow,
    ArticleRow,
    Base,
    CaptureRow,
    EndpointRow,
    FrontierRow,
    LikenessRow,
    OutcomeRow,
    RevisionRow,
    RunRow,
    RunSourceRow,
    SketchRow,
    SourceRow,
    StoryRow,
)
from archive.stems import stemmed
from archive.textindex import CREATE_LOOKUP, pairs_in, tsvector
from archive.urls import url_key
from benchmarks.synthetic import BATCH, COUNTRIES, END, KINDS, LANGS, SOURCES, START, Made, articles

EXTRACTOR = "synthetic"
AT_ONCE = 5 * BATCH  # articles a transaction: hashes that come in order touch a page of their index once
LOOKUP_INDEXES = [statement.split()[2] for statement in CREATE_LOOKUP["postgresql"]]
HASH_SIZE = "INSERT INTO article_fts (article_fts, rank) VALUES ('hashsize', :bytes)"
LOADING_HASH = 2**27  # bytes of words that FTS5 gathers before it writes a segment: fewer merges
Row = dict[str, Any]  # Any: a value of any column
Rows = Mapping[str, Sequence[Row]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("database", help="sqlite:///… or postgresql://…; empty, or filled by this command before")
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--unfinished", action="store_true", help="Leave indexes and statistics to a later call.")
    options = parser.parse_args()
    engine = open_engine(options.database)
    load(engine, options.articles, is_finished=not options.unfinished)
    for name, size in sizes(engine):
        print(f"{name:<28}{size / 2**20:>10,.0f} MB")
    engine.dispose()


def load(engine: Engine, count: int, *, is_finished: bool = True) -> None:
    """Fill a database to ``count`` articles. Raises ``SystemExit`` for one that holds others."""
    upgrade(engine)
    held = prepare(engine)
    began, at_first = time.monotonic(), held
    writer = copy if engine.dialect.name == "postgresql" else put
    with engine.connect() as connection:
        unchecked(connection)
        if engine.dialect.name == "postgresql" and count - held > 50_000:  # made at once in a tenth of the time
            for name in LOOKUP_INDEXES:
                connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
        connection.commit()
        for first in range(held + 1, count + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, count)
            made = rows_of(articles(first, last), connection.dialect.name)
            with connection.begin():
                for table, rows in made.items():
                    writer(connection, table, rows)
            speed = (last - at_first) / (time.monotonic() - began)
            left = (count - last) / speed / 60
            say(f"\r{last:,} of {count:,} articles, {speed:,.0f} a second, {left:.0f} minutes left ")
        say("\n")
        if is_finished:
            finish(connection)


def prepare(engine: Engine) -> int:
    """Sources and endpoints, where they are not there yet; the highest id held."""
    with engine.begin() as connection:
        held = connection.execute(select(func.max(ArticleRow.id))).scalar() or 0
        if held:
            found = connection.execute(select(ArticleRow.extractor).where(ArticleRow.id == held)).scalar()
            if found != EXTRACTOR:
                raise SystemExit("the database holds articles that were not made here; give it one of its own")
        elif connection.execute(select(func.count()).select_from(SourceRow)).scalar() == 0:
            connection.execute(insert(SourceRow), [source(number) for number in range(SOURCES)])
            connection.execute(insert(EndpointRow), [endpoint(number) for number in range(SOURCES)])
    return held


def unchecked(connection: Connection) -> None:
    """No foreign keys; SQLite also waits for no disk, and holds half a gigabyte of its file."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("SET maintenance_work_mem = '1GB'"))
        connection.execute(text("SET statement_timeout = 0"))
        return
    raw = connection.connection.driver_connection
    assert raw is not None
    connection.commit()
    for pragma in ("foreign_keys = OFF", "synchronous = OFF", "cache_size = -500000", "wal_autocheckpoint = 20000"):
        raw.execute(f"PRAGMA {pragma}")
    raw.execute(HASH_SIZE, {"bytes": LOADING_HASH})


def finish(connection: Connection) -> None:
    """The index that was left out, numbers that go on after our own, and the planner's statistics."""
    began = time.monotonic()
    if connection.dialect.name == "postgresql":
        for statement in CREATE_LOOKUP["postgresql"]:
            connection.execute(text(statement.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS")))
        for table in Base.metadata.sorted_tables:
            if "id" in table.columns and table.columns["id"].autoincrement and table.name not in ("source",):
                name = f"pg_get_serial_sequence('{table.name}', 'id')"
                connection.execute(text(f"SELECT setval({name}, (SELECT coalesce(max(id), 1) FROM {table.name}))"))
        connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    else:
        connection.execute(text(HASH_SIZE), {"bytes": 2**20})  # FTS5's own
        connection.execute(text("PRAGMA analysis_limit = 1000"))
        connection.execute(text("ANALYZE"))
        connection.commit()
    say(f"indexes and statistics: {time.monotonic() - began:.0f} s\n")


# Rows


def rows_of(made: Iterable[Made], dialect: str) -> Rows:
    """Table → rows, in an order in which they can be written."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for one in made:
        run_id = (one.id - 1) // BATCH + 1
        if (one.id - 1) % BATCH == 0:
            found["crawl_run"].append(run(run_id))
            found["run_source"] += [run_source(run_id, number) for number in range(SOURCES)]
        digest = text_digest(one.text)
        found["story"] += [] if one.copy_of else [{"id": one.id, "created_at": one.seen_at}]
        found["article"].append(article(one, digest))
        found["capture"].append(capture(one, run_id))
        found["revision"] += [revision(one, number, digest) for number in range(1, one.revisions + 1)]
        found["alias"].append(alias(one))
        found["frontier"] += frontier(one)
        found["outcome"].append(outcome(one, run_id))
        found["sketch"] += [{"hash": number, "article_id": one.id} for number in one.sketch]
        found["likeness"] += [likeness(one)] if one.copy_of else []
        found["article_search"].append(search_row(one, dialect))
        if dialect == "sqlite":
            found["article_fts"].append(dict(zip(FTS, (one.id, *words_of(one).joined()), strict=True)))
    found["sketch"].sort(key=lambda row: row["hash"])
    return found


def source(number: int) -> Row:
    return {
        "id": f"source{number}",
        "name": f"Source {number}",
        "publisher_kind": KINDS[number % len(KINDS)],
        "homepage": f"https://source{number}.example/",
        "language": LANGS[number % len(LANGS)],
        "country": COUNTRIES[number % len(COUNTRIES)],
        "status": "active",
        "host_group": f"source{number}",
        "updated_at": END,
    }


def endpoint(number: int) -> Row:
    return {"source_id": f"source{number}", "url": feed(f"source{number}"), "kind": "feed", "announced": 20}


def feed(source_id: str) -> str:
    return f"https://{source_id}.example/feed"


def run(number: int) -> Row:
    """A run a batch, an hour each."""
    at = START + timedelta(hours=2 * number)
    values = {"command": "crawl", "state": "finished", "started_at": at, "ended_at": at + timedelta(hours=1)}
    return {"id": number, **values, "exit_code": 0, "software": "Perilune/benchmark", "stats": {}}


def run_source(run_id: int, number: int) -> Row:
    counted = dict.fromkeys(COUNTED, 0) | {"announced": 33, "fetched": 33, "archived": 33, "endpoints_polled": 1}
    return {"run_id": run_id, "source_id": f"source{number}", **counted}


def article(one: Made, digest: str) -> Row:
    is_copy = one.copy_of is not None
    return {
        "id": one.id,
        "source_id": one.source_id,
        "canonical_url": one.url,
        "url_key": url_key(one.url),
        "title": one.title,
        "text": one.text,
        "authors": list(one.authors),
        "published_at": one.published_at,
        "published_at_precision": "second" if one.published_at else "unknown",
        "lang": one.lang,
        "tags": list(one.tags),
        "word_count": len(one.words),
        "text_digest": digest,
        "signature": struct.pack(f">{len(one.sketch)}q", *one.sketch),
        "extractor": EXTRACTOR,
        "state": "live",
        "first_seen_at": one.seen_at,
        "last_seen_at": one.seen_at,
        "revision_count": one.revisions,
        "story_id": one.copy_of or one.id,
        "duplicate_of": one.copy_of,
        "duplicate_reason": "same_text" if is_copy else None,
        "relation": "identical" if is_copy else None,
        "similarity": 1.0 if is_copy else None,
        "capture_id": one.id,
    }


def capture(one: Made, run_id: int) -> Row:
    return {
        "id": one.id,
        "run_id": run_id,
        "source_id": one.source_id,
        "target_uri": one.url,
        "url_key": url_key(one.url),
        "redirected_from": [],
        "status": 200,
        "mime_type": "text/html",
        "captured_at": one.seen_at,
        "warc_record_id": f"<urn:uuid:{one.id:032x}>",
        "payload_digest": digest_of(str(one.id).encode()),
        "filename": f"synthetic-{run_id:05}.warc.gz",
        "offset": one.id * 1000,
        "length": 1000,
        "article_id": one.id,
    }


def revision(one: Made, number: int, digest: str) -> Row:
    return {
        "article_id": one.id,
        "number": number,
        "kind": "first" if number == 1 else "edit",
        "changed": [] if number == 1 else ["text"],
        "title": one.title,
        "text": one.text if number == one.revisions else one.text[:4_000],
        "text_digest": digest if number == one.revisions else text_digest(one.text[:4_000]),
        "authors": list(one.authors),
        "published_at": one.published_at,
        "extractor": EXTRACTOR,
        "capture_id": one.id,
        "seen_at": one.seen_at + timedelta(days=number),
    }


def alias(one: Made) -> Row:
    values = {"url": one.url, "kind": "requested", "article_id": one.id, "first_seen_at": one.seen_at}
    return {"id": one.id, "url_key": url_key(one.url), **values}


def frontier(one: Made) -> list[Row]:
    """The article's own URL; one article in ten has another beside it that held none, one in fifty one that is due."""
    url = {"source_id": one.source_id, "discovered_via": "feed", "endpoint_url": feed(one.source_id), "rechecks": 0}
    common = {**url, "discovered_at": one.seen_at, "updated_at": one.seen_at, "attempts": 1}
    held = {"state": "archived", "article_id": one.id, "last_status": 200, "recheck_at": one.seen_at + timedelta(365)}
    found = [{**common, **held, "id": 2 * one.id, "url": one.url, "url_key": url_key(one.url)}]
    if one.id % 10 == 5:
        other = f"https://{one.source_id}.example/page/{one.id}"
        is_due = one.id % 50 == 5
        left = {"state": "discovered" if is_due else "rejected", "due_at": END if is_due else None}
        found.append({**common, **left, "id": 2 * one.id + 1, "url": other, "url_key": url_key(other)})
    return found


def outcome(one: Made, run_id: int) -> Row:
    said = {"outcome": "duplicate" if one.copy_of else "new", "status": 200, "at": one.seen_at, "capture_id": one.id}
    return {"id": one.id, "run_id": run_id, "source_id": one.source_id, "url": one.url, **said}


def likeness(one: Made) -> Row:
    shares = {"contained": 1.0, "containing": 1.0, "resemblance": 1.0, "is_joining": True}
    return {"article_id": one.copy_of, "other_id": one.id, **shares}


def words_of(one: Made) -> Words:
    """What :func:`archive.indexing.words_of` says, without splitting anything anew; our languages have no stems."""
    tags = [word for place, tag in enumerate(one.tags) for word in ([BREAK] if place else []) + tag.split()]
    authors = tuple(word for author in one.authors for word in author.lower().split())
    return Words(
        title=tuple(stemmed(one.title_words, one.lang)),
        authors=authors,
        tags=tuple(stemmed(tags, one.lang)),
        body=tuple(stemmed(one.words, one.lang)),
    )


def search_row(one: Made, dialect: str) -> Row:
    words = words_of(one)
    if dialect == "sqlite":
        return {"article_id": one.id, "words": packed(words.joined())}
    own = {"source_id": one.source_id, "published_at": one.published_at, "tokens": None, "pairs": pairs_in(words)}
    return {"article_id": one.id, "tsv": tsvector(words), "heads": tsvector(replace(words, body=())), **own}


FTS = ("rowid", "title", "authors", "tags", "body")
COUNTED = [
    column.name for column in RunSourceRow.__table__.columns if column.default is not None and not column.primary_key
]
TABLES = {
    row.__tablename__: row.__table__
    for row in (
        StoryRow, ArticleRow, CaptureRow, RevisionRow, AliasRow, FrontierRow, OutcomeRow, SketchRow, LikenessRow,
        RunRow, RunSourceRow,
    )
}  # fmt: skip


# Writing


def put(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    """Many rows with one statement of SQLite's."""
    if not rows:
        return
    names = list(rows[0]) if table not in TABLES else columns_of(table, rows)
    places = ", ".join("?" * len(names))
    quoted = ", ".join(f'"{name}"' for name in names)
    statement = f'INSERT INTO "{table}" ({quoted}) VALUES ({places})'
    connection.exec_driver_sql(statement, list(values(connection, table, names, rows)))


def copy(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    """PostgreSQL's COPY."""
    if not rows:
        return
    names = list(rows[0]) if table not in TABLES else columns_of(table, rows)
    raw = connection.connection.driver_connection
    assert raw is not None
    quoted = ", ".join(f'"{name}"' for name in names)
    with raw.cursor() as cursor, cursor.copy(f'COPY "{table}" ({quoted}) FROM STDIN') as stream:
        for row in values(connection, table, names, rows):
            stream.write_row(row)


def columns_of(table: str, rows: Iterable[Row]) -> list[str]:
    """The table's columns that any of the rows has."""
    given = {name for row in rows for name in row}
    return [column.name for column in TABLES[table].columns if column.name in given]


def values(connection: Connection, table: str, names: Sequence[str], rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    """The rows as the driver takes them."""
    known: Table | None = TABLES.get(table)
    makers = [processor(connection, None if known is None else known.columns[name]) for name in names]
    pairs = list(zip(names, makers, strict=True))
    for row in rows:
        yield tuple(make(row.get(name)) for name, make in pairs)


def processor(connection: Connection, column: Column[Any] | None) -> Callable[[Any], Any]:
    """How SQLAlchemy gives a column's value to the driver."""
    if column is None:
        return lambda value: value
    if column.type.__class__.__name__ == "JSON":
        return lambda value: None if value is None else json.dumps(value)
    made = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return made or (lambda value: value)


def sizes(engine: Engine) -> Iterator[tuple[str, int]]:
    """(table with its indexes, bytes), largest first, then the sum."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            of_tables = "SELECT relname, pg_total_relation_size(relid) FROM pg_statio_user_tables ORDER BY 2 DESC"
            found = [(name, size) for name, size in connection.execute(text(of_tables))]
            yield from found[:12]
            yield "all", sum(size for _, size in found)
            return
        names = ("page_count", "page_size")
        pages, size = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names)
        yield "all", pages * size


def say(message: str) -> None:
    sys.stderr.write(message)
    sys.stderr.flush()


if __name__ == "__main__":
    main()
