"""WARC files in a store that machines share: a folder, and S3 as moto serves it. One machine writes, another reads."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from s3fs import S3FileSystem
from sqlalchemy import Engine, select, update

from archive import warcstore
from archive.config import Config, load_config
from archive.database import open_engine, reading, writing
from archive.errors import CaptureError, ConfigError
from archive.evidence.account import read_exchange
from archive.evidence.manifest import read_manifest, sha256_of
from archive.evidence.records import record_member
from archive.evidence.warc import iter_records, read_record
from archive.migrate import upgrade
from archive.model import Locator
from archive.multipart import parts_of, upload, uploads
from archive.schema import CaptureRow, WarcFileRow
from archive.shipping import Shipped, note_unknown, ship
from archive.verify import verify
from archive.warcstore import WarcStore, mount, names_in
from crawler.cli import perilune
from crawler.forgetting import run_forget
from crawler.rebuild import run_replay
from tests.crawled import Crawl, config_of, everything, exported, page
from tests.s3 import s3_server


@pytest.fixture(params=["file", "s3"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "file":
        yield f"file://{tmp_path}/store"
        return
    bucket = f"evidence-{secrets.token_hex(4)}"  # moto keeps what it held from server to server
    with s3_server(bucket) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield f"s3://{bucket}/warc"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """An archive of one home, everything in it once."""
    config = config_of(tmp_path / "home")
    crawl = Crawl(config)
    everything(crawl)
    crawl.answer("/news/secret", page("A ledger is lost", text="The zirconium ledger was left on the train. " * 40))
    crawl.close()
    crawl.store.finish_run(crawl.run_id, state="finished", exit_code=0, reason=None, stats={}, now=crawl.at)
    return config


@pytest.fixture
def engine(config: Config) -> Iterator[Engine]:
    engine = open_engine(config.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def elsewhere(config: Config, tmp_path: Path, store_url: str) -> Iterator[Config]:
    """The same archive as another machine has it: the database and the store, and an empty home."""
    other = replace(config, home=tmp_path / "elsewhere", warc_store=store_url)
    mount(other.warc_dir, store_url)
    mount(config.warc_dir, store_url)
    yield other
    for one in (config, other):
        mount(one.warc_dir, None)


def faults(engine: Engine, config: Config) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return [(one.kind, one.where) for one in verify(connection, config.warc_dir) if one.is_fault]


def test_files_go_to_the_store_and_are_read_from_there(
    config: Config, engine: Engine, elsewhere: Config, store_url: str
) -> None:
    before = names_in(config.warc_dir)
    records = {path.name: len(list(iter_records(path))) for path in config.warc_dir.glob("*.warc.gz")}

    told = ship(engine, config.warc_dir)

    assert (told.files, told.left) == (2, 0)
    assert list(config.warc_dir.glob("*.warc.gz")) == []
    assert names_in(elsewhere.warc_dir) == before
    assert {name: len(list(iter_records(elsewhere.warc_dir / name))) for name in before} == records
    with reading(engine) as session:
        rows = session.scalars(select(WarcFileRow).order_by(WarcFileRow.name)).all()
        capture = session.scalars(select(CaptureRow).where(CaptureRow.target_uri.endswith("/news/secret"))).one()
    assert [(row.name, row.store) for row in rows] == [(name, store_url) for name in before]
    place = Locator(filename=capture.filename, offset=capture.offset, length=capture.length)
    assert b"zirconium" in read_record(elsewhere.warc_dir, place).http.decoded_body()
    assert read_exchange(elsewhere.warc_dir, place, run_id=1)[0].capture.warc_record_id == capture.warc_record_id
    assert faults(engine, elsewhere) == []
    assert faults(engine, config) == []


def test_a_record_is_read_by_its_range(engine: Engine, config: Config, elsewhere: Config, tmp_path: Path) -> None:
    """Of a large file only what is asked for comes over the wire, and a block."""
    big = tmp_path / "large.warc.gz"
    big.write_bytes(bytes(24 << 20))
    store = WarcStore(elsewhere.warc_store)
    store.put(big)
    with store.opened(big.name) as file:
        file.seek(12 << 20)
        assert file.read(1_000) == bytes(1_000)
        if elsewhere.warc_store.startswith("s3:"):
            assert file.cache.total_requested_bytes <= 2 << 20


def test_killed_between_copy_and_row_it_goes_on(
    config: Config, engine: Engine, elsewhere: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WarcStore, "sha256_of", killed)
        with pytest.raises(KeyboardInterrupt):
            ship(engine, config.warc_dir)
    assert len(list(config.warc_dir.glob("*.warc.gz"))) == 2

    assert ship(engine, config.warc_dir).files == 2
    assert ship(engine, config.warc_dir) == Shipped()
    assert faults(engine, elsewhere) == []


# -- in parts ---------------------------------------------------------------------------------------------------------

PART = 5 << 20  # S3's least
DIES_AT_THE_THIRD_PART = """
import os, sys
from pathlib import Path
import archive.multipart
from archive.multipart import upload
from archive.warcstore import connected

