"""pipelines.pictures: the lead picture with its size and words."""

from __future__ import annotations

import pytest

from pipelines.metadata import meta_values
from pipelines.pictures import caption_of, file_name, lead_picture
from pipelines.story import Picture
from pipelines.survey import Survey
from pipelines.tree import tree_of

FILE = "https://alpha.example/img/crater.jpg"
OG = f'<meta property="og:image" content="{FILE}">'


def found(head: str = OG, body: str = "", *told: Picture) -> Picture:
    root = tree_of(f"<html><head>{head}</head><body><article>{body}</article></body></html>")
    return lead_picture(root, meta_values(Survey(root).meta), told)


def figure(caption: str) -> str:
    """Markup with a place for the image."""
    return f"<figure>{{}}<figcaption>{caption}</figcaption></figure>"


def test_nothing_is_told() -> None:
    assert found("", "<img src=other.jpg>") == Picture()


def test_the_head_gives_the_size() -> None:
    size = '<meta property="og:image:width" content="1200"><meta property="og:image:height" content="675">'
    assert found(OG + size) == Picture(url=FILE, width=1200, height=675)


def test_a_size_comes_from_one_place() -> None:
    half = '<meta property="og:image:width" content="1200">'
    shown = '<img src="/img/crater-300x200.jpg" width="300" height="200">'
    assert found(OG + half, shown) == Picture(url=FILE, width=300, height=200)


def test_the_data_s_picture_goes_with_the_same_file_only() -> None:
    told = Picture(url=f"{FILE}?w=300", width=4000, height=3000, caption="The rim", credit="Ada Ray")
    assert found(OG, "", told) == Picture(url=FILE, width=4000, height=3000, caption="The rim", credit="Ada Ray")
    assert found('<meta property="og:image" content="/logo.png">', "", told) == Picture(url="/logo.png")
    assert found("", "", told) == told


@pytest.mark.parametrize(
    ("markup", "caption", "credit"),
    [
        (figure("The rim at dawn"), "The rim at dawn", None),
        (
            figure("The rim at dawn (Image credit: NASA/JPL)"),
            "The rim at dawn",
            "NASA/JPL",
        ),
        (
            figure("The rim at dawn. Credit: Ada Ray (ESA)"),
            "The rim at dawn.",
            "Ada Ray (ESA)",
        ),
        (figure("The rim at dawn. © ESA"), "The rim at dawn.", "ESA"),
        (figure("Der Rand. Bild: DLR"), "Der Rand.", "DLR"),
        (figure("Кратер. Фото: Роскосмос"), "Кратер.", "Роскосмос"),
        (figure("図 クレーター 画像：JAXA"), "図 クレーター", "JAXA"),
        (
            '<figure>{}<figcaption>The rim <span class="credit">Image credit: NASA</span></figcaption></figure>',
            "The rim",
            "NASA",
        ),
        ('<div class="wp-caption">{}<p class="wp-caption-text">The rim</p></div>', "The rim", None),
        (figure("All rights reserved"), None, None),
        (figure("An image of the rim"), "An image of the rim", None),
        ("<div>{}</div><p>The rim at dawn (Image credit: NASA)</p>", None, None),
    ],
)
def test_the_caption_around_it(markup: str, caption: str | None, credit: str | None) -> None:
    body = markup.format('<img src="https://cdn.example/crater-1024x683.jpg">')
    assert found(OG, body) == Picture(url=FILE, caption=caption, credit=credit)


def test_a_caption_of_the_next_picture_is_not_its() -> None:
    root = tree_of(
        "<main><p><img src=rim.jpg></p><figure><img src=sea.jpg><figcaption>The sea</figcaption></figure></main>"
    )
    assert caption_of(root.xpath("//img")[0]) == (None, None)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (FILE, "crater"),
        ("https://alpha.example/img/Crater-1024x683.jpg?ssl=1", "crater"),
        ("/img/crater-scaled.jpg", "crater"),
        ("/_next/image?url=%2Fimg%2Fcrater.jpg&w=640&q=75", "crater"),
        ("/img/%E6%9C%88.png", "月"),
        ("http://[", ""),
        ("/_next/image?url=http://[&w=640", ""),
        ("/img/crater.jpg?" + "&".join(f"a{number}=1" for number in range(30)), ""),
        ("", ""),
    ],
)
def test_file_name(url: str, name: str) -> None:
    assert file_name(url) == name
