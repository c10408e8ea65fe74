"""What a misbehaviour is: a class that answers for one article, one endpoint, or robots.txt."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from html import escape
from typing import ClassVar, Literal, TypeAlias

from crawler.demo.server import Header, Raw, Request, Response, http_date
from tests.site.prose import Piece

Archived: TypeAlias = Literal["yes", "no", "either"]
EndpointKind: TypeAlias = Literal["feeds", "sitemaps", "listings"]
HTML: Header = ("Content-Type", "text/html; charset=utf-8")
XML: Header = ("Content-Type", "application/xml; charset=utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request to a behaviour, and what it may need to answer."""

    request: Request
    base_url: str
    """Of the site, as the client addressed it."""
    edition: int
    """Which run of the test it is: sites change between runs, not within."""
    piece: Piece
    """The article announced at this address; for endpoints, the first good one."""
    announced: tuple[tuple[str, Piece], ...] = ()
    """Path and article of everything the site announces."""

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """(title, path) of every announced article."""
        return tuple((piece.title, path) for path, piece in self.announced)

    @property
    def is_first(self) -> bool:
        return self.request.seen == 0

    @property
    def page(self) -> bytes:
        """The article's page, as a good site would serve it."""
        return article_page(self.piece)


class Fault:
    """A misbehaviour at an article's address. Parameters, where there are any, are attributes with defaults."""

    archived: ClassVar[Archived] = "no"
    """Whether the article must be in the archive once a crawl and its retries are over."""

    @property
    def name(self) -> str:
        """``gzip-bomb`` for ``GzipBomb``: the last part of its path."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(self).__name__).lower()

    @property
    def path(self) -> str:
        return f"/news/{self.name}.html"

    def respond(self, visit: Visit) -> Response | Raw:
        raise NotImplementedError


class Endpoint:
    """A misbehaviour of a feed, sitemap or listing."""

    kind: ClassVar[EndpointKind] = "feeds"
    path: ClassVar[str] = "/feed.xml"
    facts: ClassVar[dict[str, object]] = {}
    """Further keys of the endpoint's table in the source file."""

    def respond(self, visit: Visit) -> Response | Raw:
        raise NotImplementedError


class Robots:
    """A robots.txt; this one allows everything."""

    text: str = "User-agent: *\nDisallow: /private/\n"

    def respond(self, visit: Visit) -> Response | Raw:
        return tagged(Response(headers=(("Content-Type", "text/plain; charset=utf-8"),), body=self.text.encode()))


def article_page(piece: Piece, *, head: str = "", extra: str = "") -> bytes:
    """A plain, good article page with some chrome; ``extra`` follows the text."""
    paragraphs = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in piece.paragraphs)
    main = (
        f'<article><h1>{escape(piece.title)}</h1><p class="byline">By <a rel="author" href="/staff">{piece.author}</a>'
        f', <time datetime="{piece.published_at.isoformat()}">{piece.published_at:%d %B %Y}</time></p>\n'
        f'<div class="article-body">\n{paragraphs}\n</div></article>{extra}'
    )
    facts = (
        f'<meta name="author" content="{piece.author}">\n'
        f'<meta property="article:published_time" content="{piece.published_at.isoformat()}">\n{head}'
    )
    return framed(piece.title, main, head=facts).encode()


def framed(title: str, main: str, *, head: str = "") -> str:
    """A page of the test site around some HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)} | The Test Range</title>\n{head}\n</head>\n<body>\n"
        '<header><a href="/">The Test Range</a><nav><ul><li><a href="/launches">Launches</a></li>'
        '<li><a href="/science">Science</a></li></ul></nav></header>\n'
        f"<main>\n{main}\n</main>\n"
        "<footer><p>The Test Range is written by nobody, for machines. All wrongs reserved.</p></footer>\n"
        "</body>\n</html>\n"
    )


def tagged(response: Response) -> Response:
    """The response with an ETag from its body."""
    body = b"" if callable(response.body) else response.body
    return replace(response, headers=(*response.headers, ("ETag", f'"{hashlib.sha256(body).hexdigest()[:16]}"')))


def html(body: bytes | str, *, status: int = 200, headers: tuple[Header, ...] = ()) -> Response:
    """An HTML response."""
    return Response(status=status, headers=(HTML, *headers), body=body.encode() if isinstance(body, str) else body)


def article(visit: Visit, **kwargs: str) -> Response:
    """The good page with validators, as an untroubled server sends it."""
    body = article_page(visit.piece, **kwargs)
    return html(body, headers=(("Last-Modified", http_date(visit.piece.published_at)),))
