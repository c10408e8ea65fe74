"""Which part of a text is shown, and which characters of it are hits."""

from __future__ import annotations

import random

import pytest

from archive.query import Text, parse_query, wanted_texts
from archive.reading import excerpts
from archive.reading.excerpts import (
    excerpt,
    highlights,
    is_one_of,
    phrase_occurrences,
    plain_occurrences,
    token_occurrences,
)


def wanted(query: str) -> tuple[Text, ...]:
    return wanted_texts(parse_query(query).root)


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        pytest.param("moon", "The Moon, a moonlit MOON", ["Moon", "MOON"], id="whole words in any case"),
        pytest.param("moon*", "The Moon, a moonlit MOON", ["Moon", "moonlit", "MOON"], id="beginnings"),
        pytest.param('"far side"', "A far cry from the far  side", ["far  side"], id="phrases"),
        pytest.param('"moon base"', "Moon" + " " * 200 + "baseball", [], id="no phrase of half a word"),
        pytest.param("base", " " * 49_996 + "baseball", [], id="no half word where a text is cut"),
        pytest.param(
            '"moon base"', "moon moon base, Moon base moon", ["moon base", "Moon base"], id="phrases side by side"
        ),
        pytest.param('"far si"*', "far cry, far side", ["far side"], id="phrase going on"),
        pytest.param("cafe", "Café, cafe\u0301", ["Café", "cafe\u0301"], id="accents"),
        pytest.param("月球背面", "在月球背面，月球", ["月球背面"], id="Chinese"),
        pytest.param("月", "月球和月", ["月球", "月"], id="one Chinese character"),
        pytest.param("moon -mars", "Moon and Mars", ["Moon"], id="what is left out is no hit"),
        pytest.param("title:moon", "Moon", [], id="wanted in the title alone"),
        pytest.param("source:esa", "Moon", [], id="no words"),
    ],
)
def test_highlights(query: str, text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in highlights(text, wanted(query))] == expected


def test_a_title_also_shows_what_is_wanted_there() -> None:
    assert highlights("To the Moon", wanted("title:moon author:doe"), column="title") == ((7, 11),)


def test_a_short_text_is_shown_whole_on_one_line() -> None:
    assert excerpt("One.\n\nTwo   moons.", wanted("moons")).pieces() == [
        ("One. Two ", False),
        ("moons", True),
        (".", False),
    ]


def test_a_text_without_a_hit_shows_its_beginning() -> None:
    assert excerpt("word " * 100, wanted("moon"), max_chars=22).text == "word word word word …"


def test_a_long_text_shows_the_stretch_with_most_of_the_words() -> None:
    text = "moon " + "dust " * 200 + "then the moon and the rover met " + "dust " * 200
    shown = excerpt(text, wanted("moon rover"), max_chars=100)
    assert shown.text.startswith("… dust")
    assert shown.text.endswith("dust …")
    assert [piece for piece, is_hit in shown.pieces() if is_hit] == ["moon", "rover"]
    assert len(shown.text) <= 104


def test_a_text_without_spaces_is_cut_where_it_falls() -> None:
    shown = excerpt("小" * 500 + "月球" + "大" * 500, wanted("月球"), max_chars=80)
    assert shown.pieces() == [("… " + "小" * 60, False), ("月球", True), ("大" * 18 + " …", False)]


PIECES = (
    *("moon", "Moon", "MOONS", "mo\u0301on", "möön", "moon_base", "moon-base", "…moon", "straße", "strasse", "Луна"),
    *("月球moon", "moon月", "ﬁre", "नमस्ते", "\n", "’s", "1moon", "moon1"),
)


@pytest.mark.parametrize("language", [None, "en", "ru"])
@pytest.mark.parametrize("is_prefix", [False, True])
@pytest.mark.parametrize("word", ["moon", "strasse", "\u043b\u0443\u043d\u0430", "fire", "1moon"])
def test_plain_words_are_found_where_their_tokens_are(word: str, is_prefix: bool, language: str | None) -> None:
    dice = random.Random(7)
    for _ in range(300):
        text = "".join(part for _ in range(8) for part in (dice.choice(PIECES), dice.choice(["", " ", ". "])))
        wanted = [Text(words=(word,), is_prefix=is_prefix), Text(words=("moon",))]
        assert list(plain_occurrences(text, wanted, language)) == token_occurrences(text, wanted, language), text


@pytest.mark.parametrize(
    ("query", "lang", "text", "expected"),
    [
        ("launch", "en-GB", "They launched two; one launches today.", ["launched", "launches"]),
        ("observatory", "en", "Observatories and an observatory", ["Observatories", "observatory"]),
        ('"sample return"', "en", "Two samples returned.", ["samples returned"]),
        ("луна", "ru", "Посадка на Луну", ["Луну"]),
        ("launch", "pt", "They launched two.", []),
    ],
)
def test_a_word_is_shown_in_every_form(query: str, lang: str, text: str, expected: list[str]) -> None:
    found = highlights(text, wanted_texts(parse_query(query).root), lang=lang)
    assert [text[start:end] for start, end in found] == expected


def test_a_phrase_of_many_words_costs_no_second_look_at_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place of its first word was looked at for itself: 2.6 s for a text of 50,000 characters."""
    looked_at: list[int] = []

    def counting(text: str, *more: object) -> list[tuple[int, tuple[int, int]]]:
        looked_at.append(len(text))
        return token_occurrences(text, *more)

    monkeypatch.setattr(excerpts, "token_occurrences", counting)
    text = "Over the moon. " * 1_000
    found = highlights(text, wanted('moon OR "the ' + " ".join(f"w{n}" for n in range(90)) + '"'))
    assert [text[start:end] for start, end in found] == ["moon"] * 1_000
    assert sum(looked_at) <= len(text)


@pytest.mark.parametrize("language", [None, "en"])
@pytest.mark.parametrize("is_prefix", [False, True])
def test_phrases_are_found_where_their_tokens_are(is_prefix: bool, language: str | None) -> None:
    dice = random.Random(8)
    wanted = [
        Text(words=("moon", "base"), is_prefix=is_prefix),
        Text(words=("moon", "moon", "base")),
        Text(words=("luna",)),
    ]
    for _ in range(300):
        words = [dice.choice(["moon", "Moons", "base", "bases", "luna", "möön", "mars"]) for _ in range(30)]
        text = "".join(part for word in words for part in (word, dice.choice([" ", ". ", "_", "\n\n", " " * 30])))
        found = phrase_occurrences(text, wanted, language)
        assert list(found) == token_occurrences(text, wanted, language), text


def test_a_word_of_a_text_is_held_against_those_of_a_query_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at each of its places: a query may have a hundred words."""
    held: list[str] = []

    def counting(word: str, needle: Text) -> bool:
        held.append(word)
        return is_one_of(word, needle)

    monkeypatch.setattr(excerpts, "is_one_of", counting)
    found = highlights("The moon has a base. " * 500, wanted("moon OR base OR mars"))
    assert len(found) == 1_000
    assert sorted(held) == ["base"] * 3 + ["moon"] * 3
