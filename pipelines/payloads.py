"""The state that a framework ships with a page: Next.js, Nuxt, Arc's Fusion, Apollo and their like.

Their shapes differ from site to site: an article is an object with a headline and a body or a date, wherever it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.agreement import agree
from pipelines.devalue import revived
from pipelines.jsontext import Json, loads_leniently
from pipelines.literals import literal_after
from pipelines.prose import one_line, paragraphs_from
from pipelines.richtext import rich_text
from pipelines.story import Picture, Story

MAX_NODES = 40_000  # objects and lists looked at in one page's state
MAX_DEPTH = 40
MAX_STORIES = 12  # one article is often kept several times, in parts
STATE_SCRIPTS = XPath(
    "/descendant::script[not(contains(@type, 'ld+json'))][contains(@type, 'json') or starts-with(@id, '__')"
    " or contains(substring(., 1, 4000), '__NUXT__') or contains(substring(., 1, 4000), 'Fusion.')"
    " or contains(substring(., 1, 4000), '_STATE__')]"
)
STATE_NAMES = re.compile(
    r"(?:__NUXT__|Fusion\.globalContent|__APOLLO_STATE__|__PRELOADED_STATE__|__INITIAL_STATE__|__NEXT_DATA__)\s*=\s*"
)
HEADLINES = ("headline", "headlines", "title", "name")
BODIES = ("articleBody", "content_elements", "body", "content", "bodyHtml", "body_html", "bodyText", "html", "text",
          "paragraphs", "blocks", "richText", "fullText", "story", "article_body")  # fmt: skip
PUBLISHED = ("datePublished", "display_date", "publishedAt", "published_at", "publishDate", "publish_date",
             "firstPublishedAt", "first_publish_date", "publishedDate", "published_date", "publicationDate",
             "publication_date", "datetime_published", "pubDate", "published", "firstPublished", "postDate", "date",
             "_firstPublishedAt", "publishedTime")  # fmt: skip
MODIFIED = ("dateModified", "last_updated_date", "updatedAt", "updated_at", "modifiedAt", "lastModified", "modified",
            "lastUpdated", "updated", "_updatedAt", "modifiedTime")  # fmt: skip
AUTHORS = ("authors", "author", "byline", "bylines", "credits", "writers", "writer", "contributors", "creator")
DESCRIPTIONS = ("description", "excerpt", "summary", "dek", "subheadlines", "standfirst", "lead")
NAME_KEYS = ("name", "fullName", "full_name", "displayName", "title", "byline", "text")
PICTURE_KEYS = ("url", "src", "basic", "sourceUrl", "node", "file", "fields")
IMAGES = ("image", "leadImage", "heroImage", "featuredImage", "promo_items", "cover", "thumbnail")


def payload_stories(tree: HtmlElement, titles: Sequence[str]) -> list[Story]:
    """What the page's state says of articles whose headline is among what the page calls itself."""
    found: list[Story] = []
    for state in states(tree):
        for node in article_objects(state):
            headline = label_of(first(node, HEADLINES))
            if headline and any(agree(headline, title) for title in titles):
                found.append(story_of(node, state))
            if len(found) >= MAX_STORIES:
                return found
    return found


def states(tree: HtmlElement) -> Iterator[Json]:
    """The values of the page's state scripts that can be read."""
    for script in STATE_SCRIPTS(tree)[:20]:
        text = script.text or ""
        if script.get("id") == "__NUXT_DATA__":
            yield revived(loads_leniently(text))
        elif "json" in (script.get("type") or "") or text.lstrip()[:1] in ("{", "["):
            yield loads_leniently(text)
        else:
            for hit in list(STATE_NAMES.finditer(text))[:4]:
                yield literal_after(text, hit.end())


