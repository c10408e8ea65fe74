"""pipelines.dedup: what an article is to those that are held."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Duplicate, New, Revision, Unchanged
from archive.urls import url_key
from pipelines.dedup import decide
from tests.builders import NOW, PROSE, a_candidate, a_capture, an_article

HERE = "https://alpha.example/news/rover"
AGAIN = "https://alpha.example/2026/rover-stops"
OTHER_PROSE = PROSE.replace("forty", "fifty")
held = a_candidate(an_article(HERE))
wire_copy = a_candidate(an_article("https://beta.example/wire/7", source_id="beta", title="Rover parks"), id=2)


def again(**changes):
    """The article at another address of its source."""
    return an_article(AGAIN, **changes)


@pytest.mark.parametrize(
    ("article", "candidates", "expected"),
    [
        pytest.param(an_article(), [], New(), id="never met"),
        pytest.param(an_article(), [held], Unchanged(of=1), id="seen before"),
        pytest.param(an_article(title="ROVER  stops at the\xa0rim"), [held], Unchanged(of=1), id="cosmetic title"),
        pytest.param(an_article(text=PROSE.replace(" ", "\n")), [held], Unchanged(of=1), id="cosmetic text"),
        pytest.param(an_article(authors=("Ada Ray",)), [held], Unchanged(of=1), id="a byline appears"),
        pytest.param(
            an_article(text=OTHER_PROSE), [held], Revision(of=1, changed=("text",)), id="edited story is a revision"
        ),
        pytest.param(
            an_article(title="Rover moves on"), [held], Revision(of=1, changed=("title",)), id="changed headline"
        ),
        pytest.param(
            an_article(title="Rover moves on", text=OTHER_PROSE),
            [held],
            Revision(of=1, changed=("title", "text")),
            id="rewritten",
        ),
        pytest.param(
            an_article(),
            [a_candidate(an_article(HERE, text=OTHER_PROSE)), wire_copy],
            Revision(of=1, changed=("text",), copy_of=2),
            id="edited into another's words: a revision still, and a copy",
        ),
        pytest.param(again(), [held], Unchanged(of=1), id="same source, title and text: one more address"),
        pytest.param(
            again(title="Rover, the sequel"),
            [held],
            Duplicate(of=1, reason="same_text", similarity=1.0),
            id="same source and text under another title: linked, not merged",
        ),
        pytest.param(an_article(), [wire_copy], Duplicate(of=2, reason="same_text", similarity=1.0), id="syndicated"),
        pytest.param(
            an_article("https://gamma.example/1", source_id="gamma"),
            [wire_copy, held],
            Duplicate(of=1, reason="same_text", similarity=1.0),
            id="of several copies the one held longest",
        ),
        pytest.param(
            an_article("https://beta.example/b", source_id="beta", text="Launch postponed."),
            [a_candidate(an_article(text="Launch postponed."))],
            New(),
            id="a few words say the same by chance",
        ),
        pytest.param(
            an_article("https://beta.example/b", source_id="beta", text=""),
            [a_candidate(an_article(text=""))],
            New(),
            id="empty texts are no copies",
        ),
        pytest.param(
            an_article(HERE, source_id="beta"),
            [held],
            Unchanged(of=1),
            id="an address two sources announce is one page",
        ),
        pytest.param(
            an_article(text=OTHER_PROSE, capture=a_capture(captured_at=NOW - timedelta(days=1))),
            [held],
            Unchanged(of=1),
            id="an older capture than the one held says nothing new",
        ),
    ],
)
def test_decide(article, candidates, expected):
    assert decide(article, candidates) == expected


def under(kind, url, **changes):
    """An article asked for at AGAIN that was also met under ``url``."""
    values = {"title": "Something else", "text": OTHER_PROSE, "alias_urls": (("requested", AGAIN), (kind, url))}
    return an_article(AGAIN, **values | changes)


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        pytest.param(under("canonical", HERE), New(), id="a template's canonical link alone proves nothing"),
        pytest.param(under("redirect", HERE), New(), id="nor does a stop on the way of a redirect"),
        pytest.param(
            under("canonical", HERE, title="Rover stops at the rim"),
            Unchanged(of=1),
            id="a view of the article: canonical link and title",
        ),
        pytest.param(under("variant", HERE, text=PROSE), Unchanged(of=1), id="a view of the article: link and text"),
        pytest.param(
            under("redirect", HERE, capture=a_capture(HERE)),
            Revision(of=1, changed=("title", "text")),
            id="the address that answered is a fact",
        ),
        pytest.param(
            under("canonical", "mailto:news@alpha.example"), New(), id="what is no address identifies nothing"
        ),
    ],
)
def test_claims_need_agreement(article, expected):
    assert decide(article, [held]) == expected


DATED = {"published_at": NOW, "published_at_precision": "minute"}
LATER = a_capture(captured_at=NOW + timedelta(hours=3))
OLD_SLUG = "https://alpha.example/2026/03/rover-stops-at-rim"
NEW_SLUG = "https://alpha.example/2026/03/rover-halts-at-crater-rim"


def readdressed(url=NEW_SLUG, **changes):
    """An article found some hours later at ``url`` with other words than the one held at ``OLD_SLUG``."""
    values = {"title": "Rover halts at the crater's rim", "text": OTHER_PROSE, "capture": LATER}
    return an_article(url, **DATED | values | changes)


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        pytest.param(readdressed(), ("title", "text"), id="headline, slug and words edited"),
        pytest.param(readdressed(text=PROSE), ("title",), id="headline and slug edited"),
        pytest.param(
            readdressed("https://alpha.example/moon/rover", title="Rover stops at the rim"),
            ("text",),
            id="moved elsewhere under the same title",
        ),
        pytest.param(
            readdressed(published_at=NOW.replace(hour=0, minute=0), published_at_precision="day"),
            ("title", "text"),
            id="only the day is known",
        ),
        pytest.param(readdressed(published_at=NOW + timedelta(minutes=1)), None, id="published a minute later"),
        pytest.param(readdressed(published_at=None, published_at_precision="unknown"), None, id="no date"),
        pytest.param(readdressed("https://alpha.example/2026/03/lander-is-late"), None, id="a slug of other words"),
        pytest.param(readdressed("https://alpha.example/2026/04/rover-halts-at-rim"), None, id="two parts differ"),
        pytest.param(readdressed("https://beta.example/2026/03/rover-halts-at-rim"), None, id="another host"),
        pytest.param(readdressed("https://alpha.example/2026/03/rover-stops-at-rim-2"), None, id="another part"),
        pytest.param(readdressed(source_id="beta"), None, id="another source"),
    ],
)
def test_address_edited_with_the_headline_is_the_same_article(article, expected):
    before = a_candidate(an_article(OLD_SLUG, **DATED))
    decision = decide(article, [before] if article.text == PROSE else [], [(before, 0.7)])
    assert decision == (
        Duplicate(of=1, reason="near_text", similarity=0.7) if expected is None else Revision(of=1, changed=expected)
    )


def test_article_s_own_number_in_both_addresses_tells_that_they_are_one():
    before = a_candidate(an_article("https://alpha.example/news/123456-rover-rests", **DATED))
    article = readdressed("https://alpha.example/news/123456-why-it-stopped")
    assert decide(article, [], [(before, 0.7)]) == Revision(of=1, changed=("title", "text"))


def test_address_of_another_day_s_bulletin_is_another_article():
    before = a_candidate(an_article("https://alpha.example/news/launch-log-12", **DATED))
    article = readdressed("https://alpha.example/news/launch-log-13", published_at=NOW + timedelta(days=1))
    assert decide(article, [], [(before, 0.9)]) == Duplicate(of=1, reason="near_text", similarity=0.9)


def test_rewritten_text_at_another_address_is_a_copy():
    before = a_candidate(an_article(OLD_SLUG, **DATED))
    assert decide(readdressed(), [], [(before, 0.59)]) == Duplicate(of=1, reason="near_text", similarity=0.59)


def test_page_at_an_address_another_only_claimed_is_not_that_one():
    claimer = a_candidate(
        alias_keys=frozenset({url_key(HERE), url_key(AGAIN)}), claimed_keys=frozenset({url_key(AGAIN)})
    )
    assert decide(again(title="Another story", text=OTHER_PROSE), [claimer]) == New()
    assert decide(again(text=OTHER_PROSE), [claimer]) == Revision(of=1, changed=("text",))


def test_canonical_address_taken_for_a_mistake_is_no_fact():
    article = under("canonical", HERE, canonical_url=HERE, url_key=url_key(HERE))
    assert decide(article, [held]) == New()


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("Rover stops at the rim", Revision(of=1, changed=("text",)), id="the feed says it is the same"),
        pytest.param("Something else", New(), id="a feed that repeats its guid"),
    ],
)
def test_guid_counts_when_title_or_text_agrees(title, expected):
    known = a_candidate(alias_keys=frozenset({url_key(HERE), "guid:alpha:tag:7"}))
    article = an_article(AGAIN, title=title, text=OTHER_PROSE, alias_urls=(("requested", AGAIN), ("guid", "tag:7")))
    assert decide(article, [known]) == expected


def test_guid_is_its_own_sources():
    known = a_candidate(alias_keys=frozenset({"guid:alpha:7"}))
    article = an_article("https://beta.example/7", source_id="beta", text="Short.", alias_urls=(("guid", "7"),))
    assert decide(article, [known]) == New()


def test_near_copies_come_last():
    near = [(a_candidate(id=4), 0.85), (a_candidate(id=3), 0.91), (a_candidate(id=5), 0.91)]
    article = an_article("https://beta.example/b", source_id="beta", text=OTHER_PROSE)
    assert decide(article, [], near) == Duplicate(of=3, reason="near_text", similarity=0.91)
    assert decide(article, [a_candidate(an_article(text=OTHER_PROSE), id=9)], near) == Duplicate(
        of=9, reason="same_text", similarity=1.0
    )


@given(st.permutations([held, wire_copy, a_candidate(an_article(AGAIN), id=3), a_candidate(id=4, source_id="gamma")]))
def test_order_of_candidates_does_not_matter(candidates):
    assert decide(again(text=OTHER_PROSE), candidates) == Revision(of=3, changed=("text",))
    assert decide(again(title="T", alias_urls=(), capture=a_capture("https://x.example/")), candidates[:0]) == New()
