"""pipelines.similarity: which texts are copies of one another. Values by hand where they can be counted."""

from __future__ import annotations

import pytest

from pipelines.similarity import SKETCH, Similarity, gaps, likeness, shingled
from tests.site.prose import a_piece

TEXT = "\n\n".join(a_piece(1).paragraphs)
OTHER = "\n\n".join(a_piece(2).paragraphs)
WORDS = [f"word{number}" for number in range(100)]
CHINESE = (
    "月球车在周一抵达环形山边缘并在那里停下过夜因为电池电量不足而前方的地面布满尖锐的岩石工程师们说他们将在早晨继续前进"
    "并拍摄第一批全景照片随后把数据传回地面站供科学家研究"
)
BULLETIN = (
    "A {rocket} rocket lifted off from pad {pad} at {hour} local time on Tuesday, carrying {count} satellites "
    "into an orbit {height} kilometres high. The first stage came down on the ship {minutes} minutes after "
    "launch. It was the {number}th launch of the year for the company. The satellites will raise their orbits "
    "over the coming weeks before they enter service, and the next launch from the same site is planned for no "
    "earlier than the {day} of the month."
)
FIRST = {
    "rocket": "Marlin", "pad": 4, "hour": 11, "count": 22, "height": 540, "minutes": 8, "number": 31, "day": 14,
}  # fmt: skip


def like(first: str, second: str) -> bool:
    return likeness(first, second) is not None


def test_shares_are_those_of_shingles_of_four_words() -> None:
    """Of 97 shingles of the first, the second has those of words 50 to 99: 47; its own are 47, and 3 + 17 more."""
    second = " ".join([*WORDS[50:], *(f"else{number}" for number in range(20))])

    found = likeness(" ".join(WORDS), second)

    assert found is not None
    assert (found.contained, found.containing) == (47 / 97, 47 / 67)
    assert found.resemblance == 47 / (97 + 67 - 47)


def test_the_same_words_are_wholly_alike_whatever_their_case_and_spacing() -> None:
    found = likeness(TEXT, TEXT.upper().replace(" ", "\n"))

    assert found is not None
    assert (found.contained, found.containing, found.resemblance) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(TEXT, TEXT.replace("measurements", "readings"), True, id="a word replaced everywhere"),
        pytest.param(TEXT, f"{OTHER[:150]}\n\n{TEXT}", True, id="another head"),
        pytest.param(TEXT, f"{TEXT}\n\n{OTHER}", True, id="within a longer one"),
        pytest.param(TEXT, OTHER, False, id="another article"),
        pytest.param(" ".join(WORDS[:12]), " ".join(WORDS[:12]), False, id="too short to tell"),
        pytest.param(TEXT, "", False, id="nothing"),
        pytest.param("", "", False, id="twice nothing"),
        pytest.param(CHINESE, CHINESE[:60] + "今天" + CHINESE[60:], True, id="Chinese, two characters more"),
        pytest.param(CHINESE, CHINESE[::-1], False, id="Chinese, other text of the same characters"),
    ],
)
def test_copies_are_told_from_others_whichever_comes_first(first: str, second: str, expected: bool) -> None:
    assert (like(first, second), like(second, first)) == (expected, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"number": 32}, True, id="one number corrected"),
        pytest.param({"number": 32, "day": 15}, True, id="two numbers corrected"),
        pytest.param({"number": 32, "day": 19, "hour": 9, "height": 330}, False, id="another launch"),
        pytest.param(
            {"rocket": "Heron", "number": 2, "day": 3, "hour": 5, "height": 700, "count": 60, "pad": 1, "minutes": 9},
            False,
            id="another rocket",
        ),
    ],
)
def test_bulletins_of_one_form_are_no_copies(changes: dict[str, object], expected: bool) -> None:
    assert like(BULLETIN.format(**FIRST), BULLETIN.format(**FIRST | changes)) is expected


def test_the_sketch_of_a_part_holds_what_of_the_whole_s_sketch_lies_in_it() -> None:
    sketch = Similarity().sketch
    whole, part = sketch(TEXT), sketch(TEXT[: len(TEXT) // 2])

    within = set(whole) & set(shingled(TEXT[: len(TEXT) // 2]).distinct.astype("int64").tolist())
    assert len(whole) == SKETCH
    assert within
    assert within <= set(part)


def test_a_short_text_has_no_sketch() -> None:
    assert Similarity().sketch("Launch postponed.") == ()


def test_hashes_are_the_same_for_ever() -> None:
    """They are stored: another value here means that every archive must be sketched anew."""
    assert Similarity().sketch(" ".join(WORDS[:23]))[:2] == (1151721515237040787, 1403283847748136048)


def test_gaps_are_short_and_have_shared_words_on_both_sides() -> None:
    shared, missing = [True] * 3, [False] * 4
    assert gaps([*missing, *shared, *missing, *shared, *[False] * 11, *shared, False, *shared, *missing]) == [(7, 11)]
