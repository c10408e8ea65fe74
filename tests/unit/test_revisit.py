"""crawler.revisit: conditional requests for what we have seen, and for nothing else."""

import asyncio

import pytest
from scrapy import Request

from crawler.revisit import RevisitMiddleware

FEED = "https://example.org/feed"


def asked(meta, *, known=('"a1"', "Sun, 01 Mar 2026 12:00:00 GMT"), headers=None):
    """The conditional headers of a request for the feed after the middleware saw it."""
    request = Request(FEED, meta=meta, headers=headers)
    asyncio.run(RevisitMiddleware({FEED: known}.get).process_request(request))
    return request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")


def test_endpoint_is_asked_with_both_validators():
    assert asked({"kind": "endpoint"}) == (b'"a1"', b"Sun, 01 Mar 2026 12:00:00 GMT")


def test_article_is_asked_conditionally_only_on_recheck():
    assert asked({"kind": "article"}) == (None, None)
    assert asked({"kind": "article", "is_recheck": True}) == (b'"a1"', b"Sun, 01 Mar 2026 12:00:00 GMT")


def test_whole_answer_can_be_asked_for():
    assert asked({"kind": "endpoint", "dont_revisit": True}) == (None, None)


def test_url_never_seen_is_asked_plainly():
    assert asked({"kind": "endpoint"}, known=None) == (None, None)


def test_validators_of_an_earlier_url_of_the_chain_are_taken_off():
    assert asked({"kind": "endpoint"}, known=(None, None), headers={"If-None-Match": '"other"'}) == (None, None)


@pytest.mark.parametrize(
    "etag", ['"a"\r\nX-Injected: 1', '"café"', "x" * 2000, ""], ids=["a line", "é", "long", "empty"]
)
def test_validator_that_is_no_header_value_is_not_sent(etag):
    assert asked({"kind": "endpoint"}, known=(etag, None)) == (None, None)
