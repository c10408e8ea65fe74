"""What a worker works out of an article beforehand: used where it fits, never believed where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from archive.database import open_engine
from archive.model import Article, Groundwork
from archive.schema import ArticleRow, SketchRow
from archive.search import search
from archive.store import Store
from archive.textindex import indexed
from pipelines.dedup import decide
from pipelines.reading import groundwork_of
from pipelines.similarity import Similarity
from pipelines.template import Template
from tests.builders import NOW, PROSE, a_discovered, a_source, an_article


@pytest.fixture
def engine(database_url: str):
    made = open_engine(database_url)
    yield made
    made.dispose()


def stored(engine: Engine, article: Article, groundwork: Groundwork | None) -> tuple[object, bytes, list[int]]:
    """What the index, the row and the index of copies hold of it."""
    store = Store(engine)
    store.record_sources([a_source()], NOW)
    run_id = store.start_run("crawl", software="test", now=NOW)
    article = replace(article, capture=replace(article.capture, run_id=run_id))
    settled = store.save(
        run_id, a_discovered(), article, decide, NOW, cleaner=Template(), comparison=Similarity(), groundwork=groundwork
    )
    number = settled.article_id
    with engine.connect() as connection:
        signature = connection.execute(select(ArticleRow.signature)).scalar_one()
        hashes = connection.execute(select(SketchRow.hash).where(SketchRow.article_id == number)).scalars()
        return indexed(connection, [number])[number], signature, sorted(hashes)


@pytest.mark.parametrize("is_ready", [True, False], ids=["ready", "from the text"])
def test_the_rows_are_the_same_with_it_and_without(engine: Engine, is_ready: bool) -> None:
    article = an_article(title="The rover climbs\x00", text=PROSE, tags=("Mars",))
    words, signature, hashes = stored(engine, article, groundwork_of(article) if is_ready else None)
    assert "rover" in str(words)
    assert tuple(sorted(Similarity().sketch(PROSE))) == tuple(hashes)
    assert len(signature) == 8 * len(hashes) == 8 * 15
    with engine.connect() as connection:
        assert [hit.id for hit in search(connection, "rover climbs tag:mars").hits] == [1]


def test_that_of_another_text_is_not_believed(engine: Engine) -> None:
    article = an_article(text=PROSE)
    other = groundwork_of(an_article(text="A probe was lost behind the Moon. " * 30, text_digest="sha256:" + "0" * 64))
    words, _, hashes = stored(engine, article, other)
    assert "probe" not in str(words)
    assert tuple(hashes) == tuple(sorted(Similarity().sketch(PROSE)))
