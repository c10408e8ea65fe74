"""Two states of a text, compared word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from typing import Literal

PARAGRAPH = re.compile(r".*?(?:\n\s*\n|\Z)", re.DOTALL)
WORD = re.compile(r"\s+|\w+|[^\w\s]")
MAX_COMPARED = 2_000  # words or paragraphs on both sides together; comparing costs their product


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A stretch of text that stayed, went, or came."""

    kind: Literal["same", "old", "new"]
    text: str


def changes(old: str, new: str) -> list[Change]:
    """The stretches in order: without the new ones they spell ``old``, without the old ones ``new``.

    Paragraphs first, then the words of those that changed; a stretch too long to compare stays whole.
    """
    return joined(compared(PARAGRAPH.findall(old), PARAGRAPH.findall(new), by_word=True))


def compared(old: Sequence[str], new: Sequence[str], *, by_word: bool) -> Iterator[Change]:
    if len(old) + len(new) > MAX_COMPARED:
        yield Change(kind="old", text="".join(old))
        yield Change(kind="new", text="".join(new))
        return
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        went, came = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            yield Change(kind="same", text=went)
        elif kind == "replace" and by_word:
            yield from compared(WORD.findall(went), WORD.findall(came), by_word=False)
        else:
            yield Change(kind="old", text=went)
            yield Change(kind="new", text=came)


def unified(old: str, new: str, *, old_name: str, new_name: str) -> Iterator[str]:
    """The lines of a unified diff (POSIX diff -u), a paragraph a line; none when nothing differs."""
    before, after = ([line for line in text.splitlines() if line.strip()] for text in (old, new))
    yield from unified_diff(before, after, old_name, new_name, n=1, lineterm="")


def joined(stretches: Iterator[Change]) -> list[Change]:
    """Neighbours of one kind as one; empty ones left out."""
    result: list[Change] = []
    for change in stretches:
        if result and result[-1].kind == change.kind:
            result[-1] = Change(kind=change.kind, text=result[-1].text + change.text)
        elif change.text:
            result.append(change)
    return result
