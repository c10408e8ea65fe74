"""How far an upgrade is, where it takes its time: a new archive's schema is made without a word."""

from __future__ import annotations

import logging

import sqlalchemy as sa

log = logging.getLogger("archive.migrations")
HAS_ARTICLES = sa.text("SELECT EXISTS (SELECT 1 FROM article)")


def tell(connection: sa.Connection, revision: str, what: str) -> None:
    """Say what comes next, where the archive holds articles."""
    if connection.execute(HAS_ARTICLES).scalar_one():
        log.info("schema step", extra={"schema": revision, "what": what})
