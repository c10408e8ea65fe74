"""Title, people, dates, language and addresses of whole pages."""

import json
from datetime import UTC, date, datetime

import pytest
from lxml.html import document_fromstring, tostring

from pipelines.dates import chosen_date, day_printed
from pipelines.metadata import metadata_of
from pipelines.structured import structured_data

NOW = datetime(2026, 3, 20, tzinfo=UTC)
URL = "https://gazette.example/news/ice"
PROSE = (
    "The probe passed over the southern rim of the crater for the eleventh time and saw what nobody had expected. " * 4
)


def metadata(html, **known):
    tree = document_fromstring(html)
    return metadata_of(tree, url=known.pop("url", URL), data=structured_data(tree, url=URL), now=NOW, **known)


def page(head="", body=""):
    return f"<html lang='en'><head>{head}</head><body>{body}<p>{PROSE}</p><p>{PROSE}</p></body></html>"


def day_of(found):
    chosen = chosen_date(found.dates)
    return chosen and day_printed(chosen)


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (
            "<title>Ice Below the Rim | Orbital Gazette</title>",
            "<h1>Orbital Gazette</h1><h1>Ice Below the Rim</h1>",
            "Ice Below the Rim",
        ),
        ("<title>Orbital Gazette » Ice Below the Rim</title>", "", "Ice Below the Rim"),
        ("<title>Ice Below the Rim - Gazette.example</title>", "", "Ice Below the Rim"),
        ("<title>Ice &amp;amp; Fire :: Orbital Gazette</title>", "", "Ice & Fire"),
        ("<title>Home</title>", "<h1>Ice\n  Below<br>the Rim</h1>", "Ice Below the Rim"),
        ("<title>Moon: Ice Below the Rim</title>", "", "Moon: Ice Below the Rim"),
        (
            "<title>星海宇宙研究機構 | アンテナ、運用を終える</title>",
            "<h2>アンテナ、運用を終える</h2>",
            "アンテナ、運用を終える",
        ),
        (
            "<title>« Glace » sous le bord : « un choc » | Orbital Gazette</title>",
            "",
            "« Glace » sous le bord : « un choc »",
        ),
        ("<title>Ice</title>", "<h1>Ice Below the Rim - Orbital Gazette</h1>", "Ice Below the Rim"),
        ("<title>Ice</title>", "<h1>Orbital Gazette: Ice Below</h1>", "Orbital Gazette: Ice Below"),
        ("<title>Crater Ice Below the Rim</title>", "<h1>Our Columns</h1>", "Crater Ice Below the Rim"),
        (
            "<title>Crater Ice Below the Rim</title>",
            "<h1>What the Crater's Rim Hides</h1>",
            "What the Crater's Rim Hides",
        ),
        (
            "<title>Crater Ice Below the Rim</title>",
            "<h1>What the Crater's Rim Hides</h1><h1>More to Read</h1>",
            "What the Crater's Rim Hides",
        ),
        (
            "<title>Moon Ice Below the Rim</title>",
            "<h1><b>Moon</b><b>Ice Below the Rim</b></h1>",
            "Moon Ice Below the Rim",
        ),
        ("<title>月の氷を発見</title>", "<h1>お知らせ一覧</h1>", "月の氷を発見"),
        ("", "", ""),
    ],
)
def test_the_title_has_no_site_name(head, body, expected):
    sites = "星海宇宙研究機構" if "星海" in head else "Orbital Gazette"
    assert metadata(page(head, body), source_name=sites).title == expected


TABLES = """<html><head><title>The Launch Pad Page: Mesa Verde Eighth Graders Get Their Ants Back</title></head><body>
<table><tr><td colspan=2><font size=6><b>The Launch Pad Page</b></font><tr><td><a href=/>Front page</a>
<td><font size=5><b>Mesa Verde Eighth Graders Get Their Ants Back</b></font><br>
<font size=2>by Hank Dollard<br>March 3, 1999</font><hr><p>{prose}<p>{prose}</table></body></html>"""


def test_a_table_layout_of_1999_tells_title_author_and_day():
    found = metadata(TABLES.format(prose=PROSE))
    assert found.title == "Mesa Verde Eighth Graders Get Their Ants Back"
    assert (found.authors, day_of(found)) == (("Hank Dollard",), date(1999, 3, 3))


@pytest.mark.parametrize(
    ("body", "authors", "day"),
    [
        (
            (
                '<p class="byline">By <a rel="author" href="/a">Nessa Carrow</a> ·'
                ' <time datetime="2026-03-05T23:00:00-05:00">Mar 5</time></p>'
            ),
            ("Nessa Carrow",),
            date(2026, 3, 5),
        ),
        (
            '<div class="news-date-time">11 марта 2026, 08:20</div><div class="news-author">Автор: Ирина Лескова</div>',
            ("Ирина Лескова",),
            date(2026, 3, 11),
        ),
        ("<p>2026年3月3日</p><p>（北見 沙織）</p>", (), date(2026, 3, 3)),
        ("<p>Published March 3, 2026 | Updated March 9, 2026</p>", (), date(2026, 3, 3)),
        ("<p>Last updated: March 9, 2026</p>", (), None),
        ("<div><span>Written by</span></div><div>Nessa Carrow</div>", ("Nessa Carrow",), None),
        ("", (), None),
    ],
)
def test_bylines_and_datelines_beside_the_headline_are_read(body, authors, day):
    found = metadata(page("<title>Ice Below the Rim</title>", f"<h1>Ice Below the Rim</h1>{body}"))
    assert (found.authors, day_of(found)) == (authors, day)


