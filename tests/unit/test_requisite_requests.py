"""Requests for page requisites: whose slot they wait in, and how many of a page there may be."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.requisites import RequisiteMiddleware, slot_of
from spiders.requisites import Allowance, Requisites

GROUPS = {"moon.example": "moon", "pictures.moon.example": "moon", "mars.example": "planets"}


@pytest.mark.parametrize(
    ("url", "slot"),
    [
        pytest.param("https://www.moon.example/a.png", "moon", id="the source's host"),
        pytest.param("https://pictures.moon.example/a.png", "moon", id="another of its hosts"),
        pytest.param("https://mars.example/a.png", "planets", id="a host of another source"),
        pytest.param("https://ads.shop.example/a.png", "host:shop.example", id="a third party"),
        pytest.param("https://a1.b2.shop.example/a.png", "host:shop.example", id="names made up under one domain"),
        pytest.param("https://93.184.215.14/a.png", "host:93.184.215.14", id="an address"),
        pytest.param("https://moon/a.png", "host:moon", id="a host called like a group"),
    ],
)
def test_requisite_waits_in_the_slot_of_the_host_it_asks(url: str, slot: str) -> None:
    assert slot_of(url, GROUPS) == slot


def test_redirect_changes_the_slot() -> None:
    """Redirected requests pass the middleware, too, with the slot of the one before."""
    middleware = RequisiteMiddleware(groups=GROUPS, is_held=lambda url, since: False, now=lambda: datetime.now(UTC))
    meta = {"kind": "requisite", "allowance": Allowance(), "download_slot": "host:shop.example", "redirect_times": 1}
    request = Request("https://moon.example/a.png", meta=meta)
    middleware.process_request(request)
    assert request.meta["download_slot"] == "moon"


def test_spent_allowance_asks_for_nothing_more() -> None:
    """Of what a style names, too: nothing is queued that would be refused."""

    async def asked(allowance: Allowance) -> list[str]:
        with ThreadPoolExecutor(1) as reader:
            requisites = Requisites(callback=print, errback=print, reader=reader)
            meta = dict.fromkeys(("source_id", "download_slot", "download_timeout", "handle_httpstatus_all"))
            style = Request(
                "https://moon.example/a.css", meta={**meta, "allowance": allowance, "depth_of_requisite": 1}
            )
            answer = Response(style.url, headers={"Content-Type": "text/css"}, body=b"i{src:url(b.png)}", request=style)
            return [request.url async for request in requisites.of_style(answer)]

    assert asyncio.run(asked(Allowance())) == ["https://moon.example/b.png"]
    assert asyncio.run(asked(Allowance(requests_left=0))) == []
    assert asyncio.run(asked(Allowance(bytes_left=0))) == []
