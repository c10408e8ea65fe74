"""Addresses as pages print them, made absolute and safe to ask for."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

MAX_URL_CHARS = 2_083  # what servers, proxies and sitemaps.org (2,048) agree on; longer ones are traps
STRAY = re.compile(r"[\x00-\x20\x7f]+")
PLAIN = re.compile(r"https?://[a-z0-9.-]+/[\w!$%&'()*+,;=:@/?.~-]*", re.ASCII)  # needs no resolving
SURROGATE_REFERENCE = re.compile(rb"&#(?:x0*d[89a-f][0-9a-f]{2}|0*5(?:5(?:29[6-9]|[3-9]\d\d)|[67]\d{3}));", re.I)
"""A character reference to half a character (``&#xD800;``): XML forbids it, parsers raise on it."""

SURROGATES = re.compile(r"[\ud800-\udfff]")


def absolute_url(link: str, *, base: str) -> str | None:
    """``link`` as a browser on page ``base`` would open it, without fragment; None when it is not http(s).

    White space around is dropped, tabs and newlines inside too, other spaces become ``%20``, backslashes
    in front become slashes (https://url.spec.whatwg.org/#concept-basic-url-parser).
    """
    if len(link) <= MAX_URL_CHARS and PLAIN.fullmatch(link):
        return link
    text = re.sub(r"[\t\r\n]", "", link).strip(" \x00\x0b\x0c\xa0\ufeff")
    if not text or SURROGATES.search(text):
        return None
    text = STRAY.sub("%20", text)
    try:
        url = urljoin(base, text.replace("\\", "/") if text[0] in "/\\" else text)
        parts = urlsplit(url)
        is_sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        return None
    if not is_sound or len(url) > MAX_URL_CHARS:
        return None
    return parts._replace(fragment="").geturl()


def plain_text(text: str, *, limit: int = 1_000) -> str:
    """White space collapsed, control characters and lone surrogates gone, at most ``limit`` characters."""
    return " ".join(re.sub(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]", "", text[: 4 * limit]).split())[:limit]
