"""The sample's feeds, sitemaps and listings, read by the project's own discovery: every article, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.urls import url_key
from crawler.demo.publishers.publisher import Publisher
from crawler.demo.sample import Sample, serve_publishers
from crawler.demo.server import Request
from spiders.discovery.endpoint import read_endpoint
from spiders.registry import Endpoint, Registry, load_sources
from spiders.source import scope_of_source

OTHER_ADDRESSES = {  # announced beside the canonical ones; redirects and rel=canonical lead home
    "downrange": {"/articles/night-shift-cooks.php", "/articles/range-safety-dog.php"},
    "halcyon": {"/node/20310", "/node/20324"},
}


@pytest.fixture(scope="module")
def sample() -> Iterator[Sample]:
    with serve_publishers(edition=2, port=0) as running:
        yield running


@pytest.fixture(scope="module")
def sources(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder: Path = tmp_path_factory.mktemp("sources")
    sample.write_sources(folder)
    return load_sources(folder)


def announced(publisher: Publisher, endpoint: Endpoint) -> Iterator[str]:
    """What an endpoint announces, children and pages included."""
    todo, seen = [endpoint.url], 0
    while todo:
        url = todo.pop()
        seen += 1
        answer = publisher.respond(Request(method="GET", target=url.removeprefix(publisher.base_url), headers={}))
        assert answer.status == 200, url
        assert isinstance(answer.body, bytes)
        findings = read_endpoint(endpoint, answer.body, url=url, content_type=answer.header("Content-Type") or "")
        assert findings.reason is None, (url, findings.reason)
        yield from (found.url for found in findings.found)
        todo += [child.url for child in findings.children]
        todo += [findings.next_url] if findings.next_url and seen < endpoint.max_pages else []


@pytest.mark.parametrize(
    "source_id",
    ["downrange", "gazette", "halcyon", "hoshimi", "lagrange", "padpage", "perigee", "relay", "skyward", "vestnik"],
)
def test_every_article_of_the_sample_is_found(sample: Sample, sources: Registry, source_id: str) -> None:
    source, publisher = sources[source_id], sample.publishers[source_id]
    scope = scope_of_source(source)
    urls = {url for endpoint in source.endpoints for url in announced(publisher, endpoint)}
    kept = {url_key(url) for url in urls if scope.reason_to_drop(url) is None}
    others = {url_key(publisher.url(path)) for path in OTHER_ADDRESSES.get(source_id, ())}
    assert kept == {url_key(article.url) for article in sample.truth if article.source_id == source_id} | others
