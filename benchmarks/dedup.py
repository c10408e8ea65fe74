"""Are copies found, and what only looks like one left alone? What does it cost, and does it stay fast?

    python -m benchmarks.dedup --corpus DIR [--corpus DIR …]
    python -m benchmarks.dedup --size 1000000 [--database URL]

With a corpus: pairs made of its texts (:mod:`benchmarks.copies`), how many of each kind are linked, precision and
recall, links among the texts as they are, and the CPU time of a sketch and of a comparison. With a size: the p95 of
look-ups in an archive of 1,000 articles and of ten times as many, up to the size, and bytes of index an article; in a
temporary SQLite file unless ``--database`` names an empty database.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.orm import Session

from archive.database import open_engine
from archive.migrate import upgrade
from archive.rows.kinship import sharing
from archive.schema import SketchRow
from benchmarks.copies import EDITS, NEGATIVES, Pair, pairs
from benchmarks.scores import read_corpus
from pipelines.similarity import SKETCH, Similarity, shingled

LOOKUPS = 400
FORMULAS = 200  # hashes that many articles share, as standing phrases are
BATCH = 20_000  # articles a transaction


def is_linked(pair: Pair, similarity: Similarity) -> bool:
    """Found by its sketch, and confirmed by comparison."""
    shares = set(similarity.sketch(pair.first)) & set(similarity.sketch(pair.second))
    return bool(shares) and similarity.compare(pair.first, pair.second) is not None


def quality(texts: Sequence[str], seed: int) -> None:
    """Print the table of kinds, then precision and recall."""
    similarity = Similarity()
    counts: dict[str, list[int]] = {kind: [0, 0] for kind in (*EDITS, *NEGATIVES)}
    for pair in pairs(texts, seed=seed):
        counts[pair.kind][0] += 1
        counts[pair.kind][1] += is_linked(pair, similarity)
    print(f"{'pairs':<30} {'made':>6} {'linked':>7} {'share':>7}")
    for kind, (made, linked) in counts.items():
        print(f"{kind:<30} {made:>6} {linked:>7} {linked / max(made, 1):>7.4f}")
    right, copies = (sum(counts[kind][place] for kind in EDITS) for place in (1, 0))
    wrong, others = (sum(counts[kind][place] for kind in NEGATIVES) for place in (1, 0))
    print(f"precision {right / max(right + wrong, 1):.4f}, recall {right / max(copies, 1):.4f}, ", end="")
    print(f"others linked {wrong / max(others, 1):.4f}; links among the {len(texts)} texts as they are: {among(texts)}")


def among(texts: Sequence[str]) -> int:
    """Pairs of different texts of the corpus that are linked."""
    similarity = Similarity()
    holders: dict[int, list[int]] = {}
    found: set[tuple[int, int]] = set()
    for number, one in enumerate(texts):
        near = {other for value in similarity.sketch(one) for other in holders.get(value, ())}
        found |= {(other, number) for other in near if similarity.compare(one, texts[other]) is not None}
        for value in similarity.sketch(one):
            holders.setdefault(value, []).append(number)
    return sum(texts[first] != texts[second] for first, second in found)


def cost(texts: Sequence[str]) -> None:
    """Print CPU milliseconds a thousand words."""
    thousands = sum(shingled(one).tokens for one in texts) / 1000
    similarity = Similarity()
    sketching, comparing = [], []
    for _ in range(5):
        shingled.cache_clear()
        start = time.process_time()
        for one in texts:
            similarity.sketch(one)
        sketching.append((time.process_time() - start) * 1000 / thousands)
        edited = [pair for pair in islice(pairs(texts), 300) if pair.kind.startswith("words swapped")]
        words = sum(shingled(pair.first).tokens for pair in edited) / 1000
        shingled.cache_clear()
        start = time.process_time()
        for pair in edited:
            similarity.sketch(pair.first)
            similarity.compare(pair.first, pair.second)
        comparing.append((time.process_time() - start) * 1000 / words)
    print(f"CPU a 1,000 words: sketch {statistics.median(sketching):.2f} ms, ", end="")
    print(f"with the comparison with an edited copy {statistics.median(comparing):.2f} ms (medians of 5)")


def sketches(dice: random.Random, start: int, count: int) -> Iterator[dict[str, int]]:
    """Rows of made-up articles: hashes of their own, and now and then a formula's."""
    for article_id in range(start, start + count):
        own = {dice.getrandbits(63) for _ in range(SKETCH - 1)} | {dice.randrange(FORMULAS) ** 2}
        yield from ({"hash": value, "article_id": article_id} for value in own)


def lookups(engine: Engine, dice: random.Random, held: int) -> list[float]:
    """Milliseconds of single look-ups: half of them copies of an article that is held."""
    times = []
    with Session(engine) as session:
        known = text("SELECT hash FROM sketch WHERE hash >= :start ORDER BY hash LIMIT 5")
        for number in range(LOOKUPS):
            own = [dice.getrandbits(63) for _ in range(SKETCH - 1)] + [dice.randrange(FORMULAS) ** 2]
            if number % 2:
                own[:5] = [row[0] for row in session.execute(known, {"start": dice.getrandbits(62)})]
            start = time.perf_counter()
            sharing(session, own)
            times.append((time.perf_counter() - start) * 1000)
    return times


def growth(database_url: str, size: int) -> None:
    """Print a line for every size."""
    engine, dice, held, target = open_engine(database_url), random.Random(5), 0, 1_000
    upgrade(engine)
    print(f"{'articles':>10} {'median ms':>10} {'p95 ms':>8} {'bytes':>7}")
    while held < size:
        target = min(target, size)
        while held < target:
            count = min(BATCH, target - held)
            with engine.begin() as connection:
                connection.execute(insert(SketchRow), list(sketches(dice, held + 1, count)))
            held += count
        analyse(engine)
        times = sorted(lookups(engine, dice, held))
        with engine.connect() as connection:
            size_bytes = index_bytes(connection)
        print(f"{held:>10} {statistics.median(times):>10.2f} {times[int(len(times) * 0.95)]:>8.2f} ", end="")
        print(f"{size_bytes / held + SKETCH * 8:>7.0f}", flush=True)
        target *= 10
    engine.dispose()


def analyse(engine: Engine) -> None:
    """What autovacuum does on a server at work."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE sketch"))


def index_bytes(connection: Connection) -> int:
    """Of the sketches, in the database."""
    if connection.dialect.name == "postgresql":
        return connection.execute(text("SELECT pg_total_relation_size('sketch')")).scalar_one()
    return connection.execute(text("SELECT sum(pgsize) FROM dbstat WHERE name = 'sketch'")).scalar_one()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", type=Path, default=[], help="folder with truth.jsonl")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=0, help="articles of the largest made-up archive")
    parser.add_argument("--database", help="an empty one; default: a temporary SQLite file")
    args = parser.parse_args()
    if not args.corpus and not args.size:
        parser.error("nothing to measure: give --corpus DIR or --size N")
    texts = [truth.text for corpus in args.corpus for truth in read_corpus(corpus) if truth.text]
    if texts:
        quality(texts, args.seed)
        cost(texts)
    if args.size:
        with tempfile.TemporaryDirectory() as folder:
            growth(args.database or f"sqlite:///{folder}/archive.db", args.size)


if __name__ == "__main__":
    main()
