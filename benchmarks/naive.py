"""The crawler that one writes in an afternoon, kept to compare with: extraction in the callback, a commit an item.

    python benchmarks/naive.py URLS ARCHIVE.db

It keeps no evidence, knows no copies, has no search, and loses what was in flight when it is killed.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import trafilatura
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response

TABLE = """
create table article (
  url text primary key, title text, author text, published text, language text, body text, fetched_at text
)
"""
INSERT = "insert or replace into article values (?, ?, ?, ?, ?, ?, datetime('now'))"


class ArticlePipeline:
    """One row and one commit an item."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path)
        self.connection.execute(TABLE)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArticlePipeline:
        return cls(crawler.settings["ARCHIVE"])

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        names = ("url", "title", "author", "date", "language", "text")
        self.connection.execute(INSERT, [item[name] for name in names])
        self.connection.commit()
        return item

    def close_spider(self) -> None:
        self.connection.close()


class NewsSpider(Spider):
    name = "naive"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    async def start(self) -> AsyncIterator[Request]:
        for url in Path(self.path).read_text().split():
            yield Request(url)

    def parse(self, response: Response) -> Iterator[dict[str, Any]]:
        article = trafilatura.bare_extraction(response.text, url=response.url)
        if article is not None:
            yield {**article.as_dict(), "url": response.url}


SETTINGS = {
    "LOG_LEVEL": "ERROR",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 2,
    "ITEM_PIPELINES": {ArticlePipeline: 300},
}

if __name__ == "__main__":
    process = AsyncCrawlerProcess({**SETTINGS, "ARCHIVE": sys.argv[2]})
    process.crawl(NewsSpider, path=sys.argv[1])
    process.start()
