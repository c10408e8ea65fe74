"""Dates and bylines that no mark announces: what may be believed of a line that stands alone."""

from datetime import UTC, date, datetime

import pytest

from pipelines.calendars import days_in
from pipelines.extract import extract
from pipelines.page import Hints, Rules

PROSE = (
    "The tug raised the station's orbit by eleven kilometres, and none of the crew had to leave the module.</p><p>" * 20
)


def read(lines, *, country=None, lang="en"):
    html = f"<html lang={lang}><body><table><tr><td><b>Tug raises orbit</b><br>{lines}</td></tr></table></body></html>"
    return extract(
        html.encode(),
        url="https://a.example/tug",
        charset="utf-8",
        hints=Hints(title="Tug raises orbit", country=country, captured_at=datetime(2025, 6, 1, tzinfo=UTC)),
        rules=Rules(),
    )


def days(page):
    return {(one.value.date().isoformat(), one.role) for one in page.dates}


def test_lone_date_of_a_page_without_marks():
    assert days(read(f"<p>20 December 2024</p><p>{PROSE}</p>")) == {("2024-12-20", "published")}
    assert days(read(f"<p>{PROSE}</p><p>Posted on the 15/12/2024 at 19:00 by <a>ada</a></p>")) == {
        ("2024-12-15", "published")
    }


def test_lone_date_may_be_an_update():
    assert days(read(f"<p>{PROSE}</p><p>Last updated: 20 December 2024</p>")) == {("2024-12-20", "modified")}


def test_several_lone_dates_are_a_list():
    assert days(read(f"<p>{PROSE}</p><p>20 December 2024</p><p>19 December 2024</p>")) == set()


def test_date_in_prose_is_no_dateline():
    assert days(read(f"<p>{PROSE}</p><p>The tug was launched on 20 December 2024 from Kourou.</p>")) == set()


def test_country_settles_which_number_is_the_month():
    assert days(read(f"<p>{PROSE}</p><p>03/04/2025</p>", country="US")) == {("2025-03-04", "published")}
    assert days(read(f"<p>{PROSE}</p><p>03/04/2025</p>", country="GB")) == {("2025-04-03", "published")}
    assert days(read(f"<p>{PROSE}</p><p>03/04/2025</p>")) == set()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Tue, 05/06/2025 - 09:30", date(2025, 5, 6)),  # the fifth of June was a Thursday
        ("Thu, 05/06/2025", date(2025, 6, 5)),
        ("Mardi 04/03/2025", date(2025, 3, 4)),
        ("2023 Jan 7;15(1):e33475", date(2023, 1, 7)),
        ("15 HAZİRAN 2024", date(2024, 6, 15)),  # capitals with dots, and without, are Turkish as they should be
        ("3 KASIM 2023", date(2023, 11, 3)),
        ("APRİL 5, 2024", date(2024, 4, 5)),
    ],
)
def test_written_days(text, day):
    assert [found for found, _, _ in days_in(text)] == [day]


def test_weekday_that_fits_neither_order():
    assert days_in("Mon, 05/06/2025") == []


def test_lone_byline():
    assert read(f"<p>{PROSE}</p><p>Written by Ada Reyes</p>").authors == ("Ada Reyes",)
    assert read(f"<h4>Author(s)</h4><p>Ada Reyes</p><p>{PROSE}</p>").authors == ("Ada Reyes",)


def test_two_lone_bylines_are_a_list():
    assert read(f"<p>{PROSE}</p><p>Written by Ada Reyes</p><p>Written by Bo Lind</p>").authors == ()
