"""As many distinct articles as a test asks for: prose put together from phrases, the same for the same number.

Two articles share phrases but hardly a sentence, so that they are neither duplicates nor each other's template.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NAMES = (
    "Ada Voss",
    "Ben Okafor",
    "Chiara Lund",
    "Dmitri Hale",
    "Esther Quill",
    "Farid Moss",
    "Gwen Arkady",
    "Hugo Penn",
)
CRAFT = (
    "Albatross", "Bittern", "Curlew", "Dunlin", "Egret", "Fulmar", "Gannet", "Heron", "Ibis", "Jacana", "Kestrel",
    "Lapwing", "Merlin", "Nightjar", "Osprey", "Petrel", "Quail", "Redstart", "Sanderling", "Tern", "Umbrette", "Vireo",
    "Whimbrel", "Yellowhammer",
)  # fmt: skip
EVENTS = (
    "Reaches Its Operational Orbit", "Sends a First Image Home", "Loses a Wheel and Keeps Its Nerve",
    "Passes the Vacuum Test", "Is Delayed by a Valve", "Finds Water Where Nobody Looked", "Wakes After a Long Winter",
    "Docks at the Second Attempt", "Gets a New Antenna", "Is Handed to the Students", "Counts Its Thousandth Orbit",
    "Measures the Tide of a Moon",
)  # fmt: skip
SUBJECTS = (
    "the flight controllers", "a team from the university", "the launch provider", "the owner of the satellite",
    "engineers at the test stand", "the ground station in the valley", "a review board", "the propulsion group",
    "the youngest member of the crew", "an inspector with a flashlight", "the mission's chief scientist",
    "two retired technicians", "the insurance company", "the tracking network", "the payload team",
    "a visiting committee",
)  # fmt: skip
VERBS = (
    "spent the week comparing", "was surprised to find", "has now repaired", "refused to sign for",
    "carefully measured",
    "published the figures of", "quietly replaced", "asked for a second look at", "will soon have to explain",
    "finally agreed upon", "took three attempts to calibrate", "photographed every side of", "had long suspected",
    "drew up a plan for", "lost and then recovered", "presented to the public",
)  # fmt: skip
OBJECTS = (
    "the temperature of the upper tank", "a scratch on the primary mirror", "the timetable for the coming season",
    "a bearing no larger than a coin", "the noise in the second receiver", "an error in the star catalogue",
    "the amount of fuel that is left", "a crack along the northern seam", "the spare set of gyroscopes",
    "the agreement about the frequencies", "a curve that nobody could explain", "the record of the past four passes",
    "the parachute and its lines", "a valve that closed too slowly", "the rate at which the orbit decays",
    "the angle of the solar panels",
)  # fmt: skip
CIRCUMSTANCES = (
    "before the window closed on Thursday", "in a hall that smelled of varnish", "while the rain kept on for days",
    "at a cost that was not disclosed", "without telling anyone downstairs", "for the third time since the spring",
    "as the rules have demanded since last year", "to the relief of everybody involved", "under the eyes of the press",
    "with tools borrowed from a dentist", "long after midnight on the island", "in spite of a broken thermometer",
    "although the budget had been spent", "on the evening before the holiday", "with less than a minute to spare",
    "from a distance of nine hundred kilometres",
)  # fmt: skip
FIRST_DAY = datetime(2025, 4, 1, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A made-up article."""

    number: int
    title: str
    paragraphs: tuple[str, ...]
    author: str
    published_at: datetime

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def a_piece(number: int, *, version: int = 1) -> Piece:
    """Article ``number``, of 120 to 260 words; another ``version`` has another third paragraph and nothing else new."""
    dice = random.Random(number)
    paragraphs = [a_paragraph(dice, number * 10 + index) for index in range(dice.randint(3, 5))]
    if version > 1:
        paragraphs[2] = a_paragraph(random.Random(f"{number} {version}"), number * 10 + 2 + version)
    return Piece(
        number=number,
        title=f"{CRAFT[number % len(CRAFT)]} {number} {EVENTS[number // 2 % len(EVENTS)]}",
        paragraphs=tuple(paragraphs),
        author=NAMES[number % len(NAMES)],
        published_at=FIRST_DAY + timedelta(hours=7 * number),
    )


def a_paragraph(dice: random.Random, figure: int) -> str:
    """Three or four sentences, one of them with a figure of its own."""
    sentences = [a_sentence(dice) for _ in range(dice.randint(2, 3))]
    counted = f"In all, {1000 + figure} measurements were taken, of which {figure % 37 + 3} had to be thrown away."
    return " ".join([*sentences, counted])


def a_sentence(dice: random.Random) -> str:
    parts = (dice.choice(words) for words in (SUBJECTS, VERBS, OBJECTS, CIRCUMSTANCES))
    sentence = " ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."
