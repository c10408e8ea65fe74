"""A source filled up back in time: by the pages of its listing and the months of its sitemap."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from crawler.demo.publishers import xml
from crawler.demo.server import Response
from tests.site.behaviour import XML, Endpoint, EndpointKind, Visit, html
from tests.site.faultsite import FaultSite
from tests.site.fixtures import served

A_PAGE = 5


class Pages(Endpoint):
    """The newest five, a date to each, and a link to the five before; ``/news/?page=2`` and so on."""

    kind: ClassVar[EndpointKind] = "listings"
    path: ClassVar[str] = "/news/"

    def respond(self, visit: Visit) -> Response:
        newest = sorted(visit.announced, key=lambda one: one[1].published_at, reverse=True)
        number = int(visit.request.query.get("page", 1))
        shown = newest[(number - 1) * A_PAGE : number * A_PAGE]
        items = [
            f'<article><time datetime="{piece.published_at:%Y-%m-%d}"></time>'
            f'<h2><a href="{path}">{piece.title}</a></h2></article>'
            for path, piece in shown
        ]
        older = f'<a rel="next" href="/news/?page={number + 1}">Older</a>' if newest[number * A_PAGE :] else ""
        return html(f"<html><body><h1>News</h1>{''.join(items)}{older}</body></html>")


class Months(Endpoint):
    """An index with one sitemap a month, without a word of when they were changed."""

    kind: ClassVar[EndpointKind] = "sitemaps"
    path: ClassVar[str] = "/sitemap.xml"

    def respond(self, visit: Visit) -> Response:
        months = sorted({f"{piece.published_at:%Y-%m}" for _, piece in visit.announced})
        locs = "".join(f"<sitemap><loc>{visit.base_url}/sitemap-{month}.xml</loc></sitemap>" for month in months)
        body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locs}</sitemapindex>'
        return Response(headers=(XML,), body=body.encode())


class Past(FaultSite):
    """Forty articles of three hundred days; its feed is not in its source file."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(good=0, endpoints=())
        self.pieces = dict(path_and_piece for number in range(1, 41) for path_and_piece in a_day(number * 26))
        self.endpoints = (endpoint,)
        self.asked: list[str] = []

    def respond(self, request):  # type: ignore[no-untyped-def]  # as FaultSite's
        self.asked.append(request.path)
        if request.path.startswith("/sitemap-"):
            month = request.path.removeprefix("/sitemap-").removesuffix(".xml")
            found = [
                (f"http://{request.headers['host']}{path}", piece.published_at)
                for path, piece in self.pieces.items()
                if f"{piece.published_at:%Y-%m}" == month
            ]
            return Response(headers=(XML,), body=xml.urlset(iter(found)).encode())
        return super().respond(request)

    def days(self) -> list[str]:
        """Of the articles asked for, in order; forgotten then."""
        asked = [f"{self.pieces[path].published_at:%Y-%m-%d}" for path in self.asked if path in self.pieces]
        self.asked.clear()
        return asked


def a_day(number: int):  # type: ignore[no-untyped-def]  # one (path, piece)
    return FaultSite(good=1, first_number=number).pieces.items()


def crawl(home: Path, *words: str) -> int:
    options = ["--home", str(home), "--sources", str(home / "sources"), "--allow-private", "--json"]
    command = [sys.executable, "-m", "crawler", "crawl", *words, *options]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = next(line for line in map(json.loads, done.stdout.splitlines()) if line.get("source") == "range")
    return int(said["archived"])


@pytest.mark.parametrize("endpoint", [Pages(), Months()])
def test_a_source_is_filled_up_back_to_a_day_the_newest_first(tmp_path: Path, endpoint: Endpoint) -> None:
    site, is_paged = Past(endpoint), endpoint.kind == "listings"
    every_day = sorted((f"{piece.published_at:%Y-%m-%d}" for piece in site.pieces.values()), reverse=True)
    since = every_day[29]
    with served(site) as server:
        path = site.write_source(tmp_path / "sources", server.base_url)
        path.write_text(path.read_text() + ("max_pages = 1\n" if is_paged else ""))
        if is_paged:
            assert crawl(tmp_path, "--all") == A_PAGE
        site.days()
        archived = crawl(tmp_path, "range", "--since", since, "--limit", "12")
        first = site.days()
        assert crawl(tmp_path, "range", "--since", since) == 30 - archived - (A_PAGE if is_paged else 0)
        rest = site.days()
        wanted = every_day[A_PAGE if is_paged else 0 : 30]
        assert (sorted(first, reverse=True), sorted(rest, reverse=True)) == (wanted[:12], wanted[12:])
        crawl(tmp_path, "range", "--since", since)
        assert site.days() == []
