"""Two states of a text, word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.diffs import changes


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("same", "same", [("same", "same")]),
        ("", "new", [("new", "new")]),
        ("on Monday.", "on Tuesday.", [("same", "on "), ("old", "Monday"), ("new", "Tuesday"), ("same", ".")]),
        ("One.\n\nTwo.", "One.\n\nThree.\n\nTwo.", [("same", "One.\n\n"), ("new", "Three.\n\n"), ("same", "Two.")]),
    ],
    ids=["same", "from nothing", "a word", "a paragraph"],
)
def test_changes(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert [(change.kind, change.text) for change in changes(old, new)] == expected


@given(st.text(alphabet="ab \n.", max_size=60), st.text(alphabet="ab \n.", max_size=60))
def test_changes_spell_both_texts(old: str, new: str) -> None:
    found = changes(old, new)
    assert "".join(change.text for change in found if change.kind != "new") == old
    assert "".join(change.text for change in found if change.kind != "old") == new


def test_a_text_too_long_to_compare_is_shown_whole() -> None:
    old, new = "a " * 2_000, "b " * 2_000
    assert [change.kind for change in changes(old, new)] == ["old", "new"]
