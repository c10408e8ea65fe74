"""New, revised, unchanged, or a copy? Decided on values; no database.

Identity is not the URL: an article is met under tracking parameters, redirects, AMP and print variants,
``rel=canonical`` and feed GUIDs. The order of the rules is the order of what can be trusted:

1. **Where it was asked for and where it was found** are facts. The same address is the same page, whatever it
   says now: an edit is a revision even when its new text is a copy of another's.
2. **What the page or the feed says of itself** (canonical and variant links, guid, stops on the way of a redirect)
   are claims: templates give every page one canonical link, feeds repeat guids. A claim counts only when title or
   text agrees. A page that claims another address is a view of that article: it adds an address, never an edit.
   A guid is the feed's word for the article itself, so there a difference is an edit.
3. **The same title and text at the same source** is the same article at one more address.
4. **Nearly the same text at the same source, of the same time**, under the same title or an address that differs in
   one part, is the same article edited, headline and address with it.
5. **The same text elsewhere** is a copy, kept and linked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from archive.digests import folded
from archive.model import Article, Candidate, Decision, Duplicate, New, Revision, Unchanged
from archive.urls import guid_key, url_key

MIN_WORDS_FOR_COPY = 20  # words; below this two stories may say the same by chance ("Launch postponed.")
MIN_EDITED = 0.6  # resemblance; a page that an editor changes keeps more of its text than a rewritten copy does
MIN_SLUG = 1 / 3  # of the words of two slugs; editors swap the words of a headline, and keep what it is about
WORD = re.compile(r"[^\W_]+")
OWN_NUMBER = 5  # digits of the number a site gives an article, at least; years, months and days have fewer
Similar = tuple[Candidate, float]


def decide(article: Article, candidates: Sequence[Candidate], similar: Sequence[Similar] = ()) -> Decision:
    """The decision on an article, given every stored one that shares an address or the text with it.

    ``similar`` are near copies with how alike they are (0 to 1), already verified. Among equals the source's own
    article comes first, then the one held longest, so the order of ``candidates`` does not matter.
    """
    ranked = sorted(candidates, key=lambda one: (one.source_id != article.source_id, one.id))
    if (held := next((one for one in ranked if is_same_address(article, one)), None)) is not None:
        return edited(article, held, candidates)
    agreeing = [one for one in ranked if agrees(article, one)]
    if (held := first_with(agreeing, facts(article) | guids(article))) is not None:
        return edited(article, held, candidates)
    if (held := first_with(agreeing, claims(article))) is not None:
        return Unchanged(of=held.id)
    here = [one for one in ranked if one.source_id == article.source_id and is_same_text(article, one)]
    if (held := next((one for one in here if is_same_title(article, one)), None)) is not None:
        return Unchanged(of=held.id)
    near = [one for one, likeness in similar if likeness >= MIN_EDITED and one.source_id == article.source_id]
    if (held := next((one for one in [*here, *near] if is_readdressed(article, one)), None)) is not None:
        return edited(article, held, candidates)
    if copies := copies_of(article, candidates):
        return Duplicate(of=copies[0].id, reason="same_text", similarity=1.0)
    if similar:
        nearest, similarity = max(similar, key=lambda pair: (pair[1], -pair[0].id))
        return Duplicate(of=nearest.id, reason="near_text", similarity=similarity)
    return New()


def first_with(candidates: Iterable[Candidate], keys: frozenset[str]) -> Candidate | None:
    """The first candidate that was met under one of the keys."""
    return next((one for one in candidates if one.alias_keys & keys), None)


def is_same_address(article: Article, candidate: Candidate) -> bool:
    """Asked for, or found, where the candidate was; a fact on both sides."""
    return bool((candidate.alias_keys - candidate.claimed_keys) & facts(article))


def edited(article: Article, held: Candidate, candidates: Sequence[Candidate]) -> Unchanged | Revision:
    """The same page: word for word, or with what the publisher changed.

    White space, letter case and Unicode form never count; a date or author that comes and goes is no edit of the
    article. An older capture than the one held (a WARC replayed or imported late) says nothing new.
    """
    if held.captured_at is not None and article.capture.captured_at < held.captured_at:
        return Unchanged(of=held.id)
    changed = []
    if folded(article.title) != folded(held.title):
        changed.append("title")
    if held.text_digest != article.text_digest:
        changed.append("text")
    if not changed:
        return Unchanged(of=held.id)
    copies = copies_of(article, [one for one in candidates if one.id != held.id])
    return Revision(of=held.id, changed=tuple(changed), copy_of=copies[0].id if copies else None)


def is_readdressed(article: Article, candidate: Candidate) -> bool:
    """The candidate, of the same source and with about the same text, under an address that was edited."""
    if not is_same_time(article, candidate):
        return False
    return is_same_title(article, candidate) or is_kindred(article.url_key, candidate.url_key)


def is_same_time(article: Article, candidate: Candidate) -> bool:
    """Published at the same minute, or on the same day where one of them says no more than that."""
    one, other = article.published_at, candidate.published_at
    if one is None or other is None:
        return False
    if "day" in (article.published_at_precision, candidate.published_at_precision):
        return one.date() == other.date()
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


def is_kindred(key: str, other: str) -> bool:
    """Two keys that differ in one part of the path, which tells of the same thing.

    A third of the words, two at least, with the same numbers (a part, a mission, a day); or the article's own number.
    """
    parts, others = key.split("/"), other.split("/")
    differing = [pair for pair in zip(parts, others, strict=False) if pair[0] != pair[1]]
    if len(parts) != len(others) or len(differing) != 1 or parts[0] != others[0]:
        return False
    words, their_words = (set(WORD.findall(part)) for part in differing[0])
    numbers, their_numbers = ({word for word in one if word.isdecimal()} for one in (words, their_words))
    if any(len(number) >= OWN_NUMBER for number in numbers & their_numbers):
        return True
    return numbers == their_numbers and len(words & their_words) >= max(2, MIN_SLUG * len(words | their_words))


def copies_of(article: Article, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Articles with the text in hand, held longest first."""
    return sorted((one for one in candidates if is_same_text(article, one)), key=lambda one: one.id)


