"""A site kept by hand since 1999: tables in tables, upper-case tags that are never closed, no feed.

Articles are found on the front page and its older pages. The chrome is headings in another cell of the text's table.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from html import escape

from crawler.demo.publishers.publisher import Carried, Publisher, author_list, printed_again
from crawler.demo.server import Header, http_date
from crawler.demo.stories import Block, Story

STORIES_A_PAGE = 3


class TableLayout(Publisher):
    charset = "iso-8859-1"
    html_type = "text/html"
    robots = "User-agent: *\nDisallow: /cgi-bin/\n"

    @staticmethod
    def path_of(story: Story) -> str:
        return f"/stories/{story.slug.replace('-', '_')}.html"

    def add_pages(self) -> None:
        for carried in self.carried:
            self.add(carried.path, self.article(carried), changed_at=carried.story.changed_at)
        starts = range(0, len(self.carried), STORIES_A_PAGE)
        for number, start in enumerate(starts, 1):
            self.add_listing(number, self.carried[start : start + STORIES_A_PAGE], is_last=number == len(starts))

    def validators(self, body: bytes, changed_at: datetime | None) -> Iterable[Header]:
        """Last-Modified only, from the file's date."""
        if changed_at:
            yield "Last-Modified", http_date(changed_at)

    def add_listing(self, number: int, stories: Iterable[Carried], *, is_last: bool) -> None:
        """One page of headlines; the first is the front page."""
        rows = "\n".join(
            f'<P><IMG SRC="/gif/bullet.gif" ALT="*"> <A HREF="{one.path}">{escape(one.story.title)}</A>'
            f"<BR><FONT SIZE=2 COLOR=#666666>{american_day(one.story.day)}</FONT>"
            for one in stories
        )
        older = "" if is_last else f'<P><A HREF="/index{number + 1}.html">Older news &gt;&gt;</A>'
        targets = ("/", "/index.html") if number == 1 else (f"/index{number}.html",)
        for target in targets:
            self.add(target, self.framed("Front page", rows + older), changed_at=self.changed_at)

    def article(self, carried: Carried) -> str:
        story = carried.story
        title = escape(story.title)
        content = self.filled(
            "article.html",
            title=title,
            again=printed_again(carried, element="H3"),
            byline=f"by {escape(author_list(story.authors))}",
            printed=american_day(story.day),
            body="\n".join(map(old_html, story.blocks)),
        )
        return self.framed(story.title, content)

    def framed(self, title: str, content: str) -> str:
        return self.filled("page.html", title=escape(title), content=content)


def old_html(block: Block) -> str:
    """A paragraph as it was typed then: opened, never closed, with a font."""
    if block.kind == "h2":
        return f'<P><FONT SIZE=4 FACE="Arial"><B>{block.inline_html}</B></FONT>'
    return f'<P><FONT FACE="Times New Roman" SIZE=3>{block.inline_html}</FONT>'


def american_day(day: date) -> str:
    """``March 3, 1999``."""
    return f"{day:%B} {day.day}, {day.year}"
