"""Stories of articles as they are stored: who joins, who does not, and that the order of arrival does not matter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select

from archive.database import reading
from archive.migrate import ensure_schema
from archive.reading.spread import copies
from archive.schema import AliasRow, ArticleRow, LikenessRow, SketchRow, StoryRow
from archive.store import Store
from pipelines.dedup import decide
from pipelines.similarity import SKETCH, Similarity
from tests.builders import NOW, a_capture, a_discovered, a_source, an_article
from tests.site.prose import a_piece


def words(number: int) -> str:
    """A hundred words of an article."""
    return " ".join(a_piece(number).text.split()[:100])


EXCERPT = words(11)
RELEASE = "\n\n".join([EXCERPT, words(12), words(13)])
EDITED = RELEASE.replace("measurements", "readings")
SECOND = words(21)
THIRD = words(31)
ROUND_UP = "\n\n".join([EXCERPT, SECOND, THIRD])
SOURCES = ("agency", "daily", "wire", "weekly", "blog")


@pytest.fixture
def store(engine: Engine) -> Store:
    return a_store(engine)


def a_store(engine: Engine) -> Store:
    store = Store(engine)
    store.record_sources([a_source(one) for one in SOURCES], NOW)
    store.start_run("crawl", software="test", now=NOW)
    return store


def save(
    store: Store,
    source: str,
    text: str,
    *,
    path: str = "1",
    after: int = 0,
    published: int | None = 0,
    is_day: bool = False,
    **said: str,
) -> int:
    """Store an article of a source, seen and published so many hours later (that day, ``is_day``); its id."""
    url = f"https://{source}.example/{path}"
    at = NOW + timedelta(hours=after)
    date = None if published is None else NOW + timedelta(hours=published)
    if date is not None and is_day:
        date = date.replace(hour=0)
    article = an_article(
        url,
        source_id=source,
        title=f"{source} {path}",
        text=text,
        published_at=date,
        published_at_precision="unknown" if date is None else "day" if is_day else "minute",
        capture=a_capture(url, source_id=source, captured_at=at),
        **said,
    )
    found = a_discovered(url, source_id=source)
    settled = store.save(1, found, article, decide, at, comparison=Similarity())
    assert settled.article_id is not None
    return settled.article_id


def stories(store: Store) -> dict[int, dict[str, tuple[str | None, str | None]]]:
    """Story → source of each member → (source of the original, relation to it)."""
    with reading(store.engine) as session:
        rows = session.scalars(select(ArticleRow).order_by(ArticleRow.id)).all()
        sources = {row.id: row.source_id for row in rows}
        found: dict[int, dict[str, tuple[str | None, str | None]]] = {}
        for row in rows:
            original = None if row.duplicate_of is None else sources[row.duplicate_of]
            found.setdefault(row.story_id, {})[row.source_id] = (original, row.relation)
    return found


def shapes(store: Store) -> set[frozenset[tuple[str, tuple[str | None, str | None]]]]:
    return {frozenset(members.items()) for members in stories(store).values()}


def test_copies_join_with_what_each_is_to_the_original(store: Store) -> None:
    save(store, "agency", RELEASE, published=0)
    save(store, "daily", EDITED, published=2)
    save(store, "wire", EXCERPT, published=3)
    save(store, "weekly", RELEASE.upper(), published=4)
    save(store, "blog", SECOND, published=5)

    assert shapes(store) == {
        frozenset(
            {
                ("agency", (None, None)),
                ("daily", ("agency", "light_edit")),
                ("wire", ("agency", "excerpt")),
                ("weekly", ("agency", "identical")),
            }
        ),
        frozenset({("blog", (None, None))}),
    }


def test_an_original_that_comes_late_represents_the_story(store: Store) -> None:
    save(store, "wire", EXCERPT, published=3)
    save(store, "agency", RELEASE, published=0)

    assert list(stories(store).values()) == [{"wire": ("agency", "excerpt"), "agency": (None, None)}]


def original_of(store: Store) -> set[str]:
    """Sources of the articles that represent their stories."""
    with reading(store.engine) as session:
        return set(session.scalars(select(ArticleRow.source_id).where(ArticleRow.duplicate_of.is_(None))))


@pytest.mark.parametrize(
    "said",
    [
        {"credit_line": "Source: Agency press release"},
        {"credit_line": "Originally published by AGENCY."},
        {"credit_url": "https://agency.example/1"},
        {"canonical_link": "https://www.agency.example/1?utm_source=daily"},
    ],
)
def test_whom_a_copy_names_is_the_original_where_the_dates_leave_it_open(store: Store, said: dict[str, str]) -> None:
    save(store, "daily", EDITED, published=1, **said)
    save(store, "agency", RELEASE, is_day=True)
    assert original_of(store) == {"agency"}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"credit_line": "Source: Agencyworld"},
        {"credit_line": "Source: Weekly"},
        {"credit_url": "https://agency.example/another"},
        {"canonical_link": "https://daily.example/1"},
    ],
)
def test_who_is_not_named_yields_to_an_exact_date(store: Store, said: dict[str, str]) -> None:
    save(store, "daily", EDITED, published=1, **said)
    save(store, "agency", RELEASE, is_day=True)
    assert original_of(store) == {"daily"}


def test_an_earlier_publication_is_the_original_whatever_is_named(store: Store) -> None:
    save(store, "daily", EDITED, published=1, credit_line="Source: Agency", canonical_link="https://agency.example/1")
    save(store, "agency", RELEASE, published=2)
    assert original_of(store) == {"daily"}


def test_a_source_does_not_name_itself_nor_one_of_its_publisher(store: Store) -> None:
    family = [replace(a_source(one), family="group") for one in ("daily", "agency")]
    store.record_sources(family, NOW)
    save(store, "daily", EDITED, published=1, credit_line="Source: Daily and Agency")
    save(store, "agency", RELEASE, is_day=True)
    assert original_of(store) == {"daily"}


def test_of_undated_copies_the_longest_is_the_original(store: Store) -> None:
    save(store, "wire", EXCERPT, published=None)
    save(store, "agency", RELEASE, published=None, after=1)
    assert original_of(store) == {"agency"}


def test_who_is_like_another_copy_alone_is_related(store: Store) -> None:
    """What a copy adds to the release is all that a third one takes from it."""
    save(store, "agency", RELEASE, published=0)
    save(store, "daily", f"{SECOND}\n\n{RELEASE}", published=1)
    save(store, "wire", SECOND, published=2)

    [members] = stories(store).values()
    assert members["wire"] == ("agency", "related")
    with reading(store.engine) as session:
        assert session.scalar(select(ArticleRow.similarity).where(ArticleRow.source_id == "wire")) is None


def test_a_round_up_belongs_to_none_of_its_stories_and_joins_them_not(store: Store) -> None:
    for place, (source, text) in enumerate((("agency", EXCERPT), ("daily", SECOND), ("wire", THIRD))):
        save(store, source, text, published=place)
    save(store, "weekly", ROUND_UP, published=9)

    assert shapes(store) == {frozenset({(source, (None, None))}) for source in ("agency", "daily", "wire", "weekly")}
    with reading(store.engine) as session:
        links = session.scalars(select(LikenessRow).where(LikenessRow.other_id == 4)).all()
        assert [(link.article_id, link.contained > 0.9, link.is_joining) for link in links] == [
            (1, True, False),
            (2, True, False),
            (3, True, False),
        ]


def test_what_was_cut_from_a_release_published_before_joins_it(store: Store) -> None:
    save(store, "agency", RELEASE, published=0)
    save(store, "daily", EXCERPT, published=1)
    save(store, "wire", words(13), published=2)

    assert list(stories(store).values()) == [
        {"agency": (None, None), "daily": ("agency", "excerpt"), "wire": ("agency", "excerpt")}
    ]


def test_an_edit_takes_an_article_out_and_whoever_hung_on_it(store: Store) -> None:
    save(store, "agency", RELEASE, published=0)
    save(store, "daily", f"{SECOND}\n\n{RELEASE}", published=1)
    save(store, "wire", SECOND, published=2)
    assert len(stories(store)) == 1

    save(store, "daily", THIRD, published=1, after=5)

    assert shapes(store) == {frozenset({(source, (None, None))}) for source in ("agency", "daily", "wire")}
    with reading(store.engine) as session:
        assert len(session.scalars(select(StoryRow)).all()) == 3
        assert len(session.scalars(select(SketchRow)).all()) == 3 * SKETCH
        assert session.scalars(select(LikenessRow)).all() == []


def test_a_copy_at_the_original_s_publisher_is_told_from_syndication(store: Store) -> None:
    sisters = [replace(a_source(one), family="publisher") for one in ("agency", "wire")]
    store.record_sources(sisters, NOW)
    for place, source in enumerate(("agency", "daily", "wire")):
        save(store, source, RELEASE, published=place)
    save(store, "agency", EDITED, path="2", published=9)

    with store.engine.connect() as connection:
        told = copies(connection, 1)
    assert [(copy.source_id, copy.is_family) for copy in told] == [
        ("agency", False),
        ("daily", False),
        ("wire", True),
        ("agency", True),
    ]


def test_other_stories_are_left_alone(store: Store) -> None:
    save(store, "agency", SECOND)
    save(store, "daily", SECOND, published=1)
    before = stories(store)

    save(store, "wire", RELEASE)
    save(store, "weekly", EDITED, published=2)

    after = stories(store)
    assert {number: members for number, members in after.items() if number in before} == before


MEMBERS = (
    ("agency", RELEASE, 0),
    ("daily", EDITED, 1),
    ("wire", EXCERPT, 2),
    ("weekly", ROUND_UP, 3),
    ("blog", SECOND, 4),
)


def arrived(order: Iterable[int], engine: Engine) -> Store:
    ensure_schema(engine)
    store = a_store(engine)
    for number in order:
        source, text, published = MEMBERS[number]
        save(store, source, text, published=published)
    return store


@settings(max_examples=25, deadline=None)
@given(order=st.sampled_from(list(permutations(range(len(MEMBERS))))))
def test_the_order_of_arrival_does_not_matter(order: tuple[int, ...]) -> None:
    engine = create_engine("sqlite://")
    assert shapes(arrived(order, engine)) == {
        frozenset({("agency", (None, None)), ("daily", ("agency", "light_edit")), ("wire", ("agency", "excerpt"))}),
        frozenset({("weekly", (None, None))}),
        frozenset({("blog", (None, None))}),
    }
    engine.dispose()


def test_an_address_edited_with_the_headline_is_one_more_of_the_same_article(store: Store) -> None:
    first = save(store, "agency", RELEASE, path="2026/rover-stops-at-rim")
    copy = save(store, "daily", RELEASE, published=2)
    again = save(store, "agency", EDITED, path="2026/rover-halts-at-rim", after=3)

    assert again == first
    assert shapes(store) == {frozenset({("agency", (None, None)), ("daily", ("agency", "light_edit"))})}
    with reading(store.engine) as session:
        keys = session.scalars(select(AliasRow.url).where(AliasRow.article_id == first).order_by(AliasRow.url)).all()
        assert session.get_one(ArticleRow, first).revision_count == 2
    assert keys == ["https://agency.example/2026/rover-halts-at-rim", "https://agency.example/2026/rover-stops-at-rim"]
    assert copy != first
