"""The ledger of a run."""

from __future__ import annotations

from datetime import UTC, datetime

from archive.model import Discovered, Missed, Settled
from crawler.ledger import Ledger

NOW = datetime(2026, 3, 1, tzinfo=UTC)
A_FIND = Discovered(
    source_id="esa",
    url="https://esa.example/a",
    discovered_via="feed",
    endpoint_url="https://esa.example/feed",
    discovered_at=NOW,
)


def test_an_address_in_feed_and_sitemap_is_announced_once() -> None:
    ledger = Ledger(["esa"])
    ledger.announced("esa", A_FIND.url)
    ledger.announced("esa", A_FIND.url)
    assert ledger.of("esa").announced == 1


def test_what_was_sent_and_not_settled_is_lost() -> None:
    ledger = Ledger(["esa"])
    ledger.took(Missed(discovered=A_FIND, reason="timeout", missed_at=NOW))
    assert ledger.lost == 1
    ledger.settle(Settled(source_id="esa", url=A_FIND.url, outcome="failed", reason="timeout"))
    assert ledger.lost == 0


def test_new_revised_and_duplicate_articles_count_as_archived_and_drops_keep_their_reason() -> None:
    ledger = Ledger(["esa"])
    for outcome in ("new", "revision", "duplicate", "unchanged"):
        ledger.settle(Settled(source_id="esa", url=A_FIND.url, outcome=outcome))
    ledger.settle(Settled(source_id="esa", url=A_FIND.url, outcome="rejected", reason="soft_404"))
    assert ledger.of("esa").archived == 3
    assert ledger.of("esa").reasons == {"soft_404": 1}


def test_a_source_failed_when_no_endpoint_answered() -> None:
    ledger = Ledger(["esa"])
    ledger.settle(Settled(source_id="esa", url="https://esa.example/feed", outcome="endpoint_failed", reason="dns"))
    assert ledger.of("esa").has_failed
    ledger.settle(Settled(source_id="esa", url="https://esa.example/sitemap.xml", outcome="endpoint_ok"))
    assert not ledger.of("esa").has_failed
