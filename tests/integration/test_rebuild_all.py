"""Whatever was done to an archive, its WARC files alone give it back, object by object (into PostgreSQL: tests/e2e)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from archive.config import Config, load_config
from archive.database import open_engine
from archive.errors import ConfigError
from archive.evidence.warc import iter_records
from archive.rows.templates import template_of
from archive.schema import ArticleRow, FrontierRow, RevisionRow
from archive.verify import verify
from crawler.cli import perilune
from crawler.forgetting import run_forget
from crawler.importing import run_import
from crawler.rebuild import run_replay
from tests.crawled import Crawl, config_of, everything, exported, other_body, page
from tests.integration.test_import import SOURCE, File, html

BOX = "Readers of this site also like our calendar of launches for the year."


def with_box(title: str, number: int) -> bytes:
    """A page with a line between its paragraphs that only a person takes for the site's."""
    return page(title, text=f"{other_body(number)}</p><p>{BOX}</p><p>{other_body(number + 100)}")


def config_in(home: Path, sources: Path, url: str | None = None) -> Config:
    sources.mkdir(exist_ok=True)
    (sources / "alpha.toml").write_text(SOURCE, encoding="utf-8")
    return load_config({}, home=str(home), database=url, sources=str(sources))


def test_rebuilt_from_its_files_it_is_the_same(tmp_path: Path, database_url: str) -> None:
    config = config_in(tmp_path / "home", tmp_path / "sources", database_url)
    crawl = Crawl(config)
    everything(crawl)
    crawl.answer("/news/boxed", with_box("Boxed", 11))
    crawl.answer("/news/secret", page("To be forgotten", text=other_body(12)))
    crawl.answer("/news/two", b"<p>Gone", status=410, missed="http_410")  # looked at again
    crawl.close()
    command = ["sources", "template", "alpha", "--pin", BOX, "--home", str(config.home), "--sources"]
    invoked = CliRunner().invoke(
        perilune, [*command, str(config.sources), "--database", config.database_url], standalone_mode=False
    )
    assert invoked.exception is None
    crawl = Crawl(config)
    crawl.at = datetime.now(UTC)
    crawl.answer("/news/boxed-too", with_box("Boxed, too", 14))
    crawl.close()
    file = File()
    file.response("/news/2024/imported-from-elsewhere", html("Imported"))
    (tmp_path / "foreign.warc").write_bytes(file.content)
    run_import(config, [tmp_path / "foreign.warc"])
    run_forget(config, "https://alpha.example/news/secret", reason="asked for")
    new = config_in(tmp_path / "new", tmp_path / "sources")

    told = run_replay(new, files=sorted(config.warc_dir.iterdir()))

    assert (told.problems, told.exit_code) == ([], 0)
    before, after = open_engine(config.database_url), open_engine(new.database_url)
    original = exported(before)
    assert exported(after) == original
    titles = {one["title"] for one in original}
    assert {"Imported", "Boxed", "Boxed, too", "Two landers"} <= titles and "To be forgotten" not in titles
    assert BOX in next(one["text"] for one in original if one["title"] == "Boxed")
    assert BOX not in next(one["text"] for one in original if one["title"] == "Boxed, too")
    for columns in (
        (RevisionRow.article_id, RevisionRow.number, RevisionRow.kind, RevisionRow.text_digest, RevisionRow.seen_at),
        (FrontierRow.url_key, FrontierRow.state, FrontierRow.article_id, FrontierRow.missing_since),
        (ArticleRow.id, ArticleRow.duplicate_reason, ArticleRow.relation, ArticleRow.wishes, ArticleRow.extractor),
    ):
        with before.connect() as one, after.connect() as other:
            query = select(*columns).order_by(*columns[:2])
            assert other.execute(query).all() == one.execute(query).all()
    pinned = [(block.text, block.state) for block in template_of(after, "alpha").blocks if block.state != "learned"]
    assert pinned == [(BOX, "pinned")]
    with after.connect() as connection:
        assert [finding for finding in verify(connection, new.warc_dir) if finding.is_fault] == []
    fields = [record.fields for path in new.warc_dir.iterdir() for record in iter_records(path)]
    assert "/news/secret" not in str(fields)
    before.dispose()
    after.dispose()


def test_a_source_that_nothing_names_is_an_error(tmp_path: Path) -> None:
    crawl = Crawl(config_of(tmp_path / "old"))
    crawl.answer("/ice", page("Ice on the far side"))
    crawl.close()
    files = sorted(crawl.config.warc_dir.iterdir())
    with pytest.raises(ConfigError, match="no source 'alhpa', neither in the registry nor in these files"):
        run_replay(config_of(tmp_path / "new"), files=files, source_ids=["alhpa"])
    assert run_replay(config_of(tmp_path / "new"), files=files, source_ids=["alpha"]).pages == 1
