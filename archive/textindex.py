"""The search index beside the article table: written by the store, made by a migration, read by search.

Both engines are given the tokens of :mod:`archive.tokens`, stemmed by :mod:`archive.stems` in the article's
language, never the text, so that they find the same articles.
Four columns: title, authors, tags, body (description and text). ``BREAK`` stands between two authors, two
tags, description and text: no query can name it, so no phrase reaches across.

SQLite: ``article_fts`` is a contentless FTS5 table. To forget an article FTS5 must be told the exact words it
was given, so ``article_search`` keeps them compressed (a third of the text; ``contentless_delete`` needs
SQLite 3.43, and Debian 12 has 3.40). Its ``ascii`` tokenizer takes every character beyond ASCII as a
letter, which leaves our tokens as they are.

PostgreSQL: ``article_search.tsv`` is a tsvector we spell out ourselves, with weights A to D as the columns. A
tsvector holds positions up to 16,383 and 256 a word, so phrases far into a long text would be missed: such an
article also has its body's ``tokens`` as text, and search looks there too (:mod:`archive.reading.matching`). A tsvector
holds 1 MB: ``MAX_INDEX_BYTES`` cuts a longer text, for both engines at the same word. A tsvector of an article lies
outside its row and takes 20 µs to be read; ``heads`` holds the places in title, authors and tags alone and lies within:
words of one column are looked for there, and what is ranked of many hits is chosen by it.

Whether two words stand side by side a tsvector tells only when it is read, for each article that has both. ``pairs``
holds a number for each two neighbours (:func:`pair_of`), so that an index says which few articles may have a phrase.
Beside them stand ``source_id`` and ``published_at`` of the article: what filters ask most, of the rows that the words'
index gives.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from sqlalchemy import Connection, TextClause, bindparam
from sqlalchemy import text as sql

from archive.indexing import BREAK, COLUMNS, MAX_POSITIONS, Words, packed, packed_words, unpacked

WEIGHTS = {"title": "A", "authors": "B", "tags": "C", "body": "D"}
MAX_POSITION = 16_381  # the last place we use: PostgreSQL puts all that follow at 16,383, which must touch no other
OVERFLOW_POSITION = 16_383  # PostgreSQL's MAXENTRYPOS - 1
PAIR_NUMBERS = 2**18  # numbers of pairs: an article of 700 words has one in 370 of them by chance


def create_index(connection: Connection) -> None:
    """Make the tables of the index, which must not exist yet."""
    for statement in (*CREATE[connection.dialect.name], *CREATE_LOOKUP[connection.dialect.name]):
        connection.execute(sql(statement))


def renew_index(connection: Connection, articles: Iterable[Sequence[tuple[int, Words]]]) -> Iterator[int]:
    """Make the index anew from all articles, which come in batches; after each batch, how many articles are in.

    Far faster than writing one after the other: nothing is deleted, and PostgreSQL sorts the words once, at the end.
    """
    dialect, done = connection.dialect.name, 0
    drop_index(connection)
    for statement in CREATE[dialect]:
        connection.execute(sql(statement))
    for batch in articles:
        for insert, row_of in INSERTS[dialect]:
            connection.execute(insert, [row_of(article_id, packed(words.joined())) for article_id, words in batch])
        done += len(batch)
        yield done
    for statement in CREATE_LOOKUP[dialect]:
        connection.execute(sql(statement))


def drop_index(connection: Connection) -> None:
    """Remove the index, where there is one."""
    if connection.dialect.name == "sqlite":
        connection.execute(sql("DROP TABLE IF EXISTS article_fts"))
    connection.execute(sql("DROP TABLE IF EXISTS article_search"))


def write_index(
    connection: Connection,
    *,
    article_id: int,
    title: str,
    text: str,
    authors: Sequence[str] = (),
    description: str | None = None,
    tags: Sequence[str] = (),
    lang: str | None = None,
    is_new: bool = False,
    words: bytes | None = None,
) -> None:
    """Index an article, in place of what was indexed of it before, unless it ``is_new``.

    ``lang`` says how its words are stemmed. ``words`` are all of this as :func:`archive.indexing.packed_words` has it,
    where that was made ready before.
    """
    if words is None:
        words = packed_words(title=title, text=text, authors=authors, description=description, tags=tags, lang=lang)
    if connection.dialect.name == "sqlite" and not is_new:
        delete_index(connection, article_id)
    for statement, row_of in INSERTS[connection.dialect.name]:
        connection.execute(statement, row_of(article_id, words))


def fts_row(article_id: int, words: bytes) -> dict[str, object]:
    return {"id": article_id, **dict(zip(COLUMNS, unpacked(words), strict=True))}


def words_row(article_id: int, words: bytes) -> dict[str, object]:
    return {"id": article_id, "words": words}


def tsv_row(article_id: int, packed_words: bytes) -> dict[str, object]:
    words = Words.of(unpacked(packed_words))
    long_body = f" {' '.join(words.body)} " if is_long(words) else None
    return {"id": article_id, "tsv": tsvector(words), "tokens": long_body, "pairs": pairs_in(words)}


def delete_index(connection: Connection, article_id: int) -> None:
    """Forget an article; nothing happens when it is not indexed."""
    if connection.dialect.name == "sqlite":
        stored = connection.execute(sql(SELECT_WORDS), {"id": article_id}).scalar()
        if stored is None:
            return
        columns = dict(zip(COLUMNS, unpacked(stored), strict=True))
        connection.execute(sql(DELETE_FTS), {"id": article_id, **columns})
    connection.execute(sql("DELETE FROM article_search WHERE article_id = :id"), {"id": article_id})


def indexed(connection: Connection, article_ids: Sequence[int]) -> dict[int, object]:
    """Article → what the index holds of it, to be compared with :func:`fingerprint`; the unindexed are missing."""
    statement = sql(SELECT_INDEXED[connection.dialect.name]).bindparams(bindparam("ids", expanding=True))
    rows = connection.execute(statement, {"ids": list(article_ids)})
    return {article_id: tuple(unpacked(held)) if isinstance(held, bytes) else held for article_id, held in rows}


def fingerprint(connection: Connection, words: Words) -> object:
    """The words as :func:`indexed` gives them back."""
    if connection.dialect.name == "sqlite":
        return words.joined()
    return connection.execute(sql(SPELL), {"tsv": tsvector(words), "pairs": pairs_in(words)}).scalar()


def orphans(connection: Connection) -> list[int]:
    """Ids in the index that no article has."""
    return list(connection.execute(sql(SELECT_ORPHANS[connection.dialect.name])).scalars())


def strayed(connection: Connection) -> list[int]:
    """Ids whose source or date stands in the index otherwise than in the article."""
    if connection.dialect.name == "sqlite":  # whose index has neither
        return []
    return list(connection.execute(sql(SELECT_STRAYED)).scalars())


def positions_of(words: Words) -> tuple[dict[str, list[tuple[int, str]]], int]:
    """Token → its places with weights, and the last place. Columns and breaks leave a place empty."""
    places: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    place = 0
    for column in COLUMNS:
        place += 1
        for word in words.column(column):
            place += 1
            if word != BREAK:
                places[word].append((place, WEIGHTS[column]))
    return places, place


def tsvector(words: Words) -> str:
    """The words as PostgreSQL spells a tsvector: ``'mars':2A,17D``; each word keeps its first places.

    Tokens hold letters and digits alone, so nothing needs escaping.
    """
    places, _ = positions_of(words)
    entries = []
    for word, found in places.items():
        kept = [(place, weight) for place, weight in found[:MAX_POSITIONS] if place <= MAX_POSITION]
        kept = kept or [(OVERFLOW_POSITION, found[0][1])]
        entries.append(f"'{word}':" + ",".join(f"{place}{weight}" for place, weight in kept))
    return " ".join(entries)


def pairs_in(words: Words) -> list[int]:
    """Numbers of the words that stand side by side, each once, in order; breaks part them as columns do."""
    neighbours = {pair for column in COLUMNS for pair in pairwise(words.column(column)) if BREAK not in pair}
    return sorted({pair_of(first, second) for first, second in neighbours})


def pair_of(first: str, second: str) -> int:
    """The number of two words side by side, which other pairs have, too. It is stored: it must never change."""
    return zlib.crc32(f"{first} {second}".encode()) % PAIR_NUMBERS


def is_long(words: Words) -> bool:
    """Whether a tsvector would lose places, and phrases with them."""
    places, last = positions_of(words)
    return last > MAX_POSITION or any(len(found) > MAX_POSITIONS for found in places.values())


CREATE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE article_fts USING fts5(title, authors, tags, body, content='', tokenize='ascii')",
        "CREATE TABLE article_search (article_id INTEGER PRIMARY KEY, words BLOB NOT NULL)",
    ),
    "postgresql": (
        "CREATE TABLE article_search (article_id BIGINT PRIMARY KEY, tsv TSVECTOR NOT NULL, tokens TEXT)",
        "ALTER TABLE article_search ADD COLUMN heads TSVECTOR",
        "ALTER TABLE article_search ADD COLUMN pairs INTEGER[] NOT NULL DEFAULT '{}'",
        "ALTER TABLE article_search ADD COLUMN source_id VARCHAR",
        "ALTER TABLE article_search ADD COLUMN published_at TIMESTAMPTZ",
        "ALTER TABLE article_search ALTER COLUMN heads SET STORAGE MAIN",
        "ALTER TABLE article_search SET (toast_tuple_target = 256)",  # rows stay small, also those of short articles
    ),
}
CREATE_LOOKUP: Mapping[str, Sequence[str]] = {  # what may be made after the rows are in
    "sqlite": (),
    "postgresql": (
        "CREATE INDEX ix_article_search_tsv ON article_search USING gin (tsv)",
        "CREATE INDEX ix_article_search_heads ON article_search USING gin (heads)",
        "CREATE INDEX ix_article_search_pairs ON article_search USING gin (pairs)",
        "CREATE INDEX ix_article_search_source ON article_search (source_id)",
        "CREATE INDEX ix_article_search_published ON article_search (published_at)",
    ),
}
INSERT_FTS = "INSERT INTO article_fts (rowid, title, authors, tags, body) VALUES (:id, :title, :authors, :tags, :body)"
DELETE_FTS = (
    "INSERT INTO article_fts (article_fts, rowid, title, authors, tags, body) "
    "VALUES ('delete', :id, :title, :authors, :tags, :body)"
)
INSERT_WORDS = "INSERT INTO article_search (article_id, words) VALUES (:id, :words)"
SELECT_WORDS = "SELECT words FROM article_search WHERE article_id = :id"
UPSERT_TSV = (
    "INSERT INTO article_search (article_id, tsv, tokens, heads, pairs, source_id, published_at) "
    "SELECT :id, tsv, :tokens, ts_filter(tsv, '{a,b,c}'), CAST(:pairs AS INTEGER[]), article.source_id, "
    "article.published_at FROM CAST(:tsv AS tsvector) AS tsv LEFT JOIN article ON article.id = :id "
    "ON CONFLICT (article_id) DO UPDATE SET tsv = excluded.tsv, tokens = excluded.tokens, heads = excluded.heads, "
    "pairs = excluded.pairs, source_id = excluded.source_id, published_at = excluded.published_at"
)
SPELL = "SELECT CAST(CAST(:tsv AS tsvector) AS text) || ' ' || CAST(CAST(:pairs AS INTEGER[]) AS text)"
INSERTS: Mapping[str, Sequence[tuple[TextClause, Callable[[int, bytes], dict[str, object]]]]] = {
    "sqlite": ((sql(INSERT_FTS), fts_row), (sql(INSERT_WORDS), words_row)),
    "postgresql": ((sql(UPSERT_TSV), tsv_row),),
}
SELECT_INDEXED = {
    "sqlite": (  # an FTS5 table keeps a row of sizes for each of its own
        "SELECT article_id, words FROM article_search JOIN article_fts_docsize ON article_fts_docsize.id = article_id "
        "WHERE article_id IN :ids"
    ),
    "postgresql": (
        "SELECT article_id, CAST(tsv AS text) || ' ' || CAST(pairs AS text) FROM article_search "
        "WHERE article_id IN :ids"
    ),
}
SELECT_STRAYED = (
    "SELECT article.id FROM article JOIN article_search ON article_id = article.id "
    "WHERE article_search.source_id IS DISTINCT FROM article.source_id "
    "OR article_search.published_at IS DISTINCT FROM article.published_at ORDER BY article.id"
)
SELECT_ORPHANS = {
    "sqlite": (
        "SELECT id FROM (SELECT article_id AS id FROM article_search UNION SELECT id FROM article_fts_docsize) "
        "WHERE id NOT IN (SELECT id FROM article) ORDER BY id"
    ),
    "postgresql": (
        "SELECT article_id FROM article_search "
        "WHERE NOT EXISTS (SELECT FROM article WHERE article.id = article_id) ORDER BY article_id"
    ),
}
