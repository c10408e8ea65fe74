"""Source files: what they may say, and how every mistake in them is told at once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from archive.errors import SourceError
from spiders.hostgroups import host_groups, host_key
from spiders.registry import Endpoint, Expectations, ExtractRule, load_sources

LEAST = """
name = "Lunar Gazette"
homepage = "https://gazette.example/"
[[feeds]]
url = "https://gazette.example/feed"
"""

FULL = """
name = "European Space Agency"
publisher_kind = "agency"
homepage = "https://www.esa.example/"
language = "en"
country = "EU"
interval = "90m"
max_age = "30d"
download_delay = 5.0
concurrency = 2
status = "paused"
host_group = "esa"
verified_on = 2026-03-01
note = "seen"

[[feeds]]
url = "https://www.esa.example/rss"
confidence = "low"
[[sitemaps]]
url = "https://www.esa.example/sitemap.xml"
[[listings]]
url = "https://www.esa.example/Newsroom"
link_css = "a.card"
next_css = "a[rel=next]"
max_pages = 7

[urls]
allow = ["^/Science/"]
deny = ["^/Multimedia/"]
strip_params = ["utm_*"]
hosts = ["Blogs.esa.example"]

[[extract]]
valid_until = 2024-12-31
prune_css = ["aside.related"]
[[extract]]
body_css = "main"
title_css = "h1"
author_css = ".by"
date_css = "time"

