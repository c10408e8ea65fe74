"""Does an address look like an article's? Rules over the path and query, for listings and sitemaps."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

AddressKind: TypeAlias = Literal["article", "section", "file", "unclear"]

TAXONOMY_PART = re.compile(
    r"tags?|categor(?:y|ies|ia|ie)|topics?|themen|rubrics?|rubrik|authors?|autor|writers?|users?|profile|search|suche"
    r"|recherche|login|log-in|signin|register|account|subscribe|cart|shop|store|feeds?|rss|wp-\w+",
    re.I,
)
"""A path part under which there are lists and tools (defaults of WordPress, Drupal, Joomla, Ghost)."""

SECTION_PART = re.compile(
    TAXONOMY_PART.pattern + r"|people|staff|newsletters?|donate|about(?:-us)?|contact(?:-us)?|privacy(?:-policy)?"
    r"|terms(?:-of-(?:use|service))?|imprint|impressum|legal|cookies?|advertis\w*|careers?|jobs|events?|calendar"
    r"|galler(?:y|ies)|videos?|podcasts?|sitemap|help|faq|news|articles?|blog|press(?:-releases?)?|archives?",
    re.I,
)
"""A last path part that names a section or a page of the house."""

PAGE_PART = re.compile(r"(?:page|p|seite|pagina|strona)[-/_]?\d{0,4}", re.I)
FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|avif|mp[34]|m4[av]|mov|avi|webm|wav|ogg|zip|gz|rar|7z|exe|dmg"
    r"|pdf|docx?|xlsx?|pptx?|csv|json|xml|rss|atom|css|js)$",
    re.I,
)
SLUG_HYPHENS = 3  # in a path part of four words and more: a headline; its date may stand behind it
DATE_ARCHIVE = re.compile(r"(?:^|/)(?:19[5-9]|20)\d\d(?:/\d{1,2}){0,2}$")
DATE_IN_PATH = re.compile(r"(?:^|[/_-]|\bt)(?:19[5-9]|20)\d\d[/_-]?(?:0?[1-9]|1[0-2])(?:[/_-]|[0-3]\d|$)")
NUMBERED = re.compile(r"(?:^|[^0-9])\d{4,}(?:\.\w{2,5})?$|^[a-z]{0,3}\d{3,}(?:\.\w{2,5})?$", re.I)
ARTICLE_PART = re.compile(
    r"news\w*|articles?|artikel|stor(?:y|ies)|press(?:[-_]?releases?)?|releases?|blog|posts?|updates?|actualites?"
    r"|noticias?|novosti|aktuell\w*|content|view|detail|\d{4}",
    re.I,
)
NODE = re.compile(r"node/\d+", re.I)  # of Drupal, where an editor gave no alias
ID_PARAMETERS = frozenset(
    {"p", "id", "aid", "nid", "newsid", "news_id", "article", "articleid", "article_id", "story", "content_id"}
)
PAGE_FILE = re.compile(r"\.(?:s?html?|php|aspx?|jsp|cfm|do)$", re.I)


def address_kind(url: str) -> AddressKind:
    """What the address says about its page, by itself.

    ``article`` has a date in its path, a leaf of three words and more, a number as leaf, or an id in its query;
    ``section`` is a homepage, tag, category, author, search, legal or numbered page,
    or all of a day, month or year; ``file`` is no page.
    """
    parts = urlsplit(url)
    steps = [unquote(step) for step in parts.path.split("/") if step]
    parameters = dict(parse_qsl(parts.query[:2_000], max_num_fields=100)) if parts.query.count("&") < 100 else {}
    if any(name in ID_PARAMETERS and re.search(r"\d{2,}", value) for name, value in parameters.items()):
        return "article"
    if not steps or (
        len(steps) == 1 and re.fullmatch(r"(?:index|home|default|main)\b.*|[a-z]{2}(?:[-_][a-z]{2})?", steps[0], re.I)
    ):
        return "section"
    if FILE.search(steps[-1]):
        return "file"
    return path_kind(steps, is_query_search=bool(parameters.keys() & {"s", "q", "search", "query"}))


def path_kind(steps: list[str], *, is_query_search: bool) -> AddressKind:
    """As :func:`address_kind`, for a path of at least one part."""
    leaf = PAGE_FILE.sub("", steps[-1])
    words = [word for word in re.split(r"[-_+. ]+", leaf) if word]
    is_paging = bool(PAGE_PART.fullmatch(leaf)) or (
        len(steps) > 1 and PAGE_PART.fullmatch("/".join(steps[-2:])) is not None
    )
    has_slug = any(step.count("-") >= SLUG_HYPHENS for step in steps)
    is_archive = bool(DATE_ARCHIVE.search("/".join(steps))) and not has_slug
    if is_query_search or is_paging or is_archive or SECTION_PART.fullmatch(leaf):
        return "section"
    if any(TAXONOMY_PART.fullmatch(step) for step in steps[:-1]) and len(words) < 4:
        return "section"
    if steps[1:] and NODE.fullmatch("/".join(steps[-2:])):
        return "article"
    is_dated = has_slug or bool(DATE_IN_PATH.search("/" + "/".join(steps)))
    if is_dated or NUMBERED.search(leaf) or len(words) >= 3 or re.search(r"[^\x00-\x7f]{6,}", leaf):
        return "article"
    if steps[-1].lower() in ("content.html", "content.htm") and re.search(r"\d{4,}", steps[-2] if steps[1:] else ""):
        return "article"
    return "unclear"


def is_below_news(url: str) -> bool:
    """True where a part of the path before the last is one that articles are filed under (``/news/``, ``/2024/``)."""
    return any(ARTICLE_PART.fullmatch(step) for step in urlsplit(url).path.split("/")[:-1] if step)
