"""WordPress with a block theme and an SEO plug-in: JSON-LD as a graph, sitemap index, gzipped child, news sitemap.

No feed is announced. The sitemap index also lists pages that are no articles.
"""

from __future__ import annotations

from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, author_list, html_list, json_in_script
from crawler.demo.stories import Story, html_body


class WordPressBlocks(Publisher):
    robots = "User-agent: *\nDisallow:\n\nSitemap: {base}/sitemap_index.xml\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/{story.slug}/"

    def add_pages(self) -> None:
        for carried in self.carried:
            self.add(carried.path, self.article(carried), changed_at=carried.story.changed_at)
        cards = "\n".join(f'<li class="wp-block-post">{self.card(one)}</li>' for one in self.carried)
        listing = f'<ul class="wp-block-post-template is-layout-grid">{cards}</ul>'
        self.add("/", self.framed("Home", listing), changed_at=self.changed_at)
        contact = "<h1>Contact</h1><p>Write to us about anything that orbits, and about things that should not.</p>"
        self.add("/contact/", self.framed("Contact", contact))
        self.add_sitemaps()

    def add_sitemaps(self) -> None:
        """Index → gzipped posts and plain pages; the news sitemap stands beside them, as the plug-in has it."""
        posts = xml.urlset((self.url(one.path), one.story.changed_at) for one in self.carried)
        pages = xml.urlset([(self.url("/"), self.changed_at), (self.url("/contact/"), None)])
        children = ("/post-sitemap.xml.gz", "/page-sitemap.xml")
        index = xml.sitemap_index((self.url(child), self.changed_at) for child in children)
        entries = [
            xml.Entry(title=one.story.title, link=self.url(one.path), published_at=one.story.published_at)
            for one in self.carried[:3]
        ]
        news = xml.news_sitemap(self.outlet.name, self.outlet.language, entries)
        xml_type = "text/xml; charset=UTF-8"
        self.add("/sitemap_index.xml", index, mime=xml_type, changed_at=self.changed_at)
        self.add("/post-sitemap.xml.gz", xml.gzipped(posts), mime="application/x-gzip", changed_at=self.changed_at)
        self.add("/page-sitemap.xml", pages, mime=xml_type, changed_at=self.changed_at)
        self.add("/news-sitemap.xml", news, mime=xml_type, changed_at=self.changed_at)

    def article(self, carried: Carried) -> str:
        story = carried.story
        content = self.filled(
            "article.html",
            title=escape(story.title),
            body=html_body(story.blocks, heading="h2").replace("<h2>", '<h2 class="wp-block-heading">'),
            authors=escape(author_list(story.authors)),
            iso=story.published_at.isoformat(),
            printed=f"{story.day.day} {story.published_at:%B} {story.day.year}",
            section=story.section,
            related=html_list(self.neighbours(carried)),
        )
        return self.framed(story.title, content, head=self.head_of(carried))

    def head_of(self, carried: Carried) -> str:
        story, url, graph = carried.story, self.url(carried.path), json_in_script(self.graph(carried))
        return "\n".join([
            f'<meta name="description" content="{escape(story.description)}">',
            f'<link rel="canonical" href="{url}">',
            f'<meta property="og:title" content="{escape(story.title)}">',
            f'<meta property="article:modified_time" content="{story.changed_at.isoformat()}">',
            f'<meta property="og:image" content="{self.url("/wp-content/uploads/" + story.slug + ".jpg")}">',
            f'<meta name="author" content="{escape(author_list(story.authors))}">',
            f'<script type="application/ld+json" class="yoast-schema-graph">{graph}</script>',
        ])  # fmt: skip

    def graph(self, carried: Carried) -> dict[str, object]:
        """Article, page, site and people as nodes that refer to one another by ``@id``."""
        story, url = carried.story, self.url(carried.path)
        people = [
            {"@type": "Person", "@id": f"{self.base_url}/#/schema/person/{number}", "name": name}
            for number, name in enumerate(story.authors, 1)
        ]
        article = {
            "@type": "Article",
            "@id": f"{url}#article",
            "isPartOf": {"@id": url},
            "author": [{"@id": person["@id"]} for person in people],
            "headline": story.title,
            "datePublished": story.published_at.isoformat(),
            "dateModified": story.changed_at.isoformat(),
            "mainEntityOfPage": {"@id": url},
            "wordCount": story.words,
            "publisher": {"@id": f"{self.base_url}/#organization"},
            "keywords": list(story.tags),
            "articleSection": [story.section],
            "inLanguage": self.outlet.language,
        }
        page = {
            "@type": "WebPage",
            "@id": url,
            "url": url,
            "name": f"{story.title} - {self.outlet.name}",
            "isPartOf": {"@id": f"{self.base_url}/#website"},
            "datePublished": story.published_at.isoformat(),
            "description": story.description,
        }
        site = {"@type": "WebSite", "@id": f"{self.base_url}/#website", "name": self.outlet.name}
        maker = {"@type": "Organization", "@id": f"{self.base_url}/#organization", "name": self.outlet.name}
        return {"@context": "https://schema.org", "@graph": [article, page, site, maker, *people]}

    def framed(self, title: str, content: str, head: str = "") -> str:
        return self.filled("page.html", title=escape(title), content=content, head=head)

    @staticmethod
    def card(carried: Carried) -> str:
        return (
            f'<h2 class="wp-block-post-title"><a href="{carried.path}">{escape(carried.story.title)}</a></h2>'
            f'<div class="wp-block-post-excerpt"><p>{escape(carried.story.description)}</p></div>'
        )
