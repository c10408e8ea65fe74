"""What is in WARC, byte for byte what a proxy saw on the wire; and tools of others read and check every file.

The documented differences (docs/formats.md) and no others: chunks are undone and the head says so, interim answers and
trailers are left out, an answer that was cut off holds what came.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastwarc.warc import ArchiveIterator
from fetch_run import probe
from fetch_server import ANSWERS, CLOSING, FetchServer
from recording_proxy import RecordingProxy, Seen
from warcio.checker import Checker

from archive.evidence.cdxj import index_lines
from archive.evidence.records import StoredRecord
from archive.evidence.warc import iter_records
from tests.tools import tool

CUT_OFF = ("/drip", "/wrong-length", "/cut-chunk", "/reset")
UNANSWERED = ("/cut-head", "/nothing", "/40k-header", "/many-headers")  # no whole head came, or we refused it


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    """(what the proxy saw, where the files are) of a crawl over every behaviour."""
    home = tmp_path_factory.mktemp("home")
    with FetchServer() as server, RecordingProxy(server.port) as proxy:
        paths = [*ANSWERS, *CLOSING, "/reset", "/drip", "/forbidden"]
        requests = [{"url": proxy.url(path)} for path in paths if path != "/robots.txt"]
        requests.append({"url": proxy.url("/head"), "method": "HEAD"})
        requests.append({"url": proxy.url("/conditional"), "meta": {"kind": "endpoint"}})
        probe(
            home,
            requests,
            validators={proxy.url("/conditional"): ['"v1"', None]},
            settings={"DOWNLOAD_TIMEOUT": 1.5, "CONCURRENT_REQUESTS_PER_DOMAIN": 2},
        )
        seen = proxy.seen()
    return seen, home


def files(home: Path) -> list[Path]:
    return sorted((home / "warc").iterdir())


def records(home: Path) -> list[StoredRecord]:
    return [record for path in files(home) for record in iter_records(path)]


def answers(home: Path) -> dict[bytes, list[tuple[bytes, StoredRecord, bytes]]]:
    """Request → (target, answer's record, its payload: of the original where it is a revisit)."""
    held = records(home)
    by_id = {record.field("WARC-Record-ID"): record for record in held}
    found: dict[bytes, list[tuple[bytes, StoredRecord, bytes]]] = {}
    for request in (record for record in held if record.warc_type == "request"):
        answer = by_id[request.field("WARC-Concurrent-To")]
        whole = answer
        if answer.field("WARC-Refers-To"):
            whole = by_id[answer.field("WARC-Refers-To")]
            assert whole.warc_type == "response"
        found.setdefault(request.block, []).append((request.block, answer, whole.http.body))
    return found


def stored_form(seen: Seen) -> bytes:
    """The head as docs/formats.md says that it is stored."""
    if not seen.is_chunked:
        return seen.head
    *lines, last = seen.head.splitlines(keepends=True)
    renamed = [b"X-Archive-Orig-" + line if line.lower().startswith(b"transfer-encoding:") else line for line in lines]
    return b"".join([*renamed, b"Content-Length: %d\r\n" % len(seen.body), last])


def test_every_byte_the_proxy_saw_is_in_the_archive(crawl) -> None:
    seen, home = crawl
    held = answers(home)
    compared = 0
    for one in seen:
        if one.path in UNANSWERED:
            continue
        _, answer, payload = held[one.request].pop(0)
        compared += 1
        if one.path in CUT_OFF:
            head, _, body = answer.block.partition(b"\r\n\r\n")
            assert answer.field("WARC-Truncated")
            assert one.body.startswith(body) and len(body) > 3, one.path
            assert one.is_chunked or one.head == head + b"\r\n\r\n"
            continue
        assert not answer.field("WARC-Truncated"), one.path
        assert payload == one.body, one.path
        head = answer.block if answer.warc_type == "revisit" else answer.block[: len(answer.block) - len(payload)]
        assert head == stored_form(one), one.path
    assert [answer for left in held.values() for answer in left] == []  # nothing is there that was not seen
    assert compared >= 30


def test_checkers_of_others_pass_every_file(crawl) -> None:
    _, home = crawl
    for path in files(home):
        assert Checker(SimpleNamespace(inputs=[str(path)], verbose=False)).process_all() == 0
        with path.open("rb") as file:
            blocks = [record.verify_block_digest() for record in ArchiveIterator(file, parse_http=False)]
        with path.open("rb") as file:
            payloads = {
                record.headers["WARC-Target-URI"]: record.verify_payload_digest()
                for record in ArchiveIterator(file, parse_http=True)
                if record.headers.get("WARC-Payload-Digest") and record.headers["WARC-Type"] == "response"
            }
        assert len(blocks) > 3 and all(blocks)
        assert "-meta." in path.name or len(payloads) > 10
        failed = {url.partition("/")[2].rpartition("/")[2] for url, passes in payloads.items() if not passes}
        assert failed <= {"bare-line-feeds"}  # a head that ends its lines with LF alone: fastwarc 2.0 reads none


def test_index_of_another_tool_is_ours(crawl) -> None:
    """cdxj-indexer, which pywb and py-wacz use, names the same records at the same places."""
    _, home = crawl
    indexer = tool("wacz", "cdxj-indexer")
    for path in files(home):
        made = subprocess.run([indexer, "-s", path], capture_output=True, text=True, check=True).stdout.splitlines()
        ours = index_lines(home / "warc", path.name)
        if "-meta." in path.name:
            assert ours is None
            continue
        assert ours
        assert sorted(map(facts, made)) == sorted(map(facts, ours))


def facts(line: str) -> tuple[str, ...]:
    """What two indexers must agree on: under which key, when, what, where."""
    key, timestamp, values = line.split(" ", 2)
    said = json.loads(values)
    names = ("url", "status", "digest", "length", "offset", "filename")
    return (key, timestamp, *(str(said.get(name, "")).removeprefix("sha1:") for name in names))
