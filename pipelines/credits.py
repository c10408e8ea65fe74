"""Where a page says that its text comes from: "Source: ESA press release", "(Reuters)", "Originally published at …"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.agreement import folded
from pipelines.blocks import Placed
from pipelines.metadata import absolute
from pipelines.phrases import LABELS

MAX_LINE = 300  # characters; a longer line is prose
HEAD, TAIL = 6, 2  # blocks at either end of the text in which an agency signs
LINKS = XPath(".//a/@href")
INVISIBLE = " \u200b\u200c\u200d\ufeff"
IN_PICTURE = frozenset({"figure", "figcaption"})
MONTHS = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
MONTHS += "|nov(?:ember)?|dec(?:ember)?"
TEXT_WORD = r"(?:article|story|post|piece|column|essay|interview|commentary|op-ed|release|content|text|feature|excerpt)"
SUBJECT = rf"(?:(?:an?\s(?:\w+\s)?version\sof\s)?(?:this|the)\s(?:[\w-]+\s){{0,2}}{TEXT_WORD}\s(?:\S+\s){{0,4}}?)?"
ORIGIN = re.compile(
    rf"""^\W*(?:
    {SUBJECT}(?:(?:first|originally)\s(?:published|appeared|posted|printed|released)|re(?:published|printed|posted)
      |adapted|syndicated)\s(?:at|in|on|by|from|with|via|here)\b(?!\s(?:\w+\s)?(?:\d|{MONTHS}\b))
    |(?:story\ssource:\s)?materials?\sprovided\sby\s|(?:press|news|media)\srelease\s(?:from|by|issued\sby)\s|provided\sby\s
    |dies(?:er|e)\s(?:artikel|text|beitrag|meldung)\s(?:ist\s|erschien\s|wurde\s)?(?:zuerst|zunächst|ursprünglich)\s
    |original(?:meldung|publikation|beitrag)\s?:
    |cet\sarticle\s(?:a\sété\s|est\s)?(?:d['’]abord\s|initialement\s)?(?:publié|paru|republié|repris)\s
    |publié\s(?:initialement|à\sl['’]origine)\s|este\sartículo\s(?:se\s|fue\s)?public(?:ado|ó)\soriginalmente\s
    |publicado\soriginalmente\s|(?:questo\sarticolo\sè\sstato\s)?pubblicato\s(?:originariamente|per\sla\sprima\svolta)\s
    |(?:впервые|первоначально)\sопубликован|по\sматериалам\s
    |(?:本文)?(?:转载自|轉載自|转自|首发于|原载于?)|原文(?:链接|地址|出处)\s?[:：]|転載元|元記事
    )""",
    re.IGNORECASE | re.VERBOSE,
)
LABEL = re.compile(
    r"""^\W*(?:(?:press|news|media)\srelease\s|story\s|article\s|text\s|news\s|content\s)?
    (?:source|quelle|fuente|fonte|źródło|bron|источник|来源|來源|稿源|出典|提供元|情報提供|출처|자료\s?제공)\s?[:：]\s?\S""",
    re.IGNORECASE | re.VERBOSE,
)  # of the text where it stands before or behind it; amid it, of a chart or a number
AGENCY = (
    r"Reuters|REUTERS|AP|Associated Press|AFP|TASS|ТАСС|РИА Новости|RIA Novosti|Xinhua|新华社|Kyodo|共同通信|共同"
    r"|時事通信|時事|Yonhap|연합뉴스|dpa|DPA|ANSA|EFE|PTI|ANI|IANS|PAP|Bloomberg|中新社|Interfax|Интерфакс|UPI|Anadolu"
)
DATELINE = re.compile(
    rf"^.{{0,60}}?[(（/【\[] ?({AGENCY}) ?[)）/】\]] ?(?:[-–—－:：.,]|$|(?<=】))"
    r"|^.{0,40}?[.,—–-] ?(Reuters|TASS|ТАСС) ?[-–—]"
    r"|^(新华社).{2,24}?电"
)  # "MOSCOW, March 3. /TASS/.", "WASHINGTON (AP) — ", "新华社北京3月1日电"
CLOSING = re.compile(rf"[(（] ?({AGENCY}) ?[)）][.。]?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """The line that names the origin, as printed, and the address that it or the data gives; None where none."""

    line: str | None = None
    url: str | None = None


def credit_of(
    blocks: Sequence[Placed],
    *,
    texts: Sequence[str],
    own_names: frozenset[str],
    base: str,
    based_on: Iterable[str | None] = (),
) -> Credit:
    """The credit among the page's blocks; a line that names the page's own site (``own_names``) is none.

    ``texts`` are the paragraphs of the article: "Source: …" amid them is of a chart.

    ``based_on`` are addresses that data and head give for the original. A line that says where the text was published
    goes before the signature of an agency.
    """
    told = next((url for one in based_on if (url := absolute(base, one))), None)
    amid = amidst([text for _, text in blocks], frozenset(texts))
    for place, (element, block) in enumerate(blocks):
        lines = () if len(block) > MAX_LINE else (block,) if block.isascii() else LABELS.split(block)
        for text in lines:
            is_line = ORIGIN.match(text) or (place not in amid and LABEL.match(text))
            if is_line and not is_of_picture(element) and not is_own(text, own_names):
                return Credit(line=text.strip(INVISIBLE), url=link_of(element, base) or told)
    return Credit(line=signature([text for _, text in blocks]), url=told)


def amidst(lines: Sequence[str], texts: Collection[str]) -> range:
    """Places between the first and the last line that is the article's own."""
    own = [place for place, line in enumerate(lines) if line in texts and not LABEL.match(line)]
    return range(own[0], own[-1]) if own else range(0)


def is_of_picture(element: HtmlElement) -> bool:
    return any(one.tag in IN_PICTURE for one in (element, *islice(element.iterancestors(), 4)))


def is_own(text: str, own_names: frozenset[str]) -> bool:
    """What follows the colon, or the whole line, is the site's own name."""
    return folded(re.split("[:：]", text, maxsplit=1)[-1]) in own_names


def link_of(element: HtmlElement, base: str) -> str | None:
    """The first address that a line leads to."""
    return next((url for one in LINKS(element)[:5] if (url := absolute(base, one))), None)


def signature(texts: Sequence[str]) -> str | None:
    """The agency that signs the text, in its dateline or behind its last sentence."""
    found = [DATELINE.match(text) for text in texts[:HEAD]] + [CLOSING.search(text[-40:]) for text in texts[-TAIL:]]
    return next((next(filter(None, one.groups())) for one in found if one), None)
