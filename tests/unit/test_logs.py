"""crawler.logs: one event a line, the same words each time, no secrets."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from crawler.logs import JsonLines, TextLines, redacted


def a_record(event: str = "host given up for this run", *, level: int = logging.WARNING, exc_info=None, **data):
    record = logging.makeLogRecord({"msg": event, "levelno": level, "levelname": logging.getLevelName(level), **data})
    record.name, record.created, record.exc_info = "crawler.politeness", 1772366400.25, exc_info
    return record


def test_text_names_the_moment_the_place_the_event_and_its_data() -> None:
    line = TextLines().format(a_record(host="news.example", seconds=3, who=None, files=["a b", "c"]))
    assert line == (
        "2026-03-01T12:00:00.250Z WARNING crawler.politeness host given up for this run "
        'host=news.example seconds=3 who=null files="a b",c'
    )


def test_json_is_one_object_with_the_data_as_keys() -> None:
    line = JsonLines().format(a_record(host="news.example", seconds=3, at="y"))
    assert json.loads(line) == {
        "at": "2026-03-01T12:00:00.250Z",
        "level": "warning",
        "logger": "crawler.politeness",
        "event": "host given up for this run",
        "host": "news.example",
        "seconds": 3,
        "at_": "y",
    }


@pytest.mark.parametrize("lines", [TextLines(), JsonLines()], ids=["text", "json"])
def test_hostile_values_stay_on_one_line_and_steer_no_terminal(lines: logging.Formatter) -> None:
    line = lines.format(a_record("odd\nevent", title="a\r\nb\x1b[31m\u202e\ud800", body="x" * 100_000))
    assert len(line.splitlines()) == 1
    assert not set(line) & {"\x1b", "\u202e", "\r", "\ud800"}
    assert len(line) < 3_000


def a_failure():
    try:
        raise ValueError("https://me:secret@host/ failed")
    except ValueError:
        return sys.exc_info()


def test_traceback_is_a_key_in_json_and_indented_lines_in_text() -> None:
    record = a_record(exc_info=a_failure())
    assert "ValueError: https://***@host/ failed" in json.loads(JsonLines().format(record))["traceback"]
    first, *others = TextLines().format(record).splitlines()
    assert first.endswith("host given up for this run")
    assert others[-1] == "    ValueError: https://***@host/ failed"
    assert all(line.startswith("    ") for line in others)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://user:pass@host/a", "https://***@host/a"),
        ("postgresql+psycopg://perilune:s3cret@db/x", "postgresql+psycopg://***@db/x"),
        ("https://host/a?token=abc&page=2", "https://host/a?token=***&page=2"),
        ("https://host/a?page=2&api_key=abc#x", "https://host/a?page=2&api_key=***#x"),
        ("https://host/a?X-Amz-Signature=abc&key=k", "https://host/a?X-Amz-Signature=***&key=***"),
        ("https://host/a?access_token=abc", "https://host/a?access_token=***"),
        ("https://host/?password=x;sid=9", "https://host/?password=***;sid=***"),
        ("https://host/keynote?monkey=1", "https://host/keynote?monkey=1"),
        ("mail me@example.org", "mail me@example.org"),
    ],
)
def test_what_may_be_a_secret_in_an_address_is_hidden(said: str, shown: str) -> None:
    assert redacted(said) == shown
