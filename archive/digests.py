"""Digests as SQL and exports write them: ``sha256:<hex>``."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache

BLOCK = 2_000  # characters; so the cache holds 2 MB at most


def digest_of(data: bytes) -> str:
    """sha256 of the bytes, as ``sha256:<64 hex digits>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def text_digest(text: str) -> str:
    """Digest of the words alone: equal for texts that differ only in white space, case or Unicode form.

    NFKC, case folded, white space collapsed. The same article in another site's chrome or line
    wrapping has the same digest; one changed word gives another.
    """
    return digest_of_block(text) if len(text) <= BLOCK else digest_of(folded(text).encode("utf-8", "replace"))


@lru_cache(maxsize=1024)
def digest_of_block(text: str) -> str:
    """Of a paragraph: it is asked for several times while its article is stored."""
    return digest_of(folded(text).encode("utf-8", "replace"))


def folded(text: str) -> str:
    """The words alone, for comparing: NFKC, case folded, white space collapsed. Idempotent."""
    if text.isascii():
        return " ".join(text.lower().split())
    once = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", once).split())
