"""An address forgotten on demand: out of files, rows and search; provable, and back through no channel."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from fastwarc.warc import ArchiveIterator
from sqlalchemy import Engine, func, select, text
from warcio.checker import Checker

from archive.config import Config
from archive.database import open_engine
from archive.errors import LockedError
from archive.evidence.manifest import read_manifest
from archive.evidence.records import StoredRecord, members
from archive.evidence.tombstones import tombstone
from archive.evidence.warc import iter_records, read_record
from archive.frontier import Frontier
from archive.model import Discovered, Locator
from archive.query import parse_query
from archive.schema import ArticleRow, Base, CaptureRow, FrontierRow
from archive.search import search
from archive.verify import verify
from crawler.cli import perilune
from crawler.forgetting import run_forget
from crawler.importing import run_import
from crawler.rebuild import run_replay
from tests.crawled import Crawl, config_of, everything, exported, other_body, page

URL = "https://alpha.example/news/secret"
LEDGER = other_body(7)
SECRET = "The zirconium ledger was left on the train"


def secrets(crawl: Crawl) -> None:
    """An article met by a redirect and edited once, between others; a copy at another address of the same bytes."""
    body = page("A ledger is lost", text=f"{LEDGER}</p><p>{SECRET}, say those who sat beside the person in question.")
    crawl.answer("/short/9", b"", status=301, is_settled=False)
    first = crawl.answer("/news/secret", body, redirected_from=("https://alpha.example/short/9",))
    crawl.answer("/mirror/secret", body, original=first)
    crawl.answer("/mirror2/secret", body, original=first)
    crawl.answer("/news/secret", page("A ledger is lost, and found", text=f"{LEDGER} {SECRET}, then found."))


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Config:
    config = config_of(tmp_path / "home", database_url)
    crawl = Crawl(config)
    everything(crawl)
    secrets(crawl)
    crawl.close()
    crawl.store.finish_run(crawl.run_id, state="finished", exit_code=0, reason=None, stats={}, now=crawl.at)
    crawl.engine.dispose()
    return config


@pytest.fixture
def engine(config: Config):
    engine = open_engine(config.database_url)
    yield engine
    engine.dispose()


def warcs(config: Config) -> list[Path]:
    return sorted(config.warc_dir.glob("*.warc.gz"))


def everything_kept(config: Config) -> str:
    """All that the files say, uncompressed, bodies decoded."""
    records = [record for path in warcs(config) for record in iter_records(path)]
    return "\n".join(str(record.fields) + said_in(record) for record in records)


def said_in(record: StoredRecord) -> str:
    body = record.http.decoded_body() if record.warc_type == "response" else b""
    return (record.block + body).decode("utf-8", "replace")


def test_nothing_of_it_is_left(config: Config, engine: Engine) -> None:
    run_forget(config, URL, reason="a court's order")
    run_forget(config, "https://alpha.example/mirror/secret", reason="a court's order")
    run_forget(config, "https://alpha.example/mirror2/secret", reason="a court's order")

    assert "zirconium" not in everything_kept(config)
    assert "/news/secret" not in everything_kept(config)
    assert "secret" not in "".join(path.read_text() for path in config.cdxj_dir.iterdir())
    assert "secret" not in (config.home / "manifest.jsonl").read_text()
    with engine.connect() as connection:
        assert search(connection, parse_query("zirconium")).total == 0
        for table in Base.metadata.tables.values():
            rows = json.dumps([list(row) for row in connection.execute(select(table))], default=str)
            assert "zirconium" not in rows, table.name
            assert "secret" not in rows, table.name


def test_the_rest_is_as_it_was_and_verifies(config: Config, engine: Engine) -> None:
    before = {one["id"]: one for one in exported(engine)}

    told = run_forget(config, URL, reason="a court's order")

    after = {one["id"]: one for one in exported(engine)}
    assert (told.articles, told.captures, told.moved) == (1, 5, 0)
    assert set(before) - set(after) == {5}
    assert all(after[number] == before[number] for number in after)
    with engine.connect() as connection:
        assert list(verify(connection, config.warc_dir)) == []
        assert list(verify(connection, config.warc_dir, is_full=False)) == []


@pytest.mark.parametrize("is_asked_for", [False, True], ids=["pictures stay", "with pictures"])
def test_pictures_of_its_pages_go_when_asked_for(tmp_path: Path, is_asked_for: bool) -> None:
    config = config_of(tmp_path / "home")
    crawl = Crawl(config)
    crawl.endpoint(
        "/rss", b"<rss><channel><item><link>https://alpha.example/media/launch.jpg</link></item></channel></rss>"
    )
    picture = '<img src="/media/launch.jpg"><img src="https://elsewhere.example/never-captured.jpg"><img src="/rss">'
    crawl.answer("/news/secret", page("A launch", text=f"{other_body(1)}</p>{picture}<p>{other_body(2)}"))
    crawl.requisite("https://alpha.example/media/launch.jpg", b"a picture", "image/jpeg")
    crawl.requisite("https://alpha.example/media/other.jpg", b"another", "image/jpeg")
    crawl.close()
    command = ["forget", URL, "--reason", "asked for", "--yes", "--home", str(config.home)]

    invoked = CliRunner().invoke(perilune, [*command, *["--with-pictures"] * is_asked_for], standalone_mode=False)

    assert invoked.exception is None
    assert "  https://alpha.example/media/launch.jpg\n" in invoked.output
    assert "never-captured" not in invoked.output
    kept = everything_kept(config)
    assert ("a picture" in kept, "another" in kept, "A launch" in kept) == (not is_asked_for, True, False)
    assert "<rss>" in kept  # a feed that names it, and that the page calls a picture, is none
    engine = open_engine(config.database_url)
    with engine.connect() as connection:
        assert list(verify(connection, config.warc_dir)) == []
    engine.dispose()


def test_every_tool_reads_the_rewritten_files(config: Config) -> None:
    run_forget(config, URL, reason="a court's order")

    for path in warcs(config):
        assert Checker(SimpleNamespace(inputs=[str(path)], verbose=False)).process_all() == 0
        kinds = [record.headers["WARC-Type"] for record in ArchiveIterator(path.open("rb"), parse_http=False)]
        assert kinds == [record.warc_type for record in iter_records(path)]


def test_manifest_goes_on_and_says_what_was_done(config: Config) -> None:
    before = read_manifest(config.warc_dir)

    run_forget(config, URL, reason="a court's order")

    after = read_manifest(config.warc_dir)
    lines = [json.loads(line) for line in (config.home / "manifest.jsonl").read_text().splitlines()]
    rewritten = [line for line in lines if line["kind"] == "rewritten"]
    assert after.breaks == ()
    assert {line["file"] for line in rewritten} == set(before.files)
    assert {line["replaces"] for line in rewritten} == {one.sha256 for one in before.files.values()}
    assert {line["reason"] for line in rewritten} == {"a court's order"}


def test_payload_goes_on_where_another_address_had_the_same(config: Config, engine: Engine) -> None:
    """Its revisits pointed at what is forgotten: the first becomes the response, the second points at it."""
    with engine.begin() as connection:  # as if another article had them
        shown = select(ArticleRow.id).where(ArticleRow.title == "Elsewhere").scalar_subquery()
        connection.execute(
            text("UPDATE capture SET article_id = (SELECT id FROM article WHERE title = 'Elsewhere') "
                 "WHERE target_uri LIKE '%mirror%'")
        )  # fmt: skip
        connection.execute(text("DELETE FROM alias WHERE url LIKE '%mirror%'"))
        assert connection.execute(select(shown)).scalar() is not None

    told = run_forget(config, URL, reason="a court's order")

    assert told.moved == 2
    with engine.connect() as connection:
        rows = connection.execute(
            select(CaptureRow).where(CaptureRow.target_uri.contains("mirror")).order_by(CaptureRow.captured_at)
        ).all()
        assert [row.revisit_of for row in rows] == [None, rows[0].warc_record_id]
        assert list(verify(connection, config.warc_dir)) == []
    place = Locator(filename=rows[0].filename, offset=rows[0].offset, length=rows[0].length)
    record = read_record(config.warc_dir, place)
    assert record.field("WARC-Record-ID") == rows[0].warc_record_id
    assert SECRET.encode() in record.http.decoded_body()


@pytest.mark.parametrize("spelling", [URL, URL + "/", URL + "?utm_source=feed", "http://www.alpha.example/news/secret"])
def test_it_is_never_announced_again(config: Config, engine: Engine, spelling: str) -> None:
    run_forget(config, URL, reason="a court's order")
    now = datetime.now(UTC)
    found = Discovered(
        source_id="alpha", url=spelling, discovered_via="feed", endpoint_url="https://alpha.example/f",
        discovered_at=now,
    )  # fmt: skip

    assert Frontier(engine, owner="test", now=lambda: now).announce([found]).due == []
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).where(FrontierRow.url.contains("secret"))).scalar() == 0


def test_feed_that_held_its_text_goes_and_others_stay(config: Config, engine: Engine) -> None:
    """In ``content:encoded`` a feed has the whole article; a listing links to its path; a revisit repeats the feed."""
    crawl = Crawl(config)
    item = f"<item><link>https://alpha.example/news/secret?a=1&amp;b=2</link><content>{SECRET}</content></item>"
    first = crawl.endpoint("/feed", f"<rss><channel>{item}</channel></rss>".encode(), is_gzipped=True)
    crawl.endpoint("/feed", f"<rss><channel>{item}</channel></rss>".encode(), is_gzipped=True, original=first)
    crawl.endpoint("/listing", b'<a href="/news/secret/">A ledger is lost</a>')
    crawl.endpoint("/feed", b"<rss><channel><link>https://alpha.example/news/secret-agents</link></channel></rss>")
    crawl.close()

    told = run_forget(config, URL, reason="a court's order")
    run_forget(config, "https://alpha.example/mirror/secret", reason="a court's order")
    run_forget(config, "https://alpha.example/mirror2/secret", reason="a court's order")

    assert told.naming == 3
    assert "zirconium" not in everything_kept(config)
    assert "/news/secret-agents" in everything_kept(config)
    with engine.connect() as connection:
        left = connection.execute(select(CaptureRow.target_uri).where(CaptureRow.target_uri.contains("feed")))
        assert left.scalars().all() == ["https://alpha.example/feed"]
        assert list(verify(connection, config.warc_dir)) == []


def test_it_is_not_stored_when_another_address_leads_to_it(config: Config, engine: Engine) -> None:
    run_forget(config, URL, reason="a court's order")
    crawl = Crawl(config)
    crawl.answer(
        "/news/secret",
        page("A ledger is lost", text=f"{LEDGER} {SECRET}."),
        redirected_from=("https://alpha.example/new-short-link",),
        found=Discovered(
            source_id="alpha", url="https://alpha.example/new-short-link", discovered_via="listing",
            endpoint_url="https://alpha.example/", discovered_at=crawl.at,
        ),
    )  # fmt: skip
    crawl.close()

    assert "A ledger is lost" not in [one["title"] for one in exported(engine)]


def test_copy_from_before_brings_nothing_back(config: Config, tmp_path: Path, empty_url: str) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(config.warc_dir, backup)
    run_forget(config, URL, reason="a court's order")
    new = config_of(tmp_path / "new", empty_url)
    for path in warcs(config):
        new.warc_dir.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, new.warc_dir / path.name)
    for path in backup.iterdir():  # the same files as they were, under other names
        shutil.copy(path, new.warc_dir / path.name.replace("perilune-", "perilune-0"))

    run_replay(new)

    rebuilt = open_engine(new.database_url)
    assert [one["title"] for one in exported(rebuilt)].count("A ledger is lost, and found") == 0
    assert "/news/secret" not in everything_kept(new).replace("/mirror/secret", "")
    rebuilt.dispose()


def test_import_passes_it_over(config: Config, tmp_path: Path, engine: Engine) -> None:
    from tests.integration.test_import import File

    run_forget(config, "https://alpha.example/news/2024/a-story-to-forget", reason="asked for")
    file = File()
    file.response("/news/2024/a-story-to-forget", page("To forget"))
    (tmp_path / "one.warc").write_bytes(file.content)

    told = run_import(config, [tmp_path / "one.warc"], is_any=True)

    assert (told.pages, dict(told.passed)) == (0, {"forgotten": 1})


def test_forgetting_twice_is_forgetting_once(config: Config, engine: Engine) -> None:
    run_forget(config, URL, reason="a court's order")
    again = run_forget(config, URL, reason="a court's order")

    assert (again.articles, again.captures) == (0, 0)
    with engine.connect() as connection:
        assert list(verify(connection, config.warc_dir)) == []


def test_file_in_writing_is_waited_for(config: Config) -> None:
    crawl = Crawl(config)
    crawl.answer("/news/fresh", page("Fresh", text=f"{other_body(8)} Fresh."))

    with pytest.raises(LockedError, match="a run is writing it"):
        run_forget(config, "https://alpha.example/news/fresh", reason="asked for")
    crawl.close()


def test_other_copy_represents_the_story_afterwards(config: Config, engine: Engine) -> None:
    """The article that 'Elsewhere' copies goes: it is nobody's duplicate then."""
    run_forget(config, "https://alpha.example/news/one", reason="asked for")

    [left] = [one for one in exported(engine) if one["title"] == "Elsewhere"]
    assert left["duplicate_of"] is None


