"""A Japanese agency's hand-kept pages: Shift_JIS, an RSS 1.0 feed, era-old markup with a date in kanji.

The charset is in a ``meta`` element; the server says it on the front page only.
"""

from __future__ import annotations

from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, html_list
from crawler.demo.stories import Story, html_body


class JapaneseAgency(Publisher):
    charset = "cp932"  # what Shift_JIS means on the web (WHATWG Encoding): with the vendors' additions
    html_type = "text/html"
    robots = "User-agent: *\nDisallow: /cgi-bin/\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/press/{story.published_at:%Y/%m/%Y%m%d}_{story.slug}_j.html"

    def add_pages(self) -> None:
        for carried in self.carried:
            self.add(carried.path, self.article(carried), changed_at=carried.story.changed_at)
        listing = f'<div id="topics"><h2>プレスリリース一覧</h2><ul>{html_list(self.carried)}</ul></div>'
        self.add("/", self.framed("トップ", listing), mime="text/html; charset=Shift_JIS", changed_at=self.changed_at)
        entries = [self.entry(one) for one in self.carried]
        feed = xml.rdf(self.outlet.name, self.url("/"), entries, language="ja", encoding="Shift_JIS")
        self.add("/rss/index.rdf", feed, mime="application/rdf+xml", changed_at=self.changed_at)

    def article(self, carried: Carried) -> str:
        story = carried.story
        writers = "、".join(story.authors)
        content = self.filled(
            "article.html",
            title=escape(story.title),
            printed=f"{story.day.year}年{story.day.month}月{story.day.day}日",
            byline=f'<p class="writer">（{writers}）</p>' if writers else "",
            body=html_body(story.blocks, heading="h3"),
            related=html_list(self.neighbours(carried)),
        )
        return self.framed(story.title, content)

    def framed(self, title: str, content: str) -> str:
        return self.filled("page.html", title=escape(title), content=content)

    def entry(self, carried: Carried) -> xml.Entry:
        story = carried.story
        return xml.Entry(
            title=story.title,
            link=self.url(carried.path),
            published_at=story.published_at,
            summary=story.description,
        )
