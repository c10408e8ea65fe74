"""Pairs of texts with a known answer, made of real ones: what a copy goes through on its way, and what only looks so.

Nothing of the texts is kept here: they are read from a corpus, cut, edited and put together again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MIN_WORDS = 120  # of a text that is edited; a third of it is as short as a text gets that is told from chance
LONG_WORDS = 250  # of a text from which 30 % are taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two texts, how the second was made, and whether they are one story."""

    kind: str
    first: str
    second: str
    is_copy: bool


def pairs(texts: Sequence[str], *, seed: int = 1) -> Iterator[Pair]:
    """Every text once in every manner for which it is long enough."""
    dice = random.Random(seed)
    words = [word for text in texts[:: max(1, len(texts) // 200)] for word in text.split()]
    long_enough = [text for text in texts if len(text.split()) >= MIN_WORDS]
    for number, text in enumerate(long_enough):
        others = [long_enough[(number * 7 + step) % len(long_enough)] for step in (1, 2, 3)]
        if text in others:
            continue
        for kind, edit in EDITS.items():
            if not kind.startswith("excerpt of 3") or len(text.split()) >= LONG_WORDS:
                yield Pair(kind=kind, first=text, second=edit(text, others, words, dice), is_copy=True)
        for kind, make in NEGATIVES.items():
            first, second = make(text, others, words, dice)
            yield Pair(kind=kind, first=first, second=second, is_copy=False)


Edit = Callable[[str, Sequence[str], Sequence[str], random.Random], str]
Negative = Callable[[str, Sequence[str], Sequence[str], random.Random], tuple[str, str]]


def swapped(share: float) -> Edit:
    """That share of the words replaced by others, anywhere."""

    def edit(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> str:
        return " ".join(dice.choice(words) if dice.random() < share else word for word in text.split(" "))

    return edit


def excerpt(share: float) -> Edit:
    """A run of that share of the words, cut anywhere."""

    def edit(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> str:
        held = text.split()
        length = round(len(held) * share)
        start = dice.randrange(len(held) - length + 1)
        return " ".join(held[start : start + length])

    return edit


def cut(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> str:
    """Every fifth sentence gone."""
    sentences = text.split(". ")
    gone = dice.randrange(5)
    return ". ".join(one for number, one in enumerate(sentences) if number % 5 != gone or len(sentences) < 5)


def added(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> str:
    """Passages of another text before, within and after: a fifth more."""
    held, strange = text.split(), others[0].split()
    length = max(5, len(held) // 15)
    places = sorted(dice.sample(range(len(held)), 2))
    parts = (held[: places[0]], held[places[0] : places[1]], held[places[1] :])
    passages = [strange[number * length : (number + 1) * length] for number in range(4)]
    return " ".join(word for pair in zip(passages, (*parts, []), strict=True) for part in pair for word in part)


def in_chrome(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> str:
    """Another title, menus and teasers around it."""
    menu = " ".join(dice.choice(words) for _ in range(25))
    return f"{menu}\n\n{text}\n\nRead also: {' '.join(dice.choice(words) for _ in range(30))}"


def rewritten(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> str:
    """Three in a hundred words swapped, cut and with passages added at once."""
    return added(cut(swapped(0.03)(text, others, words, dice), others, words, dice), others, words, dice)


def round_up(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> str:
    """It and two others, cut to its length, one after another."""
    length = len(text.split())
    stories = [text, *(" ".join(other.split()[:length]) for other in others[:2])]
    dice.shuffle(stories)
    return "\n\n".join(stories)


EDITS: dict[str, Edit] = {
    "words swapped, 2 %": swapped(0.02),
    "words swapped, 5 %": swapped(0.05),
    "words swapped, 10 %": swapped(0.10),
    "sentences cut": cut,
    "passages added": added,
    "other title and chrome": in_chrome,
    "swapped, cut and added": rewritten,
    "excerpt of 80 %": excerpt(0.8),
    "excerpt of 60 %": excerpt(0.6),
    "excerpt of 30 %": excerpt(0.3),
    "round-up of three": round_up,
}


def another(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> tuple[str, str]:
    return text, others[0]


def same_event(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> tuple[str, str]:
    """Another writer's words around the same statement and quotation, a sixth of the shorter text."""
    held = text.split()
    length = min(len(held), len(others[0].split())) // 6
    start = dice.randrange(len(held) - length)
    quoted = " ".join(held[start : start + length])
    half = len(others[0]) // 2
    return text, f"{others[0][:half]} {quoted} {others[0][half:]}"


def series(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> tuple[str, str]:
    """Two numbers of a weekly series: the same introduction, up to a third of each."""
    bodies = [one.split() for one in (text, others[1])]
    length = min(map(len, bodies))
    introduction = others[0].split()[: round(length * dice.uniform(0.15, 0.5))]
    first, second = (" ".join([*introduction, *body[:length]]) for body in bodies)
    return first, second


def bulletin(text: str, others: Sequence[str], words: Sequence[str], dice: random.Random) -> tuple[str, str]:
    """One form filled in twice."""
    form = dice.choice(FORMS)
    return filled_in(form, dice), filled_in(form, dice)


def filled_in(form: str, dice: random.Random) -> str:
    while "#" in form:
        form = form.replace("#", str(dice.randrange(2, 990)), 1)
    while "@" in form:
        form = form.replace("@", dice.choice(NAMES) + dice.choice(("", " " + dice.choice(NAMES))), 1)
    return form


NAMES = (
    "Kestrel Marlin Aurora Perigee Lodestar Halcyon Meridian Tamarind Corvus Solstice Bellona Umbriel Farside Argo "
    "Heron Polaris Sextant Zephyr Calypso Doria"
).split()
FORMS = (
    (
        "A @ rocket lifted off from pad # at # local time on Tuesday, carrying # satellites of the @ constellation "
        "into an orbit # kilometres high. The first stage, on its # flight, came down on the ship @ # minutes "
        "after launch. It was the #th launch of the year for the company, and the #th from this pad. The "
        "satellites will raise their orbits over the coming weeks before they enter service. The next launch from "
        "the same site, with @ on board, is planned for no earlier than the # of the month. Weather was # percent "
        "favourable, and the countdown went without a hold."
    ),
    (
        "The @ near-Earth asteroid will pass our planet at a distance of # thousand kilometres on the # of the "
        "month. Its size is estimated at # metres. It was discovered by the @ survey # days ago, and follows an "
        "orbit of # days around the Sun. There is no danger of an impact, now or on any of the # passes that have "
        "been calculated. Observers with a telescope of # centimetres can see it in the constellation @ at "
        "magnitude #. The pass before was # years ago, and the next one comes in # years. Radar observations are "
        "planned at @, weather and schedule permitting."
    ),
    (
        "Solar activity was at low levels over the past # hours. Region # was the largest on the disk, with # "
        "spots, and produced a flare of class C# at # UTC. The solar wind speed at the @ spacecraft reached a peak "
        "of # kilometres per second, and the total field # nanotesla. The geomagnetic field was quiet to "
        "unsettled. There is a # percent chance of flares of class M in the next # hours, and a # percent chance "
        "of a radiation storm. Flux at ten centimetres is expected to be near #. The forecaster on duty was @, and "
        "the next report will be issued at # UTC."
    ),
)
NEGATIVES: dict[str, Negative] = {
    "another story": another,
    "same event, another writer": same_event,
    "series, same introduction": series,
    "bulletins of one form": bulletin,
}
