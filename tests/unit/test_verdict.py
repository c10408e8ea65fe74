"""How a run ends: the exit codes of docs/operate.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive.errors import CaptureError
from crawler.expectations import Breach
from crawler.verdict import Facts, Fetch, judged

FETCHED = Fetch(close_reason="finished", has_started=True)
FINE = Facts(fetch=FETCHED)


def ended(reason: str) -> Facts:
    return Facts(fetch=replace(FETCHED, close_reason=reason))


TOO_FEW = Breach(source_id="esa", expectation="articles_per_week", expected="at least 5", observed="0")


@pytest.mark.parametrize(
    ("facts", "exit_code", "state"),
    [
        pytest.param(FINE, 0, "finished", id="fine"),
        pytest.param(replace(FINE, failed_sources=("esa",)), 1, "finished", id="a source failed"),
        pytest.param(replace(FINE, breaches=(TOO_FEW,)), 1, "finished", id="an expectation broke"),
        pytest.param(ended("closespider_timeout"), 1, "finished", id="out of time"),
        pytest.param(replace(FINE, failure=CaptureError("disk full")), 3, "failed", id="could not capture"),
        pytest.param(Facts(fetch=replace(FETCHED, has_started=False)), 3, "failed", id="died at its start"),
        pytest.param(Facts(fetch=replace(FETCHED, errors=1)), 1, "finished", id="a defect of ours"),
        pytest.param(replace(FINE, lost=2), 3, "failed", id="items never stored"),
        pytest.param(ended("shutdown"), 130, "interrupted", id="interrupted"),
        pytest.param(replace(ended("shutdown"), failure=CaptureError("disk full")), 3, "failed", id="gravest decides"),
    ],
)
def test_judged(facts: Facts, exit_code: int, state: str) -> None:
    verdict = judged(facts)
    assert (verdict.exit_code, verdict.state) == (exit_code, state)


def test_every_alarm_is_named() -> None:
    verdict = judged(replace(FINE, failed_sources=("roscosmos",), breaches=(TOO_FEW,)))
    assert verdict.reasons == (
        "roscosmos: no endpoint could be read",
        "esa: articles_per_week: expected at least 5, observed 0",
    )
