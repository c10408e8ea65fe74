"""Where a page says who wrote it: data, head, ``rel=author``, elements named byline, lines beside the headline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.agreement import folded
from pipelines.calendars import WRITTEN
from pipelines.headdates import META
from pipelines.names import CJK_LEAD, LEAD, ROLE, looks_personal, parts_of, people, person
from pipelines.phrases import LABELS
from pipelines.story import Story
from pipelines.surroundings import branch, is_apart
from pipelines.survey import Survey

AUTHOR_META = frozenset(
    "author article:author dc.creator dcterms.creator dc.creator.name sailthru.author parsely-author byl byline"
    " citation_author article:author_name rbauthors creator cxenseparse:author article.author og:article:author"
    " mediator_author twitter:creator:name".split()
)
SURNAME_FIRST = frozenset({"citation_author", "dc.creator", "dcterms.creator"})
RELATED = XPath("//*[@rel] | //address")
AUTHOR_ADDRESS = re.compile(r"/(?:authors?/|contributor|people/|staff/|writers/|journalist|profile|by/)")
NAMED_AGAIN = XPath(
    "boolean(//img[@alt = $name or contains(@alt, $about) or starts-with(@alt, concat($name, ','))]"
    " | //a[contains(@href, $joined) or (contains(@href, $slug) and contains(@href, 'author'))])"
)
LABEL_ONLY = re.compile(
    r"^(?:written|posted|published|article|words|story|authored|reviewed)?\s*by\s*:?$|^author(?:s|\(s\))?\s*:?$"
    r"|^автор\s*:?$|^autor(?:in|a)?\s*:?$"
    r"|^auteur\s*:?$|^作者\s*[:：]?$",
    re.IGNORECASE,
)
BYLINES = re.compile(r"byline|Byline|author|Author|writer|autor")
NAME_INSIDE = XPath(".//*[contains(@class, 'name') or contains(@class, 'Name')] | .//a[contains(@href, 'author')]")
NOT_BYLINE = re.compile(
    r"(?:^|[\s_-])(?:bio|biography|about|avatar|image|img|photo|socials?|description|job|role|position"
    r"|comments?|more|related)(?=$|[\s_-])",
    re.IGNORECASE,
)
LONE_BYLINE = re.compile(
    r"(?:written|words|article|story|text|reported) by\b|contributors?\s?:|авторы?\s?[:：]|autor(?:in)?\s?:",
    re.IGNORECASE,
)
ABOUT = re.compile(r"(?:about|meet|written|more|our|the)\b", re.IGNORECASE)
STAFF = re.compile(
    r"(?:[Bb]y )?(?:The )?Team [A-Z]\w+$"
    r"|(?:[Bb]y )?(?:[A-Z][\w.&’'-]+ ){1,4}(?:[Ss]taff|[Tt]eam|[Nn]ewsroom|[Nn]ewsdesk|[Ee]ditors)$"
)
ACCOUNT = re.compile(r"[a-z][a-z0-9._-]+$")
MAX_NAME_WORDS = 5
PRINTED_PLACES = range(3, 7)  # of places(): what the page shows to readers as its byline
MAX_BYLINE = 120  # characters of an element that is a byline
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
BESIDE_DATE = re.compile(r"#\s*[|·•–—-]\s*([^#|·•–—]{5,40})")
NAME_IN_SECTION = re.compile(r"(?:^|[•·|,]\s+)((?:[A-Z][\w.’'-]+\s+){1,3}[A-Z][\w’'-]+)\s+in\s+[A-Z]")


def authors_of(
    survey: Survey, *, stories: Sequence[Story], heading: HtmlElement | None, before: Sequence[str],
    after: Sequence[str], sites: frozenset[str],
) -> tuple[str, ...]:  # fmt: skip
    """The people who wrote the article: the first place that names any. Empty when no place does.

    Where data names only an account (``dnolan``) or the site, people printed as authors go before it. The site itself
    counts as author only where its data says so and nothing names a person.
    """
    kept: tuple[str, ...] = ()
    for rank, texts in enumerate(places(survey, stories, heading, before, after, sites)):
        found = people(texts, sites=sites)
        if not kept and found and not all(ACCOUNT.match(name) or folded(name) in sites for name in found):
            return found
        if kept and found and rank in PRINTED_PLACES and all(looks_personal(name) for name in found):
            return found
        kept = kept or found
    if kept:
        return kept
    declared = [[*story.organisations, *story.authors] for story in stories if story.is_article]
    for texts in (*declared, meta_authors(survey.tree)):
        if found := people(texts):
            return found
    return ()


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
    yield meta_authors(tree)
    near = set(branch(heading))
    yield next((list(story.authors) for story in stories if story.origin == "microdata"), [])
    yield [text for one in rel_authors(tree) if not is_apart(one, near) and (text := short_text(one))][:4]
    yield labelled_bylines(survey, near)
    yield [text for one in author_links(tree) if not is_apart(one, near) and looks_personal(text := short_text(one))][
        :1
    ]
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
        is_named = LONE_BYLINE.match(line) or (LABEL_ONLY.match(label) and len(line.split()) <= MAX_NAME_WORDS)
        if is_named and looks_personal_line(line) and not is_apart(element, near, is_aside_ok=True):
            found.setdefault(folded(" ".join(people([line]))), line)
    for element in [] if found else rel_authors(survey.tree):
        line = short_text(element)
        if looks_personal_line(line) and not is_apart(element, near, is_aside_ok=True):
            found.setdefault(folded(" ".join(people([line]))), line)
    return list(found.values()) if len(found) == 1 else []


def rel_authors(tree: HtmlElement) -> list[HtmlElement]:
    """The first elements marked ``rel=author``, and addresses that say so."""
    hits = (one for one in RELATED(tree) if is_author_mark(one))
    return list(islice(hits, 20))


def is_author_mark(element: HtmlElement) -> bool:
    rel, name = element.get("rel"), element.get("class") or ""
    if rel is not None and (element.tag == "address" or "author" in rel):
        return True
    return element.tag == "address" and ("author" in name or "byline" in name)


def author_links(tree: HtmlElement) -> list[HtmlElement]:
    """The first links to what reads like an author's page."""
    return list(islice((one for one in tree.iter("a") if AUTHOR_ADDRESS.search(one.get("href") or "")), 30))


