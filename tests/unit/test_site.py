"""The misbehaving test site does what its classes say: seen with a plain socket client, not with the crawler."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import zlib
from collections.abc import Callable
from datetime import date
from email.utils import parsedate_to_datetime
from inspect import isclass
from pathlib import Path

import feedparser
import pytest

from crawler.demo.server import Request, Response, SiteServer
from spiders.registry import load_sources
from tests.site import bodies, changes, endpoints, network, pages
from tests.site.behaviour import Endpoint, Fault
from tests.site.faultsite import FaultSite
from tests.site.prose import a_piece

pytest_plugins = ["tests.site.fixtures"]

Serve = Callable[..., SiteServer]
FAULTS = [
    thing
    for module in (network, bodies, pages, changes)
    for thing in vars(module).values()
    if isclass(thing) and issubclass(thing, Fault) and thing.__module__ == module.__name__
]


def ask(server: SiteServer, target: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(server.address, server.port, timeout=5)
    try:
        connection.request("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def raw(server: SiteServer, target: str, *, limit_bytes: int = 1 << 20) -> bytes:
    """What comes over the line, up to a limit, until the server closes or is silent for half a second."""
    with socket.create_connection((server.address, server.port), timeout=0.5) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {server.address}:{server.port}\r\n\r\n".encode())
        received = b""
        while len(received) < limit_bytes:
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                break
            if not piece:
                break
            received += piece
    return received


def visited(fault: Fault, target: str = "", *, seen: int = 0, edition: int = 1) -> Response:
    """The fault's response without a server."""
    site = FaultSite([fault], good=1)
    site.edition = edition
    answer = site.respond(
        Request(method="GET", target=target or fault.path, headers={"host": "127.0.0.9:80"}, seen=seen)
    )
    assert isinstance(answer, Response)
    return answer


def test_articles_are_distinct_and_the_same_every_time() -> None:
    made = [a_piece(number) for number in range(1, 201)]
    assert made[6] == a_piece(7)
    assert made[0].title == "Bittern 1 Reaches Its Operational Orbit"
    assert made[0].published_at.isoformat() == "2025-04-01T16:30:00+00:00"
    assert len({piece.title for piece in made}) == 200
    paragraphs = [paragraph for piece in made for paragraph in piece.paragraphs]
    assert len(set(paragraphs)) == len(paragraphs)
    words = [len(piece.text.split()) for piece in made]
    assert min(words) >= 100
    assert max(words) <= 400


def test_another_version_differs_in_one_paragraph() -> None:
    first, second = a_piece(7), a_piece(7, version=2)
    changed = [
        index for index, pair in enumerate(zip(first.paragraphs, second.paragraphs, strict=True)) if len(set(pair)) > 1
    ]
    assert changed == [2]
    assert first.title == second.title


def test_a_site_announces_the_good_and_the_bad(serve: Serve) -> None:
    site = FaultSite([bodies.Pdf(), network.ServerErrorOnce()], good=4)
    server = serve(site)
    status, _, body = ask(server, "/feed.xml")
    links = [entry.link for entry in feedparser.parse(body).entries]
    assert status == 200
    assert len(links) == 6
    assert links[2:4] == [f"{server.base_url}/news/pdf.html", f"{server.base_url}/news/server-error-once.html"]
    assert [one.url for one in site.truth(server.base_url)] == [*links[:2], *links[4:], links[3]]
    assert site.urls_of("no", server.base_url) == {f"{server.base_url}/news/pdf.html"}


def test_the_truth_is_what_is_served(serve: Serve) -> None:
    site = FaultSite(good=3)
    server = serve(site)
    first, *_ = site.truth(server.base_url)
    assert (first.title, first.authors, first.day) == (
        "Bittern 1 Reaches Its Operational Orbit", ("Ben Okafor",), date(2025, 4, 1),
    )  # fmt: skip
    for article in site.truth(server.base_url):
        page = ask(server, article.url.removeprefix(server.base_url))[2].decode()
        for paragraph in article.paragraphs:
            assert f"<p>{paragraph.replace(chr(39), '&#x27;')}</p>" in page


def test_two_faults_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two faults of one name"):
        FaultSite([bodies.Pdf(), bodies.Pdf()])


