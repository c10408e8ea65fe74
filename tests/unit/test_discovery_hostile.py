"""Whatever bytes a server sends, discovery answers: it never raises, and never gives an address that can't be asked."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.discovery.endpoint import read_endpoint
from spiders.registry import Endpoint

PIECES = st.sampled_from(
    [
        b"<rss version='2.0'><channel>",
        b"<item>",
        b"</item>",
        b"<link>",
        b"</link>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'>",
        b"<entry>",
        b"<link href='/a'/>",
        b"<updated>9999-99-99</updated>",
        b"<urlset>",
        b"<url><loc>",
        b"</loc></url>",
        b"<sitemapindex><sitemap><loc>/b</loc></sitemap>",
        b"<html><a href='/2024/05/06/x'>",
        b"</a>",
        b"<base href='//['>",
        b"https://moon.example/1",
        b"&#xD800;",
        b"&",
        b"<![CDATA[",
        b"]]>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"\x1f\x8b\x08",
        b"\x00",
        b"\xed\xa0\x80",
        b'{"version":"https://jsonfeed.org/version/1","items":[{"url":"/',
        b'"}]}',
        b"<?xml version='1.0' encoding='hex'?>",
    ]
)
TYPES = st.sampled_from(["", "text/xml; charset=hex", "application/json", "text/plain", "text/html; charset=shift_jis"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(["feed", "sitemap", "listing"]), parts=st.lists(PIECES | st.binary(max_size=8)), declared=TYPES
)
def test_discovery_never_raises(kind: str, parts: list[bytes], declared: str) -> None:
    endpoint = Endpoint(kind=kind, url="https://moon.example/e")

    findings = read_endpoint(endpoint, b"".join(parts), url=endpoint.url, content_type=declared)

    for url in [found.url for found in findings.found] + [child.url for child in findings.children]:
        assert urlsplit(url).scheme in ("http", "https")
        assert urlsplit(url).hostname
        url.encode()
