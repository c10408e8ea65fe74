"""When one look at a page is enough, and when trafilatura's other extractors are asked too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines import extract as extraction
from pipelines.extract import extract
from pipelines.page import Hints, Rules

SENTENCE = "The probe sent picture number {} of the crater on Monday, and engineers had waited for it since March."


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Whether each look was thorough."""
    seen: list[bool] = []
    original = extraction.paragraphs_of

    def look(root, *, is_thorough: bool = False) -> list[str]:
        seen.append(is_thorough)
        return original(root, is_thorough=is_thorough)

    monkeypatch.setattr(extraction, "paragraphs_of", look)
    yield seen


def text_of(html: str) -> str:
    page = f"<html><head><title>Probe</title></head><body>{html}</body></html>".encode()
    return extract(page, url="https://moon.example/1", charset=None, hints=Hints(), rules=Rules()).text


def test_a_plain_article_is_looked_at_once(looks: list[bool]) -> None:
    sentences = [SENTENCE.format(number) for number in range(12)]
    html = "<article><h1>Probe</h1>" + "".join(f"<p>{one}</p>" for one in sentences) + "</article>"
    assert text_of(html) == "\n\n".join(sentences)
    assert looks == [False]


def test_a_page_whose_marked_part_is_a_teaser_is_looked_at_thoroughly(looks: list[bool]) -> None:
    sentences = [SENTENCE.format(number) for number in range(40)]
    rest = "".join(f"<p>{one}</p>" for one in sentences[3:])
    text = text_of(f'<div class="post-content"><p>{" ".join(sentences[:3])}</p></div><div class="rest">{rest}</div>')
    assert looks == [False, True]
    assert text.split("\n\n")[-1] == sentences[39]


def test_paragraphs_that_an_extractor_ran_together_are_parted_again(looks: list[bool]) -> None:
    sentences = [SENTENCE.format(number) for number in range(40)]
    rest = "".join(f"<p>{one}</p>" for one in sentences[3:])
    text = text_of(f'<div class="post-content"><p>{" ".join(sentences[:3])}</p></div><div class="rest">{rest}</div>')
    assert text.split("\n\n") == [" ".join(sentences[:3]), *sentences[3:]]


def test_the_one_column_of_prose_beside_a_marked_teaser_is_the_article(looks: list[bool]) -> None:
    sentences = [SENTENCE.format(number) for number in range(60)]
    prose = "".join(f"<p>{one}</p>" for one in sentences)
    text = text_of(
        f'<div class="post-content"><p>Pictures from the rim.</p></div><div class="x1"><h2>Rim</h2>{prose}</div>'
    )
    assert text.split("\n\n") == ["Rim", *sentences]
    assert looks == [False]
