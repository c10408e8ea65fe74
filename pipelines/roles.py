"""What a date that a page prints is of: its publication, its last change, or something else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from pipelines.calendars import days_in
from pipelines.dates import Moment

Role: TypeAlias = Literal["published", "modified"]
UPDATED = re.compile(
    r"updat|modif|edited|revised|refreshed|[-_ ]changed|last active|last reviewed|reviewed on|^reviewed"
    r"|обновл|измен|更新|修正|수정|aktualis|geändert|mis à jour|mise à jour|màj|actualiz|modificad|aggiorna|zaktualiz"
    r"|aktualiz|bijgewerkt|opdateret|uppdaterad|atualiz",
    re.IGNORECASE,
)
PUBLISHED = re.compile(
    r"publi|posted|опубл|создан|掲載|公開|公表|发布|發布|入力|등록|입력|veröffentlicht|erschienen|pubblicato|first"
    r"|original|datum|stand|written on|created",
    re.IGNORECASE,
)
# The history of a manuscript, and days that are no article's: opening hours, the day of the visit, a deadline.
OTHER = re.compile(
    r"\b(?:received|accepted|submitted on|retrieved|accessed|visited|today|heute|aujourd'hui|hoy|oggi|сегодня"
    r"|deadline|expires?|valid|register by|apply by|hours|copyright)\b|今日|今天|오늘",
    re.IGNORECASE,
)
LABEL = 48  # characters before a date that may say what it is of


def role_of(words: str) -> Role:
    """``modified`` where the words say so and don't say ``published``."""
    return "modified" if UPDATED.search(words) and not PUBLISHED.search(words) else "published"


def is_other(words: str) -> bool:
    """True where the words say that the date is neither of publication nor of a change."""
    return OTHER.search(words) is not None and not UPDATED.search(words) and not PUBLISHED.search(words)


def roles_in(
    line: str, previous: str, moments: Sequence[Moment], *, lang: str | None, country: str | None
) -> Iterator[tuple[Moment, Role]]:
    """The first two of a line's dates with what each is of; dates of something else are left out.

    ``Published March 3, 2024 | Updated April 1, 2025``: the words before a date say it, or those of the whole line
    where there is one date. Dates without words are publication and change, in this order. ``previous`` is the line
    before, whose words count where this one is little more than its date.
    """
    if len(moments) == 1:
        is_bare = len(line) <= 24 and not UPDATED.search(line)
        words = f"{previous[-40:] if len(previous) < 30 else ''} {line}" if is_bare else line
        if not is_other(words):
            yield moments[0], role_of(words)
        return
    labels = list(labels_in(line, lang, country))
    told = [pair for pair in zip(moments, labels, strict=False) if not is_other(pair[1])][:2]
    is_labelled = any(UPDATED.search(label) or PUBLISHED.search(label) for _, label in told)
    for place, (moment, label) in enumerate(told):
        yield moment, role_of(label) if is_labelled else ("modified" if place else "published")


def labels_in(line: str, lang: str | None, country: str | None) -> Iterator[str]:
    """The words before each date of a line, as far back as the date before it."""
    text = unicodedata.normalize("NFKC", line)
    begin = 0
    for _, start, end in days_in(text, lang=lang, country=country):
        yield text[max(begin, start - LABEL) : start]
        begin = end
