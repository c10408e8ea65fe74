"""Articles that change between runs (``FaultSite.edition``), and validators that tell the truth or lie about it."""

from __future__ import annotations

from typing import ClassVar

from crawler.demo.server import Response, http_date
from tests.site.behaviour import Archived, Fault, Visit, article, article_page, html, tagged
from tests.site.pages import block_page, soft_not_found
from tests.site.prose import a_piece


class Changing(Fault):
    """The good article in the first edition; subclasses say what stands there later."""

    archived: ClassVar[Archived] = "yes"

    def respond(self, visit: Visit) -> Response:
        return article(visit) if visit.edition == 1 else self.later(visit)

    def later(self, visit: Visit) -> Response:
        raise NotImplementedError


class Edited(Changing):
    """Another third paragraph from the second edition on, with a new Last-Modified."""

    def later(self, visit: Visit) -> Response:
        piece = a_piece(visit.piece.number, version=visit.edition)
        changed_at = piece.published_at.replace(year=piece.published_at.year + visit.edition - 1)
        return html(article_page(piece), headers=(("Last-Modified", http_date(changed_at)),))


class Gone(Changing):
    """410."""

    def later(self, visit: Visit) -> Response:
        return html("<h1>Gone</h1>", status=410)


class Missing(Changing):
    """404, which may be a mistake: only twice, days apart, it means gone."""

    def later(self, visit: Visit) -> Response:
        return html(soft_not_found(), status=404)


class SoftGone(Changing):
    """A soft 404 over an article that is archived."""

    def later(self, visit: Visit) -> Response:
        return html(soft_not_found())


class Blocked(Changing):
    """A captcha over an article that is archived."""

    def later(self, visit: Visit) -> Response:
        return html(block_page())


class StableEtag(Fault):
    """The good article with an ETag: a second request gets 304."""

    archived: ClassVar[Archived] = "yes"

    def respond(self, visit: Visit) -> Response:
        return tagged(html(visit.page))


class ChangingEtag(Fault):
    """The same body under a new ETag at each request: never a 304."""

    archived: ClassVar[Archived] = "yes"

    def respond(self, visit: Visit) -> Response:
        return html(visit.page, headers=(("ETag", f'"{visit.request.seen}"'),))


class LyingEtag(Changing):
    """The same ETag over another body; conditions are ignored, so that the body is there to be compared."""

    def respond(self, visit: Visit) -> Response:
        body = article_page(a_piece(visit.piece.number, version=visit.edition))
        headers = (*html(b"").headers, ("ETag", '"always"'), ("Content-Length", str(len(body))))
        return Response(headers=headers, body=body, is_final=True)


class IgnoresConditions(Fault):
    """Validators that are never honoured: 200 with the same body, whatever is asked."""

    archived: ClassVar[Archived] = "yes"

    def respond(self, visit: Visit) -> Response:
        length = ("Content-Length", str(len(visit.page)))
        return Response(headers=(*html(b"").headers, ("ETag", '"v1"'), length), body=visit.page, is_final=True)
