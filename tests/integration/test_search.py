"""One set of questions over both engines: the same articles answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, update

from archive.errors import QueryError
from archive.query import parse_query
from archive.reading.facets import timeline
from archive.reading.ranking import walk_end
from archive.schema import ArticleRow
from archive.search import search
from archive.textindex import write_index
from tests.archived import a_revision, a_source, an_archived

LONG = " ".join(f"filler{number}" for number in range(17_000)) + " sample return at last " + "the " * 300 + "very end"


@pytest.fixture
def archive(engine: Engine) -> Engine:
    """Eight articles, ids 1 to 8."""
    with engine.begin() as connection:
        a_source(connection, "esa", kind="agency", country="EU")
        a_source(connection, "daily", kind="trade", country="US")
        populate(connection)
    return engine


def populate(connection: Connection) -> None:
    an_archived(
        connection,
        source="esa",
        title="Lander reaches the Moon",
        text="The lander carried a rover.\n\nIt will look for water ice.",
        authors=["Jane Doe", "Ann Lee"],
        tags=["Moon", "solar system"],
        published_at=datetime(2025, 3, 12, 8, 30, tzinfo=UTC),
        lang="en-GB",
    )
    an_archived(
        connection,
        source="daily",
        title="Mars sample return delayed",
        text="The sample was to return in 2033. Now nobody knows.",
        authors=["John Doe"],
        published_at=datetime(2025, 3, 31, tzinfo=UTC),
        precision="day",
    )
    an_archived(connection, source="daily", title="Return of the sample", text="A moon rock.", description="Crewed?")
    an_archived(
        connection,
        source="esa",
        title="Посадка на Луну",
        text="Королёв мечтал о Луне.",
        lang="ru",
        published_at=datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC),
    )
    an_archived(connection, source="daily", title="嫦娥六号", text="月球探测器从月球背面采样返回。", lang="zh")
    an_archived(
        connection, source="daily", title="はやぶさ2", text="小惑星リュウグウのサンプル", lang="ja", state="gone"
    )
    an_archived(connection, source="daily", title="ดาวเทียม", text="ประเทศไทยส่งดาวเทียมขึ้นสู่อวกาศ", lang="th")
    an_archived(
        connection,
        source="esa",
        title="A very long report",
        text=LONG,
        particulars={"is_press_release": True, "is_live_blog": False, "credit_line": "Source: ESA"},
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("moon", {1, 3}),
        ("MOON lander", {1}),
        ("moon -lander", {3}),
        ("-moon lang:en source:daily", {2}),
        ("lander OR mars", {1, 2}),
        ('"sample return"', {2, 8}),
        ('"return sample"', set()),
        ("sample return", {2, 3, 8}),
        ('"Jane Lee"', set()),
        ('author:"jane doe"', {1}),
        ("author:doe", {1, 2}),
        ("author:doe -author:jane", {2}),
        ("author:lander", set()),
        ("title:sample", {2, 3}),
        ('title:"sample return"', {2}),
        ("title:water", set()),
        ("tag:moon", {1}),
        ('tag:"moon solar"', set()),
        ("crewed", {3}),
        ("ro*", {1, 3}),
        ('"carried a ro"*', {1}),
        ("королев", {4}),
        ("Луне", {4}),
        ("月球", {5}),
        ("月球背面", {5}),
        ("球月", set()),
        ("球", {5}),
        ("回", {5}),
        ("リュウグウ", {6}),
        ("ﾘｭｳｸﾞｳ", {6}),
        ("サンプル", {6}),
        ("ดาวเทียม", {7}),
        ("อวกาศ", {7}),
        ("source:esa", {1, 4, 8}),
        ("source:ESA lang:en", {1, 8}),
        ("lang:en-gb", {1}),
        ("lang:e", set()),
        ("kind:agency moon", {1}),
        ("country:us moon", {3}),
        ("state:gone", {6}),
        ("on:2025-03-31", {2}),
        ("on:2025-03", {1, 2}),
        ("after:2025", {1, 2}),
        ("before:2025", {4}),
        ("after:2024 before:2025-03-31", {1, 4}),
        ("-after:2025", {3, 4, 5, 6, 7, 8}),
        ("(source:esa moon) OR lang:zh", {1, 5}),
        ("(moon OR mars) (source:daily OR author:jane)", {1, 2, 3}),
        ("-(moon OR source:daily)", {4, 8}),
        ("moon OR -the", {1, 3, 4, 5, 6, 7}),
        ('"at last the the"', {8}),
        ('"the very end"', {8}),
        ('"the very en"*', {8}),
        ('"end very"', set()),
        ("filler16999", {8}),
        ("'; DROP TABLE article; --", set()),
        ("AT&T", set()),
        ("lander NEAR rover", {1}),  # the lander carried a rover: 2 words between
        ("rover NEAR/2 lander", {1}),
        ("rover NEAR/1 lander", set()),
        ("reaches NEAR carried", set()),  # title and text don't meet
        ("jane NEAR/2 ann", {1}),  # a place is left between two authors
        ("author:jane NEAR/1 author:ann", set()),
        ("author:jane NEAR/2 author:ann", {1}),
        ('"sample return" NEAR/0 mars', {2}),
        ('mars NEAR/0 "sample return"', {2}),
        ('"sample return" NEAR/1 delayed', {2}),
        ('delayed NEAR/0 "sample return"', {2}),
        ('"the sample" NEAR/1 "to return"', {2}),
        ("sampl* NEAR/0 retur*", {2, 8}),
        ("sample NEAR/3 return", {2, 3, 8}),
        ("last NEAR/30 filler16999", {8}),  # beyond the last place of a tsvector
        ("last NEAR/1 filler16999", set()),
        ("return NEAR/1 las*", {8}),
        ("月球 NEAR/3 采样", {5}),
        ("-(sample NEAR/3 return) source:daily -lang:en", {5, 6, 7}),
        ("lander NEAR rover NEAR look", {1}),
        ("words>:100", {8}),
        ("words>17000", {8}),
        ("words<:14 lang:ja", {6}),  # a character is a word
        ("words<:13 lang:ja", set()),
        ("words<2 lang:en", set()),
        ("has:date", {1, 2, 4}),
        ("-has:date source:esa", {8}),
        ("has:revision", set()),
        ("has:copy", set()),
        ("has:image", set()),
        ("has:credit", {8}),
        ("has:press_release", {8}),
        ("-has:press_release source:esa", {1, 4}),
        ("has:live_blog", set()),
        ("story:3", {3}),
        ("story:99", set()),
    ],
)
def test_articles_that_answer(archive: Engine, query: str, expected: set[int]) -> None:
    with archive.connect() as connection:
        page = search(connection, query)
    assert {hit.id for hit in page.hits} == expected
    assert (page.total, page.is_total_exact, page.after) == (len(expected), True, None)


def test_a_hit_in_the_title_ranks_first(archive: Engine) -> None:
    with archive.connect() as connection:
        page = search(connection, "moon")
    assert [hit.id for hit in page.hits] == [1, 3]
    assert page.order == "relevance"
    assert page.hits[0].score > page.hits[1].score > 0


def test_newest_first_with_the_undated_last(archive: Engine) -> None:
    with archive.connect() as connection:
        page = search(connection, "source:esa OR source:daily", order="newest")
    assert [hit.id for hit in page.hits] == [2, 1, 4, 8, 7, 6, 5, 3]


def test_fields_alone_come_newest_first(archive: Engine) -> None:
    with archive.connect() as connection:
        page = search(connection, "source:esa")
    assert (page.order, [hit.id for hit in page.hits]) == ("newest", [1, 4, 8])


@pytest.mark.parametrize(
    ("query", "order", "expected"),
    [("-nothing", "newest", [2, 1, 4, 8, 7, 6, 5, 3]), ("moon OR sample", "relevance", {1, 2, 3, 8})],
)
def test_pages_follow_one_another_without_gap_or_repeat(archive: Engine, query: str, order: str, expected) -> None:
    ids, after = [], None
    with archive.connect() as connection:
        while True:
            page = search(connection, query, order=order, limit=3, after=after)
            ids += [hit.id for hit in page.hits]
            if (after := page.after) is None:
                break
    assert len(ids) == len(set(ids))
    assert (ids if isinstance(expected, list) else set(ids)) == expected


@pytest.mark.parametrize(
    "after", ["", "x", "r99999", "n", "n5", "n999999999999999999.1", "r-1", "n1.2; DROP", "r1_2\n", "rnan_1"]
)
@pytest.mark.parametrize("order", ["relevance", "newest"])
def test_a_wrong_place_in_the_answer_is_refused(archive: Engine, after: str, order: str) -> None:
    with archive.connect() as connection, pytest.raises(QueryError):
        search(connection, "moon", after=after, order=order)


def test_ranked_pages_go_on_where_they_ended_when_articles_arrive(archive: Engine) -> None:
    with archive.begin() as connection:
        first = search(connection, "moon OR sample", limit=2)
        held = [hit.id for hit in search(connection, "moon OR sample").hits]
        an_archived(connection, title="Unrelated", text="Nothing of the kind.")
        second = search(connection, "moon OR sample", limit=2, after=first.after)
    assert [hit.id for hit in first.hits] == held[:2]
    assert {hit.id for hit in second.hits} <= set(held[1:])


@pytest.fixture
def copies(engine: Engine) -> Engine:
    """Article 1 and its copies 2 and 3; 4 changed once; 5 has a picture."""
    with engine.begin() as connection:
        first = an_archived(connection, source="wire", title="Comet seen", text="A comet was seen.")
        an_archived(connection, source="daily", title="Comet!", text="A comet was seen.", duplicate_of=first)
        an_archived(connection, source="esa", title="Seen: comet", text="A comet was seen.", duplicate_of=first)
        fourth = an_archived(connection, source="wire", title="Comet gone", text="It went.")
        a_revision(connection, fourth, text="The comet went.", seen_at=datetime(2025, 6, 2, tzinfo=UTC))
        an_archived(connection, source="wire", title="A picture", text="Of a star.", image="https://wire.example/i.png")
    return engine


@pytest.mark.parametrize(
    ("query", "each", "a_story"),
    [
        ("comet", {1, 2, 3, 4}, {1, 4}),
        ("comet -source:wire", {2, 3}, {2}),
        ("source:esa", {3}, {3}),
        ("has:copy", {1, 2, 3}, {1}),
        ("-has:copy", {4, 5}, {4, 5}),
        ("has:revision", {4}, {4}),
        ("has:image", {5}, {5}),
        ("story:1", {1, 2, 3}, {1}),
    ],
)
@pytest.mark.parametrize("order", ["relevance", "newest"])
def test_one_hit_a_story_is_the_original_or_else_the_first_copy(
    copies: Engine, query: str, each: set[int], a_story: set[int], order: str
) -> None:
    with copies.connect() as connection:
        page = search(connection, query, order=order)
        stories = search(connection, query, order=order, by_story=True)
    assert {hit.id for hit in page.hits} == each
    assert ({hit.id for hit in stories.hits}, stories.total) == (a_story, len(a_story))


def test_a_hit_says_how_many_copies_its_story_has(copies: Engine) -> None:
    with copies.connect() as connection:
        hits = search(connection, "comet OR star").hits
    assert {hit.id: (hit.story_id, hit.copies) for hit in hits} == {
        1: (1, 2),
        2: (1, 2),
        3: (1, 2),
        4: (4, 0),
        5: (5, 0),
    }


def test_a_hit_says_what_is_shown_of_it(archive: Engine) -> None:
    with archive.connect() as connection:
        hit = search(connection, 'Moon "water ice"').hits[0]
    assert hit.source_id == "esa"
    assert hit.source_name == "ESA"
    assert hit.url == "https://esa.example/1"
    assert hit.published_at == datetime(2025, 3, 12, 8, 30, tzinfo=UTC)
    assert hit.excerpt.pieces() == [
        ("The lander carried a rover. It will look for ", False),
        ("water ice", True),
        (".", False),
    ]
    assert [hit.title[start:end] for start, end in hit.title_highlights] == ["Moon"]


def test_an_empty_archive_answers_with_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        page = search(connection, "moon")
    assert (page.hits, page.total, page.after) == ((), 0, None)


PIECES = [
    *("moon", "ro*", "月", "2025", "source:", "title:", "after:", "lang:en", "OR", "AND", "NOT", "NEAR"),
    *("NEAR/3", "NEAR/99", "has:copy", "has:x", "words>:3", "words<9", "story:1", "story:x", "country:us", "tag:moon"),
    *('"', '"a', "'", "(", ")", "-", "*", ":", "%", "\\", "{", "^", "+", "&", "|", "!", "<->", "\x00", "\ud800"),
]


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.one_of(
        st.text(max_size=40),
        st.lists(
            st.sampled_from(PIECES),
            max_size=12,
        ).map(" ".join),
    )
)
def test_no_input_raises_anything_but_a_query_error(archive: Engine, query: str) -> None:
    with archive.connect() as connection:
        try:
            assert search(connection, query, limit=3).total >= 0
        except QueryError as error:
            assert error.reason


@pytest.mark.parametrize("walk_us", [0.0, 1e9], ids=["article by article", "by the index"])
def test_of_a_word_that_stands_everywhere_the_latest_are_ranked(
    archive: Engine, monkeypatch: pytest.MonkeyPatch, walk_us: float
) -> None:
    """The limits are lowered: with 1 counted and 2 ranked, and 1 more by its title, eight articles are many."""
    monkeypatch.setattr("archive.search.MAX_COUNTED", 1)
    monkeypatch.setattr("archive.reading.ranking.MAX_COUNTED", 1)
    monkeypatch.setattr("archive.reading.ranking.WALK_US", walk_us)
    limits = {"sqlite": 1, "postgresql": 1}
    monkeypatch.setattr("archive.reading.ranking.MAX_RANKED", limits)
    monkeypatch.setattr("archive.reading.ranking.NEWEST", {"sqlite": 2, "postgresql": 2})
    monkeypatch.setattr("archive.reading.ranking.HEADS", limits)
    with archive.connect() as connection:
        assert {hit.id for hit in search(connection, "sample").hits} == {3, 8}
        assert {hit.id for hit in search(connection, "rover OR water OR lander").hits} == {1}
        assert {hit.id for hit in search(connection, "the source:daily").hits} == {2, 3}
        assert {hit.id for hit in search(connection, "sample OR lander").hits} == {1, 3, 8}  # one of each, one by title
        assert {hit.id for hit in search(connection, "sample", order="newest").hits} == {2, 3, 8}


@pytest.mark.parametrize(
    ("hits", "reach", "expected"),
    [
        pytest.param(
            10_001, 20_002, 996_000, id="in every other article"
        ),  # 500 hits in 1,000 articles, four times that
        pytest.param(10_001, 200_020, None, id="in every twentieth"),  # 10,000 tsvectors, or 50,000 rows: 130 or 30 ms
    ],
)
def test_a_word_is_walked_for_among_the_last_articles_alone(hits: int, reach: int, expected: int | None) -> None:
    """One that stood everywhere and is written no more was looked for through a million articles."""
    assert walk_end(500, hits=hits, reach=reach, last=1_000_000) == expected


def test_a_word_that_is_written_no_more_is_found_far_back(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times two articles are looked at, then the index is asked."""
    monkeypatch.setattr("archive.reading.ranking.MAX_COUNTED", 1)
    monkeypatch.setattr("archive.reading.ranking.WALK_US", 0.0)
    monkeypatch.setattr("archive.reading.ranking.MAX_RANKED", {"sqlite": 1, "postgresql": 1})
    monkeypatch.setattr("archive.reading.ranking.NEWEST", {"sqlite": 2, "postgresql": 2})
    with engine.begin() as connection:
        for number in range(20):
            an_archived(connection, title=f"No. {number}", text="A shuttle flew" if number < 4 else "A capsule flew")
        assert {hit.id for hit in search(connection, "shuttle").hits} == {3, 4}
        assert {hit.id for hit in search(connection, "capsule").hits} == {19, 20}


