"""Capture, against a real server over real sockets: what was on the wire is in WARC, and nothing else is."""

import os
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from fastwarc.warc import ArchiveIterator
from fetch_run import probe
from fetch_server import ANSWERS, CLOSING, GZIPPED, PAGE, FetchServer
from warcio.checker import Checker

from archive.evidence.warc import iter_records, read_record
from archive.model import Locator


@pytest.fixture(scope="module")
def server():
    with FetchServer() as running:
        yield running


@pytest.fixture(scope="module")
def told(server, tmp_path_factory):
    """One crawl over every behaviour the server has."""
    paths = [*ANSWERS, *CLOSING, "/reset", "/drip", "/forbidden"]
    requests = [{"url": server.url(path)} for path in paths if path != "/robots.txt"]
    requests.append({"url": server.url("/head"), "method": "HEAD"})
    requests.append({"url": server.url("/conditional"), "meta": {"kind": "endpoint"}})
    return probe(
        tmp_path_factory.mktemp("home"),
        requests,
        validators={server.url("/conditional"): ['"v1"', "Sun, 01 Mar 2026 12:00:00 GMT"]},
        settings={"DOWNLOAD_TIMEOUT": 1.5},
    )


def record_at(told, url):
    return read_record(told.home / "warc", Locator(**told.of(url)["capture"]["locator"]))


def test_every_warc_file_passes_both_checkers(told):
    paths = sorted((told.home / "warc").iterdir())

    assert len(paths) == 2
    for path in paths:
        assert Checker(SimpleNamespace(inputs=[str(path)], verbose=False)).process_all() == 0
        records = list(ArchiveIterator(path.open("rb"), verify_digests=False, parse_http=False))
        assert all(record.verify_block_digest() for record in ArchiveIterator(path.open("rb"), parse_http=False))
        assert len(records) > 3


@pytest.mark.parametrize(
    "path", ["/plain", "/gzip", "/not-found", "/bare-line-feeds", "/empty", "/no-content", "/bomb"]
)
def test_response_record_is_the_answer_byte_for_byte(told, server, path):
    url = server.url(path)

    assert record_at(told, url).block == ANSWERS[path]


def test_interim_answers_are_not_part_of_the_response(told, server):
    assert record_at(told, server.url("/interim")).block == ANSWERS["/interim"].partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("path", ["/plain", "/gzip", "/redirect", "/not-found"])
def test_request_record_is_what_the_server_was_sent(told, server, path):
    url = server.url(path)
    sent = [head for _, _, head in server.seen if head.startswith(f"GET {path} ".encode())]

    records = [
        record.block
        for file in (told.home / "warc").iterdir()
        for record in iter_records(file)
        if record.warc_type == "request" and record.field("WARC-Target-URI") == url
    ]

    assert sorted(records) == sorted(sent)
    assert b"Accept-Encoding: gzip, deflate\r\n" in records[0]


def test_chunked_answer_is_kept_without_its_chunks(told, server):
    record = record_at(told, server.url("/chunked-gzip"))

    assert record.http.header("X-Archive-Orig-transfer-encoding") == "Chunked"
    assert record.http.header("Content-Length") == str(len(GZIPPED))


def test_body_reaches_the_spider_decoded(told, server):
    for path in ("/plain", "/gzip", "/chunked", "/chunked-gzip", "/http10"):
        assert told.of(server.url(path))["bytes"] == len(PAGE)


def test_same_payload_becomes_a_revisit_of_the_first_response(told, server):
    copies = [told.of(server.url(path))["capture"] for path in ("/plain", "/copy-of-plain", "/chunked", "/http10")]
    originals = [capture for capture in copies if capture["revisit_of"] is None]
    revisits = [capture for capture in copies if capture["revisit_of"]]

    assert len(originals) == 1
    assert {capture["revisit_of"] for capture in revisits} == {originals[0]["warc_record_id"]}
    assert len({capture["payload_digest"] for capture in copies}) == 1


def test_redirect_is_captured_and_named_by_its_target(told, server):
    capture = told.of(server.url("/redirect"))["capture"]

    assert capture["target_uri"] == server.url("/plain")
    assert capture["redirected_from"] == [server.url("/redirect")]
    assert [line["status"] for line in told.captures if line["captured"] == server.url("/redirect")] == [302]


def test_conditional_request_is_answered_304_and_kept_out_of_the_replay_index(told, server):
    result = told.of(server.url("/conditional"))
    (asked,) = [head for _, _, head in server.seen if head.startswith(b"GET /conditional ")]

    assert result["status"] == 304
    assert b'If-None-Match: "v1"\r\nIf-Modified-Since: Sun, 01 Mar 2026 12:00:00 GMT\r\n' in asked
    assert result["capture"]["locator"]["filename"].endswith("-meta.warc.gz")
    assert record_at(told, server.url("/conditional")).warc_type == "revisit"
    assert all("conditional" not in index.read_text() for index in (told.home / "cdxj").iterdir())


