"""The main job, end to end: the sample publishers crawled by the command, compared with what they published."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from archive.urls import url_key
from crawler.demo.sample import Sample, TrueArticle, serve_publishers


@dataclass(frozen=True)
class Crawled:
    """The sample, crawled once, then once more."""

    home: Path
    sample: Sample
    first: subprocess.CompletedProcess[str]
    second: subprocess.CompletedProcess[str]
    requests_of_second: list[str]
    articles: list[dict]


def perilune(*args: str, home: Path, sources: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with no PERILUNE_* of the machine's."""
    command = [sys.executable, "-m", "crawler", *args, "--home", str(home)]
    if sources is not None:
        command += ["--sources", str(sources), "--allow-private"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=280, check=False)


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    home = tmp_path_factory.mktemp("sample")
    sources = home / "sources"
    with serve_publishers(port=0) as sample:
        sample.write_sources(sources)
        first = perilune("crawl", "--all", home=home, sources=sources)
        for server in sample.servers.values():
            server.clear_log()
        second = perilune("crawl", "--all", home=home, sources=sources)
        asked = [entry.target for entry in sample.log]
        export = perilune("export", "--format", "jsonl", "-", home=home)
        assert export.returncode == 0, export.stderr
        articles = [json.loads(line) for line in export.stdout.splitlines()]
        yield Crawled(home, sample, first, second, asked, articles)


@pytest.fixture(scope="session")
def by_key(crawled: Crawled) -> dict[str, dict]:
    """Exported articles by every address they are known under."""
    found: dict[str, dict] = {}
    for article in crawled.articles:
        for address in [article["url"], *article["aliases"]]:
            if address.startswith("http"):
                found[url_key(address)] = article
    return found


pytestmark = pytest.mark.xdist_group("sample")


def test_the_crawl_ends_fine(crawled: Crawled) -> None:
    assert crawled.first.returncode == 0, crawled.first.stdout + crawled.first.stderr
    assert crawled.second.returncode == 0, crawled.second.stdout + crawled.second.stderr


def test_every_article_is_archived_once(crawled: Crawled, by_key: dict[str, dict]) -> None:
    true = {url_key(article.url) for article in crawled.sample.truth}
    missing = sorted(key for key in true if key not in by_key)
    assert missing == []
    assert len({by_key[key]["id"] for key in true}) == len(crawled.articles)


def true_articles() -> list[TrueArticle]:
    with serve_publishers(port=0) as sample:
        return sample.truth


TRUE = {(article.source_id, article.title): article for article in true_articles()}
ids = [f"{source}-{title[:40]}" for source, title in TRUE]


@pytest.fixture
def pair(request: pytest.FixtureRequest, crawled: Crawled, by_key: dict[str, dict]) -> tuple[TrueArticle, dict]:
    source_id, title = request.param
    [true] = [one for one in crawled.sample.truth if (one.source_id, one.title) == (source_id, title)]
    return true, by_key[url_key(true.url)]


@pytest.mark.parametrize("pair", list(TRUE), ids=ids, indirect=True)
def test_the_archived_article_is_what_was_published(pair: tuple[TrueArticle, dict]) -> None:
    true, got = pair
    assert got["title"] == true.title
    assert got["text"].split() == true.text.split()
    assert got["authors"] == list(true.authors)
    assert got["published_at"][:10] == true.day.isoformat()
    assert got["lang"].split("-")[0] == true.lang.split("-")[0]
    assert got["source"] == true.source_id


def test_copies_are_linked_to_what_they_copy(crawled: Crawled, by_key: dict[str, dict]) -> None:
    copies = [article for article in crawled.sample.truth if article.original_url]
    assert copies
    for copy in copies:
        ours, original = by_key[url_key(copy.url)], by_key[url_key(str(copy.original_url))]
        assert ours["story_id"] == original["story_id"]


def test_the_second_crawl_fetches_no_article_again(crawled: Crawled) -> None:
    paths = {article.url.split("/", 3)[3] for article in crawled.sample.truth}
    assert [target for target in crawled.requests_of_second if target.lstrip("/") in paths] == []


def test_every_warc_passes_warcio_check(crawled: Crawled) -> None:
    files = sorted((crawled.home / "warc").glob("*.warc.gz"))
    assert files
    command = [sys.executable, "-m", "warcio.cli", "check", "-v", *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout[-2000:]


def test_each_article_leads_to_its_record(crawled: Crawled) -> None:
    verified = perilune("verify", home=crawled.home)
    assert verified.returncode == 0, verified.stdout + verified.stderr
