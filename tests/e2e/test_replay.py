"""A page with its requisites: crawled, its servers switched off, and seen again as it was."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from sqlalchemy import create_engine, text

from tests.browser import replayed
from tests.crawled import other_body
from tests.replaying import open_replay, perilune_serve, picture


@dataclass
class Site:
    """What a server answers by path, and what it was asked."""

    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            kind, body = site.pages.get(self.path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def article(title: str, number: int, cdn: str) -> bytes:
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title><link rel=stylesheet href=/style.css>"
        f"<script src=/tracker.js></script></head><body><article><h1>{title}</h1><p>{other_body(number)}</p>"
        f"<img src='{cdn}/photo.png'><img src='/secret/no.png'></article></body></html>"
    ).encode()


def crawl(home: Path, *words: str) -> None:
    (home / "sources").mkdir(parents=True, exist_ok=True)
    options = [
        "--home",
        str(home),
        "--sources",
        str(home / "sources"),
        "--allow-private",
        "--quiet",
        "--force",
        "gazette",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PERILUNE_")}
    command = [sys.executable, "-m", "crawler", "crawl", *words, *options]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def a_source(home: Path, url: str, more: str = "") -> None:
    (home / "sources").mkdir(parents=True, exist_ok=True)
    (home / "sources" / "gazette.toml").write_text(
        f'name = "Gazette"\nhomepage = "{url}/"\ndownload_delay = 0.0\n{more}\n[[feeds]]\nurl = "{url}/feed"\n'
    )


def captured(home: Path) -> Mapping[str, int]:
    """Path of an address → captures of it; robots.txt is that of one of the two hosts."""
    engine = create_engine(f"sqlite:///{home}/archive.db")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT target_uri, count(*) FROM capture GROUP BY target_uri")).all()
    engine.dispose()
    return {url.partition("127.0.0.1:")[2].partition("/")[2]: count for url, count in rows}


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    """A news site and the host of its pictures."""
    with serving(Site()) as cdn, serving(Site()) as site:
        items = "".join(
            f"<item><title>{title}</title><link>{site.url}/{name}</link></item>"
            for title, name in (("One comet", "one"), ("Two rovers", "two"))
        )
        site.pages = {
            "/feed": ("application/rss+xml", f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()),
            "/one": ("text/html; charset=utf-8", article("One comet", 1, cdn.url)),
            "/two": ("text/html; charset=utf-8", article("Two rovers", 2, cdn.url)),
            "/style.css": ("text/css", b"h1 { color: rgb(1, 2, 3) } body { background-image: url(/back.png) }"),
            "/back.png": ("image/png", picture(3)),
            "/secret/no.png": ("image/png", picture(4)),
            "/tracker.js": ("text/javascript", b"document.title = 'tracked'"),
            "/robots.txt": ("text/plain", b"User-agent: *\nDisallow: /secret/\n"),
        }
        cdn.pages = {"/photo.png": ("image/png", picture(7))}
        yield site, cdn


def test_requisites_are_captured_once_politely_and_never_as_articles(sites: tuple[Site, Site], tmp_path: Path) -> None:
    site, cdn = sites
    a_source(tmp_path, site.url, "with_requisites = true")
    crawl(tmp_path)
    assert captured(tmp_path) == {
        "feed": 1, "robots.txt": 1, "one": 1, "two": 1, "style.css": 1, "back.png": 1, "photo.png": 1
    }  # fmt: skip
    assert "/secret/no.png" not in site.asked  # robots.txt holds for pictures, too
    assert "/tracker.js" not in site.asked
    assert cdn.asked == ["/robots.txt", "/photo.png"]
    with create_engine(f"sqlite:///{tmp_path}/archive.db").connect() as connection:
        assert connection.execute(text("SELECT title FROM article ORDER BY title")).scalars().all() == [
            "One comet", "Two rovers",
        ]  # fmt: skip

    site.asked.clear()
    cdn.asked.clear()
    site.pages["/feed"] = ("application/rss+xml", site.pages["/feed"][1].replace(b"/two", b"/three"))
    site.pages["/three"] = ("text/html; charset=utf-8", article("Three orbits", 3, cdn.url))
    crawl(tmp_path)
    assert "/three" in site.asked
    assert not {"/style.css", "/back.png"} & set(site.asked)  # held from a moment ago
    assert cdn.asked == []


def test_without_the_option_nothing_but_pages_is_asked_for(sites: tuple[Site, Site], tmp_path: Path) -> None:
    site, cdn = sites
    a_source(tmp_path, site.url)
    crawl(tmp_path)
    assert sorted(site.asked) == ["/feed", "/one", "/robots.txt", "/two"]
    assert cdn.asked == []


def test_a_page_appears_as_it_was_with_its_servers_switched_off(
    assets: Path, browser: Chrome, sites: tuple[Site, Site], tmp_path: Path
) -> None:
    site, cdn = sites
    a_source(tmp_path, site.url)
    crawl(tmp_path, "--with-requisites")
    for one in (site, cdn):
        one.pages = {}  # from here on whoever asks gets nothing, and is seen
        one.asked.clear()
    with perilune_serve(tmp_path) as address:
        open_replay(browser, address, "comet")
        seen = replayed(browser)
    assert (seen["title"], seen["color"]) == ("One comet", "rgb(1, 2, 3)")
    assert "back.png" in seen["background"]
    assert seen["images"] == [7, 0]  # the other was forbidden by robots.txt
    assert site.asked == cdn.asked == []
