"""One page to what it says. Pure; runs in a worker process.

decode → tree → metadata → chrome out → main text → what stands between its blocks → lines cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

from archive.model import FEED_TEXT, Block, Extracted
from pipelines.blocks import Placed, blocks_in
from pipelines.body import paragraphs_of
from pipelines.chrome import prune_chrome, prune_selected
from pipelines.container import filled, named_body, only_column
from pipelines.credits import credit_of
from pipelines.decode import decoded
from pipelines.facts import facts_of
from pipelines.genre import is_live_blog, is_press_release
from pipelines.lines import cleaned
from pipelines.metadata import Metadata, metadata_of
from pipelines.page import Hints, Rules, versions
from pipelines.prose import paragraphs_from, squeezed
from pipelines.standfirst import standfirst
from pipelines.structured import StructuredData, structured_data
from pipelines.tree import held, tree_of

PATH_DEPTH, MAX_PATH = 4, 200  # elements and characters that say where a block stands
DIGITS = re.compile(r"\d+")
DOUBTFUL_SHARE = 0.2  # of the page's own words; real articles that were found say 0.25 of them and more
COLUMN_SHARE = 0.75  # of the page's own words; an element whose sentences say so much is the article
SHORT_ARTICLE = 600  # characters; below, extractors fall back to all the text of a page
SHELL_BODY_MIN = 200  # characters; a shorter articleBody is a teaser
SHELL_SHARE = 0.5  # of the data's text; a page that shows less of it than this is a shell or a teaser
PRINTED_TITLES = XPath("/descendant::meta[@property='og:title' or @name='twitter:title']/@content | //title/text()")
HEADINGS = XPath("//h1")
SAID = frozenset(one.name for one in fields(Metadata)) & frozenset(one.name for one in fields(Extracted))


def extract(body: bytes, *, url: str, charset: str | None, hints: Hints, rules: Rules) -> Extracted:
    """What the page says; ``charset`` is the Content-Type header's.

    The text is empty when the page has none. Raises ``ExtractionError`` when the page can't be read at all.
    """
    root = tree_of(decoded(body, charset))
    with held(root):
        return read(root, url=url, hints=hints, rules=rules)


def read(root: HtmlElement, *, url: str, hints: Hints, rules: Rules) -> Extracted:
    """What the tree says; the chrome is taken out of it."""
    now = hints.captured_at or datetime.now(UTC)
    data = structured_data(root)
    metadata = metadata_of(
        root,
        url=url,
        data=data,
        now=now,
        feed_title=hints.title,
        feed_published_at=hints.published_at,
        source_name=hints.source_name,
        source_language=hints.language,
        source_country=hints.country,
    )
    facts = facts_of(root, url)
    titles = [metadata.title, hints.title or "", *printed_titles(root)]
    prune_selected(root, rules.prune_css)
    prune_chrome(root)
    placed = blocks_in(root)
    found = cleaned(main_blocks(root, placed), titles=titles, authors=metadata.authors)
    found = [*standfirst(placed, found, titles, metadata.description), *found]
    text, origin = trusted("\n\n".join(found), data, hints.content_html)
    blocks = located(text.split("\n\n") if text else [], placed)
    marked = with_marks(metadata, placed, found, data, url=url)
    return Extracted(
        **{name: getattr(marked, name) for name in SAID},
        text=text,
        blocks=blocks,
        extractor=f"{versions()} ({origin})",
        facts=facts,
    )


def with_marks(
    metadata: Metadata, placed: Sequence[Placed], texts: Sequence[str], data: StructuredData, *, url: str
) -> Metadata:
    """The metadata with what the page's lines tell: where its text is from, and what kind of article it is."""
    own = {url, metadata.canonical_link}
    based_on = [one.based_on for one in data.stories if one.based_on not in own]
    credit = credit_of(placed, texts=texts, own_names=metadata.site_names, base=url, based_on=based_on)
    kinds = [kind for one in data.stories for kind in one.kinds]
    sections = (metadata.section, *metadata.tags)
    lines = [text for _, text in placed] + ([credit.line] if credit.line else [])
    return replace(
        metadata,
        credit_line=credit.line,
        credit_url=credit.url,
        is_live_blog=is_live_blog(title=metadata.title, kinds=kinds),
        is_press_release=is_press_release(url=url, title=metadata.title, kinds=kinds, sections=sections, lines=lines),
    )


