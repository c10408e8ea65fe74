"""Our files in the hands of others: pywb and ReplayWeb.page replay what was exported, wacz validates it."""

from __future__ import annotations

import functools
import http.server
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver import Chrome

from archive.formats.packing import pack
from archive.opening import opened
from tests.browser import replayed
from tests.conftest import missing
from tests.crawled import Crawl, config_of, everything, other_body, page
from tests.replaying import picture

STYLE = b"h1 { color: rgb(1, 2, 3) } body { background-image: url(back.png) }"
NEWS = "https://alpha.example/news"


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """Each thing a crawl can meet, and a page with picture and style."""
    crawl = Crawl(config_of(tmp_path_factory.mktemp("outside") / "home"))
    everything(crawl)
    crawl.requisite("https://alpha.example/site.css", STYLE, "text/css")
    crawl.requisite("https://alpha.example/back.png", picture(3), "image/png")
    crawl.requisite("https://cdn.example/photo.png", picture(7), "image/png")
    body = other_body(5) + '<img src="//cdn.example/photo.png">'
    crawl.answer("/news/five", page("Five comets", text=body, head='<link rel=stylesheet href="/site.css">'))
    crawl.close()
    return crawl


@pytest.fixture(scope="module")
def wacz(crawl: Crawl, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(crawl, tmp_path_factory.mktemp("wacz") / "all.wacz")


def exported(crawl: Crawl, path: Path) -> Path:
    with opened(crawl.config) as connection:
        format_ = "wacz" if path.suffix == ".wacz" else "warc"
        pack(connection, crawl.config.warc_dir, path, format_=format_, software="Perilune/test")
    return path


def program(tool: str, name: str) -> Path:
    """A program of another environment, which `make replay-tools` makes."""
    found = Path(sys.prefix) / "replay-tools" / tool / "bin" / name
    if not found.exists():
        missing(f"{tool} is not installed; `make replay-tools` installs it")
    return found


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wacz_validates_an_export(wacz: Path) -> None:
    assert "the passed WACZ is valid" in run(program("wacz", "wacz"), "validate", "-f", wacz, cwd=wacz.parent)


@contextmanager
def pywb(folder: Path, files: list[Path]) -> Iterator[str]:
    """A pywb with these files in its collection; the address of the collection."""
    folder.mkdir()
    manager = program("pywb", "wb-manager")
    run(manager, "init", "space", cwd=folder)
    run(manager, "add", "space", *files, cwd=folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(program("pywb", "wayback")), "--bind", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until_answered(f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}/space"
        finally:
            server.terminate()


def until_answered(url: str, *, within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while True:
        try:
            get(url)
            return
        except URLError:
            assert time.monotonic() < end, f"{url}: no answer"
            time.sleep(0.2)


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


@pytest.mark.parametrize("is_exported", [True, False], ids=["an export", "the archive's own files"])
def test_pywb_replays_pages_pictures_and_revisits(crawl: Crawl, tmp_path: Path, is_exported: bool) -> None:
    own = [path for path in crawl.config.warc_dir.glob("*.warc.gz") if "-meta" not in path.name]
    files = [exported(crawl, tmp_path / "all.warc.gz")] if is_exported else own
    with pywb(tmp_path / "pywb", files) as collection:
        five = get(f"{collection}/20260301121130mp_/{NEWS}/five").decode()
        assert "<h1>Five comets</h1>" in five
        assert get(f"{collection}/20260301im_/https://cdn.example/photo.png") == picture(7)
        assert b"rgb(1, 2, 3)" in get(f"{collection}/20260301cs_/https://alpha.example/site.css")
        revisit = get(f"{collection}/20260301mp_/{NEWS}/one?print=1").decode()
        assert "<h1>One rover</h1>" in revisit
        gzipped = get(f"{collection}/20260301120300mp_/{NEWS}/two").decode()
        assert "<h1>Two landers</h1>" in gzipped
        earlier = get(f"{collection}/20260301120100mp_/{NEWS}/one").decode()
        later = get(f"{collection}/20260301120400mp_/{NEWS}/one").decode()
        assert "corrected" not in earlier
        assert "One rover, corrected" in later


@contextmanager
def files_served(folder: Path) -> Iterator[str]:
    handler = functools.partial(QuietFiles, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("url", "ts", "title"),
    [
        (f"{NEWS}/five", "20260301121130", "Five comets"),
        (f"{NEWS}/one?print=1", "20260301120200", "One rover"),
        (f"{NEWS}/one", "20260301120400", "One rover, corrected"),
    ],
    ids=["with requisites", "a revisit", "a later state"],
)
def test_replayweb_page_replays_an_export_as_anybody_embeds_it(
    assets: Path, browser: Chrome, wacz: Path, tmp_path: Path, url: str, ts: str, title: str
) -> None:
    """Not our frame and worker, but the embedding that ReplayWeb.page's own documentation shows."""
    (tmp_path / "replay").mkdir()
    shutil.copy(assets / "ui.js", tmp_path)
    shutil.copy(assets / "sw.js", tmp_path / "replay")
    shutil.copy(wacz, tmp_path / "all.wacz")
    element = f'<replay-web-page source="all.wacz" replayBase="/replay/" url="{url}" ts="{ts}"></replay-web-page>'
    (tmp_path / "index.html").write_text(f"<!doctype html><script src=ui.js></script><body>{element}")
    with files_served(tmp_path) as address:
        browser.get(f"{address}/index.html")
        seen = replayed_or_reloaded(browser)
    assert seen["title"] == title
    if url.endswith("five"):
        assert (seen["color"], seen["images"]) == ("rgb(1, 2, 3)", [7])


def replayed_or_reloaded(browser: Chrome) -> Any:
    """Its worker may start too late for its first page on a busy machine; a reader reloads then."""
    try:
        return replayed(browser, within_s=60)
    except TimeoutException:
        browser.refresh()
        return replayed(browser)
