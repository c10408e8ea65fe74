"""The made-up archive that speed is measured on is one as the store writes it."""

from __future__ import annotations

from sqlalchemy import func, select

from archive.indexing import words_of
from archive.schema import AliasRow, ArticleRow, CaptureRow, FrontierRow, RevisionRow, SketchRow
from archive.search import search
from archive.textindex import fingerprint, indexed
from benchmarks.load import load
from benchmarks.synthetic import articles


def test_loaded_in_two_goes_it_is_whole(engine):
    load(engine, 37, is_finished=False)
    load(engine, 120)

    with engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(row)).scalar_one()
            for row in (ArticleRow, CaptureRow, AliasRow, RevisionRow, FrontierRow, SketchRow)
        ]
        held = {row.id: row for row in connection.execute(select(ArticleRow.__table__))}
        index = indexed(connection, list(held))
        expected = {
            row.id: fingerprint(
                connection, words_of(title=row.title, text=row.text, authors=row.authors, tags=row.tags)
            )
            for row in held.values()
        }
    assert counts == [
        120,
        120,
        120,
        126,
        132,
        1_800,
    ]  # one revision more of six, one URL more of twelve, 15 hashes each
    assert held[110].text == held[109].text
    assert held[110].duplicate_of == 109
    assert index == expected


def test_article_is_the_same_whatever_is_made_beside_it():
    alone, beside = next(articles(2_001, 2_001)), list(articles(1_999, 2_002))[2]
    assert alone == beside
    assert alone.id == 2_001


def test_words_are_found(engine):
    load(engine, 60)
    wanted = next(articles(17, 17))
    with engine.connect() as connection:
        found = search(connection, f'"{" ".join(wanted.words[3:9])}"')
    assert [hit.id for hit in found.hits] == [17]
