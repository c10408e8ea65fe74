"""Pictures as inline SVG: places computed here, in per cent of the box, drawn by a template. Pure.

Places in per cent and letters in pixels: a picture fits a telephone and a wide screen without a script, and its words
keep their size. The Content-Security-Policy forbids styles in the page, so colours are classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

PLOT = 100.0  # per cent, of the plot; axis labels stand below it
TICKS = 6  # labels under the bars at most
SHADES = 6  # of the hours of a week, from none to most
SPARK_WIDTH, SPARK_HEIGHT = 104, 20  # units of a sparkline's box
MAX_GAP = 0.3  # per cent between bars
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One value: where it is drawn, what it says, where it leads (empty: nowhere), which colour it has."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int
    href: str = ""
    series: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label under the bars. ``anchor`` as SVG's text-anchor."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars from left to right, the highest as high as the box."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[str, ...]
    top: int
    """The highest value."""
    total: int


def chart(values: Sequence[tuple[str, int, str]]) -> Chart:
    """A bar for each (label, count, address)."""
    top = max((count for _, count, _ in values), default=0)
    bars = []
    for place, (label, count, href) in enumerate(values):
        x, width = column(place, len(values))
        height = tall(count, top)
        bars.append(
            Bar(x=x, y=round(PLOT - height, 2), width=width, height=height, label=label, count=count, href=href)
        )
    labels = tuple(label for label, _, _ in values)
    return Chart(
        bars=tuple(bars), ticks=ticks(labels), labels=labels, top=top, total=sum(count for _, count, _ in values)
    )


def stacked(labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """A column for each label, of one bar a (name, counts), the first at the bottom."""
    totals = [sum(counts[place] for _, counts in series) for place in range(len(labels))]
    top = max(totals, default=0)
    bars = []
    for place, label in enumerate(labels):
        x, width = column(place, len(labels))
        below = 0
        for number, (name, counts) in enumerate(series):
            if not counts[place]:
                continue
            height = round(PLOT * counts[place] / top, 2)
            y = round(PLOT - PLOT * (below + counts[place]) / top, 2)
            said = f"{label}, {name}"
            bars.append(Bar(x=x, y=y, width=width, height=height, label=said, count=counts[place], series=number))
            below += counts[place]
    return Chart(bars=tuple(bars), ticks=ticks(labels), labels=tuple(labels), top=top, total=sum(totals))


def column(place: int, of: int) -> tuple[float, float]:
    """Where the bar begins and how wide it is."""
    step = 100.0 / max(1, of)
    return round(place * step, 3), round(step - min(MAX_GAP, step / 5), 3)


def tall(count: int, top: int) -> float:
    """One among thousands is seen, too."""
    return round(max(PLOT * count / top, 1.5), 2) if count else 0.0


def ticks(labels: Sequence[str]) -> tuple[Tick, ...]:
    """At most ``TICKS`` labels, the first and the last among them where there is room."""
    if not labels:
        return ()
    step = max(1, -(-len(labels) // TICKS))
    chosen = list(range(0, len(labels), step))
    found = []
    for place in chosen:
        x, width = column(place, len(labels))
        anchor = "middle" if len(labels) <= TICKS else "start"
        found.append(Tick(x=round(x + (width / 2 if anchor == "middle" else 0), 2), text=labels[place], anchor=anchor))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An hour of the week. ``shade`` is 0 for none, else 1 to ``SHADES`` - 1."""

    x: float
    y: float
    shade: int
    count: int
    hour: int


def heat(hours: Sequence[Sequence[int]]) -> list[list[Cell]]:
    """Rows of a week's hours, darker where there are more."""
    top = max((count for row in hours for count in row), default=0)
    return [
        [
            Cell(
                x=round(100 * hour / 24, 3),
                y=round(100 * day / 7, 3),
                shade=-(-count * (SHADES - 1) // top) if count else 0,
                count=count,
                hour=hour,
            )
            for hour, count in enumerate(row)
        ]
        for day, row in enumerate(hours)
    ]


def sparkline(counts: Sequence[int]) -> str:
    """An SVG path of steps, as high as the most; empty for nothing but zeros."""
    top = max(counts, default=0)
    if not top:
        return ""
    width = SPARK_WIDTH // len(counts)
    steps = []
    for place, count in enumerate(counts):
        if count:
            height = max(1, round(SPARK_HEIGHT * count / top))
            steps.append(f"M{place * width} {SPARK_HEIGHT}v-{height}h{width - 1}v{height}")
    return "".join(steps)


def places_of(behind: Sequence[timedelta | None]) -> list[float | None]:
    """Where on a line from the first to the last each copy stands, per cent; None where its hour is not known.

    All None where none came later than another.
    """
    longest = max((each for each in behind if each), default=timedelta(0))
    if not longest:
        return [None] * len(behind)
    return [None if each is None else round(100 * (each / longest), 2) for each in behind]
