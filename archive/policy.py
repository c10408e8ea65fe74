"""How much of an article is handed on: all, the beginning of its text, or what is said about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

Policy: TypeAlias = Literal["full", "excerpt", "metadata"]
POLICIES: tuple[str, ...] = get_args(Policy)
EXCERPT_CHARS = 300  # of the text; search engines show half of that
WRITTEN_BY_OTHERS = ("text", "description", "lead_image_caption")  # the publisher's own words, beside the title


@dataclass(slots=True)
class Handed:
    """What became of the articles that went through :func:`under`."""

    articles: int = 0
    cut: int = 0
    """Articles of which something was left out."""


def under(policy: str, items: Iterable[dict[str, Any]], handed: Handed) -> Iterator[dict[str, Any]]:  # Any: JSON values
    """The exported articles as the policy lets them go, with ``policy`` as their last key; counted in ``handed``.

    ``full``: as they are, without that key. ``excerpt``: the text's first ``EXCERPT_CHARS`` characters, to a word's
    end. ``metadata``: null in place of text, description and caption.
    """
    for item in items:
        kept = item if policy == "full" else {**limited(policy, item), "policy": policy}
        handed.articles += 1
        handed.cut += any(kept[name] != item[name] for name in WRITTEN_BY_OTHERS)
        yield kept


def limited(policy: str, item: dict[str, Any]) -> dict[str, Any]:  # Any: JSON values
    if policy == "metadata":
        return {**item, **dict.fromkeys(WRITTEN_BY_OTHERS)}
    return {**item, "text": excerpt(item["text"])}


def excerpt(text: str) -> str:
    """The beginning of a text, to the end of a word where it has any; with … where something follows."""
    if len(text) <= EXCERPT_CHARS:
        return text
    head = text[:EXCERPT_CHARS]
    whole = head.rsplit(maxsplit=1)[0] if len(head.split()) > 1 else head
    return f"{whole.rstrip()} …"
