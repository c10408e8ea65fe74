"""A mirror: other outlets' stories in its own chrome, announced by an Atom feed.

Widgets stand inside the article element. Some pages name the original as canonical, some claim to be it.
"""

from __future__ import annotations

from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, author_list, html_list, printed_again
from crawler.demo.stories import Story, html_body


class Mirror(Publisher):
    robots = "User-agent: *\nAllow: /\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/relay/{story.slug}"

    def add_pages(self) -> None:
        for carried in self.carried:
            self.add(carried.path, self.article(carried), changed_at=carried.story.changed_at)
        self.add("/", self.framed("Everything", f"<ul>{html_list(self.carried)}</ul>"), changed_at=self.changed_at)
        feed = xml.atom(self.outlet.name, self.url("/"), [self.entry(one) for one in self.carried])
        self.add("/atom.xml", feed, mime="application/atom+xml; charset=utf-8", changed_at=self.changed_at)

    def article(self, carried: Carried) -> str:
        story = carried.story
        credit = f'First published at <a href="{carried.original_url}">the original outlet</a>.'
        content = self.filled(
            "article.html",
            title=escape(story.title),
            again=printed_again(carried, element="h3"),
            authors=escape(author_list(story.authors)),
            iso=story.published_at.isoformat(),
            printed=f"{story.published_at:%d %b %Y}",
            body=html_body(story.blocks, heading="h4"),
            credit=f'<footer class="credit">{credit}</footer>' if carried.is_copy else "",
        )
        head = (
            f'<link rel="canonical" href="{self.canonical_of(carried)}">\n'
            f'<meta property="article:published_time" content="{story.published_at.isoformat()}">\n'
            f'<meta property="og:title" content="{escape(story.title)}">'
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
            guid=f"tag:relay.example,{story.day.year}:{story.slug}",
            summary=story.description,
            authors=story.authors,
            updated_at=story.changed_at,
        )
