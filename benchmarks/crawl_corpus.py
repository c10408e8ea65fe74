"""Does a crawl of real pages end in an archive of clean articles?

    python benchmarks/crawl_corpus.py --corpus DIR [--limit N] [--keep HOME]

Serves a corpus's pages on loopback behind feeds and sitemaps, crawls them with the ordinary command into a fresh
archive, and prints what was archived, what was rejected and why, how the archived text compares with the truth,
and pages a second. ``--keep HOME`` leaves the archive there to be looked at (``perilune show ID --home HOME``).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from archive.database import open_engine
from archive.schema import OutcomeRow
from benchmarks.corpus_site import ID_OF_PATH, served, write_sources
from benchmarks.scores import BAD, Found, Score, Truth, mean, read_corpus, score, share

TIMEOUT_S = 3600  # of one command; 793 pages take some three minutes on two cores
LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+")

Exported = dict[str, Any]  # Any: JSON values, as docs/formats.md lists them


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A page that did not become an article."""

    id: str
    outcome: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawled:
    """What one crawl made of the pages."""

    exit_code: int
    seconds: float
    """Wall clock of the crawl, starting and ending it included."""
    articles: Mapping[str, Exported]
    """By page id."""
    merged: Mapping[str, str]
    """Page id → id of the page whose article it was taken for."""
    dropped: Sequence[Dropped]
    fetched_twice: Sequence[str]
    """Targets that were asked for more than once."""
    said: str
    """What the command wrote to standard error."""


def crawl(pages: Sequence[Truth], home: Path) -> Crawled:
    """Serve the pages, crawl them into ``home``, and read back what was kept."""
    with served(pages) as servers:
        write_sources(home / "sources", servers)
        started = time.monotonic()
        run = perilune("crawl", "--all", "--json", "--sources", str(home / "sources"), "--allow-private", home=home)
        seconds = time.monotonic() - started
        asked = Counter(f"{one.address}{one.target}" for server in servers.values() for one in server.log)
    articles, merged = by_page(exported(home), [page.id for page in pages])
    return Crawled(
        exit_code=run.returncode,
        seconds=seconds,
        articles=articles,
        merged=merged,
        dropped=dropped(home),
        fetched_twice=[target for target, times in asked.items() if times > 1],
        said=run.stderr,
    )


