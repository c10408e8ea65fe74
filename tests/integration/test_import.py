"""Foreign WARC and WACZ files: pages of other crawlers become evidence and articles of ours, with their own dates."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastwarc.stream_io import ZstdWriter, zstd_train_dictionary_from_samples
from warcio.checker import Checker
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.config import Config, load_config
from archive.database import open_engine
from archive.errors import ConfigError
from archive.evidence.foreign import pages
from archive.evidence.warc import iter_records
from archive.export import articles
from crawler.importing import run_import
from crawler.rebuild import run_replay
from tests.builders import PROSE

SOURCE = """
name = "Alpha News"
publisher_kind = "trade"
homepage = "https://alpha.example/"
language = "en"
[[feeds]]
url = "https://alpha.example/feed"
[urls]
deny = ["^/sport/"]
"""
DATE = "2024-05-06T07:08:09Z"
MOMENT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def html(title: str) -> bytes:
    text = f"{title} was seen from far away. " + " ".join([PROSE] * 4)
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p>".encode()
    )


class File:
    """A foreign WARC in the making."""

    def __init__(self, *, gzip: bool = False) -> None:
        self.stream = io.BytesIO()
        self.writer = WARCWriter(self.stream, gzip=gzip)

    def response(
        self,
        path: str,
        body: bytes,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        status: str = "200 OK",
        date=DATE,
        **fields: str,
    ):
        kind = (("Content-Type", "text/html; charset=utf-8"),)
        return self.record(
            "response", path, StatusAndHeaders(status, [*(headers or kind)], "HTTP/1.1"), body, date, fields
        )

    def request(self, path: str, **fields: str):
        head = StatusAndHeaders(f"GET {path} HTTP/1.1", [("Host", "alpha.example")], is_http_request=True)
        return self.record("request", path, head, b"", DATE, fields)

    def record(self, kind: str, path: str, head, body: bytes, date: str, fields: dict[str, str]):
        url = f"https://alpha.example{path}" if path.startswith("/") else path
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        record = self.writer.create_warc_record(
            url, kind, payload=io.BytesIO(body), http_headers=head, warc_headers_dict={"WARC-Date": date, **named}
        )
        self.writer.write_record(record)
        return record.rec_headers.get_header("WARC-Record-ID")

    @property
    def content(self) -> bytes:
        return self.stream.getvalue()


def zstd(content: bytes) -> bytes:
    packed = io.BytesIO()
    writer = ZstdWriter(packed)
    writer.write(content)
    writer.close()
    return packed.getvalue()


def wacz(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("datapackage.json", "{}")
        file.writestr("pages/pages.jsonl", "{}")
        file.writestr("archive/data.warc.gz", gzip.compress(content))
    return packed.getvalue()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "alpha.toml").write_text(SOURCE, encoding="utf-8")
    return load_config({}, home=str(tmp_path / "home"), sources=str(tmp_path / "sources"))


def held(config: Config) -> list[dict]:
    engine = open_engine(config.database_url)
    with engine.connect() as connection:
        found = list(articles(connection))
    engine.dispose()
    return found


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("plain.warc", lambda content: content),
        ("whole.warc.gz", gzip.compress),
        ("packed.warc.zst", zstd),
        ("collection.wacz", wacz),
        ("no-ending", lambda content: content),
    ],
)
def test_page_becomes_an_article_dated_as_it_was_captured(
    config: Config, tmp_path: Path, name: str, packed: Callable[[bytes], bytes]
) -> None:
    file = File()
    file.response("/news/2024/a-comet-came-by", html("A comet"))
    path = tmp_path / name
    path.write_bytes(packed(file.content))

    told = run_import(config, [path])

    assert dict(told.outcomes) == {"new": 1}
    [article] = held(config)
    assert (article["title"], article["source"]) == ("A comet", "alpha")
    assert article["first_seen_at"] == article["captures"][0]["captured_at"] == "2024-05-06T07:08:09Z"


def styles() -> File:
    """As four crawlers write the same: order of records, transfer and content encodings."""
    file = File(gzip=True)
    chunks = b"5\r\n" + html("Heritrix")[:5] + b"\r\n%x;x=y\r\n" % (len(html("Heritrix")) - 5) + html("Heritrix")[5:]
    heritrix = file.response(
        "/news/2024/heritrix-writes-the-answer-first",
        chunks + b"\r\n0\r\n\r\n",
        headers=(("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")),
    )
    file.request("/news/2024/heritrix-writes-the-answer-first", WARC_Concurrent_To=heritrix)
    wget = file.request("/news/2024/wget-writes-the-request-first")
    file.response(
        "/news/2024/wget-writes-the-request-first",
        gzip.compress(html("Wget")),
        headers=(("Content-Type", "text/html"), ("Content-Encoding", "gzip")),
        WARC_Concurrent_To=wget,
    )
    file.response(
        "/news/2024/common-crawl-undoes-encodings",
        html("Common Crawl"),
        headers=(("Content-Type", "text/html"), ("X-Crawl-Content-Encoding", "gzip")),
    )
    file.response(
        "/news/2024/browsers-leave-the-header",
        html("Browsertrix"),
        headers=(("Content-Type", "text/html"), ("Content-Encoding", "br"), ("Transfer-Encoding", "chunked")),
    )
    return file


def test_files_of_four_crawlers_are_read(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "styles.warc.gz"
    path.write_bytes(styles().content)

    told = run_import(config, [path])

    assert [one["title"] for one in held(config)] == ["Heritrix", "Wget", "Common Crawl", "Browsertrix"]
    records = [record for file in config.warc_dir.iterdir() for record in iter_records(file)]
    requests = [record.block for record in records if record.warc_type == "request"]
    assert requests == [
        b"GET /news/2024/heritrix-writes-the-answer-first HTTP/1.1\r\nHost: alpha.example\r\n\r\n",
        b"GET /news/2024/wget-writes-the-request-first HTTP/1.1\r\nHost: alpha.example\r\n\r\n",
    ]
    assert any(b"importedFrom: styles.warc.gz\r\n" in record.block for record in records)
    for file in config.warc_dir.iterdir():
        assert Checker(SimpleNamespace(inputs=[str(file)], verbose=False)).process_all() == 0
    assert dict(told.passed) == {}


def test_what_is_not_taken_is_counted_by_why(config: Config, tmp_path: Path) -> None:
    file = File()
    page = html("Something")
    file.response("https://elsewhere.example/news/2024/a-story-of-others", page)
    file.response("/sport/2024/a-match-was-played", page)
    file.response("/category/launches/", page)
    file.response("/news/2024/not-there-any-more", page, status="404 Not Found")
    file.response("/news/2024/a-picture-of-it", b"\x89PNG....", headers=(("Content-Type", "image/png"),))
    file.response("/news/2024/a-torn-page-of-it", page, WARC_Truncated="length")
    file.response("/news/2024/not-a-date", page, date="yesterday")
    file.response("dns:alpha.example", b"1.2.3.4")
    file.response("/news/2024/the-one-that-counts", page)
    path = tmp_path / "mixed.warc"
    path.write_bytes(file.content + b"WARC/1.0\r\nContent-Length: nonsense\r\n\r\n")

    told = run_import(config, [path])

    assert dict(told.outcomes) == {"new": 1}
    expected = {"not_wanted": 3, "not_200": 1, "not_html": 1, "truncated": 1, "undated": 1, "not_http": 1}
    assert {name: told.passed[name] for name in expected} == expected


def test_what_is_held_is_passed_over(config: Config, tmp_path: Path) -> None:
    file = File()
    file.response("/news/2024/a-comet-came-by", html("A comet"))
    path = tmp_path / "one.warc"
    path.write_bytes(file.content)
    run_import(config, [path])

    again = run_import(config, [path])

    assert (again.pages, dict(again.passed)) == (0, {"held": 1})
    assert len(held(config)[0]["captures"]) == 1


def test_earlier_capture_of_a_held_article_moves_its_first_sight(config: Config, tmp_path: Path) -> None:
    late, early = File(), File()
    late.response("/news/2024/a-comet-came-by", html("A comet"))
    early.response("/news/2024/a-comet-came-by", html("A comet"), date="2023-01-01T00:00:00Z")
    for name, file in (("late.warc", late), ("early.warc", early)):
        (tmp_path / name).write_bytes(file.content)
        run_import(config, [tmp_path / name])

    [article] = held(config)
    assert (article["first_seen_at"], article["last_seen_at"]) == ("2023-01-01T00:00:00Z", "2024-05-06T07:08:09Z")
    assert article["revision_count"] == 1
    assert len(article["captures"]) == 2


def test_with_any_a_page_of_no_source_belongs_to_its_host(config: Config, tmp_path: Path) -> None:
    file = File()
    file.response("https://www.elsewhere.example/news/2024/a-story-of-others", html("Others"))
    (tmp_path / "any.warc").write_bytes(file.content)

    assert run_import(config, [tmp_path / "any.warc"]).pages == 0
    assert run_import(config, [tmp_path / "any.warc"], is_any=True).pages == 1
    assert [one["source"] for one in held(config)] == ["elsewhere.example"]


def test_imported_pages_survive_a_rebuild(config: Config, tmp_path: Path) -> None:
    (tmp_path / "styles.warc.gz").write_bytes(styles().content)
    run_import(config, [tmp_path / "styles.warc.gz"])
    before = held(config)
    for name in ("archive.db", "archive.db-wal", "archive.db-shm"):
        (config.home / name).unlink(missing_ok=True)

    run_replay(config)

    assert held(config) == before


@pytest.mark.parametrize("content", [b"", b"neither\n", b"PK\x05\x06" + bytes(18)], ids=["empty", "text", "empty zip"])
def test_file_of_another_kind_gives_nothing(config: Config, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)

    try:
        told = run_import(config, [tmp_path / "odd"])
    except ConfigError as exc:
        assert "no WACZ" in str(exc)
    else:
        assert told.pages == 0


def test_unknown_source_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no source 'beta'"):
        run_import(config, [], source_ids=["beta"])


def raw_record(
    number: int, *, length: int | None = None, extra: bytes = b"", head: bytes = b"", body: bytes = b"x"
) -> bytes:
    """A response as bytes, with whatever is wrong with it."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + head + b"\r\n" + body
    size = len(block) if length is None else length
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%d>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        b"WARC-Target-URI: https://alpha.example/%d\r\n%bContent-Type: application/http; msgtype=response\r\n"
        b"Content-Length: %d\r\n\r\n%b\r\n\r\n" % (number, number, extra, size, block)
    )


