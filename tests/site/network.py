"""Misbehaviours of the server and the line: statuses, redirects, time, headers, broken connections."""

from __future__ import annotations

import ipaddress
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from crawler.demo.server import Connection, Raw, Response, head_bytes, http_date, reset
from tests.site.behaviour import HTML, Archived, Fault, Visit, article, html


class ServerErrorOnce(Fault):
    """500 at the first request, the article afterwards."""

    archived: ClassVar[Archived] = "yes"

    def __init__(self, *, status: int = 500, times: int = 1) -> None:
        self.status, self.times = status, times

    def respond(self, visit: Visit) -> Response:
        if visit.request.seen < self.times:
            return html("<h1>Something went wrong</h1>", status=self.status)
        return article(visit)


class TooManyRequestsOnce(Fault):
    """429 with Retry-After in seconds, then the article."""

    archived: ClassVar[Archived] = "yes"

    def __init__(self, *, retry_after_s: int = 1) -> None:
        self.retry_after_s = retry_after_s

    def respond(self, visit: Visit) -> Response:
        if visit.is_first:
            return html("<h1>Slow down</h1>", status=429, headers=(("Retry-After", self.retry_after),))
        return article(visit)

    @property
    def retry_after(self) -> str:
        return str(self.retry_after_s)


class TooManyRequestsUntilDate(TooManyRequestsOnce):
    """429 with Retry-After as a date."""

    @property
    def retry_after(self) -> str:
        return http_date(datetime.now(UTC) + timedelta(seconds=self.retry_after_s))


class AlwaysStatus(Fault):
    """The same status for ever."""

    def __init__(self, status: int = 503) -> None:
        self.status = status

    @property
    def name(self) -> str:
        return f"always-{self.status}"

    def respond(self, visit: Visit) -> Response:
        return html(f"<h1>{self.status}</h1>", status=self.status)


class RedirectLoop(Fault):
    """Two addresses that lead to each other."""

    def respond(self, visit: Visit) -> Response:
        query = "" if visit.request.query else "?again=1"
        return redirect(f"{self.path}{query}")


class EndlessRedirect(Fault):
    """Each address leads to a new one."""

    def respond(self, visit: Visit) -> Response:
        return redirect(f"{self.path}?hop={int(visit.request.query.get('hop', '0')) + 1}")


class RedirectToLinkLocal(Fault):
    """To the address where clouds keep their machines' credentials."""

    def respond(self, visit: Visit) -> Response:
        return redirect("http://169.254.169.254/latest/meta-data/")


class RedirectToDecimalLoopback(Fault):
    """To the site's own address written as one number, where ``/inside.html`` would answer."""

    def respond(self, visit: Visit) -> Response:
        here = urlsplit(visit.base_url)
        return redirect(f"http://{int(ipaddress.IPv4Address(here.hostname or ''))}:{here.port}/inside.html")


class RedirectToFile(Fault):
    """To a file of the client's."""

    def respond(self, visit: Visit) -> Response:
        return redirect("file:///etc/hostname")


class ConnectionReset(Fault):
    """RST in place of an answer."""

    def respond(self, visit: Visit) -> Raw:
        return Raw(write=reset)


class ConnectionResetOnce(Fault):
    """RST at the first request, the article afterwards."""

    archived: ClassVar[Archived] = "yes"

    def respond(self, visit: Visit) -> Response | Raw:
        return Raw(write=reset) if visit.is_first else article(visit)


class ResetInBody(Fault):
    """Half of the page, then RST."""

    def respond(self, visit: Visit) -> Raw:
        page = visit.page

        def write(connection: Connection) -> None:
            connection.sendall(head_with_length(len(page)) + page[: len(page) // 2])
            reset(connection)

        return Raw(write=write, status=200)


class SlowDrip(Fault):
    """A byte a second: each read succeeds, the page never ends."""

    def __init__(self, *, interval_s: float = 1.0) -> None:
        self.interval_s = interval_s

    def respond(self, visit: Visit) -> Raw:
        page = visit.page

        def write(connection: Connection) -> None:
            connection.sendall(head_with_length(len(page)))
            for position in range(len(page)):
                connection.sendall(page[position : position + 1])
                time.sleep(self.interval_s)

        return Raw(write=write, status=200)


class SilentServer(Fault):
    """Takes the request and says nothing until the client gives up, or for ``limit_s`` seconds."""

    def __init__(self, *, limit_s: float = 120.0) -> None:
        self.limit_s = limit_s

    def respond(self, visit: Visit) -> Raw:
        def write(connection: Connection) -> None:
            connection.settimeout(self.limit_s)
            connection.recv(1)

        return Raw(write=write)


class Paused(Fault):
    """Answers when the test says so: for looking at what happens meanwhile. Waits for ``limit_s`` seconds at most."""

    archived: ClassVar[Archived] = "yes"

    def __init__(self, *, limit_s: float = 30.0) -> None:
        self.limit_s = limit_s
        self.asked, self.go_on = threading.Event(), threading.Event()

    def respond(self, visit: Visit) -> Response:
        self.asked.set()
        self.go_on.wait(self.limit_s)
        return article(visit)


class LengthTooLong(Fault):
    """Content-Length promises more than comes before the connection closes."""

    archived: ClassVar[Archived] = "either"

    def respond(self, visit: Visit) -> Raw:
        page = visit.page
        return Raw(write=lambda connection: connection.sendall(head_with_length(len(page) + 5000) + page), status=200)


class LengthTooShort(Fault):
    """Content-Length ends in the middle of the text."""

    archived: ClassVar[Archived] = "either"

    def respond(self, visit: Visit) -> Raw:
        page = visit.page
        return Raw(write=lambda connection: connection.sendall(head_with_length(len(page) // 2) + page), status=200)


class HugeHeader(Fault):
    """One header of 40 kB."""

    archived: ClassVar[Archived] = "either"

    def __init__(self, *, size_bytes: int = 40_000) -> None:
        self.size_bytes = size_bytes

    def respond(self, visit: Visit) -> Response:
        return html(visit.page, headers=(("X-Debug-Trace", "t" * self.size_bytes),))


class ManyHeaders(Fault):
    """A hundred thousand headers."""

    archived: ClassVar[Archived] = "either"

    def __init__(self, *, count: int = 100_000) -> None:
        self.count = count

    def respond(self, visit: Visit) -> Response:
        return html(visit.page, headers=tuple((f"X-Line-{number}", "1") for number in range(self.count)))


class NotHttp(Fault):
    """Another protocol answers."""

    def respond(self, visit: Visit) -> Raw:
        return Raw(write=lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"))


def redirect(location: str, *, status: int = 302) -> Response:
    return Response(status=status, headers=(("Location", location),))


def head_with_length(length: int) -> bytes:
    """Status line and headers of an HTML page that claims a length."""
    headers = (HTML, ("Content-Length", str(length)), ("Connection", "close"))
    return head_bytes(Response(headers=headers))
