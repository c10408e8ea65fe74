"""Drupal: RSS and a sitemap, node numbers behind aliases, print variants, ``rel=canonical`` everywhere.

The sitemap announces some stories by node number, and the print variant of one: all lead to the alias.
"""

from __future__ import annotations

from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, author_list, html_list
from crawler.demo.stories import Story, html_body

FIRST_NODE_ID = 20310


class Drupal(Publisher):
    robots = "User-agent: *\nDisallow: /core/\nDisallow: /search/\nDisallow: /user/\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/news/{story.day.year}/{story.slug}"

    def add_pages(self) -> None:
        for carried in self.carried:
            node = self.node_of(carried)
            page = self.framed(carried.story.title, self.article(carried), head=self.head_of(carried))
            for target in (carried.path, f"/node/{node}"):
                self.add(target, page, changed_at=carried.story.changed_at, headers=[("X-Generator", "Drupal 10")])
            self.add(f"/node/{node}/print", self.print_variant(carried), changed_at=carried.story.changed_at)
        rows = html_list(self.carried)
        self.add("/", self.framed("Home", f'<div class="view-content"><ul>{rows}</ul></div>'))
        self.add("/news", self.framed("News", f'<div class="view-content"><ul>{rows}</ul></div>'))
        feed = xml.rss(f"{self.outlet.name}: news", self.url("/"), map(self.entry, self.carried), language="en")
        self.add("/news/rss.xml", feed, mime="application/rss+xml; charset=utf-8", changed_at=self.changed_at)
        sitemap = xml.urlset([(self.url(target), None) for target in self.announced_targets()])
        self.add("/sitemap.xml", sitemap, mime="application/xml; charset=utf-8", changed_at=self.changed_at)

    def node_of(self, carried: Carried) -> int:
        """Node number: by age, so that it stays when newer stories come."""
        return FIRST_NODE_ID + self.carried[::-1].index(carried) * 7

    def announced_targets(self) -> list[str]:
        """What the sitemap lists: aliases, but for the stories whose facts say otherwise."""
        suffixes = {"sitemap-by-node": "", "sitemap-by-print": "/print"}
        targets = []
        for carried in self.carried:
            fact = next((fact for fact in suffixes if fact in carried.story.facts), None)
            targets.append(f"/node/{self.node_of(carried)}{suffixes[fact]}" if fact else carried.path)
        return targets

    def article(self, carried: Carried) -> str:
        story = carried.story
        byline = f'<div class="field field--name-field-author">By {escape(author_list(story.authors))}</div>'
        return self.filled(
            "article.html",
            title=escape(story.title),
            node=str(self.node_of(carried)),
            iso=story.published_at.isoformat(),
            printed=f"{story.published_at:%d %B %Y}",
            byline=byline if story.authors else "",
            section=story.section,
            body=html_body(story.blocks, heading="h3"),
            related=html_list(self.neighbours(carried)),
        )

    def print_variant(self, carried: Carried) -> str:
        """The page without chrome, for paper."""
        story = carried.story
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(story.title)}</title>'
            f'<link rel="canonical" href="{self.url(carried.path)}"><meta name="robots" content="noindex"></head>'
            f'<body class="print"><h1>{escape(story.title)}</h1>\n{html_body(story.blocks, heading="h3")}\n'
            f"<p><small>Source: {self.url(carried.path)}</small></p></body></html>"
        )

    def head_of(self, carried: Carried) -> str:
        story = carried.story
        return "\n".join([
            f'<meta name="description" content="{escape(story.description)}" />',
            f'<link rel="canonical" href="{self.url(carried.path)}" />',
            f'<link rel="shortlink" href="{self.url(f"/node/{self.node_of(carried)}")}" />',
            f'<meta property="article:published_time" content="{story.published_at.isoformat()}" />',
            f'<meta name="dcterms.title" content="{escape(story.title)}" />',
            *(f'<meta name="dcterms.creator" content="{escape(name)}" />' for name in story.authors),
        ])  # fmt: skip

    def framed(self, title: str, content: str, head: str = "") -> str:
        return self.filled("page.html", title=escape(title), content=content, head=head)

    def entry(self, carried: Carried) -> xml.Entry:
        story = carried.story
        return xml.Entry(
            title=story.title,
            link=self.url(carried.path),
            published_at=story.published_at,
            guid=f"{self.node_of(carried)} at {self.base_url}",
            summary=f"<p>{escape(story.description)}</p>",
            authors=story.authors,
        )
