"""The archive as it stood, over both engines; and that reading one text agrees with asking the index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import process_time

import pytest
from sqlalchemy import Connection, Engine, select

from archive.errors import QueryError
from archive.indexing import words_of
from archive.query import instant, parse_query
from archive.reading.asof import Then, changed_ids, facts_of, holds, states, view_as_of
from archive.reading.views import article_view
from archive.schema import ArticleRow
from archive.search import ids, search
from tests.archived import SEEN, a_revision, a_source, an_archived

CHANGED = SEEN + timedelta(days=30)


@pytest.fixture
def connection(engine: Engine):
    """Article 1 was changed a month after it was seen, 2 never."""
    with engine.begin() as connection:
        a_source(connection, "esa", kind="agency", country="EU")
        an_archived(connection, source="esa", title="Landing off", text="It slips to May.", authors=["Jane Doe"])
        an_archived(connection, source="esa", title="Comet", text="It slips by.", tags=["solar system"])
        a_revision(connection, 1, text="It slips to June, says everybody.", seen_at=CHANGED)
        yield connection


@pytest.mark.parametrize(
    ("query", "before", "after"),
    [
        ("may", [1], []),
        ("june", [], [1]),
        ("slip", [1, 2], [1, 2]),
        ("-june", [1, 2], [2]),
        ("slips NEAR/1 may", [1], []),
        ("words<5", [1, 2], [2]),
        ("has:revision", [], [1]),
        ("source:esa author:doe", [1], [1]),
        ("tag:solar", [2], [2]),
        ("may OR source:nobody", [1], []),
    ],
)
def test_a_query_is_answered_as_it_would_have_been(
    connection: Connection, query: str, before: list[int], after: list[int]
) -> None:
    for moment, expected in ((CHANGED - timedelta(days=1), before), (CHANGED, after)):
        found = search(connection, query, moment=moment)
        assert sorted(hit.id for hit in found.hits) == expected
        assert (found.total, found.order) == (len(expected), "newest")


def test_nothing_is_found_before_it_was_seen(connection: Connection) -> None:
    assert search(connection, "slip", moment=SEEN - timedelta(seconds=1)).total == 0


def test_a_hit_reads_as_it_did(connection: Connection) -> None:
    [hit] = search(connection, "may", moment=SEEN).hits
    assert (hit.excerpt.text, hit.excerpt.highlights, hit.revision_count) == ("It slips to May.", ((12, 15),), 1)


def test_an_article_is_shown_as_it_stood(connection: Connection) -> None:
    view = article_view(connection, 1)
    assert view is not None
    then = view_as_of(view, CHANGED - timedelta(days=1))
    assert then is not None
    assert (then.text, then.revision_count, len(then.revisions), then.word_count) == ("It slips to May.", 1, 1, 4)
    assert view_as_of(view, SEEN - timedelta(days=1)) is None


QUERIES = (
    "lander", "launch", '"sample return"', "samp*", "sample NEAR/2 2033", "title:return", "author:doe", "tag:system",
    "mars -rover", "(lander OR return) after:2025", "words>8", "on:2025-03", "has:date", "-has:copy", "-lang:en",
    "lang:en kind:agency", "луны", "月球", "月", "story:3", "state:live",
)  # fmt: skip


def test_reading_a_text_agrees_with_asking_the_index(engine: Engine) -> None:
    """Every article is given a second state that says the same: now both ways must find the same articles."""
    with engine.begin() as connection:
        a_source(connection, "esa", kind="agency", country="EU")
        texts = (
            ("Lander on the Moon", "The lander carried samples.", "en-GB", ["Jane Doe"], ["solar system"]),
            ("Mars sample return delayed", "The sample was to return in 2033. Who knows?", "en", ["John Doe"], []),
            ("Return of the sample", "A rover launched it from Mars, they said, long ago.", "en", [], ["system"]),
            ("Посадка", "Королёв мечтал о Луне.", "ru", [], []),
            ("嫦娥六号", "月球探测器从月球背面采样返回。", "zh", [], []),
        )
        for place, (title, text, lang, authors, tags) in enumerate(texts):
            article_id = an_archived(
                connection,
                source="esa",
                title=title,
                text=text,
                lang=lang,
                authors=authors,
                tags=tags,
                published_at=datetime(2025, 3, 1, tzinfo=UTC) if place % 2 else None,
            )
            a_revision(connection, article_id, text=text, seen_at=CHANGED)
        everything = list(connection.execute(select(ArticleRow.id)).scalars())
        for written in QUERIES:
            query = parse_query(written)
            assert set(changed_ids(connection, query, SEEN)) <= set(everything)
            facts = facts_of(connection, query.root, everything)
            read = [then.id for then in states(connection, everything, SEEN) if holds(query.root, then, facts)]
            assert read == ids(connection, query), written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-12", datetime(2025, 3, 12, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2024", datetime(2024, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2025-03-12T08:30:00+02:00", datetime(2025, 3, 12, 6, 30, tzinfo=UTC)),
    ],
)
def test_as_of_names_a_moment(text: str, expected: datetime) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize("text", ["yesterday", "2025-13-40", "", "\x00", "9999-12-31T23:59:59-23:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="as_of"):
        instant(text)


def test_near_costs_no_square_of_the_words() -> None:
    text = "mars " * 10_000 + "earth " * 6 + "venus " * 10_000
    words = words_of(title="Two words", text=text, authors=[], description=None, tags=[], lang="en")
    then = Then(id=1, title="", text=text, authors=(), published_at=None, revision=1, words=words)
    started_at = process_time()
    assert not holds(parse_query("mars NEAR/5 venus").root, then, {})
    assert holds(parse_query("venus NEAR/6 mars").root, then, {})
    assert process_time() - started_at < 2  # pair by pair it takes over 10 s


def test_reading_what_changed_ends_by_the_clock(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.reading.asof.READ_S", -1)
    with pytest.raises(QueryError, match="to read; ask about a source"):
        search(connection, "may", moment=SEEN)
