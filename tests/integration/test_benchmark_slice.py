"""A dozen real pages through the whole way, where a corpus is at hand; it isn't part of the project.

Looked for in ``$PERILUNE_CORPORA``, else in ``shared/corpora`` beside the repository.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPORA = Path(os.environ.get("PERILUNE_CORPORA", ROOT.parent / "shared" / "corpora"))


def benchmark(name: str, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / name), *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=280, check=False)


@pytest.mark.slow
def test_real_pages_end_in_the_archive() -> None:
    corpus = CORPORA / "articles-dev"
    if not (corpus / "truth.jsonl").is_file():
        pytest.skip(f"no corpus of real pages in {corpus}; PERILUNE_CORPORA=DIR names another place")
    run = benchmark("crawl_corpus.py", "--corpus", str(corpus), "--limit", "12", "--json")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert (result["exit_code"], result["pages"], result["fetched_twice"]) == (0, 12, [])
    assert result["archived"] + len(result["dropped"]) == 12
    assert result["archived"] >= 11, result["dropped"]
    assert result["f1"] >= 0.9


@pytest.mark.parametrize("name", ["crawl_corpus.py", "extraction.py"])
def test_a_benchmark_without_its_corpus_says_so(name: str, tmp_path: Path) -> None:
    run = benchmark(name, "--corpus", str(tmp_path / "nowhere"))
    assert run.returncode == 2
    assert "not a corpus" in run.stderr
