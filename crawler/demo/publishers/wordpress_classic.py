"""WordPress with a classic theme: widgets in a sidebar, share bar, related posts and comments under the text.

Feed with full text and categories; the front page is a listing with ``/page/2/``; ``?p=ID`` redirects to the permalink.
"""

from __future__ import annotations

from html import escape

from crawler.demo.publishers import xml
from crawler.demo.publishers.publisher import Carried, Publisher, author_list, html_list, printed_again
from crawler.demo.stories import Story, html_body

POSTS_A_PAGE = 4
FIRST_POST_ID = 4100  # WordPress numbers posts, revisions and menus together


class WordPressClassic(Publisher):
    robots = "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/{story.published_at:%Y/%m}/{story.slug}/"

    def add_pages(self) -> None:
        for number, carried in enumerate(reversed(self.carried), FIRST_POST_ID):
            self.add_article(number, carried)
        self.add_listing()
        for section in sorted({one.story.section for one in self.carried}):
            posts = [one for one in self.carried if one.story.section == section]
            self.add(f"/category/{section.lower()}/", self.framed(section, "\n".join(map(self.teaser, posts))))
        about = "<h1>About us</h1><p>The Gazette has been printed since 2009, and on paper until 2016.</p>"
        self.add("/about/", self.framed("About us", about))
        feed = xml.rss(
            self.outlet.name, self.url("/"), [self.entry(one) for one in self.carried], language="en-US"
        )  # fmt: skip
        self.add("/feed/", feed, mime="application/rss+xml; charset=UTF-8", changed_at=self.changed_at)

    def add_article(self, number: int, carried: Carried) -> None:
        story, url = carried.story, self.url(carried.path)
        article = self.filled(
            "article.html",
            number=str(number),
            title=escape(story.title),
            printed_again=printed_again(carried),
            url=url,
            iso=story.published_at.isoformat(),
            printed=f"{story.published_at:%B} {story.day.day}, {story.day.year}",
            authors=escape(author_list(story.authors)),
            author_slug=story.authors[0].lower().replace(" ", "-"),
            section=story.section,
            section_slug=story.section.lower(),
            tags=", ".join(f'<a href="/tag/{tag.replace(" ", "-")}/" rel="tag">{tag}</a>' for tag in story.tags),
            body=html_body(story.blocks),
            related=html_list(self.neighbours(carried)),
            neighbours=html_list(self.neighbours(carried, 2)),
        )
        page = self.framed(story.title, article, head=self.head_of(carried))
        self.add(
            carried.path,
            page,
            changed_at=story.changed_at,
            headers=[("Link", f"<{self.base_url}/?p={number}>; rel=shortlink")],
        )
        self.redirect(f"/?p={number}", url)

    def head_of(self, carried: Carried) -> str:
        """Open Graph and canonical link, as SEO plug-ins print them."""
        story, url = carried.story, self.url(carried.path)
        return "\n".join([
            f'<link rel="canonical" href="{url}">',
            f'<meta name="description" content="{escape(story.description)}">',
            '<meta property="og:type" content="article">',
            f'<meta property="og:title" content="{escape(story.title)} - {escape(self.outlet.name)}">',
            f'<meta property="og:url" content="{url}">',
            f'<meta property="og:site_name" content="{escape(self.outlet.name)}">',
            f'<meta property="article:published_time" content="{story.published_at.isoformat()}">',
            *(f'<meta property="article:tag" content="{tag}">' for tag in story.tags),
        ])  # fmt: skip

    def framed(self, title: str, content: str, head: str = "") -> str:
        recent = html_list(self.carried[:4])
        return self.filled("page.html", title=escape(title), content=content, head=head, recent=recent)

    def add_listing(self) -> None:
        """The front page and its older pages."""
        pages = [self.carried[start : start + POSTS_A_PAGE] for start in range(0, len(self.carried), POSTS_A_PAGE)]
        for number, posts in enumerate(pages, 1):
            older = f'<a class="next page-numbers" rel="next" href="/page/{number + 1}/">Older posts</a>'
            content = "\n".join(map(self.teaser, posts)) + (older if number < len(pages) else "")
            target = "/" if number == 1 else f"/page/{number}/"
            self.add(target, self.framed("Latest", content), changed_at=self.changed_at)

    @staticmethod
    def teaser(carried: Carried) -> str:
        story = carried.story
        return (
            f'<article class="post hentry"><h2 class="entry-title"><a href="{carried.path}" rel="bookmark">'
            f'{escape(story.title)}</a></h2><div class="entry-summary"><p>{escape(story.description)} '
            f'<a class="more-link" href="{carried.path}">Continue reading</a></p></div></article>'
        )

    def entry(self, carried: Carried) -> xml.Entry:
        story = carried.story
        return xml.Entry(
            title=story.title,
            link=self.url(carried.path),
            published_at=story.published_at,
            guid=f"{self.base_url}/?p={story.slug}",
            summary=story.description,
            content_html=html_body(story.blocks),
            authors=story.authors,
            tags=(story.section, *story.tags),
        )
