"""The largest sitemap that the protocol allows, and a feed of 10 MB: read whole, in bounded memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest

READ = """
import json, sys
from pathlib import Path
from spiders.discovery.feed import parse_feed
from spiders.discovery.sitemap import parse_sitemap

def peak_kib():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])

body, url = sys.stdin.buffer.read(), "https://alpha.example/endpoint"
before = peak_kib()
result = parse_sitemap(body, url=url) if sys.argv[1] == "sitemap" else parse_feed(body, url=url)
grown = peak_kib() - before
found = result.entries if sys.argv[1] == "sitemap" else result.items
print(json.dumps({"count": len(found), "last": found[-1].url, "reason": result.reason, "grown_kib": grown}))
"""


def sitemap() -> bytes:
    entry = "<url><loc>https://alpha.example/news/{}</loc><lastmod>2026-03-01T12:00:00Z</lastmod></url>"
    urls = "".join(entry.format(number) for number in range(50_000))
    return gzip.compress(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode())


def feed() -> bytes:
    item = "<item><title>Launch</title><link>https://alpha.example/news/{}</link><description>{}</description></item>"
    items = "".join(item.format(number, "The rocket stood on the pad. " * 350) for number in range(1_000))
    body = f'<rss version="2.0"><channel><title>Alpha</title>{items}</channel></rss>'.encode()
    assert len(body) > 10_000_000
    return body


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("kind", "body", "count", "most_mib"),
    [
        pytest.param("sitemap", sitemap, 50_000, 60, id="50,000 URLs"),
        pytest.param("feed", feed, 1_000, 100, id="10 MB of items"),
    ],
)
def test_is_read_whole_in_bounded_memory(kind, body, count, most_mib):
    done = subprocess.run([sys.executable, "-c", READ, kind], input=body(), capture_output=True, check=True)
    told = json.loads(done.stdout)
    assert (told["count"], told["reason"]) == (count, None)
    assert told["last"] == f"https://alpha.example/news/{count - 1}"
    assert told["grown_kib"] < most_mib << 10
