"""An article whose page shows a teaser and whose feed has the text: the same at every look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from archive.database import reading
from archive.model import Discovered
from archive.schema import ArticleRow, FrontierRow
from tests.crawled import DAY, Crawl, config_of, other_body, page

FOUND = Discovered(
    source_id="alpha",
    url="https://alpha.example/news/one",
    discovered_via="feed",
    endpoint_url="https://alpha.example/feed",
    discovered_at=DAY,
    content_html=f"<p>{other_body(3)}</p>",
)


def test_a_second_look_does_not_fall_back_to_the_teaser(tmp_path: Path) -> None:
    teaser = page("One rover", text="The rover rests, and why it does so is told to those who pay. " * 2)
    crawl = Crawl(config_of(tmp_path))
    crawl.answer("/news/one", teaser, found=FOUND)
    with reading(crawl.engine) as session:
        row = session.scalars(select(FrontierRow)).one()
        assert row.content_html == FOUND.content_html
        again = replace(FOUND, content_html=row.content_html)
    crawl.answer("/news/one", teaser + b"<!-- another visit -->", found=again)
    with reading(crawl.engine) as session:
        article = session.scalars(select(ArticleRow)).one()
        assert (article.text, article.revision_count) == (other_body(3), 1)
        assert article.extractor.endswith("(feed)")
    crawl.close()


def test_what_the_feed_said_is_forgotten_where_the_page_has_the_text(tmp_path: Path) -> None:
    crawl = Crawl(config_of(tmp_path))
    crawl.answer("/news/one", page("One rover", text=other_body(3)), found=FOUND)
    with reading(crawl.engine) as session:
        assert session.scalars(select(FrontierRow)).one().content_html is None
        assert session.scalars(select(ArticleRow)).one().extractor.endswith("(page)")
    crawl.close()
