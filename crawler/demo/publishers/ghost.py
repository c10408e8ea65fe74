"""A newsletter in the manner of Ghost: JSON Feed with full text, JSON-LD, cards, a subscription call under each text.

One story is for members: its page has the beginning and says so (``isAccessibleForFree``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, author_list, json_in_script
from crawler.demo.server import Header
from crawler.demo.stories import Story, html_body

SUBSCRIBERS_ONLY = (
    '<aside class="gh-post-upgrade-cta"><h2>This post is for paying subscribers only</h2>'
    '<a class="gh-btn" data-portal="signup">Subscribe now</a></aside>'
)


class Ghost(Publisher):
    robots = "User-agent: *\nSitemap: {base}/sitemap.xml\nDisallow: /ghost/\nDisallow: /email/\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/{story.slug}/"

    def add_pages(self) -> None:
        for carried in self.carried:
            self.add(carried.path, self.article(carried), changed_at=carried.story.changed_at)
        self.add("/", self.framed("Home", self.cards(self.carried)), changed_at=self.changed_at)
        posts = xml.urlset((self.url(one.path), one.story.changed_at) for one in self.carried)
        index = xml.sitemap_index([(self.url("/sitemap-posts.xml"), self.changed_at)])
        self.add("/sitemap-posts.xml", posts, mime="text/xml; charset=utf-8")
        self.add("/sitemap.xml", index, mime="text/xml; charset=utf-8")
        self.add("/feed.json", self.json_feed(), mime="application/feed+json; charset=utf-8")

    def validators(self, body: bytes, changed_at: datetime | None) -> Iterable[Header]:
        """Weak ETags, as Express makes them; no date."""
        for name, value in super().validators(body, None):
            yield name, f"W/{value}"

    def article(self, carried: Carried) -> str:
        story = carried.story
        content = self.filled(
            "article.html",
            title=escape(story.title),
            excerpt=escape(story.description),
            tag=escape(story.section),
            authors=escape(author_list(story.authors)),
            iso=story.day.isoformat(),
            printed=f"{story.published_at:%d %b %Y}",
            minutes=str(max(1, story.words // 200)),
            body=html_body(story.blocks),
            gate=SUBSCRIBERS_ONLY if story.is_paywalled else "",
            cards=self.cards(self.neighbours(carried)),
        )
        return self.framed(story.title, content, head=self.head_of(carried))

    def head_of(self, carried: Carried) -> str:
        story, url = carried.story, self.url(carried.path)
        article = {
            "@context": "https://schema.org",
            "@type": "Article",
            "publisher": {"@type": "Organization", "name": self.outlet.name, "url": self.url("/")},
            "author": [{"@type": "Person", "name": name, "sameAs": []} for name in story.authors],
            "contributor": [],
            "headline": story.title,
            "url": url,
            "datePublished": story.published_at.isoformat(),
            "dateModified": story.changed_at.isoformat(),
            "keywords": ", ".join((story.section, *story.tags)),
            "description": story.description,
            "isAccessibleForFree": not story.is_paywalled,
            "mainEntityOfPage": url,
        }
        return (
            f'<meta name="description" content="{escape(story.description)}">\n<link rel="canonical" href="{url}">\n'
            f'<meta property="og:type" content="article">\n<meta property="og:title" content="{escape(story.title)}">\n'
            f'<meta property="article:published_time" content="{story.published_at.isoformat()}">\n'
            f'<script type="application/ld+json">\n{json_in_script(article, indent=4)}\n</script>'
        )

    def framed(self, title: str, content: str, head: str = "") -> str:
        return self.filled("page.html", title=escape(title), content=content, head=head)

    def json_feed(self) -> str:
        """JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
        items = [
            {
                "id": one.story.slug,
                "url": self.url(one.path),
                "title": one.story.title,
                "content_html": html_body(one.story.blocks),
                "summary": one.story.description,
                "date_published": one.story.published_at.isoformat(),
                "authors": [{"name": name} for name in one.story.authors],
                "tags": [one.story.section, *one.story.tags],
            }
            for one in self.carried
        ]
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.outlet.name,
            "home_page_url": self.url("/"),
            "feed_url": self.url("/feed.json"),
            "items": items,
        }
        return json.dumps(feed, ensure_ascii=False, indent=1)

    @staticmethod
    def cards(stories: Iterable[Carried]) -> str:
        """Stories as cards, as on the front page and under a text."""
        return "\n".join(
            f'<article class="gh-card post"><a class="gh-card-link" href="{one.path}">'
            f'<h3 class="gh-card-title">{escape(one.story.title)}</h3>'
            f'<p class="gh-card-excerpt">{escape(one.story.description)}</p></a></article>'
            for one in stories
        )
