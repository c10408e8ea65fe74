"""A source's territory, and addresses as pages print them."""

from __future__ import annotations

import re

import pytest

from spiders.discovery.links import absolute_url, plain_text
from spiders.discovery.scope import registrable_domain, scope_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://www.moon.example/news/1", None, id="the homepage's host"),
        pytest.param("http://moon.example/news/1", None, id="without www, over http"),
        pytest.param("https://blog.moon.example/news/1", None, id="a subdomain"),
        pytest.param("https://cdn.other.example/news/1", None, id="a listed host"),
        pytest.param("https://moon.example.evil.test/news/1", "off_site", id="the name as a prefix"),
        pytest.param("https://notmoon.example/news/1", "off_site", id="the name as a suffix"),
        pytest.param("https://www.moon.example/shop/1", "not_allowed", id="outside of allow"),
        pytest.param("https://www.moon.example/news/live/1", "denied", id="inside of deny"),
        pytest.param("https://www.moon.example/news/1?print=1", "denied", id="deny sees the query"),
    ],
)
def test_reason_to_drop(url: str, expected: str | None) -> None:
    scope = scope_of(
        ["https://www.moon.example/"],
        hosts=["cdn.other.example"],
        allow=(re.compile("^/news/"),),
        deny=(re.compile("/live/"), re.compile(r"\?print=")),
    )
    assert scope.reason_to_drop(url) == expected


def test_loopback_servers_are_sites_of_their_own() -> None:
    scope = scope_of(["http://127.0.0.5:8001/"])
    assert scope.reason_to_drop("http://127.0.0.5:8001/a") is None
    assert scope.reason_to_drop("http://127.0.0.5:8002/a") == "off_site"
    assert scope.reason_to_drop("http://127.0.0.6:8001/a") == "off_site"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("www.nasa.gov", "nasa.gov", id="a subdomain"),
        pytest.param("space.blog.gov.uk", "blog.gov.uk", id="a suffix of two labels"),
        pytest.param("moon.github.io", "moon.github.io", id="a private suffix"),
        pytest.param("a.b.example", "b.example", id="a suffix nobody lists"),
        pytest.param("gov.uk", "", id="a suffix itself"),
        pytest.param("127.0.0.1", "", id="an address"),
        pytest.param("localhost", "", id="one label"),
    ],
)
def test_registrable_domain(host: str, expected: str) -> None:
    assert registrable_domain(host) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        pytest.param("https://moon.example/a", "https://moon.example/a", id="absolute"),
        pytest.param("b?x=1", "https://moon.example/news/b?x=1", id="relative"),
        pytest.param("//sun.example/a", "https://sun.example/a", id="without scheme"),
        pytest.param(" \n/a b\t/c\xa0", "https://moon.example/a%20b/c", id="white space"),
        pytest.param("\\\\sun.example\\a", "https://sun.example/a", id="backslashes"),
        pytest.param("HTTP://Moon.example/a#b", "http://Moon.example/a", id="fragment"),
        pytest.param("/новости", "https://moon.example/новости", id="not ASCII"),
        pytest.param("", None, id="empty"),
        pytest.param("mailto:a@moon.example", None, id="mail"),
        pytest.param("data:text/html,x", None, id="data"),
        pytest.param("file:///etc/passwd", None, id="file"),
        pytest.param("http://[::1", None, id="broken host"),
        pytest.param("http://moon.example:99999/", None, id="broken port"),
        pytest.param("https://moon.example/\ud800", None, id="lone surrogate"),
        pytest.param("/" + "a" * 3_000, None, id="too long"),
    ],
)
def test_absolute_url(link: str, expected: str | None) -> None:
    assert absolute_url(link, base="https://moon.example/news/") == expected


def test_plain_text_is_one_clean_line() -> None:
    assert plain_text(" a\x00b\n\tc\ud800 ") == "ab c"
    assert plain_text("abc", limit=2) == "ab"
