"""The server as a process: where it listens, who is answered, how it ends."""

from __future__ import annotations

import gc
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

from archive.config import load_config
from archive.database import open_engine
from archive.errors import ConfigError, TooSlowError
from archive.migrate import upgrade
from archive.opening import limited
from archive.web.app import create_app
from archive.web.serve import listening, read_token, serve, spare_from_collection
from tests.archived import a_source, an_archived
from tests.web import ask


@pytest.fixture
def home(tmp_path: Path) -> Path:
    engine = open_engine(f"sqlite:///{tmp_path}/archive.db")
    upgrade(engine)
    with engine.begin() as connection:
        a_source(connection, "esa", name="ESA", kind="agency")
        an_archived(connection, source="esa", title="Comet seen", text="A comet was seen.")
    engine.dispose()
    return tmp_path


@contextmanager
def served(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its address."""
    command = [sys.executable, "-m", "crawler", "serve", "--port", "0", "--home", str(home), *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        found = re.search(r"http://[\w.:\[\]]+/", process.stderr.readline())
        assert found, process.stderr.read()
        yield process, found[0]
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        process.stderr.close()
        process.stdout.close()


def test_a_server_answers_on_loopback_and_ends_in_order(home: Path) -> None:
    with served(home) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}v4/articles/1/") as answer:
            assert b"Comet seen" in answer.read()
            assert "server" not in {name.lower() for name in answer.headers}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_what_a_server_begins_with_is_spared_from_collection() -> None:
    try:
        spare_from_collection()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


def test_with_a_token_nobody_is_answered_without_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("correct horse\n")
    with served(home, "--token", f"@{tmp_path}/token") as (_, address):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}v4/articles/")
        assert refused.value.code == 401
        request = urllib.request.Request(f"{address}v4/articles/", headers={"Authorization": "Bearer correct horse"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Bearer secret-word", 200),
        ("bearer  secret-word ", 200),
        ("Bearer secret-wor", 401),
        ("Bearer ", 401),
        ("Basic YW55Ym9keTpzZWNyZXQtd29yZA==", 200),  # anybody:secret-word
        ("Basic c2VjcmV0LXdvcmQ6", 401),  # secret-word:
        ("Basic !!!", 401),
        ("Basic /w==", 401),
        ("Digest secret-word", 401),
    ],
)
def test_the_token_is_a_bearer_or_a_password(engine: Engine, header: str | None, status: int) -> None:
    app = create_app(engine, warc_dir=Path("warc"), token="secret-word")
    answer = ask(app, "/v4/info/", headers={"authorization": header} if header else {})
    assert answer.status == status
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_every_answer_forbids_scripts_frames_and_foreign_sources(engine: Engine) -> None:
    app = create_app(engine, warc_dir=Path("warc"))
    for target in ("/v4/info/", "/nowhere", "/v4/articles/?limit=1&event=x"):
        headers = ask(app, target).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; img-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"


def test_an_error_is_a_page_for_people_and_json_for_programs(engine: Engine) -> None:
    app = create_app(engine, warc_dir=Path("warc"))
    shown = ask(app, "/nowhere", headers={"accept": "text/html,*/*"})
    assert (shown.status, shown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>There is nothing here</h1>" in shown.text
    assert ask(app, "/nowhere").json == {"detail": "Not found."}


def test_an_address_that_is_too_long_is_refused(engine: Engine) -> None:
    app = create_app(engine, warc_dir=Path("warc"))
    answer = ask(app, "/v4/articles/?search=" + "x" * 8000)
    assert (answer.status, answer.json) == (400, {"detail": "The address is longer than 8000 bytes."})


def test_a_question_that_takes_too_long_is_stopped(engine: Engine) -> None:
    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "postgresql": "SELECT pg_sleep(60)",
    }
    with pytest.raises(TooSlowError, match=r"longer than 0\.2 s"), limited(engine, seconds=0.2) as connection:
        connection.exec_driver_sql(endless[engine.dialect.name])
    with limited(engine, seconds=5) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_what_takes_too_long_is_told_to_the_asker(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":  # its shortest limit is a millisecond, which an empty table keeps
        return
    with engine.begin() as connection:
        an_archived(connection, title="Comet", text="A comet.")

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def slow(connection, cursor, statement, parameters, context, executemany):
        return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", ()

    app = create_app(engine, warc_dir=Path("warc"), answer_s=0.1)
    answer = ask(app, "/v4/info/")
    assert (answer.status, answer.json) == (400, {"detail": "this takes longer than 0.1 s: ask for less"})


def test_a_failure_tells_the_asker_nothing_of_the_machine(tmp_path: Path) -> None:
    broken = create_engine(f"sqlite:///{tmp_path}/secret-place/none.db")
    answer = ask(create_app(broken, warc_dir=tmp_path), "/v4/info/")
    assert answer.status == 500
    assert answer.json == {"detail": "The archive can't be read; the server's log says why."}
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("text", ["short", "with\x00control", "größer als acht", "@/nowhere/token"])
def test_a_token_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--token"):
        read_token(text)


def test_a_port_that_is_taken_is_an_error_of_usage(home: Path) -> None:
    config = load_config({}, home=str(home))
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"can't listen on 127.0.0.1 port {port}"):
            serve(config, host="127.0.0.1", port=port, token=None, say=lambda _: None)


def test_an_answer_in_two_writes_does_not_wait_for_the_first() -> None:
    """40 ms of every page on a connection that is kept, else."""
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname(), timeout=10):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_without_an_archive_nothing_is_served(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no archive"):
        serve(load_config({}, home=str(tmp_path)), host="127.0.0.1", port=0, token=None, say=lambda _: None)