def perilune(*args: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with no PERILUNE_* of the machine's."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}
    command = [sys.executable, "-m", "crawler", *args, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=TIMEOUT_S, check=False)


def exported(home: Path) -> list[Exported]:
    """Every article of the archive; raises ``SystemExit`` when there is none to read."""
    run = perilune("export", "--format", "jsonl", "-", home=home)
    if run.returncode:
        raise SystemExit(f"export failed with {run.returncode}: {run.stderr}")
    return [json.loads(line) for line in run.stdout.split("\n") if line]


def by_page(articles: Sequence[Exported], ids: Sequence[str]) -> tuple[dict[str, Exported], dict[str, str]]:
    """(page id → its article, page id → page id whose article it was merged with), by the addresses of each article."""
    known = set(ids)
    found: dict[str, Exported] = {}
    merged: dict[str, str] = {}
    for article in articles:
        first, *others = list(dict.fromkeys(page_ids([article["url"], *article["aliases"]], known))) or [""]
        if first:
            found[first] = article
        merged.update(dict.fromkeys(others, first))
    return found, merged


def page_ids(urls: Sequence[str], known: set[str]) -> list[str]:
    """Ids of the pages at these addresses; an address that is no page's is passed over."""
    hits = (ID_OF_PATH.match(parts.path) for url in urls if LOOPBACK.fullmatch((parts := urlsplit(url)).hostname or ""))
    return [hit[1] for hit in hits if hit and hit[1] in known]


def dropped(home: Path) -> list[Dropped]:
    """Every address of the last run that was rejected, failed or put off."""
    engine = open_engine(f"sqlite:///{home}/archive.db", read_only=True)
    columns = (OutcomeRow.url, OutcomeRow.outcome, OutcomeRow.reason, OutcomeRow.detail)
    statement = select(*columns).where(OutcomeRow.outcome.in_(("rejected", "failed", "deferred", "endpoint_failed")))
    with engine.connect() as connection:
        rows = connection.execute(statement).all()
    engine.dispose()
    return [
        Dropped(id=id_of(url), outcome=outcome, reason=reason or "", detail=detail or "")
        for url, outcome, reason, detail in rows
    ]


def id_of(url: str) -> str:
    hit = ID_OF_PATH.match(urlsplit(url).path)
    return hit[1] if hit else url


def scores_of(crawled: Crawled, pages: Sequence[Truth]) -> list[Score]:
    """Marks of the pages that were archived under their own id."""
    return [score(found_in(crawled.articles[page.id]), page) for page in pages if page.id in crawled.articles]


def found_in(article: Exported) -> Found:
    stamp = article["published_at"]
    day: date | None = None
    if stamp:
        is_day = article["published_at_precision"] == "day"
        day = date.fromisoformat(stamp[:10]) if is_day else datetime.fromisoformat(stamp)
    return Found(text=article["text"], title=article["title"], authors=tuple(article["authors"]), date=day)


def report(crawled: Crawled, pages: Sequence[Truth]) -> str:
    """The table."""
    marks = scores_of(crawled, pages)
    gone = [one for one in crawled.dropped if one.outcome != "endpoint_failed"]
    lost = sorted({page.id for page in pages} - crawled.articles.keys() - crawled.merged.keys() - {x.id for x in gone})
    copies = sum(article["duplicate_of"] is not None for article in crawled.articles.values())
    f1 = [one.f1 for one in marks]
    over_all = [value for value in f1 if value is not None] + [0.0 for one in gone]
    lines = [
        f"pages          {len(pages)}",
        f"archived       {len(crawled.articles)} ({copies} of them linked as copies)",
        f"merged         {len(crawled.merged)} {pairs(crawled.merged)}",
        f"not archived   {len(gone)} ({', '.join(f'{name} {n}' for name, n in reasons(gone)) or 'none'})",
        f"lost           {len(lost)} {' '.join(lost[:20])}",
        f"fetched twice  {len(crawled.fetched_twice)} {' '.join(crawled.fetched_twice[:5])}",
        f"body F1        {mean(f1):.4f} of those archived, {mean(over_all):.4f} with those not archived as 0",
        f"precision      {mean([one.precision for one in marks]):.4f}",
        f"recall         {mean([one.recall for one in marks]):.4f}",
        f"under {BAD}      {sum(value is not None and value < BAD for value in f1)}",
        f"with, leaked   {share([one.kept for one in marks]):.3f}, {share([one.leaked for one in marks]):.3f}",
        f"title          {mean([one.title for one in marks]):.3f}",
        f"author         {mean([one.author for one in marks]):.3f}",
        f"day            {mean([one.day for one in marks]):.3f}",
        f"seconds        {crawled.seconds:.1f} ({len(pages) / crawled.seconds:.1f} pages a second)",
        f"exit code      {crawled.exit_code}",
    ]
    return "\n".join(line.rstrip() for line in lines)


def reasons(gone: Sequence[Dropped]) -> list[tuple[str, int]]:
    """Reason → how often, most frequent first."""
    return Counter(one.reason for one in gone).most_common()


def pairs(merged: Mapping[str, str]) -> str:
    return " ".join(f"{page}={other}" for page, other in sorted(merged.items())[:20])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with truth.jsonl")
    parser.add_argument("--limit", type=int, help="N pages, evenly over the corpus")
    parser.add_argument("--keep", type=Path, metavar="HOME", help="crawl into this new folder and leave it")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    return parser.parse_args()


def as_json(crawled: Crawled, pages: Sequence[Truth]) -> str:
    """What CI looks at."""
    marks = scores_of(crawled, pages)
    return json.dumps(
        {
            "pages": len(pages),
            "archived": len(crawled.articles),
            "merged": dict(crawled.merged),
            "dropped": [[one.id, one.outcome, one.reason, one.detail] for one in crawled.dropped],
            "fetched_twice": list(crawled.fetched_twice),
            "f1": mean([one.f1 for one in marks]),
            "seconds": round(crawled.seconds, 1),
            "exit_code": crawled.exit_code,
        }
    )


def main() -> None:
    options = arguments()
    pages = read_corpus(options.corpus)
    if options.limit and options.limit < len(pages):
        pages = [pages[place * len(pages) // options.limit] for place in range(options.limit)]
    if options.keep and options.keep.exists() and any(options.keep.iterdir()):
        raise SystemExit(f"{options.keep}: not empty; name a new folder")
    with tempfile.TemporaryDirectory() as folder:
        crawled = crawl(pages, (options.keep or Path(folder)).resolve())
    if options.json:
        print(as_json(crawled, pages))
        return
    print(f"{options.corpus.name}\n{report(crawled, pages)}")
    for one in crawled.dropped:
        print(f"  {one.outcome} {one.id}: {one.reason} {one.detail}".rstrip())
    if crawled.exit_code:
        raise SystemExit(f"the crawl ended with {crawled.exit_code}:\n{crawled.said[-3000:]}")


if __name__ == "__main__":
    main()
