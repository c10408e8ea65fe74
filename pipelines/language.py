"""The language of a page: what it declares, held against the script it is written in."""

from __future__ import annotations

import re
from collections.abc import Iterable

TAG = re.compile(r"^([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_.@].*)?$", re.IGNORECASE)
NAMES = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "russian": "ru",
    "japanese": "ja",
    "chinese": "zh",
    "spanish": "es",
    "español": "es",
    "italian": "it",
    "korean": "ko",
    "polish": "pl",
}
REPLACED = {"iw": "he", "in": "id", "ji": "yi", "jp": "ja", "cn": "zh", "kr": "ko", "ua": "uk", "cz": "cs", "gr": "el"}
SAMPLE = 2000  # characters of text that settle the script
LEAST_LETTERS = 12
SOME_LATIN = re.compile(rf"(?:[^A-Za-z]*[A-Za-z]){{{LEAST_LETTERS}}}")
ASCII = re.compile(r"[\x00-\x7f]+")
SCRIPTS = {
    "kana": re.compile(r"[\u3040-\u30ff]+"),
    "hangul": re.compile(r"[\uac00-\ud7a3]+"),
    "han": re.compile(r"[\u4e00-\u9fff]+"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]+"),
    "greek": re.compile(r"[\u0370-\u03ff]+"),
    "arabic": re.compile(r"[\u0600-\u06ff]+"),
    "hebrew": re.compile(r"[\u0590-\u05ff]+"),
    "thai": re.compile(r"[\u0e00-\u0e7f]+"),
    "devanagari": re.compile(r"[\u0900-\u097f]+"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f]+"),
}
LANGUAGES = {
    "kana": ("ja",),
    "hangul": ("ko",),
    "han": ("zh", "ja", "yue", "wuu"),
    "greek": ("el",),
    "hebrew": ("he", "yi"),
    "cyrillic": ("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt", "ba", "cv", "os", "uz"),
    "thai": ("th",),
    "arabic": ("ar", "fa", "ur", "ps", "ku", "ckb", "sd", "ug"),
    "devanagari": ("hi", "mr", "ne", "sa"),
}


def language_of(declared: Iterable[str | None], text: str) -> str | None:
    """The first declared language that can be written as the text is, as a BCP 47 tag (``en-GB``, ``zh-Hant``).

    Where none can, the script's own language if it has one (kana: Japanese, Hangul: Korean); else None.
    """
    script = script_of(text)
    tags = [tag for one in declared if (tag := normal_tag(one))]
    for tag in tags:
        if fits(tag, script):
            return tag
    own = LANGUAGES.get(script or "", ())
    return own[0] if script in ("kana", "hangul", "han", "greek", "hebrew", "thai") and own else None


def normal_tag(declared: str | None) -> str | None:
    """A language tag in its usual spelling; None for what is none (``x-default``, ``mul``)."""
    found = (declared or "").split(",")[0].strip()
    found = NAMES.get(found.lower(), found)
    hit = TAG.match(found)
    if hit is None or hit[1].lower() in ("mul", "und", "zxx"):
        return None
    parts = [REPLACED.get(hit[1].lower(), hit[1].lower())]
    parts += [hit[2].title()] if hit[2] else []
    parts += [hit[3].upper()] if hit[3] else []
    return "-".join(parts)


def script_of(text: str) -> str | None:
    """The script most letters are in; kana count for all of a Japanese text. None for too little text."""
    sample = text[:SAMPLE]
    if sample.isascii():
        return "latin" if SOME_LATIN.match(sample) else None
    beyond = ASCII.sub("", sample)
    counts = {
        name: sum(map(len, pattern.findall(sample if name == "latin" else beyond))) for name, pattern in SCRIPTS.items()
    }
    total = sum(counts.values())
    if total < LEAST_LETTERS:
        return None
    if counts.get("kana", 0) * 10 > total:
        return "kana"
    return max(counts, key=lambda name: counts[name])


def fits(tag: str, script: str | None) -> bool:
    """True when the language is written in the script, or either is unknown."""
    language = tag.split("-")[0]
    if script is None:
        return True
    if script == "latin":
        others = {one for name, listed in LANGUAGES.items() for one in listed if name not in ("cyrillic", "arabic")}
        return language not in others | {"ru", "uk", "be", "bg", "mk", "ar", "fa", "ur"} or "-Latn" in tag
    return language in LANGUAGES[script]
