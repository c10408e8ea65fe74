"""An archive of made-up articles, as large as wanted, the same every time: what benchmarks of reading ask.

``python -m benchmarks.synthetic DATABASE_URL [ARTICLES]``. Words follow Zipf's law over 30,000 made-up ones: the
commonest stand in every article, most in few. One article in ten is a copy, one in twenty has a second revision.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from typing import Any

from sqlalchemy import Connection, insert, text, update

from archive.database import open_engine
from archive.digests import digest_of, text_digest
from archive.migrate import upgrade
from archive.schema import AliasRow, ArticleRow, CaptureRow, RevisionRow, RunRow, RunSourceRow, SourceRow, StoryRow
from archive.textindex import write_index
from archive.urls import url_key

CHARS = 5_000  # of a text
BATCH = 1_000  # articles a transaction
START, END = datetime(2015, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ("agency", "trade", "science", "astronomy", "defence", "company", "enthusiast")
COUNTRIES = ("US", "US", "GB", "EU", "IN", "JP", "CN", "FR", "DE", "IT")
LANGS = ("en",) * 7 + ("de", "fr", "ru")
SYLLABLES = (
    "ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te".split()
)


def words() -> list[str]:
    """30,000 made-up words, shortest first, as in languages the common ones are."""
    twos = ["".join(pair) for pair in product(SYLLABLES, repeat=2)]
    threes = ["".join(three) for three in product(SYLLABLES, repeat=3)]
    dice = random.Random(1)
    dice.shuffle(twos)
    dice.shuffle(threes)
    return [*twos, *threes][:30_000]


WORDS = words()
WEIGHTS = list(accumulate(1 / (rank + 1) for rank in range(len(WORDS))))


def batched(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:  # Any: whatever the items are
    """``itertools.batched`` is there from Python 3.12 on."""
    return (items[place : place + size] for place in range(0, len(items), size))


def build(database_url: str, articles: int) -> None:
    """Fill an empty database. Some 2 ms an article."""
    engine = open_engine(database_url)
    upgrade(engine)
    dice = random.Random(7)
    with engine.begin() as connection:
        run_id = prepare(connection)
    for batch in batched(range(1, articles + 1), BATCH):
        with engine.begin() as connection:
            write(connection, list(made(dice, batch, run_id)))
        sys.stderr.write(f"\r{batch[-1]:,} articles")
    sys.stderr.write("\n")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def prepare(connection: Connection) -> int:
    """Sources and the run; the run's id."""
    for number in range(60):
        connection.execute(
            insert(SourceRow).values(
                id=f"source{number}",
                name=f"Source {number}",
                publisher_kind=KINDS[number % len(KINDS)],
                homepage=f"https://source{number}.example/",
                language=LANGS[number % len(LANGS)],
                country=COUNTRIES[number % len(COUNTRIES)],
                status="active",
                host_group=f"source{number}",
                updated_at=END,
            )
        )
    values = {"command": "crawl", "state": "finished", "started_at": END, "ended_at": END, "exit_code": 0}
    run_id: int = connection.execute(
        insert(RunRow).values(**values, software="Perilune/benchmark", stats={})
    ).inserted_primary_key[0]
    connection.execute(
        insert(RunSourceRow), [{"run_id": run_id, "source_id": f"source{number}"} for number in range(60)]
    )
    return run_id


