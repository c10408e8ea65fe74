"""The search index on both engines: what is written is found, what is forgotten is not."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, text

from archive import textindex
from archive.indexing import BREAK, words_of
from archive.textindex import delete_index, is_long, write_index


def found(connection: Connection, word: str) -> list[int]:
    """Ids of the articles that hold a token, by the engine's own means."""
    if connection.dialect.name == "sqlite":
        statement = "SELECT rowid FROM article_fts WHERE article_fts MATCH :word ORDER BY rowid"
        return list(connection.execute(text(statement), {"word": f'"{word}"'}).scalars())
    statement = "SELECT article_id FROM article_search WHERE tsv @@ CAST(:word AS tsquery) ORDER BY article_id"
    return list(connection.execute(text(statement), {"word": f"'{word}'"}).scalars())


def test_an_article_is_found_by_each_of_its_parts(engine: Engine) -> None:
    with engine.begin() as connection:
        write_index(
            connection,
            article_id=7,
            title="Lander touches down",
            text="It sits in a crater.",
            authors=["Jane Doe"],
            description="A summary",
            tags=["Moon"],
            lang="en",
        )
        assert [found(connection, word) for word in ("lander", "crater", "doe", "summari", "moon")] == [[7]] * 5
        assert found(connection, "mars") == []


def test_writing_again_replaces_what_was_indexed(engine: Engine) -> None:
    with engine.begin() as connection:
        write_index(connection, article_id=1, title="Launch delayed", text="by weather")
        write_index(connection, article_id=1, title="Launch scrubbed", text="by weather")
        assert (found(connection, "delayed"), found(connection, "scrubbed"), found(connection, "weather")) == (
            [],
            [1],
            [1],
        )


def test_a_forgotten_article_is_not_found_and_others_stay(engine: Engine) -> None:
    with engine.begin() as connection:
        write_index(connection, article_id=1, title="One orbit", text="")
        write_index(connection, article_id=2, title="Two orbit", text="")
        delete_index(connection, 1)
        delete_index(connection, 99)
        assert found(connection, "orbit") == [2]


@pytest.mark.parametrize(
    "hostile", ["\x00", "\ud800", "'; DROP TABLE article; --", '"', "\\", "\ue000", "🚀", "a" * 10_000]
)
def test_hostile_text_is_indexed_without_harm(engine: Engine, hostile: str) -> None:
    with engine.begin() as connection:
        write_index(connection, article_id=1, title=hostile, text=f"{hostile} probe", authors=[hostile], tags=[hostile])
        assert found(connection, "probe") == [1]


def test_a_text_larger_than_a_tsvector_is_cut_at_the_same_word_on_both_engines(engine: Engine) -> None:
    long_text = " ".join(f"word{number}" for number in range(60_000))
    with engine.begin() as connection:
        write_index(connection, article_id=1, title="Huge", text=long_text)
        assert (found(connection, "word0"), found(connection, "word42000")) == ([1], [1])
        assert found(connection, "word59999") == []


def test_the_index_can_be_dropped_and_made_again(engine: Engine) -> None:
    with engine.begin() as connection:
        write_index(connection, article_id=1, title="One", text="")
        textindex.drop_index(connection)
        textindex.drop_index(connection)
        textindex.create_index(connection)
        assert found(connection, "one") == []


def test_neighbours_have_numbers_and_parts_have_none() -> None:
    words = words_of(title="moon base", text="", authors=["Jane Doe", "Ann Lee"])
    pairs = [("ann", "lee"), ("jane", "doe"), ("moon", "base")]
    assert textindex.pairs_in(words) == sorted(textindex.pair_of(*pair) for pair in pairs)
    assert textindex.pair_of("moon", "base") == 236_565  # stored: a program that reckons otherwise finds no phrase


def test_words_of_keeps_parts_apart() -> None:
    words = words_of(title="T", text="body", authors=["Jane Doe", "Ann Lee"], description="about", tags=["x y", "z"])
    assert words.authors == ("jane", "doe", BREAK, "ann", "lee")
    assert words.tags == ("x", "y", BREAK, "z")
    assert words.body == ("about", BREAK, "body")


def test_tsvector_names_places_and_weights() -> None:
    words = words_of(title="Moon base", text="base camp")
    assert textindex.tsvector(words) == "'moon':2A 'base':3A,7D 'camp':8D"


@pytest.mark.parametrize(
    ("body", "expected"),
    [("short text", False), ("the " * 256, True), (" ".join(f"w{n}" for n in range(16_383)), True)],
    ids=["short", "one word too often", "too many places"],
)
def test_is_long(body: str, expected: bool) -> None:
    assert is_long(words_of(title="", text=body)) is expected
