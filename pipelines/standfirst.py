"""The standfirst: the sentence or two between a headline and its text, which extractors take for chrome."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import islice

from pipelines.blocks import Placed
from pipelines.lines import folded, is_head_line, is_title
from pipelines.phrases import is_call, is_chrome_line
from pipelines.prose import squeezed

NAMED = re.compile(
    r"""(?:^|[\s_-])(?<!with-)(?<!has-)(?<!no-)(?:stand-?first|deks?|deck|lede|lead|leadin|lead-?text|strap-?line|sapo|sub-?(?:head(?:ing|line)?|title)s?|excerpt|chapeau|chapo|teaser
    |summary|intro(?:duction)?|abstract|preamble|vorspann|untertitel|unterzeile|entradilla|bajada|copete|sumario|sommario
    |occhiello|zajawka|анонс|лид|lid)(?=$|[\s_-]|__)""",
    re.IGNORECASE | re.VERBOSE,
)
AROUND = 2  # elements around a block whose class may name it
MIN_CHARS, MIN_UNSPACED = 40, 16  # a shorter one is a label
MAX_CHARS = 600
MOST = 2  # blocks
REPEATED = 60  # characters without spaces; what begins like a passage of the article is that passage


def standfirst(
    blocks: Sequence[Placed], texts: Sequence[str], titles: Collection[str], description: str | None = None
) -> list[str]:
    """Blocks that a class names so, or that the page's head has for its description, between the title and the first
    of the article's texts; empty when there are none.

    ``titles`` are all forms of the article's title.
    """
    begin = squeezed(texts[0]) if texts else ""
    first = next((place for place, one in enumerate(blocks) if one.squeezed == begin), 0)
    names = {folded(title) for title in titles if title}
    heads = [place for place in range(first) if is_title(blocks[place][1], names)]
    if not heads:
        return []
    printed = next((place for place in heads if blocks[place][0].tag == "h1"), heads[-1])
    between = blocks[printed + 1 : first]
    whole = squeezed(" ".join(texts))
    told = squeezed(description or "")[:REPEATED].rstrip(".…")
    named = [one[1] for one in between if is_standfirst(one, names, told)]
    return [text for text in named if not repeats(text, whole)][:MOST]


def repeats(text: str, whole: str) -> bool:
    """It is cut out of the article, as a system does where no editor wrote one: "The probe sent its first …"."""
    return squeezed(text)[:REPEATED].rstrip(".…") in whole


def is_standfirst(block: Placed, names: set[str], told: str) -> bool:
    """Named so or ``told`` by the head, of a sentence's length, and neither byline nor call."""
    element, text = block
    least = MIN_CHARS if text.isascii() else MIN_UNSPACED
    if not least <= len(text) <= MAX_CHARS or is_head_line(text, names, ()) or is_chrome_line(text) or is_call(text):
        return False
    around = (element, *islice(element.iterancestors(), AROUND))
    if len(told) >= least and block.squeezed.startswith(told):
        return block.is_content
    return block.is_content and any(NAMED.search(one.get("class") or "") for one in around)
