"""A daily with a system of its own and many addresses for one page.

Its feed links are relative and carry ``utm_*`` parameters, and some lead off the site; the sitemap drops the trailing
slash and lists AMP variants; the front page links old slugs, which redirect; one page's canonical link says https.
The chrome follows the text as bold paragraphs inside the body.
"""

from __future__ import annotations

from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, author_list, html_list, printed_again
from crawler.demo.stories import Story, html_body

TRACKING = "utm_source=feed&utm_medium=rss&utm_campaign=daily"
ELSEWHERE = ("https://jobs.example.com/launch-crew", "https://video.example.net/watch?v=dQ8")  # RFC 2606 names


class Daily(Publisher):
    robots = "User-agent: *\nDisallow: /search\nDisallow: /account/\nSitemap: {base}/sitemap.xml\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/{story.published_at:%Y/%m/%d}/{story.slug}/"

    def add_pages(self) -> None:
        for carried in self.carried:
            self.add_article(carried)
        links = "\n".join(
            f'<li><a href="{self.old_path(one) if self.is_moved(one) else one.path}">{escape(one.story.title)}</a></li>'
            for one in self.carried
        )
        self.add("/", self.framed("Today", f'<ul class="river">{links}</ul>'), changed_at=self.changed_at)
        urls = [(self.url(target), one.story.changed_at) for one in self.carried for target in self.listed(one)]
        self.add("/sitemap.xml", xml.urlset(urls), mime="application/xml", changed_at=self.changed_at)
        entries = [*map(self.entry, self.carried), *self.entries_elsewhere()]
        feed = xml.rss(self.outlet.name, self.url("/"), entries, language="en-US")
        self.add("/feeds/daily.rss", feed, mime="application/rss+xml", changed_at=self.changed_at)

    def add_article(self, carried: Carried) -> None:
        """The page with and without slash, its AMP variant, and the redirect from its old slug."""
        page, changed_at = self.article(carried), carried.story.changed_at
        self.add(carried.path, page, changed_at=changed_at)
        self.add(carried.path.rstrip("/"), page, changed_at=changed_at)
        self.add(f"{carried.path}amp/", self.amp_variant(carried), changed_at=changed_at)
        if self.is_moved(carried):
            self.redirect(self.old_path(carried), self.url(carried.path))

    def listed(self, carried: Carried) -> list[str]:
        """What the sitemap says of a story: its path without the slash, and for some the AMP variant as well."""
        variants = [f"{carried.path}amp/"] if "sitemap-lists-amp" in carried.story.facts else []
        return [carried.path.rstrip("/"), *variants]

    @staticmethod
    def is_moved(carried: Carried) -> bool:
        return "moved" in carried.story.facts

    @staticmethod
    def old_path(carried: Carried) -> str:
        """Where a story was before the site's last redesign."""
        return f"/articles/{carried.story.slug}.php"

    def article(self, carried: Carried) -> str:
        story = carried.story
        content = self.filled(
            "article.html",
            title=escape(story.title),
            again=printed_again(carried),
            authors=escape(author_list(story.authors)),
            iso=story.published_at.isoformat(),
            printed=f"{story.published_at:%A}, {story.published_at:%B} {story.day.day}, {story.day.year}",
            body=html_body(story.blocks),
            related=html_list(self.neighbours(carried)),
        )
        return self.framed(story.title, content, head=self.head_of(carried))

    def canonical_of(self, carried: Carried) -> str:
        url = super().canonical_of(carried)
        return url.replace("http://", "https://", 1) if "https-canonical" in carried.story.facts else url

    def head_of(self, carried: Carried) -> str:
        story = carried.story
        return "\n".join([
            f'<link rel="canonical" href="{self.canonical_of(carried)}">',
            f'<link rel="amphtml" href="{self.url(carried.path)}amp/">',
            f'<meta name="description" content="{escape(story.description)}">',
            f'<meta property="og:title" content="{escape(story.title)}">',
            f'<meta property="article:published_time" content="{story.published_at.isoformat()}">',
            *(f'<meta property="article:author" content="{escape(name)}">' for name in story.authors),
        ])  # fmt: skip

    def amp_variant(self, carried: Carried) -> str:
        story = carried.story
        return self.filled(
            "amp.html",
            title=escape(story.title),
            canonical=self.canonical_of(carried),
            authors=escape(author_list(story.authors)),
            iso=story.published_at.isoformat(),
            body=html_body(story.blocks),
        )

    def framed(self, title: str, content: str, head: str = "") -> str:
        return self.filled("page.html", title=escape(title), content=content, head=head)

    def entry(self, carried: Carried) -> xml.Entry:
        story = carried.story
        return xml.Entry(
            title=story.title,
            link=f"{carried.path}?{TRACKING}",
            published_at=story.published_at,
            guid=f"downrange-{story.slug}",
            summary=f'{story.description} <a href="{carried.path}?{TRACKING}#comments">Comments</a>',
            authors=story.authors,
        )

    def entries_elsewhere(self) -> list[xml.Entry]:
        """Partners' links that the feed mixes in: not this site's articles."""
        return [
            xml.Entry(title="From our partners", link=link, published_at=self.changed_at, guid=link)
            for link in ELSEWHERE
        ]