@pytest.mark.parametrize(
    ("content", "urls", "passed"),
    [
        pytest.param(raw_record(1) + raw_record(2, body=b"y" * 500)[:-40], [1], {"damaged": 1}, id="ends in a record"),
        pytest.param(raw_record(1) + raw_record(2, length=10**12), [1], {"too_large": 1}, id="a length of a terabyte"),
        pytest.param(
            raw_record(1) + raw_record(2, extra=b"X: y\r\n" * 300_000), [1], {"damaged": 1}, id="endless fields"
        ),
        pytest.param(
            raw_record(1, head=b"X: " + b"y" * (4 << 20)) + raw_record(2), [2], {"unreadable": 1}, id="4 MB head"
        ),
        pytest.param(
            gzip.compress(raw_record(1, body=b"\0" * (60 << 20)), 9) + gzip.compress(raw_record(2)),
            [2],
            {"too_large": 1},
            id="gzip bomb",
        ),
        pytest.param(b"\x1f\x8b" + bytes(range(256)) * 50, [], {"damaged": 1}, id="no gzip"),
    ],
)
def test_hostile_file_costs_what_is_wrong_in_it(tmp_path: Path, content: bytes, urls: list[int], passed: dict) -> None:
    path = tmp_path / "hostile.warc"
    path.write_bytes(content)
    counted: Counter[str] = Counter()

    found = [page.target_uri for page in pages(path, lambda url: True, counted)]

    assert found == [f"https://alpha.example/{number}" for number in urls]
    assert dict(counted) == passed


