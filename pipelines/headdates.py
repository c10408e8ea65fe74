"""Dates that stand in a page's head and in its address, and which days of data are believed without a witness."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.model import DateCandidate
from pipelines.calendars import MONTHS, days_of_a_year_in, valid_day
from pipelines.dates import PRINTED, Moment, day_moment, day_printed
from pipelines.phrases import AGO
from pipelines.roles import Role
from pipelines.story import NEWS, Story

AGE = re.compile(rf"(?<!\w){AGO}(?!\w)", re.IGNORECASE | re.VERBOSE)
MAX_HINT = 70  # characters of a line near the headline that is a date, perhaps with a name and a reading time
MAX_NAME = 80  # characters; longer ones are of nothing
PUBLISHED_META = frozenset(
    "article:published_time article:published og:published_time og:article:published_time datepublished date.published"
    " publish_date publish-date publishdate published-date publication_date publicationdate pubdate date dc.date"
    " dc.date.issued dcterms.date dcterms.issued dcterms.created dc.date.created dc.created article.published"
    " article_date_original originalpublicationdate sailthru.date parsely-pub-date rnews:datepublished bt:pubdate"
    " citation_publication_date citation_online_date citation_date cxenseparse:recs:publishtime cse-date displaydate"
    " article:publicationdate date_published publish_time published_at vr:published_time datecreated"
    " created prism.publicationdate"
    " datum eprints.date ptime weibo:article:create_at bt:publishdate firstpublished".split()
)
MODIFIED_META = frozenset(
    "article:modified_time og:updated_time article:modified lastmod last-modified datemodified dcterms.modified"
    " dc.date.modified date.modified modified revised bt:moddate utime og:article:modified_time"
    " cxenseparse:recs:modifiedtime".split()
)
MODIFIED_NAME = re.compile(r"modif|update|revis|lastmod")
PUBLISHED_NAME = re.compile(
    r"publi(?:sh|cation).{0,12}(?:date|time)|date.{0,5}publi|^published$|pub-?date|release-?date"
)
URL_DAY = re.compile(
    r"(?:^|[/_=-])((?:19|20)\d\d)([/-]?)(0[1-9]|1[0-2])\2([0-2]\d|3[01])(?=$|[/_.?&-]|[a-z])", re.IGNORECASE
)
URL_NAMED_DAY = re.compile(
    r"/((?:19|20)\d\d)/(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)/(\d\d?)(?=/)",
    re.IGNORECASE,
)


def meta_dates(metas: Sequence[HtmlElement]) -> Iterator[tuple[str, Role]]:
    """Dates that ``<meta>`` elements of the page give; those of microdata are read with it."""
    for element in metas[:200]:
        name = element.get("property") or element.get("name") or element.get("http-equiv") or ""
        if role := date_named(name[:MAX_NAME]):
            yield element.get("content", ""), role


@lru_cache(maxsize=2_000)  # pages name the same things
def date_named(name: str) -> Role | None:
    """What the date of a ``<meta>`` of that name says; None for one that gives no date."""
    name = name.lower()
    if name in MODIFIED_META or (len(name) < 40 and MODIFIED_NAME.search(name)):
        return "modified"
    return "published" if name in PUBLISHED_META or (len(name) < 40 and PUBLISHED_NAME.search(name)) else None


def url_day(url: str) -> Moment | None:
    """The day in an address such as ``/2025/03/12/`` or ``/2025/mar/12/``."""
    if hit := URL_DAY.search(url):
        day = valid_day(int(hit[1]), int(hit[3]), int(hit[4]))
    elif hit := URL_NAMED_DAY.search(url):
        day = valid_day(int(hit[1]), MONTHS[hit[2].lower()], int(hit[3]))
    else:
        return None
    return day_moment(day) if day else None


def borne_out(
    known: tuple[DateCandidate, ...], stories: Sequence[Story], url: str, *, lines: Sequence[str]
) -> tuple[DateCandidate, ...]:
    """The candidates without days of publication that are when a system made the page, where no reader sees a date.

    ``lines`` are those near the headline. JSON-LD alone: of seven pages of ``articles-dev`` annotators took its day on
    two. Articles of news are believed, as is what head, address, feed or page bear out; so is a framework's state,
    unless JSON-LD calls the page no article. Data of a site's first page says when the site was made.
    """
    if any(NEWS.search(kind) for story in stories for kind in story.kinds):
        return known
    is_page = any(story.origin == "json-ld" and not story.is_article for story in stories)
    is_shown = any(one.origin in PRINTED for one in known)
    alone = {one.origin for one in known if one.role == "published"}
    is_systems = (alone == {"json-ld"} and not is_shown) or (alone == {"payload"} and is_page)
    is_sites = is_first_page(url) and not is_shown and "feed" not in alone
    is_doubtful = is_sites or (is_systems and not is_hinted(known, lines))
    return tuple(one for one in known if one.role == "modified") if is_doubtful else known


def is_hinted(known: Sequence[DateCandidate], lines: Sequence[str]) -> bool:
    """True where a short line says how old the page is (``2 days ago``), or gives a day of ``known`` without its year.

    A day beside it counts as well: readers see it in another zone than the data's.
    """
    short = [unicodedata.normalize("NFKC", line) for line in lines if len(line) <= MAX_HINT]
    short = [line for line in short if not line.endswith((".", "!", "?", ":")) or line[-2:-1].isdigit()]
    days = [day_printed(one) + timedelta(days=step) for one in known if one.role == "published" for step in (-1, 0, 1)]
    told = {(day.month, day.day) for day in days}
    return any(AGE.search(line) or not told.isdisjoint(days_of_a_year_in(line)) for line in short)


def is_first_page(url: str) -> bool:
    """True for the root of a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.path in ("", "/") and not parts.query
