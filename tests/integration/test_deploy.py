"""docs/deploy: a tool of its kind takes every file, the commands it names are there, and a backup restores."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from packaging.requirements import Requirement
from sqlalchemy import make_url

from archive.database import open_engine
from archive.shipping import ship
from archive.verify import verify
from archive.warcstore import mount
from crawler.cli import perilune
from crawler.rebuild import run_replay
from crawler.units import Job, systemd_units
from tests.conftest import admin, url_of
from tests.crawled import Crawl, config_of, everything, exported, other_body, page
from tests.postgres import find_binaries

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
PAGE = ROOT / "docs" / "deploy.md"
TOOLS = {
    "Containerfile": ["hadolint"],
    "compose.yaml": ["check-jsonschema", "--builtin-schema", "vendor.compose-spec"],
    "kubernetes.yaml": ["kubernetes-validate", "--strict"],
}


def test_every_file_is_checked() -> None:
    assert {path.name for path in DEPLOY.iterdir()} == set(TOOLS)


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_of_its_kind_takes_the_file(name: str) -> None:
    tool, *options = TOOLS[name]
    done = subprocess.run(
        [Path(sys.executable).with_name(tool), *options, DEPLOY / name], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def commands() -> Iterator[tuple[str, list[str]]]:
    """Where a command of ours stands, and its words."""
    for name, service in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"].items():
        if service.get("image") == "perilune" and "entrypoint" not in service:
            yield f"compose: {name}", [str(word) for word in service["command"]]
    for one in manifests():
        for container in one.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
            yield f"kubernetes: {container['name']}", container["args"]
    for line in re.findall(r"^perilune (.*?)(?: +#.*)?$", PAGE.read_text(), re.M):
        if not re.search(r"[A-Z…]{2,}", line):  # a placeholder
            yield f"page: {line}", shlex.split(line)


def test_every_command_named_is_one_of_ours_with_options_it_has() -> None:
    found = dict(commands())
    assert len(found) > 10
    for place, words in found.items():
        done = CliRunner().invoke(perilune, [*words, "--help"])
        assert done.exit_code == 0, f"{place}: {done.output}"


def test_services_leave_a_worker_the_time_it_needs() -> None:
    """Two minutes from SIGTERM to SIGKILL of its jobs, and a little."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert compose["worker-1"]["stop_grace_period"] == "150s"
    [worker] = [one for one in manifests() if one["kind"] == "StatefulSet"]
    assert worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 150
    job = Job(command=("/usr/bin/perilune", "worker"), environment={}, every=timedelta(days=1), is_lasting=True)
    assert "\nTimeoutStopSec=150\n" in systemd_units(job)["perilune.service"]


def test_the_images_constraints_are_the_locks_versions() -> None:
    """The line of the Containerfile, run here: every direct dependency gets a version, none gets a hash."""
    [script] = re.findall(r"^RUN (sed -nE .*?) > ", (DEPLOY / "Containerfile").read_text(), re.M)
    done = subprocess.run(["sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    pinned = {Requirement(line).name for line in done.stdout.splitlines()}
    assert {"scrapy", "procrastinate", "s3fs", "psycopg", "lxml-html-clean"} <= pinned
    assert "hash" not in done.stdout


@pytest.mark.postgres
def test_a_backup_restores_to_the_same_archive(postgres_url: str, postgres_socket: str, tmp_path: Path) -> None:
    """The runbook's own lines: pg_dump, a new database, pg_restore; the store is as it was. What was archived after
    the dump comes back by replay."""
    binaries = find_binaries()
    assert binaries is not None
    if not (binaries / "pg_dump").exists():
        pytest.skip(f"no pg_dump beside the server in {binaries}")
    config = config_of(tmp_path / "home", postgres_url)
    crawl = Crawl(config)
    everything(crawl)
    crawl.close()
    mount(config.warc_dir, f"file://{tmp_path}/store")
    ship(crawl.engine, config.warc_dir)
    before = exported(crawl.engine)
    environment = {**os.environ, "PGHOST": postgres_socket, "PGUSER": "perilune"}

    name = f"restored_{secrets.token_hex(4)}"
    dump, old = tmp_path / "perilune.dump", str(make_url(postgres_url).database)

    def done(*command: str) -> None:
        subprocess.run([binaries / command[0], *command[1:]], env=environment, check=True)

    done("pg_dump", "--format=custom", f"--file={dump}", old)
    later = Crawl(config)
    later.answer("/news/later", page("After the dump", text=other_body(7)))
    later.close()
    ship(later.engine, config.warc_dir)
    newest = exported(later.engine)
    later.engine.dispose()
    done("createdb", name)
    done("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={name}", str(dump))

    restored = open_engine(url_of(postgres_socket, name))
    with restored.connect() as connection:
        steps = connection.exec_driver_sql("SELECT count(*) FROM perilune_jobs.step").scalar()
        found = {one.kind for one in verify(connection, config.warc_dir)}
    after = exported(restored)
    replayed = run_replay(replace(config, database_url=url_of(postgres_socket, name)))
    caught_up = exported(restored)
    with restored.connect() as connection:
        found_then = list(verify(connection, config.warc_dir))
    restored.dispose()
    mount(config.warc_dir, None)
    admin(postgres_socket, f"DROP DATABASE {name} WITH (FORCE)")
    assert (after, found) == (before, {"file-unrecorded"})
    assert (caught_up, replayed.problems, found_then) == (newest, [], [])
    assert len(newest) == len(before) + 1
    assert steps > 30
