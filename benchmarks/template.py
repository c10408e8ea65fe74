"""How clean are the articles of a site that prints lines of its own round each, and does its prose survive?

    python -m benchmarks.template [--articles 20]

Archives made-up sites (``tests/recurring.py``) through the real store, one database each, and counts in what is kept:
blocks that are not the article's (left), the article's that are not there (missing), and how often quotations and
introductions that recur in the prose survived. Beside it the same without a template, as the first article of a site
is read.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from archive.database import open_engine, reading
from archive.migrate import ensure_schema
from archive.schema import ArticleRow
from archive.store import Store
from pipelines.dedup import decide
from pipelines.extract import extract
from pipelines.normalise import article_from
from pipelines.page import Hints, Rules
from pipelines.template import Template
from tests.builders import a_capture, a_discovered, a_source
from tests.recurring import SITES, Site

STARTED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a site's archived articles hold that is not theirs, and lack that is."""

    left: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    recurring: int = 0
    """Blocks of the articles' own that stand in more than one of them, and are there."""


def archived(engine: Engine, site: Site, count: int) -> list[list[str]]:
    """The blocks of each article as the archive holds them after ``count`` articles of the site."""
    store = Store(engine)
    store.record_sources([a_source()], STARTED)
    run = store.start_run("benchmark", software="perilune/benchmark", now=STARTED)
    for number in range(count):
        url = f"https://alpha.example/news/{number}"
        at = STARTED + timedelta(minutes=number)
        page = extract(site.page(number).encode(), url=url, charset="utf-8", hints=Hints(captured_at=at), rules=Rules())
        found = a_discovered(url)
        article = article_from(page, discovered=found, capture=a_capture(url, captured_at=at))
        store.save(run, found, article, decide, at, cleaner=Template())
    with reading(engine) as session:
        return [row.text.split("\n\n") for row in session.scalars(select(ArticleRow).order_by(ArticleRow.id))]


def tally(site: Site, texts: Sequence[Sequence[str]]) -> Tally:
    truths = [site.truth(number) for number in range(len(texts))]
    every = [block for truth in truths for block in truth]
    twice = {block for block in every if every.count(block) > 1}
    pairs = list(zip(texts, truths, strict=True))
    return Tally(
        left=tuple(block for text, truth in pairs for block in text if block not in truth),
        missing=tuple(block for text, truth in pairs for block in truth if block not in text),
        recurring=sum(block in twice and block in text for text, truth in pairs for block in truth),
    )


def untaught(site: Site, count: int) -> list[list[str]]:
    """The blocks of each article as it is read without any history."""
    pages = (site.page(number).encode() for number in range(count))
    found = (extract(one, url="https://a.example/n", charset="utf-8", hints=Hints(), rules=Rules()) for one in pages)
    return [one.text.split("\n\n") for one in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20, help="of each site")
    options = parser.parse_args()
    print(f"{'site':<10} {'left':>5} {'missing':>8} {'recurring prose kept':>21} {'left without history':>21}")
    for site in SITES:
        with tempfile.TemporaryDirectory() as folder:
            engine = open_engine(f"sqlite:///{Path(folder) / 'archive.db'}")
            ensure_schema(engine)
            found = tally(site, archived(engine, site, options.articles))
            engine.dispose()
        without = tally(site, untaught(site, options.articles))
        counts = f"{len(found.left):5d} {len(found.missing):8d} {found.recurring:21d} {len(without.left):21d}"
        print(f"{site.name:<10} {counts}")
        for block in sorted({*found.left}):
            print(f"    left: {block[:100]}")
        for block in sorted({*found.missing}):
            print(f"    missing: {block[:100]}")


if __name__ == "__main__":
    main()
