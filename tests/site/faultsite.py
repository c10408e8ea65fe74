"""A site composed for one test: good articles, chosen faults, endpoints that announce them all, a robots.txt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from crawler.demo.sample import TrueArticle
from crawler.demo.server import Raw, Request, Response
from tests.site.behaviour import Endpoint, Fault, Robots, Visit, article, framed, html
from tests.site.endpoints import GoodFeed
from tests.site.prose import Piece, a_piece

FIRST_FAULT_NUMBER = 500  # good articles are numbered from 1, those behind faults from here
INSIDE = "/inside.html"  # announced nowhere: who asks for it followed a redirect it should have refused


class FaultSite:
    """Good articles and faults on one host; each fault stands at the address of an article of its own.

    ``edition`` may be set between two runs: what changes, changes by it. Answers depend on nothing but the request, how
    often it came before, and the edition.
    """

    def __init__(
        self,
        faults: Sequence[Fault] = (),
        *,
        good: int = 5,
        endpoints: Sequence[Endpoint] = (),
        robots: Robots | None = None,
        first_number: int = 1,
    ) -> None:
        self.faults = tuple(faults)
        self.endpoints: tuple[Endpoint, ...] = (GoodFeed(), *endpoints)
        self.robots = robots or Robots()
        self.edition = 1
        self.pieces = {path_of(piece): piece for piece in map(a_piece, range(first_number, first_number + good))}
        self.faulty = {fault.path: (fault, a_piece(FIRST_FAULT_NUMBER + n)) for n, fault in enumerate(self.faults)}
        if len(self.faulty) != len(self.faults):
            raise ValueError("two faults of one name")

    @property
    def announced(self) -> tuple[tuple[str, Piece], ...]:
        """Path and article of everything announced: faults stand between the good articles."""
        good = list(self.pieces.items())
        bad = [(path, piece) for path, (_, piece) in self.faulty.items()]
        middle = len(good) // 2
        return (*good[:middle], *bad, *good[middle:])

    def respond(self, request: Request) -> Response | Raw:
        if request.path == "/robots.txt":
            return self.robots.respond(self.visit(request))
        for endpoint in self.endpoints:
            if request.path == endpoint.path:
                return endpoint.respond(self.visit(request))
        if request.path in self.faulty:
            fault, piece = self.faulty[request.path]
            return fault.respond(self.visit(request, piece))
        if request.path in self.pieces:
            return article(self.visit(request, self.pieces[request.path]))
        if request.path == INSIDE:
            return article(self.visit(request, a_piece(FIRST_FAULT_NUMBER - 1)))
        if request.path == "/":
            return html(framed("Front page", "<h1>The Test Range</h1><p>See the feed.</p>"))
        return html(framed("Not found", "<h1>404</h1><p>No such page.</p>"), status=404)

    def visit(self, request: Request, piece: Piece | None = None) -> Visit:
        return Visit(
            request=request,
            base_url=f"http://{request.headers.get('host', '')}",
            edition=self.edition,
            piece=piece or a_piece(1),
            announced=self.announced,
        )

    def truth(self, base_url: str, *, source_id: str = "range") -> list[TrueArticle]:
        """The articles that must be in the archive in the end: the good ones, and those behind faults that pass."""
        passing = [(path, piece) for path, (fault, piece) in self.faulty.items() if fault.archived == "yes"]
        return [
            true_article(piece, url=base_url + path, source_id=source_id)
            for path, piece in (*self.pieces.items(), *passing)
        ]

    def urls_of(self, archived: str, base_url: str) -> set[str]:
        """Addresses of the faults whose articles must (``yes``), must not (``no``) or may be archived (``either``)."""
        return {base_url + path for path, (fault, _) in self.faulty.items() if fault.archived == archived}

    def write_source(
        self, directory: Path, base_url: str, *, source_id: str = "range", download_delay: float = 0.0, more: str = ""
    ) -> Path:
        """The site's source file; ``more`` is TOML for the end of its head, such as a ``host_group`` line."""
        directory.mkdir(parents=True, exist_ok=True)
        lines = [
            'name = "The Test Range"',
            f'homepage = "{base_url}/"',
            'language = "en"',
            'interval = "1h"',
            f"download_delay = {download_delay}  # seconds",
            *more.splitlines(),
        ]
        for endpoint in self.endpoints:
            lines += ["", f"[[{endpoint.kind}]]", f'url = "{base_url}{endpoint.path}"']
            lines += [f"{key} = {json.dumps(value)}" for key, value in endpoint.facts.items()]
        path = directory / f"{source_id}.toml"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return path


def path_of(piece: Piece) -> str:
    """``/news/2025/bittern-1-reaches-its-operational-orbit.html``."""
    return f"/news/{piece.published_at.year}/{piece.title.lower().replace(' ', '-')}.html"


def true_article(piece: Piece, *, url: str, source_id: str) -> TrueArticle:
    return TrueArticle(
        source_id=source_id,
        url=url,
        title=piece.title,
        paragraphs=piece.paragraphs,
        authors=(piece.author,),
        day=piece.published_at.date(),
        lang="en",
        original_url=None,
        links_original=False,
        is_paywalled=False,
        edition=1,
    )