@pytest.mark.parametrize("is_packed", [True, False], ids=["dictionary packed", "dictionary plain"])
def test_zstd_with_a_dictionary_is_read(tmp_path: Path, is_packed: bool) -> None:
    """The dictionary stands in a frame before the records (iipc.github.io/warc-specifications, WARC zstd 1.0)."""
    samples = [raw_record(number, body=b"<p>spacecraft mission launch " * 20) for number in range(200)]
    dictionary = zstd_train_dictionary_from_samples(samples, 10_000)
    with (tmp_path / "one.warc.zst").open("wb") as file:
        writer = ZstdWriter(file, dictionary=dictionary, compress_dictionary_frame=is_packed)
        for number in range(3):
            writer.write(raw_record(number, body=b"<p>spacecraft"))
        writer.close()

    found = list(pages(tmp_path / "one.warc.zst", lambda url: True, Counter()))

    assert [page.body for page in found] == [b"<p>spacecraft"] * 3


def test_since_passes_earlier_captures_over(config: Config, tmp_path: Path) -> None:
    file = File()
    file.response("/news/2024/early", html("Early"), date="2024-01-31T23:59:59Z")
    file.response("/news/2024/late", html("Late"), date="2024-02-01T00:00:00Z")
    (tmp_path / "one.warc").write_bytes(file.content)

    told = run_import(config, [tmp_path / "one.warc"], is_any=True, since=datetime(2024, 2, 1, tzinfo=UTC))

    assert ([one["title"] for one in held(config)], dict(told.passed)) == (["Late"], {"older": 1})