[expect]
articles_per_week = { min = 5, max = 80 }
fill_rate = { published_at = 0.95, authors = 0.30 }
"""


def folder(tmp_path: Path, **files: str) -> Path:
    place = tmp_path / "sources"
    place.mkdir()
    for name, text in files.items():
        (place / f"{name}.toml").write_text(text, encoding="utf-8")
    return place


def problems_of(place: Path) -> list[str]:
    with pytest.raises(SourceError) as caught:
        load_sources(place)
    return [str(problem) for problem in caught.value.problems]


def test_name_homepage_and_one_endpoint_are_enough(tmp_path: Path) -> None:
    source = load_sources(folder(tmp_path, gazette=LEAST))["gazette"]

    assert (source.id, source.name, source.homepage) == ("gazette", "Lunar Gazette", "https://gazette.example/")
    assert source.endpoints == (Endpoint(kind="feed", url="https://gazette.example/feed"),)
    assert (source.publisher_kind, source.language, source.country) == ("trade", None, None)
    assert (source.interval, source.max_age) == (timedelta(hours=3), None)
    assert (source.download_delay, source.concurrency, source.host_group) == (1.0, 1, "gazette")
    assert (source.status, source.verified_on, source.note) == ("active", None, "")
    assert source.file == "sources/gazette.toml"


def test_every_key_of_a_file_arrives(tmp_path: Path) -> None:
    source = load_sources(folder(tmp_path, esa=FULL))["esa"]

    assert (source.publisher_kind, source.language, source.country, source.status) == ("agency", "en", "EU", "paused")
    assert (source.interval, source.max_age) == (timedelta(minutes=90), timedelta(days=30))
    assert (source.download_delay, source.concurrency, source.host_group) == (5.0, 2, "esa")
    assert (source.verified_on, source.note) == (date(2026, 3, 1), "seen")
    assert source.feeds == (Endpoint(kind="feed", url="https://www.esa.example/rss", confidence="low"),)
    assert source.sitemaps == (Endpoint(kind="sitemap", url="https://www.esa.example/sitemap.xml"),)
    assert source.listings == (
        Endpoint(
            kind="listing",
            url="https://www.esa.example/Newsroom",
            link_css="a.card",
            next_css="a[rel=next]",
            max_pages=7,
        ),
    )
    assert [pattern.pattern for pattern in source.urls.allow] == ["^/Science/"]
    assert [pattern.pattern for pattern in source.urls.deny] == ["^/Multimedia/"]
    assert (source.urls.strip_params, source.urls.hosts) == (("utm_*",), ("blogs.esa.example",))
    assert source.extract == (
        ExtractRule(valid_until=date(2024, 12, 31), prune_css=("aside.related",)),
        ExtractRule(body_css="main", title_css="h1", author_css=".by", date_css="time"),
    )
    assert source.expect == Expectations(
        articles_per_week_min=5, articles_per_week_max=80, fill_rate={"published_at": 0.95, "authors": 0.3}
    )


def test_sources_are_found_in_any_case(tmp_path: Path) -> None:
    sources = load_sources(folder(tmp_path, ESA=LEAST))

    assert list(sources) == ["esa"]
    assert sources["ESA"] is sources["esa"] is sources.get("Esa")
    assert "eSa" in sources
    assert "other" not in sources
    assert sources.get("other") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            LEAST.replace("https://gazette.example/feed", "htps://x"),
            "feeds[0].url: not a URL: 'htps://x'",
            id="scheme",
        ),
        pytest.param(
            LEAST.replace("gazette.example/feed", "me:pw@gazette.example/feed"),
            "feeds[0].url: user name and password do not belong in a URL: gazette.example",
            id="password",
        ),
        pytest.param(
            LEAST.replace("gazette.example/feed", "gazette.example/a b"),
            "feeds[0].url: not a URL: 'https://gazette.example/a b'",
            id="space",
        ),
        pytest.param(
            LEAST.replace("gazette.example/feed", "gazette.example:99999/"),
            "feeds[0].url: not a URL: 'https://gazette.example:99999/'",
            id="port",
        ),
        pytest.param("wat = 1\n" + LEAST, "wat: unknown key", id="unknown key"),
        pytest.param(LEAST + "link_css = 'a'\n", "feeds[0].link_css: unknown key", id="key of another kind"),
        pytest.param(
            "interval = '3 hours'\n" + LEAST,
            'interval: not a duration: \'3 hours\': write "30m", "3h", "2d" or seconds',
            id="duration",
        ),
        pytest.param("interval = -5\n" + LEAST, "interval: not a duration between 0 and a century: -5", id="negative"),
        pytest.param(
            "interval = true\n" + LEAST, 'interval: not a duration: True: write "30m", "3h", "2d" or seconds', id="bool"
        ),
        pytest.param(
            "country = 'Europe'\n" + LEAST, "country: string should match pattern '^[A-Z]{2}$': 'Europe'", id="country"
        ),
        pytest.param(
            "status = 'dead'\n" + LEAST, "status: input should be 'active', 'paused' or 'ended': 'dead'", id="status"
        ),
        pytest.param(
            LEAST + "[urls]\nallow = ['(']",
            "urls.allow[0]: not a regular expression: '(': missing ), unterminated subpattern at position 0",
            id="regex",
        ),
        pytest.param(
            LEAST + "[[listings]]\nurl = 'https://gazette.example/l'\nlink_css = 'a['",
            "listings[0].link_css: not a CSS selector: 'a[': Expected ident or '*', got <EOF at 2>",
            id="css",
        ),
        pytest.param(
            LEAST + "[[extract]]\nvalid_from = 2025-01-01\nvalid_until = 2024-01-01",
            "extract[0]: valid_from 2025-01-01 is after valid_until 2024-01-01",
            id="backwards",
        ),
        pytest.param(
            LEAST + "[expect]\narticles_per_week = {min = 9, max = 2}",
            "expect.articles_per_week: min 9 is more than max 2",
            id="range",
        ),
        pytest.param(
            LEAST + "[expect]\nfill_rate = {authors = 30}",
            "expect.fill_rate.authors: input should be less than or equal to 1: 30",
            id="percent",
        ),
        pytest.param(
            LEAST + "[[feeds]]\nurl = 'https://GAZETTE.example:443/feed'",
            "feeds[1].url: the same endpoint as feeds[0]: 'https://GAZETTE.example:443/feed'",
            id="twice",
        ),
        pytest.param(
            "name = 'X'\nhomepage = 'https://x.example/'",
            "no endpoint: give at least one of [[feeds]], [[sitemaps]], [[listings]]",
            id="no endpoint",
        ),
        pytest.param(LEAST.replace('name = "Lunar Gazette"', ""), "name: required", id="no name"),
        pytest.param("name = ", "not TOML: Invalid value (at end of document)", id="not TOML"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, text: str, expected: str) -> None:
    assert problems_of(folder(tmp_path, moon=text)) == [f"sources/moon.toml: {expected}"]


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    place = folder(tmp_path, a="wat = 1\nstatus = 1\n" + LEAST, b="name = ")
    (place / "c.toml").write_bytes(b'name = "\xff"')

    assert problems_of(place) == [
        "sources/a.toml: status: input should be 'active', 'paused' or 'ended': 1",
        "sources/a.toml: wat: unknown key",
        "sources/b.toml: not TOML: Invalid value (at end of document)",
        "sources/c.toml: not UTF-8: byte 8 is 0xff",
    ]


def test_an_endpoint_belongs_to_one_file(tmp_path: Path) -> None:
    assert problems_of(folder(tmp_path, a=LEAST, b=LEAST)) == [
        "sources/b.toml: feeds: already listed by sources/a.toml: https://gazette.example/feed"
    ]


def test_file_names_that_are_no_ids_are_told(tmp_path: Path) -> None:
    assert problems_of(folder(tmp_path, **{"Mon Site": LEAST})) == [
        "sources/Mon Site.toml: not a source id: 'mon site': the file name takes a-z, 0-9, - and _, such as esa.toml"
    ]


def test_two_files_of_one_id_are_told(tmp_path: Path) -> None:
    other = LEAST.replace("/feed", "/rss")
    assert problems_of(folder(tmp_path, ESA=LEAST, esa=other)) == ["sources/esa.toml: the same id as sources/ESA.toml"]


def test_a_folder_without_source_files_is_told(tmp_path: Path) -> None:
    place = folder(tmp_path)
    assert problems_of(place) == [f"{place}: no source files (*.toml) here"]
    assert problems_of(place / "none") == [f"{place / 'none'}: no such directory"]


def on_host(homepage: str, extra: str = "") -> str:
    return f'name = "S"\nhomepage = "{homepage}"\n{extra}\n[[feeds]]\nurl = "{homepage}feed"\n'


def test_sources_on_one_host_share_group_delay_and_concurrency(tmp_path: Path) -> None:
    sources = load_sources(
        folder(
            tmp_path,
            b=on_host("https://www.nasa.example/", "download_delay = 2.0\nconcurrency = 4"),
            a=on_host("https://nasa.example/tech/", "download_delay = 7.5\nconcurrency = 2"),
            c=on_host("https://other.example/"),
        )
    )

    assert [sources[one].host_group for one in "abc"] == ["a", "a", "c"]
    assert [sources[one].download_delay for one in "abc"] == [7.5, 7.5, 1.0]
    assert [sources[one].concurrency for one in "abc"] == [2, 2, 1]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        pytest.param({"a": (None, {"x"}), "b": (None, {"y"})}, {"a": "a", "b": "b"}, id="strangers"),
        pytest.param(
            {"b": (None, {"x", "y"}), "a": (None, {"y", "z"}), "c": (None, {"z"})},
            {"a": "a", "b": "a", "c": "a"},
            id="a chain of hosts",
        ),
        pytest.param({"a": (None, {"x"}), "b": ("nasa", {"x"})}, {"a": "nasa", "b": "nasa"}, id="a given name wins"),
        pytest.param({"a": ("g", {"x"}), "b": ("g", {"y"})}, {"a": "g", "b": "g"}, id="one name, no shared host"),
        pytest.param(
            {"a": ("two", {"x"}), "b": ("one", {"x"})}, {"a": "one", "b": "one"}, id="names in conflict still share"
        ),
    ],
)
def test_host_groups(sources: dict[str, tuple[str | None, set[str]]], expected: dict[str, str]) -> None:
    assert host_groups(sources) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://WWW.Esa.int/x", "esa.int", id="www and case do not count"),
        pytest.param("https://blogs.esa.int:8443/x", "blogs.esa.int", id="a public host's port does not count"),
        pytest.param("http://127.0.0.5:8001/", "127.0.0.5:8001", id="loopback keeps its port"),
        pytest.param("http://localhost/", "localhost:80", id="localhost"),
        pytest.param("http://[::1]:8001/", "::1:8001", id="IPv6 loopback"),
        pytest.param("http://10.0.0.5:8001/", "10.0.0.5", id="private addresses are hosts"),
    ],
)
def test_host_key(url: str, expected: str) -> None:
    assert host_key(url) == expected


def test_the_packaged_registry_is_valid_and_honest() -> None:
    sources = load_sources(None)

    assert len(sources) >= 100
    assert sources["ESA"].name == "European Space Agency"
    assert {source.status for source in sources.values()} == {"active", "paused", "ended"}
    assert [source.id for source in sources.values() if source.verified_on is not None] == []
    assert (
        len({source.host_group for source in sources.values() if source.id in ("nasa", "nasa-tech", "nasa-iss")}) == 1
    )
