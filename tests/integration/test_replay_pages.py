"""Captures in the web pages: as text, to be downloaded, and replayed in ReplayWeb.page on an origin of its own."""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from sqlalchemy import text

from archive.errors import TooSlowError
from archive.evidence.records import HttpMessage
from archive.opening import reading_engine
from archive.web.app import create_app
from archive.web.capturepage import head_of
from archive.web.reading import Reading
from archive.web.replay import Seal, Stage, create_replay_app
from archive.web.shelf import Shelf, existing
from tests.browser import replayed
from tests.crawled import Crawl, config_of, other_body, page
from tests.replaying import open_replay, perilune_serve, picture
from tests.web import Answer, ask

STYLE = b"h1 { color: rgb(1, 2, 3) } body { background-image: url(back.png) }"
HEAD = '<link rel=stylesheet href="/site.css">'


@pytest.fixture
def crawl(tmp_path: Path) -> Crawl:
    crawl = Crawl(config_of(tmp_path / "home"))
    crawl.requisite("https://alpha.example/site.css", STYLE, "text/css")
    crawl.requisite("https://alpha.example/back.png", picture(3), "image/png")
    crawl.requisite("https://cdn.example/photo.png", picture(7), "image/png")
    crawl.answer("/one", page("One comet", text=other_body(1) + '<img src="//cdn.example/photo.png">', head=HEAD))
    crawl.close()
    return crawl


@contextmanager
def shelf_of(crawl: Crawl) -> Iterator[Shelf]:
    engine = reading_engine(crawl.config)
    shelf = Shelf(Reading(engine, warc_dir=crawl.config.warc_dir))
    yield shelf
    shelf.close()
    engine.dispose()


def ask_pages(crawl: Crawl, target: str, *, stage: Stage | None = None, **headers: str) -> Answer:
    with shelf_of(crawl) as shelf:
        app = create_app(shelf.reading.engine, warc_dir=crawl.config.warc_dir, shelf=shelf, stage=stage)
        return ask(app, target, headers=headers)


def number_of(crawl: Crawl, url: str) -> int:
    with crawl.engine.connect() as connection:
        return connection.execute(text("SELECT id FROM capture WHERE target_uri = :url"), {"url": url}).scalar_one()


# Without ReplayWeb.page, and without scripts


def test_page_of_a_capture_shows_no_cookie_and_no_login() -> None:
    headers = (("Host", "alpha.example"), ("Cookie", "id=s3cret"), ("authorization", "Basic s3cret"))
    answered = (("Set-Cookie", "id=s3cret"), ("Set-Cookie", "b=s3cret"), ("Age", "0"))

    asked = head_of(HttpMessage(start_line="GET / HTTP/1.1", headers=headers, body=b""))
    answer = head_of(HttpMessage(start_line="HTTP/1.1 200 OK", headers=answered, body=b""))

    assert asked == "GET / HTTP/1.1\nHost: alpha.example\nCookie: (not shown)\nauthorization: (not shown)"
    assert answer == "HTTP/1.1 200 OK\nSet-Cookie: (not shown)\nSet-Cookie: (not shown)\nAge: 0"


def test_an_article_leads_to_its_capture_as_text(crawl: Crawl) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    assert f'href="/captures/{number}"' in ask_pages(crawl, "/articles/1").text
    answer = ask_pages(crawl, f"/captures/{number}")
    assert answer.status == 200
    assert "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8" in answer.text
    assert "&lt;h1&gt;One comet&lt;/h1&gt;" in answer.text
    assert "<h1>One comet</h1>" not in answer.text  # nothing archived is markup on our own origin
    assert "make replay-assets" in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert len(answer.body) < 100_000


def test_a_picture_is_told_and_not_shown(crawl: Crawl) -> None:
    number = number_of(crawl, "https://cdn.example/photo.png")
    answer = ask_pages(crawl, f"/captures/{number}")
    assert f"{len(picture(7))} bytes of image/png: not shown as text" in answer.text


@pytest.mark.parametrize("target", ["/captures/99", "/captures/x", "/captures/1/exe", "/captures/99/wacz"])
def test_what_is_no_capture_is_not_found(crawl: Crawl, target: str) -> None:
    assert ask_pages(crawl, target).status == 404


