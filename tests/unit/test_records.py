"""archive.evidence.records: bodies decoded within bounds, HTTP heads taken apart as they come."""

import gzip
import zlib

import pytest

from archive.errors import ExtractionError
from archive.evidence.records import http_message, storable_head


def a_message(body: bytes, encoding: str):
    return http_message(b"HTTP/1.1 200 OK\r\nContent-Encoding: " + encoding.encode() + b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(b"news", "", id="none"),
        pytest.param(b"news", "identity", id="identity"),
        pytest.param(gzip.compress(b"news"), "gzip", id="gzip"),
        pytest.param(gzip.compress(b"ne") + gzip.compress(b"ws"), "GZIP", id="two members"),
        pytest.param(gzip.compress(b"news") + b"trailing rubbish", "x-gzip", id="rubbish behind"),
        pytest.param(zlib.compress(b"news"), "deflate", id="deflate as zlib"),
        pytest.param(zlib.compress(b"news")[2:-4], "deflate", id="deflate raw"),
        pytest.param(gzip.compress(gzip.compress(b"news")), "gzip, gzip", id="twice"),
    ],
)
def test_body_is_decoded(body, encoding):
    assert a_message(body, encoding).decoded_body() == b"news"


def test_body_cut_off_gives_what_came():
    whole = gzip.compress(bytes(range(256)) * 64, 0)

    assert a_message(whole[:5000], "gzip").decoded_body() == (bytes(range(256)) * 64)[: 5000 - 15]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(b"\x00not gzip", "gzip", id="not what it says"),
        pytest.param(b"anything", "br", id="brotli, which we never ask for"),
        pytest.param(gzip.compress(b"\0" * 2_000), "gzip", id="a bomb"),
    ],
)
def test_body_that_cannot_be_read_is_an_extraction_error(body, encoding):
    with pytest.raises(ExtractionError):
        a_message(body, encoding).decoded_body(max_bytes=1_000)


def test_head_is_taken_apart_whatever_its_line_ends():
    message = http_message(b"HTTP/1.0 404\nX-A: 1\r\nbroken line\nX-B: two\n  folded\nx-a: 2\n\nbody")

    assert message.status == 404
    assert message.headers == (("X-A", "1"), ("X-B", "two folded"), ("x-a", "2"))
    assert message.header("X-A") == "1, 2"
    assert message.body == b"body"


def test_status_line_without_a_number_has_status_zero():
    assert http_message(b"HTTP/1.1 OK\r\n\r\n").status == 0


def test_head_without_chunks_is_stored_as_it_is():
    head = b"HTTP/1.1 200 OK\r\nX-Note: transfer-encoding is chunked elsewhere\r\n\r\n"

    assert storable_head(head, 3) == head


def test_chunked_head_with_a_length_keeps_that_length_under_another_name():
    head = b"HTTP/1.1 200 OK\ncontent-length: 99\nTRANSFER-ENCODING: chunked\n\n"

    assert storable_head(head, 3) == (
        b"HTTP/1.1 200 OK\nX-Archive-Orig-content-length: 99\nX-Archive-Orig-TRANSFER-ENCODING: chunked\n"
        b"Content-Length: 3\r\n\n"
    )
