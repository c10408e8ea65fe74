"""Authors that are no persons: the house that publishes, its desks, and accounts of its system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from pipelines.agreement import folded
from pipelines.calendars import WRITTEN
from pipelines.names import MAX_NAME, is_group, is_name_of, looks_personal, parts_of, person, without_lead
from pipelines.signatures import MAX_BYLINE, short_text
from pipelines.story import NEWS, Story
from pipelines.survey import Survey

ACCOUNT = re.compile(r"(?![A-Z][a-z]+$|[A-Z]+$)[\w.-]+$", re.ASCII)  # one word, no given name and no agency
LEAD = r"(?:\b(?:by|author|von|par|por|di|автор)\s*:?\s+(?:the\s+)?|(?:作者|文|記者|记者)\s*[:：]?\s*)"
BESIDE = re.compile(r"(?:entry|post|article)[-_](?:[a-z]+[-_])?(?:meta|info|author)|byline", re.IGNORECASE)
NOT_WORDS = re.compile(r"\W+")
DESK = re.compile(
    r"(?:the\s|our\s)?(?:[\w&.’'-]+\s){0,3}(?:staff|team|editors|newsroom|newsdesk|desk|(?<!guest\s)contributors?)"
    r"|(?!senior|managing|guest|chief|copy)[\w-]+\seditor",
    re.IGNORECASE,
)


def is_weak(names: Sequence[str], sites: frozenset[str]) -> bool:
    """True for accounts (``dnolan``) and for the site itself."""
    return all(ACCOUNT.match(name) or folded(name) in sites for name in names)


def is_house(name: str, stories: Sequence[Story], sites: frozenset[str]) -> bool:
    """True for the site itself, a desk, and what is or reads like an organisation; sites may bear a person's name."""
    if is_group(name) or DESK.fullmatch(name):
        return True
    if any(folded(name) in map(folded, story.organisations) for story in stories):
        return True
    return is_name_of(folded(name), sites) and not looks_personal(name.title())


def is_unsigned(
    names: Sequence[str], survey: Survey, near: Sequence[str], stories: Sequence[Story], sites: frozenset[str]
) -> bool:
    """True for a house that only the page's data calls its author, unless the page calls itself an article of news.

    Publishers of news name themselves where a report is nobody's own: a fact. Elsewhere it is what a system writes
    where the author was left open. Of such pages of news annotators saw an author on 17 of 20, of others on 11 of 22.
    """
    is_news = any(NEWS.search(kind) for story in stories for kind in story.kinds)
    return not is_news and all(is_house(name, stories, sites) for name in names) and not signs(names, survey, near)


def signs(names: Sequence[str], survey: Survey, near: Sequence[str]) -> bool:
    """True where a line says ``By`` one of the names, names it beside the headline, or stands in a byline's element."""
    signed = re.compile(LEAD + "(?:" + "|".join(map(re.escape, names)) + r")(?!\w)", re.IGNORECASE)
    keys = {folded(name) for name in names}
    lines = (line for _, line in survey.blocks)
    if any(len(line) <= MAX_BYLINE and signed.search(line) for line in (*near, *lines)):
        return True
    named = (f" {folded(short_text(one))} " for one in survey.named(BESIDE, limit=60))
    return any(may_name(line, keys) and keys & signers(line) for line in near) or any(
        f" {key} " in text for text in named for key in keys
    )


def may_name(line: str, keys: Iterable[str]) -> bool:
    """False where the line has not even the letters of any of the folded names: most lines are the article's prose."""
    if "&" in line or "<" in line:  # entities and tags are read by ``person``
        return True
    letters = NOT_WORDS.sub("", unicodedata.normalize("NFKC", line).casefold())
    return any(key.replace(" ", "") in letters for key in keys)


def signers(line: str) -> set[str]:
    """Every name in a line, folded."""
    return {folded(name) for part in parts_of(WRITTEN.sub(" | ", line)) if (name := person(part))}


def desk_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The first byline that names a desk (``By our editors``) and nobody; empty without one."""
    bare = (without_lead(text).strip() for text in texts)
    return next(((name,) for name in bare if DESK.fullmatch(name) and len(name) <= MAX_NAME), ())