def prose(dice: random.Random, chars: int) -> str:
    """Sentences of some 20 words, paragraphs of some 5 sentences."""
    picked = dice.choices(WORDS, cum_weights=WEIGHTS, k=chars // 6)
    sentences = [" ".join(sentence).capitalize() + "." for sentence in batched(picked, 20)]
    return "\n\n".join(" ".join(paragraph) for paragraph in batched(sentences, 5))


def made(dice: random.Random, ids: Sequence[int], run_id: int) -> Iterator[dict[str, Any]]:  # Any: columns
    """Articles with all that is written of them."""
    last = ""
    for article_id in ids:
        is_copy = bool(last) and article_id % 10 == 0
        body = last if is_copy else prose(dice, CHARS)
        last = body
        source = f"source{min(dice.randrange(60), dice.randrange(60))}"
        published_at = None if article_id % 50 == 0 else START + (END - START) * dice.random()
        seen_at = (published_at or START) + timedelta(hours=1)
        yield {
            "id": article_id,
            "source_id": source,
            "canonical_url": f"https://{source}.example/{article_id}",
            "url_key": url_key(f"https://{source}.example/{article_id}"),
            "title": " ".join(dice.choices(WORDS, cum_weights=WEIGHTS, k=8)).capitalize(),
            "text": body,
            "authors": [f"Author {min(dice.randrange(2000), dice.randrange(2000))}"] if article_id % 3 else [],
            "published_at": published_at and published_at.replace(microsecond=0),
            "published_at_precision": "second" if published_at else "unknown",
            "lang": dice.choice(LANGS),
            "description": None,
            "tags": sorted({f"tag {min(dice.randrange(300), dice.randrange(300))}" for _ in range(article_id % 4)}),
            "word_count": CHARS // 6,
            "text_digest": text_digest(body),
            "signature": b"",
            "extractor": "synthetic",
            "state": "live",
            "first_seen_at": seen_at,
            "last_seen_at": seen_at,
            "revision_count": 2 if article_id % 20 == 0 else 1,
            "story_id": article_id - 1 if is_copy else article_id,
            "duplicate_of": article_id - 1 if is_copy else None,
            "duplicate_reason": "same_text" if is_copy else None,
            "similarity": 1.0 if is_copy else None,
            "capture_id": article_id,
            "run_id": run_id,
        }


def write(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:  # Any: columns
    """Rows of every table an article has, and its place in the index."""
    columns = {column.name for column in ArticleRow.__table__.columns}
    articles = [{name: value for name, value in row.items() if name in columns} for row in rows]
    connection.execute(insert(StoryRow), [{"id": row["id"], "created_at": START} for row in rows])
    connection.execute(insert(CaptureRow), [capture(row) for row in rows])
    connection.execute(insert(ArticleRow), articles)
    connection.execute(insert(RevisionRow), [revision(row, number) for row in rows for number in numbers(row)])
    connection.execute(
        insert(AliasRow),
        [
            {
                "url_key": row["url_key"],
                "url": row["canonical_url"],
                "kind": "requested",
                "article_id": row["id"],
                "first_seen_at": row["first_seen_at"],
            }
            for row in rows
        ],
    )
    linked = update(CaptureRow).where(CaptureRow.id.between(rows[0]["id"], rows[-1]["id"]))
    connection.execute(linked.values(article_id=CaptureRow.id))
    for row in rows:
        write_index(
            connection,
            article_id=row["id"],
            title=row["title"],
            text=row["text"],
            authors=row["authors"],
            tags=row["tags"],
        )


def numbers(row: dict[str, Any]) -> range:  # Any: columns
    return range(1, row["revision_count"] + 1)


def capture(row: dict[str, Any]) -> dict[str, Any]:  # Any: columns
    return {
        "id": row["id"],
        "run_id": row["run_id"],
        "source_id": row["source_id"],
        "target_uri": row["canonical_url"],
        "url_key": row["url_key"],
        "redirected_from": [],
        "status": 200,
        "mime_type": "text/html",
        "captured_at": row["first_seen_at"],
        "warc_record_id": f"<urn:uuid:{row['id']}>",
        "payload_digest": digest_of(str(row["id"]).encode()),
        "filename": "synthetic.warc.gz",
        "offset": row["id"] * 1000,
        "length": 1000,
        "article_id": None,
    }


def revision(row: dict[str, Any], number: int) -> dict[str, Any]:  # Any: columns
    names = ("title", "text_digest", "authors", "published_at", "extractor", "capture_id")
    return {
        **{name: row[name] for name in names},
        "article_id": row["id"],
        "number": number,
        "kind": "first" if number == 1 else "edit",
        "changed": [] if number == 1 else ["text"],
        "text": row["text"] if number == row["revision_count"] else row["text"][:4_000],
        "seen_at": row["first_seen_at"] + timedelta(days=number),
    }


if __name__ == "__main__":
    build(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
