"""What an extractor leaves around the article's own paragraphs: title printed again, byline and date lines,
repeated paragraphs, tail lines of the site. Works on text alone; the tree was pruned before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipelines.phrases import (
    is_appeal,
    is_byline,
    is_chrome_heading,
    is_chrome_line,
    is_counter,
    is_date_line,
    is_embed_notice,
)

NOT_ALNUM = re.compile(r"[\W_]+")
MARKS = bytes(code for code in range(128) if not chr(code).isalnum())  # the same, in ASCII
PRINTERS_MARKS = "’“”‘–—…«»•\xa0"  # the same, of those beyond ASCII that stand in most English texts
HEAD_BLOCKS = 8  # blocks at the top that may belong to the page's head
TAIL_BLOCKS = 12  # blocks at the end that may belong to the site
PROSE = 100  # characters; a longer block at the top is the article
MOST_BESIDE_TITLE = 60  # letters; a site's name, a byline and a date in the line of the title
BIOGRAPHY_MIN_BLOCKS, BIOGRAPHY_MAX = 3, 700  # blocks that stay; characters of a biography
BIOGRAPHY_LEAD = 20  # characters before the name: "About the author:", "Korrespondentin"
MENU_PART = 40  # characters
CAPTION_MAX = 500  # characters
CREDIT = re.compile(
    r"(?:^|[\s(\[/|])(?:photos?|images?|picture|foto|fotos|bild|bilder|grafik|illustration|crédit(?: photo)?|fot\."
    r"|zdjęcie|фото|写真|画像|图|图片|图源|사진)\s?(?:by\s|credit\s?)?[:：]\s?[^.:。]{2,60}[)\]]?\.?$",
    re.IGNORECASE,
)  # "… at the pad. (Photo: Ada Reyes/ESA)"
SENTENCE_END = tuple(".!?…。！？」』”\"'»)")
REPEAT_MIN = 50  # characters; a shorter block may well stand twice ("Yes.", "Specifications")


def cleaned(blocks: Sequence[str], *, titles: Sequence[str], authors: Sequence[str] = ()) -> list[str]:
    """The blocks without what is not the article's; ``titles`` are all forms of its title, ``authors`` its people."""
    kept = without_repeats([block for block in blocks if block.strip(" •·|-–—*") and not is_strange(block)])
    kept = without_head(kept, {folded(title) for title in titles if title}, [folded(name) for name in authors])
    return without_biography(without_tail([block for block in kept if not is_credit(block)]), authors)


def is_strange(block: str) -> bool:
    """True for a line that is no article's wherever it stands: in place of a video, or another at every visit."""
    return is_embed_notice(block) or is_counter(block)


def folded(text: str) -> str:
    """Letters and digits alone, in one case and Unicode form: how two prints of a title compare."""
    plain = text
    for mark in PRINTERS_MARKS if not plain.isascii() else "":
        plain = plain.replace(mark, "")
    if plain.isascii():  # fifty times as fast
        return plain.lower().encode().translate(None, MARKS).decode()
    return NOT_ALNUM.sub("", unicodedata.normalize("NFKC", text).casefold())


def without_repeats(blocks: Sequence[str]) -> list[str]:
    """A long block that stands twice is a responsive variant or a pull quote: the first one stays."""
    seen: set[str] = set()
    kept = []
    for block in blocks:
        key = folded(block)
        if len(block) >= REPEAT_MIN and key in seen:
            continue
        seen.add(key)
        kept.append(block)
    return kept


def without_head(blocks: list[str], titles: set[str], authors: Sequence[str]) -> list[str]:
    """Without title copies, what stands above the last of them, and the lines of byline and date that follow."""
    start = 0
    for place, block in enumerate(blocks[:HEAD_BLOCKS]):
        if is_title(block, titles):
            start = place + 1
        elif len(block) >= PROSE:
            break
    while start < len(blocks) and start < HEAD_BLOCKS and is_head_line(blocks[start], titles, authors):
        start += 1
    return [
        block
        for place, block in enumerate(blocks[start:])
        if not (0 < place < HEAD_BLOCKS // 2 and (is_byline(block) or is_date_line(block)))
    ]


def is_title(block: str, titles: set[str]) -> bool:
    """The block is the title, perhaps with the site's name at either end, or byline and date behind it."""
    key = folded(block)
    if key in titles:
        return True
    is_line = len(block) < 2 * PROSE and not block.rstrip().endswith((".", "!", "。"))
    return is_line and any(
        len(title) > 15 and title in key and len(key) <= len(title) + MOST_BESIDE_TITLE for title in titles
    )


def is_head_line(block: str, titles: set[str], authors: Sequence[str]) -> bool:
    """A line between title and text: byline, date, share bar, breadcrumb."""
    if len(block) >= PROSE:
        return False
    key = folded(block)
    if is_title(block, titles) or is_chrome_line(block) or is_date_line(block) or is_byline(block):
        return True
    return any(name and name in key and len(key) < len(name) + 25 for name in authors)


def without_tail(blocks: list[str]) -> list[str]:
    """Without the site's lines at the end, nor headings that nothing follows."""
    end = len(blocks)
    for place in range(len(blocks) - 1, max(0, len(blocks) - TAIL_BLOCKS) - 1, -1):
        if is_chrome_heading(blocks[place]) and not any(is_prose_block(block) for block in blocks[place + 1 : end]):
            end = place
    while end > 1 and is_tail_line(blocks[end - 1]):
        end -= 1
    return blocks[:end]


def is_tail_line(block: str) -> bool:
    return is_chrome_line(block) or is_date_line(block) or is_byline(block) or is_appeal(block) or is_menu(block)


def is_menu(block: str) -> bool:
    """Short parts between bars, none of them a sentence: the links at the foot of an old page."""
    parts = [part.strip() for part in block.split("|")]
    return len(parts) > 2 and all(len(part) <= MENU_PART and not part.endswith(SENTENCE_END) for part in parts)


def without_biography(blocks: list[str], authors: Sequence[str]) -> list[str]:
    """Without the last lines that begin with an author's name, as authors' boxes do; a text of them alone stays."""
    names = [name for name in authors if " " in name]
    end = len(blocks)
    while end > BIOGRAPHY_MIN_BLOCKS and any(begins_with(blocks[end - 1], name) for name in names):
        end -= 1
    return blocks[:end]


def begins_with(block: str, name: str) -> bool:
    """True where the name stands among the first words, a role before it at most, and a verb behind it."""
    place = block.find(name)
    return 0 <= place <= BIOGRAPHY_LEAD and len(block) <= BIOGRAPHY_MAX and len(block) > len(name) + 20


def is_credit(block: str) -> bool:
    """True for a caption, by the credit of its picture at the end; or for the credit alone."""
    return len(block) <= CAPTION_MAX and (":" in block or "：" in block) and bool(CREDIT.search(block))


def is_prose_block(block: str) -> bool:
    return len(block) >= PROSE and block.rstrip().endswith(SENTENCE_END)
