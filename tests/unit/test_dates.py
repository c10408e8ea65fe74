"""Dates as pages print them, and which of several to believe."""

from datetime import UTC, date, datetime

import pytest

from archive.model import DateCandidate
from pipelines.dates import Moment, candidate, chosen_date, day_moment, day_printed, machine_moment, written_moments

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def a_date(value, origin, *, precision="second", offset=None, role="published"):
    return DateCandidate(value=value, precision=precision, offset_minutes=offset, origin=origin, role=role)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("2025-03-12T10:30:00+01:00", Moment(utc(2025, 3, 12, 9, 30), "second", 60)),
        ("2025-03-12T10:30:00.123Z", Moment(utc(2025, 3, 12, 10, 30), "second", 0)),
        ("2025-03-12T23:30:00-0500", Moment(utc(2025, 3, 13, 4, 30), "second", -300)),
        ("2025-03-12 10:30", Moment(utc(2025, 3, 12, 10, 30), "minute", None)),
        ("20250312", Moment(utc(2025, 3, 12), "day", None)),
        ("2025-03-12T00:00:00+01:00", Moment(utc(2025, 3, 12), "day", None)),
        ("Wed, 12 Mar 2025 10:00:00 +0300", Moment(utc(2025, 3, 12, 7), "second", 180)),
        ("1741774200000", Moment(utc(2025, 3, 12, 10, 10), "second", 0)),
        ("March 12, 2025 10:30 pm EST", Moment(utc(2025, 3, 13, 3, 30), "minute", -300)),
        ("March 12, 2025 10:30 p. m.", Moment(utc(2025, 3, 12, 22, 30), "minute", None)),
        ("March 12, 2025 10:30p", Moment(utc(2025, 3, 12, 22, 30), "minute", None)),
        ("March 12, 2025 10:30 Paris", Moment(utc(2025, 3, 12, 10, 30), "minute", None)),
        ("12 mars 2025 18 h 05", Moment(utc(2025, 3, 12, 18, 5), "minute", None)),
        ("March 12, 2025 5 h 20 min read", Moment(utc(2025, 3, 12), "day", None)),
        ("March 12, 2025 | 10:30 min", Moment(utc(2025, 3, 12), "day", None)),
        ("2025年3月12日 晚上12:30", Moment(utc(2025, 3, 12, 0, 30), "minute", None)),
        ("2025年3月12日 晚上8:30", Moment(utc(2025, 3, 12, 20, 30), "minute", None)),
    ],
)
def test_a_data_value_is_read_with_its_precision_and_zone(printed, expected):
    assert machine_moment(printed) == expected


@pytest.mark.parametrize(
    "line", ["version 1.2.24", "v10.12.24.1", "at 12.30.45", "10.0.0.25", "Ubuntu 22.04.10 is out", "Release 22.04.10"]
)
def test_numbers_with_points_are_no_days(line):
    assert written_moments(line) == []


@pytest.mark.parametrize("printed", ["", "soon", "2025-13-40", "2025-02-30", "9" * 500, "12", "T00:00"])
def test_what_is_no_date_is_none(printed):
    assert machine_moment(printed) is None


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("March 3, 1999", date(1999, 3, 3)),
        ("Posted on 3rd of March 1999", date(1999, 3, 3)),
        ("3 March 1999", date(1999, 3, 3)),
        ("Вчера, 12 марта 2025", date(2025, 3, 12)),
        ("2025年3月12日", date(2025, 3, 12)),
        ("２０２５年３月１２日", date(2025, 3, 12)),
        ("令和7年3月12日", date(2025, 3, 12)),
        ("二〇二五年三月十二日", date(2025, 3, 12)),
        ("二零二四年十一月三十日", date(2024, 11, 30)),
        ("发布于一九九九年十月二十一日", date(1999, 10, 21)),
        ("发布时间2025年3月12日", date(2025, 3, 12)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("2025년 3월 12일", date(2025, 3, 12)),
        ("Mittwoch, 12. März 2025", date(2025, 3, 12)),
        ("le 1er août 2024", date(2024, 8, 1)),
        ("3 de marzo de 2025", date(2025, 3, 3)),
        ("12 marzo 2025", date(2025, 3, 12)),
        ("12 marca 2025", date(2025, 3, 12)),
        ("2025.03.12", date(2025, 3, 12)),
        ("Do 12.03.25 | 14:07 Uhr", date(2025, 3, 12)),
        ("12.10.57", date(1957, 10, 12)),
        ("Stand: 12.03.25", date(2025, 3, 12)),
        ("Von Hank Dollard, 12.03.25 um 14:07", date(2025, 3, 12)),
        ("Veröffentlicht am 12.03.25 von Hank Dollard", date(2025, 3, 12)),
        ("31/12/2024", date(2024, 12, 31)),
    ],
)
def test_a_printed_day_is_read_in_the_languages_of_our_sources(line, day):
    assert [day_printed(candidate(one, "text", "published", now=NOW)) for one in written_moments(line)] == [day]


