"""Evidence handed on: WARC and WACZ files of a query, whole, repeatable, bounded."""

from __future__ import annotations

import errno
import gc
import gzip
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from archive.errors import StoreError
from archive.evidence.warc import iter_records
from archive.export_cli import export
from archive.formats.packing import Packed, pack
from archive.formats.wacz import Blocks
from archive.opening import opened
from archive.query import parse_query
from tests.crawled import Crawl, config_of, everything, other_body, page

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)
STYLED = '<link rel=stylesheet href="/site.css"><link rel=icon href="/missing.ico">'


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """An archive that tests only read."""
    return crawled(tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def own_crawl(tmp_path: Path) -> Crawl:
    """The same archive for a test that changes it."""
    return crawled(tmp_path / "home")


def crawled(home: Path) -> Crawl:
    """Each thing a crawl can meet, and one page with picture, style, and a picture of that style."""
    crawl = Crawl(config_of(home))
    everything(crawl)
    crawl.requisite("https://alpha.example/site.css", b"body { background: url(back.png) }", "text/css")
    crawl.requisite("https://alpha.example/back.png", PICTURE, "image/png")
    crawl.requisite("https://alpha.example/photo", b"", "text/html", status=302, location="//cdn.example/p.png")
    crawl.requisite("https://cdn.example/p.png", PICTURE + b"p", "image/png")
    crawl.answer("/news/five", page("Five comets", text=other_body(5) + '<img src="/photo">', head=STYLED))
    crawl.requisite("https://alpha.example/unrelated.png", PICTURE + b"u", "image/png")
    crawl.close()
    return crawl


def packed(crawl: Crawl, path: Path, query: str | None = None, **options: object) -> Packed:
    with opened(crawl.config) as connection:
        where = parse_query(query) if query else None
        format_ = "wacz" if path.name.endswith(".wacz") else "warc"
        return pack(
            connection, crawl.config.warc_dir, path, format_=format_, software="Perilune/test", where=where, **options
        )


def records(data: bytes) -> list[tuple[str, str]]:
    """(type, target) of each record, as another library reads them."""
    found = []
    for record in ArchiveIterator(io.BytesIO(data), check_digests="raise"):
        found.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI") or ""))
        record.content_stream().read()
    return found


def warc_of(wacz: Path) -> bytes:
    with zipfile.ZipFile(wacz) as archive:
        return archive.read("archive/data.warc.gz")


def test_a_page_goes_with_its_requisites_and_nothing_else(crawl: Crawl, tmp_path: Path) -> None:
    told = packed(crawl, tmp_path / "five.warc.gz", "title:comets")
    assert records((tmp_path / "five.warc.gz").read_bytes()) == [
        ("warcinfo", ""),  # of the export
        ("warcinfo", ""),  # of the crawl's file
        ("response", "https://alpha.example/news/five"),
        ("request", "https://alpha.example/news/five"),
        ("metadata", "https://alpha.example/news/five"),
        ("response", "https://alpha.example/site.css"),
        ("request", "https://alpha.example/site.css"),
        ("metadata", "https://alpha.example/site.css"),
        ("response", "https://alpha.example/photo"),
        ("request", "https://alpha.example/photo"),
        ("metadata", "https://alpha.example/photo"),
        ("response", "https://cdn.example/p.png"),
        ("request", "https://cdn.example/p.png"),
        ("metadata", "https://cdn.example/p.png"),
        ("response", "https://alpha.example/back.png"),
        ("request", "https://alpha.example/back.png"),
        ("metadata", "https://alpha.example/back.png"),
    ]
    assert (told.articles, told.captures, told.records, told.pages) == (1, 5, 17, 1)
    assert told.bytes == (tmp_path / "five.warc.gz").stat().st_size


def test_records_are_those_of_the_archive_byte_for_byte(crawl: Crawl, tmp_path: Path) -> None:
    packed(crawl, tmp_path / "all.warc.gz")
    held = b"".join(path.read_bytes() for path in crawl.config.warc_dir.glob("*.warc.gz"))
    data = (tmp_path / "all.warc.gz").read_bytes()
    copied = list(iter_records(tmp_path / "all.warc.gz"))
    assert len(copied) > 20
    for record in copied[1:]:  # the first is the export's own
        assert data[record.locator.offset : record.locator.offset + record.locator.length] in held
    assert Checker(SimpleNamespace(inputs=[str(tmp_path / "all.warc.gz")], verbose=False)).process_all() == 0


def test_a_revisit_goes_behind_its_original_and_redirects_with_their_page(crawl: Crawl, tmp_path: Path) -> None:
    packed(crawl, tmp_path / "one.warc.gz", "title:rover")
    targets = [one for one in records((tmp_path / "one.warc.gz").read_bytes()) if one[0] in ("response", "revisit")]
    assert targets[:2] == [
        ("response", "https://alpha.example/news/one"), ("revisit", "https://alpha.example/news/one?print=1")
    ]  # fmt: skip
    packed(crawl, tmp_path / "four.warc.gz", "title:orbits")
    targets = [one[1] for one in records((tmp_path / "four.warc.gz").read_bytes()) if one[0] == "response"]
    assert targets == ["https://alpha.example/news/four", "https://alpha.example/short/4"]


def test_answers_that_nothing_changed_stay_out(crawl: Crawl, tmp_path: Path) -> None:
    packed(crawl, tmp_path / "two.warc.gz", "title:landers")
    assert [one[0] for one in records((tmp_path / "two.warc.gz").read_bytes())] == [
        "warcinfo", "warcinfo", "response", "request", "metadata",
    ]  # fmt: skip


def test_a_wacz_lists_digests_index_and_pages_with_their_text(crawl: Crawl, tmp_path: Path) -> None:
    path = tmp_path / "all.wacz"
    packed(crawl, path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        package = json.loads(archive.read("datapackage.json"))
        for resource in package["resources"]:
            data = archive.read(resource["path"])
            assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
            assert resource["bytes"] == len(data)
        assert {resource["path"] for resource in package["resources"]} == set(archive.namelist()) - {
            "datapackage.json", "datapackage-digest.json",
        }  # fmt: skip
        digest = json.loads(archive.read("datapackage-digest.json"))
        assert digest["hash"] == f"sha256:{hashlib.sha256(archive.read('datapackage.json')).hexdigest()}"
        for name in ("archive/data.warc.gz", "indexes/index.cdx.gz"):
            assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
        header, *pages = [json.loads(line) for line in archive.read("pages/pages.jsonl").splitlines()]
        index = gzip.decompress(archive.read("indexes/index.cdx.gz")).decode().splitlines()
    assert package["wacz_version"] == "1.1.1"
    assert header == {"format": "json-pages-1.0", "id": "pages", "title": "Perilune", "hasText": True}
    assert [(one["url"], one["ts"], one["title"]) for one in pages][:2] == [
        ("https://alpha.example/news/one", "2026-03-01T12:01:00Z", "One rover"),
        ("https://alpha.example/news/one", "2026-03-01T12:04:00Z", "One rover, corrected"),
    ]
    assert pages[1]["text"].endswith("It was not the rim.")
    assert index == sorted(index)
    warc = warc_of(path)
    for line in index:
        values = json.loads(line.partition("{")[1] + line.partition("{")[2])
        start = int(values["offset"])
        record = next(ArchiveIterator(io.BytesIO(warc[start : start + int(values["length"])])))
        assert record.rec_headers.get_header("WARC-Target-URI") == values["url"]
    assert len(index) == 12  # seven pages, a redirect to one of them, four requisites


def test_no_zip64_is_in_a_wacz(crawl: Crawl, tmp_path: Path) -> None:
    """With a forced zip64 header a WACZ validates, and doesn't replay."""
    packed(crawl, tmp_path / "all.wacz")
    with zipfile.ZipFile(tmp_path / "all.wacz") as archive:
        for info in archive.infolist():
            assert info.extra == b""
            archive.fp.seek(info.header_offset)
            header = archive.fp.read(30)
            assert header[4:6] == b"\x14\x00"  # version needed: 2.0, not 4.5
            assert int.from_bytes(header[18:22], "little") == info.compress_size


@pytest.mark.parametrize("name", ["all.warc.gz", "all.wacz"])
def test_the_same_export_twice_is_the_same_file_under_any_name(crawl: Crawl, tmp_path: Path, name: str) -> None:
    packed(crawl, tmp_path / name)
    packed(crawl, tmp_path / f"again-{name}")
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()


@pytest.mark.parametrize("ending", [".warc.gz", ".wacz"])
def test_an_export_beyond_the_limit_comes_in_numbered_files_each_whole(
    crawl: Crawl, tmp_path: Path, ending: str
) -> None:
    told = packed(crawl, tmp_path / f"mars{ending}", max_part_bytes=(1 << 20) + 4_000)
    names = sorted(path.name for path in tmp_path.glob("mars*"))
    assert names == [path.name for path in told.files]
    assert names[:2] == [f"mars-00001{ending}", f"mars-00002{ending}"]
    held = set()
    for path in told.files:
        data = warc_of(path) if ending == ".wacz" else path.read_bytes()
        found = records(data)
        assert found[0][0] == "warcinfo"
        originals = {target for kind, target in found if kind == "response"}
        for record in ArchiveIterator(io.BytesIO(data)):
            if record.rec_type == "revisit":
                assert record.rec_headers.get_header("WARC-Refers-To-Target-URI") in originals
        held |= set(found)
    packed(crawl, tmp_path / f"whole{ending}")
    whole = tmp_path / f"whole{ending}"
    assert held == set(records(warc_of(whole) if ending == ".wacz" else whole.read_bytes()))


def test_what_was_forgotten_is_not_handed_on(own_crawl: Crawl, tmp_path: Path) -> None:
    with own_crawl.engine.begin() as connection:
        digest = "sha256:" + hashlib.sha256(b"example,alpha)/back.png").hexdigest()
        connection.execute(
            text("INSERT INTO forgotten VALUES (:digest, 'asked', '2026-03-02 00:00:00')"),
            {"digest": digest},
        )
    packed(own_crawl, tmp_path / "five.warc.gz", "title:comets")
    targets = {one[1] for one in records((tmp_path / "five.warc.gz").read_bytes())}
    assert "https://alpha.example/site.css" in targets
    assert "https://alpha.example/back.png" not in targets


def test_a_record_that_is_not_there_is_said_and_the_rest_written(own_crawl: Crawl, tmp_path: Path) -> None:
    with own_crawl.engine.begin() as connection:
        connection.execute(
            text("UPDATE capture SET offset = offset + 1 WHERE target_uri LIKE '%/news/two' AND status = 200")
        )
    done = CliRunner().invoke(
        export, [str(tmp_path / "all.wacz"), "--home", str(own_crawl.config.home)], standalone_mode=False
    )
    assert done.return_value == 3
    assert "left out: 1 captures that can't be read (perilune verify)" in done.stderr
    assert "https://alpha.example/news/four" in str(records(warc_of(tmp_path / "all.wacz")))


def test_a_damaged_picture_costs_no_page(own_crawl: Crawl, tmp_path: Path) -> None:
    with own_crawl.engine.connect() as connection:
        name, offset = connection.execute(
            text("SELECT filename, offset FROM capture WHERE target_uri LIKE '%/p.png'")
        ).one()
    with (own_crawl.config.warc_dir / name).open("r+b") as file:
        file.seek(offset + 200)
        file.write(bytes(8))
    told = packed(own_crawl, tmp_path / "five.wacz", "title:comets")
    assert len(told.unreadable) == 1
    assert told.pages == 1
    targets = {one[1] for one in records(warc_of(tmp_path / "five.wacz"))}
    assert {"https://alpha.example/news/five", "https://alpha.example/back.png"} <= targets
    assert "https://cdn.example/p.png" not in targets


def test_a_revisit_whose_original_is_damaged_is_left_out_with_it(own_crawl: Crawl, tmp_path: Path) -> None:
    with own_crawl.engine.begin() as connection:
        connection.execute(text("UPDATE capture SET offset = offset + 1 WHERE target_uri LIKE '%/one' AND id < 3"))
    packed(own_crawl, tmp_path / "one.warc.gz", "title:rover")
    kinds = [one[0] for one in records((tmp_path / "one.warc.gz").read_bytes())]
    assert "revisit" not in kinds


def test_nothing_is_left_behind_when_there_is_nothing_to_write(crawl: Crawl, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for arguments, message in (
        (["--where", "title:nowhere"], "nothing to export: no article answers"),
        (["--policy", "excerpt"], "--policy excerpt: WACZ files hold whole pages"),
    ):
        done = CliRunner().invoke(
            export, [str(tmp_path / "out" / "a.wacz"), *arguments, "--home", str(crawl.config.home)]
        )
        assert message in str(done.exception)
    done = CliRunner().invoke(export, ["-", "--format", "warc", "--home", str(crawl.config.home)])
    assert "name a FILE" in str(done.exception)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_failure_leaves_an_earlier_file_as_it_was(crawl: Crawl, tmp_path: Path) -> None:
    path = tmp_path / "out" / "all.wacz"
    path.parent.mkdir()
    path.write_bytes(b"earlier")
    with opened(crawl.config) as connection:
        connection.close()
        with pytest.raises(Exception, match="closed"):
            pack(connection, crawl.config.warc_dir, path, format_="wacz", software="Perilune/test")
    assert [one.name for one in path.parent.iterdir()] == ["all.wacz"]
    assert path.read_bytes() == b"earlier"


def test_file_that_cant_be_finished_is_let_go_of(crawl: Crawl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills while the index is written; nothing is left that complains when it is collected."""
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)

    def full(*_: object) -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Blocks, "__iter__", full)

    with pytest.raises(StoreError, match=r"all\.wacz: can't be written: No space left on device"):
        packed(crawl, tmp_path / "all.wacz")

    gc.collect()
    assert complaints == []
    assert list(tmp_path.iterdir()) == []
