"""From what a page says to the article that is kept: one date, one address, clean text. Pure.

The page names dates and addresses in several places and not all of them are true; here it is decided which
to believe, and the same page always gives the same article.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from archive.digests import text_digest
from archive.model import AliasKind, Article, Block, Capture, DateCandidate, Discovered, Extracted, Particulars
from archive.urls import WWW, canonical_url, host_of, url_key
from archive.words import word_count
from pipelines import dates

FIRST_DAY = datetime(1957, 10, 4, tzinfo=UTC)  # Sputnik 1: no news of space is older
ZONE_SLACK = timedelta(hours=14)  # UTC+14, the easternmost zone: its day begins that much before UTC's
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u200b\u00ad\u2060]")
SPACES = re.compile(r"[^\S\n]+")
BLANK_LINES = re.compile(r"\n\s*\n\s*")
VARIANT_SEGMENT = re.compile(r"(?:amp|print|\d+|page|full|index\.\w+|default\.\w+)", re.IGNORECASE)


def article_from(
    extracted: Extracted, *, discovered: Discovered, capture: Capture, strip_params: Sequence[str] = ()
) -> Article:
    """The article as it is decided on and kept.

    ``capture.captured_at`` is the present: no date after it is believed. Raises ``ValueError`` when the
    capture's own address is none.
    """
    address = address_of(extracted, capture, strip_params)
    candidates = (*extracted.dates, *announced(discovered))
    published = chosen_date(candidates, now=capture.captured_at)
    blocks = clean_blocks(extracted)
    text = "\n\n".join(block.text for block in blocks)
    return Article(
        source_id=discovered.source_id,
        canonical_url=address,
        url_key=url_key(address, strip_params=strip_params),
        title=clean_line(extracted.title) or clean_line(discovered.title or ""),
        text=text,
        authors=clean_lines(extracted.authors),
        published_at=published.value if published else None,
        published_at_precision=published.precision if published else "unknown",
        published_at_origin=published.origin if published else None,
        published_at_offset_minutes=published.offset_minutes if published else None,
        modified_at=modified_at(candidates, published, now=capture.captured_at),
        lang=clean_line(extracted.lang or "") or None,
        description=clean_line(extracted.description or "") or None,
        canonical_link=web_address(extracted.canonical_link, capture.target_uri),
        tags=clean_lines(extracted.tags),
        is_paywalled=extracted.is_paywalled,
        wishes=extracted.wishes,
        word_count=word_count(text),
        text_digest=text_digest(text),
        extractor=extracted.extractor,
        blocks=blocks,
        alias_urls=alias_urls(extracted, discovered, capture),
        capture=capture,
        **particulars(extracted, capture.target_uri),
    )


def particulars(extracted: Extracted, base: str) -> dict[str, Any]:  # Any: as Particulars says of each
    """What else the page says: texts on one clean line, addresses in full, the rest as it is."""
    found: dict[str, Any] = {}
    for name in (one.name for one in fields(Particulars)):
        value = getattr(extracted, name)
        if name.endswith("_url"):
            value = web_address(value, base)
        elif isinstance(value, str):
            value = clean_line(value) or None
        found[name] = value
    return found


# Dates


def announced(discovered: Discovered) -> tuple[DateCandidate, ...]:
    """The date with which a feed or sitemap announced the article; empty where it gave none."""
    if discovered.published_at is None or discovered.discovered_via not in ("feed", "sitemap"):
        return ()
    value = discovered.published_at.astimezone(UTC)
    is_day = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
    return (
        DateCandidate(
            value=value,
            precision="day" if is_day else "second",
            offset_minutes=None,
            origin="feed" if discovered.discovered_via == "feed" else "sitemap",
            role="published",
        ),
    )


def chosen_date(candidates: Iterable[DateCandidate], *, now: datetime) -> DateCandidate | None:
    """The publication date to believe among the possible ones (how: ``pipelines.dates``); None when there is none."""
    return dates.chosen_date([one for one in candidates if is_possible(one, now)])


def is_possible(candidate: DateCandidate, now: datetime) -> bool:
    """Neither before the first satellite nor in the future; a day may have begun farther east."""
    slack = ZONE_SLACK if candidate.precision == "day" else timedelta()
    return FIRST_DAY <= candidate.value <= now + slack and candidate.value - slack <= now


def modified_at(
    candidates: Iterable[DateCandidate], published: DateCandidate | None, *, now: datetime
) -> datetime | None:
    """When the page says it was last changed; None when it does not say, or says a time before publication."""
    changed = [one for one in candidates if one.role == "modified" and is_possible(one, now)]
    if not changed:
        return None
    value = max(changed, key=lambda one: dates.TRUST[one.origin]).value
    return None if published is not None and value < published.value else value


# Addresses


def address_of(extracted: Extracted, capture: Capture, strip_params: Sequence[str]) -> str:
    """The page's own canonical link where it can be believed, else where the page was met; in canonical form."""
    link = web_address(extracted.canonical_link, capture.target_uri)
    chosen = link if link and is_believable(link, capture.target_uri) else capture.target_uri
    return canonical_url(chosen, strip_params=strip_params)


