"""Source files as Scrapy spiders."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy import Request
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader

from archive.errors import SourceError
from spiders.source import SourceSpider

FILE = 'name = "Moon"\nhomepage = "https://moon.example/"\n[[feeds]]\nurl = "https://feeds.moon.example/all"\n'


def loader_of(folder: Path):
    settings = Settings({"SPIDER_LOADER_CLASS": "spiders.loader.SourceLoader", "PERILUNE_SOURCES": str(folder)})
    return get_spider_loader(settings)


def test_every_source_file_is_a_spider(tmp_path: Path) -> None:
    (tmp_path / "moon.toml").write_text(FILE)
    loader = loader_of(tmp_path)

    spider = loader.load("moon")

    assert loader.list() == ["moon"]
    assert issubclass(spider, SourceSpider)
    assert (spider.name, [source.id for source in spider().by_id.values()]) == ("moon", ["moon"])
    assert loader.find_by_request(Request("https://www.moon.example/x")) == ["moon"]
    assert loader.find_by_request(Request("https://sun.example/x")) == []


def test_a_spider_nobody_knows_is_a_key_error(tmp_path: Path) -> None:
    (tmp_path / "moon.toml").write_text(FILE)
    with pytest.raises(KeyError):
        loader_of(tmp_path).load("sun")


def test_wrong_source_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "moon.toml").write_text("name = 1")
    with pytest.raises(SourceError, match=r"moon\.toml: homepage: required"):
        loader_of(tmp_path)


def test_without_a_folder_the_packaged_sources_are_spiders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERILUNE_SOURCES", raising=False)
    settings = Settings({"SPIDER_LOADER_CLASS": "spiders.loader.SourceLoader"})
    assert "esa" in get_spider_loader(settings).list()