def main_blocks(root: HtmlElement, placed: Sequence[Placed]) -> list[str]:
    """Blocks of the article: what the extractor recognised, filled; a short one as the page itself marks it.

    Where that is little of what the page says outside its links and its chrome, as on one page in forty, the extractor
    overlooked the article: it is the one element that says nearly all, else what a thorough look finds.
    """
    said = sum(len(one[1]) for one in placed if one.is_content)
    found = filled_or_marked(root, placed, paragraphs_of(root))
    if sum(map(len, found)) >= DOUBTFUL_SHARE * said:
        return found
    column = only_column(placed)
    if sum(map(len, column)) >= COLUMN_SHARE * said:
        return filled(placed, column)
    return filled_or_marked(root, placed, paragraphs_of(root, is_thorough=True))


def filled_or_marked(root: HtmlElement, placed: Sequence[Placed], recognised: Sequence[str]) -> list[str]:
    """What was recognised, filled; of a short article what the page marks as its body."""
    if sum(map(len, recognised)) < SHORT_ARTICLE and (marked := named_body(root)):
        return marked
    return filled(placed, recognised)


def located(texts: Sequence[str], placed: Sequence[Placed]) -> tuple[Block, ...]:
    """The texts with their places in the tree; a text that stands nowhere as it is has an empty path."""
    elements = {text: element for element, text in reversed(placed)}
    if not elements.keys() >= set(texts):  # then spaces differ
        elements = {one.squeezed: one[0] for one in reversed(placed)} | elements
    step = cache(step_of)  # blocks side by side share what is around them
    return tuple(
        block_at(text, elements[text] if text in elements else elements.get(squeezed(text)), step) for text in texts
    )


def block_at(text: str, element: HtmlElement | None, step: Callable[[HtmlElement], str]) -> Block:
    """The block with the names of its element and of those around it."""
    if element is None:
        return Block(text=text, tag="p", path="")
    around = [element, *islice(element.iterancestors(), PATH_DEPTH - 1)]
    path = "/".join(step(one) for one in reversed(around) if isinstance(one.tag, str))
    return Block(text=text, tag=str(element.tag), path=path[-MAX_PATH:])


def step_of(element: HtmlElement) -> str:
    """Tag and first class, without the digits in which generated names differ from page to page."""
    names = (element.get("class") or "").split(None, 1)
    tag = str(element.tag)
    return f"{tag}.{DIGITS.sub('', names[0])}" if names else tag


def trusted(text: str, data: StructuredData, content_html: str | None) -> tuple[str, str]:
    """(the text, where it was read): the page's own, unless its data or the feed has far more.

    Pages built by scripts show nothing of what their data holds, and some not even that: the feed's full text
    (``content:encoded``) is then all there is. ``articleBody`` is often cut, and where it is whole the page shows the
    same: data and feed are the second and the third witness.
    """
    body = data.article_body or ""
    origin = "page"
    if len(body) >= SHELL_BODY_MIN and len(text) < SHELL_SHARE * len(body):
        text, origin = body, str(data.body_origin or "data")
    if content_html and len(content_html) >= SHELL_BODY_MIN:
        told = "\n\n".join(cleaned(paragraphs_from(content_html), titles=()))
        if len(told) >= SHELL_BODY_MIN and len(text) < SHELL_SHARE * len(told):
            return told, FEED_TEXT.strip("()")
    return text, origin


def printed_titles(root: HtmlElement) -> list[str]:
    """Every form in which the page prints its title."""
    return [*map(str, PRINTED_TITLES(root)), *(" ".join(heading.text_content().split()) for heading in HEADINGS(root))]