READING = """
import resource, sys
from collections import Counter
from pathlib import Path
from archive.evidence.foreign import pages
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
limit = used + (90 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
passed = Counter()
print(sum(1 for page in pages(Path(sys.argv[1]), lambda url: True, passed)), passed["too_large"])
"""


def test_file_of_100_mb_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    """Twelve hundred pages of 60 kB and one record of 50 MB, with 90 MB of address space to read them in."""
    path = tmp_path / "large.warc"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    with path.open("wb") as file:
        for number, size in enumerate([60_000] * 600 + [50 << 20] + [60_000] * 600):
            file.write(
                b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%d>\r\n"
                b"WARC-Date: 2024-01-01T00:00:00Z\r\nWARC-Target-URI: https://alpha.example/%d\r\n"
                b"Content-Type: application/http; msgtype=response\r\n"
                b"Content-Length: %d\r\n\r\n" % (number, number, len(head) + size)
            )
            file.write(head + b"x" * size + b"\r\n\r\n")
    assert path.stat().st_size > 100_000_000

    told = subprocess.run([sys.executable, "-c", READING, str(path)], capture_output=True, text=True, check=False)

    assert (told.stdout, told.stderr) == ("1200 1\n", "")


@pytest.mark.parametrize(
    ("url", "date", "reason"),
    [
        ("https://alpha.example/news/2024/early", "0001-01-01T00:00:00Z", "undated"),
        ("https://alpha.example/news/2024/earlier", "0001-01-01T00:00:00+05:00", "undated"),
        ("https://alpha.example/news/2024/late", "9999-12-31T23:59:59-05:00", "undated"),
        ("https://alpha.example:99999/news/2024/port", DATE, "bad_address"),
        ("https://alpha.example/news/2024/" + "%25" * 2_700, DATE, "bad_address"),
    ],
    ids=["year 1", "before year 1", "after year 9999", "port", "long"],
)
def test_record_that_no_index_can_hold_costs_only_itself(
    config: Config, tmp_path: Path, url: str, date: str, reason: str
) -> None:
    file = File()
    file.response(url, html("Poison"), date=date)
    file.response("/news/2024/a-comet-came-by", html("A comet"))
    (tmp_path / "mixed.warc").write_bytes(file.content)

    told = run_import(config, [tmp_path / "mixed.warc"], is_any=True)

    assert (dict(told.outcomes), dict(told.passed)) == ({"new": 1}, {reason: 1})
    assert run_replay(config).problems == []


def test_host_in_other_letters_is_kept_in_ascii(config: Config, tmp_path: Path) -> None:
    file = File()
    file.response("http://ex\u00e4mple.org/news/2024/a-comet-came-by", html("A comet"))
    (tmp_path / "one.warc").write_bytes(file.content)

    run_import(config, [tmp_path / "one.warc"], is_any=True)

    [index] = [path.read_text("ascii") for path in config.cdxj_dir.iterdir()]
    assert index.startswith("org,xn--exmple-cua)/news/2024/a-comet-came-by 20240506070809 ")
    assert [one["source"] for one in held(config)] == ["xn--exmple-cua.org"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nCookie: id=1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (b"GET / HTTP/1.1\ncookie : id=1;\n\tb=2\nHost: a\n\n", b"GET / HTTP/1.1\nHost: a\n\n"),
        (b"GET / HTTP/1.1\r\nAUTHORIZATION: Basic eA==", b"GET / HTTP/1.1\r\n"),
        (b"POST / HTTP/1.1\r\nProxy-Authorization: x\r\n\r\nCookie: body", b"POST / HTTP/1.1\r\n\r\nCookie: body"),
        (b"GET / HTTP/1.1\r\nX-Cookie: id\r\n\r\n", b"GET / HTTP/1.1\r\nX-Cookie: id\r\n\r\n"),
    ],
)
def test_what_somebody_logged_in_with_is_not_taken_in(tmp_path: Path, sent: bytes, kept: bytes) -> None:
    head = b"WARC/1.0\r\nWARC-Type: request\r\nWARC-Concurrent-To: <urn:uuid:1>\r\n"
    kind = b"WARC-Record-ID: <urn:uuid:9>\r\nContent-Type: application/http; msgtype=request\r\n"
    request = head + kind + b"Content-Length: %d\r\n\r\n%b\r\n\r\n" % (len(sent), sent)
    (tmp_path / "one.warc").write_bytes(raw_record(1) + request)

    [page] = pages(tmp_path / "one.warc", lambda url: True, Counter())

    assert page.request == kept
