"""Fixtures that all tests share: a fresh archive on each engine, and small builders."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from selenium.webdriver import Chrome
from sqlalchemy import Engine

from archive.database import open_engine
from archive.migrate import upgrade
from archive.web.replay import find_assets
from tests.browser import Programs, chromium, find_browser
from tests.postgres import find_binaries, private_server

TEMPLATE = "perilune_template"


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    """The socket directory of this session's own server, with a migrated template database in it."""
    binaries = find_binaries()
    if binaries is None:
        missing("no PostgreSQL server programs here; `make postgres` installs them")
    with private_server(binaries) as socket:
        admin(socket, f"CREATE DATABASE {TEMPLATE}")
        engine = open_engine(url_of(socket, TEMPLATE))
        upgrade(engine)
        engine.dispose()
        yield socket


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty archive with the present schema."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/archive.db"
        engine = open_engine(url)
        upgrade(engine)
        engine.dispose()
        yield url
        return
    socket = request.getfixturevalue("postgres_socket")
    name = f"test_{secrets.token_hex(8)}"
    admin(socket, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield url_of(socket, name)
    admin(socket, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_socket: str) -> Iterator[str]:
    """The address of a database with nothing in it."""
    name = f"empty_{secrets.token_hex(8)}"
    admin(postgres_socket, f"CREATE DATABASE {name}")
    yield url_of(postgres_socket, name)
    admin(postgres_socket, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without a schema, on each engine; SQLite's file is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/archive.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on an empty archive, once on SQLite and once on PostgreSQL."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def browser_programs() -> Programs:
    """Chromium and its driver, for tests that start browsers themselves (``tests.browser.chromium``)."""
    programs = find_browser()
    if programs is None:
        missing("no Chromium with ChromeDriver here; `make browser` installs them")
    return programs


@pytest.fixture
def browser(browser_programs: Programs) -> Iterator[Chrome]:
    """A headless Chromium that has never been anywhere, driven by Selenium."""
    with chromium(browser_programs) as driver:
        yield driver


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder of ReplayWeb.page."""
    found = find_assets()
    if found is None:
        missing("ReplayWeb.page is not installed; `make replay-assets` installs it")
    return found


def missing(reason: str) -> NoReturn:
    """Skip a test whose program is not on this machine; in CI, which installs it, fail."""
    if os.environ.get("CI") or os.environ.get("PERILUNE_REQUIRE_PROGRAMS"):
        pytest.fail(reason)
    pytest.skip(reason)


def url_of(socket: str, name: str) -> str:
    return f"postgresql+psycopg://perilune@/{name}?host={socket}"


def admin(socket: str, statement: str) -> None:
    """Run a statement of the server itself."""
    with psycopg.connect(host=socket, user="perilune", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # names made here
