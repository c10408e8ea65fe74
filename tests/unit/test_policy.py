"""archive.policy: how much of an article is handed on."""

from __future__ import annotations

import pytest

from archive.policy import EXCERPT_CHARS, Handed, excerpt, under

LONG = "The probe passed over the rim. " * 20
ITEM = {
    "id": 1,
    "title": "Ice",
    "text": LONG,
    "description": "Ice was seen.",
    "lead_image_caption": None,
    "tags": ["Moon"],
}
SHORT = {**ITEM, "id": 2, "text": "Ice."}


def test_full_is_the_article_as_it_is() -> None:
    handed = Handed()
    assert list(under("full", [ITEM], handed)) == [ITEM]
    assert (handed.articles, handed.cut) == (1, 0)


def test_an_excerpt_is_the_beginning_of_the_text() -> None:
    handed = Handed()
    first, second = under("excerpt", [ITEM, SHORT], handed)
    assert first == {**ITEM, "text": excerpt(LONG), "policy": "excerpt"}
    assert second == {**SHORT, "policy": "excerpt"}
    assert (handed.articles, handed.cut) == (2, 1)


def test_metadata_has_none_of_the_publisher_s_words_but_the_title() -> None:
    handed = Handed()
    (found,) = under("metadata", [ITEM], handed)
    assert found == {**ITEM, "text": None, "description": None, "policy": "metadata"}
    assert handed.cut == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Ice.", "Ice."),
        ("月" * 400, "月" * EXCERPT_CHARS + " …"),
        ("a" * 298 + " bcd efg", "a" * 298 + " …"),
    ],
)
def test_excerpt(text: str, expected: str) -> None:
    assert excerpt(text) == expected
