"""Where a page says when it was published: data, head, ``<time>``, address, and the lines beside its headline."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

from archive.model import DateCandidate, DateOrigin
from pipelines.calendars import WRITTEN, days_in
from pipelines.dates import Moment, candidate, machine_moment, written_moments
from pipelines.headdates import borne_out, meta_dates, url_day
from pipelines.roles import PUBLISHED, UPDATED, Role, is_other, role_of, roles_in
from pipelines.story import Story
from pipelines.surroundings import branch, is_apart, is_in_banner, is_in_teaser
from pipelines.survey import Survey

TIMES = XPath("//time")
MOST_TIMES = 60
TEXTS_WITH = XPath("/descendant::body/descendant::text()[contains(., $part)]")
YEAR = re.compile(r"(?:19|20)\d\d")
LABELLED = re.compile(r"date|Date|time|publi|posted|yline|meta|submitted|info")
FIRST_MARKS = (
    "riginally ",
    "irst published",
    "irst posted",
    "rstmals ",
    "rstveröffentlich",
    "ервоначально ",
    "nitialement ",
    "riginalmente ",
)
FIRST_TEXTS = XPath(
    "/descendant::body/descendant::text()[" + " or ".join(f"contains(., '{mark}')" for mark in FIRST_MARKS) + "]"
)
FIRST_PUBLISHED = re.compile(
    r"(?:^|this (?:article|story|post|guide|page|piece|entry|report|blog post) (?:was|has been) )"
    r"(?:originally|first) (?:published|posted)(?: online)?\s?(?:on|:)?\s?"
    r"|(?:erstmals veröffentlicht am|erstveröffentlichung(?: am)?:?|первоначально опубликован[оа]?:?"
    r"|initialement publié le|originalmente publicado el)\s",
    re.IGNORECASE,
)
ENTRY = re.compile(r"(?:this (?:entry|post|article|item) was )?(?:posted|published|written) (?:on|by)\b", re.IGNORECASE)
CLASS_MARKS = re.compile(r"[_-]+")
MAX_LABEL = 160  # characters of an element that is a date and little else
MAX_LONE = 90  # characters of a line that is a date, with little more than a label, a time of day and a name
LONE = re.compile(
    r"(?:[^\W\d]{2,12}[.,]? )?"
    r"(?:(?:(?:first )?(?:published|posted|written|created|added|released)(?: on)?(?: the)?|date|updated|last updated"
    r"|datum|data|fecha|дата|опубликовано|размещено|veröffentlicht|publié le|publicado el|pubblicato il"
    r"|掲載日|公開日|发布时间|日期)\s?[:：]?\s?)?"
    r"[-–|•(\[]?\s?#\s?[)\]|•–-]?"
    r"(?:,? ?(?:at |um |à |в )?\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?(?: \w{2,4})?)?"
    r"(?:,? by .{2,40})?",
    re.IGNORECASE,
)  # label, "#" for the date, time of day, name
CAPTION_DEPTH = 3  # elements around a date that may be a caption
MAX_DATELINE_WORDS = 8
MAX_LINE = 200  # characters of a line near the headline that may be a dateline
AROUND_DATE = 70  # characters beside a date in such a line: byline, section, reading time


def date_candidates(
    survey: Survey,
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
    tree = survey.tree
    found: list[tuple[Moment | None, DateOrigin, Role]] = []
    for story in stories:
        found += [
            (read(text, lang, country), story.origin, role) for text, role in story_dates(story) if story.is_article
        ]
    found += [(read(text, lang, country), "meta", role) for text, role in meta_dates(survey.meta)]
    lines = [*before[-4:], *after]
    printed: list[tuple[Moment, DateOrigin, Role]] = []
    printed += [(moment, "time", role) for moment, role in time_dates(tree, heading, lang, country)]
    printed += [(moment, "text", role) for moment, role in line_dates(tree, heading, lines, lang, country)]
    found += since_first(first_published(survey, lang, country), printed)
    if not any(origin in ("time", "text") and role == "published" for moment, origin, role in found if moment):
        found += [(moment, "text", role) for moment, role in labelled_dates(survey, heading, lang, country)]
    if not any(moment is not None and role == "published" for moment, _, role in found):
        found += [(moment, "text", role) for moment, role in lone_dates(survey, heading, lang, country)]
    found += [(url_day(url), "url", "published")]
    if feed_published_at is not None:
        found.append((Moment(feed_published_at, "second", None), "feed", "published"))
    days = {one.value.date() for one, origin, role in found if one and role == "published" and origin != "meta"}
    for story in stories:
        # A date of the page itself (WebPage) is when the system made it: it counts where something but
        # the head, which the same system wrote, bears it out.
        dated = [(read(text, lang, country), role) for text, role in story_dates(story) if not story.is_article]
        found += [
            (one, story.origin, role) for one, role in dated if one and (role == "modified" or one.value.date() in days)
        ]
    kept = (candidate(moment, origin, role, now=now) for moment, origin, role in found)
    known = tuple(dict.fromkeys(one for one in kept if one is not None))
    return borne_out(known, stories, url, lines=lines)


def since_first(
    first: Moment | None, printed: Sequence[tuple[Moment, DateOrigin, Role]]
) -> list[tuple[Moment, DateOrigin, Role]]:
    """The printed dates; where a line says when the article was first published, later ones are of changes."""
    if first is None:
        return list(printed)
    day = first.value.date()
    told: list[tuple[Moment, DateOrigin, Role]] = [(first, "text", "published")]
    return told + [
        (moment, origin, "modified" if moment.value.date() > day else role) for moment, origin, role in printed
    ]


def first_published(survey: Survey, lang: str | None, country: str | None) -> Moment | None:
    """The date of ``This article was originally published on …``; None without, or of another place."""
    if not any(mark in survey.text for mark in FIRST_MARKS):
        return None
    for text in FIRST_TEXTS(survey.tree)[:5]:
        line = " ".join(spaced(text.getparent()).split())[:300]
        if hit := FIRST_PUBLISHED.search(line):
            rest = line[hit.end() : hit.end() + 40]
            dated = [start for _, start, _ in days_in(rest, lang=lang, country=country)]
            if dated and dated[0] <= 1:
                return written_moments(rest, lang=lang, country=country)[0]
    return None


def read(text: str, lang: str | None, country: str | None) -> Moment | None:
    return machine_moment(text, lang=lang, country=country)


def story_dates(story: Story) -> Iterator[tuple[str, Role]]:
    if story.date_published:
        yield story.date_published, "published"
    if story.date_modified:
        yield story.date_modified, "modified"


def time_dates(
    tree: HtmlElement, heading: HtmlElement | None, lang: str | None, country: str | None
) -> Iterator[tuple[Moment, Role]]:
    """Dates of ``<time>`` elements that stand with the headline, not in lists of other articles: up to the first that
    is of publication. One apart from it needs a label that says so, and no other such beside it.
    """
    near = set(branch(heading))
    listed = times_of(tree, heading)
    for element in listed:
        if is_apart(element, near) or is_in_teaser(element, near):
            continue
        found = time_moment(element, lang, country)
        if found is not None:
            yield found, (role := time_role(element))
            if role == "published":
                return
    labelled = [one for one in listed if PUBLISHED.search(label_before(one)) and not is_in_teaser(one, near)]
    told = {moment for one in labelled if (moment := time_moment(one, lang, country))}
    if len({moment.value.date() for moment in told}) == 1:
        yield next(iter(told)), "published"


def times_of(tree: HtmlElement, heading: HtmlElement | None) -> list[HtmlElement]:
    """The page's ``<time>`` elements, those that share the smallest part of the page with the headline first."""
    steps = {element: step for step, element in enumerate(branch(heading))}
    far = len(steps)

    def distance(element: HtmlElement) -> int:
        return next((steps[one] for one in (element, *element.iterancestors()) if one in steps), far)

    return sorted(TIMES(tree)[:MOST_TIMES], key=distance)


