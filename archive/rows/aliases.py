"""Under which addresses an article was met: look-up of what may be the same one, and writing down new ones.

An address that was asked for, or that answered, is a fact. One that a page names for itself, or that a redirect
came through, is a claim: templates get it wrong, and consent pages lie on the way to every article. An address has
one article; a fact takes it from a claim.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from archive.model import Article, Candidate
from archive.rows.kinship import same_text
from archive.schema import AliasRow, ArticleRow, CaptureRow
from archive.urls import guid_key, url_key

CLAIMS = ("canonical", "variant", "redirect")  # kinds; of "redirect" the address that answered is a fact
MAX_SAME_TEXT = 50  # candidates of one text; a text that fifty articles share is a template, and fifty tell enough
MAX_ALIASES = 100  # of one article in hand; a page that names more addresses for itself is made by a machine
ALIAS = AliasRow.metadata.tables[AliasRow.__tablename__]
HELD = select(ALIAS.c.id, ALIAS.c.url_key, ALIAS.c.kind, ALIAS.c.article_id).where(
    ALIAS.c.url_key.in_(bindparam("keys", expanding=True))
)
TAKE = (
    update(ALIAS)
    .where(ALIAS.c.id == bindparam("number"))
    .values(article_id=bindparam("to"), kind=bindparam("as_kind"), url=bindparam("at_url"))
)


@dataclass(frozen=True, slots=True)
class Alias:
    """An address that leads to a stored article."""

    id: int
    url_key: str
    kind: str
    article_id: int


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


def held_aliases(session: Session, article: Article) -> dict[str, Alias]:
    """Key → those of the article's addresses that lead to an article that is stored."""
    rows = session.connection().execute(HELD, {"keys": list(alias_keys(article))})
    return {row.url_key: Alias(*row) for row in rows}


def candidates(session: Session, article: Article, held: Mapping[str, Alias]) -> list[Candidate]:
    """Stored articles that share an address (``held_aliases``) or the text with this one, oldest first."""
    ids = {row.article_id for row in held.values()} | set(same_text(session, article.text_digest, most=MAX_SAME_TEXT))
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
    session: Session, article_id: int, article: Article, held: Mapping[str, Alias], *, now: datetime
) -> None:
    """Write down addresses nobody has yet, and take those that another article only claimed and this one has."""
    keys = alias_keys(article)
    answered = key_or_none(article.capture.target_uri)
    new = []
    for key, (kind, url) in keys.items():
        row = held.get(key)
        is_fact = kind == "requested" or key == answered
        if row is None:
            new.append({"url_key": key, "url": url, "kind": kind, "article_id": article_id, "first_seen_at": now})
        elif is_fact and row.kind in CLAIMS:
            values = {"number": row.id, "to": article_id, "as_kind": kind, "at_url": url}
            session.connection().execute(TAKE, values)
    if new:
        session.connection().execute(insert(ALIAS), new)
