"""What a page says about its article: title, people, dates, language, picture, addresses. Never changes the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from urllib.parse import urljoin

from lxml.etree import XPath
from lxml.html import HtmlElement

from archive.model import DateCandidate, Particulars
from archive.wishes import page_wishes
from pipelines.agreement import folded
from pipelines.bylines import authors_of
from pipelines.datelines import date_candidates
from pipelines.language import language_of, normal_tag
from pipelines.pictures import lead_picture
from pipelines.prose import one_line
from pipelines.story import NEWS
from pipelines.structured import StructuredData
from pipelines.survey import Survey
from pipelines.titles import MAX_TITLE, site_forms, title_of, without_site
from pipelines.tree import words_in
from pipelines.vicinity import lines_after, lines_before

MAX_TAGS = 30
MAX_DESCRIPTION = 1000  # characters
HEAD_TITLE = XPath("string(/descendant::title[not(ancestor::svg)])")
LANGUAGES = XPath("//html/@*[local-name() = 'lang' or name() = 'xml:lang'] | //body/@lang")
TAG_LINKS = XPath("/descendant::a[contains(@rel, 'tag')]")
SAMPLE_TAGS = ("p", "h1", "h2", "td", "li")
SITE_META = (
    "og:site_name",
    "application-name",
    "apple-mobile-web-app-title",
    "twitter:site:name",
    "copyright",
    "publisher",
    "dc.publisher",
)
TITLE_META = (
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "citation_title",
    "title",
    "parsely-title",
    "sailthru.title",
    "headline",
)
SECTION_META = ("article:section", "parsely-section", "section")
LOCKED_META = {
    "article:content_tier": ("locked", "metered", "premium"),
    "content_tier": ("locked", "metered", "premium"),
    "access": ("locked", "paid"),
    "paywall": ("true", "hard", "yes"),
    "article:is_paywalled": ("true",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Particulars):
    """What a page says about its article; empty and None where it says nothing. ``credits`` and ``genre``, which read
    the page's lines, add the rest.
    """

    title: str
    authors: tuple[str, ...] = ()
    dates: tuple[DateCandidate, ...] = ()
    lang: str | None = None
    """BCP 47, as the page declares it where its script bears it out."""
    description: str | None = None
    site_names: frozenset[str] = frozenset()
    """What the page's own site is called, folded."""
    canonical_link: str | None = None
    variant_links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    is_paywalled: bool | None = None
    wishes: tuple[str, ...] = ()


def metadata_of(
    tree: HtmlElement,
    *,
    url: str,
    data: StructuredData,
    now: datetime,
    feed_title: str | None = None,
    feed_published_at: datetime | None = None,
    source_name: str | None = None,
    source_language: str | None = None,
    source_country: str | None = None,
) -> Metadata:
    """Everything but the text. ``now`` bounds dates: nothing is published in the future."""
    survey, base = Survey(tree), base_of(tree, url)
    meta = meta_values(survey.meta)
    sites = [one for one in (source_name, *(meta.get(name) for name in SITE_META), *data.site_names) if one]
    title = title_of(tree, head_titles=head_titles(tree, meta, data, feed_title), sites=sites, url=url)
    headline = news_headline(meta, data, site_forms(sites, url))
    lang = language(tree, meta, data, source_language)
    names = site_forms(sites, url)
    picture = lead_picture(tree, meta, [one.picture for one in data.stories])
    before = lines_before(title.heading) if title.heading is not None else []
    after = lines_after(title.heading) if title.heading is not None else []
    return Metadata(
        title=headline if headline and folded(headline) != folded(title.text) else title.text,
        authors=authors_of(
            survey, stories=data.stories, heading=title.heading, before=before, after=after, sites=names
        ),
        dates=date_candidates(
            survey,
            stories=data.stories,
            heading=title.heading,
            before=before,
            after=after,
            url=url,
            feed_published_at=feed_published_at,
            lang=lang,
            country=source_country,
            now=now,
        ),
        lang=lang,
        description=description(meta, data),
        section=section_of(meta, data),
        lead_image_url=absolute(base, picture.url),
        lead_image_width=picture.width,
        lead_image_height=picture.height,
        lead_image_caption=picture.caption,
        lead_image_credit=picture.credit,
        site_names=names,
        canonical_link=canonical(survey.once(related), base),
        variant_links=variants(survey.once(related), base),
        tags=tags_of(survey, meta, data),
        is_paywalled=paywall(meta, data),
        wishes=page_wishes((element.get("name") or "", element.get("content") or "") for element in survey.meta[:300]),
    )


def meta_values(metas: Sequence[HtmlElement]) -> dict[str, str]:
    """The page's ``<meta>`` values by lower-case name, the first of each."""
    found: dict[str, str] = {}
    for element in metas[:300]:
        for name in (element.get("property"), element.get("name"), element.get("itemprop"), element.get("http-equiv")):
            if name and (value := one_line(element.get("content", "")[:4000])):
                found.setdefault(name.lower(), value)
    return found


def head_titles(tree: HtmlElement, meta: dict[str, str], data: StructuredData, feed_title: str | None) -> list[str]:
    """What data, head and feed call the page."""
    listed = [data.headline, *(meta.get(name) for name in TITLE_META[:2]), HEAD_TITLE(tree), feed_title]
    listed += [meta.get(name) for name in TITLE_META[2:]]
    return [text for one in listed if one and (text := one_line(one[:2000]))]


