"""Days as people write them: names of months in our sources' languages, Japanese eras, orders of day and month."""

from __future__ import annotations

import re
from datetime import date

MONTH_NAMES = (
    # English, German, French, Spanish, Italian, Portuguese, Polish, Russian, Ukrainian, Dutch, Scandinavian,
    # Turkish, Czech.
    ("january jan januar jänner janvier janv enero ene gennaio gen janeiro stycznia styczeń sty января"
    " январь янв січня januari ocak ledna"),
    ("february feb februar feber février fevrier févr fevr febrero febbraio febb fevereiro fev lutego luty"
    " lut февраля февраль фев лютого februari şubat února"),
    "march mar märz maerz mär mars marzo março marca marzec марта март мар березня maart mrt mart března",
    "april apr avril avr abril abr aprile kwietnia kwiecień kwi апреля апрель апр квітня nisan dubna",
    "may mai mayo maggio mag maio maja maj мая май травня mei mayıs května",
    "june jun juni juin junio giugno giu junho czerwca czerwiec cze июня июнь июн червня haziran června",
    "july jul juli juillet juil julio luglio lug julho lipca lipiec lip июля июль июл липня temmuz července",
    "august aug août aout agosto ago sierpnia sierpień sie августа август авг серпня augustus augusti ağustos srpna",
    ("september sept sep septembre septiembre settembre set setembro września wrzesień wrz сентября"
    " сентябрь сент сен вересня eylül září"),
    ("october oct oktober okt octobre octubre ottobre ott outubro out października październik paź октября"
    " октябрь окт жовтня oktobra ekim října"),
    "november nov novembre noviembre novembro listopada listopad lis ноября ноябрь ноя нояб kasım",
    ("december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro grudnia grudzień gru"
    " декабря декабрь дек грудня desember des aralık prosince"),
)  # fmt: skip
DOTS = str.maketrans({"İ": "i", "ı": "i", "ſ": "s"})  # what a pattern that ignores case takes for i and s
MONTHS = {name: number for number, names in enumerate(MONTH_NAMES, 1) for name in names.split()}
MONTHS_UNDOTTED = {name.translate(DOTS): number for name, number in MONTHS.items()}
# "listopada" is November in Polish and October in Croatian; our sources are Polish.
MONTH = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
NUMERALS = {character: number for number, character in enumerate("〇一二三四五六七八九")} | {"零": 0}
ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}  # the year before the era's first
DAY_NUMBER = r"3[01]|[12]\d|0?[1-9]"
DAY = rf"(?P<d{{n}}>{DAY_NUMBER})"
YEAR = r"(?P<y{n}>(?:19|20)\d\d)"
FORMS = (
    rf"{DAY}(?:st|nd|rd|th|er|\.|º|°|ª|-?го)?[\s\-–/]*(?:de\s+|of\s+)?(?P<m{{n}}>{MONTH})\.?,?[\s\-–/]*(?:de[l]?\s+)?{YEAR}",
    rf"(?P<m{{n}}>{MONTH})\.?[\s\-]*{DAY}(?:st|nd|rd|th)?(?:\s*,\s*|\s+|-){YEAR}",
    rf"(?P<e{{n}}>令和|平成|昭和)\s*(?P<y{{n}}>\d{{1,2}}|元)\s*年\s*(?P<m{{n}}>1[0-2]|0?[1-9])\s*月\s*{DAY}\s*日",
    r"(?P<y{n}>[〇零一二三四五六七八九]{4})年(?P<m{n}>十[一二]?|[一二三四五六七八九])月(?P<d{n}>[一二三]?十?[一二三四五六七八九]?)日",
    rf"{YEAR}\s*(?:年|년)\s*(?P<m{{n}}>1[0-2]|0?[1-9])\s*(?:月|월)\s*{DAY}\s*(?:日|일)",
    rf"{YEAR}\s+(?P<m{{n}}>{MONTH})\.?\s+{DAY}(?!\d)",
    rf"{YEAR}(?P<s{{n}}>[-./])\s?(?P<m{{n}}>1[0-2]|0?[1-9])(?P=s{{n}})\s?{DAY}(?!\d)",
    (
        r"(?P<a{n}>3[01]|[12]\d|0?[1-9])(?P<s{n}>[./-])(?P<b{n}>3[01]|[12]\d|0?[1-9])(?P=s{n})(?P<y{n}>(?:19"
        r"|20)\d\d)(?!\d)"
    ),
    # 25.04.24: day first, as with all points
    r"(?P<d{n}>3[01]|[12]\d|0[1-9])\.(?P<m{n}>1[0-2]|0[1-9])\.(?P<y{n}>\d\d)(?![\d.])",
)
SHORT = re.compile(r"\d\d\.\d\d\.\d\d")  # the last of the forms
WRITTEN = re.compile(
    r"(?<![^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])(?<![./-])(?:"
    + "|".join(form.replace("{n}", str(n)) for n, form in enumerate(FORMS))
    + ")",
    re.IGNORECASE,
)
# A day without its year: "June 5", "5. Juni", "6月5日"; and numbers of which either may be the month.
YEARLESS = re.compile(
    rf"(?<!\w)(?:(?P<d0>{DAY_NUMBER})(?:st|nd|rd|th|er|\.|º)?\s*(?:de\s+|of\s+)?(?P<m0>{MONTH})(?!\w)"
    rf"|(?P<m1>{MONTH})\.?\s+(?P<d1>{DAY_NUMBER})(?:st|nd|rd|th)?(?!\w)"
    rf"|(?P<m2>1[0-2]|0?[1-9])\s*[月월]\s*(?P<d2>{DAY_NUMBER})\s*[日일]"
    rf"|(?P<a3>{DAY_NUMBER})[./-](?P<b3>{DAY_NUMBER})(?:[./-](?:(?:19|20)?\d\d)?)?(?![\w./-]))",
    re.IGNORECASE,
)
# Monday to Sunday, by the letters with which English, German, French, Spanish, Italian and Russian names begin.
WEEKDAYS = (
    ("mon", "mo", "lun", "пн", "понедельник"),
    ("tue", "di", "mar", "вт", "вторник"),
    ("wed", "mi", "mer", "mié", "ср", "среда"),
    ("thu", "do", "jeu", "jue", "gio", "чт", "четверг"),
    ("fri", "fr", "ven", "vie", "пт", "пятница"),
    ("sat", "sa", "sam", "sáb", "sab", "сб", "суббота"),
    ("sun", "so", "dim", "dom", "вс", "воскресенье"),
)
WEEKDAY = re.compile(r"(\w{2,11})\.?,?\s*(?:[-–|]\s*)?$")
# What stands before 12.03.25: nothing, a mark, or a word that dates have before them. "Ubuntu 22.04.10" is a version.
OPEN = re.compile(r"(?:^|[^\w\s])\s*$")
DATED = re.compile(
    r"(?:^|\W)(?:vom|am|den|seit|stand|datum|dated?|on|published|posted|updated|veröffentlicht|erschienen"
    r"|aktualisiert|geändert|publié|le|du|del|el|il|pubblicato|data|fecha|dnia|opublikowano|опубликовано|обновлено|дата|от"
    r"|mo|di|mi|do|fr|sa|so|\w{2,9}(?:tag|day)|mittwoch|mon|tue|wed|thu|fri|sat|sun)[.:,]?\s*$",
    re.IGNORECASE,
)
# What stands behind one without such a word: nothing, a mark, or a time of day.
SHUT = re.compile(r"\s*(?:$|[^\w\s]|(?:um |at |à |alle |o |в )?\d{1,2}[:.h]\d\d)")
FIRST_SHORT_YEAR = 57  # of 1957: no space news is older
MONTH_FIRST = frozenset({"en-us", "en-ph"})  # who write 03/04 for the fourth of March (CLDR)
MONTH_FIRST_COUNTRIES = frozenset({"us", "ph"})


