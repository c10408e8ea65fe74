"""What a run asks of endpoints: visits, and when a sitemap index counts as read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive.model import Polled
from spiders.discovery.sitemap import ChildSitemap
from spiders.registry import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far one run follows what endpoints name. A backfill raises them."""

    urls: int = 50_000
    """Announced by one answer."""
    child_sitemaps: int = 50
    """Of one index, newest first."""
    sitemap_depth: int = 3
    """Indexes in indexes; sitemaps.org allows none."""
    feed_pages: int = 1
    listing_pages: int | None = None
    """Instead of what the source file says."""


BACKFILL = Limits(child_sitemaps=10_000, feed_pages=1_000, listing_pages=2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request to an endpoint, to a page of it, or to a child of its index."""

    source_id: str
    endpoint: Endpoint
    url: str
    page: int = 1
    depth: int = 0
    """Indexes above."""
    index_url: str | None = None
    """The index that named it."""

    def page_after(self, url: str) -> Visit:
        return replace(self, url=url, page=self.page + 1)

    def child(self, url: str) -> Visit:
        return replace(self, url=url, depth=self.depth + 1, index_url=self.url)


@dataclass(kw_only=True)
class OpenIndex:
    """An index whose children are still out."""

    polled: Polled
    waiting: int
    parent_url: str | None


class Indexes:
    """Holds back an index's ``Polled`` until its children are settled.

    An index that answers "not modified" next time is not read, nor are its children. So its validators
    may be kept only when every child was read, and each has a ``lastmod`` that would change the index.
    """

    def __init__(self) -> None:
        self.open: dict[tuple[str, str], OpenIndex] = {}

    def add(self, polled: Polled, *, waiting: int, parent_url: str | None) -> None:
        self.open[polled.source_id, polled.endpoint_url] = OpenIndex(
            polled=polled, waiting=waiting, parent_url=parent_url
        )

    def settle(self, source_id: str, index_url: str | None, *, is_read: bool) -> Iterator[Polled]:
        """The indexes, inner one first, that one more settled child completes."""
        while index_url is not None and (index := self.open.get((source_id, index_url))) is not None:
            index.waiting -= 1
            if not is_read:
                index.polled = without_validators(index.polled)
            if index.waiting > 0:
                return
            del self.open[source_id, index_url]
            yield index.polled
            is_read = index.polled.payload_digest is not None
            index_url = index.parent_url


def without_validators(polled: Polled) -> Polled:
    """The same outcome, to be asked for in full next time."""
    return replace(polled, etag=None, last_modified=None, payload_digest=None)


def is_child_due(child: ChildSitemap, *, polled_at: datetime | None, since: datetime | None) -> bool:
    """False for a child that was not modified since ``polled_at`` (its last visit) or before ``since``.

    A day is given to both: ``lastmod`` is often a bare day, in a zone nobody names.
    """
    if child.lastmod is None:
        return True
    modified_by = child.lastmod.at + timedelta(days=1)
    return (polled_at is None or modified_by >= polled_at) and (since is None or modified_by >= since)
