"""Pages made to hurt: what one costs, in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import time

import pytest

from archive.errors import ExtractionError
from pipelines.extract import extract
from pipelines.page import Hints, Rules

PROSE = "<p>The probe passed over the rim for the eleventh time and saw what nobody had expected to see there.</p>" * 4
MOST_S, MOST_MB = 20, 600  # CPU and memory of a page; a worker's limits are above


def page(attack: str) -> bytes:
    return (
        f"<html><head><title>Ice below the rim</title></head><body><article><h1>Ice below the rim</h1>{PROSE}{attack}"
        "</article></body></html>"
    ).encode()


def nested() -> bytes:
    return page("<div>" * 60_000 + "deep")


def attributes() -> bytes:
    return page("<div " + " ".join(f'data-{number}="{number:012d}"' for number in range(750_000)) + ">much</div>")


def long_line() -> bytes:
    return page("<p>" + "word " * 1_000_000 + "</p>")


def many_elements() -> bytes:
    return page('<span class="date">1</span>' * 60_000)


def cost(name: str) -> tuple[float, float, int | str]:
    """(CPU seconds, peak MB, characters of text or the error) of extracting the page."""
    body = globals()[name]()
    started = time.process_time()
    try:
        said: int | str = len(
            extract(body, url="https://a.example/ice", charset="utf-8", hints=Hints(), rules=Rules()).text
        )
    except ExtractionError as exc:
        said = str(exc)
    return time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, said


@pytest.mark.parametrize("name", ["nested", "attributes", "long_line", "many_elements"])
def test_a_page_made_to_hurt_costs_seconds_and_no_more_memory_than_there_is(name: str) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds, megabytes, said = pool.apply(cost, (name,))
    assert seconds < MOST_S
    assert megabytes < MOST_MB
    assert isinstance(said, int) or "characters" in said


def test_what_is_too_long_is_refused_before_it_is_parsed() -> None:
    body = attributes()
    assert len(body) > 20_000_000
    with pytest.raises(ExtractionError, match="a page of"):
        extract(body, url="https://a.example/ice", charset="utf-8", hints=Hints(), rules=Rules())
