"""Asking again without fetching again: ETag and Last-Modified of the last answer go with the request.

A 304 is passed on to the spider like any answer. RFC 9110 §13.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from crawler.context import context_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

Validators: TypeAlias = tuple[str | None, str | None]


class RevisitMiddleware:
    """Makes requests for endpoints, and for articles with ``meta["is_recheck"]``, conditional.

    ``meta["dont_revisit"]`` asks for the whole answer. What an earlier URL of a redirect chain was sent is
    taken off: validators belong to one URL.
    """

    def __init__(self, validators: Callable[[str], Validators | None]) -> None:
        self.validators = validators

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RevisitMiddleware:
        return cls(context_of(crawler).validators)

    async def process_request(self, request: Request) -> None:
        request.headers.pop("If-None-Match", None)
        request.headers.pop("If-Modified-Since", None)
        if not is_revisit(request):
            return
        known = await asyncio.to_thread(self.validators, request.url)  # a look into the database
        etag, last_modified = known or (None, None)
        if etag and is_header_value(etag):
            request.headers["If-None-Match"] = etag
        if last_modified and is_header_value(last_modified):
            request.headers["If-Modified-Since"] = last_modified


def is_revisit(request: Request) -> bool:
    """True for requests whose unchanged answer we need not see again."""
    if request.meta.get("dont_revisit"):
        return False
    return request.meta.get("kind") == "endpoint" or bool(request.meta.get("is_recheck"))


def is_header_value(value: str) -> bool:
    """False for what would break out of its line, or is no header value any server sends."""
    return len(value) <= 1024 and value.isascii() and value.isprintable()
