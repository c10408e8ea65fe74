"""crawler.politeness: how long to wait."""

from datetime import UTC, datetime

import pytest

from crawler.politeness import backoff_s, download_slots, retry_after_s, throttled_s

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param(" 0 ", 0.0, id="now"),
        pytest.param("Sun, 01 Mar 2026 12:01:30 GMT", 90.0, id="a date"),
        pytest.param("Sun, 01 Mar 2026 13:00:30 +0100", 30.0, id="a date with an offset"),
        pytest.param("Sun, 01 Mar 2026 11:00:00 GMT", 0.0, id="a date gone by"),
        pytest.param("9" * 400, 31_622_400.0, id="for ever is a year"),
        pytest.param("-5", None, id="negative"),
        pytest.param("soon", None, id="words"),
        pytest.param("١٢", None, id="digits of another script"),
        pytest.param("Sun, 99 Mar 2026 12:00:00 GMT", None, id="no such day"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="none"),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after_s(value, now=NOW) == seconds


def test_backoff_doubles():
    assert [backoff_s(attempt, base_s=2.0) for attempt in (1, 2, 3)] == [2.0, 4.0, 8.0]


def test_slot_with_a_delay_never_sends_early():
    assert download_slots({"esa": (5.0, 1)}) == {"esa": {"delay": 5.05, "concurrency": 1, "jitter": 0.0}}


def test_delay_of_zero_is_respected():
    assert download_slots({"demo": (0.0, 4)}) == {"demo": {"delay": 0.0, "concurrency": 4, "jitter": 0.0}}


@pytest.mark.parametrize(
    ("delay_s", "floor_s", "kept_s"),
    [
        pytest.param(0.2, 5.05, 5.05, id="never below the source's delay"),
        pytest.param(9.0, 5.05, 9.0, id="a slow server is asked more slowly"),
        pytest.param(0.4, 0.0, 0.0, id="without a delay as the source file says"),
        pytest.param(2.5, 0.0, 2.5, id="but not when the server is slow"),
    ],
)
def test_throttle_keeps_what_the_source_file_says(delay_s, floor_s, kept_s):
    assert throttled_s(delay_s, floor_s=floor_s) == kept_s
