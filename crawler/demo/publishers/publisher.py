"""What all publishers of the sample share: their facts, their stories, and a site made of pages.

A publishing system is a subclass in a module of its own: it says which pages there are. All pages are made when the
publisher is, so a site is a plain table from target to response and can't differ between two requests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from html import escape
from importlib.resources.abc import Traversable
from string import Template
from typing import Any, ClassVar

from crawler.demo.server import Header, Request, Response, http_date
from crawler.demo.stories import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A story on a publisher's site: its own, or another's that it republishes."""

    story: Story
    path: str
    """Where its page is: the canonical one, as the publisher sees it."""
    links_original: bool = False
    """A republished story whose page names the original as canonical."""
    is_copy: bool = False
    original_url: str = ""
    """Where the outlet that wrote the story has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A publisher's facts: ``outlet.toml`` in its folder, beside ``stories/`` and its HTML templates."""

    id: str
    name: str
    tagline: str
    system: str
    """Name of the publishing system, a key of ``SYSTEMS``."""
    address: str
    publisher_kind: str
    language: str
    country: str
    source: Mapping[str, Any]  # TOML tables
    """The rest of its source file: feeds, sitemaps, listings with paths in place of URLs."""
    carries: Sequence[Mapping[str, object]] = ()
    """Stories of others that it republishes: key, and how."""
    folder: Traversable = field(repr=False)


class Publisher:
    """A site made from stories. Subclasses give ``path_of`` and ``add_pages``."""

    charset: ClassVar[str] = "utf-8"
    html_type: ClassVar[str] = "text/html; charset=utf-8"
    robots: ClassVar[str] = "User-agent: *\nDisallow: /admin/\n"

    def __init__(self, outlet: Outlet, carried: Sequence[Carried], *, base_url: str) -> None:
        self.outlet = outlet
        self.base_url = base_url
        self.carried = tuple(sorted(carried, key=lambda one: one.story.published_at, reverse=True))
        """What is out in this edition, newest first."""
        self._pages: dict[str, Response] = {}
        self.add("/robots.txt", self.robots.replace("{base}", base_url), mime="text/plain; charset=utf-8")
        self.add_pages()

    @staticmethod
    def path_of(story: Story) -> str:
        """Path of the story's page in this publishing system."""
        raise NotImplementedError

    def add_pages(self) -> None:
        """Put every page of the site in the table, by ``add``."""
        raise NotImplementedError

    def respond(self, request: Request) -> Response:
        """The page at the target, else at its path (so that an unknown query changes nothing), else a styled 404."""
        return self._pages.get(request.target) or self._pages.get(request.path) or self.not_found

    @property
    def targets(self) -> tuple[str, ...]:
        """Every target that has a page of its own."""
        return tuple(self._pages)

    def add(
        self,
        target: str,
        page: str | bytes,
        *,
        mime: str | None = None,
        changed_at: datetime | None = None,
        headers: Iterable[Header] = (),
    ) -> None:
        """A page with validators: an ETag from its bytes, and Last-Modified where ``changed_at`` is known."""
        body = page if isinstance(page, bytes) else self.encoded(page)
        named: list[Header] = [("Content-Type", mime or self.html_type), *self.validators(body, changed_at), *headers]
        self._pages[target] = Response(headers=tuple(named), body=body)

    def encoded(self, page: str) -> bytes:
        """A page in the site's charset; what the charset lacks becomes a character reference."""
        return page.encode(self.charset, "xmlcharrefreplace")

    def validators(self, body: bytes, changed_at: datetime | None) -> Iterable[Header]:
        yield "ETag", f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if changed_at:
            yield "Last-Modified", http_date(changed_at)

    def redirect(self, target: str, location: str, *, status: int = 301) -> None:
        """A moved page."""
        self._pages[target] = Response(status=status, headers=(("Location", location),))

    @cached_property
    def not_found(self) -> Response:
        """The site's own 404: styled, with its chrome, as sites have them."""
        page = self.framed("Page not found", "<h1>Page not found</h1><p>We looked behind the Moon as well.</p>")
        return Response(status=404, headers=(("Content-Type", self.html_type),), body=self.encoded(page))

    def framed(self, title: str, content: str) -> str:
        """``content`` in the site's chrome (its ``page.html``), for pages that are no articles."""
        return self.filled("page.html", title=escape(title), content=content)

    def filled(self, template: str, **values: str) -> str:
        """One of the publisher's HTML files with its ``$names`` replaced; ``$site`` and ``$tagline`` are known."""
        text = (self.outlet.folder / template).read_text(encoding="utf-8")
        known = {"site": escape(self.outlet.name), "tagline": escape(self.outlet.tagline), "base": self.base_url}
        return Template(text).substitute(known | values)

    def url(self, path: str) -> str:
        """A path of this site as a URL."""
        return self.base_url + path

    def canonical_of(self, carried: Carried) -> str:
        """What ``rel=canonical`` says on the story's page."""
        return carried.original_url if carried.links_original else self.url(carried.path)

    @property
    def changed_at(self) -> datetime:
        """When anything on the site last changed."""
        return max(one.story.changed_at for one in self.carried)

    def neighbours(self, carried: Carried, count: int = 3) -> list[Carried]:
        """Other stories to link to from this one's page."""
        return [one for one in self.carried if one is not carried][:count]


def json_in_script(value: object, *, indent: int | None = None) -> str:
    """JSON that can stand inside a ``<script>`` element."""
    return json.dumps(value, ensure_ascii=False, indent=indent).replace("</", "<\\/")


def html_list(stories: Iterable[Carried]) -> str:
    """Titles with links, as ``<li>`` elements."""
    return "\n".join(f'<li><a href="{one.path}">{escape(one.story.title)}</a></li>' for one in stories)


def printed_again(carried: Carried, *, element: str = "h2") -> str:
    """The title once more above the text, on the pages of stories that have it so; else nothing."""
    title = escape(carried.story.title)
    return f"<{element}>{title}</{element}>" if "title-twice" in carried.story.facts else ""


def author_list(names: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``; empty for nobody."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
