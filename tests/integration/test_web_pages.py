"""The pages over both engines: what they show, and that nothing archived gets out of its element."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from lxml import etree
from sqlalchemy import Engine
from starlette.types import ASGIApp

from archive.web.app import create_app
from tests.archived import a_revision, a_run, a_source, an_archived
from tests.web import ask

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;{{7*7}}\u202e"
VOID = {"meta", "link", "input", "br", "img", "line", "rect", "circle", "path"}


@pytest.fixture
def app(engine: Engine) -> ASGIApp:
    """Article 1 and its copy 2, 3 changed, 4 hostile in every field, 5 very long."""
    with engine.begin() as connection:
        a_run(connection)
        a_source(connection, "wire", name="The Wire", kind="trade", country="US")
        a_source(connection, "evil", name=EVIL, kind="trade", country=EVIL)
        first = an_archived(
            connection,
            source="wire",
            title="Comet seen",
            text="The comet was seen from Chile.\n\nIt has a tail.",
            authors=["Jane Doe"],
            tags=["comets"],
            published_at=datetime(2025, 3, 12, 8, 0, tzinfo=UTC),
        )
        an_archived(
            connection,
            source="wire",
            title="Comet again",
            text="The comet was seen from Chile.\n\nIt has a tail.",
            duplicate_of=first,
            published_at=datetime(2025, 5, 13, 9, 30, tzinfo=UTC),
        )
        third = an_archived(connection, source="wire", title="Landing off", text="It slips to May.", state="gone")
        a_revision(connection, third, text="It slips to June.", seen_at=datetime(2025, 6, 2, 7, 0, tzinfo=UTC))
        an_archived(
            connection,
            source="evil",
            title=EVIL,
            text=f"hostile {EVIL}\n\n{EVIL}",
            authors=[EVIL],
            tags=[EVIL],
            description=EVIL,
            lang='"><b>',
            url="https://evil.example/?q=%22onclick",
            aliases=[("guid", "javascript:alert(1)")],
        )
        an_archived(connection, source="wire", title="Long", text="\n\n".join(["word " * 200] * 300))
    return create_app(engine, warc_dir=Path("warc"))


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.outer_pictures: list[dict[str, str | None]] = []
        self.shown = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "svg" and "svg" not in self.open:
            self.outer_pictures.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


PAGES = [
    "/", "/?q=comet", "/?q=hostile&order=newest&by_story=1", "/?q=nothing", "/articles/1", "/articles/3",
    "/articles/4", "/articles/5?part=2", "/articles/3/diff", "/sources", "/sources/wire", "/sources/evil", "/runs",
    "/runs/1", "/about", "/health", "/pictures", "/pictures?q=hostile&unit=year", "/stories/1", "/stories/4",
    "/articles/3?as_of=2025-06-01", "/?q=comet&order=recent&as_of=2025-06-01",
]  # fmt: skip


@pytest.mark.parametrize("target", PAGES)
def test_a_page_is_well_formed_ours_alone_and_under_100_kb(app: ASGIApp, target: str) -> None:
    answer = ask(app, target)
    page = Elements(answer.text)
    assert (answer.status, page.open) == (200, [])
    assert len(answer.body) < 100_000
    assert not {name for name, _ in page.found} & {"iframe", "object", "style", "img", "b"}
    assert [attrs["src"] for attrs in page.all("script")] in ([], ["/static/brush.js"])
    assert "<script" not in re.sub(r'<script src="/static/brush.js" defer></script>', "", answer.text)
    for tag, attrs in page.found:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], tag
    loaded = [attrs["href"] for attrs in page.all("link") if attrs.get("rel") in ("stylesheet", "icon")]
    assert loaded == ["/static/style.css", "/static/icon.svg"]
    for attrs in page.all("a"):
        href = attrs["href"] or ""
        assert href.startswith(("/", "#", "https://")), href
        assert href.startswith(("/", "#")) or "noopener noreferrer" in (attrs["rel"] or "")
    assert "\u202e" not in answer.text


@pytest.mark.parametrize("target", PAGES)
def test_a_page_can_be_read_without_eyes(app: ASGIApp, target: str) -> None:
    """The rules that need no browser: a language, one h1, a title, headings in order, names for what is operated."""
    page = Elements(ask(app, target).text)
    levels = [int(name[1]) for name, _ in page.found if re.fullmatch("h[1-6]", name)]
    assert page.all("html")[0]["lang"] == "en"
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels)), levels
    assert len(page.all("main")) == 1 and page.all("a")[0]["href"] == "#main"
    assert all(attrs.get("scope") for attrs in page.all("th"))
    assert outer_pictures_are_named(page)
    ids = [attrs["id"] for _, attrs in page.found if "id" in attrs]
    assert len(ids) == len(set(ids))


def outer_pictures_are_named(page: Elements) -> bool:
    """A picture has a name or is hidden; what is drawn inside another is part of it."""
    return all(attrs.get("aria-label") or attrs.get("aria-hidden") for attrs in page.outer_pictures)


def test_hostile_text_is_shown_as_text(app: ASGIApp) -> None:
    text = ask(app, "/articles/4").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text and "<img" not in text
    assert "{{7*7}}" in text
    assert "49" not in Elements(text).shown.partition("What is known")[0]


@pytest.mark.parametrize(
    "target",
    [
        "/", "/?q=hostile", "/?q=hostile&as_of=2025-06-01", "/articles/4", "/articles/4/diff", "/pictures?q=hostile",
        "/stories/4", "/sources", "/sources/evil", "/health", "/runs/1", "/feed?q=hostile",
        "/feed?q=hostile&format=rss",
        "/articles/4/cite", "/articles/4/cite?format=ris", "/articles/4/cite?format=csl", "/?q=%3Cscript%3E",
    ],
)  # fmt: skip
def test_no_hostile_markup_gets_out_anywhere(app: ASGIApp, target: str) -> None:
    answer = ask(app, target)
    assert answer.status == 200
    if answer.headers["content-type"].startswith("text/html"):
        assert "<script>" not in answer.text and "<img" not in answer.text and "onerror=alert(1)>" not in answer.text
    elif "xml" in answer.headers["content-type"]:
        names = {etree.QName(each).localname for each in etree.fromstring(answer.body).iter()}
        assert not names & {"script", "img"}
    else:  # a file to download: never shown as markup
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_search_shows_hits_with_marks_facets_and_time(app: ASGIApp) -> None:
    text = ask(app, "/?q=comet").text
    assert '<a href="/articles/1"><mark>Comet</mark> seen</a>' in text
    assert '<a href="/?q=comet+source%3Awire"><bdi>The Wire</bdi></a> <span class="count">2</span>' in text
    assert '<a href="/?q=comet+on%3A2025-03-12" tabindex="-1" aria-label="2025-03-12: 1">' in text
    assert "<strong>2</strong> articles by relevance" in text
    assert '<a href="/stories/1">2 copies</a>' in text


def test_narrowing_alternatives_keeps_them_together(app: ASGIApp) -> None:
    assert 'href="/?q=%28comet+OR+landing%29+kind%3Atrade"' in ask(app, "/?q=comet%20OR%20landing").text


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("q=comet&from=2025-03-01", "/?q=comet+after%3A2025-03-01"),
        ("q=comet&from=2025-03-01&until=2025-03-31", "/?q=comet+after%3A2025-03-01+before%3A2025-04-01"),
        ("from=2025-03-01&order=newest", "/?q=after%3A2025-03-01&order=newest"),
    ],
)
def test_days_become_part_of_the_query(app: ASGIApp, query: str, location: str) -> None:
    answer = ask(app, f"/?{query}")
    assert (answer.status, answer.headers["location"]) == (302, location)


def test_an_article_shows_where_its_facts_are_from(app: ASGIApp) -> None:
    text = ask(app, "/articles/1").text
    assert "<p>The comet was seen from Chile.</p>\n<p>It has a tail.</p>" in text
    assert '<dt>Published</dt><dd><bdi>2025-03-12T08:00:00Z</bdi> <span class="origin">' in text
    assert '<h2 id="copies">The story in 2 copies</h2>' in text
    assert '<td class="moment">+62 d 1 h</td>' in text
    assert "test.warc.gz" in text
    assert "perilune:article=1; revision=1; text=sha256:" in text


def test_an_article_that_was_taken_down_says_so(app: ASGIApp) -> None:
    text = ask(app, "/articles/3").text
    assert "The publisher has taken it down." in text
    assert 'href="/articles/3/diff?from=1&amp;to=2"' in text


def test_a_diff_marks_what_went_and_came(app: ASGIApp) -> None:
    text = ask(app, "/articles/3/diff?from=1&to=2").text
    assert "It slips to <del>May</del><ins>June</ins>." in text
    assert "are the same" in ask(app, "/articles/3/diff?from=2&to=2").text


def test_a_long_text_comes_in_parts_that_together_are_all_of_it(app: ASGIApp) -> None:
    first = ask(app, "/articles/5").text
    parts = int(re.search(r"Part 1 of (\d+)", first)[1])
    words = sum(ask(app, f"/articles/5?part={part}").text.count("word") for part in range(1, parts + 1))
    assert words == 200 * 300 + parts * first.partition("<h1")[0].count("word")
    assert ask(app, f"/articles/5?part={parts + 1}").status == 400


def test_a_source_shows_when_it_publishes(app: ASGIApp) -> None:
    text = ask(app, "/sources/wire").text
    assert "articles a week" in text and "Where it announces" in text
    assert "<title>Wednesday 08 h: 1</title>" in text
    assert '<a href="/?q=source%3Awire">4</a>' in text


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("/?q=mars%20(rover", 400, "this parenthesis is never closed"),
        ("/?q=x:y<script>", 400, "unknown field"),
        ("/?from=soon", 400, "a day such as 2025-03-12, please"),
        ("/?until=9999-12-31", 400, "a day such as 2025-03-12, please"),
        ("/articles/99", 404, "There is no such article."),
        ("/articles/../../etc/passwd", 404, "Not found."),
        ("/articles/1/cite?format=x", 400, "one of bibtex, ris, csl, please"),
        ("/sources/nobody", 404, "There is no such source."),
        ("/runs/7", 404, "There is no such run."),
        ("/static/../app.py", 404, "Not found."),
        ("/static/%2e%2e%2fapp.py", 404, "Not found."),
        ("//evil.example/", 404, "Not found."),
    ],
)
def test_errors_are_pages(app: ASGIApp, target: str, status: int, said: str) -> None:
    answer = ask(app, target, headers={"accept": "text/html"})
    assert (answer.status, Elements(answer.text).open) == (status, [])
    assert said in answer.text and "<script>" not in answer.text


@pytest.mark.parametrize("value", ["\r\nSet-Cookie: a=b", "https://evil.example/", "//evil.example", "\x00", "'\"><i>"])
def test_nothing_asked_for_gets_into_a_header_or_out_of_the_page(app: ASGIApp, value: str) -> None:
    for target in (
        f"/?q={quote(value)}&from=2025-01-01",
        f"/?q={quote(value)}&after={quote(value)}",
        f"/v4/articles?x={quote(value)}",
    ):
        answer = ask(app, target, headers={"accept": "text/html"})
        assert "set-cookie" not in answer.headers
        assert answer.headers.get("location", "/?").startswith(("/?", "/v4/articles/?"))
        assert "<i>" not in answer.text


@pytest.mark.parametrize("target", ["/", "/articles/1", "/api/articles", "/feed"])
def test_what_may_be_done_with_an_address_is_told(app: ASGIApp, target: str) -> None:
    answer = ask(app, target, method="OPTIONS")
    assert (answer.status, answer.headers["allow"], answer.body) == (204, "GET, HEAD, OPTIONS", b"")


def test_style_and_icon_are_served_with_their_types(app: ASGIApp) -> None:
    assert ask(app, "/static/style.css").headers["content-type"] == "text/css; charset=utf-8"
    assert ask(app, "/static/icon.svg").headers["content-type"] == "image/svg+xml"


def test_a_story_shows_how_it_spread(app: ASGIApp) -> None:
    text = ask(app, "/stories/1").text
    assert "2 articles of 1 source tell it, the last 62 d 1 h after the first" in text
    assert '<circle cx="0.0%"' in text and '<circle cx="96.0%"' in text
    assert ask(app, "/stories/999").status == 404


def test_pictures_show_attention_and_the_hours_of_the_week(app: ASGIApp) -> None:
    text = ask(app, "/pictures?q=comet").text
    assert "<title>2025-03-12, The Wire: 1</title>" in text  # three months: a bar a day
    assert "<title>Tuesday 09 h: 1</title>" in text  # 13 May 2025
    assert ask(app, "/pictures?unit=year&q=comet").text.count("<title>2025, The Wire: 2</title>") == 1
    assert "No article with a date answers this." in ask(app, "/pictures?q=nothing").text


def test_an_article_is_shown_as_it_stood(app: ASGIApp) -> None:
    then, now = ask(app, "/articles/3?as_of=2025-06-01").text, ask(app, "/articles/3").text
    assert "It slips to May." in then and "It slips to June." not in then
    assert "It slips to June." in now
    assert ask(app, "/articles/3?as_of=2025-05-31").status == 404
    assert "slips to <mark>May</mark>" in ask(app, "/?q=may&as_of=2025-06-01").text
    assert ask(app, "/?q=may&as_of=never").status == 400


def test_health_says_what_is_wrong(app: ASGIApp) -> None:
    assert "<h1>Health</h1>" in ask(app, "/health").text


def test_a_citation_can_be_downloaded(app: ASGIApp) -> None:
    answer = ask(app, "/articles/1/cite?format=ris")
    assert answer.headers["content-type"].startswith("application/x-research-info-systems")
    assert answer.text.startswith("TY  - NEWS\r\nAU  - Jane Doe\r\nTI  - Comet seen\r\n")
