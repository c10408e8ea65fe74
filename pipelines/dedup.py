"""New, revised, unchanged, or a copy? Decided on values; no database.

Identity is not the URL: an article is met under tracking parameters, redirects, AMP and print
variants, ``rel=canonical`` and feed GUIDs. All of these lead to one article by ``alias_keys``.
"""

from __future__ import annotations

from collections.abc import Sequence

from archive.model import Article, Candidate, Decision, Duplicate, New, Revision, Unchanged
from archive.urls import guid_key, url_key

MIN_WORDS_FOR_COPY = 20  # words; below this two stories may say the same by chance ("Launch postponed.")


def decide(article: Article, candidates: Sequence[Candidate]) -> Decision:
    """The decision on an article, given every stored one that shares an address or the text with it.

    Address before text: an edited article is a revision of itself even when its new text is a copy of
    another's. A feed's guid alone is weak (feeds repeat them), so it must come with the same title or text.
    """
    here = [one for one in candidates if one.source_id == article.source_id]
    for candidate in here:
        if is_same_page(article, candidate):
            return edited(article, candidate)
    for candidate in here:
        if is_same_text(article, candidate) and candidate.title == article.title:
            return Unchanged(of=candidate.id)
    elsewhere = [one for one in candidates if one.source_id != article.source_id]
    for candidate in elsewhere:
        if article.url_key in candidate.alias_keys:
            return edited(article, candidate)
    copies = [one for one in candidates if is_same_text(article, one)]
    if copies:
        return Duplicate(of=min(one.id for one in copies), reason="same_text", similarity=1.0)
    return New()


def is_same_page(article: Article, candidate: Candidate) -> bool:
    """An address of the article leads to the candidate; or its guid does, and title or text agree."""
    if candidate.alias_keys & address_keys(article):
        return True
    has_guid = bool(candidate.alias_keys & guid_keys(article))
    return has_guid and (candidate.title == article.title or candidate.text_digest == article.text_digest)


def address_keys(article: Article) -> frozenset[str]:
    """Keys of the article's web addresses."""
    keys = {article.url_key}
    for kind, url in article.alias_urls:
        if kind != "guid":
            try:
                keys.add(url_key(url))
            except ValueError:
                continue  # a page may name anything as its address; what is none identifies nothing
    return frozenset(keys)


def guid_keys(article: Article) -> frozenset[str]:
    """Keys of the ids that feeds gave the article."""
    return frozenset(guid_key(article.source_id, value) for kind, value in article.alias_urls if kind == "guid")


def edited(article: Article, candidate: Candidate) -> Unchanged | Revision:
    """The same page: word for word, or with what the publisher changed. White space and Unicode form never
    count (``text_digest`` folds them); a date or author that comes and goes is no edit of the article."""
    changed = []
    if candidate.title.split() != article.title.split():
        changed.append("title")
    if candidate.text_digest != article.text_digest:
        changed.append("text")
    return Revision(of=candidate.id, changed=tuple(changed)) if changed else Unchanged(of=candidate.id)


def is_same_text(article: Article, candidate: Candidate) -> bool:
    """Equal words, and enough of them."""
    return candidate.text_digest == article.text_digest and article.word_count >= MIN_WORDS_FOR_COPY
