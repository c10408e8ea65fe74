"""The address guard in a real crawl: no spelling of a private address is connected to."""

import pytest
from fetch_run import probe
from fetch_server import FetchServer, moved


@pytest.fixture(scope="module")
def server():
    with FetchServer() as running:
        yield running


SPELLINGS = [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "127.1",
    "localhost",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "0177.0.0.1",
]


@pytest.fixture(scope="module")
def told(server, tmp_path_factory):
    urls = [server.url("/plain", host=host) for host in SPELLINGS]
    return probe(tmp_path_factory.mktemp("home"), urls, allow_private=False)


@pytest.mark.parametrize("host", SPELLINGS)
def test_private_address_is_refused_however_it_is_written(told, server, host):
    assert told.of(server.url("/plain", host=host))["reason"] == "private_address"


def test_refused_addresses_were_not_even_connected_to(told, server):
    assert server.seen == []
    assert told.captures == []


def test_allowed_private_addresses_are_fetched_but_link_local_is_not(tmp_path):
    with FetchServer(extra={"/inward": lambda head, count: moved("http://169.254.10.1/")}) as server:
        told = probe(tmp_path, [server.url("/plain"), server.url("/inward")], allow_private=True)

        assert told.of(server.url("/plain"))["status"] == 200
        assert told.of(server.url("/inward"))["reason"] == "private_address"


@pytest.mark.parametrize("url", ["file:///etc/hostname", "data:text/plain,hello", "ftp://127.0.0.1/x", "s3://bucket/x"])
def test_only_http_is_fetched(tmp_path, url):
    told = probe(tmp_path, [{"url": url, "meta": {"dont_obey_robotstxt": True}}])

    assert told.of(url)["error"] in ("NotSupported", "UnsupportedURLSchemeError")
    assert told.captures == []
