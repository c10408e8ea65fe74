"""Where a page says who wrote it: data, head, ``rel=author``, elements named byline, lines beside the headline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.agreement import folded
from pipelines.calendars import WRITTEN
from pipelines.datelines import label_before
from pipelines.houses import desk_in, is_unsigned, is_weak
from pipelines.names import CJK_LEAD, LEAD, SECOND_HAND, looks_personal, people
from pipelines.phrases import LABELS
from pipelines.signatures import MAX_BYLINE, names_alone, short_text, signatures
from pipelines.story import Story
from pipelines.surroundings import branch, is_apart, is_in_teaser
from pipelines.survey import Survey

AUTHOR_META = frozenset(
    "author article:author dc.creator dcterms.creator dc.creator.name sailthru.author parsely-author byl byline"
    " citation_author article:author_name rbauthors creator cxenseparse:author article.author og:article:author"
    " mediator_author twitter:creator:name".split()
)
SURNAME_FIRST = frozenset({"citation_author", "dc.creator", "dcterms.creator"})
MARKED = XPath(
    "/descendant::*[contains(@rel, 'author')"
    " or self::address[@rel or contains(@class, 'author') or contains(@class, 'byline')]]"
)
AUTHOR_ADDRESS = re.compile(
    r"/(?:(?:authors?|people|team|staff|writers|by)/|(?:contributors?|journalists?|(?:user-?)?profiles?)(?=[/?.]))"
)
LABEL_ONLY = re.compile(
    r"^(?:written|posted|published|article|words|story|authored|reviewed)?\s*by\s*:?$|^author(?:s|\(s\))?\s*:?$"
    r"|^(?:von|par|por)\s*:?$|^автор\s*:?$|^autor(?:in|a)?\s*:?$"
    r"|^auteur\s*:?$|^作者\s*[:：]?$",
    re.IGNORECASE,
)
BYLINES = re.compile(r"byline|Byline|author|Author|writer|autor")
NAME_INSIDE = XPath(
    "descendant::*[contains(@class, 'name') or contains(@class, 'Name')] | descendant::a[contains(@href, 'author')]"
)
NOT_BYLINE = re.compile(
    r"(?:^|[\s_-])(?:bio|biography|about|avatar|image|img|photo|socials?|description|job|role|position"
    r"|comments?|more|related)(?=$|[\s_-])",
    re.IGNORECASE,
)
LONE_BYLINE = re.compile(
    r"autorin/autor |(?:written|words|article|story|text|reported) by\b|contributors?\s?:|авторы?\s?[:：]"
    r"|autor(?:in)?\s?:",
    re.IGNORECASE,
)
ABOUT = re.compile(r"(?:about|meet|written|more|our|the)\b", re.IGNORECASE)
STAFF = re.compile(
    r"(?:[Bb]y )?(?:The )?Team [A-Z]\w+$"
    r"|(?:[Bb]y )?(?:[A-Z][\w.&’'-]+ ){1,4}(?:[Ss]taff|[Tt]eam|[Nn]ewsroom|[Nn]ewsdesk|[Ee]ditors)$"
)
MAX_NAME_WORDS = 5
MAX_LABEL = 20  # characters of a line that is a label and no more: ``published by :``
PRINTED_PLACES = range(3, 7)  # of places(): what the page shows to readers as its byline
MAX_DESK = 20  # characters of an agency in capitals before a comma: ``By AFP, in News``
MAX_DATED = 60  # characters of a byline with a date in it
PRINTED_BYLINE = re.compile(
    r"^(?:(?:story|words|text|written|posted|published|reported|article|submitted|reviewed)\s+)?(?:by(?:\s*:\s*|\s+)\S|(?-i:By[A-Z][a-z]))"
    r"|^(?:авторы?|текст|автор статьи)\s*[:：]|^von\s+[A-ZÄÖÜ]|^par\s+[A-ZÉ]|^por\s+[A-ZÁÉÍÓÚ]"
    r"|^di\s+[A-Z][a-z]+\s+[A-Z]|^a cura di\s"
    r"|^(?:作者|记者|記者|文|撰文|執筆|取材・文|글)\s*[:：=＝/／]|^(?:本报|本社|新华社)?记者\s|(?:記者|记者|기자)$|^author\s*:|^autor(?:a|in)?\s*:",
    re.IGNORECASE,
)  # fmt: skip
FOLLOWED_BY_NAME = re.compile(
    r"(?:^|[\d|·•—–,⋅-]\s*|[Pp]osted |[Ww]ritten )(?:by|By"
    r"|BY)\s*:?\s+((?:[A-Z][\w.’'-]+\s+){1,3}[A-Z][\w’'-]+)"
)
NAME_IN_SECTION = re.compile(r"(?:^|[•·|,]\s+)((?:[A-Z][\w.’'-]+\s+){1,3}[A-Z][\w’'-]+)\s+in\s+[A-Z]")


def authors_of(
    survey: Survey, *, stories: Sequence[Story], heading: HtmlElement | None, before: Sequence[str],
    after: Sequence[str], sites: frozenset[str],
) -> tuple[str, ...]:  # fmt: skip
    """The people who wrote the article: the first place that names any. Empty when no place does.

    Where data names only an account (``dnolan``) or the site, people printed as authors go before it. A house or a desk
    (``Our editors``) counts where nothing names a person, and where it signs (``houses``).
    """
    near = [*(line for line in before[-4:] if WRITTEN.search(line) or PRINTED_BYLINE.search(line)), *after]
    told, is_printed = people_named(survey, stories, heading, before, after, sites)
    if told and (is_printed or not is_unsigned(told, survey, near, stories, sites)):
        return told
    if desk := desk_in(desk_texts(survey, heading, near)):
        return desk
    if name := named_link(survey, heading):
        return name
    desk = desk_in(text for texts in declared_authors(survey, stories) for text in texts)
    return desk if desk and not is_unsigned(desk, survey, near, stories, sites) else ()


def people_named(
    survey: Survey, stories: Sequence[Story], heading: HtmlElement | None, before: Sequence[str],
    after: Sequence[str], sites: frozenset[str],
) -> tuple[tuple[str, ...], bool]:  # fmt: skip
    """The first place's people, and whether readers see it."""
    kept: tuple[str, ...] = ()
    for rank, texts in enumerate(places(survey, stories, heading, before, after, sites)):
        found, is_printed = people(texts, sites=sites), rank in PRINTED_PLACES
        if not kept and found and not is_weak(found, sites):
            return found, is_printed
        if kept and found and is_printed and corrects(found, kept):
            return found, True
        kept = kept or found
    told = kept or next(filter(None, map(people, declared_authors(survey, stories))), ())
    if told and is_weak(told, sites) and (signed := people(signatures(survey.tree))):
        return signed, True
    return told, False


