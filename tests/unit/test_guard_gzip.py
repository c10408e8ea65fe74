"""crawler.guard: gzip that was cut off is told from gzip that is whole, padded, or none."""

import gzip

import pytest

from crawler.guard import is_cut_off

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
