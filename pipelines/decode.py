"""Bytes of a page to text: which charset, when header, page and bytes disagree."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from archive.charsets import codec_name

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
XML = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
PRESCAN_BYTES = 8192  # the HTML standard scans 1,024; old pages put much before their meta
SAMPLE_BYTES = 65_536  # bytes the detector looks at; more costs time and changes nothing


def decoded(body: bytes, charset: str | None) -> str:
    """The page as text. ``charset`` is what the Content-Type header says.

    A byte order mark decides (HTML §13.2.3.2). Then what is valid UTF-8 beyond ASCII is UTF-8, whatever is
    declared: no text in another charset is valid UTF-8 by chance. Then the first of header, ``<meta>`` and XML
    declaration that reads the bytes without an error; then what the bytes look like. Bytes that fit nothing
    become U+FFFD: a page is never lost to its charset.
    """
    for mark, name in BOMS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    if (text := beyond_ascii(body)) is not None:
        return text
    declared = [name for name in (codec_name(charset), *named_in(body)) if name]
    for name in dict.fromkeys([*declared, "utf-8"]):
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    nearly = [name for name in dict.fromkeys([*declared, "utf-8"]) if broken_share(body, name) < 0.001]
    return body.decode(nearly[0] if nearly else guessed(body) or (declared or ["utf-8"])[0], "replace")


def named_in(body: bytes) -> list[str | None]:
    """Charsets the page's own head names."""
    head = body[:PRESCAN_BYTES]
    found = [hit.group(1).decode("ascii", "replace") for hit in (META.search(head), XML.search(head)) if hit]
    return [name for name in map(codec_name, found) if name not in ("utf-16", "utf-16-le", "utf-16-be")]


def beyond_ascii(body: bytes) -> str | None:
    """The text of bytes that are valid UTF-8 and more than ASCII; None for others."""
    if body.isascii():
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def broken_share(body: bytes, name: str) -> float:
    """Share of characters that can't be read."""
    text = body.decode(name, "replace")
    return text.count("\ufffd") / max(1, len(text))


def guessed(body: bytes) -> str | None:
    """What the bytes look like; None when they look like nothing."""
    best = from_bytes(body[:SAMPLE_BYTES]).best()
    return best.encoding if best else None
