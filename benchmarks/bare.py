"""Scrapy and nothing else: fetches the addresses of a file, keeps nothing. The floor that a crawl stands on.

python benchmarks/bare.py URLS
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

SETTINGS = {
    "LOG_LEVEL": "WARNING",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 2,
}  # the rest as Scrapy has it


class Bare(Spider):
    name = "bare"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.pages = path, 0

    async def start(self) -> AsyncIterator[Request]:
        for url in Path(self.path).read_text().split():
            yield Request(url)

    def parse(self, response: Response) -> None:
        self.pages += response.status == 200

    def closed(self, reason: str) -> None:
        print(self.pages)


if __name__ == "__main__":
    process = AsyncCrawlerProcess(SETTINGS)
    process.crawl(Bare, path=sys.argv[1])
    process.start()
