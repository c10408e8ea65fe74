"""Runs ``fetch_probe.py`` as a process and gives back what it told."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(kw_only=True)
class Told:
    """What a probe crawl said: ``results`` by the URL asked, ``captures`` in order, ``end`` the last line."""

    results: dict
    captures: list
    end: dict
    stderr: str
    home: Path

    def of(self, url: str) -> dict:
        return self.results[url]


def probe(home: Path, requests: list, **task) -> Told:
    """Crawl ``requests`` (URLs, or dicts with url and meta) into ``home``; ``task`` as in fetch_probe.py."""
    tasks = [request if isinstance(request, dict) else {"url": request} for request in requests]
    done = subprocess.run(
        [sys.executable, str(HERE / "fetch_probe.py")],
        input=json.dumps({"home": str(home), "requests": tasks, **task}),
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines and "finished" in lines[-1], done.stderr
    return Told(
        results={line["asked"]: line for line in lines if "asked" in line},
        captures=[line for line in lines if "captured" in line],
        end=lines[-1],
        stderr=done.stderr,
        home=home,
    )
