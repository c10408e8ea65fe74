"""pipelines.standfirst: what stands between a headline and its text and is the article's."""

from __future__ import annotations

import pytest

from pipelines.blocks import blocks_in
from pipelines.standfirst import standfirst
from pipelines.tree import tree_of

TITLE = "Ice below the rim"
FIRST = "The probe passed over the southern rim for the eleventh time and saw what nobody had expected to see there."
SAID = "Two passes over the pole, one picture, and a great deal of ice."


def found(between: str, *, title: str = f"<h1>{TITLE}</h1>") -> list[str]:
    root = tree_of(f"<body>{title}{between}<div class=body><p>{FIRST}</p></div></body>")
    return standfirst(blocks_in(root), [FIRST], [TITLE, f"{TITLE} | Gazette"])


@pytest.mark.parametrize(
    "between",
    [
        f"<p class=standfirst>{SAID}</p>",
        f"<h2 class=article__sub-title>{SAID}</h2>",
        f"<div class='field field--name-teaser'><p>{SAID}</p></div>",
        f"<p class=byline>By Ada Ray</p><p class=post-excerpt>{SAID}</p>",
    ],
)
def test_what_a_class_names_a_standfirst_is_the_article_s(between: str) -> None:
    assert found(between) == [SAID]


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(f"<p class=note>{SAID}</p>", id="another class"),
        pytest.param(f"<p class=with-excerpt>{SAID}</p>", id="a class that speaks of another element"),
        pytest.param("<p class=dek>Science</p>", id="a label"),
        pytest.param(f"<p class=dek><a href=/other>{SAID}</a></p>", id="a link to another article"),
        pytest.param(f"<p class=post-excerpt>{FIRST[:70]}…</p>", id="the text's own beginning"),
        pytest.param("<p class=lead>Sign up for our newsletter and get it all by email.</p>", id="a call"),
        pytest.param(
            "<p class=intro>We may earn a commission from links on this page, at no cost.</p>", id="a disclosure"
        ),
    ],
)
def test_what_is_no_standfirst(between: str) -> None:
    assert found(between) == []


def test_what_the_head_calls_the_page_s_description_is_one_of_any_class() -> None:
    root = tree_of(f"<body><h1>{TITLE}</h1><p class=x1>{SAID}</p><div><p>{FIRST}</p></div></body>")
    blocks = blocks_in(root)
    assert standfirst(blocks, [FIRST], [TITLE], SAID[:-1] + "…") == [SAID]
    assert standfirst(blocks, [FIRST], [TITLE], "Another description of the page, as long as the other.") == []
    assert standfirst(blocks, [FIRST], [TITLE], "Two passes") == []


def test_the_title_of_a_player_above_the_text_hides_none() -> None:
    between = f"<p class=preamble>{SAID}</p><div class=player>{TITLE}</div>"
    assert found(between) == [SAID]


def test_a_kicker_in_the_headline_hides_none() -> None:
    head = "<h1><span>The far side of the Moon</span> Ice below the southern rim</h1>"
    root = tree_of(f"<body>{head}<p class=lead>{SAID}</p><div><p>{FIRST}</p></div></body>")
    assert standfirst(blocks_in(root), [FIRST], ["Ice below the southern rim"]) == [SAID]


def test_above_the_title_or_without_one_there_is_none() -> None:
    assert found("", title=f"<p class=standfirst>{SAID}</p><h1>{TITLE}</h1>") == []
    assert found(f"<p class=standfirst>{SAID}</p>", title="<h1>Gazette</h1>") == []
    assert standfirst([], [], [TITLE]) == []