@pytest.mark.parametrize(
    ("path", "error", "truncated"),
    [
        pytest.param("/wrong-length", "ResponseDataLossError", "disconnect", id="shorter than it said"),
        pytest.param("/cut-chunk", "ResponseDataLossError", "disconnect", id="cut inside a chunk"),
        pytest.param("/reset", "ResponseDataLossError", "disconnect", id="reset"),
        pytest.param("/drip", "DownloadTimeoutError", "time", id="slow drip"),
    ],
)
def test_broken_exchange_is_kept_with_why_it_broke(told, server, path, error, truncated):
    result = told.of(server.url(path))

    assert result["error"] == error
    assert result["capture"]["truncated"] == truncated
    assert record_at(told, server.url(path)).field("WARC-Truncated") == truncated
    assert len(record_at(told, server.url(path)).http.body) > 3


def test_body_that_ends_with_its_connection_is_whole(told, server):
    assert told.of(server.url("/http10"))["capture"]["truncated"] is None


@pytest.mark.parametrize("path", ["/cut-head", "/nothing", "/forbidden", "/40k-header", "/many-headers"])
def test_exchange_without_an_answer_leaves_no_capture(told, server, path):
    assert told.of(server.url(path))["capture"] is None
    assert server.url(path) not in {line["captured"] for line in told.captures}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/forbidden", "robots_forbidden"),
        ("/40k-header", "too_large"),
        ("/many-headers", "too_large"),
        ("/bomb", "too_large"),
        ("/redirect-loop", "redirect_limit"),
        ("/redirect-metadata", "private_address"),
        ("/redirect-decimal", "private_address"),
    ],
)
def test_what_we_refuse_has_a_reason(told, server, path, reason):
    assert told.of(server.url(path))["reason"] == reason


def test_redirect_to_a_file_is_not_followed(told, server):
    assert told.of(server.url("/redirect-file"))["status"] == 302


def test_robots_txt_is_captured_for_the_source_that_asked(told, server):
    (capture,) = [line for line in told.captures if line["captured"] == server.url("/robots.txt")]

    assert capture["source_id"] == "probe"


def test_page_names_the_robots_txt_that_allowed_it(told, server):
    records = [record for file in (told.home / "warc").iterdir() for record in iter_records(file)]
    [robots] = [
        record.field("WARC-Record-ID")
        for record in records
        if record.warc_type == "response" and record.field("WARC-Target-URI") == server.url("/robots.txt")
    ]
    about = [record.block.decode() for record in records if record.warc_type == "metadata"]

    assert sum(f"robotsTxt: {robots}\r\n" in block for block in about) >= 20
    assert sum("robotsRule: " in block for block in about) == sum("robotsTxt: " in block for block in about)
    assert not any("kind: robots" in block and "robotsTxt" in block for block in about)


def test_head_request_leaves_a_valid_record_without_body(told, server):
    assert record_at(told, server.url("/head")).http.body == b""
    assert record_at(told, server.url("/head")).http.header("Content-Length") == str(len(PAGE))


def test_full_disk_closes_the_crawl_and_leaves_a_valid_file(server, tmp_path):
    def unlike_any_other(head, count):
        body = os.urandom(20_000)
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    server.extra["/random"] = unlike_any_other

    told = probe(tmp_path, [server.url("/random") for _ in range(20)], file_size_limit=100_000)

    assert told.end["finished"] == "capture_failed"
    assert len(told.captures) == 5  # robots.txt and four pages of 20 kB
    assert server.counts["/random"] < 20
    for path in (tmp_path / "warc").iterdir():
        assert [record.warc_type for record in iter_records(path)].count("response") == 5


def test_capture_date_is_when_the_request_went_out(told, server):
    captured_at = datetime.fromisoformat(told.of(server.url("/plain"))["capture"]["captured_at"])

    assert captured_at.tzinfo == UTC
    assert record_at(told, server.url("/plain")).field("WARC-Date") == captured_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize("path", ["/plain", "/chunked"], ids=["says its length", "does not"])
def test_body_larger_than_we_take_is_cut_off_and_says_so(server, tmp_path, path):
    told = probe(tmp_path, [{"url": server.url(path), "meta": {"download_maxsize": 500}}])

    result = told.of(server.url(path))
    assert result["reason"] == "too_large"
    assert result["capture"]["truncated"] == "length"
    (file,) = (tmp_path / "warc").iterdir()
    assert Checker(SimpleNamespace(inputs=[str(file)], verbose=False)).process_all() == 0
