"""Under which addresses an article was met: look-up of what may be the same one, and writing down new ones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.model import Article, Candidate
from archive.sanitise import clean
from archive.schema import AliasRow, ArticleRow
from archive.urls import guid_key, url_key

MAX_SAME_TEXT = 50  # candidates of one text; a text that fifty articles share is a template, and fifty tell enough


def alias_keys(article: Article) -> dict[str, tuple[str, str]]:
    """Key → (kind, address) of every address of the article, its own first."""
    keys = {article.url_key: ("requested", article.canonical_url)}
    for kind, url in article.alias_urls:
        key = guid_key(article.source_id, url) if kind == "guid" else key_or_none(url)
        if key is not None:
            keys.setdefault(key, (kind, url))
    return {clean(key): value for key, value in keys.items()}


def key_or_none(url: str) -> str | None:
    """None for an address that is none: pages name all sorts of things as theirs."""
    try:
        return url_key(url)
    except ValueError:
        return None


def candidates(session: Session, article: Article) -> list[Candidate]:
    """Stored articles that share an address or the text with this one, oldest first."""
    by_address = select(AliasRow.article_id).where(AliasRow.url_key.in_(alias_keys(article)))
    ids = set(session.scalars(by_address))
    same_text = select(ArticleRow.id).where(ArticleRow.text_digest == article.text_digest).order_by(ArticleRow.id)
    ids |= set(session.scalars(same_text.limit(MAX_SAME_TEXT)))
    rows = session.scalars(select(ArticleRow).where(ArticleRow.id.in_(ids)).order_by(ArticleRow.id))
    return [candidate_of(session, row) for row in rows]


def candidate_of(session: Session, row: ArticleRow) -> Candidate:
    keys = session.scalars(select(AliasRow.url_key).where(AliasRow.article_id == row.id))
    return Candidate(
        id=row.id,
        source_id=row.source_id,
        url_key=row.url_key,
        title=row.title,
        text_digest=row.text_digest,
        authors=tuple(row.authors),
        published_at=row.published_at,
        alias_keys=frozenset(keys),
    )


def add_aliases(session: Session, article_id: int, article: Article, *, now: datetime) -> None:
    """Write down addresses nobody has yet; one that leads to another article stays with it."""
    keys = alias_keys(article)
    held = set(session.scalars(select(AliasRow.url_key).where(AliasRow.url_key.in_(keys))))
    for key, (kind, url) in keys.items():
        if key not in held:
            session.add(AliasRow(url_key=key, url=clean(url), kind=kind, article_id=article_id, first_seen_at=now))
