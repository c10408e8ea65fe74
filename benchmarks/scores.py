"""How the benchmarks score a page against its truth, and how they read a corpus of pages with ground truth.

A corpus is a folder with ``truth.jsonl`` (one object a page: id, file, url, title, author, date, text and,
where known, with and without) and the pages it names, gzipped. A value that is null there is not scored.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

WORD = re.compile(r"\w+")
NOT_WORD = re.compile(r"[\W_]+")
UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")  # Thai, kana, Han: written without spaces
UNSPACED_SHARE = 0.2  # of the characters; from here a text is counted by characters
NO_URL = "http://unknown.example/"  # where truth names none; RFC 2606
BAD = 0.8  # F1; a page under it is counted as lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What annotators say of one page; None where they left a value open."""

    id: str
    file: Path
    url: str
    text: str | None
    title: str | None
    author: str | None
    date: str | None
    kept: tuple[str, ...] = ()
    """Snippets that must appear (``with``)."""
    leaks: tuple[str, ...] = ()
    """Snippets that must not appear (``without``)."""

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.file.read_bytes())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an extractor says of one page."""

    text: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: datetime | date | None = None
    """An aware instant, or a day; in the page's own zone where that is known."""
    changed: datetime | date | None = None
    """The same, of the last change."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One page's marks; None where truth leaves a value open."""

    id: str
    f1: float | None
    precision: float | None
    recall: float | None
    is_empty: bool
    kept: tuple[int, int]
    """Snippets found, snippets asked."""
    leaked: tuple[int, int]
    title: bool | None
    author: bool | None
    day: bool | None
    day_or_change: bool | None
    """As ``day``, where a page that names no day of publication is given that of its last change."""
    invented_author: bool | None
    """Where truth names none: did the extractor?"""
    invented_date: bool | None


def read_corpus(folder: Path) -> list[Truth]:
    """Every page of the corpus, in its order. Exits with 2 and a message on stderr when the folder is none."""
    try:
        lines = (folder / "truth.jsonl").read_text("utf-8").split("\n")  # not splitlines: U+2028 is no line end here
    except OSError as exc:
        print(f"{folder}: not a corpus: {exc.strerror}: {exc.filename}", file=sys.stderr)
        raise SystemExit(2) from exc
    return [truth_of(json.loads(line), folder) for line in lines if line.strip()]


def truth_of(row: dict[str, object], folder: Path) -> Truth:
    def text(key: str) -> str | None:
        value = row.get(key)
        return str(value) if value is not None else None

    def snippets(key: str) -> tuple[str, ...]:
        value = row.get(key)
        return tuple(str(one) for one in value) if isinstance(value, list) else ()

    return Truth(
        id=str(row["id"]),
        file=folder / str(row["file"]),
        url=text("url") or NO_URL,
        text=text("text"),
        title=text("title"),
        author=text("author"),
        date=text("date"),
        kept=snippets("with"),
        leaks=snippets("without"),
    )


def score(found: Found, truth: Truth) -> Score:
    """The page's marks."""
    f1, precision, recall = overlap(found.text, truth.text) if truth.text else (None, None, None)
    line = one_line(found.text)
    return Score(
        id=truth.id,
        f1=f1,
        precision=precision,
        recall=recall,
        is_empty=not line,
        kept=(sum(one_line(one) in line for one in truth.kept), len(truth.kept)),
        leaked=(sum(one_line(one) in line for one in truth.leaks), len(truth.leaks)),
        title=None if truth.title is None else folded(found.title or "") == folded(truth.title),
        author=None if truth.author is None else same_people(found.authors, truth.author),
        day=None if truth.date is None else same_day(found.date, truth.date),
        day_or_change=None if truth.date is None else same_day(found.date or found.changed, truth.date),
        invented_author=bool(found.authors) if truth.author is None else None,
        invented_date=found.date is not None if truth.date is None else None,
    )


def tokens(text: str) -> list[str]:
    """Words in lower case; characters for writing without spaces."""
    lower = text.lower()
    if len(UNSPACED.findall(lower)) > UNSPACED_SHARE * max(1, len(lower)):
        return [char for char in lower if char.isalnum()]
    return WORD.findall(lower)


def overlap(text: str, truth: str) -> tuple[float, float, float]:
    """F1, precision and recall of the multisets of words."""
    ours, theirs = Counter(tokens(text)), Counter(tokens(truth))
    common = (ours & theirs).total()
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / ours.total(), common / theirs.total()
    return 2 * precision * recall / (precision + recall), precision, recall


def one_line(text: str) -> str:
    return " ".join(text.split())


def folded(text: str) -> str:
    """Case, white space and punctuation do not count."""
    return NOT_WORD.sub(" ", text.casefold()).strip()


def same_people(authors: Sequence[str], truth: str) -> bool:
    return {folded(name) for name in authors} == {folded(name) for name in truth.split(";") if name.strip()}


def same_day(found: datetime | date | None, truth: str) -> bool:
    """The day where truth names a day; within 24 hours where it names an instant."""
    if found is None:
        return False
    if len(truth) <= 10:
        day = found.date() if isinstance(found, datetime) else found
        return day.isoformat() == truth
    instant = datetime.fromisoformat(truth)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    if not isinstance(found, datetime):
        return abs(found - instant.date()) <= timedelta(days=1)
    return abs(found - instant) <= timedelta(hours=24)


def mean(values: Sequence[float | bool | None]) -> float:
    """Of those that are not None; not a number when there is none."""
    present = [value for value in values if value is not None]
    return sum(present) / len(present) if present else float("nan")


def share(pairs: Sequence[tuple[int, int]]) -> float:
    """Sum of the first over sum of the second; not a number when nothing was asked."""
    asked = sum(total for _, total in pairs)
    return sum(hit for hit, _ in pairs) / asked if asked else float("nan")
