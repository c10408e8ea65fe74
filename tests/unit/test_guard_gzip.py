"""crawler.guard: gzip that was cut off is told from gzip that is whole, padded, or none."""

import gzip

import pytest
from scrapy.http import HtmlResponse, Response

from crawler.guard import as_bytes, is_cut_off

TEXT = b"Eleven minutes after launch the upper stage shut down. " * 200
PACKED = gzip.compress(TEXT, mtime=0)


@pytest.mark.parametrize(
    ("packed", "decoded_bytes", "is_cut"),
    [
        pytest.param(PACKED, len(TEXT), False, id="whole"),
        pytest.param(PACKED[: len(PACKED) // 2], 4_000, True, id="half"),
        pytest.param(PACKED[:-1], len(TEXT), True, id="a byte short"),
        pytest.param(PACKED + PACKED, 2 * len(TEXT), False, id="two members"),
        pytest.param(PACKED + PACKED[:50], len(TEXT), True, id="a second member cut"),
        pytest.param(PACKED + b"\0\0\0", len(TEXT), False, id="padded"),
        pytest.param(b"<html>plain</html>", 18, False, id="not gzip at all"),
        pytest.param(b"\x1f\x8bnonsense", 0, False, id="not gzip after its first bytes"),
        pytest.param(b"", 0, False, id="nothing"),
    ],
)
def test_is_cut_off(packed, decoded_bytes, is_cut):
    assert is_cut_off(packed, decoded_bytes=decoded_bytes) is is_cut


class Packed(HtmlResponse):
    """Compressed still: whoever looks for its charset searches noise."""

    @property
    def encoding(self) -> str:
        raise AssertionError("looked for a charset")


def test_nobody_looks_for_a_charset_in_what_is_compressed() -> None:
    packed = Packed("https://alpha.example/", headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"<p>Mars"))
    plain = as_bytes(packed)
    assert (type(plain), plain.url, plain.status, plain.body) == (Response, packed.url, 200, packed.body)
    assert plain.headers == packed.headers
    assert plain.replace(cls=HtmlResponse, body=b"<p>Mars").text == "<p>Mars"
