"""Attribute floods: minutes of parsing, unless they are taken out."""

from __future__ import annotations

import pytest

from spiders.discovery.feed import parse_feed
from spiders.discovery.floods import without_floods
from spiders.discovery.listing import parse_listing

URL = "https://moon.example/"


def attributes(form: str, count: int = 100_000) -> str:
    return " ".join(form.format(number) for number in range(count))


FORMS = [
    pytest.param("a{}=1", id="plain"),
    pytest.param("a{}", id="without values"),
    pytest.param("a{}='>'", id="quoted ends"),
    pytest.param('a{}="<a>"', id="quoted tags"),
    pytest.param("a{} = '1'", id="white space"),
    pytest.param("/a{}", id="slashes"),
    pytest.param("'{}", id="quotes as names"),
]


@pytest.mark.parametrize("form", FORMS)
def test_flooded_tags_are_left_bare(form: str) -> None:
    page = f'<p class="x">one</p><i {attributes(form, 201)}>two</i>'
    assert without_floods(page) == '<p class="x">one</p><i>two</i>'
    assert without_floods(page.encode()) == b'<p class="x">one</p><i>two</i>'


def test_other_tags_stay() -> None:
    page = f"<p {attributes('a{}=1', 200)}>a < b and c > d, {attributes('word{}', 500)}</p>"
    assert without_floods(page) == page


@pytest.mark.timeout(30)
@pytest.mark.parametrize("form", FORMS)
def test_floods_cost_no_minutes(form: str) -> None:
    flood = f"<a {attributes(form)}>"
    listing = parse_listing(f'{flood}</a><a href="/2024/05/06/a-b-c">x</a>'.encode(), url=URL)
    assert [link.url for link in listing.links] == ["https://moon.example/2024/05/06/a-b-c"]
    feed = parse_feed(
        f'<rss version="2.0"><channel><item><link>/1</link>{flood}</a></item></channel></rss>'.encode(), url=URL
    )
    assert [item.url for item in feed.items] == ["https://moon.example/1"]
