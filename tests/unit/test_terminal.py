"""Archived text on a terminal: what could steer it is taken out."""

from __future__ import annotations

import json

from archive.terminal import escaped, one_line, plain

HOSTILE = "a\x1b[31mb\x9b2Jc\u202ed\u2066e\u2028f\ud800g\U000e0041h\x00i\x08j\x7fk"


def test_plain_text_keeps_lines_and_loses_what_steers() -> None:
    assert plain(HOSTILE) == "a[31mb2Jcdefghijk"
    assert plain("two\nlines\tand a tab, été 月") == "two\nlines\tand a tab, été 月"


def test_one_line() -> None:
    assert one_line("two\r\nlines \x1b and\tmore ") == "two lines and more"


def test_escaped_json_means_the_same() -> None:
    text = json.dumps(HOSTILE, ensure_ascii=False)
    assert plain(escaped(text)) == escaped(text)
    assert json.loads(escaped(text)) == HOSTILE
