"""Under which addresses an article was met: look-up of what may be the same one, and writing down new ones.

An address that was asked for, or that answered, is a fact. One that a page names for itself, or that a redirect
came through, is a claim: templates get it wrong, and consent pages lie on the way to every article. An address has
one article; a fact takes it from a claim.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.model import Article, Candidate
from archive.schema import AliasRow, ArticleRow, CaptureRow
from archive.urls import guid_key, url_key

CLAIMS = ("canonical", "variant", "redirect")  # kinds; of "redirect" the address that answered is a fact
MAX_SAME_TEXT = 50  # candidates of one text; a text that fifty articles share is a template, and fifty tell enough
MAX_ALIASES = 100  # of one article in hand; a page that names more addresses for itself is made by a machine


def alias_keys(article: Article) -> dict[str, tuple[str, str]]:
    """Key → (kind, address) of every address of the article."""
    keys: dict[str, tuple[str, str]] = {}
    for kind, url in article.alias_urls[:MAX_ALIASES]:
        key = guid_key(article.source_id, url) if kind == "guid" else key_or_none(url)
        if key is not None:
            keys.setdefault(key, (kind, url))
    keys.setdefault(article.url_key, ("requested", article.canonical_url))
    return keys


def key_or_none(url: str) -> str | None:
    """None for an address that is none: pages name all sorts of things as theirs."""
    try:
        return url_key(url)
    except ValueError:
        return None


def held_aliases(session: Session, article: Article) -> dict[str, AliasRow]:
    """Key → row of those of the article's addresses that lead to an article that is stored."""
    rows = session.scalars(select(AliasRow).where(AliasRow.url_key.in_(alias_keys(article))))
    return {row.url_key: row for row in rows}


def candidates(session: Session, article: Article, held: Mapping[str, AliasRow]) -> list[Candidate]:
    """Stored articles that share an address (``held_aliases``) or the text with this one, oldest first."""
    ids = {row.article_id for row in held.values()}
    same_text = select(ArticleRow.id).where(ArticleRow.text_digest == article.text_digest).order_by(ArticleRow.id)
    ids |= set(session.scalars(same_text.limit(MAX_SAME_TEXT)))
    return candidates_of(session, ids) if ids else []


def candidates_of(session: Session, ids: Collection[int]) -> list[Candidate]:
    """These articles as ``decide`` compares them, oldest first; never their texts."""
    keys: defaultdict[int, set[str]] = defaultdict(set)
    claimed: defaultdict[int, set[str]] = defaultdict(set)
    for article_id, key, kind in session.execute(
        select(AliasRow.article_id, AliasRow.url_key, AliasRow.kind).where(AliasRow.article_id.in_(ids))
    ):
        keys[article_id].add(key)
        if kind in CLAIMS:
            claimed[article_id].add(key)
    rows = session.execute(
        select(
            ArticleRow.id,
            ArticleRow.source_id,
            ArticleRow.url_key,
            ArticleRow.title,
            ArticleRow.text_digest,
            ArticleRow.authors,
            ArticleRow.published_at,
            ArticleRow.published_at_precision,
            CaptureRow.captured_at,
            CaptureRow.url_key.label("answered_key"),
        )
        .join(CaptureRow, CaptureRow.id == ArticleRow.capture_id)
        .where(ArticleRow.id.in_(ids))
        .order_by(ArticleRow.id)
    )
    return [
        Candidate(
            id=row.id,
            source_id=row.source_id,
            url_key=row.url_key,
            title=row.title,
            text_digest=row.text_digest,
            authors=tuple(row.authors),
            published_at=row.published_at,
            published_at_precision=row.published_at_precision,
            alias_keys=frozenset(keys[row.id]),
            claimed_keys=frozenset(claimed[row.id] - {row.answered_key}),
            captured_at=row.captured_at,
        )
        for row in rows
    ]


def add_aliases(
    session: Session, article_id: int, article: Article, held: Mapping[str, AliasRow], *, now: datetime
) -> None:
    """Write down addresses nobody has yet, and take those that another article only claimed and this one has."""
    keys = alias_keys(article)
    answered = key_or_none(article.capture.target_uri)
    for key, (kind, url) in keys.items():
        row = held.get(key)
        is_fact = kind == "requested" or key == answered
        if row is None:
            session.add(AliasRow(url_key=key, url=url, kind=kind, article_id=article_id, first_seen_at=now))
        elif is_fact and row.kind in CLAIMS:
            row.article_id, row.kind, row.url = article_id, kind, url
