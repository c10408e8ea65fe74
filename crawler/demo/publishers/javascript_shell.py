"""A JavaScript application: the body is an empty element, the story stands in JSON-LD and in the framework's payload.

Feed and sitemap announce the same pages.
"""

from __future__ import annotations

from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, json_in_script
from crawler.demo.stories import Story, html_body


class JavaScriptShell(Publisher):
    robots = "User-agent: *\nAllow: /\nDisallow: /api/\nSitemap: {base}/sitemap.xml\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/story/{story.day.isoformat()}/{story.slug}"

    def add_pages(self) -> None:
        for carried in self.carried:
            head = self.head_of(carried)
            page = self.shell(carried.story.title, head=head, payload=self.payload(carried))
            self.add(carried.path, page, changed_at=carried.story.changed_at)
        self.add("/", self.shell("Home", head="", payload={"page": "/", "props": {"pageProps": {}}}))
        entries = [self.entry(one) for one in self.carried]
        feed = xml.rss(self.outlet.name, self.url("/"), entries, language=self.outlet.language)
        self.add("/rss", feed, mime="text/xml; charset=utf-8", changed_at=self.changed_at)
        sitemap = xml.urlset((self.url(one.path), one.story.changed_at) for one in self.carried)
        self.add("/sitemap.xml", sitemap, mime="application/xml", changed_at=self.changed_at)

    def shell(self, title: str, *, head: str, payload: object) -> str:
        return self.filled("page.html", title=escape(title), head=head, payload=json_in_script(payload))

    def framed(self, title: str, content: str) -> str:
        return self.shell(title, head="", payload={"page": "/_error", "props": {"pageProps": {"html": content}}})

    def head_of(self, carried: Carried) -> str:
        story, url = carried.story, self.url(carried.path)
        article = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": story.title,
            "datePublished": story.published_at.isoformat(),
            "dateModified": story.changed_at.isoformat(),
            "author": [{"@type": "Person", "name": name} for name in story.authors],
            "publisher": {"@type": "NewsMediaOrganization", "name": self.outlet.name},
            "description": story.description,
            "articleSection": story.section,
            "articleBody": "\n\n".join(story.paragraphs),
            "mainEntityOfPage": url,
            "isAccessibleForFree": True,
        }
        return (
            f'<link rel="canonical" href="{url}"/><meta property="og:title" content="{escape(story.title)}"/>'
            f'<script type="application/ld+json">{json_in_script(article)}</script>'
        )

    def payload(self, carried: Carried) -> dict[str, object]:
        """What the application renders from, with the HTML of the body among much else."""
        story = carried.story
        props = {
            "story": {
                "id": story.slug,
                "headline": story.title,
                "byline": [{"name": name, "role": "Reporter"} for name in story.authors],
                "publishedAt": story.published_at.isoformat(),
                "bodyHtml": html_body(story.blocks),
                "section": story.section,
            },
            "mostRead": [{"title": one.story.title, "href": one.path} for one in self.neighbours(carried)],
            "footer": {"copyright": f"© 2026 {self.outlet.name}", "newsletter": "Get the Skyward briefing"},
        }
        return {
            "props": {"pageProps": props},
            "page": "/story/[date]/[slug]",
            "buildId": "k3Jd0aQ",
            "isFallback": False,
        }

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
