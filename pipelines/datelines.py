"""Where a page says when it was published: data, head, ``<time>``, address, and the lines beside its headline."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Literal, TypeAlias

from lxml.etree import XPath
from lxml.html import HtmlElement

from archive.model import DateCandidate, DateOrigin
from pipelines.calendars import days_in, valid_day
from pipelines.container import blocks_in
from pipelines.dates import Moment, candidate, day_moment, machine_moment, written_moments
from pipelines.story import Story

Role: TypeAlias = Literal["published", "modified"]
META = XPath("//meta[@content][@property or @name or @itemprop or @http-equiv]")
META_KEYS = ("property", "name", "itemprop", "http-equiv")
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
TIMES = XPath("//time")
NAMED = XPath("//body//*[@class or @id]")
LABELLED = re.compile(r"date|Date|time|publi|posted|yline|meta|submitted|info")
APART = re.compile(
    r"(?:^|[\s_-])(?:related|sidebar|aside|(?<!elementor-)widget|recommend\w*|popular|trending|latest|recent|more|next"
    r"|prev\w*|comments?|comment-?(?:list|meta\w*)|nav\w*"
    r"|teasers?|cards?|carousel|slider|promos?|promotions?|upcoming|events?|search|archive|list|feed|ticker|also"
    r"|suggest\w*|similar|read-?next"
    r"|kanren|ranking|newest|hot)(?=$|[\s_-])",
    re.IGNORECASE,
)
FOOTER = re.compile(r"(?:^|[\s_-])footer(?=$|[\s_-])", re.IGNORECASE)
APART_TAGS = frozenset({"aside", "nav", "form", "select"})
URL_DAY = re.compile(
    r"(?:^|[/_=-])((?:19|20)\d\d)([/-]?)(0[1-9]|1[0-2])\2([0-2]\d|3[01])(?=$|[/_.?&-]|[a-z])", re.IGNORECASE
)
UPDATED = re.compile(
    r"updat|modif|edited|revised|refreshed|обновл|измен|更新|修正|수정|aktualis|geändert|mis à jour|mise à jour|màj"
    r"|actualiz"
    r"|modificad|aggiorna|zaktualiz|aktualiz|last reviewed|reviewed on|bijgewerkt|opdateret|uppdaterad|atualiz",
    re.IGNORECASE,
)
PUBLISHED = re.compile(
    r"publi|posted|опубл|создан|掲載|公開|公表|发布|發布|入力|등록|입력|veröffentlicht|erschienen|pubblicato|first"
    r"|original|datum|stand|written on|created",
    re.IGNORECASE,
)
ENTRY = re.compile(r"(?:this (?:entry|post|article|item) was )?(?:posted|published|written) (?:on|by)\b", re.IGNORECASE)
MAX_LABEL = 160  # characters of an element that is a date and little else
MAX_LONE = 90  # characters of a line that is a date, with little more than a label, a time of day and a name
LONE = re.compile(
    r"(?:[^\W\d]{2,12}[.,]? )?"
    r"(?:(?:(?:first )?(?:published|posted|written|created|added|released)(?: on)?(?: the)?|date|updated|last updated"
    r"|дата|опубликовано|размещено|veröffentlicht|publié le|publicado el|pubblicato il"
    r"|掲載日|公開日|发布时间|日期)\s?[:：]?\s?)?"
    r"[-–|•(\[]?\s?#\s?[)\]|•–-]?"
    r"(?:,? ?(?:at |um |à |в )?\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?(?: \w{2,4})?)?"
    r"(?:,? by .{2,40})?",
    re.IGNORECASE,
)  # label, "#" for the date, time of day, name
MAX_DATELINE_WORDS = 8
MAX_LINE = 200  # characters of a line near the headline that may be a dateline
LABEL_START = 50  # characters: a longer element named date has its date at its start
AROUND_DATE = 70  # characters beside a date in such a line: byline, section, reading time


def date_candidates(
    tree: HtmlElement,
    *,
    stories: Sequence[Story],
    heading: HtmlElement | None,
    before: Sequence[str],
    after: Sequence[str],
    url: str,
    feed_published_at: datetime | None,
    lang: str | None,
    country: str | None,
    now: datetime,
) -> tuple[DateCandidate, ...]:
    """Every date that speaks of the article itself, each once; dates of other articles on the page are left out."""
    found: list[tuple[Moment | None, DateOrigin, Role]] = []
    for story in stories:
        found += [
            (read(text, lang, country), story.origin, role) for text, role in story_dates(story) if story.is_article
        ]
    found += [(read(text, lang, country), "meta", role) for text, role in meta_dates(tree)]
    found += [(moment, "time", role) for moment, role in time_dates(tree, heading, lang, country)]
    lines = [*before[-4:], *after]
    found += [(moment, "text", role) for moment, role in line_dates(lines, lang, country)]
    if not any(origin in ("time", "text") for moment, origin, _ in found if moment is not None):
        found += [(moment, "text", role) for moment, role in labelled_dates(tree, heading, lang, country)]
    if not any(moment is not None and role == "published" for moment, _, role in found):
        found += [(moment, "text", role) for moment, role in lone_dates(tree, heading, lang, country)]
    found += [(url_day(url), "url", "published")]
    if feed_published_at is not None:
        found.append((Moment(feed_published_at, "second", None), "feed", "published"))
    days = {moment.value.date() for moment, _, role in found if moment is not None and role == "published"}
    for story in stories:
        # A date of the page itself (WebPage) is when the system made it: it counts where something else bears it out.
        dated = [(read(text, lang, country), role) for text, role in story_dates(story) if not story.is_article]
        found += [
            (one, story.origin, role) for one, role in dated if one and (role == "modified" or one.value.date() in days)
        ]
    kept = (candidate(moment, origin, role, now=now) for moment, origin, role in found)
    return tuple(dict.fromkeys(one for one in kept if one is not None))


def read(text: str, lang: str | None, country: str | None) -> Moment | None:
    return machine_moment(text, lang=lang, country=country)


def story_dates(story: Story) -> Iterator[tuple[str, Role]]:
    if story.date_published:
        yield story.date_published, "published"
    if story.date_modified:
        yield story.date_modified, "modified"


def meta_dates(tree: HtmlElement) -> Iterator[tuple[str, Role]]:
    """Dates that ``<meta>`` elements of the page give."""
    for element in META(tree)[:200]:
        name = (
            element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv") or ""
        ).lower()
        if name in MODIFIED_META or (len(name) < 40 and MODIFIED_NAME.search(name)):
            yield element.get("content", ""), "modified"
        elif name in PUBLISHED_META or (len(name) < 40 and PUBLISHED_NAME.search(name)):
            yield element.get("content", ""), "published"


def time_dates(
    tree: HtmlElement, heading: HtmlElement | None, lang: str | None, country: str | None
) -> Iterator[tuple[Moment, Role]]:
    """Dates of ``<time>`` elements that stand with the headline, not in lists of other articles."""
    near = set(branch(heading))
    times = [one for one in TIMES(tree)[:40] if not is_apart(one, near)]
    seen = 0
    for element in times:
        text = (element.text_content() or "")[:MAX_LABEL]
        stamp = element.get("datetime") or ""
        found = machine_moment(stamp) if stamp else None
        if found is None:
            found = next(iter(written_moments(text, lang=lang, country=country)), None)
        if found is None:
            continue
        role = role_of(f"{label_before(element)} {text} {element.get('class') or ''} {element.get('itemprop') or ''}")
        yield found, role
        seen += role == "published"
        if seen >= 1:
            return


def elements_named(tree: HtmlElement, pattern: re.Pattern[str], *, limit: int) -> list[HtmlElement]:
    """Elements whose class or id matches, in order; a third of the cost of asking XPath for each word."""
    hits = (one for one in NAMED(tree) if pattern.search(f"{one.get('class') or ''} {one.get('id') or ''}"))
    return list(islice(hits, limit))


def lone_dates(
    tree: HtmlElement, heading: HtmlElement | None, lang: str | None, country: str | None
) -> Iterator[tuple[Moment, Role]]:
    """The date that stands on lines of its own, where all such lines of the page give one day.

    Pages without marks for it print their date anywhere: under a table's headline, at the end, in the author's box.
    Several days are those of a list of articles, and none is believed.
    """
    near = set(branch(heading))
    found: list[tuple[Moment, Role]] = []
    for element, line in blocks_in(tree):
        if len(line) > MAX_LONE or not any(character.isdigit() for character in line):
            continue
        moments = written_moments(line, lang=lang, country=country)
        if len(moments) == 1 and LONE.fullmatch(undated(line, lang, country)) and not is_apart(element, near):
            found.append((moments[0], role_of(f"{label_before(element)} {line}")))
    if len({moment.value.date() for moment, _ in found}) == 1:
        yield found[0]


def undated(line: str, lang: str | None, country: str | None) -> str:
    """The line without its date."""
    text = unicodedata.normalize("NFKC", line)
    for _, start, end in reversed(days_in(text, lang=lang, country=country)):
        text = f"{text[:start]}#{text[end:]}"
    return text


def label_before(element: HtmlElement) -> str:
    """Words just before an element: ``Updated``."""
    previous = element.getprevious()
    parent = element.getparent()
    tail = (previous.tail if previous is not None else (parent.text if parent is not None else "")) or ""
    if tail.strip(" \n\t:|,·•–—-"):
        return tail[-40:]
    if previous is not None and previous.tag != "time":
        return (previous.text_content() or "")[-40:] + tail
    if previous is None and parent is not None:
        above = parent.getprevious()
        words = [parent.get("class") or ""]
        if above is not None and len(text := (above.text_content() or "").strip()) < 30:
            words.append(text)
        return " ".join(words)
    return ""


def role_of(words: str) -> Role:
    """``modified`` where the words say so and don't say ``published``."""
    return "modified" if UPDATED.search(words) and not PUBLISHED.search(words) else "published"


