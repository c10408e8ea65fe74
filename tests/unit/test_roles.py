"""Publication, change, or something else: what a printed date is of, by its words and by where it stands."""

from datetime import UTC, date, datetime

import pytest
from lxml.html import document_fromstring

from archive.model import DateCandidate
from pipelines.dates import chosen_date, day_printed
from pipelines.metadata import metadata_of
from pipelines.structured import structured_data

NOW = datetime(2026, 3, 20, tzinfo=UTC)
PROSE = "The probe passed over the southern rim of the crater for the eleventh time and saw what nobody expected. " * 4


def day_of(body, *, head="", url="https://gazette.example/news/ice"):
    html = f"""<html lang="en"><head><title>Ice Below the Rim</title>{head}</head><body>
      <div class="page">{body}<p>{PROSE}</p><p>{PROSE}</p></div></body></html>"""
    tree = document_fromstring(html)
    found = metadata_of(tree, url=url, data=structured_data(tree, url=url), now=NOW)
    chosen = chosen_date(found.dates)
    return chosen and day_printed(chosen)


H1 = "<h1>Ice Below the Rim</h1>"


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Published March 3, 2026 | Updated March 9, 2026", date(2026, 3, 3)),
        ("Updated March 9, 2026 | Published March 3, 2026", date(2026, 3, 3)),
        ("March 3, 2026 (Updated March 9, 2026)", date(2026, 3, 3)),
        ("Received 2026 Jan 12; Accepted 2026 Feb 7", None),
        ("Received January 12, 2026; published online March 3, 2026", date(2026, 3, 3)),
        ("Last active March 3, 2026", None),
        ("Register by March 3, 2026", None),
        ("This story was originally published on 3 March 2024 at 4:12pm but has been updated since.", date(2024, 3, 3)),
    ],
)
def test_the_words_before_a_date_say_what_it_is_of(line, day):
    assert day_of(f"{H1}<p>{line}</p>") == day


def test_a_day_called_the_first_outweighs_one_without_a_word():
    line = "This article was first published on 26 September 2019 and is updated every year."
    assert day_of(f"{H1}<p>30 Sep 2022, 11:07am</p><p>{PROSE}</p><p>{line}</p>") == date(2019, 9, 26)


def test_a_day_of_first_publication_elsewhere_is_not_the_pages():
    line = "This article was originally published on Orbit Weekly on 26 September 2019."
    assert day_of(f"{H1}<p>30 Sep 2022</p><p>{PROSE}</p><p>{line}</p>") == date(2022, 9, 30)


def test_dates_that_touch_are_two():
    dateline = (
        '<div class="dateline-row"><a>Moon</a><span>MARCH 3, 2026</span><span>Updated: MARCH 9, 2026</span></div>'
    )
    assert day_of(f"{dateline}{H1}") == date(2026, 3, 3)


@pytest.mark.parametrize(
    "time",
    [
        '<time datetime="2026-03-09" itemprop="dateModified" class="published-time">March 9</time>',
        '<time datetime="2026-03-09" class="published-date">Updated March 9</time>',
        '<div class="field--name-changed field"><time datetime="2026-03-09">March 9</time></div>',
    ],
    ids=["its property", "its words before its class", "the field around it"],
)
def test_a_time_of_change_is_not_publications(time):
    assert day_of(f"{H1}<p>By Nessa Carrow</p>{time}") is None


@pytest.mark.parametrize(
    "elsewhere",
    [
        '<a href="/news/x"><h3>A Quiet Summer on the Pad</h3><time datetime="2025-01-02">2 Jan 2025</time></a>',
        '<div class="row"><span><a href="/x">A Quiet Summer on the Pad</a></span><time>2 Jan 2025</time></div>' * 2,
        """<ul><li><b class="when">January 2, 2025</b> <a href="/x">FABCON</a> Atlanta</li>
        <li><b class="when">January 2, 2025</b> <a href="/y">GTC</a> San Jose</li></ul>""",
        '<h3>Today\'s Hours</h3><div class="hours__date">January 2, 2025</div>',
    ],
    ids=["a card that is a link", "rows of links", "a list of events", "opening hours"],
)
def test_a_date_of_something_else_on_the_page_is_none(elsewhere):
    assert day_of(f"{H1}{elsewhere}") is None


