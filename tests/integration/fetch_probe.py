"""A crawl as a program: JSON on stdin says what to fetch, one JSON object a line on stdout says what came of it.

It runs the project's own settings, handler and downloader middlewares under a spider that only reports.
"""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from archive.config import load_config
from archive.evidence.warc import WarcWriter
from crawler.context import RunContext
from pipelines.writer import Writer
from spiders.requisites import Allowance


class Forgetful:
    """A store that knows nothing of earlier runs and keeps nothing for later ones: probes look at one run."""

    def robots_answer(self, origin, now):
        return None

    def note_robots(self, origin, **answer):
        pass

    def host_groups(self, names):
        return {}

    def remember_hosts(self, groups, now):
        pass

    def holds_capture(self, url, since):
        return False


class Unlocked:
    """A frontier whose locks nobody takes."""

    def refuse_when_expired(self):
        pass


class ProbeSpider(Spider):
    name = "probe"
    tasks = ()
    allowance = None

    async def start(self):
        allowance = Allowance(**(self.allowance or {}))
        for task in self.tasks:
            meta = {"handle_httpstatus_all": True, "source_id": "probe", "kind": "article", "download_slot": "probe"}
            meta |= task.get("meta", {})
            if meta["kind"] == "requisite":
                meta["allowance"] = allowance
            yield Request(
                task["url"],
                method=task.get("method", "GET"),
                meta=meta,
                callback=self.parse,
                errback=self.failed,
                cb_kwargs={"asked": task["url"]},
                dont_filter=True,
            )

    def parse(self, response, asked):
        tell(
            asked=asked,
            url=response.url,
            status=response.status,
            bytes=len(response.body),
            capture=shown(response.meta.get("capture")),
        )

    def failed(self, failure):
        error = failure.value
        tell(
            asked=failure.request.cb_kwargs["asked"],
            error=type(error).__name__,
            reason=getattr(error, "reason", None),
            detail=str(error)[:300],
            capture=shown(failure.request.meta.get("capture")),
        )


def shown(capture):
    if capture is None:
        return None
    return asdict(capture) | {"captured_at": capture.captured_at.isoformat(), "body": None}


def tell(**values):
    print(json.dumps(values), flush=True)


def main() -> None:
    task = json.load(sys.stdin)
    config = load_config({}, home=task["home"], allow_private=task.get("allow_private", True))
    warc = WarcWriter(
        config.warc_dir, run_id=1, software="perilune/test", operator="tests", max_bytes=task.get("max_bytes", 10**9)
    )
    writer, evidence = Writer(), Writer(name="evidence")
    limit = task.get("file_size_limit")
    if limit:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    settings = Settings()
    settings.setmodule("crawler.settings")
    settings["EXTENSIONS"].update({"crawler.progress.Progress": None, "crawler.leasing.LockKeeper": None})
    settings.update(
        {
            "SPIDER_LOADER_CLASS": "scrapy.spiderloader.SpiderLoader",
            "SPIDER_MIDDLEWARES": {},
            "ITEM_PIPELINES": {},
            "ADDONS": {},
            "DOWNLOAD_SLOTS": {"probe": {"delay": 0}},
            "PERILUNE_ALLOW_PRIVATE": task.get("allow_private", True),
            "PERILUNE_BACKOFF_S": 0.05,
            "LOG_LEVEL": "ERROR",
            **task.get("settings", {}),
        }
    )
    validators = {url: tuple(pair) for url, pair in task.get("validators", {}).items()}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(ProbeSpider)
    crawler.perilune = RunContext(
        note=lambda capture, settled, at: None,
        is_forgotten=lambda url: False,
        run_id=1,
        config=config,
        warc=warc,
        on_capture=lambda capture: tell(captured=capture.target_uri, status=capture.status, truncated=capture.truncated,
                                        redirected_from=capture.redirected_from, source_id=capture.source_id),
        original_of=lambda digest, uri: None,
        validators=validators.get,
        now=lambda: datetime.now(UTC),
        store=Forgetful(),
        writer=writer,
        evidence=evidence,
        frontier=Unlocked(),
        **dict.fromkeys(("ledger", "allowance")),
        source_ids=["probe"],
    )  # fmt: skip
    ProbeSpider.tasks = task["requests"]
    ProbeSpider.allowance = task.get("allowance")
    process.crawl(crawler)
    process.start()
    try:
        evidence.close()
        warc.close()
        writer.close()
    finally:
        tell(
            finished=crawler.stats.get_value("finish_reason"),
        )


if __name__ == "__main__":
    main()
