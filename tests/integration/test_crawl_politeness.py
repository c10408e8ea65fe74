"""Politeness, measured from the server's side: delays, waits it asked for, robots.txt."""

import gzip
import random
import time
from itertools import pairwise

import pytest
from fetch_run import probe
from fetch_server import PAGE, FetchServer, plain

from crawler.politeness import download_slots

OK = plain(PAGE)
IN_ORDER = {"CONCURRENT_REQUESTS": 1}  # the next request is taken up when the one before is settled


def robots(text: str):
    return lambda head, count: plain(text.encode(), headers=("Content-Type: text/plain",))


def gaps_s(server, path_start="/"):
    times = [at for at, _, head in server.seen if head.split(b" ")[1].decode().startswith(path_start)]
    return [later - earlier for earlier, later in pairwise(times)]


def test_crawl_delay_is_the_least_time_between_requests(tmp_path):
    with FetchServer(extra={"/robots.txt": robots("User-agent: *\nCrawl-delay: 0.4\n")}) as server:
        probe(tmp_path, [server.url(f"/page/{number}") for number in range(4)])

        assert server.paths()[0] == "/robots.txt"
        assert len(server.seen) == 5
        assert min(gaps_s(server)) >= 0.4


def test_delay_of_the_source_holds_where_robots_asks_for_less(tmp_path):
    with FetchServer(extra={"/robots.txt": robots("User-agent: *\nCrawl-delay: 0.1\n")}) as server:
        probe(
            tmp_path,
            [server.url(f"/page/{number}") for number in range(3)],
            settings={"DOWNLOAD_SLOTS": download_slots({"probe": (0.35, 1)})},
        )

        assert min(gaps_s(server)) >= 0.35


def test_delay_counts_from_when_the_server_surely_had_the_request(tmp_path):
    """An answer that comes 0.3 s after the request may mean that the request took so long."""

    def late(head, count):
        time.sleep(0.3)
        return OK

    pages = {f"/page/{number}": late for number in range(3)}
    with FetchServer(extra=pages) as server:
        probe(
            tmp_path,
            [server.url(path) for path in pages],
            settings={"DOWNLOAD_SLOTS": download_slots({"probe": (0.35, 1)})},
        )

        assert min(gaps_s(server, "/page/")) >= 0.65


def test_delay_of_zero_is_respected_while_the_default_is_a_second(tmp_path):
    with FetchServer() as server:
        probe(tmp_path, [server.url(f"/page/{number}") for number in range(12)])

        assert len(server.seen) == 13
        assert server.seen[-1][0] - server.seen[0][0] < 5.0  # eleven with the default


def test_hosts_without_a_slot_of_their_own_get_the_default_delay(tmp_path):
    with FetchServer() as server:
        requests = [
            {"url": server.url(f"/page/{number}"), "meta": {"download_slot": "elsewhere"}} for number in range(3)
        ]
        probe(tmp_path, requests, settings={"DOWNLOAD_DELAY": 1.0})

        assert min(gaps_s(server, "/page/")) >= 0.9  # Scrapy keeps it at the sender; on the way it varies


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_retry_after_holds_the_whole_slot(tmp_path, status):
    def limited(head, count):
        return plain(b"later", status=status, headers=("Retry-After: 1",)) if count == 1 else OK

    with FetchServer(extra={"/limited": limited}) as server:
        told = probe(
            tmp_path,
            [server.url("/limited"), *[server.url(f"/page/{number}") for number in range(3)]],
            settings={"DOWNLOAD_SLOTS": {"probe": {"delay": 0, "concurrency": 1}}, **IN_ORDER},
        )

        assert told.of(server.url("/limited"))["status"] == 200
        assert server.paths()[:2] == ["/robots.txt", "/limited"]
        assert gaps_s(server)[1] >= 0.95
        assert len(server.seen) == 6


def test_retry_after_longer_than_a_run_takes_leaves_the_urls_due(tmp_path):
    def limited(head, count):
        return plain(b"tomorrow", status="503 Service Unavailable", headers=("Retry-After: 86400",))

    with FetchServer(extra={"/limited": limited}) as server:
        told = probe(
            tmp_path,
            [server.url("/limited"), server.url("/page/1")],
            settings={"DOWNLOAD_SLOTS": {"probe": {"delay": 0, "concurrency": 1}}, **IN_ORDER},
        )

        assert told.of(server.url("/limited"))["reason"] == "retry_after"
        assert told.of(server.url("/limited"))["capture"]["status"] == 503
        assert told.of(server.url("/page/1"))["reason"] == "retry_after"
        assert server.paths() == ["/robots.txt", "/limited"]


def test_overload_without_a_date_is_retried_after_a_pause(tmp_path):
    def limited(head, count):
        return plain(b"later", status="429 Too Many Requests") if count < 3 else OK

    with FetchServer(extra={"/limited": limited}) as server:
        told = probe(tmp_path, [server.url("/limited")], settings={"PERILUNE_BACKOFF_S": 0.2})

        assert told.of(server.url("/limited"))["status"] == 200
        first, second = gaps_s(server, "/limited")
        assert first >= 0.19
        assert second >= 0.39


def test_server_error_once_is_retried(tmp_path):
    def failing(head, count):
        return plain(b"oops", status="500 Internal Server Error") if count == 1 else OK

    with FetchServer(extra={"/failing": failing}) as server:
        told = probe(tmp_path, [server.url("/failing")])

        assert told.of(server.url("/failing"))["status"] == 200
        assert [line["status"] for line in told.captures] == [200, 500, 200]