def desk_texts(survey: Survey, heading: HtmlElement | None, lines: Sequence[str]) -> Iterator[str]:
    """Bylines that readers see, also such as name no person."""
    near = set(branch(heading))
    yield from (line for line in lines if PRINTED_BYLINE.search(line))
    marked = [*survey.once(rel_authors), *survey.once(author_links), *survey.named(BYLINES, limit=60)]
    yield from (short_text(one) for one in marked if not is_apart(one, near, is_aside_ok=True))


def named_link(survey: Survey, heading: HtmlElement | None) -> tuple[str, ...]:
    """The one name, of whatever form (``Yuki``), that a link to an author's page gives; empty without one."""
    near = set(branch(heading))
    marked = [one for one in survey.once(author_links) if "/author" in one.get("href", "")]
    texts = (short_text(one) for one in marked if not is_apart(one, near, is_aside_ok=True))
    found = {name for text in texts if len(text.split()) <= 2 for name in people([text])}
    return tuple(found) if len(found) == 1 else ()


def declared_authors(survey: Survey, stories: Sequence[Story]) -> list[list[str]]:
    """Whatever data and head call the author, organisations first."""
    return [
        *([*story.organisations, *story.authors] for story in stories if story.is_article),
        meta_authors(survey.meta),
    ]


