"""Charsets by the names that pages give them, and the codecs that are none."""

from __future__ import annotations

import codecs

import pytest

from archive.charsets import CODECS, READ_AS, codec_name
from archive.evidence.records import HttpMessage
from archive.web.capturepage import shown_body


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        (" UTF-8 ", "utf-8"),
        ("ISO-8859-1", "cp1252"),
        ("windows-1251", "cp1251"),
        ("KOI8-R", "koi8-r"),
        ("Shift_JIS", "cp932"),
        ("euc-jp", "euc_jp"),
        ("gb2312", "gb18030"),
        ("utf-16le", "utf-16-le"),
        ("iso-8859-5", "iso8859-5"),
    ],
)
def test_a_label_is_read_as_browsers_do(label: str, codec: str) -> None:
    assert codec_name(label) == codec


@pytest.mark.parametrize(
    "label",
    ["punycode", "idna", "unicode_escape", "raw_unicode_escape", "utf-7", "zlib", "hex", "rot13", "x\0y", "no", ""],
)
def test_what_no_page_is_written_in_is_no_charset(label: str) -> None:
    assert codec_name(label) is None


def test_every_codec_is_one_by_pythons_name_of_it() -> None:
    assert {codecs.lookup(name).name for name in CODECS} == CODECS
    assert {codecs.lookup(name).name for name in READ_AS.values()} <= CODECS


@pytest.mark.parametrize(("charset", "text"), [("windows-1251", "Комета"), ("punycode", "������"), ("utf-7", "������")])
def test_a_body_is_shown_in_charsets_alone(charset: str, text: str) -> None:
    headers = (("Content-Type", f"text/html; charset={charset}"),)
    body = "Комета".encode("cp1251")
    assert shown_body(body, HttpMessage(start_line="HTTP/1.1 200 OK", headers=headers, body=body)) == (text, "")