@pytest.mark.parametrize(
    ("lang", "country", "day"),
    [
        ("en-US", None, date(1999, 3, 4)),
        ("en", "us", date(1999, 3, 4)),
        ("en-GB", None, date(1999, 4, 3)),
        ("fr", None, date(1999, 4, 3)),
        ("en", "gb", date(1999, 4, 3)),
        ("en", None, None),
        (None, None, None),
    ],
)
def test_a_day_in_numbers_is_read_only_where_its_order_is_known(lang, country, day):
    found = machine_moment("03/04/1999", lang=lang, country=country)
    assert (found.value.date() if found else None) == day


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("12 марта 2025, 08:20", utc(2025, 3, 12, 8, 20)),
        ("2025年3月12日 15時30分", utc(2025, 3, 12, 15, 30)),
        ("2025年3月12日（水）午後3時30分", utc(2025, 3, 12, 15, 30)),
        ("2025年3月12日 午後3時", utc(2025, 3, 12, 15, 0)),
        ("2025年3月12日 上午12:05", utc(2025, 3, 12, 0, 5)),
        ("下午3:30 2025年3月12日", utc(2025, 3, 12, 15, 30)),
        ("2025년 3월 12일 오후 2:30", utc(2025, 3, 12, 14, 30)),
        ("2025.03.12 오전 9:05", utc(2025, 3, 12, 9, 5)),
        ("1er mars 2025 à 18 h 05", utc(2025, 3, 1, 18, 5)),
        ("Published at 9:05 a.m. on May 3, 2024", utc(2024, 5, 3, 9, 5)),
        ("May 3, 2024 | 12:15 am", utc(2024, 5, 3, 0, 15)),
    ],
)
def test_the_clock_beside_a_day_is_read(line, value):
    assert [(one.value, one.precision) for one in written_moments(line)] == [(value, "minute")]


@pytest.mark.parametrize("day", [date(1957, 10, 3), date(2026, 3, 22), date(2099, 1, 1)])
def test_no_date_before_the_space_age_nor_in_the_future(day):
    assert candidate(day_moment(day), "meta", "published", now=NOW) is None


def test_an_instant_is_preferred_to_the_day_it_falls_on():
    day = a_date(utc(2026, 3, 4), "json-ld", precision="day")
    instant = a_date(utc(2026, 3, 5, 3), "time", offset=-300)
    assert chosen_date([day, instant]) == instant


def test_origins_that_agree_outweigh_a_single_one():
    odd = a_date(utc(2026, 3, 1), "json-ld", precision="day")
    agreeing = [a_date(utc(2026, 2, 1), origin, precision="day") for origin in ("meta", "time")]
    assert chosen_date([odd, *agreeing]) == agreeing[0]


def test_a_build_stamp_yields_to_the_earlier_day_that_readers_see():
    stamp = a_date(utc(2026, 3, 10, 8), "json-ld", offset=0)
    printed = a_date(utc(2024, 8, 25), "text", precision="day")
    assert chosen_date([stamp, printed]) == printed


def test_updated_is_never_published():
    assert chosen_date([a_date(utc(2026, 3, 1), "meta", role="modified")]) is None


def test_no_candidates_no_date():
    assert chosen_date([]) is None
