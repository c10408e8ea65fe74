"""What the page of an article shows: its text in parts, facts with their origin, changes, its story. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.diffs import changes
from archive.reading.spread import Copy
from archive.reading.views import ArticleView, RevisionView
from archive.report import differing, shown_date
from archive.timestamps import published, span
from archive.web.charts import places_of

PART_BYTES = 50_000  # of text a page: with all around it a page stays under 100 kB
CONTEXT_CHARS = 300  # of unchanged text on each side of a change
SHOWN_STRETCH = 20_000  # characters of one change; a text replaced as a whole is compared by its beginning
MAX_DIFF_CHARS = 60_000  # of a page of changes
ORIGINS = {
    "json-ld": "the page's JSON-LD",
    "meta": "a meta element",
    "microdata": "microdata",
    "time": "a time element",
    "feed": "the feed",
    "sitemap": "the sitemap",
    "url": "the address",
    "text": "the text",
    "payload": "the page's data",
}

Fact = tuple[str, str, str]


def parts_of(text: str) -> list[list[str]]:
    """The paragraphs of a text in parts of about ``PART_BYTES``; a paragraph larger than that is cut. At least one."""
    parts: list[list[str]] = [[]]
    room = PART_BYTES
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        for piece in pieces_of(paragraph):
            size = len(piece.encode("utf-8", "replace")) + 8
            if size > room and parts[-1]:
                parts.append([])
                room = PART_BYTES
            parts[-1].append(piece)
            room -= size
    return parts


def pieces_of(paragraph: str) -> list[str]:
    """A paragraph as it is, or in pieces none of which fills a page."""
    step = PART_BYTES // 4  # bytes a character at most
    return [paragraph[place : place + step] for place in range(0, len(paragraph), step)] or [""]


def facts(view: ArticleView) -> list[Fact]:
    """(name, value, where it is from), those that are known."""
    date = published(view.published_at, view.published_at_precision, view.published_at_offset_minutes)
    found: list[Fact] = [
        ("Published", date or "no date", origin_of_date(view)),
        ("Changed by the publisher", shown_date(view.modified_at, "minute") if view.modified_at else "", "the page"),
        ("Authors", ", ".join(view.authors), "the page"),
        ("Language", view.lang or "", "the page, or told from the text"),
        ("Section", view.section or "", "the page"),
        ("Tags", ", ".join(view.tags), "the page"),
        ("Kind", ", ".join(kinds_of(view)), "the page"),
        ("Text from", view.credit_line or "", "the page"),
        ("Original at", view.credit_url or "", "the page"),
        ("Picture", picture_of(view), "the page"),
        ("Behind a paywall", {True: "yes", False: "no", None: ""}[view.is_paywalled], "the page's data"),
        ("Description", view.description or "", "the page"),
        ("Words", f"{view.word_count:,}", "counted in the text"),
        ("First seen", shown_date(view.first_seen_at, "minute"), "our capture"),
        ("Last seen", shown_date(view.last_seen_at, "minute"), "our capture"),
        ("State", view.state, "the last visit"),
        *(("Announced", found.url, f"{found.discovered_via} {found.endpoint_url}") for found in view.announcements[:5]),
        *(("Address", alias.url, alias.kind) for alias in view.aliases[:10]),
        ("Digest of the text", view.text_digest, "SHA-256"),
        ("Taken from the page by", view.extractor, ""),
    ]
    return [fact for fact in found if fact[1]]


def kinds_of(view: ArticleView) -> list[str]:
    """What kind of article it says that it is."""
    marks = {"live blog": view.is_live_blog, "press release": view.is_press_release}
    return [name for name, is_one in marks.items() if is_one]


def picture_of(view: ArticleView) -> str:
    """The lead picture in words; empty where there is none. It is never loaded: the archive shows nothing of others."""
    size = f"{view.lead_image_width} × {view.lead_image_height}" if view.lead_image_width else ""
    credit = f"credit: {view.lead_image_credit}" if view.lead_image_credit else ""
    return " · ".join(part for part in (view.lead_image_url, size, view.lead_image_caption, credit) if part)


def origin_of_date(view: ArticleView) -> str:
    if view.published_at is None:
        return "neither page nor feed names one"
    origin = ORIGINS.get(view.published_at_origin or "", view.published_at_origin or "a place not recorded")
    return f"{origin}, exact to the {view.published_at_precision}"


def changed_at(view: ArticleView) -> datetime:
    """When what is said of an article last changed: its latest revision or visit."""
    return max([view.last_seen_at, *(revision.seen_at for revision in view.revisions)])


def changed_fields(old: RevisionView, new: RevisionView) -> list[tuple[str, list[tuple[str, str]]]]:
    """(name, stretches) of title, authors and text where they differ, long unchanged stretches shortened."""
    return [(name.title(), stretches(before, after)) for name, before, after in differing(old, new)]


def stretches(before: str, after: str) -> list[tuple[str, str]]:
    shown: list[tuple[str, str]] = []
    room = MAX_DIFF_CHARS
    for change in changes(before, after):
        text = shortened(change.text) if change.kind == "same" else cut(change.text)
        if len(text) > room:
            return [*shown, ("same", "\n\n… The rest is longer than a page; the interface for programs has all of it.")]
        shown.append((change.kind, text))
        room -= len(text)
    return shown


def shortened(text: str) -> str:
    if len(text) <= 2 * CONTEXT_CHARS:
        return text
    return f"{text[:CONTEXT_CHARS]} […] {text[-CONTEXT_CHARS:]}"


def cut(text: str) -> str:
    return text if len(text) <= SHOWN_STRETCH else f"{text[:SHOWN_STRETCH]} […]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A copy of a story: where it stands between the first (0) and the last (100), None where its hour is not known."""

    copy: Copy
    place: float | None
    after: str


def lanes(story: Sequence[Copy]) -> list[Lane]:
    """The copies as they appeared, measured from the first that names an hour."""
    behind = [timedelta(0) if is_first(copy) else copy.behind for copy in story]
    return [
        Lane(copy=copy, place=place, after=after(copy, distance))
        for copy, distance, place in zip(story, behind, places_of(behind), strict=True)
    ]


def is_first(copy: Copy) -> bool:
    """Named with an hour, and behind nobody: the first, or of the same moment."""
    return copy.behind is None and copy.published_at is not None and copy.published_at_precision != "day"


def after(copy: Copy, distance: timedelta | None) -> str:
    if distance is None:
        return "hour unknown" if copy.published_at else "date unknown"
    return f"+{span(distance)}" if distance else "first"
