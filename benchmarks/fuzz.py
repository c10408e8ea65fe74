"""Whether any question breaks the web side: random query strings and random parameters, put to every address.

``python -m benchmarks.fuzz HOME [--queries 10000] [--seed 1]``. Every answer must be 200, 302, or a 400 or 404 that
says why in JSON. Prints how many of each status a path gave, and every request that gave anything else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from starlette.types import ASGIApp

from archive.config import load_config
from archive.opening import reading_engine
from archive.web.app import create_app
from archive.web.operations import OPERATIONS
from tests.web import Answer, asked

PATHS = ("/", "/pictures", "/feed", "/v4/articles/", "/v4/blogs/", "/api/articles", "/api/facets", "/api/timeline")
PIECES = (
    "moon", "launch", "луна", "月球", "a", "*", '"', '"sample return"', "(", ")", " ", " OR ", " AND ", " NOT ", "-",
    " NEAR ", " NEAR/3 ", " NEAR/99 ", "lang:", "lang:en", "source:", "source:x", "after:", "after:2025-13",
    "on:2025-02",
    "before:99999", "words>:", "words>9", "words<", "has:copy", "has:", "story:1", "story:-1", "state:live",
    "author:",
    'author:"Jane Doe"', "title:", "tag:a*", "\x00", "\ud800", "\u202e", "🚀", "%", "_", "'", "\\", ";", "--", "\n",
    ":", "::", "0", "9" * 25, "e\u0301", "ß", "\ue000", "re:invent", "https://x.example/", "x" * 300,
)  # fmt: skip
VALUES = (
    "", "0", "1", "-1", "1e3", "9" * 30, "true", "maybe", "x", "\x00", "2025-03-12", "2025-99-99", "r1.5_3", "n1.2",
    "newest", "recent", "year", "csv", "jsonl", "source,kind", "..", "%", "é",
)  # fmt: skip
FINE = (200, 302, 400, 404)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home")
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    config = load_config({}, home=given.home, database=None)
    engine = reading_engine(config)
    app = create_app(engine, warc_dir=Path(given.home) / "warc")
    start = time.perf_counter()
    told, broken = asyncio.run(put(app, requests(given.queries, random.Random(given.seed))))
    engine.dispose()
    print(f"{sum(told.values()):,} requests in {time.perf_counter() - start:.0f} s")
    for (path, status), count in sorted(told.items()):
        print(f"{path:<32}{status:>5}{count:>8,}")
    for target, answer in broken[:20]:
        print(f"broken: {target[:300]!r}: {answer.status} {answer.body[:200]!r}")
    print(f"broken: {len(broken)}")
    return int(bool(broken))


def requests(count: int, dice: random.Random) -> list[str]:
    """Half of them random queries, the other half random values for what each operation takes."""
    found = []
    for number in range(count):
        if number % 2:
            found.append(f"{dice.choice(PATHS)}?{'search' if number % 8 == 1 else 'q'}={escaped(query(dice))}")
            continue
        operation = dice.choice(OPERATIONS)
        path, params = operation.path, []
        for parameter in operation.parameters:
            value = query(dice) if parameter.name == "q" else dice.choice(VALUES)
            if f"{{{parameter.name}}}" in path:
                path = path.replace(f"{{{parameter.name}}}", escaped(value or "1"))
            elif dice.random() < 0.5:
                params.append(f"{parameter.name}={escaped(value)}")
        found.append(f"{path}?{'&'.join(params)}")
    return found


def query(dice: random.Random) -> str:
    return "".join(dice.choice(PIECES) for _ in range(dice.randint(1, 7)))


def escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


async def put(app: ASGIApp, targets: list[str]) -> tuple[Counter[tuple[str, int]], list[tuple[str, Answer]]]:
    told: Counter[tuple[str, int]] = Counter()
    broken = []
    for target in targets:
        answer = await asked(app, target, "GET", {"host": "here:8000", "accept": "application/json"})
        told[(shape(target), answer.status)] += 1
        if not is_fine(answer):
            broken.append((target, answer))
    return told, broken


def shape(target: str) -> str:
    parts = target.partition("?")[0].split("/")
    return "/".join(parts[:3])


def is_fine(answer: Answer) -> bool:
    if answer.status not in FINE:
        return False
    if answer.status in (200, 302):
        return True
    said = json.loads(answer.body)
    return bool(said.get("detail")) if isinstance(said, dict) and "detail" in said else bool(said)


if __name__ == "__main__":
    sys.exit(main())