def days_in(text: str, *, lang: str | None = None, country: str | None = None) -> list[tuple[date, int, int]]:
    """Every day written in a text, with where it starts and ends; NFKC text is expected.

    ``03/04/1999`` is read only where the language or country settles which is the month, or one number is above 12;
    ``12.03.25`` only where a line, a mark or a word tells it from a version.
    """
    found = []
    for hit in WRITTEN.finditer(text):
        day = day_of(hit, lang=lang, country=country) or day_by_weekday(text, hit)
        if day and (not SHORT.fullmatch(hit[0]) or is_told(text, hit)):
            found.append((day, hit.start(), hit.end()))
    return found


def is_told(text: str, hit: re.Match[str]) -> bool:
    """True where what stands around says that two digits for the year are a date's."""
    before = text[max(0, hit.start() - 16) : hit.start()]
    return DATED.search(before) is not None or (
        OPEN.search(before) is not None and SHUT.match(text, hit.end()) is not None
    )


def day_of(hit: re.Match[str], *, lang: str | None, country: str | None) -> date | None:
    """The day a match stands for; None when it is none, or can't be told."""
    parts = {key[0]: value for key, value in hit.groupdict().items() if value is not None}
    if "a" in parts:
        order = numeric_order(int(parts["a"]), int(parts["b"]), parts["s"], lang, country)
        if order is None:
            return None
        day, month = order
    else:
        day, month = number_of(parts["d"]), month_number(parts["m"])
    year = 1 if parts["y"] == "元" else number_of(parts["y"])
    if len(parts["y"]) == 2 and "e" not in parts:
        year += 1900 if year >= FIRST_SHORT_YEAR else 2000
    return valid_day(year + ERAS.get(parts.get("e", ""), 0), month, day)


