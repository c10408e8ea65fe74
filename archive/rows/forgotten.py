"""Addresses that were forgotten on demand: kept as digests alone, and asked wherever a page could come in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from archive.database import reading
from archive.digests import digest_of
from archive.sanitise import clean
from archive.schema import ForgottenRow
from archive.urls import url_key

ANY = "any_forgotten"  # of ``session.info``


def key_digest(key: str) -> str:
    """Digest of a look-up key (``url_key``, ``guid_key``): the address can't be read from it."""
    return digest_of(key.encode("utf-8", "replace"))


def forgotten_digests(engine: Engine) -> frozenset[str]:
    """All of them."""
    with reading(engine) as session:
        return frozenset(session.scalars(select(ForgottenRow.key_digest)))


def is_forgotten(digests: Collection[str], url: str) -> bool:
    """The address, in any spelling that counts as the same page, is one of them."""
    if not digests:
        return False
    try:
        return key_digest(url_key(url)) in digests
    except ValueError:
        return False


def forgotten_among(session: Session, keys: Iterable[str]) -> set[str]:
    """Those of these keys that were forgotten."""
    if not is_any_forgotten(session):
        return set()
    by_digest = {key_digest(key): key for key in keys}
    rows = session.scalars(select(ForgottenRow.key_digest).where(ForgottenRow.key_digest.in_(by_digest)))
    return {by_digest[digest] for digest in rows}


def is_any_forgotten(session: Session) -> bool:
    """Most archives have forgotten nothing: asked once a transaction, which nobody else writes beside."""
    if ANY not in session.info:
        session.info[ANY] = session.scalar(select(ForgottenRow.key_digest).limit(1)) is not None
    return bool(session.info[ANY])


def remember_to_forget(session: Session, digests: Iterable[str], *, reason: str, at: datetime) -> None:
    """Write the digests down; those that are there stay as they are."""
    session.info.pop(ANY, None)
    wanted = set(digests)
    held = set(session.scalars(select(ForgottenRow.key_digest).where(ForgottenRow.key_digest.in_(wanted))))
    session.add_all(ForgottenRow(key_digest=one, reason=clean(reason), forgotten_at=at) for one in wanted - held)
    session.flush()
