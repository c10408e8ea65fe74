"""Every source file is a spider: ``scrapy list``, ``scrapy crawl esa`` and Scrapyd work as they are."""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import TYPE_CHECKING

from archive.config import load_config
from spiders.hostgroups import host_key
from spiders.registry import Source, load_sources
from spiders.source import SourceSpider

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.settings import BaseSettings


class SourceLoader:
    """``SPIDER_LOADER_CLASS``. Sources come from the setting PERILUNE_SOURCES, else from the configuration."""

    def __init__(self, sources: dict[str, Source]) -> None:
        self.sources = sources

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> SourceLoader:
        """Raises ``SourceError`` with everything that is wrong with the source files."""
        folder = settings.get("PERILUNE_SOURCES")
        return cls(load_sources(Path(folder) if folder else load_config(os.environ).sources))

    def load(self, spider_name: str) -> type[Spider]:
        """A spider of that one source. Raises ``KeyError`` for a name that no file has."""
        source = self.sources[spider_name]
        return type(f"{SourceSpider.__name__}[{source.id}]", (SourceSpider,), {"name": source.id, "sources": (source,)})

    def list(self) -> list[str]:
        return list(self.sources)

    def find_by_request(self, request: Request) -> builtins.list[str]:
        """Ids of the sources that are asked on the request's host."""
        return [source.id for source in self.sources.values() if host_key(request.url) in source.host_keys]
