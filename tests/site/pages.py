"""Pages that are no articles, or ask not to be kept, at addresses where an article was announced; all answer 200."""

from __future__ import annotations

from typing import ClassVar

from crawler.demo.server import Header, Response
from tests.site.behaviour import Archived, Fault, Visit, article_page, framed, html


class NoindexNoarchive(Fault):
    """A good article whose page asks robots not to index and not to archive it."""

    def respond(self, visit: Visit) -> Response:
        return html(article_page(visit.piece, head='<meta name="robots" content="noindex, noarchive">'))


class NoarchiveHeader(Fault):
    """The same wish in a header."""

    def respond(self, visit: Visit) -> Response:
        return html(visit.page, headers=(("X-Robots-Tag", "noarchive"),))


class TdmReserved(Fault):
    """Rights reserved against text and data mining (W3C TDMRep): recorded, obeyed as the source file says."""

    archived: ClassVar[Archived] = "either"
    HEADERS: ClassVar[tuple[Header, ...]] = (("tdm-reservation", "1"), ("tdm-policy", "/policies/tdm.json"))

    def respond(self, visit: Visit) -> Response:
        return html(visit.page, headers=self.HEADERS)


class SoftNotFound(Fault):
    """'Page not found', with 200."""

    def respond(self, visit: Visit) -> Response:
        return html(soft_not_found())


class ConsentWall(Fault):
    """Cookie consent in place of the page."""

    def respond(self, visit: Visit) -> Response:
        return html(
            framed(
                "Before you continue",
                '<div id="consent-wall" role="dialog"><h1>Before you continue to The Test Range</h1>'
                "<p>We use cookies and data to deliver and maintain our services, track outages and measure audience "
                "engagement. If you choose to accept all, we will also use cookies to show personalised content and "
                "advertising. You can change your choice at any time in your privacy settings.</p>"
                '<form><button name="accept">Accept all</button><button name="reject">Reject all</button>'
                '<a href="/consent/options">More options</a></form></div>',
            )
        )


class BlockPage(Fault):
    """A captcha, with 200."""

    def respond(self, visit: Visit) -> Response:
        return html(block_page())


class LoginPage(Fault):
    """Log in to go on."""

    def respond(self, visit: Visit) -> Response:
        return html(
            framed(
                "Sign in",
                '<h1>Sign in to your account</h1><form method="post" action="/login"><label>Email <input name="email">'
                '</label><label>Password <input type="password" name="password"></label><button>Sign in</button></form>'
                '<p><a href="/forgot">Forgot your password?</a> No account yet? <a href="/register">Register</a></p>',
            )
        )


class ListingPage(Fault):
    """A page of headlines in place of the article."""

    def respond(self, visit: Visit) -> Response:
        return html(listing_page(visit.links * 3))


class EmptyShell(Fault):
    """A script that would draw the page, and no text anywhere."""

    def respond(self, visit: Visit) -> Response:
        return html(
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>The Test Range</title>'
            '<script defer src="/static/app.js"></script></head><body><div id="root"></div>'
            "<noscript>You need to enable JavaScript to run this app.</noscript></body></html>"
        )


class VideoOnly(Fault):
    """A player and a line under it."""

    def respond(self, visit: Visit) -> Response:
        player = '<video controls src="/media/clip.mp4" poster="/media/clip.jpg"></video><p>Watch: 1 min 12 s</p>'
        return html(framed(visit.piece.title, f"<h1>{visit.piece.title}</h1>{player}"))


class ErrorPage(Fault):
    """A stack trace, with 200."""

    def respond(self, visit: Visit) -> Response:
        return html(
            "<html><head><title>Server Error in '/' Application.</title></head><body><h1>Server Error in '/' "
            "Application.</h1><h2><i>Object reference not set to an instance of an object.</i></h2><pre>"
            "[NullReferenceException]\n   News.Page_Load(Object sender, EventArgs e) +214\n"
            "   System.Web.UI.Control.LoadRecursive() +68</pre></body></html>"
        )


class MetaRefresh(Fault):
    """An empty page that sends browsers elsewhere after 0 seconds."""

    def respond(self, visit: Visit) -> Response:
        return html('<html><head><meta http-equiv="refresh" content="0; url=/"></head><body></body></html>')


def soft_not_found() -> str:
    return framed(
        "Page not found",
        "<h1>Sorry, we can't find that page</h1><p>The page you are looking for may have been moved, renamed or "
        'deleted. Try the search, or go back to the <a href="/">front page</a>.</p>',
    )


def block_page() -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Just a moment...</title>'
        '<meta name="robots" content="noindex"></head>'
        "<body><h1>Checking if the site connection is secure</h1><p>Please complete the security check to access the "
        'website. Verify you are human by completing the action below.</p><div class="cf-turnstile g-recaptcha"></div>'
        "<p>Ray ID: 7d1c0ffee0dd. Performance and security by a third party.</p></body></html>"
    )


def listing_page(links: tuple[tuple[str, str], ...], *, next_target: str | None = None) -> str:
    """Headlines with links, and a link to an older page where there is one."""
    cards = "\n".join(f'<div class="card"><h2><a href="{path}">{title}</a></h2></div>' for title, path in links)
    older = f'<nav class="pager"><a rel="next" href="{next_target}">Older</a></nav>' if next_target else ""
    return framed("News", f'<h1>News</h1><div class="cards">{cards}</div>{older}')