def test_pairs_that_share_a_number_are_told_apart(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.textindex.PAIR_NUMBERS", 1)
    with engine.begin() as connection:
        found = an_archived(connection, title="One", text="The red planet, at last")
        an_archived(connection, title="Two", text="A red flag over no planet")
        for query in ('"red planet"', '"the red planet"', '"red plan"*', '"red planet" OR "planet red"'):
            assert [hit.id for hit in search(connection, query).hits] == [found], query


def test_words_and_a_date_find_an_article_by_its_present_date(engine: Engine) -> None:
    """What the store does when an article's date changes: the row, then its place in the index."""
    first, second = datetime(2025, 1, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    with engine.begin() as connection:
        number = an_archived(connection, title="Comet", text="A comet", published_at=first, lang="en")
        connection.execute(update(ArticleRow).values(published_at=second))
        write_index(connection, article_id=number, title="Comet", text="A comet", lang="en")
        assert search(connection, "comet on:2025-01").total == 0
        assert search(connection, "comet on:2026-03 -source:other").total == 1
        assert [period.count for period in timeline(connection, parse_query("comet"), unit="year").periods] == [1]


@pytest.mark.parametrize(
    ("lang", "written", "asked"),
    [
        ("en", "The probes were launched from observatories", ("launching", "launch", "probe", "observatory*")),
        ("en-GB", "Samples returned", ('"sample return"', "title:sample", "sampl*", "returning NEAR/1 sample")),
        ("ru", "Посадка на Луну", ("луна", "луны", "посадки")),
        ("de", "Die Raketen starten", ("rakete", "Start")),
        ("fr", "Les fusées spatiales", ("fusée", "fusee", "spatial")),
        ("es", "Las misiones y los cohetes", ("misión", "cohete")),
        ("it", "I razzi e le missioni", ("razzo", "missione")),
    ],
)
def test_a_word_finds_its_other_forms(engine: Engine, lang: str, written: str, asked: tuple[str, ...]) -> None:
    with engine.begin() as connection:
        a_source(connection, "esa", kind="agency", country="EU")
        article_id = an_archived(connection, source="esa", title=written, text="…", lang=lang)
        an_archived(connection, source="esa", title="Something else", text="…", lang=lang)
        for query in asked:
            assert [hit.id for hit in search(connection, query).hits] == [article_id], query


def test_names_and_unknown_languages_are_not_stemmed(engine: Engine) -> None:
    with engine.begin() as connection:
        a_source(connection, "esa", kind="agency", country="EU")
        an_archived(connection, source="esa", title="One", text="…", authors=["Ann Waters"], lang="en")
        an_archived(connection, source="esa", title="Launches", text="…", lang="pt")
        found = {query: len(search(connection, query).hits) for query in ("author:water", "author:waters", "launch")}
    assert found == {"author:water": 0, "author:waters": 1, "launch": 0}


def test_of_two_alike_the_younger_is_first_in_the_order_recent(engine: Engine) -> None:
    with engine.begin() as connection:
        a_source(connection, "esa", kind="agency", country="EU")
        for year in (2024, 2021, 2025, 2023):
            may = datetime(year, 5, 1, tzinfo=UTC)
            an_archived(connection, source="esa", title=f"Comet {year}", text="A comet.", published_at=may)
        an_archived(connection, source="esa", title="Comet comet comet", text="Comet.")
        pages, after = [], None
        while not pages or after:
            page = search(connection, "comet", order="recent", limit=2, after=after)
            pages.append([hit.title for hit in page.hits])
            after = page.after
    titles = [title for titles in pages for title in titles]
    dated = [title for title in titles if title[-1].isdigit()]
    assert dated == ["Comet 2025", "Comet 2024", "Comet 2023", "Comet 2021"]
    assert sorted(titles) == sorted([*dated, "Comet comet comet"])
