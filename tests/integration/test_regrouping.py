"""``perilune dedup rebuild``: copies that were stored before anyone could tell."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select, update

from archive.database import reading, writing
from archive.model import Likeness
from archive.rows.kinship import WordForWord
from archive.rows.regrouping import BATCH, regroup
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


def run(engine: Engine, comparison: Similarity, **options: bool) -> tuple[int, int, int, int]:
    told = regroup(engine, comparison, software="test", now=lambda: NOW, **options)
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