def time_moment(element: HtmlElement, lang: str | None, country: str | None) -> Moment | None:
    stamp = element.get("datetime") or ""
    found = machine_moment(stamp) if stamp else None
    text = (element.text_content() or "")[:MAX_LABEL]
    return found or next(iter(written_moments(text, lang=lang, country=country)), None)


def time_role(element: HtmlElement) -> Role:
    """What its property says, else the words in and before it, else its class."""
    named = element.get("itemprop") or ""
    words = f"{label_before(element)} {(element.text_content() or '')[:MAX_LABEL]}"
    for said in (named, words, element.get("class") or ""):
        if UPDATED.search(said) or PUBLISHED.search(said):
            return role_of(said)
    return "published"


def lone_dates(
    survey: Survey, heading: HtmlElement | None, lang: str | None, country: str | None
) -> Iterator[tuple[Moment, Role]]:
    """The date that stands on lines of its own, where all such lines of the page give one day.

    Pages without marks for it print their date anywhere: under a table's headline, at the end, in the author's box.
    Several days are those of a list of articles, and none is believed.
    """
    near = set(branch(heading))
    found: list[tuple[Moment, Role]] = []
    for element, line in survey.blocks:
        if len(line) > MAX_LONE or not any(map(str.isdigit, line)):
            continue
        moments = written_moments(line, lang=lang, country=country)
        is_lone = len(moments) == 1 and LONE.fullmatch(undated(line, lang, country))
        words = f"{label_before(element)} {line}" if is_lone else ""
        if not is_lone or is_other(words) or is_apart(element, near) or is_line_apart(survey.tree, line, near):
            continue
        found.append((moments[0], role_of(words)))
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