def test_the_source_file_is_a_good_source(tmp_path: Path) -> None:
    site = FaultSite(endpoints=[endpoints.EndlessListing(), endpoints.EnormousSitemap()])
    site.write_source(tmp_path, "http://127.0.0.30:8700", download_delay=0.5, more='host_group = "shared"')
    source = load_sources(tmp_path)["range"]
    assert [(one.kind, one.url, one.max_pages) for one in source.endpoints] == [
        ("feed", "http://127.0.0.30:8700/feed.xml", 1),
        ("sitemap", "http://127.0.0.30:8700/sitemaps/enormous.xml", 1),
        ("listing", "http://127.0.0.30:8700/archive", 4),
    ]
    assert (source.download_delay, source.host_group) == (0.5, "shared")


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_fault_says_what_it_is(kind: type[Fault]) -> None:
    assert kind.__doc__
    assert kind.archived in ("yes", "no", "either")
    if kind is not changes.Changing:
        assert FaultSite([kind()]).announced


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        (network.ServerErrorOnce(), [500, 200, 200]),
        (network.ServerErrorOnce(status=503, times=2), [503, 503, 200]),
        (network.TooManyRequestsOnce(), [429, 200, 200]),
        (network.AlwaysStatus(403), [403, 403, 403]),
    ],
    ids=["500 once", "503 twice", "429 once", "403"],
)
def test_statuses_come_in_order(fault: Fault, statuses: list[int]) -> None:
    assert [visited(fault, seen=seen).status for seen in range(3)] == statuses


def test_retry_after_comes_in_seconds_and_as_a_date() -> None:
    assert visited(network.TooManyRequestsOnce(retry_after_s=3)).header("Retry-After") == "3"
    dated = visited(network.TooManyRequestsUntilDate(retry_after_s=3)).header("Retry-After")
    assert parsedate_to_datetime(dated or "").utcoffset() is not None


@pytest.mark.parametrize(
    ("fault", "target", "location"),
    [
        (network.RedirectLoop(), "/news/redirect-loop.html", "/news/redirect-loop.html?again=1"),
        (network.RedirectLoop(), "/news/redirect-loop.html?again=1", "/news/redirect-loop.html"),
        (network.EndlessRedirect(), "/news/endless-redirect.html?hop=4", "/news/endless-redirect.html?hop=5"),
        (network.RedirectToLinkLocal(), "", "http://169.254.169.254/latest/meta-data/"),
        (network.RedirectToDecimalLoopback(), "", "http://2130706441:80/inside.html"),
        (network.RedirectToFile(), "", "file:///etc/hostname"),
    ],
    ids=["loop", "loop back", "endless", "link-local", "decimal", "file"],
)
def test_redirects_lead_where_they_should_not(fault: Fault, target: str, location: str) -> None:
    answer = visited(fault, target)
    assert (answer.status, answer.header("Location")) == (302, location)


def test_connections_break(serve: Serve) -> None:
    server = serve(FaultSite([network.ConnectionReset(), network.ResetInBody(), network.ConnectionResetOnce()]))
    with pytest.raises(ConnectionResetError):
        ask(server, "/news/connection-reset.html")
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        ask(server, "/news/reset-in-body.html")
    with pytest.raises(ConnectionResetError):
        ask(server, "/news/connection-reset-once.html")
    assert ask(server, "/news/connection-reset-once.html")[0] == 200


def test_a_drip_gives_byte_after_byte(serve: Serve) -> None:
    server = serve(FaultSite([network.SlowDrip()]))
    received = raw(server, "/news/slow-drip.html")
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == b"<"  # the second byte is a second away


def test_silence_and_other_protocols(serve: Serve) -> None:
    server = serve(FaultSite([network.SilentServer(), network.NotHttp()]))
    assert raw(server, "/news/silent-server.html") == b""
    assert raw(server, "/news/not-http.html") == b"SSH-2.0-OpenSSH_9.6\r\n"


def test_a_pause_ends_when_the_test_says_so(serve: Serve) -> None:
    fault = network.Paused()
    server = serve(FaultSite([fault]))
    assert raw(server, fault.path) == b""
    assert fault.asked.is_set()
    fault.go_on.set()
    assert ask(server, fault.path)[0] == 200


def test_lengths_lie(serve: Serve) -> None:
    server = serve(FaultSite([network.LengthTooLong(), network.LengthTooShort()]))
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(server, "/news/length-too-long.html")
    assert caught.value.expected == 5000
    assert b"</html>" not in ask(server, "/news/length-too-short.html")[2]


