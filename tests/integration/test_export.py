"""Export: every article once, exactly as docs/formats.md says, and a file that is whole or not there."""

from __future__ import annotations

import csv
import io
import json
import os
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from archive.errors import StoreError
from archive.export import article, articles, csv_lines, json_lines, write_file, write_stream
from archive.query import parse_query
from tests.archived import an_archived

KEYS = [
    *("id", "source", "url", "aliases", "title", "authors", "published_at", "published_at_precision", "modified_at"),
    *("lang", "text", "description", "lead_image_url", "lead_image_width", "lead_image_height"),
    *("lead_image_caption", "lead_image_credit", "section", "credit_line", "credit_url", "is_live_blog"),
    *("is_press_release", "tags", "word_count", "text_digest", "first_seen_at"),
    *("last_seen_at", "state", "revision_count", "story_id", "duplicate_of", "is_paywalled", "captures"),
]


def test_the_object_of_an_article(engine: Engine) -> None:
    with engine.begin() as connection:
        an_archived(
            connection,
            source="esa",
            title='A "quoted" title, 月',
            text="Two words.\n\nMore.",
            url="https://esa.example/a",
            authors=["Jane Doe", "Ann Lee"],
            published_at=datetime(2025, 3, 12, tzinfo=UTC),
            precision="day",
            tags=["Moon"],
            particulars={
                "lead_image_width": 1200,
                "lead_image_caption": "The rover at the rim",
                "credit_line": "Source: ESA press release",
                "is_press_release": True,
            },
            aliases=[("redirect", "https://esa.example/old"), ("guid", "guid-1")],
        )
        lines = list(json_lines(articles(connection)))
    found = json.loads(lines[0])
    assert list(found) == KEYS
    assert found == {
        "id": 1,
        "source": "esa",
        "url": "https://esa.example/a",
        "aliases": ["https://esa.example/old"],
        "title": 'A "quoted" title, 月',
        "authors": ["Jane Doe", "Ann Lee"],
        "published_at": "2025-03-12",
        "published_at_precision": "day",
        "modified_at": None,
        "lang": "en",
        "text": "Two words.\n\nMore.",
        "description": None,
        "lead_image_url": None,
        "lead_image_width": 1200,
        "lead_image_height": None,
        "lead_image_caption": "The rover at the rim",
        "lead_image_credit": None,
        "section": None,
        "credit_line": "Source: ESA press release",
        "credit_url": None,
        "is_live_blog": None,
        "is_press_release": True,
        "tags": ["Moon"],
        "word_count": 3,
        "text_digest": found["text_digest"],
        "first_seen_at": "2025-06-01T12:00:00Z",
        "last_seen_at": "2025-06-01T12:00:00Z",
        "state": "live",
        "revision_count": 1,
        "story_id": 1,
        "duplicate_of": None,
        "is_paywalled": None,
        "captures": [
            {
                "captured_at": "2025-06-01T12:00:00Z",
                "status": 200,
                "warc_record_id": "<urn:uuid:0>",
                "filename": "test.warc.gz",
                "offset": 0,
                "length": 1,
                "payload_digest": found["captures"][0]["payload_digest"],
            }
        ],
    }
    assert lines[0].endswith(b"}\n")


def test_one_article_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        an_archived(connection, title="One")
        assert article(connection, 1)["title"] == "One"
        assert article(connection, 2) is None


def test_every_article_once_in_order_of_id(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(450):
            an_archived(connection, title=f"Number {number}", source="even" if number % 2 == 0 else "odd")
        assert [item["id"] for item in articles(connection)] == list(range(1, 451))
        assert [item["id"] for item in articles(connection, since_id=448)] == [449, 450]
        query = parse_query("source:odd number -7")
        assert [item["id"] for item in articles(connection, where=query, since_id=440)] == [442, 444, 446, 448, 450]


def test_statements_do_not_grow_with_the_articles(engine: Engine) -> None:
    statements = []
    with engine.begin() as connection:
        for _ in range(150):
            an_archived(connection)
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        assert len(list(articles(connection))) == 150
    assert len(statements) == 3


def test_memory_does_not_grow_with_the_articles(engine: Engine) -> None:
    with engine.begin() as connection:
        for _ in range(1_000):
            an_archived(connection, text="x" * 30_000)
    with engine.connect() as connection:
        tracemalloc.start()
        assert sum(1 for _ in json_lines(articles(connection))) == 1_000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 25_000_000  # of 30,000,000 that all texts take


def test_csv_has_a_column_a_field_and_guards_against_formulas(engine: Engine) -> None:
    with engine.begin() as connection:
        an_archived(
            connection,
            title="=HYPERLINK(1)",
            text="- one\nline, two",
            authors=["@home", "Ann Lee"],
            published_at=datetime(2025, 3, 12, 8, 30, tzinfo=UTC),
        )
        data = b"".join(csv_lines(articles(connection))).decode()
    rows = list(csv.DictReader(io.StringIO(data, newline="")))
    assert len(rows) == 1
    row = rows[0]
    assert list(row) == [
        *KEYS[:-1], "captured_at", "warc_record_id", "filename", "offset", "length", "payload_digest",
    ]  # fmt: skip
    assert row["title"] == "'=HYPERLINK(1)"
    assert row["text"] == "'- one\nline, two"
    assert row["authors"] == "'@home | Ann Lee"
    assert row["published_at"] == "2025-03-12T08:30:00Z"
    assert row["is_paywalled"] == ""
    assert row["warc_record_id"] == "<urn:uuid:0>"


def test_an_empty_archive_gives_a_header_or_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        assert list(json_lines(articles(connection))) == []
        assert len(list(csv_lines(articles(connection)))) == 1


def failing():
    yield b"half"
    raise ValueError("stop")


def test_a_file_that_can_not_be_finished_leaves_the_earlier_one(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("before")
    with pytest.raises(ValueError, match="stop"):
        write_file(target, failing())
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("before")
    write_file(target, [b"af", b"ter"])
    assert target.read_text() == "after"


@pytest.mark.parametrize("name", ["missing/out.jsonl", "", "file/out.jsonl"])
def test_an_unwritable_file_is_one_clear_message(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written") as caught:
        write_file(tmp_path / name, [b"x"])
    assert caught.value.exit_code == 3


def test_a_pipe_is_written_to_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(pipe, [b"data"])
    assert os.read(reading, 10) == b"data"
    assert pipe.is_fifo()
    os.close(reading)


def test_a_full_disk_behind_standard_output_is_told() -> None:
    with open("/dev/full", "wb") as full, pytest.raises(StoreError, match="standard output"):
        write_stream(full, [b"x" * 100_000])
