"""pipelines.genre: live blogs and press releases, where they say so."""

from __future__ import annotations

import pytest

from pipelines.genre import is_live_blog, is_press_release

URL = "https://agency.example/news/lander"
LINES = ["Menu", "Lander is down", "By Ada Ray", "The lander came down on the plain at noon."]


@pytest.mark.parametrize(
    ("title", "kinds", "expected"),
    [
        ("Live: lander comes down", (), True),
        ("LIVE UPDATES: Starship flies again", (), True),
        ("Liveticker: Mondlandung", (), True),
        ("Starship flies again – live blog", (), True),
        ("En direct : la sonde se pose", (), True),
        ("直播：嫦娥六号着陆", (), True),
        ("Прямая трансляция: пуск «Союза»", (), True),
        ("Lander comes down", ("NewsArticle", "LiveBlogPosting"), True),
        ("Live cells survive on the station", (), False),
        ("How astronauts live", ("NewsArticle",), False),
        ("", (), False),
    ],
)
def test_live_blog(title: str, kinds: tuple[str, ...], expected: bool) -> None:
    assert is_live_blog(title=title, kinds=kinds) is expected


def said(**changes: object) -> bool:
    values = {"url": URL, "title": "Lander is down", "kinds": (), "sections": (), "lines": LINES}
    return is_press_release(**values | changes)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"url": "https://agency.example/press-releases/2026/lander"}, id="directory"),
        pytest.param({"url": "https://dlr.example/de/pressemitteilungen/landung.html"}, id="directory in German"),
        pytest.param({"kinds": ("PressRelease",)}, id="its data"),
        pytest.param({"kinds": ("NewsArticle", "press release")}, id="genre"),
        pytest.param({"sections": (None, "News Releases")}, id="section"),
        pytest.param({"sections": ("Пресс-релизы",)}, id="section in Russian"),
        pytest.param({"lines": ["PRESS RELEASE", *LINES]}, id="label above the title"),
        pytest.param({"lines": ["Lander is down", "プレスリリース", *LINES[2:]]}, id="label below the title"),
        pytest.param({"lines": ["For immediate release", *LINES]}, id="for immediate release"),
        pytest.param({"lines": [*LINES[:2], "BERLIN, March 1, 2026 /PRNewswire/ -- It is down."]}, id="wire"),
        pytest.param({"lines": [*LINES[:2], "DENVER--(BUSINESS WIRE)--It is down."]}, id="another wire"),
        pytest.param({"lines": [*LINES, "-end-"]}, id="ends like one"),
        pytest.param({"lines": [*LINES, "###", "Media contact: Ada Ray"]}, id="ends like one, with a contact"),
    ],
)
def test_press_release(changes: dict[str, object]) -> None:
    assert said(**changes) is True


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="nothing says so"),
        pytest.param({"url": "https://agency.example/news/press-release-was-wrong"}, id="the slug speaks of one"),
        pytest.param({"sections": ("Press", "Releases")}, id="other words"),
        pytest.param({"lines": ["Press releases", "About", "Contact", "Jobs", *LINES]}, id="a menu's label"),
        pytest.param({"lines": [*LINES, "The press release was late."]}, id="the text speaks of one"),
        pytest.param({"url": "https://[", "lines": []}, id="nothing to read"),
    ],
)
def test_no_press_release(changes: dict[str, object]) -> None:
    assert said(**changes) is False
