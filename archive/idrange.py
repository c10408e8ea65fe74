"""A range of articles by their numbers, as an operator writes one: ``1-5000``, or ``5001-`` to the end."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.errors import ConfigError

WRITTEN = re.compile(r"([1-9][0-9]{0,17})-([1-9][0-9]{0,17})?")  # numbers are 64 bits wide


@dataclass(frozen=True, slots=True, kw_only=True)
class IdRange:
    """From ``first`` to ``last``, both in it; None: to the end, however far that moves meanwhile."""

    first: int = 1
    last: int | None = None

    def __str__(self) -> str:
        return f"{self.first}-{self.last or ''}"

    def overlaps(self, other: IdRange) -> bool:
        """Some number is, or may come to be, in both."""
        return (self.last is None or other.first <= self.last) and (other.last is None or self.first <= other.last)


def id_range(word: str) -> IdRange:
    """The range that the word names. Raises ``ConfigError``."""
    found = WRITTEN.fullmatch(word)
    if found is None:
        raise ConfigError(f"not a range of articles (1-5000, or 5001- to the end): {word!r}")
    first, last = int(found[1]), int(found[2]) if found[2] else None
    if last is not None and last < first:
        raise ConfigError(f"a range of articles that ends before it begins: {word!r}")
    return IdRange(first=first, last=last)
