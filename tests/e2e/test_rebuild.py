"""An archive rebuilt from its WARC files alone is the archive: the sample publishers, two crawls, both engines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crawler.demo.sample import serve_publishers
from tests.e2e.test_sample import perilune

pytestmark = pytest.mark.xdist_group("rebuild")


@dataclass(frozen=True)
class Original:
    """Two editions of the sample, crawled one after the other."""

    home: Path
    sources: Path
    export: list[dict]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    home = tmp_path_factory.mktemp("original")
    sources = home / "sources"
    port = 0
    for edition in (1, 2):
        with serve_publishers(port=port, edition=edition) as sample:
            port = next(iter(sample.servers.values())).port
            sample.write_sources(sources)
            crawled = perilune("crawl", "--all", home=home, sources=sources)
        assert crawled.returncode == 0, crawled.stdout + crawled.stderr
    yield Original(home, sources, exported(home))


def exported(home: Path, *options: str) -> list[dict]:
    export = perilune("export", "--format", "jsonl", "-", *options, home=home)
    assert export.returncode == 0, export.stderr
    return [json.loads(line) for line in export.stdout.splitlines()]


def test_rebuilt_archive_exports_what_the_original_does(original: Original, tmp_path: Path, empty_url: str) -> None:
    home = tmp_path / "rebuilt"
    shutil.copytree(original.home / "warc", home / "warc")

    replayed = perilune("replay", "--database", empty_url, home=home, sources=original.sources)

    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert len(original.export) > 40
    assert exported(home, "--database", empty_url) == original.export
    assert {path.name: path.read_text() for path in (home / "cdxj").iterdir()} == {
        path.name: path.read_text() for path in (original.home / "cdxj").iterdir()
    }
    verified = perilune("verify", "--database", empty_url, home=home)
    assert verified.returncode == 0, verified.stdout
    again = perilune("replay", "--json", "--database", empty_url, home=home, sources=original.sources)
    assert json.loads(again.stdout)["pages"] == 0
