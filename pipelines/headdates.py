"""Dates that stand in a page's head and in its address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.calendars import MONTHS, valid_day
from pipelines.dates import Moment, day_moment
from pipelines.roles import Role

META = XPath("/descendant::meta[@content][@property or @name or @itemprop or @http-equiv]")
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


def meta_dates(tree: HtmlElement) -> Iterator[tuple[str, Role]]:
    """Dates that ``<meta>`` elements of the page give; those of microdata are read with it."""
    for element in META(tree)[:200]:
        name = (element.get("property") or element.get("name") or element.get("http-equiv") or "").lower()
        if name in MODIFIED_META or (len(name) < 40 and MODIFIED_NAME.search(name)):
            yield element.get("content", ""), "modified"
        elif name in PUBLISHED_META or (len(name) < 40 and PUBLISHED_NAME.search(name)):
            yield element.get("content", ""), "published"


def url_day(url: str) -> Moment | None:
    """The day in an address such as ``/2025/03/12/`` or ``/2025/mar/12/``."""
    if hit := URL_DAY.search(url):
        day = valid_day(int(hit[1]), int(hit[3]), int(hit[4]))
    elif hit := URL_NAMED_DAY.search(url):
        day = valid_day(int(hit[1]), MONTHS[hit[2].lower()], int(hit[3]))
    else:
        return None
    return day_moment(day) if day else None