def test_command_asks_first(config: Config) -> None:
    command = ["forget", URL, "--reason", "asked for", "--home", str(config.home), "--database", config.database_url]

    shown = CliRunner().invoke(perilune, [*command, "--dry-run"], standalone_mode=False)
    refused = CliRunner().invoke(perilune, command, input="n\n")
    done = CliRunner().invoke(perilune, [*command, "--yes"], standalone_mode=False)

    assert "articles: 1, captures: 5, of feeds and listings that name it: 0\n" in shown.stdout
    assert refused.exit_code == 1
    assert done.stdout.endswith("captures: 5, of feeds and listings: 0, files rewritten: 2\n")


def test_pictures_that_stay_are_listed_and_go_by_their_own_address(config: Config, engine: Engine) -> None:
    crawl = Crawl(config)
    crawl.requisite("https://cdn.example/portrait.png", b"\x89PNG portrait", "image/png")
    crawl.requisite("https://cdn.example/other.png", b"\x89PNG other", "image/png")
    shown = '<img src="//cdn.example/portrait.png"><img src="/never-fetched.png">'
    crawl.answer("/news/portrait", page("A portrait is shown", text=f"{other_body(8)}{shown}"))
    crawl.close()
    command = ["forget", "--reason", "asked for", "--home", str(config.home), "--database", config.database_url]

    told = CliRunner().invoke(
        perilune, [*command, "https://alpha.example/news/portrait", "--dry-run"], standalone_mode=False
    )
    run_forget(config, "https://cdn.example/portrait.png", reason="asked for")

    assert told.stdout.partition("(--with-pictures):\n")[2] == "  https://cdn.example/portrait.png\n"
    with engine.connect() as connection:
        kept = connection.execute(select(CaptureRow.target_uri).where(CaptureRow.target_uri.contains("cdn.example")))
        assert kept.scalars().all() == ["https://cdn.example/other.png"]


@pytest.mark.parametrize("length", [260, 330, 400, 5_000, 65_900, 66_200, 131_072, 1_000_000])
def test_tombstone_fills_its_place_to_the_byte(length: int, tmp_path: Path) -> None:
    stone = tombstone(length, digests=["sha256:" + "a" * 64], reason="a court's order", at=datetime.now(UTC))

    assert len(stone) == length
    path = tmp_path / "stone.warc.gz"
    path.write_bytes(stone * 2)
    with path.open("rb") as file:
        assert [record.warc_type for record in members(file, "stone")] == ["metadata", "metadata"]
    assert Checker(SimpleNamespace(inputs=[str(path)], verbose=False)).process_all() == 0
