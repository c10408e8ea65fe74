"""Made-up articles, as many as wanted, the same every time: what benchmarks of reading and storing ask.

Words follow Zipf's law over 100,000 made-up ones: the commonest stand in every article, most in few. One article in
ten is a copy, one in twenty has a second revision, one in fifty no date. Dates are not in the order of ids, which is
harder on an index than news is. Languages are such as are not
stemmed. Sketches are random numbers, equal for copies: a look-up costs what real ones do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
from numpy.typing import NDArray

WORDS_A_TEXT = 715  # with their spaces and stops some 5,000 characters
BATCH = 2_000  # articles that are made together; each batch has a seed of its own
SOURCES = 60
START, END = datetime(2015, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ("agency", "trade", "science", "astronomy", "defence", "company", "enthusiast")
COUNTRIES = ("US", "US", "GB", "EU", "IN", "JP", "CN", "FR", "DE", "IT")
LANGS = ("eo",) * 7 + ("la", "fi", "cs")  # none that is stemmed: made-up words have no other forms
SYLLABLES = (
    "ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to"
).split()
WORD_COUNT = 100_000
SKETCH = 15  # hashes of a text, as in pipelines/similarity.py


def words() -> list[str]:
    """``WORD_COUNT`` made-up words, shortest first, as in languages the common ones are."""
    dice = random.Random(1)
    twos, threes = (["".join(parts) for parts in product(SYLLABLES, repeat=length)] for length in (2, 3))
    dice.shuffle(twos)
    dice.shuffle(threes)
    left = WORD_COUNT - len(twos) - len(threes)
    fours = [twos[place // len(twos)] + twos[place % len(twos)] for place in dice.sample(range(len(twos) ** 2), left)]
    return [*twos, *threes, *fours]


WORDS = words()
SHARES = np.cumsum(1 / np.arange(1, len(WORDS) + 1))
SHARES /= SHARES[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An article. ``words`` are the tokens of its text, ``title_words`` those of its title."""

    id: int
    source_id: str
    url: str
    title: str
    title_words: tuple[str, ...]
    text: str
    words: tuple[str, ...]
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    published_at: datetime | None
    lang: str
    copy_of: int | None
    """The article before, where it is a copy of that."""
    revisions: int
    sketch: tuple[int, ...]

    @property
    def seen_at(self) -> datetime:
        return (self.published_at or START) + timedelta(hours=1)


def articles(first: int, last: int) -> Iterator[Made]:
    """Articles with these ids, both included; the same whatever is asked for beside them."""
    for number in range((first - 1) // BATCH, (last - 1) // BATCH + 1):
        yield from (made for made in batch(number) if first <= made.id <= last)


def batch(number: int) -> Iterator[Made]:
    """``BATCH`` articles; number 0 begins with id 1."""
    rng, dice = np.random.default_rng(number), random.Random(number)
    texts, titles = picked(rng, (BATCH, WORDS_A_TEXT)), picked(rng, (BATCH, 8))
    sketches = np.sort(rng.integers(-(2**63), 2**63 - 1, (BATCH, SKETCH)), axis=1)
    before = 0
    for place in range(BATCH):
        article_id = number * BATCH + place + 1
        is_copy = article_id % 10 == 0
        before = before if is_copy else place
        source = f"source{min(dice.randrange(SOURCES), dice.randrange(SOURCES))}"
        text_words = [WORDS[rank] for rank in texts[before].tolist()]
        title_words = [WORDS[rank] for rank in titles[place].tolist()]
        published_at = None if article_id % 50 == 0 else (START + (END - START) * dice.random()).replace(microsecond=0)
        yield Made(
            id=article_id,
            source_id=source,
            url=f"https://{source}.example/news/{article_id}",
            title=" ".join(title_words).capitalize(),
            title_words=tuple(title_words),
            text=prose(text_words),
            words=tuple(text_words),
            authors=(f"Author {min(dice.randrange(2000), dice.randrange(2000))}",) if article_id % 3 else (),
            tags=tuple(sorted({f"tag {min(dice.randrange(300), dice.randrange(300))}" for _ in range(article_id % 4)})),
            published_at=published_at,
            lang=dice.choice(LANGS),
            copy_of=article_id - place + before if is_copy else None,
            revisions=2 if article_id % 20 == 0 else 1,
            sketch=tuple(sketches[before].tolist()),
        )


def picked(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Ranks of words, by Zipf's law."""
    return np.searchsorted(SHARES, rng.random(shape)).astype(np.int64)


def prose(picked: Sequence[str]) -> str:
    """Sentences of 20 words, paragraphs of 5 sentences."""
    sentences = [" ".join(picked[place : place + 20]).capitalize() + "." for place in range(0, len(picked), 20)]
    return "\n\n".join(" ".join(sentences[place : place + 5]) for place in range(0, len(sentences), 5))
