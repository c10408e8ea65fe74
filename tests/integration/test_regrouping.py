"""``perilune dedup rebuild``: copies that were stored before anyone could tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select, update

from archive.database import open_engine, reading, writing
from archive.errors import ConfigError, LockedError
from archive.idrange import IdRange, id_range
from archive.migrate import upgrade
from archive.model import Likeness
from archive.rows.claims import CLAIM_TIME
from archive.rows.kinship import WordForWord
from archive.rows.regrouping import BATCH, claimed, regroup
from archive.schema import ArticleRow, LikenessRow, RunRow, SketchRow
from crawler.cli import perilune
from pipelines.similarity import SKETCH, Similarity
from tests.archived import an_archived
from tests.builders import NOW
from tests.site.prose import a_piece

RELEASE = a_piece(1).text
EDITED = RELEASE.replace("measurements", "readings")


class Unplugged(Similarity):
    """Fails at one text, as a process that is killed there."""

    def compare(self, text: str, other: str) -> Likeness | None:
        if text == EDITED:
            raise KeyboardInterrupt
        return super().compare(text, other)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """An archive of an older version: three batches of articles without sketches, the 1st and the last alike."""
    with engine.begin() as connection:
        an_archived(connection, source="agency", text=RELEASE)
        for number in range(2, 2 * BATCH):
            an_archived(connection, text=f"Bulletin {number}: nothing happened at the pole today.")
        an_archived(connection, source="daily", text=EDITED)
    return engine


def run(engine: Engine, comparison: Similarity, ids: str = "1-", **options: bool) -> tuple[int, int, int, int]:
    told = regroup(engine, comparison, software="test", owner="here:1:x", now=lambda: NOW, ids=id_range(ids), **options)
    return told.articles, told.joined, told.left, told.changed


def relation(engine: Engine) -> tuple[int | None, str | None]:
    with reading(engine) as session:
        query = select(ArticleRow.duplicate_of, ArticleRow.relation).where(ArticleRow.source_id == "daily")
        original, said = session.execute(query).one()
        return original, said


def test_copies_are_found_and_told(filled: Engine) -> None:
    assert run(filled, Similarity()) == (2 * BATCH, 1, 0, 0)

    assert relation(filled) == (1, "light_edit")
    with reading(filled) as session:
        assert len(session.scalars(select(SketchRow)).all()) == 2 * SKETCH
    assert run(filled, Similarity()) == (2 * BATCH, 0, 0, 0)


def test_it_goes_on_where_it_was_ended(filled: Engine) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(filled, Unplugged())
    with writing(filled) as session:  # what was done is not done again
        session.execute(update(ArticleRow).where(ArticleRow.id == 1).values(text="Gone from here."))

    assert run(filled, Similarity()) == (2 * BATCH, 0, 0, 0)
    with reading(filled) as session:
        [made] = session.scalars(select(RunRow).where(RunRow.command == "dedup rebuild"))
        assert (made.state, made.exit_code, made.stats["through"]) == ("finished", 0, 2 * BATCH)


def test_it_starts_anew_when_told_so(filled: Engine) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(filled, Unplugged())

    assert run(filled, Similarity(), is_from_start=True) == (2 * BATCH, 1, 0, 0)


def test_copies_that_are_none_by_today_s_rules_leave(filled: Engine) -> None:
    run(filled, Similarity())

    assert run(filled, WordForWord()) == (2 * BATCH, 0, 1, 0)  # type: ignore[arg-type]
    assert relation(filled) == (None, None)
    with reading(filled) as session:
        assert session.scalars(select(LikenessRow)).all() == []
        assert session.scalars(select(SketchRow)).all() == []


# Ranges


PIECES = [a_piece(number).text for number in range(1, 6)]


def fill_with_kin(engine: Engine) -> None:
    """Copies, an edited one, an excerpt and a round-up of two, spread over the numbers 1 to 12; no sketches."""
    texts = [
        PIECES[0], PIECES[1], PIECES[2], PIECES[0], PIECES[0].replace("measurements", "readings"), PIECES[3],
        PIECES[1] + "\n\n" + PIECES[2], PIECES[3][: len(PIECES[3]) // 2], PIECES[4], PIECES[1], PIECES[3], PIECES[4],
    ]  # fmt: skip
    with engine.begin() as connection:
        for number, text in enumerate(texts):
            an_archived(connection, source=f"source{number % 5}", text=text)


def what_a_rebuild_writes(engine: Engine) -> list[list[tuple[object, ...]]]:
    articles = select(ArticleRow.id, ArticleRow.signature, ArticleRow.story_id, ArticleRow.duplicate_of,
                      ArticleRow.duplicate_reason, ArticleRow.relation, ArticleRow.similarity)  # fmt: skip
    tables = (articles.order_by(ArticleRow.id), *(select(row.__table__) for row in (SketchRow, LikenessRow)))
    with reading(engine) as session:
        return [sorted(map(tuple, session.execute(query)), key=repr) for query in tables]


@pytest.mark.parametrize(
    "ranges",
    [
        pytest.param(["9-", "5-8", "1-4"], id="the last first"),
        pytest.param(["1-1", "2-11", "12-12"], id="of one article"),
        pytest.param(["1-7", "6-20", "1-7"], id="overlapping, one after the other"),
    ],
)
def test_ranges_together_are_a_whole_rebuild(engine: Engine, tmp_path: Path, ranges: list[str]) -> None:
    whole = open_engine(f"sqlite:///{tmp_path}/whole.db")
    upgrade(whole)
    for one in (engine, whole):
        fill_with_kin(one)
    assert run(whole, Similarity())[:2] == (12, 6)

    for ids in ranges:
        run(engine, Similarity(), ids)

    expected = what_a_rebuild_writes(whole)
    whole.dispose()
    assert what_a_rebuild_writes(engine) == expected
    assert [row[3] for row in expected[0]].count(1) == 2  # an equal and an edited copy of the first


def test_a_range_goes_on_where_it_was_ended(filled: Engine) -> None:
    assert run(filled, Similarity(), "1-60") == (60, 0, 0, 0)
    with pytest.raises(KeyboardInterrupt):
        run(filled, Unplugged(), f"50-{2 * BATCH}")
    assert run(filled, Similarity(), "1-49") == (49, 0, 0, 0)
    with writing(filled) as session:  # it was looked at before the interruption
        session.execute(update(ArticleRow).where(ArticleRow.id == 50).values(text="Gone from here."))

    assert run(filled, Similarity(), f"50-{2 * BATCH}") == (2 * BATCH - 49, 1, 0, 0)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1-5", "6-9", False), ("1-5", "5-9", True), ("5-", "1-5", True), ("6-", "1-5", False), ("1-", "7-7", True)],
)
def test_ranges_overlap_when_a_number_is_in_both(one: str, other: str, expected: bool) -> None:
    assert id_range(one).overlaps(id_range(other)) is id_range(other).overlaps(id_range(one)) is expected


@pytest.fixture
def other_at_work(engine: Engine) -> Iterator[list[float]]:
    """Another machine has 100-200; its clock reads so many seconds after ours."""
    clock = [0.0]
    with claimed(engine, IdRange(first=100, last=200), owner="elsewhere:1:x",
                 now=lambda: NOW + timedelta(seconds=clock[0])):  # fmt: skip
        yield clock


def test_what_another_has_is_left_alone(engine: Engine, other_at_work: list[float]) -> None:
    for ids in ("1-", "1-100", "150-160", "200-"):
        with pytest.raises(LockedError, match="articles 100-200 are being worked on by elsewhere:1:x"):
            run(engine, Similarity(), ids)
    assert run(engine, Similarity(), "1-99") == run(engine, Similarity(), "201-") == (0, 0, 0, 0)


def test_whoever_was_away_too_long_writes_nothing(filled: Engine) -> None:
    """Frozen in its second batch for longer than its lease; another has begun on an overlapping range meanwhile."""
    clock = [NOW]

    def frozen(done: int, total: int) -> None:
        if done == BATCH:
            clock[0] += CLAIM_TIME
            run_at(clock[0], "1-1")

    def run_at(moment: object, ids: str) -> None:
        regroup(filled, Similarity(), software="test", owner="elsewhere:1:x", now=lambda: moment, ids=id_range(ids))

    with pytest.raises(LockedError, match="the lease of articles 1- ran out; nothing more is written"):
        regroup(filled, Similarity(), software="test", owner="here:1:x", now=lambda: clock[0], on_progress=frozen)

    assert relation(filled) == (None, None)


@pytest.mark.parametrize(
    "word", ["", "5", "0-3", "5-4", "-7", "a-b", "1-5-9", "1-99999999999999999999", "1-5\n", "١-٥"]
)
def test_what_is_no_range_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match="range of articles"):
        id_range(word)


def test_command_takes_a_range(engine: Engine) -> None:
    fill_with_kin(engine)
    options = ["--database", engine.url.render_as_string(hide_password=False)]

    told = CliRunner().invoke(perilune, ["dedup", "rebuild", "--articles", "9-", *options])

    # 10, 11 and 12 are word for word what 2, 6 and 9 are: for that no sketch is needed
    assert (told.exit_code, told.stdout) == (0, "articles: 4, joined: 3, left: 0, linked otherwise: 0\n")


def test_an_empty_archive_is_done_at_once(engine: Engine) -> None:
    assert run(engine, Similarity()) == (0, 0, 0, 0)


def test_command_says_what_changed(filled: Engine) -> None:
    options = ["--database", filled.url.render_as_string(hide_password=False)]

    told = CliRunner().invoke(perilune, ["dedup", "rebuild", "--json", "--quiet", *options])
    again = CliRunner().invoke(perilune, ["dedup", "rebuild", *options])

    assert json.loads(told.stdout)["joined"] == 1
    assert again.stdout == f"articles: {2 * BATCH}, joined: 0, left: 0, linked otherwise: 0\n"
    assert again.stderr == f"article {2 * BATCH} of {2 * BATCH}\n"


def test_show_explains_with_numbers(filled: Engine) -> None:
    run(filled, Similarity())
    options = ["--database", filled.url.render_as_string(hide_password=False)]

    lines = CliRunner().invoke(perilune, ["show", str(2 * BATCH), "--explain", *options]).stdout.splitlines()

    assert [line for line in lines if line.startswith("like")] == [
        "like      article 1, agency: light_edit; 93% of this is in that, 93% of that in this; 0.87 alike; one story"
    ]
