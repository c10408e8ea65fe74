"""Dates as pages print them, to candidates; and which candidate to believe."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Literal

from archive.model import DateCandidate, DateOrigin, Precision
from pipelines.calendars import days_in, valid_day

FIRST_DAY = date(1957, 10, 4)  # Sputnik: no space news is older
MAX_TEXT = 200  # characters of a date
TOLERANCE = timedelta(days=1)  # how far in the future a date may be: clocks and zones differ
ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:(?:T|\s+|t)(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,:]\d{1,9})?)?\s*"
    r"(Z|z|UTC|GMT|[+\-−]\s?\d{2}:?\d{2}|[+\-−]\d{1,2})?)?(?![\d])"
)
CLOCK = re.compile(
    r"(?<![\d:.])(?:(?P<half>午前|上午|凌晨|清晨|早上|오전|(?P<late>午後|午后|下午|晚上|오후))\s?)?(?P<hour>[01]?\d|2[0-3])"
    r"(?:(?:\s?h\s?|[:.]\s?|[時时点點시]\s?)(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?\s*[分분]?|[時时点點시](?!\s?\d))"
    r"(?!\s*(?:mi?n|мин))(?:\s*(?P<noon>[ap])(?:\.?\s?m\b\.?|(?<=\d[ap])\b))?",
    re.IGNORECASE,
)  # 10:30, 18 h 05, 午後3時, 오후 2:30, 3.05 pm, 10:30p; 5 h 20 min and 10:30 min are durations
ZONE = re.compile(
    r"\s*\(?\b(UTC|GMT|Z|EST|EDT|CST|CDT|MST|MDT|PST|PDT|ET|PT|MSK|МСК|JST|KST|CET|CEST|MEZ|MESZ"
    r"|WIB)?([+\-−]\d{1,2}(?::?\d{2})?)?\b"
)
# Minutes east of UTC of abbreviations that mean one zone in news (IST, BST and AST mean several).
ZONES = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "EST": -300,
    "EDT": -240,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "MSK": 180,
    "МСК": 180,
    "JST": 540,
    "KST": 540,
    "CET": 60,
    "CEST": 120,
    "MEZ": 60,
    "MESZ": 120,
}
PRINTED: tuple[DateOrigin, ...] = ("time", "text")
EASTERNMOST, WESTERNMOST = timedelta(hours=14), timedelta(hours=-12)  # of all zones, from UTC
RFC_2822 = re.compile(r"^\w{3},?\s+\d{1,2}\s+\w{3}\s+\d{4}\s+\d{1,2}:\d{2}")
EPOCH = re.compile(r"^\d{10}(?:\d{3})?$")
# How much an origin is believed; sums where origins agree on the day. The page's own data before what others say of it.
TRUST: dict[DateOrigin, float] = {
    "json-ld": 10,
    "meta": 9,
    "microdata": 8,
    "time": 7,
    "payload": 7,
    "text": 6,
    "url": 5,
    "feed": 6,
    "sitemap": 1,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A date read from text, before its origin is known."""

    value: datetime
    precision: Precision
    offset_minutes: int | None


def machine_moment(text: str, *, lang: str | None = None, country: str | None = None) -> Moment | None:
    """A date from a data value: ISO 8601 in its many spellings, RFC 2822, seconds since 1970, else as printed."""
    text = unicodedata.normalize("NFKC", text[:MAX_TEXT]).strip().strip("\"'")
    if EPOCH.match(text):
        return moment(datetime.fromtimestamp(int(text[:10]), UTC), "second", 0)
    if hit := ISO.match(text):
        return iso_moment(hit)
    if RFC_2822.match(text):
        try:
            parsed = parsedate_to_datetime(text)
        except ValueError:
            return None
        return moment(parsed, "second", offset_of(parsed))
    return next(iter(written_moments(text, lang=lang, country=country)), None)


def iso_moment(hit: re.Match[str]) -> Moment | None:
    """The moment of an ISO 8601 match. Midnight to the second says a day: systems write it where they know no more."""
    year, month, day, hour, minute, second, zone = hit.groups()
    found = valid_day(int(year), int(month), int(day))
    if found is None:
        return None
    if hour is None or (int(hour), int(minute), int(second or 0)) == (0, 0, 0):
        return day_moment(found)
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return day_moment(found)
    offset = zone_minutes(zone)
    return at(found, time(int(hour), int(minute), int(second or 0)), "second" if second else "minute", offset)


def zone_minutes(zone: str | None) -> int | None:
    """Minutes east of UTC; None for no zone or an impossible one."""
    if not zone:
        return None
    if zone.upper() in ZONES:
        return ZONES[zone.upper()]
    digits = re.sub(r"\D", "", zone)
    if not digits:
        return None
    minutes = (
        int(digits[:2]) * 60 + int(digits[2:4] or 0) if len(digits) != 3 else int(digits[0]) * 60 + int(digits[1:])
    )
    return (-minutes if zone.lstrip()[:1] in "-−" else minutes) if minutes <= 14 * 60 else None


def written_moments(text: str, *, lang: str | None = None, country: str | None = None) -> list[Moment]:
    """Dates in a line of visible text, with the clock beside the date where there is one."""
    text = unicodedata.normalize("NFKC", text)
    found = []
    for day, start, end in days_in(text, lang=lang, country=country):
        after = text[end : end + 30]
        before = text[max(0, start - 24) : start]
        found.append(with_clock(day, after, before))
    return found


