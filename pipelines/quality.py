"""Is it an article? First version."""

from __future__ import annotations

from archive.model import Extracted, Rejected


def assess(extracted: Extracted, *, url: str) -> Rejected | None:
    """Why it is none; None when it is one."""
    if len(extracted.text.split()) < 10 and len(extracted.text) < 60:
        return Rejected(reason="too_short")
    return None
