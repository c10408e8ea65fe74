"""Bars for inline SVG: places and heights computed here, drawn by a template. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000.0, 100.0  # of the view box; stretched to the page
MAX_GAP = 3.0  # between bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One value: where it is drawn, what it says, where it leads (empty: nowhere)."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars from left to right, the highest as high as the box."""

    bars: tuple[Bar, ...]
    top: int
    """The highest value."""
    total: int


def chart(values: Sequence[tuple[str, int, str]]) -> Chart:
    """A bar for each (label, count, address)."""
    top = max((count for _, count, _ in values), default=0)
    step = WIDTH / max(1, len(values))
    gap = min(MAX_GAP, step / 4)
    bars = []
    for place, (label, count, href) in enumerate(values):
        height = HEIGHT * count / top if top else 0.0
        height = max(height, 1.5) if count else 0.0  # one among thousands is seen, too
        bars.append(
            Bar(
                x=round(place * step, 2),
                y=round(HEIGHT - height, 2),
                width=round(step - gap, 2),
                height=round(height, 2),
                label=label,
                count=count,
                href=href,
            )
        )
    return Chart(bars=tuple(bars), top=top, total=sum(count for _, count, _ in values))
