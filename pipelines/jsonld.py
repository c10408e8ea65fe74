"""JSON-LD: the node that is the page's article among those of related ones, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.agreement import agree
from pipelines.jsontext import Json, loads_leniently
from pipelines.prose import one_line, paragraphs_from
from pipelines.story import Picture, Story

MAX_SCRIPTS = 40  # JSON-LD scripts of a page; comment threads ship one each
MAX_NODES = 3000  # of all JSON-LD on a page
MAX_DEPTH = 24
ARTICLE_TYPE = re.compile(r"Article|BlogPosting|LiveBlog|PressRelease|Report|SocialMediaPosting|Review", re.ASCII)
NOT_ARTICLE_TYPE = re.compile(r"Aggregate|ItemList|ClaimReview|ReviewAction")
PAGE_TYPE = re.compile(
    r"^(?:WebPage|ItemPage|AboutPage|FAQPage|MedicalWebPage|HowTo|Recipe|VideoObject|CreativeWork|Course|Event)$"
)
SITE_TYPE = re.compile(r"^(?:WebSite|Organization|NewsMediaOrganization|Corporation|LocalBusiness)$")

LENGTH = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$", re.ASCII)

LD_SCRIPTS = XPath("/descendant::script[contains(@type, 'ld+json')]/text()")


def json_ld_nodes(tree: HtmlElement) -> Iterator[dict[str, Json]]:
    """Every object in the page's JSON-LD, outermost first; references by ``@id`` left as they are."""
    left = MAX_NODES
    for text in LD_SCRIPTS(tree)[:MAX_SCRIPTS]:
        stack: list[tuple[Json, int]] = [(loads_leniently(text), 0)]
        while stack and left > 0:
            value, depth = stack.pop()
            left -= 1
            if isinstance(value, dict):
                yield value
            if depth < MAX_DEPTH and isinstance(value, (dict, list)):
                inner = value.values() if isinstance(value, dict) else value
                stack += [(one, depth + 1) for one in reversed(list(inner)) if isinstance(one, (dict, list))]


def json_ld_story(nodes: list[dict[str, Json]], titles: list[str], url: str) -> Story | None:
    """The node that is the page's article, completed by the node of the page; None without either."""
    by_id = {str(node["@id"]): node for node in nodes if "@id" in node and len(node) > 2}
    articles = [node for node in nodes if is_article(node)]
    pages = [node for node in nodes if any(PAGE_TYPE.match(kind) for kind in types_of(node))]
    main = max(articles, key=lambda node: closeness(node, titles, url), default=None)
    if main is not None and len(articles) > 1 and closeness(main, titles, url) <= 0:
        main = None
    parts = [node for node in (main, *page_parts(pages, titles, url)) if node is not None]
    if not parts:
        return None
    return story_from(parts, by_id, is_article=main is not None)


def is_article(node: Mapping[str, Json]) -> bool:
    kinds = types_of(node)
    return any(ARTICLE_TYPE.search(kind) and not NOT_ARTICLE_TYPE.search(kind) for kind in kinds) and (
        "headline" in node or "name" in node or "datePublished" in node or "articleBody" in node or "author" in node
    )


def page_parts(pages: list[dict[str, Json]], titles: list[str], url: str) -> list[dict[str, Json]]:
    """The nodes of the page itself, where they don't speak of another page."""
    return [node for node in pages if closeness(node, titles, url) > 0 or len(pages) == 1][:2]


def closeness(node: Mapping[str, Json], titles: list[str], url: str) -> int:
    """How surely the node is about this page: by its address, by its headline."""
    headline = text_of(node.get("headline")) or text_of(node.get("name")) or ""
    score = 2 if any(agree(headline, title) for title in titles if headline) else 0
    named = [address_of(node.get(key)) for key in ("mainEntityOfPage", "url", "@id")]
    score += 3 if any(same_address(one, url) for one in named if one) else 0
    score += 1 if "articleBody" in node else 0
    score += 1 if score and "datePublished" in node else 0
    return score - (1 if "Review" in types_of(node) or "Comment" in types_of(node) else 0)