def news_headline(meta: dict[str, str], data: StructuredData, names: frozenset[str]) -> str | None:
    """The headline of an article of news on which its data and its head agree word for word; None without one.

    The h1 of a page of news often lacks its topic ("Launch delayed: …"), or is changed by the hour. Where both name
    another headline than it, they were right on 12 pages of 12 (docs/extraction.md); on other pages on 7 of 25.
    """
    if not any(NEWS.search(kind) for story in data.stories for kind in story.kinds):
        return None
    told, shared = (without_site(one_line(one or "")[:2000], names) for one in (data.headline, meta.get("og:title")))
    is_told = 0 < len(told) <= MAX_TITLE and folded(told) == folded(shared)
    return told if is_told and folded(told) not in names else None


def language(tree: HtmlElement, meta: dict[str, str], data: StructuredData, source_language: str | None) -> str | None:
    """The page's language, its declarations held against its script."""
    declared: list[str | None] = [*LANGUAGES(tree), *(one.language for one in data.stories), meta.get("og:locale")]
    declared += [meta.get("content-language"), meta.get("dc.language"), meta.get("language"), source_language]
    return language_of(declared, sample_text(tree)) or normal_tag(source_language)


def sample_text(tree: HtmlElement) -> str:
    """Enough of the page's text to tell its script."""
    pieces: list[str] = []
    length = 0
    for element in islice(tree.iter(SAMPLE_TAGS), 120):
        piece = words_in(element)[:400].strip()
        pieces.append(piece)
        length += len(piece)
        if length > 2500:
            break
    return " ".join(pieces)[-2000:]


def description(meta: dict[str, str], data: StructuredData) -> str | None:
    found = meta.get("description") or meta.get("og:description") or meta.get("dc.description")
    found = found or next((one.description for one in data.stories if one.description), None)
    return one_line(found)[:MAX_DESCRIPTION] if found else None


def section_of(meta: dict[str, str], data: StructuredData) -> str | None:
    """The part of the site that the page says it stands in."""
    told = (meta.get(name) for name in SECTION_META)
    return next(filter(None, (*told, *(one.section for one in data.stories))), None)


def base_of(tree: HtmlElement, url: str) -> str:
    told = (one.get("href") for one in tree.iter("base"))
    return absolute(url, next((href for href in told if href is not None), None)) or url


def related(tree: HtmlElement) -> list[HtmlElement]:
    """Every ``<link>`` with an address and what it is."""
    return [one for one in tree.iter("link") if one.get("href") is not None and one.get("rel") is not None]


def absolute(base: str, address: str | None) -> str | None:
    """The address in full; None for none and for what no browser would ask for over HTTP."""
    if not address:
        return None
    try:
        found = urljoin(base, address.strip())
    except ValueError:
        return None
    return found if found.startswith(("http://", "https://")) and len(found) <= 2000 else None


def canonical(related_links: Sequence[HtmlElement], base: str) -> str | None:
    """``rel=canonical`` in full."""
    links = (one.get("href") for one in related_links if "canonical" in (one.get("rel") or "").lower().split())
    return next((found for one in links if (found := absolute(base, one))), None)


def variants(related_links: Sequence[HtmlElement], base: str) -> tuple[str, ...]:
    """AMP, print and mobile addresses; feeds and other languages are no variants."""
    found = []
    for one in related_links[:200]:
        rels = (one.get("rel") or "").lower().split()
        media = (one.get("media") or "").lower()
        is_other_format = "alternate" in rels and ("print" in media or "handheld" in media or "max-width" in media)
        if ("amphtml" in rels or is_other_format) and (address := absolute(base, one.get("href"))):
            found.append(address)
    return tuple(dict.fromkeys(found))


def tags_of(survey: Survey, meta: dict[str, str], data: StructuredData) -> tuple[str, ...]:
    """Section and keywords, each once; without them links marked ``rel=tag``."""
    words = [word for one in data.stories for word in one.keywords]
    words += [
        one_line(one.get("content", "")) for one in survey.meta if (one.get("property") or "").lower() == "article:tag"
    ]
    keywords = meta.get("news_keywords") or meta.get("keywords") or ""
    words = words or [
        word.strip() for word in keywords.replace("、", ",").replace("，", ",").replace(";", ",").split(",")
    ]
    words = [word for word in words if word] or [
        one_line((one.text_content() or "")[:200]) for one in TAG_LINKS(survey.tree)[:MAX_TAGS]
    ]
    words = [word for word in (section_of(meta, data), *words) if word and len(word) <= 80]
    listed = {folded(word): word for word in reversed(words)}
    return tuple(reversed(listed.values()))[:MAX_TAGS]


def paywall(meta: dict[str, str], data: StructuredData) -> bool | None:
    """True where data or head say that the text is not free; None where nothing says."""
    if data.is_accessible_for_free is not None:
        return not data.is_accessible_for_free
    marks = [meta[name].lower() in closed for name, closed in LOCKED_META.items() if name in meta]
    return any(marks) if marks else None
