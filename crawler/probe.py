"""A few requests outside any run: for ``sources check`` and ``sources new``. Nothing is archived.

The same guard, robots.txt and limits as a crawl, but no WARC, no frontier and no pipelines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings
from twisted.python.failure import Failure

from archive.config import Config
from crawler.context import user_agent

MAX_PROBES = 40  # requests a call: a site's home page, robots.txt and the usual places of feeds and sitemaps
OF_A_RUN = (
    "crawler.capture",
    "crawler.revisit",
    "crawler.leasing",
    "crawler.accounting",
    "crawler.progress",
    "pipelines.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One answer; ``error`` says why there is none."""

    url: str
    final_url: str
    status: int | None = None
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    error: str | None = None

    @property
    def is_fine(self) -> bool:
        return self.status == 200 and bool(self.body)


Follow = Callable[[Probed], Iterable[str]]


def probe(urls: Iterable[str], config: Config, *, follow: Follow | None = None) -> dict[str, Probed]:
    """Answers by the URL asked, in order of arrival; ``follow`` names what to ask next after an answer.

    Blocks; once a process, as Scrapy's reactor can't start again. At most ``MAX_PROBES`` requests.
    """
    answers: dict[str, Probed] = {}
    process = AsyncCrawlerProcess(probe_settings(config))
    process.crawl(ProbeSpider, urls=list(urls), answers=answers, follow=follow or (lambda _: ()))
    process.start()
    return answers


def probe_settings(config: Config) -> Settings:
    """``crawler/settings.py`` without what belongs to a run."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    for name in ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "ITEM_PIPELINES", "EXTENSIONS"):
        kept = {path: order for path, order in settings.getdict(name).items() if not str(path).startswith(OF_A_RUN)}
        settings.set(name, kept, priority="cmdline")
    settings.set("USER_AGENT", user_agent(config.contact), priority="cmdline")
    settings.set("PERILUNE_ALLOW_PRIVATE", config.allow_private, priority="cmdline")
    settings.set("PERILUNE_CAPTURE", False, priority="cmdline")
    settings.set("LOG_LEVEL", "ERROR", priority="cmdline")
    return settings


class ProbeSpider(Spider):
    """Asks each URL once and keeps the answers."""

    name = "probe"

    def __init__(
        self, urls: list[str], answers: dict[str, Probed], follow: Follow, **kwargs: Any
    ) -> None:  # Any: Scrapy
        super().__init__(**kwargs)
        self.urls = urls
        self.answers = answers
        self.follow = follow
        self.asked: set[str] = set()

    async def start(self) -> AsyncIterator[Request]:
        for request in self.requests(self.urls):
            yield request

    def requests(self, urls: Iterable[str]) -> list[Request]:
        """A request for each URL not asked before, within the limit."""
        wanted = [url for url in dict.fromkeys(urls) if url not in self.asked][: MAX_PROBES - len(self.asked)]
        self.asked.update(wanted)
        meta = {"handle_httpstatus_all": True}
        return [
            Request(url, self.answered, errback=self.failed, meta={**meta, "asked": url}, dont_filter=True)
            for url in wanted
        ]

    def answered(self, response: Response) -> list[Request]:
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        return self.took(
            Probed(
                url=response.meta["asked"],
                final_url=response.url,
                status=response.status,
                content_type=content_type,
                body=response.body,
            )
        )

    def failed(self, failure: Failure) -> list[Request]:
        asked = failure.request.meta["asked"]  # type: ignore[attr-defined]  # Scrapy puts the request there
        return self.took(Probed(url=asked, final_url=asked, error=failure.getErrorMessage()))

    def took(self, probed: Probed) -> list[Request]:
        self.answers[probed.url] = probed
        return self.requests(self.follow(probed))