def test_headers_are_huge_and_many(serve: Serve) -> None:
    server = serve(FaultSite([network.HugeHeader(), network.ManyHeaders()]))
    assert b"t" * 40_000 in raw(server, "/news/huge-header.html")
    many = raw(server, "/news/many-headers.html", limit_bytes=4 << 20)
    assert many.count(b"\r\nX-Line-") == 100_000


def test_gzip_is_cut_or_a_lie() -> None:
    cut = visited(bodies.TruncatedGzip()).body
    assert isinstance(cut, bytes)
    with pytest.raises(EOFError):
        gzip.decompress(cut)
    assert visited(bodies.NotGzip()).body[:9] == b"<!DOCTYPE"  # type: ignore[index]


def test_a_bomb_is_valid_gzip_of_its_size() -> None:
    packed = b"".join(bodies.gzip_bomb(5 << 20))
    assert len(packed) < 50_000
    assert len(gzip.decompress(packed)) == 5 << 20


def test_a_bomb_of_two_gigabytes_is_small_on_the_wire() -> None:
    stream = bodies.gzip_bomb(2 << 30)
    header, block = next(stream), next(stream)
    assert (len(header), len(block) * 2048 < 20 << 20) == (10, True)
    assert len(zlib.decompressobj(-zlib.MAX_WBITS).decompress(block)) == 1 << 20


def test_chunks_come_plain_and_gzipped(serve: Serve) -> None:
    site = FaultSite([bodies.Chunked(), bodies.ChunkedGzip()])
    server = serve(site)
    for path, unpack in [("/news/chunked.html", bytes), ("/news/chunked-gzip.html", gzip.decompress)]:
        status, headers, body = ask(server, path)
        assert (status, headers["Transfer-Encoding"], headers["Content-Length"]) == (200, "chunked", None)
        assert b"</html>" in unpack(body)


def test_bodies_are_no_pages() -> None:
    assert visited(bodies.EmptyBody()).body == b""
    assert visited(bodies.Pdf()).header("Content-Type") == "application/pdf"
    nested = visited(bodies.NestedElements()).body
    assert isinstance(nested, bytes)
    assert nested.count(b"<div><b>") == 30_000
    assert len(visited(bodies.ManyAttributes(size_bytes=20_000)).body) > 19_000  # type: ignore[arg-type]
    assert b"\x00In all" in visited(bodies.NulsInText()).body  # type: ignore[operator]
    assert "Привет".encode("cp1251") in visited(bodies.WrongCharset()).body  # type: ignore[operator]


