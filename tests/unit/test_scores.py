"""The marks that the benchmarks give, against values worked out by hand."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from benchmarks.scores import Found, mean, overlap, read_corpus, same_day, same_people, score, share, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Don't panic: T-10.", ["don", "t", "panic", "t", "10"], id="words in lower case"),
        pytest.param("火星へ着陸、成功。", ["火", "星", "へ", "着", "陸", "成", "功"], id="Japanese by characters"),
        pytest.param("달 착륙선", ["달", "착륙선"], id="Korean by spaces"),
        pytest.param("The crew of Shenzhou (神舟)", ["the", "crew", "of", "shenzhou", "神舟"], id="a foreign name"),
    ],
)
def test_tokens_follow_the_writing(text, expected) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("text", "truth", "expected"),
    [
        pytest.param("a b c d", "a b c d", (1.0, 1.0, 1.0), id="equal"),
        pytest.param("a b", "a b c d", (2 / 3, 1.0, 0.5), id="half is missing"),
        pytest.param("a b c d", "a b", (2 / 3, 0.5, 1.0), id="as much again leaked"),
        pytest.param("a a", "a", (2 / 3, 0.5, 1.0), id="a repeated word counts once"),
        pytest.param("", "a", (0.0, 0.0, 0.0), id="empty"),
    ],
)
def test_overlap_counts_words_as_often_as_they_stand(text, truth, expected) -> None:
    assert overlap(text, truth) == pytest.approx(expected)


def test_people_are_a_set_without_case_and_punctuation() -> None:
    assert same_people(["J. R. Vance", "Ana Ruiz"], "ana ruiz; J R Vance")
    assert not same_people(["Ana Ruiz"], "Ana Ruiz; J R Vance")


@pytest.mark.parametrize(
    ("found", "truth", "is_same"),
    [
        pytest.param(None, "2026-03-09", False, id="none found"),
        pytest.param(date(2026, 3, 9), "2026-03-09", True, id="day and day"),
        pytest.param(
            datetime(2026, 3, 9, 23, 30, tzinfo=timezone(timedelta(hours=9))), "2026-03-09", True, id="page's own zone"
        ),
        pytest.param(datetime(2026, 3, 9, 5, tzinfo=UTC), "2026-03-08T23:00:00-05:00", True, id="within 24 hours"),
        pytest.param(datetime(2026, 3, 11, 5, tzinfo=UTC), "2026-03-08T23:00:00-05:00", False, id="two days later"),
        pytest.param(date(2026, 3, 9), "2026-03-08T23:00:00-05:00", True, id="a day beside an instant"),
    ],
)
def test_days_are_compared_in_the_pages_zone(found, truth, is_same) -> None:
    assert same_day(found, truth) is is_same


def a_corpus(folder, **changes):
    row = {"id": "a", "file": "html/a.html.gz", "url": "https://x.example/a", "title": "Launch", "author": None}
    row |= {
        "date": "2026-03-09",
        "text": "It flew. It landed.",
        "with": ["It flew"],
        "without": ["Subscribe"],
    } | changes
    (folder / "html").mkdir()
    (folder / "html" / "a.html.gz").write_bytes(gzip.compress(b"<p>It flew. It landed."))
    (folder / "truth.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    return folder


def test_a_page_is_marked_where_truth_says_something(tmp_path) -> None:
    [truth] = read_corpus(a_corpus(tmp_path))
    marks = score(Found(text="It flew. Subscribe!", title="LAUNCH", authors=("Ana",)), truth)
    assert truth.body == b"<p>It flew. It landed."
    assert (marks.title, marks.author, marks.invented_author, marks.day) == (True, None, True, False)
    assert (marks.kept, marks.leaked) == ((1, 1), (1, 1))
    assert marks.precision == pytest.approx(2 / 3)
    assert marks.recall == pytest.approx(2 / 4)


def test_a_line_separator_in_a_text_ends_no_row(tmp_path) -> None:
    [truth] = read_corpus(a_corpus(tmp_path, text="one\u2028two"))
    assert truth.text == "one\u2028two"


def test_a_page_without_an_address_has_a_harmless_one(tmp_path) -> None:
    [truth] = read_corpus(a_corpus(tmp_path, url=None))
    assert truth.url == "http://unknown.example/"


def test_a_missing_corpus_is_said_plainly(tmp_path, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        read_corpus(tmp_path / "nowhere")
    assert ended.value.code == 2
    assert "nowhere: not a corpus: No such file or directory" in capsys.readouterr().err


def test_values_that_are_not_there_do_not_count() -> None:
    assert mean([1.0, None, 0.0]) == 0.5
    assert share([(1, 2), (0, 0), (2, 2)]) == 0.75


def test_a_change_counts_where_no_day_of_publication_was_found(tmp_path) -> None:
    [truth] = read_corpus(a_corpus(tmp_path, date="2026-03-04"))
    changed = Found(changed=date(2026, 3, 4))
    assert (score(changed, truth).day, score(changed, truth).day_or_change) == (False, True)
    both = Found(date=date(2026, 3, 1), changed=date(2026, 3, 4))
    assert (score(both, truth).day, score(both, truth).day_or_change) == (False, False)
