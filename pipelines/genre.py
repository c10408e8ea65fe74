"""What kind of article it is, where page, data or address say so: a live blog, a press release. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from pipelines.agreement import folded

LIVE_TITLE = re.compile(
    r"""^(?:(?:watch\s)?live(?:\s(?:updates?|blog|coverage|ticker))?|liveblog|liveticker|en\s(?:direct|vivo)|directo|diretta|na\s[żz]ywo|relacja\sna\s[żz]ywo
    |онлайн|прямая\sтрансляция|текстовая\sтрансляция|直播|实时更新|ライブ|速報中|실시간)\s?[:：|•·–—-]|(?:[:|–—-]|\s)\s?(?:live\s?(?:blog|ticker|updates)|live\scoverage)\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
RELEASE_WORDS = (
    r"(?:press|news|media)[\s_-]?releases?|pressemitteilung(?:en)?|medienmitteilung(?:en)?|presseinformation(?:en)?"
    r"|communiqu[ée]s?[\s_-]de[\s_-]presse|comunicados?(?:[\s_-]de[\s_-]prensa)?|notas?[\s_-]de[\s_-]prensa"
    r"|comunicat[oi][\s_-]stampa|informacj[ae][\s_-]prasow[ae]|пресс[\s_-]?релизы?|プレスリリース|报道资料|新闻稿|보도자료"
)
RELEASE = re.compile(rf"^(?:{RELEASE_WORDS})$", re.IGNORECASE)
RELEASE_LINE = re.compile(
    r"""^(?:(?:for\simmediate\srelease|zur\ssofortigen\sveröffentlichung)(?:\s?[:：|#№-].{0,60}|\s[\d./-]+)?
    |this\s(?:is\sa|press|news)\s(?:press\s|news\s)?release\b.{0,160}|.{0,80}(?:/PR\s?Newswire|\(business\swire\)|\(globe\s?newswire\)|/CNW/|ACCESSWIRE\s?/).*)$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
RELEASE_ENDS = re.compile(r"^(?:[-–—]\s?(?:end|ends|30)\s?[-–—]|#\s?#\s?#)$", re.IGNORECASE)
LABEL = re.compile(rf"^(?:{RELEASE_WORDS})(?:\s?[:：|#№-].{{0,60}}|\s[\d./-]+)?$", re.IGNORECASE)
HEAD_LINES, TAIL_LINES = 8, 12  # lines at either end of a page's text in which a release says that it is one
BESIDE = 3  # lines before and after the title among which a label is the article's, not a menu's
MAX_LINE = 600  # characters of such a line that are read


def is_live_blog(*, title: str, kinds: Iterable[str]) -> bool:
    """The data calls it ``LiveBlogPosting``, or its title begins or ends as live coverage does ("Live: …")."""
    return any(kind.lower().startswith("liveblog") for kind in kinds) or LIVE_TITLE.search(title) is not None


def is_press_release(
    *, url: str, title: str, kinds: Iterable[str], sections: Iterable[str | None], lines: list[str]
) -> bool:
    """Data, section, a directory of the address or a label beside its title call it one, or it begins or ends like one.

    ``lines``: the page's lines in order. That an agency or a company publishes it proves nothing.
    """
    if any(RELEASE.match(label.strip()) for label in (*kinds, *sections, *directories(url)) if label):
        return True
    if any(kind == "PressRelease" for kind in kinds):
        return True
    if any(LABEL.match(line[:MAX_LINE]) for line in beside_title(lines, title)):
        return True
    if any(RELEASE_LINE.match(line[:MAX_LINE]) for line in lines[:HEAD_LINES]):
        return True
    return any(RELEASE_ENDS.match(line) for line in lines[-TAIL_LINES:])


def beside_title(lines: list[str], title: str) -> list[str]:
    """The lines around the one that is the title; none where it stands nowhere."""
    wanted = folded(title)
    place = next((place for place, line in enumerate(lines) if len(line) < 400 and folded(line) == wanted), None)
    return [] if place is None or not wanted else lines[max(0, place - BESIDE) : place + BESIDE + 1]


def directories(url: str) -> list[str]:
    """The parts of the path before the last, without an ending."""
    try:
        return [part for part in urlsplit(url).path.lower().split("/")[:-1] if part]
    except ValueError:
        return []
