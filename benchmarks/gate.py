"""How well the quality gate tells articles from pages that are none.

    python -m benchmarks.gate --corpus ../shared/corpora/articles-dev

Three sets: the articles of the corpora, which must pass; the pages of ``tests/negatives.py``, which must be refused
under their own name; and those negatives transplanted: set in place of the article into the corpora's pages, whose
menus, teasers, footers and scripts nobody wrote for the gate.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from lxml.html import HtmlElement, tostring

from benchmarks.scores import Truth, read_corpus
from pipelines.chrome import drop, text_of
from pipelines.decode import decoded
from pipelines.extract import extract
from pipelines.page import Hints, Rules
from pipelines.prose import squeezed
from pipelines.quality import assess
from pipelines.tree import tree_of
from tests.negatives import NEGATIVES, Negative

PASSED = "passed"
LEAF = frozenset("p li h2 h3 h4 h5 h6 blockquote td dd dt pre".split())
MIN_CHARS = 25  # of a text without spaces; a shorter one stands in the chrome as well
MIN_WORDS = 60  # of an article; of a shorter one the corpora's truth is a teaser or a caption
HOME_SHARE = 0.9  # of the article's elements that its home must hold


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gate said of a page: the reason, or ``PASSED``; and what it should have said."""

    name: str
    verdict: str
    expected: str = PASSED


def judge(body: bytes, url: str, charset: str | None = None) -> str:
    refused = assess(extract(body, url=url, charset=charset, hints=Hints(), rules=Rules()), url=url)
    return PASSED if refused is None else refused.reason


def article(truth: Truth) -> Judged:
    return Judged(truth.id, judge(truth.body, truth.url))


def transplanted(pair: tuple[Truth, Negative]) -> Judged | None:
    """The negative in the chrome of a real page; None where the page's article can't be told from its chrome."""
    truth, negative = pair
    root = tree_of(decoded(truth.body, None))
    if (home := home_of(root, truth)) is None:
        return None
    for element in [*root.iter("script", "meta", "title", "h1", "time")]:
        drop(element)
    graft = tree_of(negative.html)
    home.clear()
    for part in graft.find(".//main"):
        home.append(part)
    head, title = root.find("head"), graft.find(".//title")
    if head is not None and title is not None:
        head.append(title)
    whole = tostring(root, encoding="utf-8", doctype="<!DOCTYPE html>")
    return Judged(
        f"{negative.reason}: {negative.name} in {truth.id}", judge(whole, negative.url, "utf-8"), negative.reason
    )


def home_of(root: HtmlElement, truth: Truth) -> HtmlElement | None:
    """The deepest element that holds nearly all of the elements that are nothing but the article's text."""
    own = squeezed(truth.text or "")
    weights: Counter[HtmlElement] = Counter()
    total = 0
    for element in root.iter(*LEAF):
        text = squeezed(text_of(element))
        if len(text) >= MIN_CHARS and text in own:
            total += len(text)
            weights.update(dict.fromkeys(element.iterancestors(), len(text)))
    if total < len(own) / 2:
        return None
    enough = [element for element, weight in weights.items() if weight >= HOME_SHARE * total]
    home = max(enough, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)
    return None if home is None or home.tag in ("body", "html") else home


def in_order(pages: Sequence[Truth]) -> list[tuple[Truth, Negative]]:
    """Each page with a negative that has a body to transplant, all of them in turn."""
    bodies = [one for one in NEGATIVES if "<main>" in one.html]
    return list(zip(pages, cycle(bodies), strict=False))


def report(title: str, found: Sequence[Judged]) -> Iterator[str]:
    refused = [one for one in found if one.verdict != PASSED]
    named = sum(one.verdict == one.expected for one in refused)
    share = len(refused) / max(1, len(found))
    yield f"{title}: {len(found)} pages, refused {len(refused)} ({share:.3f}), rightly named {named}"
    for expected in sorted({one.expected for one in found}):
        verdicts = Counter(one.verdict for one in found if one.expected == expected)
        yield f"    {expected:<13}" + ", ".join(f"{name} {count}" for name, count in verdicts.most_common())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", type=Path, required=True, help="folder with truth.jsonl")
    parser.add_argument("--names", action="store_true", help="name the pages that were judged wrongly")
    args = parser.parse_args()
    truths = [
        one for corpus in args.corpus for one in read_corpus(corpus) if len((one.text or "").split()) >= MIN_WORDS
    ]
    with ProcessPoolExecutor() as pool:
        articles = list(pool.map(article, truths, chunksize=8))
        grafts = [one for one in pool.map(transplanted, in_order(truths), chunksize=8) if one is not None]
    written = [
        Judged(f"{one.reason}: {one.name}", judge(one.html.encode(), one.url, "utf-8"), one.reason) for one in NEGATIVES
    ]
    for title, found in (("articles", articles), ("written negatives", written), ("transplanted negatives", grafts)):
        print(*report(title, found), sep="\n")
    refused = sum(one.verdict != PASSED for one in (*grafts, *written))
    false = sum(one.verdict != PASSED for one in articles)
    print(f"precision {refused / (refused + false):.4f}  recall {refused / (len(grafts) + len(written)):.4f}")
    wrong = [one for one in (*articles, *written, *grafts) if (one.verdict == PASSED) != (one.expected == PASSED)]
    if args.names:
        print(*(f"{one.verdict:<13}{one.name}" for one in wrong), sep="\n")


if __name__ == "__main__":
    main()
