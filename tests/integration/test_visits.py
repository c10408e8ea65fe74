"""Endpoints asked again and articles looked at again, at rest: on both engines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from archive.database import writing
from archive.frontier import Frontier
from archive.model import Article, Candidate, Decision, Missed, New, Polled
from archive.pace import Published
from archive.rows.hosts import HostGroup
from archive.schema import ArticleRow, FrontierRow
from archive.store import Store
from tests.builders import NOW, a_capture, a_discovered, a_source, an_article

FEED = "https://alpha.example/feed"
DAY = timedelta(days=1)


@pytest.fixture
def store(engine: Engine) -> Store:
    store = Store(engine)
    store.record_sources([a_source()], NOW)
    store.start_run("crawl", software="test", now=NOW)
    return store


def poll(
    store: Store, *, digest: str, etag: str | None = None, last_modified: str | None = None, after_h: int = 0
) -> None:
    store.record_poll(
        1,
        Polled(
            source_id="alpha", endpoint_url=FEED, kind="feed", polled_at=NOW + timedelta(hours=after_h), status=200,
            etag=etag, last_modified=last_modified, payload_digest=digest, announced=1,
        ),
    )  # fmt: skip


def test_the_whole_answer_is_asked_for_once_a_day(store: Store) -> None:
    poll(store, digest="a", etag='"1"')
    assert store.validators(FEED, NOW + timedelta(hours=23)) == ('"1"', None)
    assert store.validators(FEED, NOW + timedelta(hours=24)) is None


@pytest.mark.parametrize(
    ("first", "second", "is_lying"),
    [
        ({"etag": '"1"'}, {"etag": '"1"'}, True),
        ({"etag": '"1"'}, {"etag": '"2"'}, False),
        ({"etag": 'W/"1"'}, {"etag": 'W/"1"'}, False),
        ({"last_modified": "Sun, 01 Mar 2026 12:00:00 GMT"}, {"last_modified": "Sun, 01 Mar 2026 12:00:00 GMT"}, True),
        ({"etag": '"1"', "last_modified": "x"}, {"etag": '"2"', "last_modified": "x"}, False),
        ({}, {}, False),
    ],
)
def test_a_server_that_gives_one_name_to_two_bodies_is_believed_no_more(
    store: Store, first: dict, second: dict, is_lying: bool
) -> None:
    poll(store, digest="a", **first)
    poll(store, digest="b", **second, after_h=1)
    expected = (second.get("etag"), second.get("last_modified"))
    expected = None if is_lying or expected == (None, None) else expected
    assert store.validators(FEED, NOW + timedelta(hours=2)) == expected


def saved(store: Store, url: str, *, after: timedelta = timedelta()) -> None:
    def decide(article: Article, held: list[Candidate], similar: object) -> Decision:
        return New()

    found, at = a_discovered(url), NOW + after
    Frontier(store.engine, owner="test", now=lambda: at).announce([found])
    capture = a_capture(url, captured_at=at, warc_record_id=f"<urn:uuid:{url}>")
    store.save(1, found, an_article(url, capture=capture, text=f"Text of {url}.", text_digest=url), decide, at)


def test_what_stood_there_at_first_is_not_counted_as_published(store: Store) -> None:
    for number in range(5):
        saved(store, f"https://alpha.example/old/{number}")
    for number in range(3):
        saved(store, f"https://alpha.example/new/{number}", after=DAY * (number + 1))
    now = NOW + DAY * 4
    assert store.published(["alpha", "beta"], now) == {
        "alpha": Published(articles=3, during=timedelta(days=4) - timedelta(hours=1))
    }


class Looks:
    """Looks at one archived article."""

    URL = "https://alpha.example/news/rover"

    def __init__(self, store: Store) -> None:
        self.store = store
        saved(store, self.URL)

    def due(self, after: timedelta, *, is_forced: bool = False) -> list[str]:
        """What is leased for a look then; given back."""
        frontier = Frontier(self.store.engine, owner="looker", now=lambda: NOW + after, is_forced=is_forced)
        leased = frontier.lease_rechecks(["alpha"], 10)
        assert frontier.lease_rechecks(["alpha"], 10) == []  # nobody gets it twice
        frontier.release_leases()
        return [found.url for found, _ in leased]

    def missed(self, reason: str, after: timedelta) -> str:
        """The outcome of a look that found no page."""
        missed = Missed(discovered=a_discovered(self.URL), reason=reason, status=404, missed_at=NOW + after)
        return self.store.record_missed(1, missed).outcome

    def states(self) -> tuple[str, str]:
        with writing(self.store.engine) as session:
            return session.scalars(select(ArticleRow.state)).one(), session.scalars(select(FrontierRow.state)).one()


@pytest.fixture
def looks(store: Store) -> Looks:
    return Looks(store)


def test_an_article_is_due_for_a_look_after_six_hours_and_stays_archived_meanwhile(looks: Looks) -> None:
    assert looks.due(timedelta(hours=5)) == []
    assert looks.due(timedelta(hours=7)) == [Looks.URL]
    assert looks.states() == ("live", "archived")
    assert looks.due(timedelta(hours=7)) == [Looks.URL]  # given back, it is due as before


@pytest.mark.parametrize(
    ("told", "outcomes", "state"),
    [
        ([("http_410", 1)], ["gone"], "gone"),
        ([("http_404", 1)], ["deferred"], "live"),
        ([("http_404", 1), ("http_404", 2)], ["deferred", "deferred"], "live"),
        ([("http_404", 1), ("http_404", 4)], ["deferred", "gone"], "gone"),
        ([("http_404", 1), ("not_modified", 2), ("http_404", 4)], ["deferred", "unchanged", "deferred"], "live"),
        ([("http_403", 1), ("http_403", 4)], ["deferred", "deferred"], "blocked"),
        ([("timeout", 1), ("timeout", 9)], ["deferred", "deferred"], "live"),
    ],
)
def test_one_answer_takes_no_article_down_but_410(
    looks: Looks, told: list[tuple[str, int]], outcomes: list[str], state: str
) -> None:
    assert [looks.missed(reason, DAY * days) for reason, days in told] == outcomes
    assert looks.states()[0] == state


def test_what_is_gone_is_looked_at_when_forced_alone(looks: Looks) -> None:
    looks.missed("http_410", DAY)
    assert looks.due(DAY * 400) == []
    assert looks.due(DAY * 400, is_forced=True) == [Looks.URL]


def test_an_article_at_two_addresses_is_gone_when_both_are(looks: Looks, store: Store) -> None:
    other = "https://alpha.example/news/rover-again"
    saved(store, other)
    with writing(store.engine) as session:
        first, second = session.scalars(select(FrontierRow).order_by(FrontierRow.id)).all()
        second.article_id, second.recheck_at = first.article_id, None
    assert looks.missed("http_410", DAY) == "gone"
    with writing(store.engine) as session:
        states = {row.url: row.state for row in session.scalars(select(FrontierRow))}
        assert states == {Looks.URL: "gone", other: "archived"}
        assert set(session.scalars(select(ArticleRow.state))) == {"live"}
    assert looks.due(DAY * 2) == [other]


def test_what_hosts_ask_for_is_remembered(store: Store) -> None:
    group = HostGroup(name="alpha", asked_at=NOW, delay_s=2.5, held_until=NOW + DAY)
    store.remember_hosts([group], NOW)
    store.remember_hosts([group], NOW)
    assert store.host_groups(["alpha", "beta"]) == {"alpha": group}


def test_robots_txt_holds_until_it_expires(store: Store) -> None:
    keep: Callable[..., None] = store.note_robots
    keep("https://alpha.example", status=200, text="User-agent: *\x00", expires_at=NOW + DAY, now=NOW)
    assert store.robots_answer("https://alpha.example", NOW) == (200, "User-agent: *")
    assert store.robots_answer("https://alpha.example", NOW + DAY) is None
    assert store.robots_answer("https://beta.example", NOW) is None