def day_by_weekday(text: str, hit: re.Match[str]) -> date | None:
    """``Tue, 05/06/2025``: the order of day and month for which the name of the weekday is right; None without one."""
    parts = {key[0]: value for key, value in hit.groupdict().items() if value is not None}
    name = WEEKDAY.search(text[max(0, hit.start() - 16) : hit.start()])
    if "a" not in parts or name is None:
        return None
    a, b, year = int(parts["a"]), int(parts["b"]), int(parts["y"])
    days = [day for day in (valid_day(year, b, a), valid_day(year, a, b)) if day and is_named(day, name[1].lower())]
    return days[0] if len(days) == 1 else None


def is_named(day: date, name: str) -> bool:
    return any(name == begin or (len(begin) > 2 and name.startswith(begin)) for begin in WEEKDAYS[day.weekday()])


def days_of_a_year_in(text: str) -> set[tuple[int, int]]:
    """Month and day of every date in a text, whatever its year; both orders of ``03/04``. NFKC text is expected."""
    found = set()
    for hit in YEARLESS.finditer(text):
        parts = {key[0]: value for key, value in hit.groupdict().items() if value is not None}
        if "a" in parts:
            found |= {(int(parts["a"]), int(parts["b"])), (int(parts["b"]), int(parts["a"]))}
        else:
            found.add((month_number(parts["m"]), int(parts["d"])))
    return found


def month_number(text: str) -> int:
    """Of a name in any case (``HAZİRAN``, ``KASIM``) or a numeral; 0 for none."""
    return MONTHS_UNDOTTED.get(text.translate(DOTS).lower()) or number_of(text)


def number_of(text: str) -> int:
    """A number in digits or Chinese numerals: up to 99 (``二十一``), a year digit by digit (``二〇二五``); else 0."""
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        digits = [NUMERALS.get(character, -1) for character in text]
        return 0 if -1 in digits else int("".join(map(str, digits)) or 0)
    tens, _, ones = text.partition("十")
    return 10 * NUMERALS.get(tens, 1) + NUMERALS.get(ones, 0)


def numeric_order(a: int, b: int, mark: str, lang: str | None, country: str | None) -> tuple[int, int] | None:
    """Day and month out of ``a/b``; None when either could be the month and nothing tells."""
    if a == b or a > 12:
        return a, b
    if b > 12:
        return b, a
    if mark == "." and not (lang or "").startswith("en"):
        return a, b  # points are for the day first wherever they are used (CLDR)
    tag = (lang or "").lower()
    if (country and country.lower() in MONTH_FIRST_COUNTRIES) or tag in MONTH_FIRST:
        return b, a
    if country or (tag and not tag.startswith("en")) or "-" in tag:
        return a, b
    return None


def valid_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