def test_a_record_that_is_gone_is_said(crawl: Crawl) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    for path in crawl.config.warc_dir.glob("*.warc.gz"):
        path.rename(path.with_suffix(".away"))
    answer = ask_pages(crawl, f"/captures/{number}")
    assert answer.status == 200
    assert "The record can&#39;t be read" in answer.text
    assert str(crawl.config.home) not in answer.text
    refused = ask_pages(crawl, f"/captures/{number}/wacz")
    assert refused.status == 500
    assert str(crawl.config.home) not in refused.text


def test_a_capture_is_downloaded_with_what_its_replay_needs(crawl: Crawl) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    answer = ask_pages(crawl, f"/captures/{number}/wacz")
    assert answer.headers["content-disposition"] == f'attachment; filename="perilune-capture-{number}.wacz"'
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        pages = archive.read("pages/pages.jsonl").decode()
    assert '"title": "One comet"' in pages
    answer = ask_pages(crawl, f"/captures/{number}/warc")
    assert answer.headers["content-type"] == "application/warc"
    assert answer.body[:2] == b"\x1f\x8b"


def test_what_was_forgotten_is_not_handed_out_though_it_was_packed(crawl: Crawl) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    with shelf_of(crawl) as shelf:
        app = create_app(shelf.reading.engine, warc_dir=crawl.config.warc_dir, shelf=shelf)
        before = ask(app, f"/captures/{number}/wacz")
        assert len(holding(shelf, b"cdn.example")) == 1
        with crawl.engine.begin() as connection:
            digest = "sha256:" + hashlib.sha256(b"example,cdn)/photo.png").hexdigest()
            forget = text("INSERT INTO forgotten VALUES (:digest, 'asked', '2026-03-02 00:00:00')")
            connection.execute(forget, {"digest": digest})
        ask(app, f"/captures/{number - 1}/wacz")  # whatever is asked for next
        assert holding(shelf, b"cdn.example") == []
        after = ask(app, f"/captures/{number}/wacz")
    assert [b"cdn.example" in index_of(one.body) for one in (before, after)] == [True, False]


def holding(shelf: Shelf, address: bytes) -> list[Path]:
    """Packed captures on disk with an address in their index."""
    return [path for path in Path(shelf.folder.name).iterdir() if address in index_of(path.read_bytes())]


def index_of(wacz: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wacz)) as archive:
        return gzip.decompress(archive.read("indexes/index.cdx.gz"))


# Packing costs other readers nothing


@pytest.fixture
def slow_packing(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[int], Event]]:
    """Packing that takes until the event is set; the captures it was asked for."""
    asked: list[int] = []
    is_over = Event()

    def pack(*arguments: object, **_: object) -> None:
        asked.append(arguments[2].id)
        is_over.wait(20)

    monkeypatch.setattr("archive.web.shelf.pack_capture", pack)
    yield asked, is_over
    is_over.set()


def take(shelf: Shelf, number: int, format_: str) -> None:
    shelf.file(number, format_).close()


