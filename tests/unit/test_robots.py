"""crawler.robots: what an answer for robots.txt means to us (RFC 9309)."""

import asyncio

import pytest
from scrapy import Request

from crawler.robots import PoliteRobotsMiddleware, Rules, robots_request, rules_of

TEXT = b"""User-agent: *
Disallow: /private/
Crawl-delay: 2.5

User-agent: perilune
Disallow: /drafts/
Allow: /drafts/public/
Crawl-delay: 7
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/news/1", True), ("/drafts/1", False), ("/drafts/public/1", True), ("/private/1", True)],
    ids=["elsewhere", "disallowed", "longest match wins", "only our own group counts"],
)
def test_our_group_decides(path, allowed):
    assert rules_of(200, TEXT, "Perilune").allows(f"https://example.org{path}") is allowed


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/drafts/public/1", "allow: /drafts/public/"),
        ("/drafts/1", "disallow: /drafts/"),
        ("/private/1", None),
        ("/", None),
    ],
)
def test_the_rule_that_decides_is_named(path, rule):
    """Holds Protego's private names, too: when this breaks after an upgrade, look at ``Rules.rule_for``."""
    assert rules_of(200, TEXT, "Perilune").rule_for(f"https://example.org{path}") == rule


@pytest.mark.parametrize(
    ("rules", "path", "rule"),
    [
        ("Disallow: /*.pdf$\nAllow: /", "/a/b.pdf", "disallow: /*.pdf$"),
        ("Disallow: /*.pdf$\nAllow: /", "/a/b.pdf?x", "allow: /"),
        ("Disallow: /\nAllow: /n%C3%A9ws", "/n\u00e9ws/1", "allow: /n%C3%A9ws"),
        ("Allow: /p\nDisallow: /p", "/p/1", "allow: /p"),
        ("Disallow:", "/p/1", None),
        ("Allow: /" + "a" * 900, "/" + "a" * 900, "allow: /" + "a" * 492),
    ],
    ids=["wildcard", "the end counts", "escaped", "allow wins a tie", "empty", "cut"],
)
def test_the_rule_agrees_with_the_verdict(rules, path, rule):
    found, url = rules_of(200, f"User-agent: *\n{rules}\n".encode(), "Perilune"), f"https://example.org{path}"
    assert found.rule_for(url) == rule
    assert found.allows(url) is not (rule or "").startswith("disallow")


def test_a_redirect_takes_the_rule_of_where_it_leads():
    """Not what the stop before it left in ``meta``: its host's robots.txt may be known from an earlier run."""

    async def asked() -> Request:
        middleware = PoliteRobotsMiddleware.__new__(PoliteRobotsMiddleware)
        arrived: asyncio.Future[Rules] = asyncio.get_running_loop().create_future()
        arrived.set_result(rules_of(200, b"User-agent: *\nAllow: /b\nDisallow: /\n", "Perilune"))
        middleware.rules = {"https://two.example": arrived}
        before = {"robots_record": "<urn:uuid:one>", "robots_rule": "allow: /a"}
        request = Request("https://two.example/b", meta=before)
        await middleware.process_request(request)
        return request

    meta = asyncio.run(asked()).meta
    assert (meta["robots_record"], meta["robots_rule"]) == (None, "allow: /b")


def test_no_rule_without_a_file():
    assert rules_of(404, b"", "Perilune").rule_for("https://example.org/") is None
    assert rules_of(500, b"", "Perilune").rule_for("https://example.org/") is None


def test_group_for_all_counts_when_none_is_ours():
    rules = rules_of(200, TEXT, "Otherbot")

    assert not rules.allows("https://example.org/private/1")
    assert rules.delay_s == 2.5


def test_crawl_delay_is_ours():
    assert rules_of(200, TEXT, "Perilune").delay_s == 7.0


def test_request_rate_counts_as_a_delay():
    assert rules_of(200, b"User-agent: *\nRequest-rate: 2/30\nCrawl-delay: 1\n", "Perilune").delay_s == 15.0


@pytest.mark.parametrize(
    ("status", "is_reachable", "allowed"),
    [
        pytest.param(404, True, True, id="404: unavailable, all allowed"),
        pytest.param(403, True, True, id="403: unavailable, all allowed"),
        pytest.param(302, True, True, id="redirect nobody followed"),
        pytest.param(500, False, False, id="500: unreachable, all forbidden"),
        pytest.param(503, False, False, id="503: unreachable, all forbidden"),
        pytest.param(429, False, False, id="429: the server is overloaded"),
    ],
)
def test_status_decides_without_a_file(status, is_reachable, allowed):
    rules = rules_of(status, b"User-agent: *\nDisallow: /\n", "Perilune")

    assert rules.is_reachable is is_reachable
    assert rules.allows("https://example.org/news") is allowed


@pytest.mark.parametrize(
    "body",
    [b"", b"\xef\xbb\xbf", b"\0" * 1000, b"<html><body>no such file</body></html>", "Disallow: /ж".encode("utf-16"),
     b"User-agent: *\nCrawl-delay: -5\n", b"User-agent: *\nCrawl-delay: soon\n"],
    ids=["empty", "a mark only", "zeros", "a page", "utf-16", "negative delay", "a delay that is no number"],
)  # fmt: skip
def test_odd_files_allow_and_do_not_fail(body):
    rules = rules_of(200, body, "Perilune")

    assert rules.allows("https://example.org/news")
    assert rules.delay_s == 0.0


def test_only_the_first_500_kib_are_read():
    body = b"User-agent: *\n" + b"# padding\n" * 60_000 + b"Disallow: /\n"

    assert rules_of(200, body, "Perilune").allows("https://example.org/news")


def test_byte_order_mark_does_not_hide_the_first_line():
    assert not rules_of(200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n", "Perilune").allows("https://example.org/x")


def test_robots_request_goes_in_the_slot_and_name_of_who_asked():
    asked = Request("https://example.org/news/1", meta={"source_id": "esa", "download_slot": "esa", "kind": "article"})

    request = robots_request("https://example.org", asked, timeout_s=15.0)

    assert request.url == "https://example.org/robots.txt"
    assert request.meta["source_id"] == "esa"
    assert request.meta["download_slot"] == "esa"
    assert request.meta["kind"] == "robots"
    assert request.meta["download_timeout"] == 15.0
