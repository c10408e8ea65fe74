"""The quick way of a page says what the slow one says.

The slow way is the reference: nothing is left out before the page is parsed, trafilatura is called from outside as
anybody calls it, and its other extractors are asked wherever the text leaves out half of the page's words.
Over our own pages the two must be equal; over corpora of real pages (``$PERILUNE_CORPORA``, else ``shared/corpora``
beside the repository; told where they are missing) nearly always, and where not, no worse by the score.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trafilatura
from lxml.html import HtmlElement, document_fromstring
from selectolax.lexbor import LexborHTMLParser

from archive.model import Extracted
from benchmarks.scores import Found, Truth, read_corpus, score
from pipelines import extract as extraction
from pipelines.body import blocks_of
from pipelines.decode import decoded
from pipelines.extract import extract, read
from pipelines.page import Hints, Rules
from pipelines.tree import UNREAD, flatten_layout_tables, is_data, parser, place_fragments

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "tests" / "fixtures" / "pages"
CORPORA = Path(os.environ.get("PERILUNE_CORPORA", ROOT.parent / "shared" / "corpora"))
STEP = int(os.environ.get("PERILUNE_CORPUS_STEP", "13"))  # every so manyth page of a corpus; 1 reads them all
MOST_DIFFERENT = 0.04  # of a corpus's pages; over all of them it is 0.01 and 0.03
MOST_LOST = 0.05  # of F1, on one page
SEEN = Hints(captured_at=datetime(2026, 7, 1, tzinfo=UTC))


def slow_tree(body: bytes) -> HtmlElement:
    """The whole page as parsed, comments and all; what browsers do not show is taken out of the tree."""
    html = LexborHTMLParser(decoded(body, None)).html or ""
    root = document_fromstring(html.encode(), parser=parser())
    for element in list(root.iter("script", *UNREAD)):
        if element.tag != "script" or not is_data(
            element.get("type") or "", element.get("id") or "", element.text or ""
        ):
            element.drop_tree()
    place_fragments(root)
    flatten_layout_tables(root)
    return root


def slow_look(root: HtmlElement, *, is_thorough: bool = False) -> list[str]:
    """trafilatura as anybody calls it."""
    document = trafilatura.bare_extraction(root, fast=not is_thorough, include_comments=False)
    return [block for block in blocks_of(document.body) if block] if document is not None else []


def slow_extract(body: bytes, url: str, monkeypatch: pytest.MonkeyPatch) -> Extracted:
    with monkeypatch.context() as patch:
        patch.setattr(extraction, "paragraphs_of", slow_look)
        patch.setattr(extraction, "DOUBTFUL_SHARE", 0.5)
        return read(slow_tree(body), url=url, hints=SEEN, rules=Rules())


def quick_extract(body: bytes, url: str) -> Extracted:
    return extract(body, url=url, charset=None, hints=SEEN, rules=Rules())


@pytest.mark.parametrize("page", sorted(PAGES.glob("*/page.html")), ids=lambda page: page.parent.name)
def test_our_own_pages_are_read_alike(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body, url = page.read_bytes(), f"https://{page.parent.name}.example/news/1"
    assert quick_extract(body, url) == slow_extract(body, url, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["articles-dev", "newspages-dev"])
def test_real_pages_are_read_alike_or_better(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (CORPORA / name / "truth.jsonl").is_file():
        pytest.skip(f"no corpus {name} in {CORPORA}: only our own pages are held against the slow way")
    pages = read_corpus(CORPORA / name)[::STEP]
    pairs = [(quick_extract(one.body, one.url), slow_extract(one.body, one.url, monkeypatch), one) for one in pages]
    assert [truth.id for quick, slow, truth in pairs if bare(quick) != bare(slow)] == []
    gains = {truth.id: gain(quick, slow, truth) for quick, slow, truth in pairs if quick.text != slow.text}
    assert len(gains) <= MOST_DIFFERENT * len(pages) + 1, gains
    assert min(gains.values(), default=0) >= -MOST_LOST, gains
    assert sum(gains.values()) / len(pages) >= -0.001, gains


def bare(page: Extracted) -> Extracted:
    """Without the text, and what is read off it."""
    return replace(page, text="", blocks=(), extractor="", credit_line=None, credit_url=None)


def gain(quick: Extracted, slow: Extracted, truth: Truth) -> float:
    """F1 of the quick way beyond that of the slow one."""
    ours, theirs = (score(Found(text=page.text), truth).f1 for page in (quick, slow))
    return (ours or 0.0) - (theirs or 0.0)
