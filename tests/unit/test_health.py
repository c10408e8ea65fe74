"""archive.health: what is an alarm, what a warning, and what is no news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.health import findings, longest_usual_pause, span
from archive.observed import Archive, Drop, EndpointState, Observation, RunSeen, SeenArticle, Tally, Watched

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED, LISTING = "https://alpha.example/feed", "https://alpha.example/news"


def a_source(**changes) -> Watched:
    values = {"source_id": "alpha", "homepage": "https://alpha.example/", "endpoints": frozenset({FEED, LISTING})}
    return Watched(**values | changes)


def an_article(days_ago: float, *, words: int = 400, has_date: bool = True, has_authors: bool = True) -> SeenArticle:
    return SeenArticle(moment=NOW - days_ago * DAY, words=words, has_date=has_date, has_authors=has_authors)


def a_feed(reason: str | None = None, **changes) -> EndpointState:
    values = {
        "url": FEED,
        "kind": "feed",
        "polled_at": NOW - HOUR,
        "reason": reason,
        "failing_since": NOW - 3 * DAY if reason else None,
        "announced": 10,
    }
    return EndpointState(**values | changes)


def a_run(number: int, *, state: str = "finished", days_ago: float = 0.1, **changes) -> RunSeen:
    return RunSeen(id=number, state=state, started_at=NOW - days_ago * DAY, **changes)


def told(observation: Observation, *, source: Watched | None = None) -> list[tuple[str, str]]:
    """(kind, severity) of what is found of one source whose crawls run."""
    archive = Archive(runs=(a_run(1),), sources={"alpha": observation})
    return [(one.kind, one.severity) for one in findings(archive, [source or a_source()], now=NOW)]


def observed(*articles: SeenArticle, endpoints: tuple[EndpointState, ...] = (), **changes) -> Observation:
    """A source that was polled an hour ago."""
    return Observation(articles=articles, endpoints=endpoints or (a_feed(),), **changes)


def every(days: float, *, count: int, since: float = 0.1) -> tuple[SeenArticle, ...]:
    """``count`` articles, the newest ``since`` days ago."""
    return tuple(an_article(since + days * number) for number in range(count))


# -- silence -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet_days", "expected"),
    [
        (1.0, []),
        (1.9, []),
        (2.5, [("silent", "warning")]),
        (4.5, [("silent", "alarm")]),
    ],
)
def test_daily_source_is_silent_after_two_days_and_an_alarm_after_four(quiet_days: float, expected: list) -> None:
    assert told(observed(*every(1, count=30, since=quiet_days))) == expected


@pytest.mark.parametrize(
    ("quiet_days", "expected"),
    [(9.0, []), (12.0, [("silent", "warning")]), (22.0, [("silent", "alarm")])],
)
def test_weekly_source_may_be_quiet_for_longer(quiet_days: float, expected: list) -> None:
    assert told(observed(*every(7, count=20, since=quiet_days))) == expected


def test_silence_says_what_was_expected_what_came_and_since_when() -> None:
    [finding] = findings(
        Archive(runs=(a_run(1),), sources={"alpha": observed(*every(1, count=30, since=5))}), [a_source()], now=NOW
    )
    assert finding.source_id == "alpha"
    assert finding.expected == "an article within 2 days; its longest usual pause is 24 h"
    assert finding.observed == "none for 5 days"
    assert finding.since == datetime(2026, 2, 24, 12, 0, tzinfo=UTC)
    assert finding.advice == "look at https://alpha.example/: if there is news, perilune sources check alpha"


def test_one_long_pause_in_many_is_not_usual() -> None:
    before_the_holiday = tuple(an_article(40 + number) for number in range(20))
    after_it = tuple(an_article(3.5 + number) for number in range(20))
    assert told(observed(*after_it, *before_the_holiday)) == [("silent", "warning")]


def test_nothing_is_silent_while_too_little_is_known() -> None:
    assert told(observed(*every(1, count=6, since=20))) == []
    assert told(observed(*every(3, count=5, since=40))) == []


def test_nothing_is_silent_where_nobody_looked() -> None:
    """The machine was off for six days: that is late, and says nothing about the source."""
    away = (a_feed(polled_at=NOW - 6 * DAY),)
    assert told(observed(*every(1, count=30, since=6.1), endpoints=away)) == [("overdue", "warning")]


def test_source_file_may_allow_a_pause() -> None:
    quiet = observed(*every(1, count=30, since=9))
    assert told(quiet, source=a_source(per_week_min=0.5)) == []
    assert told(quiet, source=a_source(per_week_min=0.0)) == [("silent", "warning")]
    assert told(quiet, source=a_source(per_week_min=5.0)) == [("silent", "alarm")]


def test_longest_usual_pause_counts_days_with_news() -> None:
    week = [NOW - 7 * number * DAY - hours * HOUR for number in range(10) for hours in (0, 1, 2)]
    assert longest_usual_pause(week, now=NOW) == 7 * DAY
    assert longest_usual_pause([NOW - (400 + number) * DAY for number in range(50)], now=NOW) is None
    assert longest_usual_pause([], now=NOW) is None


# -- what articles lack ------------------------------------------------------------------------------------------------


def thinned(recent: int, **changes) -> tuple[SeenArticle, ...]:
    """Forty articles in a row of days, of which the latest ``recent`` are changed."""
    return tuple(
        an_article(0.1 + number * 0.5, **(changes if number < recent else {"words": 400})) for number in range(54)
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"words": 250}, []),
        ({"words": 180}, [("text_shrunk", "warning")]),
        ({"words": 60}, [("text_shrunk", "alarm")]),
        ({"has_date": False}, [("dates_missing", "alarm")]),
        ({"has_authors": False}, [("authors_missing", "alarm")]),
    ],
    ids=str,
)
def test_latest_articles_are_held_against_those_before(changes: dict, expected: list) -> None:
    assert told(observed(*thinned(14, **changes))) == expected


def test_half_of_the_authors_gone_is_a_warning() -> None:
    articles = list(thinned(0))
    articles[:14:2] = [an_article(0.1 + number * 0.5, has_authors=False) for number in range(0, 14, 2)]
    assert told(observed(*articles)) == [("authors_missing", "warning")]


def test_source_that_never_named_authors_misses_none() -> None:
    assert told(observed(*(an_article(0.1 + number, has_authors=False) for number in range(60)))) == []


def test_few_articles_or_old_ones_say_nothing() -> None:
    few = tuple(an_article(0.1 + number, words=50 if number < 10 else 400) for number in range(35))
    assert told(observed(*few)) == []
    old = tuple(an_article(70 + number, words=50 if number < 10 else 400) for number in range(60))
    kinds = [kind for kind, _ in told(observed(*old))]
    assert "text_shrunk" not in kinds


# -- refusals ----------------------------------------------------------------------------------------------------------


def a_drop(reason: str, count: int, *, days_ago: float = 2) -> Drop:
    at = NOW - days_ago * DAY
    return Drop(reason=reason, count=count, first_at=at, last_at=at + HOUR, url="https://www.alpha.example/news/1")


@pytest.mark.parametrize(
    ("recent", "expected"),
    [
        (Tally(asked=20, fetched=20, rejected=4), []),
        (Tally(asked=20, fetched=20, rejected=8), [("rejects_rising", "warning")]),
        (Tally(asked=20, fetched=20, rejected=14), [("rejects_rising", "alarm")]),
        (Tally(asked=6, fetched=6, rejected=6), []),
    ],
    ids=lambda value: str(getattr(value, "rejected", "")),
)
def test_rejects_are_held_against_those_before(recent: Tally, expected: list) -> None:
    before = Tally(asked=100, fetched=100, rejected=10)
    assert told(observed(recent=recent, before=before, drops=(a_drop("listing", 9),))) == expected


def test_source_that_was_always_rejected_is_not_rising() -> None:
    half = Tally(asked=100, fetched=100, rejected=50)
    assert told(observed(recent=half, before=half)) == []


@pytest.mark.parametrize(
    ("drops", "expected"),
    [
        ((a_drop("http_403", 2),), []),
        ((a_drop("http_403", 3), a_drop("soft_404", 30)), [("blocked", "warning")]),
        ((a_drop("block_page", 6), a_drop("http_429", 5)), [("blocked", "alarm")]),
        ((a_drop("timeout", 20),), []),
    ],
    ids=["chance", "some", "half of them", "another matter"],
)
def test_host_that_refuses_us_is_named(drops: tuple[Drop, ...], expected: list) -> None:
    assert told(observed(recent=Tally(asked=22, fetched=22), drops=drops)) == expected


def test_block_says_which_host_and_how() -> None:
    observation = observed(recent=Tally(asked=22, fetched=22), drops=(a_drop("http_429", 2), a_drop("block_page", 10)))
    [finding] = findings(Archive(runs=(a_run(1),), sources={"alpha": observation}), [a_source()], now=NOW)
    assert finding.observed == "www.alpha.example refused 12 of 22 in seven days: block_page 10, http_429 2"
    assert finding.since == datetime(2026, 2, 27, 12, 0, tzinfo=UTC)


# -- endpoints ---------------------------------------------------------------------------------------------------------


def test_feed_that_stopped_parsing_is_a_warning_while_another_endpoint_works() -> None:
    listing = a_feed(url=LISTING, kind="listing")
    assert told(observed(endpoints=(a_feed("not_a_feed"), listing))) == [("endpoint_unparsed", "warning")]


def test_source_without_any_endpoint_that_works_is_an_alarm() -> None:
    both = (a_feed("not_a_feed"), a_feed("http_5xx", url=LISTING, kind="listing"))
    assert told(observed(endpoints=both)) == [("endpoint_failing", "alarm"), ("endpoint_unparsed", "alarm")]


def test_failure_of_a_few_hours_is_maintenance() -> None:
    assert told(observed(endpoints=(a_feed("http_5xx", failing_since=NOW - 20 * HOUR),))) == []


def test_endpoint_that_was_a_guess_may_fail_beside_others() -> None:
    guess = a_feed("http_404", url=LISTING, kind="listing")
    unsure = a_source(unsure=frozenset({LISTING}))
    assert told(observed(endpoints=(a_feed(), guess)), source=unsure) == []
    assert told(observed(endpoints=(guess,)), source=unsure) == [("endpoint_failing", "alarm")]


def test_feed_that_announces_nothing_is_told_and_a_sitemap_is_not() -> None:
    assert told(observed(endpoints=(a_feed(announced=0),))) == [("endpoint_empty", "warning")]
    assert told(observed(endpoints=(a_feed(announced=0, kind="sitemap"),))) == []


def test_endpoint_that_the_file_no_longer_names_is_forgotten() -> None:
    assert told(observed(endpoints=(a_feed(), a_feed("http_404", url="https://alpha.example/old")))) == []


# -- schedule and runs -------------------------------------------------------------------------------------------------


def test_source_that_was_never_crawled_is_a_warning() -> None:
    assert told(Observation()) == [("never_crawled", "warning")]


def test_source_not_polled_for_long_is_a_warning_then_an_alarm() -> None:
    assert told(observed(endpoints=(a_feed(polled_at=NOW - 20 * HOUR),))) == []
    assert told(observed(endpoints=(a_feed(polled_at=NOW - 2 * DAY),))) == [("overdue", "warning")]
    assert told(observed(endpoints=(a_feed(polled_at=NOW - 9 * DAY),))) == [("overdue", "alarm")]
    rarely = a_source(interval=2 * DAY)
    assert told(observed(endpoints=(a_feed(polled_at=NOW - 5 * DAY),)), source=rarely) == []


def of_runs(*runs: RunSeen, living: int = 0) -> list[tuple[str, str, str]]:
    archive = Archive(runs=runs, living=living, sources={"alpha": observed()})
    return [(one.kind, one.severity, one.observed) for one in findings(archive, [a_source()], now=NOW)]


def test_crawls_that_stopped_coming_are_one_alarm_and_not_one_a_source() -> None:
    late = Archive(
        runs=(a_run(7, days_ago=3),), sources={"alpha": observed(endpoints=(a_feed(polled_at=NOW - 3 * DAY),))}
    )
    [finding] = findings(late, [a_source()], now=NOW)
    assert (finding.source_id, finding.kind, finding.severity) == (None, "no_runs", "alarm")
    assert finding.observed == "none for 3 days; the last was run 7"


def test_run_that_did_not_end_is_a_warning_and_three_in_a_row_an_alarm() -> None:
    assert of_runs(a_run(2), a_run(1, state="running")) == [("run_died", "warning", "1 run did not: 1")]
    row = [a_run(number, state="running") for number in (5, 4, 3)]
    assert of_runs(*row, a_run(2)) == [("run_died", "alarm", "3 runs did not: 5, 4, 3")]


def test_run_that_is_still_going_on_is_no_news() -> None:
    assert of_runs(a_run(2, state="running"), a_run(1), living=1) == []
    assert of_runs(a_run(3, state="running"), a_run(2, state="running"), a_run(1), living=1) == [
        ("run_died", "warning", "1 run did not: 2")
    ]


def test_run_that_died_long_ago_is_forgotten() -> None:
    assert of_runs(a_run(2), a_run(1, state="running", days_ago=8)) == []


def test_last_run_that_could_not_store_is_an_alarm() -> None:
    failed = a_run(2, state="failed", exit_code=3, reason="disk full")
    assert of_runs(failed, a_run(1)) == [("run_failed", "alarm", "run 2 ended with 3: disk full")]
    assert of_runs(a_run(3), failed) == []


def test_alarms_come_first_then_sources_by_name() -> None:
    archive = Archive(
        runs=(a_run(1, state="failed", exit_code=3),),
        sources={
            "alpha": observed(endpoints=(a_feed(announced=0),)),
            "beta": observed(*every(1, count=30, since=9)),
        },
    )
    found = findings(archive, [a_source(), a_source(source_id="beta"), a_source(source_id="gamma")], now=NOW)
    assert [(one.severity, one.source_id, one.kind) for one in found] == [
        ("alarm", None, "run_failed"),
        ("alarm", "beta", "silent"),
        ("warning", "alpha", "endpoint_empty"),
        ("warning", "gamma", "never_crawled"),
    ]


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(minutes=90), "90 min"),
        (5 * HOUR, "5 h"),
        (DAY, "24 h"),
        (2 * DAY, "2 days"),
        (9.3 * DAY, "9.3 days"),
        (10 * DAY, "10 days"),
    ],
)
def test_spans_in_words(time: timedelta, words: str) -> None:
    assert span(time) == words