def line_dates(
    tree: HtmlElement, heading: HtmlElement | None, lines: Sequence[str], lang: str | None, country: str | None
) -> Iterator[tuple[Moment, Role]]:
    """The date of the dateline near the headline: the first line that is a date with little else."""
    previous = ""
    near = set(branch(heading))
    for line in lines:
        if len(line) <= MAX_LINE or ENTRY.match(line):
            line = line[: 2 * AROUND_DATE] if ENTRY.match(line) else line
            moments = written_moments(line, lang=lang, country=country)
            if moments and len(line) <= AROUND_DATE * (1 + len(moments)) and not is_sentence(line):
                if is_line_apart(tree, line, near):
                    previous = line
                    continue
                yield from roles_in(line, previous, moments, lang=lang, country=country)
                return
        previous = line


def is_line_apart(tree: HtmlElement, line: str, near: set[HtmlElement]) -> bool:
    """True where every place that prints the line's date is a card of another article, or the site's own header."""
    year = YEAR.search(line)
    texts = TEXTS_WITH(tree, part=year[0])[:200] if year else []
    folded = unicodedata.normalize("NFKC", line)
    short = [(text.getparent(), bare) for text in texts if len(bare := " ".join(text.split())) <= 4 * len(folded)]
    told = {parent: unicodedata.normalize("NFKC", bare) for parent, bare in short}
    places = [one for one, text in told.items() if text in folded and WRITTEN.search(text)]
    return bool(places) and all(is_in_teaser(one, near) or is_in_banner(one, near) or is_caption(one) for one in places)


def is_caption(element: HtmlElement) -> bool:
    """True in the caption of a picture: its element says so, or a picture beside it has the same words."""
    around = [element, *islice(element.iterancestors(), CAPTION_DEPTH)]
    if any(one.tag == "figcaption" or "caption" in (one.get("class") or "").lower() for one in around):
        return True
    words = " ".join((element.text_content() or "").split())
    pictures = islice(around[1].iter("img"), 4) if len(around) > 1 else ()
    return any(words in (one.get("alt"), one.get("title")) for one in pictures)


def is_sentence(line: str) -> bool:
    """True for prose that mentions a date: it ends as a sentence does and has more words than a dateline."""
    return line.endswith((".", "!", "?", ":")) and len(line.split()) > MAX_DATELINE_WORDS


def labelled_dates(
    survey: Survey, heading: HtmlElement | None, lang: str | None, country: str | None
) -> Iterator[tuple[Moment, Role]]:
    """The date of the first element whose class says date or byline, and that belongs to the headline."""
    near = set(branch(heading))
    for element in survey.named(LABELLED, limit=80):
        text = spaced(element)
        text = text[:MAX_LABEL] if ENTRY.match(text) else text
        if (
            not 6 <= len(text) <= MAX_LABEL
            or not any(map(str.isdigit, text))
            or is_apart(element, near)
            or is_in_teaser(element, near)
            or is_other(CLASS_MARKS.sub(" ", element.get("class") or ""))
        ):
            continue
        moments = written_moments(text, lang=lang, country=country)
        if dated := list(roles_in(text, label_before(element), moments, lang=lang, country=country)):
            yield from dated
            return


def spaced(element: HtmlElement) -> str:
    """The element's text on one line, with a space between two elements where they touch, as their boxes do not."""
    text = " ".join((element.text_content() or "")[: MAX_LABEL * 4].split())
    parted = " ".join(" ".join(islice(element.itertext(), 40)).split())
    return parted if len(parted) <= MAX_LABEL and len(WRITTEN.findall(parted)) > len(WRITTEN.findall(text)) else text