@pytest.mark.parametrize(
    ("status", "reason"),
    [("503 Service Unavailable", "robots_unreachable"), ("404 Not Found", None), ("403 Forbidden", None)],
)
def test_status_of_robots_txt_decides(tmp_path, status, reason):
    with FetchServer(extra={"/robots.txt": lambda head, count: plain(b"Disallow: /", status=status)}) as server:
        told = probe(tmp_path, [server.url("/page/1"), server.url("/page/2")])

        assert [told.of(server.url(f"/page/{number}")).get("reason") for number in (1, 2)] == [reason, reason]


def test_robots_txt_that_drips_does_not_hold_up_the_run(tmp_path):
    def drip(head, count):
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nUser-agent"

    with FetchServer(extra={"/robots.txt": drip}) as server:
        told = probe(tmp_path, [server.url("/page/1")], settings={"PERILUNE_ROBOTS_TIMEOUT_S": 0.5})

        assert told.of(server.url("/page/1"))["reason"] == "robots_unreachable"
        assert [(line["status"], line["truncated"]) for line in told.captures] == [(200, "time")]


def test_robots_txt_is_asked_once_an_origin(tmp_path):
    with FetchServer() as one, FetchServer("127.0.0.2") as other:
        probe(tmp_path, [server.url(f"/page/{number}") for number in range(5) for server in (one, other)])

        assert one.counts["/robots.txt"] == 1
        assert other.counts["/robots.txt"] == 1


def test_host_that_refuses_connections_is_given_up_and_costs_no_other(tmp_path):
    with FetchServer() as server:
        with FetchServer("127.0.0.3") as gone:
            dead = [gone.url(f"/page/{number}") for number in range(5)]
        told = probe(tmp_path, [*dead, server.url("/page/1")])

        assert {told.of(url).get("reason") for url in dead} == {"robots_unreachable"}
        assert told.of(server.url("/page/1"))["status"] == 200


def test_host_that_stops_answering_is_given_up(tmp_path):
    with FetchServer() as server:
        with FetchServer("127.0.0.3") as gone:
            dead = [gone.url(f"/page/{number}") for number in range(5)]
        requests = [{"url": url, "meta": {"dont_obey_robotstxt": True}} for url in dead]
        told = probe(tmp_path, [*requests, server.url("/page/1")], settings={"CONCURRENT_REQUESTS_PER_DOMAIN": 1})

        assert "host_unavailable" in {told.of(url).get("reason") for url in dead}
        assert told.of(server.url("/page/1"))["status"] == 200


TORN = gzip.compress(random.Random(1).randbytes(30_000))[:-8]
TOO_MANY = plain(b"", status="429 Too Many Requests", headers=("Retry-After: 99999999",))


@pytest.mark.parametrize(
    "third_party",
    [
        pytest.param({"/p.gif": lambda head, count: TOO_MANY}, id="a wait"),
        pytest.param({"/robots.txt": robots("User-agent: *\nCrawl-delay: 3\n")}, id="Crawl-delay"),
    ],
)
def test_what_a_picture_s_host_asks_for_is_kept_to_it(tmp_path, third_party):
    """A page may name any host: none of them can silence the source, or slow it down."""
    with FetchServer() as source, FetchServer(extra=third_party) as other:
        picture = {"url": other.url("/p.gif"), "meta": {"kind": "requisite"}}
        pages = [source.url(f"/page/{number}") for number in range(3)]
        told = probe(tmp_path, [picture, *pages], settings=IN_ORDER)

        assert [told.of(page).get("status") for page in pages] == [200, 200, 200]
        assert max(gaps_s(source, "/page/")) < 2.0
        assert other.paths() == ["/robots.txt", "/p.gif"]


def requisites(server, *paths):
    return [{"url": server.url(path), "meta": {"kind": "requisite", "download_slot": "probe"}} for path in paths]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        pytest.param(
            "/moved",
            plain(b"x" * 30_000, status="302 Found", headers=("Location: /page/1",)),
            id="redirects",
        ),
        pytest.param("/torn", plain(TORN, headers=("Content-Encoding: gzip",)), id="a gzip stream without its end"),
    ],
)
def test_every_byte_for_a_page_s_requisites_counts(tmp_path, path, answer):
    """Also of an answer that no middleware but the lowest sees."""
    hosts = {"DOWNLOAD_SLOTS": download_slots({"probe": (0.0, 1)}), "RETRY_TIMES": 0, **IN_ORDER}
    extra = {f"{path}/{number}": lambda head, count: answer for number in range(5)}
    with FetchServer(extra=extra) as server:
        hosts["PERILUNE_HOST_GROUPS"] = {server.url("").removeprefix("http://"): "probe"}
        told = probe(tmp_path, requisites(server, *extra), settings=hosts, allowance={"bytes_left": 50_000})

        seen = [one for one in server.paths() if one.startswith(path)]
        assert sorted(set(seen)) == [f"{path}/0", f"{path}/1"]  # the latter may be sent again on a fresh connection
        assert told.of(server.url(f"{path}/1"))["reason"] == "too_large"
        assert told.of(server.url(f"{path}/4"))["reason"] == "requisite_budget"


def test_requests_for_a_page_s_requisites_are_counted_with_their_redirects(tmp_path):
    moved = plain(b"", status="302 Found", headers=("Location: /page/1",))
    with FetchServer(extra={"/moved": lambda head, count: moved}) as server:
        hosts = {"PERILUNE_HOST_GROUPS": {server.url("").removeprefix("http://"): "probe"}, **IN_ORDER}
        paths = ["/moved", "/page/2", "/page/3"]
        told = probe(tmp_path, requisites(server, *paths), settings=hosts, allowance={"requests_left": 3})

        assert len(server.paths()) == 1 + 3  # and robots.txt
        reasons = [told.of(server.url(path)).get("reason") for path in paths]
        assert sorted(reasons, key=str) == [None, None, "requisite_budget"]