class Files:
    def __init__(self, files):
        self.files, self.split_path, self.parts = files, files.split_path, 0

    def call_s3(self, method, **words):
        self.parts += method == "upload_part"
        if self.parts == 3:
            os.kill(os.getpid(), 9)
        return self.files.call_s3(method, **words)

files, folder = connected(sys.argv[1])
archive.multipart.SENDERS = 1
upload(Files(files), f"{folder}/large.warc.gz", Path(sys.argv[2]), part_bytes=int(sys.argv[3]))
"""


class Counting:
    """s3fs that notes what it is asked for."""

    def __init__(self, files: S3FileSystem) -> None:
        self.files, self.split_path, self.asked = files, files.split_path, list[str]()

    def call_s3(self, method: str, **words: object) -> object:
        self.asked.append(method)
        return self.files.call_s3(method, **words)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of four parts and a half."""
    path = tmp_path / "large.warc.gz"
    path.write_bytes(random.Random(1).randbytes(4 * PART + PART // 2))
    return path


@pytest.fixture
def cut_off(large: Path, store_url: str) -> WarcStore:
    """A store into which that file was being copied when its machine was killed."""
    if store_url.startswith("s3:"):
        done = subprocess.run([sys.executable, "-c", DIES_AT_THE_THIRD_PART, store_url, large, str(PART)], check=False)
        assert done.returncode == -signal.SIGKILL
    else:
        folder = Path(urlsplit(store_url).path)
        folder.mkdir()
        (folder / "large.warc.gz.part").write_bytes(large.read_bytes()[: 2 * PART])
    return WarcStore(store_url)


def test_half_a_copy_is_never_taken_for_the_file(cut_off: WarcStore) -> None:
    assert (cut_off.names(), cut_off.size("large.warc.gz")) == ([], None)
    assert [(draft.name, draft.bytes) for draft in cut_off.drafts()] == [("large.warc.gz", 2 * PART)]


def test_copying_again_leaves_the_whole_file_and_nothing_else(cut_off: WarcStore, large: Path) -> None:
    cut_off.put(large)
    assert cut_off.sha256_of(large.name) == sha256_of(large)
    assert cut_off.drafts() == []


@pytest.mark.parametrize("store_url", ["s3"], indirect=True)
def test_parts_that_are_there_are_not_sent_again(cut_off: WarcStore, large: Path) -> None:
    """But the one whose bytes are others by now."""
    whole = large.read_bytes()
    large.write_bytes(whole[:PART] + b"?" + whole[PART + 1 :])
    with cut_off.reached() as (files, folder):
        counting = Counting(files)
        upload(counting, f"{folder}/{large.name}", large, part_bytes=PART)
    assert counting.asked.count("upload_part") == 4
    assert counting.asked.count("create_multipart_upload") == 0
    assert cut_off.sha256_of(large.name) == sha256_of(large)


@pytest.mark.parametrize("store_url", ["s3"], indirect=True)
@pytest.mark.parametrize(
    ("refused", "sent", "left"),
    [
        pytest.param("list_multipart_uploads", 5, 1, id="what was begun can't be listed"),
        pytest.param("list_parts", 5, 0, id="its parts can't be listed"),
    ],
)
def test_without_the_right_to_go_on_the_whole_file_is_sent(
    cut_off: WarcStore, large: Path, caplog: pytest.LogCaptureFixture, refused: str, sent: int, left: int
) -> None:
    """A key that may put, get and list was enough before files were sent in parts."""

    class Refusing(Counting):
        def call_s3(self, method: str, **words: object) -> object:
            if method == refused:
                raise PermissionError("Access Denied")  # as s3fs does for AccessDenied
            return super().call_s3(method, **words)

    with cut_off.reached() as (files, folder):
        refusing = Refusing(files)
        upload(refusing, f"{folder}/{large.name}", large, part_bytes=PART)
    assert refusing.asked.count("upload_part") == sent
    assert cut_off.sha256_of(large.name) == sha256_of(large)
    assert len(cut_off.drafts()) == left
    [record] = [record for record in caplog.records if record.message == "store refuses"]
    assert record.error == "Access Denied"


def test_what_was_begun_and_left_is_listed_and_dropped(
    cut_off: WarcStore, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERILUNE_WARC_STORE", cut_off.url)

    def said(*more: str) -> list[dict[str, object]]:
        words = ["ship", "--home", str(config.home), "--unfinished", "--json", *more]
        done = CliRunner().invoke(perilune, words, standalone_mode=False)
        assert done.return_value == 0
        return [json.loads(line) for line in done.stdout.splitlines()]

    facts = [{"name": "large.warc.gz", "bytes": 2 * PART}]
    assert [{name: one[name] for name in facts[0]} for one in said()] == facts
    assert [one["is_dropped"] for one in said("--drop", "9000d")] == [False]
    if cut_off.scheme == "file":
        os.utime(Path(urlsplit(cut_off.url).path) / "large.warc.gz.part", (0, 0))
    assert [one["is_dropped"] for one in said("--drop", "1s")] == [True]
    assert said() == []
    mount(config.warc_dir, None)


def test_listings_that_come_in_pieces_are_read_to_their_end() -> None:
    """A store gives a thousand at once."""

    class Paged:
        def call_s3(self, method: str, **words: object) -> dict[str, object]:
            if "KeyMarker" in words or "PartNumberMarker" in words:
                return {"Uploads": [{"Key": "b"}], "Parts": [{"PartNumber": 2}], "IsTruncated": False}
            return {
                "Uploads": [{"Key": "a"}], "NextKeyMarker": "a", "NextUploadIdMarker": "1",
                "Parts": [{"PartNumber": 1}], "NextPartNumberMarker": 1, "IsTruncated": True,
            }  # fmt: skip

    assert [one["Key"] for one in uploads(Paged(), "bucket", "warc/")] == ["a", "b"]
    assert [one["PartNumber"] for one in parts_of(Paged(), {})] == [1, 2]


def test_a_copy_that_comes_back_otherwise_keeps_the_file(
    config: Config, engine: Engine, elsewhere: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WarcStore, "sha256_of", lambda self, name: "sha256:0")
    with pytest.raises(CaptureError, match=r"gives back sha256:0, not sha256:.*; nothing is removed"):
        ship(engine, config.warc_dir)
    assert len(list(config.warc_dir.glob("*.warc.gz"))) == 2
    with reading(engine) as session:
        assert session.scalars(select(WarcFileRow)).all() == []


def test_an_altered_file_is_not_shipped(config: Config, engine: Engine, elsewhere: Config) -> None:
    path = next(path for path in config.warc_dir.glob("*.warc.gz") if "-meta" not in path.name)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert ship(engine, config.warc_dir) == Shipped(files=1, bytes=ship_bytes(engine), left=1)
    assert path.exists()


def ship_bytes(engine: Engine) -> int:
    with reading(engine) as session:
        return sum(row.bytes for row in session.scalars(select(WarcFileRow)))


def test_what_the_store_lost_or_altered_is_found(config: Config, engine: Engine, elsewhere: Config) -> None:
    ship(engine, config.warc_dir)
    meta, pages = sorted(names_in(elsewhere.warc_dir), key=lambda name: "-meta" not in name)
    store = WarcStore(elsewhere.warc_store)
    with store.reached() as (files, folder):
        files.rm_file(f"{folder}/{meta}")
        whole = files.cat_file(f"{folder}/{pages}")
        files.pipe_file(f"{folder}/{pages}", whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    found = faults(engine, elsewhere)
    assert ("file-missing", meta) in found
    assert ("file-altered", pages) in found


def notes(engine: Engine, config: Config) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return [(one.kind, one.where) for one in verify(connection, config.warc_dir) if not one.is_fault]


def test_what_another_machine_has_not_shipped_is_missing_after_a_day(
    config: Config, engine: Engine, elsewhere: Config
) -> None:
    """A worker killed before it shipped keeps its files; on the machine where somebody verifies they are not."""
    names = names_in(config.warc_dir)
    written_at = datetime.now(UTC) - timedelta(hours=23)
    with writing(engine) as session:
        session.execute(update(CaptureRow).values(captured_at=written_at))
    assert (faults(engine, elsewhere), notes(engine, elsewhere)) == ([], [("file-unshipped", name) for name in names])
    with writing(engine) as session:
        session.execute(update(CaptureRow).values(captured_at=written_at - timedelta(hours=2)))
    assert faults(engine, elsewhere) == [("file-missing", name) for name in names]


def test_at_home_a_file_that_is_gone_is_missing_at_once(config: Config, engine: Engine, elsewhere: Config) -> None:
    with writing(engine) as session:
        session.execute(update(CaptureRow).values(captured_at=datetime.now(UTC)))
    name = names_in(config.warc_dir)[0]
    (config.warc_dir / name).unlink()
    assert faults(engine, config) == [("file-missing", name)]


def test_replay_rebuilds_from_the_store_alone(
    config: Config, engine: Engine, elsewhere: Config, tmp_path: Path
) -> None:
    before = exported(engine)
    ship(engine, config.warc_dir)
    fresh = replace(elsewhere, database_url=f"sqlite:///{tmp_path}/fresh.db")

    told = run_replay(fresh)

    assert told.problems == []
    again = open_engine(fresh.database_url)
    assert exported(again) == before
    again.dispose()


def test_a_file_whose_digest_nobody_knew_is_taken_with_a_warning(
    config: Config, engine: Engine, elsewhere: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Altered before the database was lost, it would pass for whole from then on, and nothing said so."""
    ship(engine, config.warc_dir)
    names = names_in(config.warc_dir)
    lost = open_engine(f"sqlite:///{tmp_path}/fresh.db")
    upgrade(lost)
    again = replace(config, home=tmp_path / "third", warc_store=elsewhere.warc_store)
    mount(again.warc_dir, elsewhere.warc_store)

    assert note_unknown(lost, again.warc_dir, names) == 2

    said = [(one.file, one.reason) for one in caplog.records if one.message == "file taken as it is"]
    assert said == [(name, "its digest was not known before") for name in names]
    caplog.clear()
    assert note_unknown(lost, again.warc_dir, names) == 0
    assert "file taken as it is" not in caplog.messages
    mount(again.warc_dir, None)
    lost.dispose()


def test_what_the_home_listed_is_noted_without_a_warning(
    config: Config, engine: Engine, elsewhere: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ship(engine, config.warc_dir)
    lost = open_engine(f"sqlite:///{tmp_path}/fresh.db")
    upgrade(lost)
    assert note_unknown(lost, config.warc_dir, names_in(config.warc_dir)) == 2
    assert "file taken as it is" not in caplog.messages
    lost.dispose()


def test_forgetting_reaches_into_the_store(config: Config, engine: Engine, elsewhere: Config) -> None:
    ship(engine, config.warc_dir)

    told = run_forget(elsewhere, "https://alpha.example/news/secret", reason="a court's order")

    assert (told.articles, told.captures) == (1, 1)
    assert list(elsewhere.warc_dir.glob("*.warc.gz")) == []
    kept = [record for name in names_in(elsewhere.warc_dir) for record in iter_records(elsewhere.warc_dir / name)]
    assert not any(b"zirconium" in (record.http.decoded_body() if "http" in str(record.field("Content-Type")) else b"")
                   for record in kept)  # fmt: skip
    assert not any("secret" in str(record.fields) for record in kept)
    assert faults(engine, elsewhere) == []


def test_forgetting_makes_no_altered_file_a_whole_one(config: Config, engine: Engine, elsewhere: Config) -> None:
    """Another record than the one that goes is exchanged in the store, and reads well."""
    ship(engine, config.warc_dir)
    name = next(name for name in names_in(elsewhere.warc_dir) if "-meta" not in name)
    forged = record_member([("WARC-Type", "metadata"), ("WARC-Record-ID", "<urn:uuid:forged>")], b"forged")
    store = WarcStore(elsewhere.warc_store)
    with store.reached() as (files, folder):
        files.pipe_file(f"{folder}/{name}", files.cat_file(f"{folder}/{name}") + forged)

    with pytest.raises(CaptureError, match=f"{name}: altered: its bytes are not those listed as sha256:"):
        run_forget(elsewhere, "https://alpha.example/news/secret", reason="a court's order")

    assert [path for path in elsewhere.warc_dir.iterdir() if path.name.lstrip(".").startswith(name)] == []
    assert ("file-altered", name) in faults(engine, elsewhere)


def test_store_that_is_away_is_said_and_loses_nothing(config: Config, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    mount(config.warc_dir, f"file://{tmp_path}/in the way/store")
    with pytest.raises(CaptureError, match="in the way"):
        ship(engine, config.warc_dir)
    mount(config.warc_dir, None)
    assert len(list(config.warc_dir.glob("*.warc.gz"))) == 2
    assert len(read_manifest(config.warc_dir).files) == 2


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://host/x",
        "s3:",
        "warc",
        "s3://key:secret@bucket/x",
        "file:",
        "simplecache::s3://b/x",
        "https://key:secret@minio/bucket",
        "key:secret@minio/bucket",
        "s3:///key:secret@b",
    ],
)
def test_what_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="PERILUNE_WARC_STORE") as caught:
        WarcStore(url)
    assert "secret" not in str(caught.value)


def test_ship_is_a_command(config: Config, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = CliRunner()
    refused = runner.invoke(perilune, ["ship", "--home", str(config.home)], standalone_mode=False)
    assert str(refused.exception) == "PERILUNE_WARC_STORE is not set: file:///folder or s3://bucket/folder"

    monkeypatch.setenv("PERILUNE_WARC_STORE", store_url)
    done = runner.invoke(perilune, ["ship", "--home", str(config.home), "--json"], standalone_mode=False)
    told = json.loads(done.stdout)
    assert (done.return_value, told["files"], told["left"]) == (0, 2, 0)
    verified = runner.invoke(perilune, ["verify", "--full", "--home", str(config.home)], standalone_mode=False)
    assert (verified.return_value, verified.stdout) == (0, "")
    mount(config.warc_dir, None)


def test_mounting_is_of_one_folder(tmp_path: Path) -> None:
    assert load_config({"PERILUNE_WARC_STORE": "s3://b/x"}, home=str(tmp_path)).warc_store == "s3://b/x"
    mount(tmp_path / "a", "s3://b/x")
    assert warcstore.store_of(tmp_path / "b") is None
    mount(tmp_path / "a", None)
    assert warcstore.store_of(tmp_path / "a") is None