def with_clock(day: date, after: str, before: str) -> Moment:
    """The day with the time of day beside it; else the day."""
    hit = CLOCK.search(after)
    if hit is None or re.search(r"\w{4,}|\d{4}", after[: hit.start()].replace("Uhr", "")):
        hit, after = CLOCK.search(before), before
    if hit is None:
        return day_moment(day)
    hour, minute, second = int(hit["hour"]), int(hit["minute"] or 0), int(hit["second"] or 0)
    if (hit["noon"] or hit["half"]) and hour <= 12:
        is_late = (hit["late"] and not (hit["late"] == "晚上" and hour == 12)) or (hit["noon"] or "").lower() == "p"
        hour = hour % 12 + (12 if is_late else 0)  # 晚上12:30 is half past midnight
    zone = ZONE.match(after, hit.end())
    offset = zone_minutes(zone[2] or zone[1]) if zone and (zone[1] or zone[2]) and after is not before else None
    return at(day, time(hour, minute, second), "second" if hit["second"] else "minute", offset)


def day_moment(day: date) -> Moment:
    return Moment(datetime.combine(day, time(), UTC), "day", None)


def at(day: date, clock: time, precision: Precision, offset: int | None) -> Moment:
    """A moment at a time of day in a zone; without a zone its digits count as UTC."""
    zone = timezone(timedelta(minutes=offset)) if offset is not None else UTC
    try:
        return Moment(datetime.combine(day, clock, zone).astimezone(UTC), precision, offset)
    except OverflowError:
        return day_moment(day)


def moment(value: datetime, precision: Precision, offset: int | None) -> Moment:
    return Moment(value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC), precision, offset)


def offset_of(value: datetime) -> int | None:
    offset = value.utcoffset()
    return int(offset.total_seconds() // 60) if offset is not None else None


def candidate(
    found: Moment | None, origin: DateOrigin, role: Literal["published", "modified"], *, now: datetime
) -> DateCandidate | None:
    """The moment as a candidate; None for one in the future or before the space age."""
    if found is None or found.value > now + TOLERANCE or found.value.date() < FIRST_DAY:
        return None
    return DateCandidate(
        value=found.value, precision=found.precision, offset_minutes=found.offset_minutes, origin=origin, role=role
    )


def day_printed(one: DateCandidate) -> date:
    """The day in the page's own zone, as a reader of the page sees it."""
    if one.precision == "day" or one.offset_minutes is None:
        return one.value.date()
    return (one.value + timedelta(minutes=one.offset_minutes)).date()


def chosen_date(candidates: Iterable[DateCandidate]) -> DateCandidate | None:
    """When the article was published: the date most trusted, origins that agree on a day counting together.

    Within the day an instant is preferred to a day. None when no candidate is of the published role.
    """
    candidates = tuple(candidates)
    published = [one for one in candidates if one.role == "published"]
    published = [one for one in published if not is_change(one, candidates)] or published
    if not published:
        return None
    best = max(published, key=lambda one: (support(one, published), TRUST[one.origin]))
    if stamped := build_stamp(best, published):
        best = stamped
    if best.origin not in PRINTED and (
        shown := next((one for one in published if same_moment_elsewhere(one, best)), None)
    ):
        best = shown
    same = [one for one in published if agrees(one, best)]
    instants = [one for one in same if one.precision != "day"]
    day = day_printed(best)
    return max(
        instants or same,
        key=lambda one: (day_printed(one) == day, one.offset_minutes is not None, TRUST[one.origin]),
    )


def is_change(one: DateCandidate, candidates: Sequence[DateCandidate]) -> bool:
    """True for the day of the last change that calls itself, or is taken for, that of publication.

    A printed date without a word is the change's where the data names it so and an earlier day as publication's; and
    nothing was changed before it was published, so that of two days of publication the later one is the page's.
    """
    data = [other for other in candidates if other.origin not in PRINTED]
    earlier = [
        other
        for other in data
        if other.role == "published" and day_printed(other) < day_printed(one) and not same_moment_elsewhere(one, other)
    ]
    changes = [day_printed(other) for other in data if other.role == "modified"]
    if not earlier:
        return False
    if one.origin in PRINTED:
        return day_printed(one) in changes
    return any(other.origin == one.origin for other in earlier) and any(day < day_printed(one) for day in changes)


def build_stamp(best: DateCandidate, published: Sequence[DateCandidate]) -> DateCandidate | None:
    """The earlier day that readers see, where one origin alone gives a later one: that is when the page was built."""
    if best.origin in PRINTED or len({one.origin for one in published if agrees(one, best)}) > 1:
        return None
    earlier = [one for one in published if one.origin in PRINTED and day_printed(one) < day_printed(best)]
    return earlier[0] if earlier else None


def same_moment_elsewhere(shown: DateCandidate, instant: DateCandidate) -> bool:
    """True for a printed day that is the UTC instant's in another zone: readers see the day, the data only UTC."""
    if shown.origin not in PRINTED or instant.precision == "day" or instant.offset_minutes not in (0, None):
        return False
    day = datetime.combine(day_printed(shown), time(), UTC)
    return not agrees(shown, instant) and day - EASTERNMOST <= instant.value < day + timedelta(days=1) - WESTERNMOST


def support(one: DateCandidate, others: Sequence[DateCandidate]) -> float:
    """Trust of all origins that name the candidate's day; each origin once."""
    return sum(TRUST[origin] for origin in {other.origin for other in others if agrees(one, other)})


def agrees(one: DateCandidate, other: DateCandidate) -> bool:
    """True for the same day as printed, or for instants within an hour of each other."""
    if day_printed(one) == day_printed(other):
        return True
    if "day" in (one.precision, other.precision):
        return False
    return abs(one.value - other.value) <= timedelta(hours=1)