def is_believable(link: str, target_uri: str) -> bool:
    """A canonical link of the same host that is neither the home page nor a section above the page.

    Sites put their home page, or the list the article is in, into a template by mistake: believed, it would
    make one article of all of them.
    """
    if not same_host(link, target_uri):
        return False
    ours, theirs = segments(target_uri), segments(link)
    if not theirs and not urlsplit(link).query:
        return False
    if theirs == ours[: len(theirs)] and len(theirs) < len(ours):
        return all(VARIANT_SEGMENT.fullmatch(segment) for segment in ours[len(theirs) :])
    return True


def segments(url: str) -> list[str]:
    """Parts of the path; the home page has none."""
    found = [segment for segment in urlsplit(url).path.split("/") if segment]
    return [] if len(found) == 1 and re.fullmatch(r"(?:index|default)\.\w+", found[0]) else found


def same_host(one: str, other: str) -> bool:
    """Equal hosts; ``www.`` and the ``m.`` and ``amp.`` of variants do not count."""
    return bare_host(one) == bare_host(other)


def bare_host(url: str) -> str:
    return re.sub(r"^(?:amp|m|mobile)\.(?=[^.]+\.)", "", WWW.sub("", host_of(url)))


def web_address(link: str | None, base: str) -> str | None:
    """The link as an absolute web address; None for none, and for what is not one."""
    if not link:
        return None
    try:
        absolute = urljoin(base, clean_line(link))
        canonical_url(absolute)
    except ValueError:
        return None
    return absolute


def alias_urls(extracted: Extracted, discovered: Discovered, capture: Capture) -> tuple[tuple[AliasKind, str], ...]:
    """Every address under which the article was met, and the feed's id; each once, first kind named."""
    found: list[tuple[AliasKind, str]] = [("requested", discovered.url)]
    found += [("redirect", url) for url in (*capture.redirected_from, capture.target_uri) if url != discovered.url]
    link = web_address(extracted.canonical_link, capture.target_uri)
    if link and is_believable(link, capture.target_uri):
        found.append(("canonical", link))
    variants = (web_address(one, capture.target_uri) for one in extracted.variant_links)
    found += [("variant", one) for one in variants if one and segments(one) and same_host(one, capture.target_uri)]
    if discovered.guid:
        found.append(("guid", clean_line(discovered.guid)))
    firsts = {(kind == "guid", value): kind for kind, value in reversed(found)}
    return tuple((kind, value) for kind, value in found if firsts.pop((kind == "guid", value), None) == kind)


# Text


def clean_text(text: str) -> str:
    """Paragraphs joined by blank lines, without what no store takes: NUL and other controls, lone surrogates; NFC."""
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()  # one line, and nothing in it to clean: most paragraphs
    plain = unicodedata.normalize("NFC", CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    lines = "\n".join(SPACES.sub(" ", line).strip() for line in plain.split("\n"))
    return BLANK_LINES.sub("\n\n", lines).strip()


def clean_blocks(extracted: Extracted) -> tuple[Block, ...]:
    """The paragraphs of the text, cleaned, with their places where extraction gave them."""
    given = extracted.blocks or tuple(Block(text=one, tag="p", path="") for one in extracted.text.split("\n\n"))
    cleaned = ((block, clean_text(block.text)) for block in given)
    return tuple(block if text == block.text else replace(block, text=text) for block, text in cleaned if text)


def clean_line(text: str) -> str:
    """As ``clean_text``, on one line."""
    return " ".join(clean_text(text).split())


def clean_lines(texts: Iterable[str]) -> tuple[str, ...]:
    """Each as ``clean_line``, without empty ones and repeats."""
    return tuple(dict.fromkeys(line for text in texts if (line := clean_line(text))))