def corrects(printed: Sequence[str], weak: Sequence[str]) -> bool:
    """True for persons; an account run together with more words is none."""
    accounts = tuple(name.casefold() for name in weak)
    return all(looks_personal(name) and not name.split()[0].casefold().startswith(accounts) for name in printed)


def places(
    survey: Survey,
    stories: Sequence[Story],
    heading: HtmlElement | None,
    before: Sequence[str],
    after: Sequence[str],
    sites: frozenset[str],
) -> Iterator[list[str]]:
    """Bylines, a list for every place that may hold them, the most trusted first."""
    tree = survey.tree
    declared = (story for story in stories if story.origin == "json-ld")
    yield next((list(story.authors) for story in declared if people(story.authors, sites=sites)), [])
    yield meta_authors(survey.meta)
    near = set(branch(heading))
    yield next((list(story.authors) for story in stories if story.origin == "microdata"), [])
    yield [text for one in survey.once(rel_authors) if not is_apart(one, near) and (text := short_text(one))][:4]
    yield labelled_bylines(survey, near)
    yield [
        text for one in survey.once(author_links) if not is_apart(one, near) and looks_personal(text := short_text(one))
    ][:1]
    yield printed_bylines([*before[-3:], *after])
    for story in stories:
        if story.origin == "payload":
            yield list(story.authors)
    yield lone_bylines(survey, near)
    alone = names_alone(tree, [*after[:5], *reversed(before[-4:])])
    yield [name for name in alone if folded(name) not in sites]


def lone_bylines(survey: Survey, near: set[HtmlElement]) -> list[str]:
    """``Written by Ada Reyes`` on a line of its own anywhere, a name below ``Author``, or a link marked ``rel=author``.

    An aside of the article may hold them too. Several such names are those of a list of articles: none is taken.
    """
    lines = [(element, line) for element, line in survey.blocks if len(line) <= MAX_BYLINE]
    found: dict[str, str] = {}
    for (_, label), (element, line) in pairwise([(survey.tree, ""), *lines]):
        is_below = len(label) <= MAX_LABEL and LABEL_ONLY.match(label) and len(line.split()) <= MAX_NAME_WORDS
        if not (is_below or LONE_BYLINE.match(line)) or not looks_personal_line(line):
            continue
        if not (is_in_teaser(element, near) if is_below else is_apart(element, near, is_aside_ok=True)):
            found.setdefault(folded(" ".join(people([line]))), line)
    for element in [] if found else survey.once(rel_authors):
        line = short_text(element)
        if looks_personal_line(line) and not is_apart(element, near, is_aside_ok=True):
            found.setdefault(folded(" ".join(people([line]))), line)
    return list(found.values()) if len(found) == 1 else []


def rel_authors(tree: HtmlElement) -> list[HtmlElement]:
    """The first elements marked ``rel=author``, and addresses that say so."""
    return list(MARKED(tree)[:20])


def author_links(tree: HtmlElement) -> list[HtmlElement]:
    """The first links to what reads like an author's page; those of prose lead to people it speaks of."""
    links = (one for one in tree.iter("a") if AUTHOR_ADDRESS.search(one.get("href") or ""))
    return list(islice((one for one in links if not is_in_prose(one)), 30))


def is_in_prose(link: HtmlElement) -> bool:
    """True for a link in a paragraph that is longer than a byline."""
    paragraph = next(link.iterancestors("p", "li"), None)
    return paragraph is not None and not short_text(paragraph)