def branch(heading: HtmlElement | None) -> list[HtmlElement]:
    """The headline and what contains it."""
    return [] if heading is None else [heading, *heading.iterancestors()]


def is_apart(element: HtmlElement, near: set[HtmlElement], *, is_aside_ok: bool = False) -> bool:
    """True inside a list, a sidebar or a card that doesn't hold the headline too.

    ``is_aside_ok`` lets an ``<aside>`` of the article pass: bylines stand in some.
    """
    for one in (element, *element.iterancestors()):
        if one in near or one.tag == "body":
            return False
        if (one.tag in APART_TAGS and not (is_aside_ok and one.tag == "aside" and in_article(one))) or (
            is_footer(one) and not in_article(one)
        ):
            return True
        if APART.search(f"{one.get('class') or ''} {one.get('id') or ''}"):
            return True
    return False


def is_footer(element: HtmlElement) -> bool:
    return bool(element.tag == "footer" or FOOTER.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


def in_article(element: HtmlElement) -> bool:
    return any(one.tag in ("article", "main") for one in element.iterancestors())


def line_dates(lines: Sequence[str], lang: str | None, country: str | None) -> Iterator[tuple[Moment, Role]]:
    """The date of the dateline near the headline: the first line that is a date with little else."""
    previous = ""
    for line in lines:
        if len(line) <= MAX_LINE or ENTRY.match(line):
            line = line[: 2 * AROUND_DATE] if ENTRY.match(line) else line
            moments = written_moments(line, lang=lang, country=country)
            if moments and len(line) <= AROUND_DATE * (1 + len(moments)) and not is_sentence(line):
                yield from split_roles(line, previous, moments)
                return
        previous = line


def is_sentence(line: str) -> bool:
    """True for prose that mentions a date: it ends as a sentence does and has more words than a dateline."""
    return line.endswith((".", "!", "?")) and len(line.split()) > MAX_DATELINE_WORDS


def split_roles(line: str, previous: str, moments: Sequence[Moment]) -> Iterator[tuple[Moment, Role]]:
    """Published and updated in one line: ``Published March 3, 2024 | Updated April 1, 2025``."""
    if len(moments) == 1:
        words = (
            line if len(line) > 24 or UPDATED.search(line) else f"{previous[-40:] if len(previous) < 30 else ''} {line}"
        )
        yield moments[0], role_of(words)
        return
    updated, published = UPDATED.search(line), PUBLISHED.search(line)
    is_update_first = updated is not None and published is not None and updated.start() < published.start()
    roles: list[Role] = ["modified", "published"] if is_update_first else ["published", "modified"]
    yield from zip(moments[:2], roles, strict=True)


def labelled_dates(
    tree: HtmlElement, heading: HtmlElement | None, lang: str | None, country: str | None
) -> Iterator[tuple[Moment, Role]]:
    """The date of the first element whose class says date or byline, and that belongs to the headline."""
    near = set(branch(heading))
    for element in elements_named(tree, LABELLED, limit=80):
        text = " ".join((element.text_content() or "")[: MAX_LABEL * 4].split())
        text = text[:MAX_LABEL] if ENTRY.match(text) else text
        if (
            not 6 <= len(text) <= MAX_LABEL
            or not any(character.isdigit() for character in text)
            or is_apart(element, near)
        ):
            continue
        moments = written_moments(text, lang=lang, country=country)
        if moments:
            yield from split_roles(text, label_before(element), moments)
            return


def url_day(url: str) -> Moment | None:
    """The day in an address such as ``/2025/03/12/``."""
    hit = URL_DAY.search(url)
    day = valid_day(int(hit[1]), int(hit[3]), int(hit[4])) if hit else None
    return day_moment(day) if day else None
