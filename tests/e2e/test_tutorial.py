"""docs/tutorial.md, run as it stands against the sample archive."""

from __future__ import annotations

import doctest
import shutil
from pathlib import Path

import pytest

from tests.e2e.test_sample import Crawled, crawled

__all__ = ["crawled"]  # the sample is crawled once for both files

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"

pytestmark = pytest.mark.xdist_group("sample")


def test_every_line_of_the_tutorial_does_what_it_says(
    crawled: Crawled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(crawled.home, tmp_path / "perilune-demo", ignore=shutil.ignore_patterns("warc"))
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(str(TUTORIAL), module_relative=False, encoding="utf-8")
    assert found.attempted >= 20
    assert found.failed == 0