def test_the_date_that_shares_the_headlines_block_is_the_articles():
    rows = '<div class="r"><a href="/x">Short News</a><time datetime="2025-01-31">1/31</time></div>'
    article = f'<div class="node">{H1}<div class="meta"><time datetime="2017-03-01">3/1</time></div></div>'
    assert day_of(f"<div>{rows}</div>{article}") == date(2017, 3, 1)


def test_a_label_lifts_a_date_out_of_a_sidebar():
    aside = '<aside class="card-shadow"><h3>Published</h3><p><time datetime="2024-08-30">August 30</time></p></aside>'
    assert day_of(f"<article>{H1}<p>{PROSE}</p>{aside}</article>") == date(2024, 8, 30)


def a_date(day, origin, role="published", *, offset=None, precision="day"):
    return DateCandidate(value=day, precision=precision, offset_minutes=offset, origin=origin, role=role)


def test_a_day_without_a_word_is_the_changes_where_the_data_says_so():
    change, first = datetime(2026, 2, 16, tzinfo=UTC), datetime(2025, 5, 15, tzinfo=UTC)
    told = [a_date(first, "meta"), a_date(change, "meta", "modified"), a_date(change, "time"), a_date(change, "text")]
    assert chosen_date(told) == a_date(first, "meta")


def test_what_was_changed_before_was_published_before():
    stamp, first = datetime(2026, 3, 9, tzinfo=UTC), datetime(2021, 2, 16, tzinfo=UTC)
    told = [a_date(stamp, "meta"), a_date(first, "meta"), a_date(datetime(2024, 7, 30, tzinfo=UTC), "meta", "modified")]
    assert chosen_date(told) == a_date(first, "meta")


def test_a_local_day_is_no_change_of_the_instant_it_is():
    instant, change = datetime(2025, 12, 2, 23, tzinfo=UTC), datetime(2025, 12, 3, 21, tzinfo=UTC)
    told = [
        a_date(instant, "meta", offset=0, precision="second"),
        a_date(change, "meta", "modified", offset=0, precision="second"),
        a_date(datetime(2025, 12, 3, tzinfo=UTC), "text"),
    ]
    assert day_printed(chosen_date(told)) == date(2025, 12, 3)


def test_of_two_zones_the_pages_own_gives_the_day():
    instant = datetime(2025, 12, 19, 3, 5, tzinfo=UTC)
    told = [
        a_date(instant, "meta", offset=0, precision="second"),
        a_date(instant, "time", offset=-480, precision="second"),
    ]
    told.append(a_date(datetime(2025, 12, 18, tzinfo=UTC), "text"))
    assert day_printed(chosen_date(told)) == date(2025, 12, 18)


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://gazette.example/science/2026/mar/03/ice-below", date(2026, 3, 3)),
        ("https://gazette.example/blog/2023/october/03/ice/", date(2023, 10, 3)),
        ("https://gazette.example/2026/marathon/03/ice/", None),
    ],
)
def test_the_day_of_an_address_may_name_its_month(url, day):
    assert day_of(H1, url=url) == day


def test_properties_of_other_articles_on_the_page_are_not_its_own():
    scope = (
        '<article itemscope itemtype="https://schema.org/BlogPosting">{0}'
        '<meta itemprop="datePublished" content="{1}">{2}</article>'
    )
    others = "".join(scope.format("<h4>Another One</h4>", f"2026-03-{day}", "") for day in ("11", "12"))
    assert day_of(others + scope.format(H1, "2026-02-17", f"<p>{PROSE}</p>")) == date(2026, 2, 17)
