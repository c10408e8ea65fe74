"""The sample's server: what it adds to a site's responses, and its log."""

from __future__ import annotations

import gzip
import http.client
import socket
from collections.abc import Iterator, Mapping

import pytest

from archive.errors import ConfigError
from crawler.demo.server import NotFound, Raw, Request, Response, SiteServer, bind_all, chunked, reset

PROSE = b"Twelve small satellites crossed the terminator in a line. " * 12
FRIDAY = "Fri, 04 Jul 2025 10:00:00 GMT"
VALIDATORS = (("Content-Type", "text/html"), ("ETag", '"v1"'), ("Last-Modified", FRIDAY))


class Pages:
    """One page with validators, one in pieces, one that resets the connection."""

    def respond(self, request: Request) -> Response | Raw:
        if request.path == "/page":
            return Response(headers=VALIDATORS, body=PROSE)
        if request.path == "/pieces":
            return Response(headers=(("Content-Type", "text/plain"),), body=lambda: [b"one ", b"", b"two"])
        if request.path == "/reset":
            return Raw(write=reset, status=0)
        if request.path == "/count":
            return Response(body=str(request.seen).encode())
        return NotFound().respond(request)


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with SiteServer(Pages(), address="127.0.0.1") as running:
        yield running


def ask(
    server: SiteServer, target: str, headers: Mapping[str, str] = {}, method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(server.address, server.port, timeout=5)
    connection.request(method, target, headers=dict(headers))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def test_a_page_has_its_length_and_validators(server: SiteServer) -> None:
    status, headers, body = ask(server, "/page?any=query")
    assert (status, body) == (200, PROSE)
    assert headers["content-length"] == "696"
    assert headers["etag"] == '"v1"'


def test_gzip_is_sent_to_those_who_take_it(server: SiteServer) -> None:
    _, headers, body = ask(server, "/page", {"Accept-Encoding": "gzip, deflate"})
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == PROSE


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param({"If-None-Match": '"v1"'}, 304, id="same etag"),
        pytest.param({"If-None-Match": 'W/"v1", "v0"'}, 304, id="weak, in a list"),
        pytest.param({"If-None-Match": '"v0"', "If-Modified-Since": FRIDAY}, 200, id="etag before date"),
        pytest.param({"If-Modified-Since": FRIDAY}, 304, id="same date"),
        pytest.param({"If-Modified-Since": "Thu, 03 Jul 2025 10:00:00 GMT"}, 200, id="older date"),
        pytest.param({"If-Modified-Since": "yesterday"}, 200, id="no date"),
    ],
)  # fmt: skip
def test_conditional_requests(server: SiteServer, sent: Mapping[str, str], status: int) -> None:
    answered, headers, body = ask(server, "/page", sent)
    assert answered == status
    assert headers["etag"] == '"v1"'
    assert (body == b"") is (status == 304)


def test_head_gets_headers_only(server: SiteServer) -> None:
    status, headers, body = ask(server, "/page", method="HEAD")
    assert (status, headers["content-length"], body) == (200, "696", b"")


def test_pieces_are_chunked(server: SiteServer) -> None:
    _, headers, body = ask(server, "/pieces")
    assert (headers["transfer-encoding"], body) == ("chunked", b"one two")
    assert list(chunked([b"hello", b""])) == [b"5\r\nhello\r\n", b"0\r\n\r\n"]


def test_a_reset_is_a_reset(server: SiteServer) -> None:
    with pytest.raises(ConnectionResetError):
        ask(server, "/reset")
    assert ask(server, "/page")[0] == 200


def test_one_connection_serves_many_requests(server: SiteServer) -> None:
    connection = http.client.HTTPConnection(server.address, server.port, timeout=5)
    bodies = []
    for _ in range(3):
        connection.request("GET", "/count")
        bodies.append(connection.getresponse().read())
    connection.close()
    assert bodies == [b"0", b"1", b"2"]


def test_the_log_knows_each_request(server: SiteServer) -> None:
    ask(server, "/page?x=1", {"User-Agent": "probe/1"})
    ask(server, "/nothing")
    first, second = server.log
    assert (first.address, first.method, first.target, first.status) == ("127.0.0.1", "GET", "/page?x=1", 200)
    assert first.headers["user-agent"] == "probe/1"
    assert (second.target, second.status) == ("/nothing", 404)
    assert first.started_s <= second.started_s


def test_a_taken_port_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match=r"can't serve on 127\.0\.0\.1:\d+: .*; choose another port"):
            SiteServer(address="127.0.0.1", port=taken.getsockname()[1])


def test_bind_all_takes_one_port_for_all_addresses() -> None:
    servers = bind_all(["127.0.0.1", "127.0.0.2", "127.0.0.3"], 0)
    try:
        assert len({server.port for server in servers}) == 1
        assert [server.address for server in servers] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    finally:
        for server in servers:
            server.close()
