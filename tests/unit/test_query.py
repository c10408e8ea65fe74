"""The query language: what is understood, and where a mistake is pointed at."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import QueryError
from archive.query import (
    And,
    Has,
    InStory,
    Length,
    Match,
    Near,
    Node,
    Not,
    Or,
    Published,
    Text,
    parse_query,
    wanted_texts,
)


def words(*values: str, column: str | None = None, is_prefix: bool = False) -> Text:
    return Text(words=values, column=column, is_prefix=is_prefix)


MARCH = datetime(2025, 3, 1, tzinfo=UTC)
APRIL = datetime(2025, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Mars", words("mars"), id="a word"),
        pytest.param("mars rover", And(nodes=(words("mars"), words("rover"))), id="side by side"),
        pytest.param("mars AND rover", And(nodes=(words("mars"), words("rover"))), id="AND"),
        pytest.param("rock and roll", And(nodes=(words("rock"), words("and"), words("roll"))), id="lower-case and"),
        pytest.param("mars OR venus", Or(nodes=(words("mars"), words("venus"))), id="OR"),
        pytest.param("this or that", And(nodes=(words("this"), words("or"), words("that"))), id="lower-case or"),
        pytest.param(
            "a1 b1 OR c1", Or(nodes=(And(nodes=(words("a1"), words("b1"))), words("c1"))), id="OR binds weaker"
        ),
        pytest.param("a1 (b1 OR c1)", And(nodes=(words("a1"), Or(nodes=(words("b1"), words("c1"))))), id="parentheses"),
        pytest.param("-crewed", Not(node=words("crewed")), id="left out"),
        pytest.param("NOT crewed", Not(node=words("crewed")), id="NOT"),
        pytest.param("--crewed", words("crewed"), id="twice left out"),
        pytest.param("-(a1 OR b1)", Not(node=Or(nodes=(words("a1"), words("b1")))), id="group left out"),
        pytest.param('"sample return"', words("sample", "return"), id="phrase"),
        pytest.param("“sample return”", words("sample", "return"), id="typographic quotes"),
        pytest.param("COVID-19", words("covid", "19"), id="hyphen inside a word"),
        pytest.param("rov*", words("rov", is_prefix=True), id="prefix"),
        pytest.param('"mars rov"*', words("mars", "rov", is_prefix=True), id="prefix of a phrase"),
        pytest.param("12:30", words("12", "30"), id="a time is no field"),
        pytest.param("Artemis: the", And(nodes=(words("artemis"), words("the"))), id="colon after a word"),
        pytest.param("https://esa.int/x", words("https", "esa", "int", "x"), id="an address is no field"),
        pytest.param("NASA & ESA", And(nodes=(words("nasa"), words("esa"))), id="symbols count as not written"),
        pytest.param("月球探测", words("月球", "球探", "探测"), id="Chinese"),
        pytest.param("月", words("月", is_prefix=True), id="one Chinese character"),
        pytest.param('"月球 NASA"', words("月球", "球", "nasa"), id="Chinese before another word"),
        pytest.param("source:ESA", Match(field="source", value="esa"), id="source"),
        pytest.param("Lang:zh-Hant", Match(field="lang", value="zh-hant"), id="lang"),
        pytest.param("kind:agency", Match(field="kind", value="agency"), id="kind"),
        pytest.param("country:US", Match(field="country", value="us"), id="country"),
        pytest.param("-state:gone", Not(node=Match(field="state", value="gone")), id="state left out"),
        pytest.param('author:"Jane Doe"', words("jane", "doe", column="authors"), id="author"),
        pytest.param("title:artem*", words("artem", column="title", is_prefix=True), id="prefix in the title"),
        pytest.param("tag:moon", words("moon", column="tags"), id="tag"),
        pytest.param(
            "mars NEAR rov*",
            Near(left=words("mars"), right=words("rov", is_prefix=True), within=10),
            id="NEAR",
        ),
        pytest.param(
            'title:mars NEAR/3 title:"red planet"',
            Near(left=words("mars", column="title"), right=words("red", "planet", column="title"), within=3),
            id="NEAR in the title",
        ),
        pytest.param(
            "a1 NEAR b1 NEAR/2 c1",
            And(
                nodes=(
                    Near(left=words("a1"), right=words("b1"), within=10),
                    Near(left=words("b1"), right=words("c1"), within=2),
                )
            ),
            id="NEAR in a row",
        ),
        pytest.param("a1 near b1", And(nodes=(words("a1"), words("near"), words("b1"))), id="lower-case near"),
        pytest.param("words>:500", Length(above=500), id="longer"),
        pytest.param("words<500", Length(below=500), id="shorter"),
        pytest.param("has:Copy", Has(feature="copy"), id="has"),
        pytest.param("-has:revision", Not(node=Has(feature="revision")), id="has not"),
        pytest.param("story:17", InStory(story_id=17), id="story"),
        pytest.param("after:2025-03", Published(since=MARCH), id="after"),
        pytest.param("before:2025-03", Published(until=MARCH), id="before"),
        pytest.param("on:2025-03", Published(since=MARCH, until=APRIL), id="on a month"),
        pytest.param(
            "on:2024-12-31",
            Published(since=datetime(2024, 12, 31, tzinfo=UTC), until=datetime(2025, 1, 1, tzinfo=UTC)),
            id="on a day",
        ),
        pytest.param(
            "on:2024-12",
            Published(since=datetime(2024, 12, 1, tzinfo=UTC), until=datetime(2025, 1, 1, tzinfo=UTC)),
            id="on a December",
        ),
        pytest.param(
            "on:2024",
            Published(since=datetime(2024, 1, 1, tzinfo=UTC), until=datetime(2025, 1, 1, tzinfo=UTC)),
            id="on a year",
        ),
    ],
)
def test_understood(text: str, expected: Node) -> None:
    assert parse_query(text).root == expected


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "nothing to search for", 0),
        ("  🚀 !!", "nothing to search for", 0),
        ('"unbalanced AND (', "this quotation mark is never closed", 0),
        ("mars (rover", "this parenthesis is never closed", 5),
        ("mars) rover", "this parenthesis was never opened", 4),
        ("mars ()", "nothing stands between these parentheses", 5),
        ("mars OR", "OR needs a term on both sides", 5),
        ("OR mars", "OR needs a term on both sides", 0),
        ("mars OR OR venus", "OR needs a term on both sides", 5),
        ("AND mars", "AND needs a term on both sides", 0),
        ("(mars AND)", "AND needs a term on both sides", 6),
        ("mars NOT", "nothing follows that could be left out", 5),
        ("sauce:esa", "unknown field 'sauce'", 0),
        ("mars source: esa", "source: needs a value right after the colon", 5),
        ('source:""', "source: needs a whole value, not ''", 0),
        ("source:es*", "source: needs a whole value, not 'es'", 0),
        ("after:yesterday", "not a date: 'yesterday'", 0),
        ("x1 after:2025-02-30", "not a date: '2025-02-30'", 3),
        ("on:0000", "not a date: '0000'", 0),
        ("on:9999-12", "not a date: '9999-12'", 0),
        ("state:dead", "state is one of live, gone, blocked", 0),
        ('author:"!!"', "author: '!!' has no letter or digit", 0),
        ("a*", "a beginning needs at least two letters", 0),
        ("(" * 31 + "mars" + ")" * 31, "parentheses nested more than 30 deep", 30),
        ("x" * 2001, "the query is longer than 2000 characters", 2000),
        ("NEAR mars", "NEAR needs a term on both sides", 0),
        ("mars NEAR", "NEAR needs a term on both sides", 5),
        ("mars NEAR OR x1", "NEAR needs a term on both sides", 5),
        ("mars NEAR/31 rover", "NEAR looks at most 30 words far", 5),
        ("mars NEAR source:esa", "NEAR stands between two words", 5),
        ("title:mars NEAR rover", "NEAR stands between two words", 11),
        ("-mars NEAR rover", "NEAR stands between two words", 6),
        ("mars NEAR &", "NEAR stands between two words", 5),
        ("rov* NEAR rover", "NEAR needs different words", 5),
        (
            "has:nothing",
            "has: is one of revision, copy, date, image, credit, live_blog, press_release; not 'nothing'",
            0,
        ),
        ("story:one", "story: needs a whole number, not 'one'", 0),
        ("story:9999999999", "story: needs a whole number", 0),
        ("words>:-5", "words>: needs a whole number, not '-5'", 0),
        ("words>: 5", "words>: needs a value right after the colon", 0),
        ("mars words>=500", "words>= is not known; words>:N leaves N itself out", 5),
        ("words:5", "unknown field 'words'", 0),
        ("w " * 101, "101 words; at most 100", 0),
    ],
)
def test_a_mistake_is_pointed_at(text: str, reason: str, position: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert caught.value.reason.startswith(reason)
    assert caught.value.position == position
    assert caught.value.exit_code == 2


def test_wanted_texts_leave_out_what_is_excluded() -> None:
    root = parse_query('moon -mars (source:esa OR "far side")').root
    assert wanted_texts(root) == (words("moon"), words("far", "side"))


@given(st.text(alphabet=st.one_of(st.sampled_from('()"-*: ANDORT月ดsource:after2025'), st.characters()), max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        assert parse_query(text).text == text
    except QueryError as error:
        assert 0 <= error.position <= len(text)


PIECES = [
    *(
        "moon",
        "ro*",
        "a",
        "月",
        "2025",
        "source:",
        "source:esa",
        "title:",
        "author:x",
        "after:",
        "on:2025-01",
        "lang:en",
    ),
    *("OR", "AND", "NOT", "NEAR", "NEAR/3", "NEAR/99", "has:copy", "has:", "words>:3", "words<9", "story:1", "story:x"),
    *('"', '"a b"', "'", "(", ")", "-", "*", ":", "%", "\\", "{", "^", "&", "|", "<->", "\x00", "\ud800", "e\u0301"),
]


def test_ten_thousand_random_queries_are_understood_or_refused() -> None:
    dice = random.Random(7)
    for _ in range(10_000):
        text = dice.choice(("", " ")).join(dice.choices(PIECES, k=dice.randint(0, 12)))
        try:
            parse_query(text)
        except QueryError as error:
            assert error.reason and 0 <= error.position <= len(text)
