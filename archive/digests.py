"""Digests as SQL and exports write them: ``sha256:<hex>``."""

from __future__ import annotations

import hashlib
import unicodedata


def digest_of(data: bytes) -> str:
    """sha256 of the bytes, as ``sha256:<64 hex digits>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def text_digest(text: str) -> str:
    """Digest of the words alone: equal for texts that differ only in white space, case or Unicode form.

    NFKC, case folded, white space collapsed. The same article in another site's chrome or line
    wrapping has the same digest; one changed word gives another.
    """
    return digest_of(folded(text).encode("utf-8", "replace"))


def folded(text: str) -> str:
    """The words alone, for comparing: NFKC, case folded, white space collapsed. Idempotent."""
    once = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", once).split())