def test_dates_and_people_of_other_articles_are_left_out():
    aside = """<aside><div class="byline">By Someone Else</div><time datetime="2025-01-01">1 Jan 2025</time></aside>
      <div class="related-posts"><span class="date">January 2, 2025</span><a class="author">Other Person</a></div>"""
    found = metadata(
        page(
            "<title>Ice Below the Rim</title>",
            f"<div><h1>Ice Below the Rim</h1></div><p>{PROSE}</p><p>{PROSE}</p>{aside}",
        )
    )
    assert (found.authors, found.dates) == ((), ())


def test_the_day_of_an_address_is_a_candidate():
    found = metadata(page(), url="https://gazette.example/2026/03/12/ice/")
    assert [(one.origin, one.precision, one.value.date()) for one in found.dates] == [("url", "day", date(2026, 3, 12))]


def test_a_page_without_an_article_has_the_systems_date_only_where_it_is_borne_out():
    node = (
        '<script type="application/ld+json">{"@type": "WebPage", "name": "Ice", "datePublished": "2019-01-01"}</script>'
    )
    assert metadata(page(f"<title>Ice</title>{node}")).dates == ()
    shown = metadata(page(f"<title>Ice</title>{node}", "<h1>Ice</h1><p>January 1, 2019</p>"))
    assert {one.origin for one in shown.dates} == {"json-ld", "text"}


CAPTION = "The lander on its pad, March 1, 2026"


@pytest.mark.parametrize(
    "picture",
    [
        f"<figure><img alt=''><figcaption>{CAPTION}</figcaption></figure>",
        f"<div class='wp-caption-text'><p>{CAPTION}</p></div>",
        f"<div><a href='/p'><img alt='{CAPTION}'></a><p>{CAPTION}</p></div>",
    ],
)
def test_the_day_of_a_picture_is_not_the_articles(picture):
    assert day_of(metadata(page(body=f"<h1>Ice Below the Rim</h1>{picture}"))) is None
    dated = f"<h1>Ice Below the Rim</h1>{picture}<ul><li><b>Datum</b> 03.03.2026</li></ul>"
    assert day_of(metadata(page(body=dated))) == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("kind", "headline", "shared", "title"),
    [
        (
            "NewsArticle",
            "Moon: Ice Below the Rim",
            "Moon: Ice Below the Rim | Orbital Gazette",
            "Moon: Ice Below the Rim",
        ),
        ("NewsArticle", "Moon: Ice Below the Rim", "Ice under a Crater", "Ice Below the Rim"),
        ("NewsArticle", "ICE BELOW THE RIM", "Ice below the rim", "Ice Below the Rim"),
        ("NewsArticle", "Orbital Gazette", "Orbital Gazette", "Ice Below the Rim"),
        ("BlogPosting", "Moon: Ice Below the Rim", "Moon: Ice Below the Rim", "Ice Below the Rim"),
    ],
)
def test_news_goes_by_the_headline_that_data_and_head_agree_on(kind, headline, shared, title):
    head = (
        f'<script type="application/ld+json">{{"@type": "{kind}", "headline": "{headline}"}}</script>'
        f'<meta property="og:title" content="{shared}"><meta property="og:site_name" content="Orbital Gazette">'
    )
    assert metadata(page(head, "<h1>Ice Below the Rim</h1>")).title == title


def test_the_latest_entries_of_a_ticker_are_no_title():
    html = page("<title>Launch of Vega: the day</title>", "<h1>Launch on hold +++ Winds rise over the pad of Vega</h1>")
    assert metadata(html).title == "Launch of Vega: the day"


ALONE = '<script type="application/ld+json">{"@type": "%s", "headline": "Ice", "datePublished": "2026-03-01"}</script>'
HEADED = '<meta property="article:published_time" content="2026-03-01">'


