"""pipelines.credits: where a page says that its text comes from."""

from __future__ import annotations

import pytest

from pipelines.blocks import blocks_in
from pipelines.credits import Credit, credit_of
from pipelines.tree import tree_of

FIRST = "The lander came down on the plain at noon, and its ramp was lowered an hour later."
LAST = "Engineers will drive the rover off the ramp when the batteries are full, by Friday at the latest."
URL = "https://daily.example/lander"


def credit(before: str = "", amid: str = "", after: str = "", *, based_on: tuple[str | None, ...] = ()) -> Credit:
    """Of a page with a line before, amid or after its two paragraphs; its site is called Daily Orbit."""
    root = tree_of(
        f"<body><h1>Lander is down</h1>{before}<p>{FIRST}</p>{amid}<p>{LAST}</p>{after}<p>More news</p></body>"
    )
    names = frozenset({"daily orbit", "daily example"})
    return credit_of(blocks_in(root), texts=[FIRST, LAST], own_names=names, base=URL, based_on=based_on)


@pytest.mark.parametrize(
    "line",
    [
        "Source: ESA press release",
        "(Source: ESA)",
        "This article was originally published at The Conversation.",
        "This story first appeared on Orbit Weekly and is republished here with permission.",
        "A longer version of this article was first published by the Planetary Society.",
        "Originally published in Orbit Weekly.",
        "Republished from ESA.",
        "News release from the Jet Propulsion Laboratory",
        "Materials provided by University of Bern.",
        "Quelle: DLR",
        "Dieser Beitrag erschien zuerst bei Orbit Weekly.",
        "Cet article a été publié initialement par le CNES.",
        "Fuente: ESA",
        "Publicado originalmente en Orbit Weekly",
        "Источник: Роскосмос",
        "По материалам пресс-службы Роскосмоса",
        "来源：新华社",
        "本文转载自新华网",
        "出典：JAXA",
        "출처: 한국항공우주연구원",
    ],
)
def test_a_line_behind_the_text_that_says_where_it_was_published(line: str) -> None:
    assert credit(after=f"<p>{line}</p>") == Credit(line=line)


@pytest.mark.parametrize(
    "line",
    [
        "Source: Daily Orbit",
        "Originally published in March 2022, updated since.",
        "This article was originally published on 3 May 2021.",
        "The study was first published in Nature by a team from Bern.",
        "Sources say that the launch slips.",
        "The agency released by accident what was secret.",
    ],
)
def test_a_line_that_names_no_other_origin(line: str) -> None:
    assert credit(after=f"<p>{line}</p>") == Credit()


def test_a_source_amid_the_text_is_of_a_chart() -> None:
    assert credit(amid="<p>Source: ESA</p>") == Credit()
    assert credit(before="<p>Source: ESA</p>") == Credit(line="Source: ESA")
    assert credit(after="<figure><img src=a.png><figcaption>Source: ESA</figcaption></figure>") == Credit()


def test_the_link_in_the_line_is_the_original_s_address() -> None:
    line = '<p>Originally published at <a href="https://wire.example/lander">Wire</a>.</p>'
    assert credit(after=line) == Credit(line="Originally published at Wire.", url="https://wire.example/lander")
    assert credit(after='<p>Republished from <a href="javascript:x()">Wire</a></p>').url is None


def test_the_page_s_data_may_name_the_original() -> None:
    assert credit(based_on=(None, "/release/7")) == Credit(url="https://daily.example/release/7")


@pytest.mark.parametrize(
    ("dateline", "agency"),
    [
        ("WASHINGTON (AP) — The lander came down.", "AP"),
        ("MOSCOW, March 3. /TASS/. The lander came down.", "TASS"),
        ("LONDON, March 3 (Reuters) - The lander came down.", "Reuters"),
        ("BEIJING, March 3 (Xinhua) -- The lander came down.", "Xinhua"),
        ("新华社北京3月1日电 着陆器已经着陆。", "新华社"),
        ("【共同】着陸した。", "共同"),
        ("The Ascent Propulsion (AP) system fired for a minute.", None),
        ("Reuters reported the landing.", None),
    ],
)
def test_an_agency_signs_at_the_head(dateline: str, agency: str | None) -> None:
    assert credit(before=f"<p>{dateline}</p>") == Credit(line=agency)


def test_an_agency_signs_at_the_end() -> None:
    root = tree_of(f"<body><p>{FIRST}</p><p>{LAST} (dpa)</p></body>")
    assert credit_of(blocks_in(root), texts=[FIRST], own_names=frozenset(), base=URL) == Credit(line="dpa")