def story_from(parts: list[dict[str, Json]], by_id: Mapping[str, dict[str, Json]], *, is_article: bool) -> Story:
    """A story out of nodes, the first that has a value winning."""
    first = Reader(parts)
    people, groups = authors_of(first.value("author") or first.value("creator"), by_id)
    body = first.text("articleBody", lines=True)
    return Story(
        origin="json-ld",
        is_article=is_article,
        kinds=(*types_of(parts[0]), *words_of(first.value("genre"))),
        url=address_of(first.value("url")) or address_of(first.value("mainEntityOfPage")),
        headline=first.text("headline") or first.text("name"),
        article_body="\n\n".join(paragraphs_from(body)) if body else None,
        date_published=first.text("datePublished") or first.text("dateCreated") or first.text("uploadDate"),
        date_modified=first.text("dateModified"),
        authors=people,
        organisations=groups,
        publisher=named(first.value("publisher"), by_id),
        description=first.text("description"),
        picture=picture_of(first.value("image"), by_id) or Picture(url=address_of(first.value("thumbnailUrl"))),
        based_on=address_of(first.value("isBasedOn")) or address_of(first.value("isBasedOnUrl")),
        keywords=tuple(words_of(first.value("keywords"))),
        section=next(iter(words_of(first.value("articleSection"))), None),
        is_accessible_for_free=claim(first.value("isAccessibleForFree")),
        language=named(first.value("inLanguage"), by_id),
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """Values of the first node that has them."""

    nodes: list[dict[str, Json]]

    def value(self, key: str) -> Json:
        return next((node[key] for node in self.nodes if node.get(key) not in (None, "", [], {})), None)

    def text(self, key: str, *, lines: bool = False) -> str | None:
        return text_of(self.value(key), lines=lines)


def types_of(node: Mapping[str, Json]) -> list[str]:
    """The node's types without their vocabulary's address."""
    kinds = node.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return [kind.rsplit("/", 1)[-1] for kind in listed if isinstance(kind, str)]


def text_of(value: Json, *, lines: bool = False) -> str | None:
    """A text value, also out of a list or ``@value``; None when there is none."""
    if isinstance(value, list):
        value = "\n".join(one for one in value if isinstance(one, str)) if lines else next(iter(value), None)
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    found = str(value) if lines else one_line(str(value))
    return found.strip() or None


def address_of(value: Json) -> str | None:
    """An address, also out of an object with ``url`` or ``@id``, or of the first of a list."""
    for _ in range(4):
        if isinstance(value, list):
            value = next(iter(value), None)
        elif isinstance(value, dict):
            value = value.get("url") or value.get("contentUrl") or value.get("@id")
        else:
            break
    return value.strip() or None if isinstance(value, str) else None


def picture_of(value: Json, by_id: Mapping[str, dict[str, Json]]) -> Picture | None:
    """An ``ImageObject``, the first of a list, or an address alone; None when it has none."""
    if isinstance(value, list):
        value = next(iter(value), None)
    node = by_id.get(str(value["@id"]), value) if isinstance(value, dict) and "@id" in value else value
    if (url := address_of(node)) is None or not isinstance(node, dict):
        return None if url is None else Picture(url=url)
    makers = (named(node.get(key), by_id) for key in ("creditText", "creator", "author", "copyrightHolder"))
    return Picture(
        url=url,
        width=pixels(node.get("width")),
        height=pixels(node.get("height")),
        caption=text_of(node.get("caption")),
        credit=next((name for name in makers if name), None),
    )


def pixels(value: Json) -> int | None:
    """A length in pixels, also out of ``"1200px"`` or a ``QuantitativeValue``; None for anything else, and for 0 and 1:
    pictures of one pixel count visitors.
    """
    if isinstance(value, dict):
        value = value.get("value")
    found = LENGTH.match(str(value))
    return int(found[1]) if found and int(found[1]) > 1 else None


def same_address(one: str, other: str) -> bool:
    """True for addresses that differ only in scheme, www, query, fragment or a closing slash."""
    try:
        a, b = urlsplit(one), urlsplit(other)
    except ValueError:
        return False
    path = a.path.rstrip("/")
    return bool(path) and path == b.path.rstrip("/") and (not a.netloc or bare_host(a.netloc) == bare_host(b.netloc))


def bare_host(netloc: str) -> str:
    return netloc.lower().removeprefix("www.")


def authors_of(value: Json, by_id: Mapping[str, dict[str, Json]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the persons and of the organisations among the authors."""
    people: list[str] = []
    groups: list[str] = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, list):
            one = next(iter(one), None)
        node = resolved(one, by_id)
        kinds = types_of(node) if isinstance(node, dict) else []
        if name := named(node, by_id):
            (groups if any("Organization" in kind or kind == "WebSite" for kind in kinds) else people).append(name)
        elif isinstance(node, dict) and isinstance(node.get("name"), list):
            people += [text for text in map(text_of, node["name"]) if text]  # type: ignore[arg-type]  # a list: just checked
    return tuple(people), tuple(groups)


def resolved(value: Json, by_id: Mapping[str, dict[str, Json]]) -> Json:
    """The node that ``{"@id": …}`` refers to, else the value itself."""
    if isinstance(value, dict) and "name" not in value and "@id" in value:
        return by_id.get(str(value["@id"]), value)
    return value


def named(value: Json, by_id: Mapping[str, dict[str, Json]]) -> str | None:
    """A name: the text itself or the ``name`` of an object."""
    if isinstance(value, list):
        value = next(iter(value), None)
    value = resolved(value, by_id)
    if isinstance(value, dict):
        if not isinstance(value.get("name"), list):
            return text_of(value.get("name")) or text_of(value.get("alternateName"))
        return None
    return text_of(value)


def words_of(value: Json) -> Iterator[str]:
    """Keywords, out of a list or of a text with commas."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            one = one.get("name")
        if isinstance(one, str):
            parts = one.split(",") if not isinstance(value, list) else [one]
            yield from (word for part in parts[:50] if (word := one_line(part)) and len(word) < 80)


def claim(value: Json) -> bool | None:
    """A truth value however it is spelt; None for anything else."""
    if isinstance(value, list):
        value = next(iter(value), None)
    return {"true": True, "false": False}.get(str(value).strip().lower().rsplit("/", 1)[-1])


def site_names(nodes: Iterable[Mapping[str, Json]]) -> Iterator[str]:
    """Names of the site and of its publisher."""
    for node in nodes:
        if any(SITE_TYPE.match(kind) for kind in types_of(node)):
            yield from (name for key in ("name", "alternateName") if (name := text_of(node.get(key))))
        if isinstance(publisher := node.get("publisher"), dict) and (name := text_of(publisher.get("name"))):
            yield name
