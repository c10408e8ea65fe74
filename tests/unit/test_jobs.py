"""crawler.fleet.jobs: which command a job means, what becomes of it, and when it is tried again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from archive.config import load_config
from archive.errors import ConfigError
from crawler.fleet.jobs import KINDS, Means, fate_of, order_of, pause_before
from crawler.fleet.worker import Duty, FleetWorker

MEANS = Means(budget=timedelta(minutes=10), home=Path("/srv/archive"))


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("crawl", {"source": "esa"}, "crawl --quiet --json --max-time 600s -- esa"),
        ("recheck", {"source": "esa"}, "recheck --quiet --json --max-time 600s -- esa"),
        ("replay", {"file": "a-1.warc.gz"}, "replay --quiet --json -- /srv/archive/warc/a-1.warc.gz"),
        ("export", {"file": "all.jsonl"}, "export -- /srv/archive/exports/all.jsonl"),
        ("dedup", {}, "dedup rebuild --quiet --json"),
        ("dedup", {"articles": "1-5000"}, "dedup rebuild --quiet --json --articles 1-5000"),
        ("verify", {}, "verify --json"),
    ],
)
def test_job_is_one_of_our_commands(kind: str, words: dict[str, str], expected: str) -> None:
    assert " ".join(KINDS[kind].command(words, MEANS)) == expected


def test_query_of_an_export_is_one_word() -> None:
    words = {"file": "moon.jsonl", "query": 'title:moon -"far side"'}
    assert KINDS["export"].command(words, MEANS)[:3] == ["export", "--where", 'title:moon -"far side"']


@pytest.mark.parametrize("name", ["--all", "../etc", "a b", "", "ESA", "x" * 200, None, 7, "a/b"])
def test_what_is_no_name_is_refused(name: object) -> None:
    """The queue is a table: what stands in it may not become an option, nor a path."""
    for kind in ("crawl", "recheck"):
        with pytest.raises(ConfigError, match="source: not a name"):
            KINDS[kind].command({"source": name}, MEANS)


@pytest.mark.parametrize("name", ["../manifest.jsonl", "/etc/passwd", ".hidden", "-x", "a\nb"])
def test_a_file_is_a_name_without_a_folder(name: str) -> None:
    for kind in ("replay", "export"):
        with pytest.raises(ConfigError, match="file: not a name"):
            KINDS[kind].command({"file": name}, MEANS)


@pytest.mark.parametrize("word", ["all", "5", "--from-start", "9-1", 7])
def test_a_range_of_articles_is_one(word: object) -> None:
    with pytest.raises(ConfigError, match="range of articles"):
        KINDS["dedup"].command({"articles": word}, MEANS)


def test_two_ranges_are_two_jobs() -> None:
    locks = [order_of("dedup", words).queueing_lock for words in ({}, {"articles": "1-9"}, {"articles": "10-"})]
    assert locks == ["dedup:", "dedup:1-9", "dedup:10-"]


def test_lock_is_the_host_group_and_queueing_lock_the_source() -> None:
    first = order_of("crawl", {"source": "esa"}, host_group="esa-hosts")
    second = order_of("recheck", {"source": "esa-kids"}, host_group="esa-hosts")
    assert (first.lock, first.queueing_lock) == ("host_group:esa-hosts", "crawl:esa")
    assert (second.lock, second.queueing_lock) == ("host_group:esa-hosts", "recheck:esa-kids")
    assert first.priority > second.priority > order_of("verify", {}).priority


def test_unknown_kind_says_which_there_are() -> None:
    with pytest.raises(
        ConfigError, match="no such kind of job: 'mine'; there are crawl, recheck, replay, export, dedup, verify"
    ):
        order_of("mine", {})


@pytest.mark.parametrize("kind", ["crawl", "verify"])
def test_words_of_no_meaning_are_refused(kind: str) -> None:
    words = {"source": "esa"} if kind == "crawl" else {}
    with pytest.raises(ConfigError, match=f"{kind}: no such word: 'name'"):
        order_of(kind, {**words, "name": "x"})


def test_worker_starts_nothing_for_a_row_with_a_strange_word(tmp_path: Path) -> None:
    """Others may write to the queue; a word called like a field of the log made a crawl that had ended begin again."""
    engine = create_engine("sqlite://")
    config = load_config({}, home=tmp_path)
    worker = FleetWorker(config, Duty(name="w", works=True, schedules=False), engine, {})
    ended = asyncio.run(worker.carry_out("crawl", {"source": "esa", "name": "x"}))
    assert fate_of(ended.exit_code) == "refused"


@pytest.mark.parametrize(
    ("exit_code", "fate"),
    [(0, "done"), (1, "done"), (2, "refused"), (3, "again"), (4, "given back"), (130, "given back"), (-9, "again")],
)
def test_fate_follows_from_the_exit_code(exit_code: int, fate: str) -> None:
    assert fate_of(exit_code) == fate


def test_faults_that_were_found_are_not_looked_for_again() -> None:
    assert (pause_before(0, 3, "verify"), pause_before(0, -9, "verify")) == (None, timedelta(seconds=30))


@pytest.mark.parametrize(
    ("attempt", "exit_code", "seconds"),
    [
        pytest.param(0, 3, 30, id="first failure"),
        pytest.param(3, 3, 240, id="doubled each time"),
        pytest.param(6, -9, 1920, id="killed is failed"),
        pytest.param(7, 3, None, id="given up after eight"),
        pytest.param(50, 4, 20, id="hosts held elsewhere: no end to patience"),
        pytest.param(50, 130, 0, id="interrupted: at once"),
        pytest.param(0, 2, None, id="wrong words never become right"),
    ],
)
def test_pause_before_the_next_try(attempt: int, exit_code: int, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert pause_before(attempt, exit_code) == expected
