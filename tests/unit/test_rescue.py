"""jusText's paragraphs as it would give them itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from justext import core, paragraph, utils
from justext.utils import get_stoplist, get_stoplists
from lxml.html import HtmlElement, fromstring
from trafilatura.external import try_justext

from pipelines.rescue import NEEDLESS, remember_rescues, stop_words
from pipelines.tree import tree_of

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
WRITTEN = """<html><body><h1>Tug\xa0 reaches \r\n orbit</h1><p>The tug   fired its engine\tfor three minutes and then
  it left\u2003 for the moon, <a href="/m">which it</a> will reach on Friday with all that it has on board of it.</p>
<div>one<br><br>two <br> three</div><form><select><option>The one</option></select></form><p>\xa9 The Gazette</p>
<p>Ο ΣΤΑΘΜΟΣ ΚΑΙ ΤΟ</p><ul><li>a</li><li> b\n\nc </li></ul></body></html>"""


def paragraphs(tree: HtmlElement, words: frozenset[str]) -> list[tuple[str, str, int, float]]:
    found = core.ParagraphMaker.make_paragraphs(tree)
    core.classify_paragraphs(found, words, 50, 150, 0.1, 0.2, 0.25, True)
    core.revise_paragraph_classification(found, 150)
    return [(one.text, one.class_type, one.chars_count_in_links, one.stopwords_density(words)) for one in found]


def trees() -> list[HtmlElement]:
    pages = [page.read_bytes().decode("utf-8", "replace") for page in sorted(PAGES.glob("*/page.html"))]
    return [fromstring(WRITTEN), *map(tree_of, pages)]


def test_paragraphs_are_jus_texts_own(monkeypatch: pytest.MonkeyPatch) -> None:
    words = frozenset(get_stoplist("English") | get_stoplist("Greek"))
    remember_rescues()
    ours = [paragraphs(tree, words) for tree in trees()]
    assert utils.MULTIPLE_WHITESPACE_PATTERN is NEEDLESS
    monkeypatch.setattr(core, "Paragraph", paragraph.Paragraph)
    monkeypatch.setattr(utils, "MULTIPLE_WHITESPACE_PATTERN", re.compile(r"\s+"))
    assert ours == [paragraphs(tree, words) for tree in trees()]
    assert ours[0][0][0] == "Tug reaches\norbit"
    assert {kind for page in ours for _, kind, _, _ in page} == {"good", "bad"}


def test_stop_words_are_those_of_all_its_languages() -> None:
    assert stop_words() == {word for language in get_stoplists() for word in get_stoplist(language)}


def test_trafilatura_asks_it_so() -> None:
    remember_rescues()
    body = try_justext(tree_of(f"<p>{'The tug and the crew of it were on the way to the moon. ' * 9}</p>"), None, None)
    assert [one.text[:23] for one in body] == ["The tug and the crew of"]