@pytest.mark.parametrize(
    ("head", "body", "url", "day"),
    [
        (ALONE % "BlogPosting", "", URL, None),
        (ALONE % "NewsArticle", "", URL, date(2026, 3, 1)),
        (ALONE % "BlogPosting" + HEADED, "", URL, date(2026, 3, 1)),
        (ALONE % "BlogPosting", "<p>March 1, 2026</p>", URL, date(2026, 3, 1)),
        (ALONE % "BlogPosting", "<p>2 days ago</p>", URL, date(2026, 3, 1)),
        (ALONE % "BlogPosting", "<p>Von Hank Dollard | vor 3 Tagen</p>", URL, date(2026, 3, 1)),
        (ALONE % "BlogPosting", "<p>Published March 1</p>", URL, date(2026, 3, 1)),
        (ALONE % "BlogPosting", "<p><time>28. Februar</time></p>", URL, date(2026, 3, 1)),  # in a zone to the west
        (ALONE % "BlogPosting", "<p>3月1日</p>", URL, date(2026, 3, 1)),
        (ALONE % "BlogPosting", "<p>03/01/2026</p>", URL, date(2026, 3, 1)),  # or the third of January
        (ALONE % "BlogPosting", "<p>Published May 3</p>", URL, None),
        (ALONE % "BlogPosting", "<p>3 min read</p>", URL, None),
        (ALONE % "BlogPosting", "<p>The launch was 2 days ago.</p>", URL, None),
        (ALONE % "BlogPosting", "", "https://gazette.example/2026/03/01/ice", date(2026, 3, 1)),
        (HEADED, "", URL, date(2026, 3, 1)),
        (HEADED, "", "https://gazette.example/", None),
        (HEADED, "<p>March 1, 2026</p>", "https://gazette.example/", date(2026, 3, 1)),
        (HEADED, "", "https://gazette.example/?p=7", date(2026, 3, 1)),
    ],
)
def test_a_day_that_no_reader_sees_wants_a_witness(head: str, body: str, url: str, day: date | None) -> None:
    assert day_of(metadata(page(head, f"<h1>Ice</h1>{body}"), url=url)) == day


def test_a_frameworks_day_on_a_page_that_is_no_article_wants_a_witness() -> None:
    story = {"title": "Ice", "publishedAt": "2026-03-01", "body": "".join(f"<p>{PROSE}</p>" for _ in range(4))}
    state = json.dumps({"props": {"pageProps": {"post": story}}})
    head = f"""<title>Ice</title><script type="application/ld+json">{{"@type": "WebPage", "name": "Ice"}}</script>
      <script id="__NEXT_DATA__" type="application/json">{state}</script>"""
    assert day_of(metadata(page(head, "<h1>Ice</h1>"))) is None
    assert day_of(metadata(page(head, "<h1>Ice</h1><p>2 days ago</p>"))) == date(2026, 3, 1)


def test_the_feed_bears_a_day_of_the_data_out() -> None:
    told = metadata(page(ALONE % "BlogPosting", "<h1>Ice</h1>"), feed_published_at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    assert day_of(told) == date(2026, 3, 1)


def test_head_and_data_give_the_rest():
    head = """<title>Ice</title><meta name="description" content="What &amp;quot;lies&amp;quot; below.">
      <meta property="og:image" content="/img/rim.jpg"><link rel="canonical" href="/news/ice">
      <link rel="amphtml" href="/amp/ice"><link rel="alternate" media="print" href="/print/ice">
      <link rel="alternate" type="application/rss+xml" href="/feed"><meta property="article:section" content="Moon">
      <meta property="article:tag" content="ice"><meta name="article:content_tier" content="metered">"""
    found = metadata(page(head))
    assert found.description == 'What "lies" below.'
    assert found.lead_image_url == "https://gazette.example/img/rim.jpg"
    assert found.canonical_link == "https://gazette.example/news/ice"
    assert found.variant_links == ("https://gazette.example/amp/ice", "https://gazette.example/print/ice")
    assert (found.tags, found.is_paywalled, found.lang) == (("Moon", "ice"), True, "en")


@pytest.mark.parametrize(
    ("declared", "text", "expected"),
    [
        ("en_GB", "Nothing stands still above the sky.", "en-GB"),
        ("en", "Ночной пуск увидели жители пяти областей нашей страны.", "ru-RU"),
        ("en", "直径64メートルのアンテナは運用を終えることになりました。", "ja"),
        ("zh-Hant-TW", "國際太空站今晚將飛越臺北上空，天文館開放觀測。", "zh-Hant-TW"),
        ("x-default", "Nothing stands still above the sky.", None),
    ],
)
def test_a_declared_language_is_held_against_the_script(declared, text, expected):
    locale = "<meta property='og:locale' content='ru_RU'>" if expected == "ru-RU" else ""
    html = f"<html lang='{declared}'><head>{locale}</head><body><p>{text}</p></body></html>"
    assert metadata(html).lang == expected


def test_the_tree_is_left_as_it_was():
    tree = document_fromstring(TABLES.format(prose=PROSE))
    before = tostring(tree)
    metadata_of(tree, url=URL, data=structured_data(tree), now=NOW)
    assert tostring(tree) == before


@pytest.mark.parametrize(
    "hostile", ["<h1>" + "<b>" * 200 + "x", "<title>" + " | " * 20000, "<p>" + "1/1/" * 50000, "<br>" * 60000]
)
def test_a_hostile_page_costs_little_and_says_nothing(hostile):
    assert metadata(f"<html><body>{hostile}</body></html>").authors == ()
