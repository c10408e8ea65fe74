"""What the speed benchmarks serve: a corpus of real pages where there is one, else as many made-up ones as asked for.

A made-up page is the same for the same number. It weighs what news pages weigh (some 110 kB: scripts, styles, menus,
teasers) around an article of our own words, so that an extractor has as much to throw away as on the web.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

from benchmarks.corpus_site import SITES, path_of, site_of
from benchmarks.scores import read_corpus
from benchmarks.synthetic import WORDS

SCRIPT_BYTES, STYLE_BYTES = 45_000, 20_000  # inside the page; about the median of the pages of articles-dev
MENU_LINKS, TEASERS = 120, 60
PARAGRAPHS, SENTENCES = 14, 4
START = datetime(2020, 1, 1, 6, tzinfo=UTC)
AUTHORS = ("Ada Voss", "Ben Okafor", "Chiara Lund", "Dmitri Hale", "Esther Quill", "Farid Moss", "Gwen Arkady")
NAMED = WORDS[2_000:]  # rare enough that two articles share hardly a phrase
FORMS = (
    "The {0} of {1} has been moved to the {2} after the {3} was found to be {4}.",
    "Engineers say that {0} and {1} will not be ready before the {2} leaves the {3} of {4}.",
    "It took {0} more than a year to bring the {1} back to {2}, and the {3} is still near {4}.",
    "In a statement the {0} said that its {1} had passed over {2} with the {3} and the {4} closed.",
    "Nobody had expected a {0} so close to the {1}, where {2} once looked for {3} and {4}.",
    "When the {0} reached {1}, its {2} sent the first pictures of {3} through the {4}.",
)


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page, its body as gzip, behind one of the sites."""

    target: str
    site: int
    packed: bytes


def served_pages(corpus: Path | None, count: int) -> Sequence[ServedPage]:
    """``count`` pages, evenly over the corpus; made-up ones without a corpus. A smaller corpus gives all it has."""
    if corpus is None:
        return [made_page(number) for number in range(count)]
    pages = read_corpus(corpus)
    chosen = [pages[place * len(pages) // count] for place in range(count)] if count < len(pages) else pages
    return [ServedPage(path_of(page), site_of(page), page.file.read_bytes()) for page in chosen]


def made_page(number: int) -> ServedPage:
    """The made-up page of this number."""
    return ServedPage(f"/{number}/{START.year}/story-{number}.html", number % SITES, gzip.compress(html(number), 1))


def html(number: int) -> bytes:
    """A news page: its data, its clutter, and an article of about 700 words."""
    dice, day = random.Random(number), START + timedelta(hours=number)
    title, author = f"The {dice.choice(NAMED).title()} of {dice.choice(NAMED).title()} {number}", dice.choice(AUTHORS)
    paragraphs = [" ".join(sentence(dice) for _ in range(SENTENCES)) for _ in range(PARAGRAPHS)]
    data = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": title,
        "datePublished": day.isoformat(), "author": {"@type": "Person", "name": author},
    }  # fmt: skip
    parts = [
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)} | Orbit Post</title>",
        f"<script type='application/ld+json'>{json.dumps(data)}</script>",
        f"<style>{filler(dice, STYLE_BYTES, '.c{0:x}{{margin:{0}px}}')}</style>",
        f"<script>{filler(dice, SCRIPT_BYTES, 'var v{0:x}={0};')}</script></head><body><header><nav><ul>",
        *(f"<li class='m m{place}'><a href='/section/{place}'>Section {place}</a></li>" for place in range(MENU_LINKS)),
        f"</ul></nav></header><main><article><h1>{escape(title)}</h1><p class='by'>By {escape(author)}</p>",
        *(f"<p>{escape(text)}</p>" for text in paragraphs),
        "</article></main><aside><h2>More stories</h2>",
        *(teaser(dice.randrange(100_000)) for _ in range(TEASERS)),
        "</aside><footer><p>© Orbit Post. All rights reserved.</p></footer></body></html>",
    ]
    return "".join(parts).encode()


def sentence(dice: random.Random) -> str:
    """English around five made-up words."""
    return dice.choice(FORMS).format(*(dice.choice(NAMED) for _ in range(5)))


def teaser(number: int) -> str:
    """A card that leads to another story."""
    return (
        f"<div class='card'><a href='/story-{number}'><img src='/i/{number}.jpg' alt=''><h3>Story {number}</h3></a>"
        f"<p>What happened in story {number}, told in a line.</p></div>"
    )


def filler(dice: random.Random, size: int, form: str) -> str:
    """Text of about so many bytes that no browser would show."""
    parts, length = [], 0
    while length < size:
        parts.append(form.format(dice.randrange(1 << 24)))
        length += len(parts[-1])
    return "".join(parts)
