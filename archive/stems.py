"""Words reduced to their stem, so that *launch* finds *launched*: Snowball's algorithms for six languages.

A text is stemmed in its own language. A query has none, so its words are looked for as written and as each language
would stem them. Stems are made of folded tokens (:mod:`archive.tokens`): with accents or without, the stem is one.
Names of authors are never stemmed. Pure; the algorithms are PyStemmer's, https://snowballstem.org.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache

from Stemmer import Stemmer

ALGORITHMS = {
    "en": "english", "ru": "russian", "de": "german", "fr": "french", "es": "spanish", "it": "italian",
}  # fmt: skip
"""Language (BCP 47, primary) → Snowball's name."""

Variant = tuple[tuple[str, ...], bool]
"""Words side by side, and whether the last may go on."""


class Stemmers(threading.local):
    """One of each a thread: they are not to be shared."""

    def __init__(self) -> None:
        self.made: dict[str, Stemmer] = {}

    def of(self, language: str) -> Stemmer:
        if language not in self.made:
            self.made[language] = Stemmer(ALGORITHMS[language])
        return self.made[language]


STEMMERS = Stemmers()


def stemmed(words: Sequence[str], lang: str | None) -> list[str]:
    """The stems of tokens in a language such as ``en`` or ``de-AT``; the tokens themselves in any other."""
    language = primary(lang)
    if language is None:
        return list(words)
    return [stem or word for stem, word in zip(STEMMERS.of(language).stemWords(words), words, strict=True)]


def primary(lang: str | None) -> str | None:
    """The language we stem a text in; None when it is none of the six."""
    language = (lang or "").partition("-")[0].lower()
    return language if language in ALGORITHMS else None


LANGUAGES = (None, *ALGORITHMS)  # None: as written


@lru_cache(maxsize=4096)
def variants(words: tuple[str, ...], *, is_prefix: bool = False) -> tuple[Variant, ...]:
    """What to look for when these words are asked for side by side: as written, then as each language stems them."""
    found = dict.fromkeys(each for language in LANGUAGES for each in variants_in(language, words, is_prefix))
    if is_prefix:
        found.pop((words, False), None)  # the beginning finds it, too
    return tuple(found)


def variants_in(language: str | None, words: tuple[str, ...], is_prefix: bool) -> tuple[Variant, ...]:
    """What to look for in texts of one language.

    A beginning is looked for as it is, and as a whole word's stem: ``observatory*`` finds *observatories*.
    """
    stems = tuple(stemmed(words, language))
    if not is_prefix:
        return ((stems, False),)
    going_on = ((*stems[:-1], words[-1]), True)
    return (going_on,) if language is None else (going_on, (stems, False))


@lru_cache(maxsize=1024)
def pairs(left: Variant, right: Variant) -> tuple[tuple[Variant, Variant], ...]:
    """What to look for when two texts are asked for near each other: both in one language."""
    found = (
        (one, other)
        for language in LANGUAGES
        for one in variants_in(language, *left)
        for other in variants_in(language, *right)
    )
    return tuple(dict.fromkeys(found))
