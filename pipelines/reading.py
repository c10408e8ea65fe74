"""One page read from its bytes to an article, or to the reason that it is none. Runs in workers."""

from __future__ import annotations

import time
from dataclasses import replace

from archive.errors import ExtractionError
from archive.indexing import packed_words
from archive.model import Article, Groundwork, Rejected
from archive.sanitise import sanitised
from archive.wishes import ordered
from pipelines.extract import extract
from pipelines.normalise import article_from
from pipelines.page import Hints, Page, Read, Rules
from pipelines.quality import assess
from pipelines.similarity import Similarity

WARM_UP_PAGE = (
    b"<html><head><title>Warm-up</title></head><body><article><h1>Warm-up</h1>"
    b"<p>The first page of a worker compiles patterns and loads tables; this one pays for it.</p></article>"
)


def read_page(page: Page) -> Read:
    """Extract, judge and normalise one page. Runs in a worker; reads and writes nothing else."""
    started = time.process_time()
    result = judged(page)
    groundwork = groundwork_of(result) if isinstance(result, Article) else None
    lighter = replace(page.fetched, capture=replace(page.fetched.capture, body=b""))
    return Read(fetched=lighter, result=result, groundwork=groundwork, seconds=time.process_time() - started)


def judged(page: Page) -> Article | Rejected:
    """The page as an article, or the reason it is none."""
    capture = page.fetched.capture
    try:
        extracted = extract(
            capture.body, url=capture.target_uri, charset=capture.charset, hints=page.hints, rules=page.rules
        )
    except ExtractionError as exc:
        return Rejected(reason="unreadable", detail=str(exc))
    wishes = ordered((*capture.wishes, *extracted.wishes))
    if refused := next((wish for wish in wishes if wish in page.obey), None):
        return Rejected(reason=refused, detail=f"the publisher asks for {', '.join(wishes)}")
    rejected = assess(extracted, url=capture.target_uri)
    if rejected is not None:
        return rejected
    return article_from(
        replace(extracted, wishes=wishes),
        discovered=page.fetched.discovered,
        capture=replace(capture, body=b""),
        strip_params=page.strip_params,
    )


def groundwork_of(article: Article) -> Groundwork:
    """What the store would work out itself, of the article as it will hold it."""
    kept = sanitised(article)
    words = packed_words(
        title=kept.title, text=kept.text, authors=kept.authors, description=kept.description, tags=kept.tags,
        lang=kept.lang,
    )  # fmt: skip
    return Groundwork(text_digest=kept.text_digest, sketch=Similarity().sketch(kept.text), words=words)


def warm_up() -> None:
    """Compile patterns and load tables by reading a page."""
    packed_words(title="É", text="", authors=(), description=None, tags=(), lang="en")
    extract(WARM_UP_PAGE, url="http://warm.example/up", charset="utf-8", hints=Hints(), rules=Rules())
