"""Names of charsets: what a header or a page may name, and Python's codec for it."""

from __future__ import annotations

import codecs

# What browsers read under these names (https://encoding.spec.whatwg.org/#names-and-labels).
READ_AS = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "utf8": "utf-8",
    "unicode": "utf-8",
}
CODECS = frozenset(
    "utf-8 utf-8-sig utf-16 utf-16-le utf-16-be ascii koi8-r koi8-u koi8-t kz1048 ptcp154 tis-620 "
    "iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11 "
    "iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp437 cp850 cp852 cp855 cp866 cp874 mac-roman mac-cyrillic "
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 "
    "gb2312 gbk gb18030 big5 big5hkscs cp950 shift_jis cp932 euc_jp iso2022_jp euc_kr cp949 johab".split()
)  # Python's names of what pages are written in; others unpack, cost a square of the bytes, or hide markup (UTF-7)


def codec_name(label: str | None) -> str | None:
    """Python's codec for a charset label; None for an unknown one, and for what no page is written in."""
    if not label:
        return None
    name = READ_AS.get(label.strip().lower(), label.strip().lower())
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return found if found in CODECS else None
