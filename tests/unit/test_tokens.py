"""The tokenisation that makes both engines, queries and highlights agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.tokens import searchable, spans, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Artemis II: a Moon fly-by", "artemis ii a moon fly by", id="punctuation separates"),
        pytest.param("Ångström déjà vu", "angstrom deja vu", id="accents fold"),
        pytest.param("e\u0301cole", "ecole", id="decomposed accents fold"),
        pytest.param("STRASSE Straße", "strasse strasse", id="case folds"),
        pytest.param("Søren Łukasz Æther", "soren lukasz aether", id="letters with strokes"),
        pytest.param("Королёв и Йошкар", "королев и йошкар", id="Cyrillic: yo folds, short i stays"),
        pytest.param("Ελλάς", "ελλασ", id="Greek"),
        pytest.param("مُهِمَّة", "مهمة", id="Arabic vowel signs"),
        pytest.param("चंद्रयान", "चंद्रयान", id="Devanagari signs are letters"),
        pytest.param("月球車", "月球 球車 車", id="Chinese pairs"),
        pytest.param("第3号", "第 3 号", id="digits inside Chinese"),
        pytest.param("ＮＡＳＡの ﾛｹｯﾄ", "nasa の ロケ ケッ ット ト", id="full and half width"),
        pytest.param("누리호", "누리 리호 호", id="Korean"),
        pytest.param("ดาว", "ดา าว ว", id="Thai"),
        pytest.param("SpaceX社", "spacex 社", id="scripts meet"),
        pytest.param("nul\x00byte \ud800 x", "nul byte x", id="NUL and lone surrogate"),
        pytest.param("snake_case 10% 🚀", "snake case 10", id="symbols vanish"),
        pytest.param("ﬁnal ½", "final 1 2", id="compatibility forms"),
        pytest.param("x" * 100, "x" * 64, id="long tokens are cut"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_searchable(text: str, expected: str) -> None:
    assert searchable(text) == expected


def test_spans_point_at_the_characters_a_token_stands_for() -> None:
    text = "Über 月球車 ﬁn"
    assert [(token.word, text[token.start : token.end]) for token in spans(text)] == [
        ("uber", "Über"),
        ("月球", "月球"),
        ("球車", "球車"),
        ("車", "車"),
        ("fin", "ﬁn"),
    ]


@given(st.text())
def test_spans_and_tokens_agree_on_any_text(text: str) -> None:
    assert [token.word for token in spans(text)] == tokens(text)


@given(st.text())
def test_tokens_are_letters_digits_and_marks_of_bounded_length(text: str) -> None:
    for token in tokens(text):
        assert 0 < len(token) <= 64
        assert not any(char.isspace() or char in "'\"\\:*\x00\ue000" for char in token)
        token.encode()


@given(st.text())
def test_tokens_of_searchable_text_begin_with_the_same_words(text: str) -> None:
    assert all(part for part in searchable(text).split(" ")) or searchable(text) == ""