def article_objects(state: Json) -> Iterator[dict[str, Json]]:
    """Objects with a headline and a body or a date of publication, outermost first."""
    stack: list[tuple[Json, int]] = [(state, 0)]
    left = MAX_NODES
    while stack and left > 0:
        value, depth = stack.pop()
        left -= 1
        if isinstance(value, dict):
            if first(value, HEADLINES) and (first(value, BODIES) or first(value, PUBLISHED)):
                yield value
            inner = list(value.values())
        elif isinstance(value, list):
            inner = value
        else:
            continue
        if depth < MAX_DEPTH:
            stack += [(one, depth + 1) for one in reversed(inner) if isinstance(one, (dict, list))]


def story_of(node: Mapping[str, Json], state: Json) -> Story:
    """What an object of the state says, in the article's words."""
    return Story(
        origin="payload",
        headline=label_of(first(node, HEADLINES)),
        article_body="\n\n".join(body_of(node, state)) or None,
        date_published=moment_of(first(node, PUBLISHED)),
        date_modified=moment_of(first(node, MODIFIED)),
        authors=tuple(dict.fromkeys(names_of(first(node, AUTHORS), state))),
        description=label_of(first(node, DESCRIPTIONS)),
        picture=Picture(url=picture_of(first(node, IMAGES))),
    )


def first(node: Mapping[str, Json], keys: tuple[str, ...]) -> Json:
    """The first of the keys' values that isn't empty, also one level down, in ``fields`` or ``attributes``."""
    for holder in (node, node.get("fields"), node.get("attributes")):
        if isinstance(holder, dict):
            for key in keys:
                found: Json = holder.get(key)
                if found not in (None, "", [], {}):
                    return found
    return None


def body_of(node: Mapping[str, Json], state: Json) -> list[str]:
    """The longest of the object's bodies, as paragraphs."""
    bodies = [rich_text(node[key], state) for key in BODIES if node.get(key) not in (None, "", [], {})]
    return max(bodies, key=lambda lines: sum(map(len, lines)), default=[])


def label_of(value: Json) -> str | None:
    """A short text: itself, or the ``rendered``, ``basic`` or ``text`` of an object."""
    if isinstance(value, dict):
        inner = (value.get(key) for key in ("basic", "rendered", "web", "text", "main", "default"))
        value = next((one for one in inner if isinstance(one, str) and one), None)
    return (one_line(value[:4000]) or None) if isinstance(value, str) else None


def moment_of(value: Json) -> str | None:
    """A date as text; numbers are seconds or milliseconds since 1970."""
    if isinstance(value, dict):
        value = next((one for key in ("iso", "date", "utc", "value") if isinstance(one := value.get(key), str)), None)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(int(value)) if isinstance(value, float) else str(value)[:60]


def names_of(value: Json, state: Json, depth: int = 0) -> Iterator[str]:
    """Names of authors in a text, a list, an object, ``credits.by`` or behind Apollo's ``__ref``."""
    if depth > 4:
        return
    if isinstance(value, str):
        yield from filter(None, [one_line(" ".join(paragraphs_from(value[:400])))])
    elif isinstance(value, list):
        for one in value[:20]:
            yield from names_of(one, state, depth + 1)
    elif isinstance(value, dict):
        inner = value.get("by") or value.get("items") or value.get("nodes") or value.get("node") or value.get("fields")
        name: Json = next((value[key] for key in NAME_KEYS if isinstance(value.get(key), str)), None)
        if name is None and isinstance(value.get("firstName"), str):
            name = f"{value['firstName']} {value.get('lastName') or ''}"
        yield from names_of(name or referred(value, state) or inner, state, depth + 1)


def referred(value: Mapping[str, Json], state: Json) -> Json:
    """The object that ``{"__ref": "Author:1"}`` stands for in Apollo's cache; None without one."""
    key = value.get("__ref") or value.get("id")
    return state.get(key) if isinstance(state, dict) and isinstance(key, str) else None


def picture_of(value: Json) -> str | None:
    """The address of an image, wherever the object keeps it."""
    found: Json = value
    for _ in range(5):
        if isinstance(found, list):
            found = next(iter(found), None)
        elif isinstance(found, dict):
            held = found
            found = next((held[key] for key in PICTURE_KEYS if held.get(key)), None)
        else:
            break
    return found if isinstance(found, str) and found.startswith(("http", "/")) else None
