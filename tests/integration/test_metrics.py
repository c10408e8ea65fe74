"""archive.reading.metrics: the page that Prometheus reads, from either database."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from archive.frontier import Frontier
from archive.health import Finding
from archive.model import Missed, Polled, Rejected
from archive.reading.metrics import Family, metrics_text, rendered
from archive.store import Store
from archive.web.app import create_app
from pipelines.dedup import decide
from tests.builders import NOW, a_discovered, a_source, an_article
from tests.web import ask

LATER = NOW + timedelta(minutes=1)
LINE = re.compile(r'[a-z_]+(?:\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? -?[0-9.]+')


STATS = {"stage/extract/seconds": 1.5, "stage/extract/pages": 4}
OF_WORKERS = {
    "perilune_workers",
    "perilune_jobs",
    "perilune_job_oldest_wait_seconds",
    "perilune_host_groups",
    "perilune_sources_paused",
}  # told where there are any: tests/integration/test_workers.py


def page(engine: Engine, **more) -> str:
    with engine.connect() as connection:
        return metrics_text(connection, now=LATER, version="9.9", **more)


def a_finding(severity: str, source_id: str | None) -> Finding:
    return Finding(
        source_id=source_id, kind="silent", severity=severity, expected="", observed="", since=None, advice=""
    )


def crawled(engine: Engine) -> None:
    """A run of alpha: one article, a listing, a page that is gone; and an article of an imported host."""
    store = Store(engine)
    store.record_sources([a_source(), a_source("imported.example")], NOW)
    run_id = store.start_run("crawl", software="test", now=NOW)
    feed = "https://alpha.example/feed"
    poll = {"source_id": "alpha", "endpoint_url": feed, "kind": "feed", "polled_at": NOW, "status": 200}
    store.record_poll(run_id, Polled(**poll, announced=3))
    store.save(run_id, a_discovered(), an_article(), decide, NOW)
    listing, lost = a_discovered("https://alpha.example/tag"), a_discovered("https://alpha.example/lost")
    store.record_rejected(run_id, listing, Rejected(reason="listing"), NOW)
    store.record_missed(run_id, Missed(discovered=lost, reason="http_404", status=404, missed_at=NOW))
    other = an_article("https://imported.example/1", source_id="imported.example", text="Quite other words. " * 30)
    store.save(run_id, a_discovered("https://imported.example/1", source_id="imported.example"), other, decide, NOW)
    store.finish_run(run_id, state="finished", exit_code=1, reason=None, stats=STATS, now=LATER)


def test_page_tells_what_is_held_and_what_runs_did(engine: Engine) -> None:
    crawled(engine)
    lines = page(engine).splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'perilune_articles{source="alpha"} 1',
        'perilune_articles{source="other"} 1',
        'perilune_build_info{version="9.9"} 1',
        'perilune_endpoint_poll_failures_total{source="alpha"} 0',
        'perilune_endpoint_poll_failures_total{source="other"} 0',
        'perilune_endpoint_polls_total{source="alpha"} 1',
        'perilune_endpoint_polls_total{source="other"} 0',
        'perilune_endpoints_failing{source="alpha"} 0',
        'perilune_last_run_dropped_urls{command="crawl",reason="http_404"} 1',
        'perilune_last_run_dropped_urls{command="crawl",reason="listing"} 1',
        'perilune_last_run_end_timestamp_seconds{command="crawl"} 1772366460',
        'perilune_last_run_exit_code{command="crawl"} 1',
        'perilune_last_run_stage_cpu_seconds{command="crawl",stage="extract"} 1.5',
        'perilune_last_run_start_timestamp_seconds{command="crawl"} 1772366400',
        'perilune_pages_total{source="alpha",outcome="new"} 1',
        'perilune_pages_total{source="other",outcome="new"} 1',
        'perilune_pages_total{source="alpha",outcome="duplicate"} 0',
        'perilune_pages_total{source="other",outcome="duplicate"} 0',
        'perilune_pages_total{source="alpha",outcome="revision"} 0',
        'perilune_pages_total{source="other",outcome="revision"} 0',
        'perilune_pages_total{source="alpha",outcome="unchanged"} 0',
        'perilune_pages_total{source="other",outcome="unchanged"} 0',
        'perilune_pages_total{source="alpha",outcome="rejected"} 1',
        'perilune_pages_total{source="other",outcome="rejected"} 0',
        'perilune_pages_total{source="alpha",outcome="failed"} 1',
        'perilune_pages_total{source="other",outcome="failed"} 0',
        'perilune_runs_total{command="crawl",state="finished"} 1',
        'perilune_source_last_article_timestamp_seconds{source="alpha"} 1772366400',
        'perilune_source_last_poll_timestamp_seconds{source="alpha"} 1772366400',
        'perilune_urls_announced_total{source="alpha"} 3',
        'perilune_urls_announced_total{source="other"} 0',
        'perilune_urls_due{source="alpha"} 0',
    ]


def test_page_keeps_the_format_and_the_conventions(engine: Engine) -> None:
    crawled(engine)
    text = page(engine, findings=[a_finding("alarm", "alpha")])
    assert text.endswith("\n")
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    assert set(kinds) == set(re.findall(r"^# HELP (\w+) .+\.$", text, re.M))
    assert all(name.startswith("perilune_") for name in kinds)
    assert {name for name, kind in kinds.items() if kind == "counter"} == {
        name for name in kinds if name.endswith("_total")
    }
    for line in text.splitlines():
        assert line.startswith("# ") or LINE.fullmatch(line), line
    samples = [re.split(r"[{ ]", line)[0] for line in text.splitlines() if not line.startswith("#")]
    assert samples == sorted(samples)  # each metric's lines stand together


def test_every_metric_is_in_the_runbook_and_none_else(engine: Engine) -> None:
    crawled(engine)
    names = re.findall(r"^# TYPE (\w+)", page(engine, findings=[a_finding("alarm", "alpha")]), re.M)
    section = (
        (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8").partition("## Metrics\n")[2]
    )
    table = "\n".join(line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|"))
    assert set(re.findall(r"`(perilune_\w+)`", table)) == set(names) | OF_WORKERS


def test_health_is_counted_zeros_included(engine: Engine) -> None:
    assert "perilune_health" not in page(engine)
    fine = page(engine, findings=[])
    assert 'perilune_health_findings{severity="alarm"} 0\n' in fine
    found = page(engine, findings=[a_finding("alarm", "alpha"), a_finding("warning", None)])
    assert 'perilune_health_findings{severity="alarm"} 1\n' in found
    assert 'perilune_health_finding{source="alpha",kind="silent",severity="alarm"} 1\n' in found
    assert 'perilune_health_finding{source="",kind="silent",severity="warning"} 1\n' in found


def test_urls_that_wait_are_counted(engine: Engine) -> None:
    crawled(engine)
    frontier = Frontier(engine, owner="elsewhere:1:x", now=lambda: NOW)
    frontier.announce([a_discovered(f"https://alpha.example/{number}") for number in range(3)])
    assert 'perilune_urls_due{source="alpha"} 3\n' in page(engine)


def test_labels_are_escaped() -> None:
    family = Family(name="x", kind="gauge", help="X.", samples=[({"source": 'a"b\\c\nd'}, 1.5)])
    assert list(rendered(family))[1:] == ['x{source="a\\"b\\\\c\\nd"} 1.5\n']


def test_empty_archive_has_a_page(engine: Engine) -> None:
    assert page(engine) == (
        '# HELP perilune_build_info Version.\n# TYPE perilune_build_info gauge\nperilune_build_info{version="9.9"} 1\n'
    )


def test_serve_answers_with_the_same_page(engine: Engine, tmp_path: Path) -> None:
    crawled(engine)
    answer = ask(create_app(engine, warc_dir=tmp_path), "/metrics")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    own = [line for line in page(engine).splitlines() if line.startswith("perilune_articles")]
    assert own and [line for line in answer.text.splitlines() if line.startswith("perilune_articles")] == own
