"""The wheel, as a stranger gets it: built, installed in an empty environment, run from an empty directory."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("install")]


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel."""

    bin: Path

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """A command of the environment, with no PERILUNE_* or PYTHON* of the machine's."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PERILUNE_", "PYTHON"))}
        program, *args = command
        return subprocess.run(
            [self.bin / program, *args],
            cwd=cwd,
            env=environ,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution, so that one is whole as well."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A new environment with the wheel. Its dependencies are those of the environment that runs the tests.

    They are lent by a ``.pth`` line: a path that such a line adds has its own ``.pth`` files left unread, so the
    editable installation of this working copy, which is one, stays out of sight. Nothing is downloaded.
    """
    home = tmp_path_factory.mktemp("env")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    done = subprocess.run([*pip, str(wheel)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [site] = home.glob("lib/python3*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(bin=home / "bin")


def test_wheel_holds_packages_sources_migrations_and_the_sample(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names}
    version = wheel.name.split("-")[1]
    assert top == {"crawler", "spiders", "pipelines", "archive", f"perilune-{version}.dist-info"}
    assert len([name for name in names if name.startswith("spiders/sources/") and name.endswith(".toml")]) >= 60
    assert {"archive/migrations/env.py", "archive/migrations/versions/0001_first.py"} <= set(names)
    assert "crawler/demo/publishers/data/gazette/stories/russia-at-the-68th-session-of-copuos.md" in names


def test_what_runs_is_the_wheel(installed: Installed, tmp_path: Path) -> None:
    names = "archive", "crawler", "pipelines", "spiders"
    script = f"import {', '.join(names)}, sys; print(*(sys.modules[name].__file__ for name in {names}))"
    done = installed.run("python", "-c", script, cwd=tmp_path)
    places = done.stdout.split()
    assert len(places) == 4, done.stderr
    assert all(Path(place).is_relative_to(installed.bin.parent) for place in places)


def test_help_and_version_answer(installed: Installed, tmp_path: Path) -> None:
    for arguments, expected in ((["--help"], "Usage: perilune"), (["--version"], "perilune, version")):
        done = installed.run("perilune", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert expected in done.stdout


def test_sources_are_the_packaged_ones(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("perilune", "sources", "list", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    ids = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert len(ids) >= 60
    assert "esa" in ids


def test_database_is_made_by_the_packaged_migrations(installed: Installed, tmp_path: Path) -> None:
    upgraded = installed.run("perilune", "db", "upgrade", "--home", "made", cwd=tmp_path)
    assert (upgraded.returncode, upgraded.stderr) == (0, "")
    current = installed.run("perilune", "db", "current", "--home", "made", cwd=tmp_path)
    database, program = current.stdout.splitlines()
    assert database.removeprefix("database:").strip() == program.removeprefix("program:").strip()


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_demo_runs_from_an_empty_directory(installed: Installed, tmp_path: Path) -> None:
    crawl = ("perilune", "demo", "--port", str(free_port()))
    done = installed.run(*crawl, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    searched = installed.run("perilune", "search", "--home", "perilune-demo", "--json", "COPUOS", cwd=tmp_path)
    assert searched.returncode == 0, searched.stderr
    assert searched.stdout.splitlines(), "the demo's archive answers"
    assert installed.run(*crawl, cwd=tmp_path).returncode == 0
    revised = installed.run("perilune", "search", "--home", "perilune-demo", "--json", "has:revision", cwd=tmp_path)
    assert "How to Lose a Probe" in revised.stdout, "the second run finds a correction"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["perilune-demo"]
