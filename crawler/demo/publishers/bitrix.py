"""A Russian site in the manner of 1C-Bitrix: everything in windows-1251, dates in words.

Some pages name their charset in a ``meta`` element only. The feed is windows-1251 as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, html_list
from crawler.demo.server import Header, http_date
from crawler.demo.stories import Story, html_body

MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
FIRST_ELEMENT_ID = 1840


class Bitrix(Publisher):
    charset = "windows-1251"
    html_type = "text/html; charset=windows-1251"
    robots = "User-agent: *\nDisallow: /bitrix/\nDisallow: /*?print=Y\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/news/{story.section}/{story.slug}.html"

    def add_pages(self) -> None:
        for carried in self.carried:
            mime = "text/html" if "meta-charset-only" in carried.story.facts else self.html_type
            self.add(carried.path, self.article(carried), mime=mime, changed_at=carried.story.changed_at)
        listing = f'<div class="news-list"><ul>{html_list(self.carried)}</ul></div>'
        self.add("/", self.framed("Новости", listing), changed_at=self.changed_at)
        self.add("/news/", self.framed("Новости", listing), changed_at=self.changed_at)
        entries = [self.entry(one) for one in self.carried]
        feed = xml.rss(self.outlet.name, self.url("/"), entries, language="ru", encoding="windows-1251")
        self.add("/rss/news.xml", feed, mime="application/rss+xml", changed_at=self.changed_at)

    def validators(self, body: bytes, changed_at: datetime | None) -> Iterable[Header]:
        """Last-Modified only: this system computes no ETag."""
        if changed_at:
            yield "Last-Modified", http_date(changed_at)

    def article(self, carried: Carried) -> str:
        story = carried.story
        content = self.filled(
            "article.html",
            title=escape(story.title),
            printed=russian_day(story.day),
            time=f"{story.published_at:%H:%M}",
            author=escape(", ".join(story.authors)),
            number=str(FIRST_ELEMENT_ID + self.carried[::-1].index(carried)),
            body=html_body(story.blocks, heading="h3"),
            related=html_list(self.neighbours(carried)),
        )
        head = (
            f'<meta name="description" content="{escape(story.description)}">\n'
            f'<meta name="keywords" content="{escape(", ".join(story.tags))}">'
        )
        return self.framed(story.title, content, head=head)

    def framed(self, title: str, content: str, head: str = "") -> str:
        return self.filled("page.html", title=escape(title), content=content, head=head)

    def entry(self, carried: Carried) -> xml.Entry:
        story = carried.story
        return xml.Entry(
            title=story.title,
            link=self.url(carried.path),
            published_at=story.published_at,
            guid=self.url(carried.path),
            is_permalink=True,
            summary=story.description,
        )


def russian_day(day: date) -> str:
    """``27 июня 2025``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