def meta_authors(metas: Sequence[HtmlElement]) -> list[str]:
    found = []
    for element in metas[:200]:
        name = (element.get("property") or element.get("name") or "").lower()
        if name in AUTHOR_META and not element.get("content", "").startswith(("http", "/")):
            content = element.get("content", "")
            found.append(turned(content) if name in SURNAME_FIRST else content)
    labels = {
        (element.get("name") or element.get("property") or ""): element.get("content", "") for element in metas[:200]
    }
    if LABEL_ONLY.match(labels.get("twitter:label1", "")):
        found.append(labels.get("twitter:data1", ""))
    return found


def turned(name: str) -> str:
    """``Roy, Aniruddha`` as ``Aniruddha Roy``."""
    parts = name.split(",")
    return f"{parts[1].strip()} {parts[0].strip()}" if len(parts) == 2 and "" not in map(str.strip, parts) else name


def own_name(element: HtmlElement) -> str:
    """The element's short text; empty after ``Reviewed by`` and its like."""
    return "" if SECOND_HAND.search(f" {label_before(element)}") else short_text(element)


def labelled_bylines(survey: Survey, near: set[HtmlElement]) -> list[str]:
    """The text of the first element whose class says byline or author and that holds a name."""
    for element in survey.named(BYLINES, limit=60):
        if is_apart(element, near, is_aside_ok=True) or NOT_BYLINE.search(element.get("class") or ""):
            continue
        inner = [text for one in NAME_INSIDE(element)[:6] if (text := own_name(one)) and looks_personal_line(text)]
        text = short_text(element)
        if inner and len(text) != 0:
            return inner
        leaves = [part for one in element.iter() if not len(one) and (part := short_text(one))]
        if len(leaves) > 1 and all(looks_personal(part) for part in leaves):
            return leaves
        if text and (looks_personal_line(text) or PRINTED_BYLINE.match(text) or STAFF.match(text)):
            return [text]
        if not text and looks_personal(name := first_line(element)) and not ABOUT.match(name):
            return [name]
    return []


def first_line(element: HtmlElement) -> str:
    """The words an element with a long text begins with: the name above a biography."""
    pieces = (" ".join(piece.split()) for piece in islice(element.itertext(), 20))
    return next(filter(None, pieces), "")


def looks_personal_line(text: str) -> bool:
    """True when the byline, its lead word gone, begins with what reads like a person's name."""
    return any(looks_personal(name) for name in people([text]))


def printed_bylines(lines: Sequence[str]) -> list[str]:
    """The first line near the headline that begins with ``by``, ``Автор:`` and their like, and names a person."""
    for label, line in pairwise(lines):
        if (
            LABEL_ONLY.match(label)
            and len(line) <= MAX_BYLINE
            and (looks_personal_line(line) or len(line.split()) <= 3)
        ):
            return [line]
    for line in (part for whole in lines for part in LABELS.split(whole)):
        if len(line) <= MAX_BYLINE and PRINTED_BYLINE.search(line):
            bare = CJK_LEAD.sub("", LEAD.sub("", line))
            is_byline = bare != line or line.endswith(("記者", "记者", "기자"))
            is_short = bare and (len(bare.split()) <= 2 or (len(line) <= MAX_DATED and WRITTEN.search(line)))
            if is_byline and WRITTEN.search(line) and len(desk := bare.split(",")[0]) <= MAX_DESK and desk.isupper():
                return [desk]
            if is_byline and (looks_personal_line(line) or is_short):
                return [line]
        elif name := name_within(line):
            return [name]
    return []


def name_within(line: str) -> str | None:
    """The name in ``March 3 · By Ada Reyes`` and in ``March 3, 2026 • Ada Reyes in Launches``; None in prose."""
    hit = FOLLOWED_BY_NAME.search(line) if len(line) <= MAX_BYLINE * 2 and ". " not in line else None
    if hit is None and len(line) <= MAX_BYLINE and WRITTEN.search(line):
        hit = NAME_IN_SECTION.search(line)
    return hit.group(1) if hit else None