@pytest.mark.parametrize(
    ("fault", "mark"),
    [
        (pages.NoindexNoarchive(), b'<meta name="robots" content="noindex, noarchive">'),
        (pages.SoftNotFound(), b"<title>Page not found"),
        (pages.ConsentWall(), b"Accept all"),
        (pages.BlockPage(), b"g-recaptcha"),
        (pages.LoginPage(), b'type="password"'),
        (pages.ListingPage(), b'<div class="card">'),
        (pages.EmptyShell(), b'<div id="root"></div>'),
        (pages.VideoOnly(), b"<video "),
        (pages.ErrorPage(), b"NullReferenceException"),
        (pages.MetaRefresh(), b'http-equiv="refresh"'),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_pages_that_are_no_articles_answer_200(fault: Fault, mark: bytes) -> None:
    answer = visited(fault)
    assert answer.status == 200
    assert mark in answer.body  # type: ignore[operator]


def test_wishes_come_in_headers() -> None:
    assert visited(pages.NoarchiveHeader()).header("X-Robots-Tag") == "noarchive"
    assert visited(pages.TdmReserved()).header("tdm-reservation") == "1"


@pytest.mark.parametrize(
    ("fault", "status", "is_same"),
    [
        (changes.Edited(), 200, False),
        (changes.Gone(), 410, False),
        (changes.Missing(), 404, False),
        (changes.SoftGone(), 200, False),
        (changes.Blocked(), 200, False),
        (changes.LyingEtag(), 200, False),
        (changes.StableEtag(), 200, True),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_articles_change_between_editions(fault: Fault, status: int, is_same: bool) -> None:
    before, after = visited(fault), visited(fault, edition=2)
    assert (before.status, after.status) == (200, status)
    assert (before.body == after.body) is is_same


def test_validators_tell_the_truth_or_lie(serve: Serve) -> None:
    server = serve(
        FaultSite([changes.StableEtag(), changes.ChangingEtag(), changes.LyingEtag(), changes.IgnoresConditions()])
    )
    statuses = {}
    for name in ("stable-etag", "changing-etag", "lying-etag", "ignores-conditions"):
        etag = ask(server, f"/news/{name}.html")[1]["ETag"]
        statuses[name] = ask(server, f"/news/{name}.html", If_None_Match=etag)[0]
    assert statuses == {"stable-etag": 304, "changing-etag": 200, "lying-etag": 200, "ignores-conditions": 200}


def test_a_good_article_is_not_modified(serve: Serve) -> None:
    site = FaultSite(good=1)
    server = serve(site)
    path = site.announced[0][0]
    modified = ask(server, path)[1]["Last-Modified"]
    assert ask(server, path, If_Modified_Since=modified)[0] == 304
    feed = ask(server, "/feed.xml")[1]
    assert ask(server, "/feed.xml", If_None_Match=feed["ETag"])[0] == 304


def endpoint_body(endpoint: Endpoint, target: str = "") -> tuple[int, bytes]:
    site = FaultSite(endpoints=[endpoint])
    answer = site.respond(Request(method="GET", target=target or endpoint.path, headers={"host": "127.0.0.9:80"}))
    assert isinstance(answer, Response)
    body = b"".join(answer.body()) if callable(answer.body) else answer.body
    return answer.status, body


def test_feeds_are_broken_in_their_ways() -> None:
    assert feedparser.parse(endpoint_body(endpoints.HtmlFeed())[1]).version == ""
    broken = feedparser.parse(endpoint_body(endpoints.BrokenFeed())[1])
    assert broken.bozo
    assert endpoint_body(endpoints.EntityBomb())[1].count(b"<!ENTITY") == 11
    assert feedparser.parse(endpoint_body(endpoints.EmptyFeed())[1]).entries == []
    assert endpoint_body(endpoints.ErrorFeed())[0] == 500


def test_good_endpoints_announce_the_same() -> None:
    announced = {path for path, _ in FaultSite().announced}
    sitemap = endpoint_body(endpoints.GoodSitemap())[1].decode()
    listing = endpoint_body(endpoints.GoodListing())[1].decode()
    assert set(re.findall(r"<loc>http://127\.0\.0\.9:80([^<]+)</loc>", sitemap)) == announced
    assert set(re.findall(r'<h2><a href="([^"]+)"', listing)) == announced


def test_a_listing_never_ends() -> None:
    page = endpoint_body(endpoints.EndlessListing(), "/archive?page=41")[1].decode()
    assert 'rel="next" href="/archive?page=42"' in page
    assert "/old/story-41-that-was-never-moved.html" in page


def test_sitemaps_are_enormous_and_refer_to_themselves() -> None:
    enormous = endpoint_body(endpoints.EnormousSitemap(count=2500))[1].decode()
    assert enormous.count("<loc>") == 2500
    assert enormous.endswith("</urlset>\n")
    assert b"<loc>http://127.0.0.9:80/sitemaps/self.xml</loc>" in endpoint_body(endpoints.SelfReferringSitemap())[1]
    bomb = endpoint_body(endpoints.SitemapBomb(unpacked_bytes=3 << 20))[1]
    assert len(gzip.decompress(bomb)) == 3 << 20


@pytest.mark.parametrize(
    ("robots", "status", "mark"),
    [
        (endpoints.CrawlDelay(2.5), 200, b"Crawl-delay: 2.5\n"),
        (endpoints.Disallow("/news/", "/old/"), 200, b"Disallow: /news/\nDisallow: /old/\n"),
        (endpoints.RobotsError(), 500, b"Error"),
        (endpoints.HtmlRobots(), 200, b"<!DOCTYPE html>"),
    ],
    ids=["delay", "disallow", "500", "html"],
)
def test_robots_txt_has_its_moods(serve: Serve, robots: endpoints.Robots, status: int, mark: bytes) -> None:
    answered, _, body = ask(serve(FaultSite(robots=robots)), "/robots.txt")
    assert answered == status
    assert mark in body


def test_robots_txt_may_be_slow(serve: Serve) -> None:
    server = serve(FaultSite(robots=endpoints.SlowRobots()))
    assert raw(server, "/robots.txt").partition(b"\r\n\r\n")[2] == b"U"