def test_pages_are_answered_while_captures_are_packed(
    crawl: Crawl, slow_packing: tuple[list[int], Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, is_over = slow_packing
    monkeypatch.setattr("archive.web.reading.WAIT_S", 5)
    number = number_of(crawl, "https://alpha.example/one")
    with shelf_of(crawl) as shelf:
        wanted = [(number - back, format_) for back in range(2) for format_ in ("warc", "wacz")] * 2
        readers = [Thread(target=take, args=(shelf, *each)) for each in wanted]
        for reader in readers:
            reader.start()
        while shelf.packing.acquire(blocking=False):  # until all of them are there
            shelf.packing.release()
            sleep(0.01)
        app = create_app(shelf.reading.engine, warc_dir=crawl.config.warc_dir, shelf=shelf)
        assert ask(app, f"/captures/{number}").status == 200
        assert len(asked) <= 2
        refused = ask(app, f"/captures/{number}/wacz")
        assert (refused.status, refused.headers["retry-after"]) == (503, "2")
        is_over.set()
        for reader in readers:
            reader.join()
    assert len(asked) == 4  # each of the four once


def test_what_a_crawl_brings_does_not_pack_a_capture_anew_at_once(
    crawl: Crawl, slow_packing: tuple[list[int], Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, is_over = slow_packing
    is_over.set()
    number = number_of(crawl, "https://alpha.example/one")
    with shelf_of(crawl) as shelf:
        take(shelf, number, "wacz")
        monkeypatch.setattr("archive.web.shelf.state", lambda _: (number + 7, 0))
        take(shelf, number, "wacz")
        assert asked == [number]
        monkeypatch.setattr("archive.web.shelf.STEADY_S", 0)
        take(shelf, number, "wacz")
    assert asked == [number, number]


def test_packing_ends_by_the_clock(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    monkeypatch.setattr("archive.formats.gathering.time.monotonic", iter(range(0, 10_000, 31)).__next__)
    with (
        shelf_of(crawl) as shelf,
        shelf.reading.engine.connect() as connection,
        pytest.raises(TooSlowError, match="longer than 30 s"),
    ):
        shelf.packed(connection, existing(connection, number), "wacz")
    assert list(Path(shelf.folder.name).glob("*")) == []


# The origin of replays


SEAL = Seal(key=b"k" * 32)


def ask_replay(crawl: Crawl, target: str, assets: Path, **headers: str) -> Answer:
    with shelf_of(crawl) as shelf:
        return ask(create_replay_app(shelf, assets=assets, seal=SEAL), target, headers=headers)


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    """Files in the place of ReplayWeb.page's, where a test only asks how they are served."""
    (tmp_path / "ui.js").write_text("ui")
    (tmp_path / "sw.js").write_text("sw")
    return tmp_path


def test_a_replay_address_names_one_capture_and_leads_to_no_other(crawl: Crawl, stand_ins: Path) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    seal = SEAL.of(number)
    for place in ("", "capture.wacz", "replay/sw.js", "replay/ui.js", "replay/replaywebpage-sw.js", "ui.js", "replay/"):
        assert ask_replay(crawl, f"/{seal}/{number}/{place}", stand_ins).status == 200
        assert ask_replay(crawl, f"/{seal}/{number - 1}/{place}", stand_ins).status == 404
        assert ask_replay(crawl, f"/{SEAL.of(number - 1)}/{number}/{place}", stand_ins).status == 404
    for target in ("/", "/articles/1", f"/captures/{number}", "/api/articles/1", f"/{seal}/{number}/replay/secret.js"):
        assert ask_replay(crawl, target, stand_ins).status == 404


def test_a_replay_begins_with_a_clean_browser_and_is_framed_by_nobody(crawl: Crawl, stand_ins: Path) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    headers = ask_replay(crawl, f"/{SEAL.of(number)}/{number}/", stand_ins).headers
    assert headers["clear-site-data"] == '"storage"'
    assert "frame-ancestors 'none'; sandbox allow-scripts allow-same-origin" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_wacz_is_served_in_ranges(crawl: Crawl, stand_ins: Path) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    target = f"/{SEAL.of(number)}/{number}/capture.wacz"
    whole = ask_replay(crawl, target, stand_ins)
    part = ask_replay(crawl, target, stand_ins, range="bytes=-22")
    assert (part.status, part.body) == (206, whole.body[-22:])
    assert part.body[:4] == b"PK\x05\x06"  # the end of the ZIP's table, which readers ask first


def test_a_file_is_sent_though_it_was_thrown_out_meanwhile(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    with shelf_of(crawl) as shelf:
        app = create_app(shelf.reading.engine, warc_dir=crawl.config.warc_dir, shelf=shelf)
        whole = ask(app, f"/captures/{number}/wacz")

        def throws_out(*asked: object) -> object:
            file = hand_out(*asked)
            shelf.throw_out(list(shelf.kept))
            return file

        hand_out = shelf.file
        monkeypatch.setattr(shelf, "file", throws_out)
        answer = ask(app, f"/captures/{number}/wacz")
        part = ask(app, f"/captures/{number}/wacz", headers={"range": "bytes=-22"})
        assert list(Path(shelf.folder.name).iterdir()) == []
    assert (answer.status, answer.body) == (200, whole.body)
    assert (part.status, part.body) == (206, whole.body[-22:])


def test_the_page_leads_to_the_replay_where_a_browser_can_show_it(crawl: Crawl) -> None:
    number = number_of(crawl, "https://alpha.example/one")
    stage = Stage(seal=SEAL, port=8001)
    address = f"http://localhost:8001/{SEAL.of(number)}/{number}/"
    assert f'href="{address}"' in ask_pages(crawl, f"/captures/{number}", stage=stage, host="localhost:8000").text
    elsewhere = ask_pages(crawl, f"/captures/{number}", stage=stage, host="archive.example:8000").text
    assert "over https or on the machine itself only" in elsewhere
    behind = Stage(seal=SEAL, port=8001, url="https://replay.example/")
    address = f"https://replay.example/{SEAL.of(number)}/{number}/"
    assert f'href="{address}"' in ask_pages(crawl, f"/captures/{number}", stage=behind, host="archive.example").text


# In a browser, with ReplayWeb.page


def test_text_picture_and_style_of_an_archived_page_appear(assets: Path, browser: Chrome, crawl: Crawl) -> None:
    with perilune_serve(crawl.config.home) as address:
        open_replay(browser, address, "comet")
        seen = replayed(browser)
    assert seen["text"].startswith("One comet")
    assert seen["color"] == "rgb(1, 2, 3)"
    assert "back.png" in seen["background"]
    assert seen["images"] == [7]


class Listener:
    """Takes down who connects: what an archived page would call if it could."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.calls: list[bytes] = []
        Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.calls.append(connection.recv(200))
            connection.close()


HOSTILE = """
<iframe src="data:text/html,<script>new WebSocket('ws://127.0.0.1:{port}/data')</script>"></iframe>
<iframe src="data:text/html,<script>location = 'http://127.0.0.1:{port}/away'</script>"></iframe>
<iframe src="data:text/html,<meta http-equiv=refresh content='0;url=http://127.0.0.1:{port}/refresh'>"></iframe>
<script>
const out = "127.0.0.1:{port}";
const tell = (what) => {{ document.body.dataset[what] = "tried"; }};
fetch("http://" + out + "/fetch").catch(() => tell("fetch"));
new Image().src = "http://" + out + "/image";
try {{ new WebSocket("ws://" + out + "/socket").onerror = () => tell("socket"); }} catch (e) {{ tell("socket"); }}
const bare = document.createElement("iframe");  // a document that the replay's own scripts do not rewrite
const calls = "new WebSocket('ws://" + out + "/bare'); fetch('http://" + out + "/bare', {{mode: 'no-cors'}})";
const raw = "<script>" + calls + "<" + "/script>";
bare.src = URL.createObjectURL(new Blob([raw], {{type: "text/html"}}));
document.documentElement.append(bare);
navigator.sendBeacon("http://" + out + "/beacon", "x");
document.title = "ran";
setTimeout(() => {{
    try {{ window.open("http://" + out + "/window"); }} catch (e) {{ tell("window"); }}
    const lead = Function("url", "window['t' + 'op']['loc' + 'ation'] = url");
    try {{ lead("http://" + out + "/top"); }} catch (e) {{ tell("top"); }}
    try {{ top.location = "http://" + out + "/rewritten"; }} catch (e) {{ tell("rewritten"); }}
}}, 2000);
</script>
"""


def test_scripts_of_an_archived_page_reach_nobody(assets: Path, browser: Chrome, tmp_path: Path) -> None:
    listener = Listener()
    crawl = Crawl(config_of(tmp_path / "hostile"))
    crawl.answer("/two", page("Two comets", text=other_body(2) + HOSTILE.format(port=listener.port)))
    crawl.close()
    with perilune_serve(crawl.config.home) as address:
        open_replay(browser, address, "comets")
        assert replayed(browser)["title"] == "ran"  # it had its chance
        browser.execute_async_script("setTimeout(arguments[0], 4000)")
        assert "Archived page" in browser.find_element(By.TAG_NAME, "header").text  # and did not lead us away
    assert listener.calls == []
    listener.socket.close()