def facts(article: Article) -> frozenset[str]:
    """Keys of where the article was asked for, and of where the answer came from."""
    asked = {key for kind, url in article.alias_urls if kind == "requested" and (key := key_or_none(url))}
    found = key_or_none(article.capture.target_uri)
    keys = asked | ({found} if found else set())
    return frozenset(keys if article.url_key in claims(article) - keys else keys | {article.url_key})


def claims(article: Article) -> frozenset[str]:
    """Keys of the addresses that the page, or the way to it, names."""
    urls = (url for kind, url in article.alias_urls if kind not in ("requested", "guid"))
    return frozenset(key for url in urls if (key := key_or_none(url)))


def guids(article: Article) -> frozenset[str]:
    """Keys of the ids that feeds gave the article."""
    return frozenset(guid_key(article.source_id, value) for kind, value in article.alias_urls if kind == "guid")


def key_or_none(url: str) -> str | None:
    """None for an address that is none: what is none identifies nothing."""
    try:
        return url_key(url)
    except ValueError:
        return None


def agrees(article: Article, candidate: Candidate) -> bool:
    """Title or text is the same, however short."""
    has_its_text = article.word_count > 0 and candidate.text_digest == article.text_digest
    return has_its_text or is_same_title(article, candidate)


def is_same_title(article: Article, candidate: Candidate) -> bool:
    """Equal words; two articles without a title have none in common."""
    return folded(article.title) == folded(candidate.title) != ""


def is_same_text(article: Article, candidate: Candidate) -> bool:
    """Equal words, and enough of them."""
    return candidate.text_digest == article.text_digest and article.word_count >= MIN_WORDS_FOR_COPY
