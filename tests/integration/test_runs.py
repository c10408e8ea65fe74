"""``perilune runs``: what each run did, and why each address was dropped; from either database."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from archive.database import open_engine
from archive.migrate import upgrade
from archive.model import Missed, Polled, Rejected
from archive.reading.runs import DROPPED, run, urls
from archive.store import Store
from crawler import cli
from pipelines.dedup import decide
from tests.builders import NOW, a_discovered, a_source, an_article

LISTING, LOST, BUSY = (f"https://alpha.example/{name}" for name in ("tag", "lost", "busy"))


def crawled(engine: Engine) -> None:
    """One article, a listing, a page that is gone, one that is to wait, a feed that fails."""
    store = Store(engine)
    store.record_sources([a_source()], NOW)
    run_id = store.start_run("crawl", software="test", now=NOW)
    feed = {"source_id": "alpha", "endpoint_url": "https://alpha.example/feed", "kind": "feed", "polled_at": NOW}
    store.record_poll(run_id, Polled(**feed, status=503, reason="http_5xx"))
    store.save(run_id, a_discovered(), an_article(), decide, NOW)
    store.record_rejected(run_id, a_discovered(LISTING), Rejected(reason="listing", detail="12 teasers\x1b[31m"), NOW)
    lost = Missed(discovered=a_discovered(LOST), reason="http_404", status=404, missed_at=NOW)
    store.record_missed(run_id, lost)
    store.record_missed(run_id, Missed(discovered=a_discovered(BUSY), reason="retry_after", missed_at=NOW))
    later = NOW + timedelta(seconds=5)
    store.finish_run(run_id, state="finished", exit_code=1, reason="alpha: odd", stats={}, now=later)


def test_run_counts_what_became_of_its_urls(engine: Engine) -> None:
    crawled(engine)
    with engine.connect() as connection:
        found = run(connection, 1)
    assert found is not None
    assert found.outcomes == {"deferred": 1, "endpoint_failed": 1, "failed": 1, "new": 1, "rejected": 1}
    assert found.sources[0].drops == {"http_5xx": 1, "listing": 1, "http_404": 1, "retry_after": 1}


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, ["http_5xx", None, "listing", "http_404", "retry_after"]),
        ({"only": DROPPED}, ["http_5xx", "listing", "http_404", "retry_after"]),
        ({"only": DROPPED, "limit": 2}, ["http_5xx", "listing"]),
        ({"reason": "listing"}, ["listing"]),
        ({"source_id": "beta"}, []),
    ],
    ids=str,
)
def test_urls_come_in_the_order_they_were_settled(engine: Engine, which: dict, expected: list) -> None:
    crawled(engine)
    with engine.connect() as connection:
        assert [found.reason for found in urls(connection, 1, **which)] == expected


@pytest.fixture
def perilune(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """Run a command on an archive of that one run: (exit code, stdout, stderr)."""
    engine = open_engine(f"sqlite:///{tmp_path}/archive.db")
    upgrade(engine)
    crawled(engine)
    engine.dispose()

    def command(*args: str) -> tuple[int, str, str]:
        code = cli.run([args[0], "--home", str(tmp_path), *args[1:]])
        return (code, *capfd.readouterr())

    return command


def test_run_names_each_address_it_dropped_and_why(perilune) -> None:
    code, out, _ = perilune("runs", "1")
    assert code == 0
    assert out.splitlines()[-4:] == [
        "alpha  endpoint_failed http_5xx 503  https://alpha.example/feed",
        "alpha  rejected listing 200  https://alpha.example/tag  12 teasers[31m",
        "alpha  failed http_404 404  https://alpha.example/lost",
        "alpha  deferred retry_after  https://alpha.example/busy",
    ]


def test_long_list_says_how_to_see_the_rest(perilune) -> None:
    _, out, _ = perilune("runs", "1", "--limit", "1")
    assert out.splitlines()[-2:] == [
        "alpha  endpoint_failed http_5xx 503  https://alpha.example/feed",
        "and 3 more: perilune runs 1 --urls",
    ]


def test_every_address_and_what_became_of_it(perilune) -> None:
    _, out, _ = perilune("runs", "1", "--urls")
    assert [line.split()[1] for line in out.splitlines()] == [
        "endpoint_failed",
        "new",
        "rejected",
        "failed",
        "deferred",
    ]
    _, out, _ = perilune("runs", "1", "--reason", "http_404", "--json")
    assert json.loads(out) == {
        "source": "alpha",
        "url": "https://alpha.example/lost",
        "outcome": "failed",
        "reason": "http_404",
        "detail": None,
        "status": 404,
        "at": "2026-03-01T12:00:00Z",
    }
    assert perilune("runs", "1", "--source", "beta") == (0, "", "")


def test_run_as_json_has_counts_by_outcome(perilune) -> None:
    found = json.loads(perilune("runs", "1", "--json")[1])
    assert found["outcomes"] == {"deferred": 1, "endpoint_failed": 1, "failed": 1, "new": 1, "rejected": 1}
    assert found["sources"][0]["drops"]["listing"] == 1


def test_addresses_are_those_of_one_run(perilune) -> None:
    code, out, err = perilune("runs", "--urls")
    assert (code, out) == (2, "")
    assert "perilune runs ID --urls" in err