def meta_authors(tree: HtmlElement) -> list[str]:
    found = []
    for element in META(tree)[:200]:
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
        if name in AUTHOR_META and not element.get("content", "").startswith(("http", "/")):
            content = element.get("content", "")
            found.append(turned(content) if name in SURNAME_FIRST else content)
    labels = {
        (element.get("name") or element.get("property") or ""): element.get("content", "")
        for element in META(tree)[:200]
    }
    if LABEL_ONLY.match(labels.get("twitter:label1", "")):
        found.append(labels.get("twitter:data1", ""))
    return found


def turned(name: str) -> str:
    """``Roy, Aniruddha`` as ``Aniruddha Roy``."""
    parts = name.split(",")
    return f"{parts[1].strip()} {parts[0].strip()}" if len(parts) == 2 and "" not in map(str.strip, parts) else name


def short_text(element: HtmlElement) -> str:
    """The element's text when it is short enough for a byline; empty otherwise."""
    text = " ".join(" ".join(islice(element.itertext(), 60)).split())
    return text if len(text) <= MAX_BYLINE else ""


def labelled_bylines(survey: Survey, near: set[HtmlElement]) -> list[str]:
    """The text of the first element whose class says byline or author and that holds a name."""
    for element in survey.named(BYLINES, limit=60):
        if is_apart(element, near, is_aside_ok=True) or NOT_BYLINE.search(element.get("class") or ""):
            continue
        inner = [text for one in NAME_INSIDE(element)[:6] if (text := short_text(one)) and looks_personal_line(text)]
        text = short_text(element)
        if inner and len(text) != 0:
            return inner
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


def names_alone(tree: HtmlElement, lines: Sequence[str]) -> list[str]:
    """A name beside the headline that no word introduces, where a role follows it or the page names the person again.

    Names of sections look the same (``Space Weather``): a picture or an address with the name tells them apart, and so
    does a line of nothing but a date and a name whose words the page uses nowhere else.
    """
    short = [line for line in lines if len(line) <= MAX_BYLINE]
    pieces = [piece for line in short for piece in parts_of(WRITTEN.sub(" | ", line)) if piece]
    for piece, following in pairwise([*pieces, ""]):
        name = person(piece)
        if name and looks_personal(name) and (ROLE.match(following.strip()) or is_named_again(tree, name)):
            return [name]
    beside = (dated[1] for line in short if (dated := BESIDE_DATE.fullmatch(WRITTEN.sub("#", line))))
    return [name for name in beside if looks_personal(name) and stands_alone(tree, name)][:1]


def stands_alone(tree: HtmlElement, name: str) -> bool:
    """True where the page has the name once, and none of its words in lower case."""
    text = tree.text_content()
    return text.count(name) == 1 and not any(
        re.search(rf"\b{re.escape(word.lower())}\b", text) for word in name.split()
    )


def is_named_again(tree: HtmlElement, name: str) -> bool:
    """True when a picture shows, or an address names, the person."""
    slug = "-".join(folded(name).split())
    return bool(NAMED_AGAIN(tree, name=name, about=f"of {name}", slug=f"/{slug}", joined=f"/in/{slug}"))


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
            if is_byline and (looks_personal_line(line) or (bare and len(bare.split()) <= 2)):
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
